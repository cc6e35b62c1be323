#include "client/messages/outbox.h"

#include <utility>

#include "client/messages/kinds.h"
#include "client/messages/message_text.h"

namespace fastchat::client {
namespace {

core::Outgoing outgoing(store::OutboxEntry&& entry) {
  core::Outgoing out;
  out.ref = entry.ref;
  out.to = std::move(entry.to);
  out.stream = std::move(entry.stream);
  out.seq = entry.seq;
  out.queued = entry.queued;
  out.group = std::move(entry.group);
  out.epoch = entry.epoch;
  out.members = entry.members;
  out.delivered = entry.delivered;
  out.waiting = std::move(entry.waiting);
  out.have = std::move(entry.have);
  return out;
}

}  // namespace

void Outbox::restore() {
  auto entries = outbox_.all();
  if (!turn_.check(entries)) return;
  for (store::OutboxEntry& entry : *entries) server_.engine().restore_outgoing(outgoing(std::move(entry)));
}

void Outbox::restore(uint64_t ref) {
  auto entry = outbox_.entry(ref);
  if (entry.ok() && entry->has_value()) server_.engine().restore_outgoing(outgoing(std::move(**entry)));
}

std::optional<Bytes> Outbox::envelope(uint64_t ref) {
  Result<std::optional<Bytes>> envelope = outbox_.envelope(ref);
  return turn_.check(envelope) ? *envelope : std::nullopt;
}

void Outbox::put_shown(const Target& target, e2e::Content content, const OwnLine& line, Done done) {
  write(target, std::move(content), &line, std::move(done));
}

void Outbox::put(const Target& target, e2e::Content content, Done done) {
  if (!done) done = [](const Result<SentMessage>&) {};
  write(target, std::move(content), nullptr, std::move(done));
}

void Outbox::write(const Target& target, e2e::Content content, const OwnLine* line, Done done) {
  auto fail = [&](const Error& e) { turn_.before_commit([done, e] { done(e); }); };
  if (auto r = turn_.try_begin(); !r.ok()) return fail(r.error());
  Result<store::OutStream> stream = streams_table_.out(target.conversation);
  if (!stream.ok()) return fail(stream.error());
  const int64_t sent_ms = annotations_.time_of_next(content, turn_.wall_ms());
  Result<e2e::SealedMessage> sealed = seal(target, content, *stream, sent_ms);
  if (!sealed.ok()) return fail(sealed.error());
  Result<uint64_t> ref = add(target, *stream, *sealed);
  int64_t row = 0;
  const bool well = ref.ok() && (line == nullptr || add_line(target, content, *sealed, *ref, sent_ms, *line, row));
  // The turn would commit a half-written message, so the turn is undone and reports the error.
  turn_.after_rollback([done](const Error& e) { done(e); });
  if (!well) return;
  if (e2e::subject_of(content) != nullptr) {
    e2e::Received own;
    own.own_copy = true;
    own.header.from_user = account_.profile().user;
    own.header.to_user = target.conversation.user();
    own.header.group_id = target.group;
    own.header.sent_ms = sent_ms;
    own.hash = sealed->hash;
    own.content = std::move(content);
    if (!annotations_.store(own, {sealed->id.from_fpr, sealed->id.stream, sealed->id.seq})) return;
  }
  turn_.after_commit([done, sent = SentMessage{*ref, message_id(sealed->hash), row}] { done(sent); });
  if (line != nullptr) wrote_(target);
}

Result<uint64_t> Outbox::add(const Target& target, const store::OutStream& stream, e2e::SealedMessage& sealed) {
  const auto& [from_fpr, stream_id, seq] = sealed.id;
  core::Outgoing out{.stream = stream_id, .seq = seq};
  Result<uint64_t> ref = uint64_t{0};
  if (target.group.empty()) {
    out.to = target.conversation.user();
    ref = outbox_.add(out.to, stream_id, seq, sealed.envelope);
  } else {
    const e2e::GroupState& state = *groups_.current(target.group);
    out.group = target.group;
    out.epoch = state.epoch;
    out.members = state.members.size() - 1;
    ref = outbox_.add_to_group(target.group, out.epoch, out.members, stream_id, seq, sealed.envelope);
  }
  const bool well = turn_.check(ref) && turn_.check(streams_table_.put_out(target.conversation, stream)) &&
                    turn_.check(streams_table_.add_mark(from_fpr, stream_id, seq, sealed.hash));
  if (!well) return *turn_.error();
  out.ref = *ref;
  out.envelope = std::move(sealed.envelope);
  to_submit_.push_back(std::move(out));
  return ref;
}

std::optional<Outbox::Replacement> Outbox::replace(const store::OutboxEntry& old, const Target& target,
                                                   const e2e::Content& content) {
  auto stream = streams_table_.out(target.conversation);
  if (!turn_.check(stream)) return std::nullopt;
  if (stream->stream == old.stream) *stream = store::OutStream();
  Result<e2e::SealedMessage> sealed = seal(target, content, *stream, turn_.wall_ms());
  if (!sealed.ok()) return std::nullopt;
  Result<uint64_t> ref = add(target, *stream, *sealed);
  if (!ref.ok() || !turn_.check(outbox_.drop(old.ref))) return std::nullopt;
  return Replacement{std::move(*sealed), *ref};
}

void Outbox::leave_stream(uint64_t ref) {
  auto entry = outbox_.entry(ref);
  if (turn_.check(entry) && entry->has_value()) turn_.check(streams_table_.forget_out((*entry)->stream));
}

void Outbox::committed() {
  for (core::Outgoing& message : std::exchange(to_submit_, {})) server_.engine().submit(std::move(message));
}

void Outbox::rolled_back(const Error&) {
  to_submit_.clear();
}

Result<e2e::SealedMessage> Outbox::seal(const Target& target, const e2e::Content& content, store::OutStream& stream,
                                        int64_t sent_ms) {
  const e2e::Identity& me = account_.secrets().identity;
  if (!streams_.follow(stream)) return *turn_.error();
  const e2e::StreamPosition at{stream.stream, stream.next_seq, stream.last_hash};
  Result<e2e::SealedMessage> sealed = err(Code::kUnknownGroup, "no such group");
  if (target.group.empty()) {
    sealed = e2e::seal_message(me, target.pin == nullptr ? me.peer() : target.pin->key, at, content, sent_ms);
  } else if (const e2e::GroupState* state = groups_.current(target.group)) {
    sealed = e2e::seal_group_message(me, *state, at, content, sent_ms);
  }
  if (!sealed.ok()) return sealed;
  ++stream.next_seq;
  stream.last_hash = sealed->hash;
  return sealed;
}

bool Outbox::add_line(const Target& target, const e2e::Content& content, const e2e::SealedMessage& sealed, uint64_t ref,
                      int64_t sent_ms, const OwnLine& line, int64_t& id) {
  const std::optional<std::string> text = row_text(content);
  FC_CHECK(text.has_value());
  store::Message row;
  row.conversation = target.conversation;
  row.kind = kind_number(content);
  row.mine = row.seen = true;
  row.from = account_.profile().user;
  row.from_fpr = sealed.id.from_fpr;
  row.stream = sealed.id.stream;
  row.seq = sealed.id.seq;
  row.hash = sealed.hash;
  row.sent_ms = row.received_ms = sent_ms;
  row.body = account_.box().seal(LocalPlace::message_body(row.hash, row.kind), *text);
  row.ref = ref;
  row.state = MessageState::kSending;
  if (!target.group.empty()) row.members = groups_.current(target.group)->members.size() - 1;
  if (const e2e::MessageId* answered = reply_of(content)) {
    row.reply_to = store::identity_bytes(answered->from_fpr, answered->stream, answered->seq);
  }
  const auto* file = std::get_if<e2e::FileInfo>(&content);
  Result<int64_t> added = messages_.add(row, false);
  if (!turn_.check(added) || (file != nullptr && !files_.keep(row.hash, *file, line.path))) return false;
  if (!line.name.empty() && !turn_.check(messages_.add_send_id(line.name, ref))) return false;
  id = *added;
  timeline_.tell_new(id);
  return true;
}

}  // namespace fastchat::client
