// Messages for us: deduplication, acknowledgement, display order. Pure; lives in the Engine.
//
// A delivery is opened by the owner, placed here, written by the owner (message, dedup mark and display mark in one
// transaction), and only then shown and acknowledged. A message whose predecessors are missing is written and
// acknowledged but held back; when they do not come in time an explicit hole is shown in their place, and what still
// arrives of them later is shown marked late. Dedup is by identity and hash against the disk and against the writes on
// their way, so a message is shown once however often and in whichever session it is delivered.
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

  // A stream with messages that are held back on disk since `held_since`. Its time goes on while the program does not
  // run: many short runs wait no longer than a long one. Nothing is released before a session is live, which has
  // everything that was queued.
  void restore(const Bytes& from_fpr, const Bytes& stream, int64_t held_since, bool begins_anywhere);
  void attached();
  void detached();
  // False when its tag is not the next of this session: the server broke the protocol.
  [[nodiscard]] bool on_delivery(const wire::DeliveryView& delivery);
  // An envelope that the owner kept on disk, acknowledged long ago, is to be opened now: the number for on_opened().
  uint64_t adopt_stored();
  // The owner's answer to open_envelope.
  void on_opened(int64_t now, uint64_t arrival, OpenResult&& opened);
  // The hash under this identity, on disk or on its way there; nullopt when it never arrived.
  std::optional<Bytes> mark(const MessageKey& key);
  // This device logged in first a short while ago: until then a stream that it never saw may begin in its middle here,
  // because what went before was for other devices. Any other stream waits for its first message as for a hole. An
  // owner that does not know says nothing: the device is new.
  void new_device_until(int64_t until) { new_until_ = until; }
  // Every write up to and including `id` is on disk.
  void on_written(uint64_t id);
  // Nothing that is on its way was written; the link is given up, the server will deliver it again.
  void on_write_failed();
  // Releases what waited long enough. live_since: kNever while the session is not live.
  void advance(int64_t now, int64_t live_since);
  int64_t next_wake(int64_t live_since) const;

  // The highest tag that may be acknowledged now; 0 when it was taken already.
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
    bool restored = false;     // gap_since is of a run before
    bool begins_here = false;  // what is missing before its first message was for other devices
  };
  static constexpr uint64_t kNoSession = UINT64_MAX;
  struct Arrival {
    uint64_t session = 0, tag = 0;
  };
  struct Pending {  // a message whose write is on its way
    Bytes hash;
    std::vector<uint64_t> arrivals;  // its copies, to be acknowledged with it
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
