// Outgoing messages. Pure; part of the Engine. The owner has each message on disk before submit() and keeps it there
// until `delivered`. A message is in one of five states. READY: to be sent. SENT: in the window, without a receipt yet.
// ASKING: sent in an earlier session, or without a receipt for too long, so the server is queried. BACKOFF: the server
// was busy. QUEUED: accepted and committed in the recipient's queue. The server is queried about QUEUED messages at
// intervals, the oldest first, because a server may lose what it had. Within a conversation nothing overtakes a message
// that is ASKING or in BACKOFF, and no stream continues while a message of another stream is SENT. Only a receipt or a
// final rejection removes a message.
//
// A message to a group is QUEUED until every member has it. Its receipt lists the numbers of the members that do not
// have it yet, and each stored receipt removes one.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>

#include "client/core/config.h"
#include "client/core/ports.h"
#include "common/frames.h"
#include "common/wire.h"

namespace fastchat::core {

class Outbox {
 public:
  Outbox(const Config& config, Ports& ports) : config_(config), ports_(ports) {}

  void submit(Outgoing&& message);
  // Begins a session with a window of `window` sends. Every message that may have been sent is queried.
  void attached(uint32_t window);
  void detached();

  void on_queued(uint64_t ref);
  void on_delivered(uint64_t ref);
  // Takes the receipt of a group message that is safe for every member. The `waiting` members (their numbers) do not
  // have it yet.
  void on_group_receipt(uint64_t ref, uint64_t delivered, std::set<uint64_t> waiting);
  // Takes the receipt of a queued message that was delivered. `member`: the number of the group member that has it,
  // else 0.
  void on_stored(uint64_t ref, uint64_t stored_id, uint64_t member);
  void on_rejected(int64_t now, uint64_t ref, Code code, uint64_t retry_after_ms);
  void on_query_reply(int64_t now, const v1::QueryReply& reply);
  void on_query_failed(int64_t now);

  // Appends the messages that may be sent now to `out`, at most one frame's worth. Returns true when the frame is full
  // and the window has room for more.
  bool fill(int64_t now, UpstreamWriter& out);
  // Returns the next query when one is due and none is open; nullopt otherwise.
  std::optional<v1::Query> next_query(int64_t now);
  void advance(int64_t now);  // runs the timers up to `now`
  int64_t next_wake() const;  // the time when advance() or next_query() is due; kNever: nothing is

  size_t open() const { return entries_.size(); }
  // Returns the number of messages that no server has accepted yet.
  size_t unaccepted() const { return entries_.size() - queued_.size(); }
  size_t in_flight() const { return in_flight_; }

  static constexpr int64_t kNever = INT64_MAX;

 private:
  enum class State : uint8_t { kReady, kSent, kAsking, kBackoff, kQueued };
  struct Lane {  // one conversation; kept for the life of the process
    std::set<uint64_t> ready, blocking;
    std::map<Bytes, size_t> sent_of;  // number of SENT messages by stream
    size_t sent = 0;
  };
  struct Group {
    Bytes id;  // 32 bytes
    uint64_t epoch = 0;
    uint64_t members = 0, delivered = 0;
    std::set<uint64_t> waiting;                        // members without the message
    std::set<uint64_t> have;                           // members whose stored receipt arrived, at any time
    std::vector<std::pair<uint64_t, uint64_t>> early;  // stored receipts (id, member) before the group receipt
  };
  struct Entry {
    State state = State::kReady;
    std::string to;
    Lane* lane = nullptr;
    std::pair<const Bytes, size_t>* stream = nullptr;  // in its lane
    uint64_t seq = 0;
    Bytes envelope;  // empty: on disk only
    int64_t since = 0;
    int attempts = 0;
    std::unique_ptr<Group> group;  // null: to a user
  };

  bool runnable(const Lane& lane) const;
  void set_state(uint64_t ref, Entry& entry, State next);
  void erase(uint64_t ref, Entry& entry);
  void accepted(uint64_t ref, Entry& entry);
  void tell_group(uint64_t ref, Entry& entry, uint64_t stored_id, uint64_t member);
  void count_group(uint64_t ref, Entry& entry, uint64_t delivered, std::set<uint64_t> waiting);
  void send_one(int64_t now, uint64_t ref, Entry& entry, UpstreamWriter& out);
  void conflict(uint64_t ref);
  void recheck(int64_t now);

  const Config& config_;
  Ports& ports_;
  std::unordered_map<uint64_t, Entry> entries_;
  std::map<Bytes, Lane> lanes_;
  Bytes last_lane_;  // fairness: the next fill() begins behind this lane
  size_t ready_ = 0, in_flight_ = 0;
  std::set<uint64_t> queued_;
  int64_t recheck_at_ = kNever, recheck_wait_ = 0;
  uint64_t rechecked_upto_ = 0;
  uint32_t window_ = 0;  // 0: no session

  std::set<uint64_t> to_ask_;
  std::set<uint64_t> asked_;  // in the open query
  int64_t asked_at_ = 0;      // time when the open query was made
  int64_t ask_at_ = 0;        // earliest time of the next query
  int ask_attempts_ = 0;
  std::deque<std::pair<int64_t, uint64_t>> sent_order_;  // (when, ref): receipt timers, checked lazily
  std::multimap<int64_t, uint64_t> backoff_;
};

}  // namespace fastchat::core
