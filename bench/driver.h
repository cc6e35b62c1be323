// A protocol that the workloads run over: FastChat's, or the bare relay's. The driver turns frames into events and
// actions into frames; it gathers what one turn produced into as few frames as `batch` allows. Users are numbers.
#pragma once

#include <cstdint>
#include <string>

#include "bench/accounts.h"
#include "bench/hub.h"

namespace fastchat::bench {

class Events {
 public:
  virtual ~Events() = default;
  virtual void on_ready(Link& link) = 0;                   // logged in, able to receive
  virtual void on_group(Link& link) = 0;                   // the group that it made is there
  virtual void on_message(Link& link, ByteView body) = 0;  // will be acknowledged at the end of the turn
  // So many of its messages reached what confirm_queued asks; of one to a group, so many members.
  virtual void on_confirm(Link& link, uint32_t count) = 0;
  virtual void on_rejected(Link& link, const std::string& why) = 0;  // the server refused a message
  // The same for one message, by the number that message() gave it; not for a message to a group.
  enum class Receipt { kDelivered, kQueued, kRejected };
  virtual void on_receipt(Link& link, uint64_t ref, Receipt receipt) {
    static_cast<void>(link);
    static_cast<void>(ref);
    static_cast<void>(receipt);
  }
  virtual void on_lost(Link& link, const std::string& why) = 0;
};

class Driver : public HubEvents {
 public:
  // Login from the start, with new keys. on_ready or on_lost follows.
  virtual void login(Link& link) = 0;
  virtual void logout(Link& link) = 0;
  virtual void message(Link& from, int to, ByteView body) = 0;
  // A group of which `admin` is the first member; one that is there already is as good. on_group follows.
  virtual void make_group(Link& admin, Members members) = 0;
  // Sent once, for all the other members.
  virtual void group_message(Link& from, Members members, ByteView body) = 0;
  // Once a second for each open link: keeps an idle one alive.
  virtual void keep_alive(Link& link, uint64_t now) = 0;

  // Chooses what confirms a message. False: a recipient has it. True: the server stored it, too.
  void set_confirm_queued(bool on) { confirm_queued_ = on; }
  // Receipts that say "queued" while the workload waits for the recipient.
  uint64_t queued() const { return queued_; }

 protected:
  bool confirm_queued_ = false;
  uint64_t queued_ = 0;
};

}  // namespace fastchat::bench
