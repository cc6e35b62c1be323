// Who is typing: signals of one's own to those whose keys are known, and those of others, for whom the person chose so.
// Nothing of it is kept, looked up or answered.
#include "client/e2e/signal.h"
#include "client/runtime_body.h"
#include "client/runtime_impl.h"
#include "common/clock.h"

namespace fastchat::client {

void Session::typing(const std::string& to) {
  impl_->typing(to);
}

void Session::Impl::typing(const std::string& to) {
  if (!options_.typing || !server_.live()) return;
  const e2e::Identity& me = account_.secrets().identity;
  const int64_t sent_ms = Clock::wall_ms();
  core::Signal out;
  if (to.starts_with("#")) {
    const Bytes id = groups_->find_name(ByteView(to).substr(1));
    const e2e::GroupState* state = id.empty() ? nullptr : groups_->current(id);
    if (state == nullptr || groups_->standing(id) != Standing::kMember || !typing_pace_.due(to, now_ms())) return;
    Result<Bytes> sealed = e2e::seal_group_signal(me, *state, e2e::SignalKind::kTyping, sent_ms);
    if (!sealed.ok()) return;
    out.group = id;
    out.epoch = state->epoch;
    out.envelope = std::move(*sealed);
  } else {
    const Pin* pin = pins_->get(to);
    if (pin == nullptr || !pin->offered_spki.empty() || !typing_pace_.due(to, now_ms())) return;
    out.to = to;
    out.envelope = e2e::seal_signal(me, pin->key, e2e::SignalKind::kTyping, sent_ms);
  }
  server_.engine().signal(std::move(out));
  turn_.poke();
}

void Session::Impl::signal(ByteView envelope) {
  if (!options_.typing) return;
  const auto signal =
      e2e::open_signal(account_.secrets().identity, envelope, *pins_, *groups_, signal_marks_, Clock::wall_ms());
  if (!signal) return;
  // A key that changed is not spoken with, in either direction, before the person has accepted it.
  const Pin* pin = pins_->get(signal->from);
  if (pin == nullptr || !pin->offered_spki.empty()) return;
  const std::string peer = signal->group_id.empty() ? signal->from : group_peer(signal->group_id);
  if (typists_.on_signal(peer, signal->from, signal->sent_ms, now_ms())) tell_typing(peer);
}

void Session::Impl::tell_typing(const std::string& peer) {
  turn_.soon([this, shown = shown_peer(peer), who = typists_.who(peer)] { listener_.on_typing(shown, who); });
}

void Session::Impl::typing_turn() {
  for (const std::string& peer : typists_.expire(now_ms())) tell_typing(peer);
}

}  // namespace fastchat::client
