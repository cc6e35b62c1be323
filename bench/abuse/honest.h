// Honest people beside an attack: pairs that write at a fixed rate, guests who log in and out, and a friend who writes
// to a user who is offline. A user who loses a session logs in again, and sends the unaccepted messages again. A
// message that was accepted and never arrived is lost. Latency counts from the due time. One thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/abuse/party.h"
#include "bench/histogram.h"

namespace fastchat::bench::abuse {

struct HonestOptions {
  std::string prefix = "honest";  // of the users' names
  int block = 200;                // of the users' addresses
  int pairs = 40;
  int rate = 10;         // messages a second of a pair
  int guests = 200;      // users who log in and out
  int at_once = 4;       // logins in flight
  double patience = 60;  // seconds to wait for the last messages
};

// Return the numbers of the honest users: the pairs, the friend, the offline user, the guests.
inline int friend_user(int pairs) {
  return 2 * pairs;
}
inline int away_user(int pairs) {
  return 2 * pairs + 1;
}
inline int first_guest(int pairs) {
  return 2 * pairs + 2;
}

class Honest final : public Party {
 public:
  Honest(const std::string& invite, const HonestOptions& options);

  // Makes the accounts, the sessions of the pairs and of the friend, and one login of each guest.
  void prepare();

  // Run for a time, and print one JSON line with the results.
  void measure(const std::string& label, double seconds);
  void log_ins(const std::string& label, double seconds);
  // Waits for messages in flight. Prints lost messages and dropped sessions.
  void finish();
  // Runs a turn between measurements, in which the pairs go on.
  void rest();

  void on_ready(Link& link) override;
  void on_message(Link& link, ByteView body) override;
  void on_receipt(Link& link, uint64_t ref, Receipt receipt) override;
  void on_rejected(Link& link, const std::string& why) override;
  void on_lost(Link& link, const std::string& why) override;

 private:
  struct Message {
    uint64_t due_ns = 0, arrived_ns = 0;
    bool accepted = false, arrived = false;
  };
  // The sender of a pair, and the states of its messages.
  struct Writer {
    std::vector<Message> sent;               // by seq
    std::map<uint64_t, uint32_t> under_way;  // ref to seq, without a receipt
    std::vector<uint32_t> waiting;           // seqs to be sent: new, refused, or of a lost session
    uint64_t not_before_ns = 0;
  };

  bool is_guest(const Link& link) const { return link.id >= first_guest(options_.pairs); }
  Writer& writer(int pair) { return writers_[static_cast<size_t>(pair)]; }

  void turn_with(uint64_t until_ns, bool guests);
  void add_what_is_due(uint64_t now);
  void write_what_waits(uint64_t now);
  void write(int pair, uint32_t seq);
  void write_to_friend(uint64_t now);
  void come_back(uint64_t now);
  void guests_knock();
  bool all_arrived(uint64_t from_ns, uint64_t to_ns) const;
  void put_friend(Json& j);

  const HonestOptions options_;
  std::vector<Writer> writers_;
  std::vector<uint64_t> back_at_ns_;  // of users: the time to log in again after a lost session; 0: the session stands
  Counts refused_;
  Bytes body_;
  uint64_t began_ns_ = 0, next_ = 0;  // of the schedule, and its next message
  uint64_t friend_at_ns_ = 0;
  uint64_t friend_sent_ = 0, friend_accepted_ = 0, friend_refused_ = 0;
  uint64_t dropped_ = 0, duplicates_ = 0;
  bool prepared_ = false;
  int ready_ = 0, guest_ = 0, knocking_ = 0;
  uint64_t logged_in_ = 0;
  Counts turned_away_;
};

}  // namespace fastchat::bench::abuse
