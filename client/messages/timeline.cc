#include "client/messages/timeline.h"

#include <algorithm>
#include <utility>

#include "client/e2e/sanitise.h"
#include "client/groups/invitation.h"
#include "client/groups/no_such_group.h"
#include "client/messages/kinds.h"
#include "client/messages/mention.h"
#include "client/messages/message_text.h"
#include "client/messages/polls.h"

namespace fastchat::client {
namespace {

namespace pb = v1::content;

void set_text(ChatMessage& message, std::string_view text) {
  message.text = e2e::sanitise(text);
  message.as_sent = message.text == text ? "" : text;
}

}  // namespace

const char* name(MessageKind kind) {
  static constexpr const char* kNames[] = {"text", "file", "poll", "hole", "notice", "unreadable", "other", "waiting"};
  return kNames[static_cast<size_t>(kind)];
}

const char* name(MessageState state) {
  static constexpr const char* kNames[] = {"received", "sending", "queued", "delivered", "read", "failed"};
  return kNames[static_cast<size_t>(state)];
}

PeerName Timeline::shown(const store::ConversationId& conversation) const {
  const Bytes id = conversation.group_id();
  return id.empty() ? PeerName(conversation.stored()) : PeerName::of_group(groups_.name_of(id));
}

store::ConversationId Timeline::stored(const PeerName& shown) const {
  if (!shown.is_group()) return store::ConversationId::direct(shown.user());
  const Bytes id = groups_.find_name(shown.group());
  return id.empty() ? store::ConversationId() : store::ConversationId::group(id);
}

const e2e::GroupState* Timeline::group_of(const store::ConversationId& conversation) const {
  const Bytes id = conversation.group_id();
  return id.empty() ? nullptr : groups_.current(id);
}

bool Timeline::is_request(const store::ConversationId& conversation) const {
  if (conversation.empty() || standings_.of(conversation) != Standing::kNone) return false;
  if (!conversation.is_group()) {
    const std::string user = conversation.user();
    return !standings_.open_to(user) && account_.has_profile() && user != account_.profile().user;
  }
  const Bytes id = conversation.group_id();
  const bool member = groups_.current(id) != nullptr && groups_.membership(id) == Membership::kMember;
  return member && !inviter(standings_, groups_, id).empty();
}

ChatMessage Timeline::view(const store::Message& row) const {
  ChatMessage out;
  const KindRow& kind = kind_row(row.kind);
  if (row.kind < store::kKindHole || row.kind == store::kKindUnreadable) out.id = message_id(row.hash);
  if (row.kind == store::kKindDevice) out.device = to_hex(row.stream);
  out.row = row.id;
  out.position = row.position;
  out.peer = shown(row.conversation);
  out.from = row.from;
  out.kind = kind.shown;
  out.sent_ms = row.sent_ms;
  out.received_ms = row.received_ms;
  out.mine = row.mine;
  out.late = row.late;
  out.seen = row.seen;
  out.ref = row.ref;
  out.state = row.state;
  out.failure = static_cast<Code>(row.code);
  out.members = static_cast<uint32_t>(row.members);
  out.delivered = static_cast<uint32_t>(row.delivered);
  out.read = static_cast<uint32_t>(row.read_by);
  if (!row.mine) out.first_contact = pins_.find(row.from).first_contact;
  out.request = !row.mine && is_request(row.conversation);
  out.hidden = !row.mine && kind.content && row.conversation.is_group() && standings_.blocked(row.from);
  if (out.hidden) {
    out.text = "hidden: " + row.from + " is blocked";
    return out;
  }
  if (!account_.unlocked()) return out;
  if (kind.shown == MessageKind::kFile) out.file = files_.view(row.hash);
  Result<e2e::Secret> body = account_.box().open(LocalPlace::message_body(row.hash, row.kind), row.body);
  set_text(out, body.ok() ? body->view() : "(this message cannot be read: the local database is damaged)");
  if (kind.voted) out.poll = poll_of(out.text);
  add_annotations(row, kind, out);
  if (out.poll) set_text(out, shown_poll(*out.poll));
  const std::string& me = account_.profile().user;
  if (!out.mine && kind.content && out.peer.is_group() && mentions(out.text, me)) out.mentioned = me;
  return out;
}

Result<std::vector<ChatMessage>> Timeline::views(Result<std::vector<store::Message>> rows) const {
  if (!rows.ok()) return rows.error();
  std::vector<ChatMessage> out;
  out.reserve(rows->size());
  for (const store::Message& row : *rows) out.push_back(view(row));
  return out;
}

// Applies the last edit, a deletion, and each user's reaction or vote.
void Timeline::add_annotations(const store::Message& row, const KindRow& kind, ChatMessage& out) const {
  if (row.reply_to.size() == e2e::kHash + e2e::kStream + 8) {
    const ByteView id = row.reply_to;
    auto answered = messages_.find_any(id.substr(0, e2e::kHash), id.substr(e2e::kHash, e2e::kStream),
                                       get_u64(id.data() + e2e::kHash + e2e::kStream));
    if (answered.ok() && answered->has_value()) out.reply_to = message_id((*answered)->hash);
  }
  if (!kind.content) return;
  auto remarks = annotations_.of(row);
  if (!remarks.ok()) return;
  for (const store::Annotation& r : *remarks) {
    Result<e2e::Secret> body = account_.box().open(LocalPlace::annotation_body(r.hash, r.kind), r.body);
    if (!body.ok()) continue;
    // The edits and deletions of a blocked user concern that user's own messages alone.
    if ((r.kind == pb::REACTION || r.kind == pb::VOTE) && standings_.blocked(r.from)) continue;
    const std::string text(body->view());
    if (r.kind == pb::DELETE) {
      out.deleted = true;
    } else if (r.kind == pb::EDIT && kind.edited) {
      out.edited = true;
      set_text(out, text);
    } else if (r.kind == pb::VOTE && kind.voted) {
      count_vote(*out.poll, r.from, text);
    } else if (r.kind == pb::REACTION) {
      // Of a user's two reactions under different identities of the message, the later one comes second and stays.
      std::erase_if(out.reactions, [&](const Reaction& x) { return x.from == r.from; });
      const std::string emoji = e2e::sanitise_line(text);
      if (e2e::shows_something(emoji)) {
        out.reactions.push_back({r.from, emoji, emoji == text ? "" : text, r.from == account_.profile().user});
      }
    }
  }
  if (!out.deleted) return;
  out.edited = false;
  out.text.clear();
  out.as_sent.clear();
  out.reactions.clear();
  out.poll.reset();
}

std::optional<ChatMessage> Timeline::waiting_line(const store::ConversationId& conversation) const {
  const Bytes id = conversation.group_id();
  if (id.empty()) return std::nullopt;
  Result<uint64_t> count = waiting_.count(id);
  if (!count.ok() || *count == 0) return std::nullopt;
  ChatMessage line;
  line.kind = MessageKind::kWaiting;
  line.peer = shown(conversation);
  line.received_ms = line.sent_ms = turn_.wall_ms();
  line.text = *count == 1 ? "1 message waits for the group's key"
                          : std::to_string(*count) + " messages wait for the group's key";
  return line;
}

Result<store::Message> Timeline::find(const std::string& id) const {
  const Error none = err(Code::kLocalUsage, "no message has this id here");
  const std::optional<Bytes> start = from_hex(id);
  if (!start || start->size() != 16) return none;
  auto row = messages_.find_by_hash(*start);
  if (!row.ok()) return row.error();
  if (!row->has_value()) return none;
  return std::move(**row);
}

Result<MessageInfo> Timeline::info(const std::string& id) const {
  auto row = find(id);
  if (!row.ok()) return row.error();
  auto readers = seen_.readers(row->id);
  if (!readers.ok()) return readers.error();
  MessageInfo out;
  out.message = view(*row);
  out.fingerprint = to_hex(row->from_fpr);
  out.read_by = std::move(*readers);
  const Pin* pin = pins_.get(row->from);
  if (row->mine) {
    out.key = MessageInfo::Key::kOwn;
  } else if (pin != nullptr) {
    const bool same = pin->key.fpr == row->from_fpr;
    const bool verified = pin->trust == Trust::kVerified;
    out.key = !same      ? MessageInfo::Key::kOther
              : verified ? MessageInfo::Key::kVerified
                         : MessageInfo::Key::kNotCompared;
  }
  return out;
}

Result<std::optional<e2e::MessageId>> Timeline::answered_by(const PeerName& to, const std::string& id) const {
  if (id.empty()) return std::optional<e2e::MessageId>();
  auto row = find(id);
  if (!row.ok()) return row.error();
  if (row->conversation != stored(to)) {
    return err(Code::kLocalUsage, "the message to answer is in another conversation");
  }
  return std::optional<e2e::MessageId>({row->from_fpr, row->stream, row->seq});
}

Result<std::vector<ChatMessage>> Timeline::history(const PeerName& peer, size_t limit, int64_t before) const {
  const store::ConversationId conversation = stored(peer);
  if (conversation.empty()) return no_such_group(groups_, peer.group());
  auto out = views(messages_.history(conversation, limit, before));
  if (!out.ok() || before != 0) return out;
  if (auto line = waiting_line(conversation)) out->push_back(std::move(*line));
  return out;
}

Result<std::vector<ChatMessage>> Timeline::history_after(const PeerName& peer, size_t limit, int64_t after) const {
  const store::ConversationId conversation = stored(peer);
  if (conversation.empty() && !peer.empty()) return no_such_group(groups_, peer.group());
  return views(messages_.history_after(conversation, limit, after));
}

Result<PlaceInfo> Timeline::place(const PeerName& peer, int64_t position) const {
  const store::ConversationId conversation = stored(peer);
  if (conversation.empty()) return no_such_group(groups_, peer.group());
  auto before = messages_.count(conversation, position), all = messages_.count(conversation, INT64_MAX);
  if (!before.ok()) return before.error();
  if (!all.ok()) return all.error();
  return PlaceInfo{*before, *all};
}

Result<std::vector<ChatMessage>> Timeline::unseen(int64_t after, size_t limit) const {
  return views(seen_.unseen(after, limit));
}

Result<std::vector<ConversationInfo>> Timeline::conversations() const {
  auto all = messages_.conversations();
  if (!all.ok()) return all.error();
  std::vector<ConversationInfo> out;
  out.reserve(all->size());
  for (const store::Conversation& c : *all) {
    out.push_back({shown(c.id), c.last_position, c.last_ms, c.unseen, c.unseen > 0 && mentioned_in(c.id), c.wrote,
                   is_request(c.id), standings_.of(c.id) == Standing::kBlocked});
  }
  return out;
}

bool Timeline::mentioned_in(const store::ConversationId& conversation) const {
  if (conversation.group_id().empty() || !account_.unlocked()) return false;
  const auto unread = seen_.newest_unseen_of(conversation, kMentionsLookedAt);
  return unread.ok() && std::any_of(unread->begin(), unread->end(),
                                    [this](const store::Message& row) { return !view(row).mentioned.empty(); });
}

void Timeline::tell_new(int64_t row) {
  turn_.after_commit([this, row] {
    auto stored = messages_.get(row);
    if (stored.ok() && stored->has_value()) listener_.on_message(view(**stored));
  });
}

void Timeline::tell_changed(int64_t row) {
  turn_.after_commit([this, row] {
    auto stored = messages_.get(row);
    if (stored.ok() && stored->has_value() && (*stored)->position != 0) listener_.on_changed(view(**stored));
  });
}

void Timeline::tell_receipt(ReceiptEvent event) {
  turn_.after_commit([this, event = std::move(event)] { listener_.on_receipt(event); });
}

void Timeline::tell_seen(const store::ConversationId& conversation) {
  turn_.after_commit([this, conversation] { listener_.on_seen(shown(conversation)); });
}

ReceiptEvent Timeline::receipt_of(const store::Message& row) const {
  ReceiptEvent out;
  out.ref = row.ref;
  out.row = row.id;
  out.id = message_id(row.hash);
  out.peer = shown(row.conversation);
  out.state = row.state;
  out.members = static_cast<uint32_t>(row.members);
  out.delivered = static_cast<uint32_t>(row.delivered);
  out.read = static_cast<uint32_t>(row.read_by);
  return out;
}

}  // namespace fastchat::client
