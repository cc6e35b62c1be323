#include "client/messages/notices.h"

#include "client/e2e/hash.h"
#include "client/e2e/limits.h"
#include "client/messages/message_text.h"

namespace fastchat::client {

bool Notices::add_to_group(const Bytes& group, const std::string& text, ByteView about, bool own) {
  const e2e::GroupState* now = groups_.current(group);
  return add(store::ConversationId::group(group), now != nullptr ? now->admin_user() : "", text, about, own);
}

bool Notices::add(const store::ConversationId& conversation, const std::string& from, const std::string& text,
                  ByteView about, bool own) {
  store::Message row;
  row.conversation = conversation;
  row.kind = store::kKindNotice;
  row.stream = Bytes(about.substr(0, e2e::kStream));
  row.from = from;
  row.hash = e2e::sha256(Bytes(about) + text);
  row.sent_ms = row.received_ms = turn_.wall_ms();
  row.seen = own;
  row.body = account_.box().seal(LocalPlace::message_body(row.hash, row.kind), text);
  Result<int64_t> id = messages_.add(row, false);
  if (!turn_.check(id)) return false;
  timeline_.tell_new(*id);
  return true;
}

bool Notices::add_alarm(const store::ConversationId& conversation, const std::string& text, ByteView about) {
  if (conversation.empty()) return add_to_account(store::kKindNotice, text, about);
  turn_.after_commit([this, conversation, text] {
    listener_.on_notice({Notice::Kind::kKeyChanged, timeline_.shown(conversation), text});
  });
  return conversation.is_group() ? add_to_group(conversation.group_id(), text, about, false)
                                 : add(conversation, conversation.user(), text, about, false);
}

bool Notices::add_to_account(int kind, const std::string& text, ByteView about) {
  store::Message row;
  row.from = account_.profile().user;
  row.conversation = store::ConversationId::direct(row.from);
  row.kind = kind;
  row.stream = Bytes(about.substr(0, e2e::kStream));
  row.sent_ms = row.received_ms = turn_.wall_ms();
  row.hash = e2e::sha256(e2e::concat({about, text, std::to_string(row.sent_ms)}));
  row.body = account_.box().seal(LocalPlace::message_body(row.hash, row.kind), text);
  Result<int64_t> id = messages_.add(row, false);
  if (!turn_.check(id)) return false;
  timeline_.tell_new(*id);
  turn_.after_commit([this, text] { listener_.on_notice({Notice::Kind::kAccount, {}, text}); });
  return true;
}

}  // namespace fastchat::client
