// Messages of ours: whose key, seal, store; the engine sends them once they are on disk.
#include <algorithm>
#include <iterator>
#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/limits.h"
#include "client/e2e/receipt.h"
#include "client/e2e/sanitise.h"
#include "client/runtime_body.h"
#include "client/runtime_impl.h"
#include "common/clock.h"
#include "common/codes.h"
#include "common/names.h"
#include "common/random.h"

namespace fastchat::client {
void Session::Impl::send(const std::string& to, const std::string& text, const SendOptions& options, SendDone done) {
  auto refuse = [&](Code code, std::string why) { turn_.soon([done, e = err(code, std::move(why))] { done(e); }); };
  if (!account_.unlocked()) return refuse(Code::kNotLoggedIn, "not logged in");
  if (text.empty()) return refuse(Code::kLocalUsage, "the message is empty");
  if (!valid_utf8(text)) return refuse(Code::kLocalUsage, "the message is not UTF-8 text");
  if (text.size() > e2e::kMaxText) {
    return refuse(Code::kTooLarge,
                  "the message is too large: " + std::to_string(text.size()) + " bytes, at most 16384 (16 KiB) fit");
  }
  auto answered = answered_by(to, options.reply_to);
  if (!answered.ok()) return refuse(answered.code(), answered.error().text);
  const Bytes name = options.name.empty() ? Bytes() : send_name(options.name);
  e2e::Text content{text, *answered};
  reach(to, [this, name, content = std::move(content), done](const Result<Target>& target) {
    if (!target.ok()) return turn_.soon([done, e = target.error()] { done(e); });
    if (!name.empty()) {
      auto sent = store_->message_of_send_id(name);
      if (!sent.ok()) return turn_.soon([done, e = sent.error()] { done(e); });
      if (*sent) return turn_.soon([done, is = SentMessage{(*sent)->ref, message_id((*sent)->hash)}] { done(is); });
    }
    seal_and_store(*target, content, true, done, {}, name);
  });
}

// Only who has the key of the local data can tell which names were used.
Bytes Session::Impl::send_name(const std::string& name) const {
  return e2e::sha256(e2e::concat({e2e::label("send-id"), account_.secrets().local_key.view(), name}));
}

Result<std::optional<ChatMessage>> Session::sent_as(const std::string& name) {
  if (!unlocked()) return err(Code::kLocalUsage, "the profile is locked");
  auto row = impl_->store_->message_of_send_id(impl_->send_name(name));
  if (!row.ok()) return row.error();
  return *row ? std::optional(impl_->view(**row)) : std::nullopt;
}

Result<std::optional<e2e::MessageId>> Session::Impl::answered_by(const std::string& to, const std::string& reply_to) {
  if (reply_to.empty()) return std::optional<e2e::MessageId>();
  auto row = find_shown(reply_to);
  if (!row.ok()) return row.error();
  if (row->peer != stored_peer(to)) {
    return err(Code::kLocalUsage, "the message to answer is not of this conversation");
  }
  return std::optional<e2e::MessageId>({row->from_fpr, row->stream, row->seq});
}

void Session::Impl::reach(const std::string& to, Reached done) {
  if (!account_.unlocked()) return turn_.soon([done] { done(err(Code::kNotLoggedIn, "not logged in")); });
  if (!to.empty() && to[0] == '#') {
    const Bytes id = groups_.find_name(to.substr(1));
    if (id.empty()) {
      return turn_.soon([done, e = err(Code::kUnknownGroup, "no such group: " + e2e::sanitise_line(to))] { done(e); });
    }
    if (groups_.standing(id) != Standing::kMember) {
      return turn_.soon([done, e = err(Code::kNotAllowed, not_a_member(to))] { done(e); });
    }
    return done(Target{group_peer(id), nullptr, id});
  }
  if (!valid_user_name(to)) {
    return turn_.soon([done, e = err(Code::kUnknownUser, "no such user: " + e2e::sanitise_line(to))] { done(e); });
  }
  look_ups_.resolve(to, [to, done](const Result<const Pin*>& pin) {
    if (!pin.ok()) return done(pin.error());
    done(Target{to, *pin, {}});
  });
}

Result<e2e::SealedMessage> Session::Impl::seal_for(const Target& target, const e2e::Content& content,
                                                   store::OutStream& stream, int64_t sent_ms) {
  const e2e::Identity& me = account_.secrets().identity;
  if (!follow_stream(stream)) return *turn_.error();
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

Result<uint64_t> Session::Impl::add_outbox(const Target& target, const store::OutStream& stream, uint64_t seq,
                                           const Bytes& envelope) {
  if (target.group.empty()) return store_->add_outbox(target.peer, stream.stream, seq, envelope);
  const e2e::GroupState& state = *groups_.current(target.group);
  return store_->add_group_outbox(target.group, state.epoch, state.members.size() - 1, stream.stream, seq, envelope);
}

// The line of a message of ours.
bool Session::Impl::store_own(const Target& target, const e2e::Content& content, const e2e::SealedMessage& sealed,
                              uint64_t ref, int64_t sent_ms, const std::string& path) {
  const std::optional<std::string> text = row_text(content);
  FC_CHECK(text.has_value());
  store::Message row;
  row.peer = target.peer;
  row.kind = static_cast<int>(content.index()) + 1;
  row.mine = row.seen = true;
  row.from = account_.profile().user;
  row.from_fpr = sealed.id.from_fpr;
  row.stream = sealed.id.stream;
  row.seq = sealed.id.seq;
  row.hash = sealed.hash;
  row.sent_ms = row.received_ms = sent_ms;
  row.body = account_.box().seal(LocalPlace::message_body(row.hash, row.kind), e2e::sanitise(*text));
  row.ref = ref;
  row.state = MessageState::kSending;
  if (!target.group.empty()) row.members = groups_.current(target.group)->members.size() - 1;
  if (const e2e::MessageId* answered = reply_of(content)) {
    row.reply_to = store::identity_bytes(answered->from_fpr, answered->stream, answered->seq);
  }
  const auto* file = std::get_if<e2e::FileInfo>(&content);
  return check(store_->add_message(row, false)) && (file == nullptr || store_file(row.hash, *file, path));
}

void Session::Impl::seal_and_store(const Target& target, e2e::Content content, bool visible, SendDone done,
                                   const std::string& path, ByteView name) {
  auto fail = [&](const Error& e) { turn_.soon([done, e] { done(e); }); };
  if (auto r = store_->begin(); !r.ok()) return fail(r.error());
  Result<store::OutStream> stream = store_->out_stream(target.peer);
  if (!stream.ok()) return fail(stream.error());
  const int64_t sent_ms = Clock::wall_ms();
  Result<e2e::SealedMessage> sealed = seal_for(target, content, *stream, sent_ms);
  if (!sealed.ok()) return fail(sealed.error());
  const auto& [from_fpr, stream_id, seq] = sealed->id;
  Result<uint64_t> ref = add_outbox(target, *stream, seq, sealed->envelope);
  const bool well = check(ref) && check(store_->put_out_stream(target.peer, *stream)) &&
                    check(store_->add_mark(from_fpr, stream_id, seq, sealed->hash)) &&
                    (!visible || store_own(target, content, *sealed, *ref, sent_ms, path)) &&
                    (name.empty() || check(store_->add_send_id(name, *ref)));
  // A half-written message would be committed with the turn: the turn goes, and says why.
  turn_.after_rollback([done](const Error& e) { done(e); });
  if (!well) return;
  if (e2e::subject_of(content) != nullptr) {
    e2e::Received own;
    own.own_copy = true;
    own.header.from_user = account_.profile().user;
    own.header.to_user = target.group.empty() ? target.peer : "";
    own.header.group_id = target.group;
    own.header.sent_ms = sent_ms;
    own.hash = sealed->hash;
    own.content = std::move(content);
    if (!store_remark(own, {from_fpr, stream_id, seq})) return;
  }
  core::Outgoing out{.ref = *ref, .stream = stream_id, .seq = seq, .envelope = std::move(sealed->envelope)};
  if (target.group.empty()) {
    out.to = target.peer;
  } else {
    const e2e::GroupState& state = *groups_.current(target.group);
    out.group = target.group;
    out.epoch = state.epoch;
    out.members = state.members.size() - 1;
  }
  to_submit_.push_back(std::move(out));
  turn_.after_commit([this, done, visible, key = sealed->id, sent = SentMessage{*ref, message_id(sealed->hash)}] {
    if (visible) {
      auto shown = store_->find_message(key.from_fpr, key.stream, key.seq);
      if (shown.ok() && shown->has_value()) listener_.on_message(view(**shown));
    }
    done(sent);
  });
}

// Looking at messages is what "read" means: the sender is told in a sealed, signed receipt, a hundred at a time.
void Session::Impl::mark_peer_read(const std::string& shown) {
  const std::string peer = stored_peer(shown);
  if (peer.empty() || !check(store_->begin())) return;
  auto rows = store_->unseen_of(peer, e2e::kMaxReceiptEntries);
  if (!check(rows)) return;
  std::map<std::string, std::vector<e2e::ReadEntry>> by_author;
  for (const store::Message& row : *rows) {
    if (row.seq != 0) by_author[row.from].push_back({{row.from_fpr, row.stream, row.seq}, row.hash});
  }
  const bool more = rows->size() == e2e::kMaxReceiptEntries;
  for (const store::Message& row : *rows) check(store_->mark_seen(row.id));
  if (!more) check(store_->mark_peer_seen(peer));
  for (auto& [author, entries] : by_author) {
    const Pin* pin = pins_.get(author);
    if (pin == nullptr || !pin->offered_spki.empty()) continue;
    e2e::ReadReceipt receipt = e2e::make_receipt(account_.secrets().identity, std::move(entries), Clock::wall_ms());
    seal_and_store(Target{author, pin, {}}, std::move(receipt), false, [](const Result<SentMessage>&) {});
  }
  if (more) turn_.soon([this, shown] { mark_peer_read(shown); });
}

}  // namespace fastchat::client
