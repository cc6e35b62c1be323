// Incoming messages: deduplication, acknowledgement, display order. Pure; part of the Engine.
//
// The owner opens a delivery, the Inbox places it, and the owner writes it (message, dedup mark and display mark in one
// transaction). Only then is the message shown and acknowledged. A message whose predecessors are missing is written
// and acknowledged but held back. When the predecessors do not come in time, an explicit hole is shown in their place.
// A predecessor that arrives later is shown marked late. Deduplication compares identity and hash with the disk and
// with the pending writes, so a message is shown once, however often and in whichever session it is delivered.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <unordered_map>

#include "client/core/config.h"
#include "client/core/ports.h"
#include "common/wire.h"

namespace fastchat::core {

class Inbox {
 public:
  Inbox(const Config& config, Ports& ports) : config_(config), ports_(ports) {}

  // Restores a stream with messages on disk that are held back since `held_since`. Their wait continues while the
  // program does not run, so many short runs wait no longer than a long one. Nothing is released before a session is
  // live, because a live session has received everything that was queued.
  void restore(const Bytes& from_fpr, const Bytes& stream, int64_t held_since, bool begins_anywhere);
  void attached();
  void detached();
  // Returns false when the delivery's tag is not the next of this session: the server broke the protocol.
  [[nodiscard]] bool on_delivery(const wire::DeliveryView& delivery);
  // Registers a stored, already acknowledged envelope; returns the arrival number for on_opened().
  uint64_t adopt_stored();
  // Takes the owner's answer to open_envelope.
  void on_opened(int64_t now, uint64_t arrival, OpenResult&& opened);
  // Returns the hash under this identity, on disk or in a pending write; nullopt when the message never arrived.
  std::optional<Bytes> mark(const MessageKey& key);
  // Sets the time until which this device counts as new after its first login. Until then a stream that the device
  // never saw may begin in its middle, because the earlier messages went to other devices. Any other stream waits for
  // its first message as for a hole. Without a call the device counts as new.
  void new_device_until(int64_t until) { new_until_ = until; }
  // Reports that every write up to and including `id` is on disk.
  void on_written(uint64_t id);
  // Reports that no pending write succeeded. The link is given up, and the server delivers the messages again.
  void on_write_failed();
  // Releases messages that waited long enough. `live_since`: kNever while the session is not live.
  void advance(int64_t now, int64_t live_since);
  int64_t next_wake(int64_t live_since) const;

  // Returns the highest tag that may be acknowledged now; 0 when that tag was returned before.
  uint64_t take_ack();

  size_t unwritten() const { return writes_.size(); }

  static constexpr int64_t kNever = INT64_MAX;

 private:
  using StreamKey = std::pair<Bytes, Bytes>;  // from_fpr, stream
  struct Stream {
    uint64_t shown_upto = 0;
    bool joined = false;
    std::set<uint64_t> held;
    int64_t gap_since = kNever;
    bool restored = false;     // gap_since is from an earlier run
    bool begins_here = false;  // messages missing before its first one went to other devices
  };
  static constexpr uint64_t kNoSession = UINT64_MAX;
  struct Arrival {
    uint64_t session = 0, tag = 0;
  };
  struct Pending {  // a message whose write is pending
    Bytes hash;
    std::vector<uint64_t> arrivals;  // copies of the message, acknowledged together
  };
  struct InFlight {
    uint64_t id = 0;
    MessageKey key;
    bool has_key = false;
    uint64_t arrival = 0;
    std::vector<DisplayStep> shows;
  };

  Stream& stream_of(const Bytes& from_fpr, const Bytes& stream);
  void place(int64_t now, PendingWrite& write, bool begins_anywhere);
  void begin_gap(int64_t now, Stream& s, bool begins_anywhere) const;
  void release_run(Stream& s, std::vector<DisplayStep>& shows);
  void release_all(const StreamKey& key, Stream& s);
  void submit(PendingWrite&& write);
  void accept(int64_t now, uint64_t arrival, PendingWrite::Kind kind, OpenResult&& opened);
  void duplicate(uint64_t arrival, const MessageKey& key);
  void quarantine(uint64_t arrival, std::string reason);
  void done(uint64_t arrival);
  int64_t release_at(const Stream& s, int64_t live_since) const;

  const Config& config_;
  Ports& ports_;
  std::map<StreamKey, Stream> streams_;
  std::set<StreamKey> gaps_;  // streams with held messages
  int64_t new_until_ = kNever, last_now_ = 0;

  uint64_t session_ = 0, next_arrival_ = 1, next_write_ = 1;
  std::unordered_map<uint64_t, Arrival> arrivals_;
  std::map<MessageKey, Pending> pending_;
  std::deque<InFlight> writes_;

  uint64_t last_tag_ = 0, done_upto_ = 0, acked_ = 0;
  std::set<uint64_t> done_;  // tags above done_upto_
};

}  // namespace fastchat::core
