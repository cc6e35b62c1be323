// A protocol that the workloads run over: FastChat's, or the bare relay's. The driver turns frames into events and
// actions into frames. The driver puts the messages of one turn into as few frames as `batch` allows. Users are
// numbers.
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
  virtual void on_group(Link& link) = 0;                   // the group that the link made exists
  virtual void on_message(Link& link, ByteView body) = 0;  // will be acknowledged at the end of the turn
  // Reports `count` messages of the link as confirmed (see set_confirm_queued); of a message to a group, `count`
  // members.
  virtual void on_confirm(Link& link, uint32_t count) = 0;
  virtual void on_rejected(Link& link, const std::string& why) = 0;  // the server refused a message
  // Reports the receipt of one message, by the number that message() gave it; not for a message to a group.
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
  // Logs in from the start, with new keys. on_ready or on_lost follows.
  virtual void login(Link& link) = 0;
  virtual void logout(Link& link) = 0;
  virtual void message(Link& from, int to, ByteView body) = 0;
  // Makes a group with `admin` as its first member, or finds the existing one. on_group follows.
  virtual void make_group(Link& admin, Members members) = 0;
  // Sends one message to all the other members.
  virtual void group_message(Link& from, Members members, ByteView body) = 0;
  // Keeps an idle link alive. Called once a second for each open link.
  virtual void keep_alive(Link& link, uint64_t now) = 0;

  // Sets the confirmation of a message. False: a recipient has it. True: the server stored it, too.
  void set_confirm_queued(bool on) { confirm_queued_ = on; }
  // Returns the "queued" receipts that came while the workload waits for the recipient.
  uint64_t queued() const { return queued_; }

 protected:
  bool confirm_queued_ = false;
  uint64_t queued_ = 0;
};

}  // namespace fastchat::bench
