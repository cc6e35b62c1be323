// What is said about messages: replies, edits, deletions and reactions, of ours and of others; and messages sealed anew
// for a later epoch of their group.
#include <utility>

#include "client/e2e/limits.h"
#include "client/e2e/sanitise.h"
#include "client/runtime_body.h"
#include "client/runtime_impl.h"
#include "common/clock.h"

namespace fastchat::client {
namespace {

namespace pb = v1::content;

std::string remark_text(const e2e::Content& content) {
  if (const auto* edit = std::get_if<e2e::Edit>(&content)) return e2e::sanitise(edit->text);
  if (const auto* reaction = std::get_if<e2e::Reaction>(&content)) return e2e::sanitise_line(reaction->emoji);
  return {};
}

}  // namespace

std::optional<std::string> row_text(const e2e::Content& content) {
  if (const auto* text = std::get_if<e2e::Text>(&content)) return text->text;
  if (const auto* file = std::get_if<e2e::FileInfo>(&content)) {
    return file_text(*file);
  }
  return std::nullopt;
}

const e2e::MessageId* reply_of(const e2e::Content& content) {
  const std::optional<e2e::MessageId>* answered = nullptr;
  if (const auto* text = std::get_if<e2e::Text>(&content)) answered = &text->reply_to;
  if (const auto* file = std::get_if<e2e::FileInfo>(&content)) answered = &file->reply_to;
  return answered != nullptr && *answered ? &**answered : nullptr;
}

std::string group_peer(ByteView group_id) {
  return "#" + to_hex(group_id);
}

std::string peer_of(const e2e::Received& received) {
  if (received.header.is_group()) return group_peer(received.header.group_id);
  return received.own_copy ? received.header.to_user : received.header.from_user;
}

Result<store::Message> Session::Impl::find_shown(const std::string& id) {
  const Error none = err(Code::kLocalUsage, "no message has this id here");
  const std::optional<Bytes> start = from_hex(id);
  if (!start || start->size() != 16) return none;
  auto row = store_->find_by_hash(*start);
  if (!row.ok()) return row.error();
  if (!row->has_value()) return none;
  return std::move(**row);
}

void Session::Impl::remark(const std::string& id, bool own, e2e::Content content, Done done) {
  auto refuse = [&](Error e) { turn_.soon([done, e = std::move(e)] { done(e); }); };
  auto row = find_shown(id);
  if (!row.ok()) return refuse(row.error());
  const bool about_text = std::holds_alternative<e2e::Edit>(content);
  const bool fits = row->kind == pb::TEXT || (row->kind == pb::FILE && !about_text);
  if (!fits || (own && !row->mine)) {
    return refuse(err(Code::kLocalUsage, own ? "this is not a message of yours" : "this is not a message"));
  }
  if (view(*row).deleted) return refuse(err(Code::kLocalUsage, "this message was deleted"));
  const e2e::MessageId of{row->from_fpr, row->stream, row->seq};
  std::visit(
      [&](auto& c) {
        if constexpr (requires { c.of; }) c.of = of;
      },
      content);
  auto shared = std::make_unique<e2e::Content>(std::move(content));
  // The callback must be copyable, content is not: it waits in this session until the keys are there.
  const uint64_t ticket = ++next_remark_;
  remarks_[ticket] = std::move(shared);
  reach(shown_peer(row->peer), [this, ticket, done](const Result<Target>& target) {
    auto node = remarks_.extract(ticket);
    if (!target.ok()) return turn_.soon([done, e = target.error()] { done(e); });
    seal_and_store(*target, std::move(*node.mapped()), false, [done](const Result<SentMessage>& sent) {
      done(sent.ok() ? Result<>(Unit{}) : Result<>(sent.error()));
    });
  });
}

// An edit, a deletion or a reaction: kept for its message, which may still be to come.
bool Session::Impl::store_remark(const e2e::Received& received, const core::MessageKey& key) {
  const e2e::MessageId& of = *e2e::subject_of(received.content);
  store::Remark r;
  r.of_fpr = of.from_fpr;
  r.of_stream = of.stream;
  r.of_seq = of.seq;
  r.kind = static_cast<int>(received.content.index()) + 1;
  r.from = received.header.from_user;
  r.peer = peer_of(received);
  r.stream = key.stream;
  r.seq = key.seq;
  r.sent_ms = received.header.sent_ms;
  r.hash = received.hash;
  r.body = account_.box().seal(LocalPlace::remark_body(r.hash, r.kind), remark_text(received.content));
  auto row = store_->find_any(of.from_fpr, of.stream, of.seq);
  if (!check(row)) return false;
  Result<bool> news = store_->put_remark(r, row->has_value() ? 0 : Clock::wall_ms());
  if (!check(news)) return false;
  if (!*news || !row->has_value() || (*row)->peer != r.peer) return true;
  if (r.kind != pb::REACTION && !search_.forget(**row)) return false;
  if (r.kind == pb::DELETE) {
    const Bytes nothing = account_.box().seal(LocalPlace::message_body((*row)->hash, (*row)->kind), ByteView());
    if (!check(store_->set_body((*row)->id, nothing))) return false;
  }
  turn_.after_commit([this, id = (*row)->id] {
    auto changed = store_->message(id);
    if (changed.ok() && changed->has_value() && (*changed)->position != 0) listener_.on_changed(view(**changed));
  });
  return true;
}

// The last edit, a deletion, and everybody's reaction.
void Session::Impl::add_remarks(const store::Message& row, ChatMessage& out) const {
  if (row.reply_to.size() == e2e::kHash + e2e::kStream + 8) {
    const ByteView id = row.reply_to;
    auto answered = store_->find_any(id.substr(0, e2e::kHash), id.substr(e2e::kHash, e2e::kStream),
                                     get_u64(id.data() + e2e::kHash + e2e::kStream));
    if (answered.ok() && answered->has_value()) out.reply_to = message_id((*answered)->hash);
  }
  if (row.kind != pb::TEXT && row.kind != pb::FILE) return;
  auto remarks = store_->remarks_of(row);
  if (!remarks.ok()) return;
  for (const store::Remark& r : *remarks) {
    Result<e2e::Secret> body = account_.box().open(LocalPlace::remark_body(r.hash, r.kind), r.body);
    if (!body.ok()) continue;
    const std::string text(body->view());
    if (r.kind == pb::DELETE) {
      out.deleted = true;
    } else if (r.kind == pb::EDIT && row.kind == pb::TEXT) {
      out.edited = true;
      out.text = text;
    } else if (r.kind == pb::REACTION) {
      // Of two under different identities of the message the later, which comes second.
      std::erase_if(out.reactions, [&](const Reaction& x) { return x.from == r.from; });
      if (!text.empty()) out.reactions.push_back({r.from, text});
    }
  }
  if (!out.deleted) return;
  out.edited = false;
  out.text.clear();
  out.reactions.clear();
}

// docs/e2e.md, section 7: the same content for the current epoch, in a new stream, naming its first identity.
bool Session::Impl::seal_anew(uint64_t ref) {
  auto entry = store_->outbox_entry(ref);
  auto envelope = store_->outbox_envelope(ref);
  if (!check(entry) || !check(envelope)) return true;  // the turn is rolled back
  if (!entry->has_value() || !envelope->has_value()) return false;
  const Bytes group = (*entry)->group;
  if (groups_.standing(group) != Standing::kMember) return false;
  if (groups_.current(group)->epoch <= (*entry)->epoch) groups_.changed(group, (*entry)->epoch + 1);
  if (!groups_.up_to_date(group)) {
    stale_.emplace_back(ref, group);
    return true;
  }
  const e2e::EpochView old = groups_.epoch(group, (*entry)->epoch);
  if (old.key == nullptr) return false;
  Result<e2e::Content> content = e2e::reopen_group_message(**envelope, *old.key);
  if (!content.ok()) return false;
  const e2e::MessageId sent{account_.profile().fpr, (*entry)->stream, (*entry)->seq};
  if (e2e::replaced_by(*content) == nullptr) e2e::set_replaces(*content, sent);
  const Target target{group_peer(group), nullptr, group};
  auto stream = store_->out_stream(target.peer);
  auto row = store_->message_of_ref(ref);
  if (!check(stream) || !check(row)) return true;
  if (stream->stream == sent.stream) *stream = store::OutStream();
  Result<e2e::SealedMessage> sealed = seal_for(target, *content, *stream, Clock::wall_ms());
  if (!sealed.ok()) return false;
  const auto& [from_fpr, stream_id, seq] = sealed->id;
  Result<uint64_t> next = add_outbox(target, *stream, seq, sealed->envelope);
  const bool well = check(next) && check(store_->outbox_done(ref)) &&
                    check(store_->put_out_stream(target.peer, *stream)) &&
                    check(store_->add_mark(from_fpr, stream_id, seq, sealed->hash));
  if (!well) return true;
  if (row->has_value()) {
    check(store_->set_ref((*row)->id, *next));
    check(store_->add_alias(from_fpr, stream_id, seq, sealed->hash, (*row)->id));
  }
  const e2e::GroupState& state = *groups_.current(group);
  core::Outgoing out{.ref = *next, .group = group, .epoch = state.epoch, .stream = stream_id, .seq = seq};
  out.members = state.members.size() - 1;
  out.envelope = std::move(sealed->envelope);
  to_submit_.push_back(std::move(out));
  return true;
}

// Once a turn, while attached.
void Session::Impl::seal_followed() {
  for (auto& [ref, group] : std::exchange(stale_, {})) {
    if (groups_.standing(group) == Standing::kMember && !groups_.up_to_date(group)) {
      stale_.emplace_back(ref, std::move(group));
    } else {
      receipt({.ref = ref, .state = core::ReceiptState::kStale, .code = Code::kStaleEpoch});
    }
  }
}

void Session::edit(const std::string& id, const std::string& text, Done done) {
  impl_->remark(id, true, e2e::Edit{{}, text, {}}, std::move(done));
  impl_->turn_.poke();
}
void Session::erase(const std::string& id, Done done) {
  impl_->remark(id, true, e2e::Delete{{}, {}}, std::move(done));
  impl_->turn_.poke();
}
void Session::react(const std::string& id, const std::string& emoji, Done done) {
  if (emoji.size() > e2e::kMaxEmoji || !valid_utf8(emoji)) {
    impl_->turn_.soon(
        [done = std::move(done)] { done(err(Code::kLocalUsage, "a reaction has at most 32 bytes of UTF-8")); });
    return;
  }
  impl_->remark(id, false, e2e::Reaction{{}, emoji, {}}, std::move(done));
  impl_->turn_.poke();
}

}  // namespace fastchat::client
