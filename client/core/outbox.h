// Messages of ours on their way (design: "what accepted means"). Pure; lives in the Engine. The owner has each message
// on disk before submit() and keeps it there until `delivered`. Here a message is READY (to be sent), SENT (in the
// window, no receipt yet), ASKING (was sent in an earlier session or has waited too long: the server is asked), BACKOFF
// (the server said busy) or QUEUED (accepted, committed in the recipient's queue: asked about again now and then, the
// oldest first, because a server may lose what it had). Within a conversation nothing overtakes a message that is
// ASKING or in BACKOFF, and no stream goes on while a message of another one is SENT. Nothing is dropped but by a
// receipt or a final rejection.
//
// A message to a group is QUEUED until every member has it: its receipt names those that do not by number, and each
// stored receipt takes one off.
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
  // A session begins: everything that may have been sent is asked about.
  void attached(uint32_t window);
  void detached();

  void on_queued(uint64_t ref);
  void on_delivered(uint64_t ref);
  // A message to a group is safe for every member; the `waiting` ones (their numbers) do not have it yet.
  void on_group_receipt(uint64_t ref, uint64_t delivered, std::set<uint64_t> waiting);
  // A message that was queued is delivered; `member`: of a group, to which member, else 0.
  void on_stored(uint64_t ref, uint64_t stored_id, uint64_t member);
  void on_rejected(int64_t now, uint64_t ref, Code code, uint64_t retry_after_ms);
  void on_query_reply(int64_t now, const v1::QueryReply& reply);
  void on_query_failed(int64_t now);

  // Appends what may be sent now to `out`, at most one frame's worth. True when more would fit the window, so that
  // another frame is worth making.
  bool fill(int64_t now, UpstreamWriter& out);
  // The next question, when one is due and none is open; empty otherwise.
  std::optional<v1::Query> next_query(int64_t now);
  void advance(int64_t now);  // the timers, up to now
  int64_t next_wake() const;  // when advance() or next_query() has something to do; kNever when nothing

  size_t open() const { return entries_.size(); }
  // Messages that nobody accepted yet.
  size_t unaccepted() const { return entries_.size() - queued_.size(); }
  size_t in_flight() const { return in_flight_; }

  static constexpr int64_t kNever = INT64_MAX;

 private:
  enum class State : uint8_t { kReady, kSent, kAsking, kBackoff, kQueued };
  struct Lane {  // one conversation; kept for the life of the process
    std::set<uint64_t> ready, blocking;
    std::map<Bytes, size_t> sent_of;  // by stream: its messages that are SENT
    size_t sent = 0;
  };
  struct Group {
    Bytes id;  // 32
    uint64_t epoch = 0;
    uint64_t members = 0, delivered = 0;
    std::set<uint64_t> waiting;                        // members that do not have it yet
    std::set<uint64_t> have;                           // members a stored receipt came for, at whatever time
    std::vector<std::pair<uint64_t, uint64_t>> early;  // stored receipts (id, member) that came before the receipt
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
  Bytes last_lane_;  // fairness: filling goes on behind it
  size_t ready_ = 0, in_flight_ = 0;
  std::set<uint64_t> queued_;
  int64_t recheck_at_ = kNever, recheck_wait_ = 0;
  uint64_t rechecked_upto_ = 0;
  uint32_t window_ = 0;  // 0: no session

  std::set<uint64_t> to_ask_;
  std::set<uint64_t> asked_;  // in the open query
  int64_t asked_at_ = 0;      // when it was made
  int64_t ask_at_ = 0;        // the next one not before
  int ask_attempts_ = 0;
  std::deque<std::pair<int64_t, uint64_t>> sent_order_;  // (when, ref): receipt timers, checked lazily
  std::multimap<int64_t, uint64_t> backoff_;
};

}  // namespace fastchat::core
