// What a person asks of a session: conversations, search, keys, devices. Reads the store; the rest asks the server.
#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/sanitise.h"
#include "client/runtime_body.h"
#include "client/runtime_files.h"
#include "client/runtime_impl.h"
#include "common/clock.h"

namespace fastchat::client {
namespace {

MessageKind kind_of(int kind) {
  switch (kind) {
    case v1::content::TEXT:
      return MessageKind::kText;
    case v1::content::FILE:
      return MessageKind::kFile;
    case store::kKindHole:
      return MessageKind::kHole;
    case store::kKindNotice:
    case store::kKindDevice:
      return MessageKind::kNotice;
    case store::kKindUnreadable:
      return MessageKind::kUnreadable;
    default:
      return MessageKind::kOther;
  }
}

}  // namespace

const char* name(MessageKind kind) {
  static constexpr const char* kNames[] = {"text", "file", "hole", "notice", "unreadable", "other", "waiting"};
  return kNames[static_cast<size_t>(kind)];
}

const char* name(MessageState state) {
  static constexpr const char* kNames[] = {"received", "sending", "queued", "delivered", "read", "failed"};
  return kNames[static_cast<size_t>(state)];
}

std::string message_id(ByteView hash) {
  return to_hex(hash.substr(0, 16));
}

ChatMessage Session::Impl::view(const store::Message& row) const {
  ChatMessage out;
  if (row.kind < store::kKindHole || row.kind == store::kKindUnreadable) out.id = message_id(row.hash);
  if (row.kind == store::kKindDevice) out.device = to_hex(row.stream);
  out.row = row.id;
  out.position = row.position;
  out.peer = shown_peer(row.peer);
  out.from = row.from;
  out.kind = kind_of(row.kind);
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
  if (!account_.unlocked()) return out;
  if (row.kind == v1::content::FILE) out.file = files_->view(row.hash);
  Result<e2e::Secret> body = account_.box().open(LocalPlace::message_body(row.hash, row.kind), row.body);
  out.text = body.ok() ? e2e::sanitise(body->view()) : "(this message cannot be read: the local database is damaged)";
  add_remarks(row, out);
  return out;
}

Result<std::vector<ChatMessage>> Session::Impl::views(Result<std::vector<store::Message>> rows) const {
  if (!rows.ok()) return rows.error();
  std::vector<ChatMessage> out;
  out.reserve(rows->size());
  for (const store::Message& row : *rows) out.push_back(view(row));
  return out;
}

Result<std::vector<ChatMessage>> Session::history(const std::string& peer, size_t limit, int64_t before_position) {
  const std::string stored = impl_->stored_peer(peer);
  if (stored.empty()) return err(Code::kUnknownGroup, "no such group: " + e2e::sanitise_line(peer));
  auto out = impl_->views(impl_->store_->history(stored, limit, before_position));
  if (!out.ok() || before_position != 0) return out;
  if (auto line = impl_->waiting_line(stored)) out->push_back(std::move(*line));
  return out;
}

Result<std::vector<ChatMessage>> Session::history_after(const std::string& peer, size_t limit, int64_t after_position) {
  const std::string stored = impl_->stored_peer(peer);
  if (stored.empty()) return err(Code::kUnknownGroup, "no such group: " + e2e::sanitise_line(peer));
  return impl_->views(impl_->store_->history_after(stored, limit, after_position));
}

Result<std::vector<ChatMessage>> Session::unseen(int64_t after_position, size_t limit) {
  return impl_->views(impl_->store_->unseen(after_position, limit));
}

Result<std::vector<store::Conversation>> Session::conversations() {
  auto out = impl_->store_->conversations();
  if (!out.ok()) return out;
  for (store::Conversation& c : *out) c.peer = impl_->shown_peer(c.peer);
  return out;
}
Result<std::vector<store::QuarantineEntry>> Session::quarantine() {
  return impl_->store_->quarantine();
}
Result<StatusInfo> Session::status() {
  return impl_->status();
}

Result<StatusInfo> Session::Impl::status() {
  StatusInfo out;
  out.has_profile = account_.has_profile();
  if (!out.has_profile) return out;
  const store::Profile& p = account_.profile();
  out.remembered = account_.remembered();
  out.user = p.user;
  out.device = to_hex(p.device);
  out.fingerprint = to_hex(p.fpr);
  out.realm = to_base64url(p.realm);
  out.endpoints = p.endpoints;
  auto outbox = store_->outbox();
  auto conversations = store_->conversations();
  auto quarantine = store_->quarantine();
  if (!outbox.ok()) return outbox.error();
  if (!conversations.ok()) return conversations.error();
  if (!quarantine.ok()) return quarantine.error();
  out.outbox = outbox->size();
  for (const auto& entry : *outbox) out.unaccepted += entry.queued ? 0 : 1;
  for (const auto& conversation : *conversations) out.unseen += conversation.unseen;
  out.quarantined = quarantine->size();
  out.contacts = pins_.all().size();
  return out;
}

void Session::mark_seen(const ChatMessage& message) {
  if (impl_->check(impl_->store_->begin())) impl_->check(impl_->store_->mark_seen(message.row));
  impl_->turn_.poke();
}

Result<> Session::try_seen(const std::vector<ChatMessage>& messages) {
  if (impl_->store_->in_transaction()) return Unit{};
  std::vector<int64_t> rows;
  for (const ChatMessage& message : messages) rows.push_back(message.row);
  return impl_->store_->try_seen(rows);
}

void Session::mark_peer_read(const std::string& peer) {
  impl_->mark_peer_read(peer);
  impl_->turn_.poke();
}

void Session::mark_peer_seen(const std::string& peer) {
  const std::string stored = impl_->stored_peer(peer);
  if (!stored.empty() && impl_->check(impl_->store_->begin())) impl_->check(impl_->store_->mark_peer_seen(stored));
  impl_->turn_.poke();
}

void Session::verify(const std::string& peer, std::function<void(const Result<VerifyInfo>&)> done) {
  impl_->verify(peer, std::move(done));
  impl_->turn_.poke();
}

void Session::Impl::verify(const std::string& peer, std::function<void(const Result<VerifyInfo>&)> done) {
  auto tell = [this, peer, done = std::move(done)](const Result<const Pin*>& found) {
    const Pin* pin = pins_.get(peer);
    if (pin == nullptr) {
      done(found.ok() ? err(Code::kUnknownUser, "no key of " + peer + " is known yet") : found.error());
      return;
    }
    VerifyInfo info;
    info.user = peer;
    info.number = e2e::safety_number(account_.secrets().identity.fpr(), pin->key.fpr);
    info.trust = static_cast<int>(pin->trust);
    if (!pin->offered_spki.empty()) {
      info.changed = true;
      const Bytes fpr = e2e::fingerprint(account_.profile().realm, peer, pin->offered_spki);
      info.changed_number = e2e::safety_number(account_.secrets().identity.fpr(), fpr);
    }
    done(info);
  };
  // What is known already is told from the loop too: whoever asks may not be ready to hear it yet.
  const auto later = [this, tell = std::move(tell)](const Result<const Pin*>& found) {
    turn_.soon([tell, found] { tell(found); });
  };
  const Pin* known = pins_.get(peer);
  const bool live = !server_.ended();
  if (known != nullptr && !live) return later(known);
  look_ups_.resolve(peer, later);
}

Result<> Session::accept_key(const std::string& peer) {
  if (auto r = impl_->store_->begin(); !r.ok()) return r;
  impl_->turn_.poke();
  return impl_->pins_.accept(peer, Clock::wall_ms());
}

Result<> Session::keep_key(const std::string& peer) {
  if (auto r = impl_->store_->begin(); !r.ok()) return r;
  impl_->turn_.poke();
  return impl_->pins_.keep(peer);
}

Result<> Session::mark_verified(const std::string& peer) {
  if (auto r = impl_->store_->begin(); !r.ok()) return r;
  impl_->turn_.poke();
  return impl_->pins_.mark_verified(peer);
}

}  // namespace fastchat::client
