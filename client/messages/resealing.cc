#include "client/messages/resealing.h"

#include "client/e2e/limits.h"
#include "client/messages/message_text.h"

namespace fastchat::client {

Result<e2e::Content> Resealing::reopen(const store::OutboxEntry& entry, ByteView envelope) {
  // Direct messages are in suite 1 yet: no prekey opens them.
  if (entry.group.empty()) return e2e::reopen_own_message(envelope, account_.secrets().identity, nullptr);
  const e2e::EpochView epoch = groups_.epoch(entry.group, entry.epoch);
  if (epoch.key == nullptr || groups_.membership(entry.group) != Membership::kMember) {
    return err(Code::kUnknownGroup, "you are not a member of its group any more");
  }
  return e2e::reopen_group_message(envelope, *epoch.key);
}

// Implements docs/e2e.md, section 7: the same content for the current epoch, in a new stream, naming its first
// identity.
bool Resealing::for_epoch(uint64_t ref) {
  auto entry = outbox_table_.entry(ref);
  auto envelope = outbox_table_.envelope(ref);
  auto row = messages_.of_ref(ref);
  if (!turn_.check(entry) || !turn_.check(envelope) || !turn_.check(row)) return true;  // the turn is rolled back
  if (!entry->has_value() || !envelope->has_value()) return false;
  const store::OutboxEntry& old = **entry;
  if (groups_.membership(old.group) != Membership::kMember) return false;
  if (groups_.current(old.group)->epoch <= old.epoch) follower_.changed(old.group, old.epoch + 1);
  if (!follower_.up_to_date(old.group)) {
    waiting_.emplace_back(ref, old.group);
    return true;
  }
  Result<e2e::Content> content = reopen(old, **envelope);
  if (!content.ok()) return false;
  if (e2e::replaced_by(*content) == nullptr) {
    e2e::set_replaces(*content, e2e::message_id(**envelope).value());
  }
  auto now = outbox_.replace(old, {store::ConversationId::group(old.group), nullptr, old.group}, *content);
  if (!now) return turn_.error().has_value();
  if (!row->has_value()) return true;
  const auto& [from_fpr, stream, seq] = now->sealed.id;
  turn_.check(messages_.set_ref((*row)->id, now->ref));
  turn_.check(messages_.add_alias(from_fpr, stream, seq, now->sealed.hash, (*row)->id));
  return true;
}

bool Resealing::for_stream(uint64_t ref) {
  auto entry = outbox_table_.entry(ref);
  auto envelope = outbox_table_.envelope(ref);
  auto row = messages_.of_ref(ref);
  if (!turn_.check(entry) || !turn_.check(envelope) || !turn_.check(row)) return true;  // the turn is rolled back
  if (!entry->has_value() || !envelope->has_value()) return false;
  const store::OutboxEntry& old = **entry;
  const std::string& me = account_.profile().user;
  const Pin* pin = old.to == me ? nullptr : pins_.get(old.to);
  if (old.group.empty() && pin == nullptr && old.to != me) return false;
  Result<e2e::Content> content = reopen(old, **envelope);
  if (!content.ok()) return false;
  follow(*content);
  const auto conversation =
      old.group.empty() ? store::ConversationId::direct(old.to) : store::ConversationId::group(old.group);
  auto now = outbox_.replace(old, {conversation, pin, old.group}, *content);
  if (!now) return turn_.error().has_value();
  if (row->has_value() && !move_line(**row, *now)) return true;
  const e2e::MessageId before = e2e::message_id(**envelope).value();
  moved_[store::identity_bytes(before.from_fpr, before.stream, before.seq)] = now->sealed.id;
  return true;
}

bool Resealing::is_outdated(ByteView envelope) const {
  const std::optional<e2e::MessageId> id = e2e::message_id(envelope);
  // Readers may have heard of the change long before this device did.
  return id && account_.unlocked() && id->from_fpr != account_.secrets().identity.fpr();
}

bool Resealing::for_key(uint64_t ref) {
  auto envelope = outbox_table_.envelope(ref);
  if (!turn_.check(envelope)) return true;  // the turn is rolled back
  return envelope->has_value() && is_outdated(**envelope) && for_stream(ref);
}

// Updates the references to messages that got a new identity in this turn.
void Resealing::follow(e2e::Content& content) const {
  std::visit(
      [&](auto& c) {
        [[maybe_unused]] const auto follow = [&](e2e::MessageId& id) {
          auto it = moved_.find(store::identity_bytes(id.from_fpr, id.stream, id.seq));
          if (it != moved_.end()) id = it->second;
        };
        if constexpr (requires { c.of; }) follow(c.of);
        if constexpr (requires { c.reply_to; }) {
          if (c.reply_to) follow(*c.reply_to);
        }
      },
      content);
}

// Moves the line of a message to its new identity, with the data that is stored by its hash.
bool Resealing::move_line(const store::Message& row, const Outbox::Replacement& now) {
  const LocalBox box = account_.box();
  Result<e2e::Secret> text = box.open(LocalPlace::message_body(row.hash, row.kind), row.body);
  if (!turn_.check(text)) return false;
  const auto& [from_fpr, stream, seq] = now.sealed.id;
  const Bytes body = box.seal(LocalPlace::message_body(now.sealed.hash, row.kind), text->view());
  if (!turn_.check(messages_.set_identity(row.id, from_fpr, stream, seq, now.sealed.hash, body)) ||
      !turn_.check(messages_.set_ref(row.id, now.ref)) || !files_.move(row.hash, now.sealed.hash)) {
    return false;
  }
  timeline_.tell_changed(row.id);
  return true;
}

void Resealing::work() {
  if (!server_.attached()) return;
  for (auto& [ref, group] : std::exchange(waiting_, {})) {
    if (groups_.membership(group) == Membership::kMember && !follower_.up_to_date(group)) {
      waiting_.emplace_back(ref, std::move(group));
    } else {
      stale_({.ref = ref, .state = core::ReceiptState::kStale, .code = Code::kStaleEpoch});
    }
  }
}

void Resealing::rolled_back(const Error&) {
  moved_.clear();
}

}  // namespace fastchat::client
