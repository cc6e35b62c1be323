// Some users of a cluster in one process: their accounts, links and sessions, and the turns of the loop. Honest people
// and attackers derive from Party. Each user connects from an address of his own (a block of 127.0.0.0/8), so that
// limits per address affect only the users that an attack targets. One thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/accounts.h"
#include "bench/fastchat_driver.h"
#include "bench/hub.h"
#include "common/json.h"

namespace fastchat::bench::abuse {

class Party : public FastchatEvents {
 public:
  // Makes the users. `block`: the second number of the users' addresses. Ends the process when `invite` is no invite
  // line.
  Party(const std::string& invite, const std::string& prefix, int users, int block);

  // Makes the accounts of users [first, first + count), each from its own address. Ends the process when one is
  // refused.
  void sign_up(int first, int count);

  int users() const { return static_cast<int>(links_.size()); }
  Link& link(int user) { return *links_[static_cast<size_t>(user)]; }
  FastchatDriver& driver() { return driver_; }
  Hub& hub() { return hub_; }
  const InviteLine& broker() const { return broker_; }

  void login(int user) { driver_.login(link(user)); }
  bool is_open(int user) { return hub_.is_open(link(user)); }
  // Runs one turn of the loop, which waits until `until_ns` at most, and not longer than 20 ms.
  void turn(uint64_t until_ns);

  void on_group(Link&) override {}
  void on_message(Link&, ByteView) override {}
  void on_confirm(Link&, uint32_t) override {}
  void on_rejected(Link&, const std::string&) override {}
  void on_answer(Link&, const v1::ServerFrame&) override {}

 private:
  const InviteLine broker_;
  const Accounts accounts_;
  Hub hub_;
  FastchatDriver driver_;
  std::vector<std::unique_ptr<Link>> links_;  // destroyed before the hub
  uint64_t next_sweep_ns_ = 0;
};

// Returns the address "127.<block>.x.y" of a user.
std::string address_of(int block, int user);

// Counts of events, by name.
using Counts = std::map<std::string, uint64_t>;
// Returns the counts as JSON, such as {"BUSY":3,"users":17}.
std::string counts_json(const Counts& counts);

// Returns the reason for a lost link: the code's name when an error of the server ended it, else "closed".
std::string code_of(const std::string& why);

}  // namespace fastchat::bench::abuse
