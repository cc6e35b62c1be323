// The fields of the values that pages hear and ask for. Each is named once, for the writer and the reader of
// json_fields.h.
#pragma once

#include <concepts>
#include <type_traits>

#include "client/session/session.h"
#include "client/tui/pages/event.h"
#include "client/tui/window/json_fields.h"

namespace fastchat::tui {

// Matches a type and its constant form: the writer has constant values.
template <class Value, class Type>
concept Is = std::same_as<std::remove_const_t<Value>, Type>;

inline constexpr size_t kMaxReactions = 100'000, kMaxOptions = 64, kMaxMembers = 10'000;

template <class A, Is<client::FileView> V>
void fields(A& a, V& v) {
  a.line("name", v.name, kMaxPath);
  a.line("media_type", v.media_type, kMaxName);
  a.number("size", v.size);
  a.choice("state", v.state, client::FileView::State::kGone);
  a.exact("path", v.path, kMaxPath);
}

template <class A, Is<client::PollOption> V>
void fields(A& a, V& v) {
  a.shown("text", v.text);
  a.lines("voters", v.voters, kMaxMembers);
}

template <class A, Is<client::PollView> V>
void fields(A& a, V& v) {
  a.shown("question", v.question);
  a.list("options", v.options, kMaxOptions);
}

template <class A, Is<client::Reaction> V>
void fields(A& a, V& v) {
  a.line("from", v.from, kMaxName);
  a.shown("emoji", v.emoji, kMaxName);
  a.exact("as_sent", v.as_sent, kMaxName);
  a.flag("mine", v.mine);
}

template <class A, Is<client::ChatMessage> V>
void fields(A& a, V& v) {
  a.line("id", v.id, kMaxName);
  a.number("row", v.row);
  a.number("position", v.position);
  a.peer("peer", v.peer);
  a.line("from", v.from, kMaxName);
  a.shown("text", v.text);
  a.exact("as_sent", v.as_sent);
  a.choice("kind", v.kind, client::MessageKind::kWaiting);
  a.number("sent_ms", v.sent_ms);
  a.number("received_ms", v.received_ms);
  a.flag("mine", v.mine);
  a.flag("late", v.late);
  a.flag("seen", v.seen);
  a.flag("first_contact", v.first_contact);
  a.number("ref", v.ref);
  a.choice("state", v.state, client::MessageState::kFailed);
  a.choice("failure", v.failure, Code::kLocalCrypto);
  a.maybe("file", v.file);
  a.maybe("poll", v.poll);
  a.number("members", v.members);
  a.number("delivered", v.delivered);
  a.number("read", v.read);
  a.line("device", v.device, kMaxName);
  a.line("reply_to", v.reply_to, kMaxName);
  a.flag("edited", v.edited);
  a.flag("deleted", v.deleted);
  a.list("reactions", v.reactions, kMaxReactions);
  a.line("mentioned", v.mentioned, kMaxName);
  a.flag("request", v.request);
  a.flag("hidden", v.hidden);
}

template <class A, Is<client::ConversationInfo> V>
void fields(A& a, V& v) {
  a.peer("peer", v.peer);
  a.number("last_position", v.last_position);
  a.number("last_ms", v.last_ms);
  a.number("unseen", v.unseen);
  a.flag("mentioned", v.mentioned);
  a.flag("wrote", v.wrote);
  a.flag("request", v.request);
  a.flag("blocked", v.blocked);
}

template <class A, Is<client::RequestInfo> V>
void fields(A& a, V& v) {
  a.peer("peer", v.peer);
  a.line("from", v.from, kMaxName);
  a.line("text", v.text);
  a.number("messages", v.messages);
  a.number("since_ms", v.since_ms);
  a.line("fingerprint", v.fingerprint, kMaxName);
  a.number("members", v.members);
  a.flag("admin_is_me", v.admin_is_me);
}

template <class A, Is<client::PlaceInfo> V>
void fields(A& a, V& v) {
  a.number("before", v.before);
  a.number("all", v.all);
}

template <class A, Is<client::ContactInfo> V>
void fields(A& a, V& v) {
  a.line("user", v.user, kMaxName);
  a.line("fingerprint", v.fingerprint, kMaxName);
  a.number("trust", v.trust);
  a.flag("changed", v.changed);
  a.number("since_ms", v.since_ms);
  a.number("standing", v.standing);
}

template <class A, Is<client::MessageInfo> V>
void fields(A& a, V& v) {
  a.object("message", v.message);
  a.choice("key", v.key, client::MessageInfo::Key::kUnknown);
  a.line("fingerprint", v.fingerprint, kMaxName);
  a.lines("read_by", v.read_by, kMaxMembers);
}

template <class A, Is<client::SearchPart> V>
void fields(A& a, V& v) {
  a.list("found", v.found);
  a.flag("last", v.last);
}

template <class A, Is<client::ReceiptEvent> V>
void fields(A& a, V& v) {
  a.number("ref", v.ref);
  a.number("row", v.row);
  a.line("id", v.id, kMaxName);
  a.peer("peer", v.peer);
  a.choice("state", v.state, client::MessageState::kFailed);
  a.choice("failure", v.failure, Code::kLocalCrypto);
  a.line("text", v.text);
  a.number("members", v.members);
  a.number("delivered", v.delivered);
  a.number("read", v.read);
}

template <class A, Is<client::ConnectionEvent> V>
void fields(A& a, V& v) {
  a.choice("state", v.state, core::LinkState::kEnded);
  a.choice("code", v.code, Code::kLocalCrypto);
  a.line("text", v.text);
  a.number("retry_after_ms", v.retry_after_ms);
  a.line("worker", v.worker, kMaxName);
  a.number("latency_ms", v.latency_ms);
}

template <class A, Is<client::Notice> V>
void fields(A& a, V& v) {
  a.choice("kind", v.kind, client::Notice::Kind::kRequest);
  a.peer("peer", v.peer);
  a.line("text", v.text);
}

template <class A, Is<client::TransferInfo> V>
void fields(A& a, V& v) {
  a.line("id", v.id, kMaxName);
  a.peer("peer", v.peer);
  a.line("name", v.name, kMaxPath);
  a.flag("upload", v.upload);
  a.number("done", v.done);
  a.number("size", v.size);
  a.number("per_second", v.per_second);
  a.number("seconds_left", v.seconds_left);
  a.choice("state", v.state, client::TransferInfo::State::kExpired);
  a.line("text", v.text);
  a.exact("path", v.path, kMaxPath);
}

template <class A, Is<client::GroupInfo> V>
void fields(A& a, V& v) {
  a.line("name", v.name, kMaxName);
  a.bytes("id", v.id, kMaxName);
  a.number("epoch", v.epoch);
  a.line("admin", v.admin, kMaxName);
  a.lines("members", v.members, kMaxMembers);
  a.flag("member", v.member);
  a.flag("admin_is_me", v.admin_is_me);
  a.flag("readable", v.readable);
  a.flag("deleted", v.deleted);
  a.flag("request", v.request);
}

template <class A, Is<client::GroupEdit> V>
void fields(A& a, V& v) {
  a.words("add", v.add, kMaxMembers);
  a.words("remove", v.remove, kMaxMembers);
  a.exact("rename", v.rename, kMaxName);
  a.exact("hand_over_to", v.hand_over_to, kMaxName);
}

template <class A, Is<client::DeviceInfo> V>
void fields(A& a, V& v) {
  a.line("id", v.id, kMaxName);
  a.line("name", v.name, kMaxName);
  a.number("created_ms", v.created_ms);
  a.number("last_login_ms", v.last_login_ms);
  a.flag("online", v.online);
  a.flag("this_one", v.this_one);
  a.line("address", v.address, kMaxName);
}

template <class A, Is<e2e::SafetyNumber> V>
void fields(A& a, V& v) {
  a.line("digits", v.digits, kMaxName);
  a.line("spaced", v.spaced, kMaxName);
  a.line("words", v.words, kMaxName);
  a.exact("qr", v.qr, kMaxName);
}

template <class A, Is<client::VerifyInfo> V>
void fields(A& a, V& v) {
  a.line("user", v.user, kMaxName);
  a.object("number", v.number);
  a.number("trust", v.trust);
  a.flag("changed", v.changed);
  a.object("changed_number", v.changed_number);
}

template <class A, Is<client::CardInfo> V>
void fields(A& a, V& v) {
  a.line("line", v.line, kMaxName);
  a.number("until_ms", v.until_ms);
}

template <class A, Is<store::QuarantineEntry> V>
void fields(A& a, V& v) {
  a.number("id", v.id);
  a.number("received_ms", v.received_ms);
  a.line("from", v.from, kMaxName);
  a.line("reason", v.reason);
  a.bytes("hash", v.hash, kMaxName);
  a.line("word", v.word, kMaxName);
}

template <class A, Is<Error> V>
void fields(A& a, V& v) {
  a.choice("code", v.code, Code::kLocalCrypto);
  a.shown("text", v.text);
}

// An answer that is a list.
template <class T>
struct ListOf {
  std::vector<T> items;
};
template <class A, class V>
requires requires(V& v) {
  v.items;
}
void fields(A& a, V& v) {
  a.list("items", v.items);
}

// Writes and reads a Result.
template <class A, class T>
void result_fields(A& a, Result<T>& v) {
  std::optional<Error> error;
  T value;
  a.maybe("error", error);
  a.object("value", value);
  v = error ? Result<T>(*error) : Result<T>(std::move(value));
}
template <class A, class T>
void result_fields(A& a, const Result<T>& v) {
  v.ok() ? a.object("value", *v) : a.object("error", v.error());
}

// ---- events. Events of local files and of the screen itself do not travel.

template <class A, Is<MessageAdded> V>
void fields(A& a, V& v) {
  a.object("message", v.message);
}
template <class A, Is<MessageChanged> V>
void fields(A& a, V& v) {
  a.object("message", v.message);
}
template <class A, Is<MarkedRead> V>
void fields(A& a, V& v) {
  a.peer("peer", v.peer);
}
template <class A, Is<TrustChanged> V>
void fields(A& a, V& v) {
  a.line("user", v.user, kMaxName);
}
template <class A, Is<GroupChanged> V>
void fields(A& a, V& v) {
  a.line("name", v.name, kMaxName);
}
template <class A, Is<TypingChanged> V>
void fields(A& a, V& v) {
  a.peer("peer", v.peer);
  a.lines("users", v.users, kMaxMembers);
}
template <class A, Is<SearchFound> V>
void fields(A& a, V& v) {
  a.object("part", v.part);
  a.flag("first", v.first);
}
template <class A, Is<SendFailed> V>
void fields(A& a, V& v) {
  a.peer("to", v.to);
  a.exact("text", v.text);
  a.exact("answers", v.answers, kMaxName);
  a.object("error", v.error);
}
template <class A, Is<RequestFailed> V>
void fields(A& a, V& v) {
  a.object("error", v.error);
}
template <class A, Is<KeyShown> V>
void fields(A& a, V& v) {
  result_fields(a, v.result);
}
template <class A, Is<CardShown> V>
void fields(A& a, V& v) {
  result_fields(a, v.result);
}
template <class A, Is<DevicesListed> V>
void fields(A& a, V& v);
template <class A, Is<FileFetched> V>
void fields(A& a, V& v) {
  a.exact("path", v.path, kMaxPath);
}

template <class A>
void fields(A& a, std::vector<client::DeviceInfo>& v) {
  a.list("items", v, kMaxMembers);
}
template <class A>
void fields(A& a, const std::vector<client::DeviceInfo>& v) {
  a.list("items", v, kMaxMembers);
}
template <class A, Is<DevicesListed> V>
void fields(A& a, V& v) {
  result_fields(a, v.result);
}

// Writes an event with its name. Returns nullopt for an event that does not travel.
std::optional<std::string> write_event(const Event& event);
// Reads an event. Fails with kMalformed, also for a name that is not known.
Result<Event> read_event(const JsonValue& from);

}  // namespace fastchat::tui
