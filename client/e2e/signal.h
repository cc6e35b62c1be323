// Signals: states of a moment ("is typing"), sealed and signed like a message but outside every stream. A signal is
// bound to its sender, its recipient and its time. A server that holds a signal back or sends it twice gains nothing: a
// signal counts once, and only within seconds of its making. A refused signal is reported to nobody. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "client/e2e/message.h"

namespace fastchat::e2e {

enum class SignalKind : uint8_t { kTyping = 1 };

// Seals a signal to a user: one signature and one wrap. `sent_ms` by the sender's clock.
Bytes seal_signal(const Identity& from, const PeerKey& to, SignalKind kind, int64_t sent_ms,
                  Random& random = system_random());
// Seals a signal to a group. kNotAllowed when the sender is not a member of that state.
Result<Bytes> seal_group_signal(const Identity& from, const GroupState& group, SignalKind kind, int64_t sent_ms,
                                Random& random = system_random());

struct Signal {
  SignalKind kind = SignalKind::kTyping;
  std::string from;
  Bytes group_id;  // empty: to this user
  int64_t sent_ms = 0;
};

// The newest signal accepted from each sender in each place, for as long as the program runs. An older signal is
// ignored.
class SignalMarks {
 public:
  bool is_new(const Bytes& from_fpr, const Bytes& place, int64_t sent_ms) const;
  void take(const Bytes& from_fpr, const Bytes& place, int64_t sent_ms) { newest_[{from_fpr, place}] = sent_ms; }

 private:
  std::map<std::pair<Bytes, Bytes>, int64_t> newest_;
};

// Opens a signal for `me`, new and made within kSignalLife of `now_ms` (the reader's wall clock), and marks it. Returns
// nullopt for anything else, with the reason in *why unless null. Cheap checks come first: a private key is used only
// after a pinned sender's signature was verified.
std::optional<Signal> open_signal(const Identity& me, ByteView bytes, const Pins& pins, const Groups& groups,
                                  SignalMarks& marks, int64_t now_ms, Reason* why = nullptr);

}  // namespace fastchat::e2e
