#include "client/messages/annotations.h"

#include <algorithm>

#include "client/messages/kinds.h"
#include "client/messages/message_text.h"

namespace fastchat::client {
namespace {

namespace pb = v1::content;

std::string annotation_text(const e2e::Content& content) {
  if (const auto* edit = std::get_if<e2e::Edit>(&content)) return edit->text;
  if (const auto* reaction = std::get_if<e2e::Reaction>(&content)) return reaction->emoji;
  if (const auto* vote = std::get_if<e2e::Vote>(&content)) return std::to_string(vote->choice);
  return {};
}

store::Annotation row_of(const e2e::Content& content, const std::string& from) {
  const e2e::MessageId& of = *e2e::subject_of(content);
  store::Annotation out;
  out.of_fpr = of.from_fpr;
  out.of_stream = of.stream;
  out.of_seq = of.seq;
  out.kind = kind_number(content);
  out.from = from;
  return out;
}

}  // namespace

int64_t Annotations::time_of_next(const e2e::Content& content, int64_t now) const {
  if (e2e::subject_of(content) == nullptr) return now;
  const Result<int64_t> last = annotations_.last_sent(row_of(content, account_.profile().user));
  return last.ok() ? std::max(now, *last + 1) : now;
}

bool Annotations::store(const e2e::Received& received, const core::MessageKey& key) {
  const e2e::MessageId& of = *e2e::subject_of(received.content);
  store::Annotation r = row_of(received.content, received.header.from_user);
  r.conversation = conversation_of(received);
  r.stream = key.stream;
  r.seq = key.seq;
  r.sent_ms = received.header.sent_ms;
  r.hash = received.hash;
  r.body = account_.box().seal(LocalPlace::annotation_body(r.hash, r.kind), annotation_text(received.content));
  auto row = messages_.find_any(of.from_fpr, of.stream, of.seq);
  if (!turn_.check(row)) return false;
  Result<bool> news = annotations_.put(r, row->has_value() ? 0 : turn_.wall_ms());
  if (!turn_.check(news)) return false;
  if (!*news || !row->has_value() || (*row)->conversation != r.conversation) return true;
  // Every annotation except a reaction changes the text of its message, a vote too.
  if (r.kind != pb::REACTION && !search_.forget(**row)) return false;
  if (r.kind == pb::DELETE) {
    const Bytes nothing = account_.box().seal(LocalPlace::message_body((*row)->hash, (*row)->kind), ByteView());
    if (!turn_.check(messages_.set_body((*row)->id, nothing))) return false;
  }
  timeline_.tell_changed((*row)->id);
  return true;
}

}  // namespace fastchat::client
