// Signals: what is true for a moment ("is typing"), sealed and signed like a message but outside every stream. One is
// bound to its sender, its recipient and its time: a server can hold it back or send it twice, and gains nothing, since
// it counts once, and only within seconds of its making. Nothing refused is told to anybody. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "client/e2e/message.h"

namespace fastchat::e2e {

enum class SignalKind : uint8_t { kTyping = 1 };

// One signature and one wrap. `sent_ms` by the sender's clock.
Bytes seal_signal(const Identity& from, const PeerKey& to, SignalKind kind, int64_t sent_ms,
                  Random& random = system_random());
// kNotAllowed when the sender is not a member of that state.
Result<Bytes> seal_group_signal(const Identity& from, const GroupState& group, SignalKind kind, int64_t sent_ms,
                                Random& random = system_random());

struct Signal {
  SignalKind kind = SignalKind::kTyping;
  std::string from;
  Bytes group_id;  // empty: to this user
  int64_t sent_ms = 0;
};

// The newest signal taken from each sender in each place, for as long as the program runs: an older one says nothing.
class SignalMarks {
 public:
  bool is_new(const Bytes& from_fpr, const Bytes& place, int64_t sent_ms) const;
  void take(const Bytes& from_fpr, const Bytes& place, int64_t sent_ms) { newest_[{from_fpr, place}] = sent_ms; }

 private:
  std::map<std::pair<Bytes, Bytes>, int64_t> newest_;
};

// A signal for `me`, new and made within kSignalLife of `now_ms` (the reader's wall clock); marks it. nullopt for
// anything else, with the reason in *why when asked; cheap checks come first, and a private key is used for a pinned
// sender's signature only.
std::optional<Signal> open_signal(const Identity& me, ByteView bytes, const Pins& pins, const Groups& groups,
                                  SignalMarks& marks, int64_t now_ms, Reason* why = nullptr);

}  // namespace fastchat::e2e
