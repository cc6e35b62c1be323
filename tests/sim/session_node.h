// A client as people run it: a whole Session (client/session) with its store on a simulated machine. Its disk is a
// folder: a process that is killed leaves what the folder has at that moment, a copy of the folder may be put back, and
// the folder may be full. The person at it acts at random.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/session/session.h"
#include "tests/sim/readers.h"
#include "tests/sim/sim_machine.h"

namespace fastchat::sim {

class SessionNode : public Process, private client::Listener {
 public:
  // `root`: a folder of its own.
  SessionNode(World& world, Knobs& knobs, Network& net, Readers& readers, std::string root, int device,
              std::string user);
  ~SessionNode() override;

  int device() const { return device_; }
  const std::string& user() const { return user_; }
  bool first_device() const { return device_ % 10 == 0; }

  // ---- the person
  // One deed, by chance: a message, an edit, a file, a change of a group. `people`: all who have an account.
  void act(const std::vector<std::string>& people);
  // To everybody and to each group.
  void greet(const std::vector<std::string>& people);
  // Every file that is not here.
  void fetch_all();
  void remove_other_device();
  // Ends the program in order; the process ends some time later.
  void quit();

  // ---- the disk
  void fill_disk(int64_t us);
  void copy_disk();
  bool has_copy() const { return !copy_.empty(); }
  // Over what is there now; the process does not run.
  void put_copy_back();

  bool live() const { return alive() && session_ && state_ == core::LinkState::kLive; }
  bool removed() const { return readers_.removed(device_); }
  bool link_in_doubt() const { return machine_ != nullptr && machine_->link_in_doubt(); }
  // Why this device is not at rest; empty when it is. Of one that is live.
  std::string unrest() const;
  // Gives the oracle all that a person can see.
  void show_all();
  client::Session& session() { return *session_; }

 private:
  void on_start() override;
  void on_kill() override;
  void on_overslept(int64_t) override {}
  int64_t on_turn_end(int64_t now) override;

  void on_connection(const client::ConnectionEvent& event) override;
  void on_message(const client::ChatMessage& message) override { readers_.told(device_, message); }
  void on_receipt(const client::ReceiptEvent& event) override { readers_.receipt(device_, event); }
  void on_notice(const client::Notice& notice) override { readers_.notice(device_, notice); }

  using Told = client::Session::Done;
  client::AccountArgs account() const;
  void log_in();
  void logged_in(const Result<>& result);
  void end_soon();
  void sabotage_disk() const;
  Told told(std::string what, std::function<void()> well = {});
  void say(const client::PeerName& to);
  void annotate(const client::PeerName& to);
  void change(const client::ChatMessage& m);
  void send_file(const client::PeerName& to);
  void fetch_file(const client::PeerName& to);
  void fetch(const std::string& id);
  void act_on_groups(const std::vector<std::string>& people);
  void edit_group(const client::GroupInfo& group, const std::vector<std::string>& people);
  std::optional<client::GroupInfo> any_group();
  client::PeerName any_conversation(const std::vector<std::string>& people);
  uint64_t new_token(const client::PeerName& to);
  std::string folder() const { return root_ + "/" + std::to_string(folder_); }
  Rng& rng() { return world_.rng; }

  Knobs& knobs_of_all_;
  Network& net_;
  Readers& readers_;
  const std::string root_;
  const int device_;
  const std::string user_;
  SimMachine::Host host_;
  int folder_ = 0;  // the number of the folder in use
  std::string copy_;
  std::unique_ptr<client::Session> session_;
  SimMachine* machine_ = nullptr;  // the session's
  core::LinkState state_ = core::LinkState::kOffline;
  bool sign_up_ = true;  // the account does not exist as far as the person knows
  bool entering_ = false, ends_ = false;
  int64_t quit_by_ = 0, old_since_ = 0;
};

}  // namespace fastchat::sim
