#include "client/messages/typing.h"

#include "client/groups/invitation.h"
#include "client/messages/message_text.h"

namespace fastchat::client {

void Typing::type(const PeerName& to) {
  if (!wanted_ || !server_.live()) return;
  const e2e::Identity& me = account_.secrets().identity;
  const int64_t sent_ms = turn_.wall_ms();
  core::Signal out;
  if (to.is_group()) {
    const Bytes id = groups_.find_name(to.group());
    const e2e::GroupState* state = id.empty() ? nullptr : groups_.current(id);
    if (state == nullptr || groups_.membership(id) != Membership::kMember ||
        !inviter(standings_, groups_, id).empty() || !pace_.due(to.text(), turn_.now_ms()))
      return;
    Result<Bytes> sealed = e2e::seal_group_signal(me, *state, e2e::SignalKind::kTyping, sent_ms);
    if (!sealed.ok()) return;
    out.group = id;
    out.epoch = state->epoch;
    out.envelope = std::move(*sealed);
  } else {
    const Pin* pin = pins_.get(to.user());
    if (pin == nullptr || !pin->offered_spki.empty() || !standings_.open_to(to.user()) ||
        !pace_.due(to.text(), turn_.now_ms()))
      return;
    out.to = to.user();
    out.envelope = e2e::seal_signal(me, pin->key, e2e::SignalKind::kTyping, sent_ms);
  }
  server_.engine().signal(std::move(out));
  turn_.wake();
}

void Typing::on_signal(ByteView envelope) {
  if (!wanted_) return;
  const auto signal = e2e::open_signal(account_.secrets().identity, envelope, pins_, groups_, marks_, turn_.wall_ms());
  if (!signal) return;
  // A peer whose key changed gets no signals and shows none, before the person has accepted the key.
  const Pin* pin = pins_.get(signal->from);
  if (pin == nullptr || !pin->offered_spki.empty() || standings_.blocked(signal->from)) return;
  const bool stranger = signal->group_id.empty() ? !standings_.open_to(signal->from)
                                                 : !inviter(standings_, groups_, signal->group_id).empty();
  if (stranger) return;
  const auto conversation = signal->group_id.empty() ? store::ConversationId::direct(signal->from)
                                                     : store::ConversationId::group(signal->group_id);
  if (typists_.on_signal(conversation.stored(), signal->from, signal->sent_ms, turn_.now_ms())) tell(conversation);
}

void Typing::on_message(const store::ConversationId& conversation, const std::string& from, int64_t sent_ms) {
  if (typists_.on_message(conversation.stored(), from, sent_ms)) tell(conversation);
}

void Typing::tell(const store::ConversationId& conversation) {
  turn_.before_commit([this, conversation, who = typists_.who(conversation.stored())] { told_(conversation, who); });
}

void Typing::work() {
  for (std::string& stored : typists_.expire(turn_.now_ms())) {
    tell(store::ConversationId::from_stored(std::move(stored)));
  }
}

}  // namespace fastchat::client
