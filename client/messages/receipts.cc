#include "client/messages/receipts.h"

#include <map>
#include <utility>

#include "client/e2e/limits.h"
#include "client/messages/message_text.h"

namespace fastchat::client {

void Receipts::committed() {
  answered_.clear();
  for (uint64_t id : std::exchange(written_, {})) server_.engine().on_receipt_written(id);
}

void Receipts::rolled_back(const Error&) {
  written_.clear();
  for (uint64_t ref : std::exchange(answered_, {})) outbox_.restore(ref);
}

void Receipts::on_receipt(const core::Receipt& receipt) {
  answered_.push_back(receipt.ref);
  if (!turn_.begin()) return;
  if (receipt.state == core::ReceiptState::kStale && resealing_.for_epoch(receipt.ref)) return;
  if (receipt.state == core::ReceiptState::kConflict && resealing_.for_stream(receipt.ref)) return;
  if (receipt.code == Code::kInternal && resealing_.for_key(receipt.ref)) return;
  auto row = messages_.of_ref(receipt.ref);
  if (!turn_.check(row)) return;
  MessageState state = MessageState::kQueued;
  const bool counted = receipt.delivered + receipt.waiting.size() != 0;
  if (receipt.state == core::ReceiptState::kQueued) {
    turn_.check(outbox_table_.set_queued(receipt.ref));
    if (counted) turn_.check(outbox_table_.set_counts(receipt.ref, receipt.delivered, receipt.waiting, receipt.member));
  } else {
    if (receipt.code == Code::kRefused || receipt.code == Code::kNotAcceptedYet) outbox_.leave_stream(receipt.ref);
    state = receipt.state == core::ReceiptState::kDelivered ? MessageState::kDelivered : MessageState::kFailed;
    turn_.check(outbox_table_.drop(receipt.ref));
  }
  auto raised = messages_.set_state(receipt.ref, state, static_cast<int>(receipt.code));
  if (!turn_.check(raised)) return;
  // A reader may be ahead of the server: a message that was read stays so.
  if (!*raised && row->has_value()) state = (*row)->state;
  if (counted && row->has_value()) {
    turn_.check(messages_.set_counts(receipt.ref, receipt.delivered + receipt.waiting.size(), receipt.delivered));
    if (row = messages_.of_ref(receipt.ref); !turn_.check(row)) return;
  }
  if (receipt.stored_id != 0) written_.push_back(receipt.stored_id);
  // No row: an own note (a read receipt) that no person waits for.
  if (!row->has_value()) return;
  ReceiptEvent event = timeline_.receipt_of(**row);
  event.state = state;
  if (state == MessageState::kFailed) event.failure = receipt.code;
  if (state == MessageState::kFailed) event.text = failure_text(receipt.code, event.peer);
  timeline_.tell_receipt(std::move(event));
}

// Counts a member's receipt for a message to the group once.
bool Receipts::on_read(const std::string& user, const e2e::ReadReceipt& receipt) {
  for (const e2e::ReadEntry& entry : receipt.entries) {
    Result<bool> news = seen_.set_read(user, {entry.id.from_fpr, entry.id.stream, entry.id.seq, entry.hash});
    if (!turn_.check(news)) return false;
    auto row = messages_.find_any(entry.id.from_fpr, entry.id.stream, entry.id.seq);
    if (!turn_.check(row)) return false;
    if (!row->has_value() || !(*row)->mine) continue;
    if (!*news && (*row)->conversation.is_group()) {
      const Bytes group = (*row)->conversation.group_id();
      if (group.empty() || !ever_listed(groups_, group, user)) continue;
      if (news = seen_.set_read_in_group(user, (*row)->id); !turn_.check(news)) return false;
      if (row = messages_.get((*row)->id); !turn_.check(row)) return false;
    }
    if (!*news) continue;
    timeline_.tell_receipt(timeline_.receipt_of(**row));
  }
  return true;
}

// A look at a message means "read": the sender gets sealed, signed receipts, for a hundred messages at a time.
void Receipts::mark_read(const PeerName& shown) {
  const store::ConversationId conversation = timeline_.stored(shown);
  if (timeline_.is_request(conversation)) return mark_seen(shown);
  if (conversation.empty() || !turn_.begin()) return;
  auto rows = seen_.unseen_of(conversation, e2e::kMaxReceiptEntries);
  if (!turn_.check(rows)) return;
  std::map<std::string, std::vector<e2e::ReadEntry>> by_author;
  for (const store::Message& row : *rows) {
    if (row.seq != 0) by_author[row.from].push_back({{row.from_fpr, row.stream, row.seq}, row.hash});
  }
  const bool more = rows->size() == e2e::kMaxReceiptEntries;
  for (const store::Message& row : *rows) turn_.check(seen_.mark(row.id));
  if (!more) turn_.check(seen_.mark_all(conversation));
  timeline_.tell_seen(conversation);
  for (auto& [author, entries] : by_author) {
    const Pin* pin = pins_.get(author);
    if (pin == nullptr || !pin->offered_spki.empty() || !gets_receipt(author, conversation)) continue;
    e2e::ReadReceipt receipt = e2e::make_receipt(account_.secrets().identity, std::move(entries), turn_.wall_ms());
    outbox_.put(Target{store::ConversationId::direct(author), pin, {}}, std::move(receipt));
  }
  if (more) turn_.before_commit([this, shown] { mark_read(shown); });
}

// Returns true when both accepted each other. A receipt to somebody who has not accepted this user would count as a
// stranger's message there.
bool Receipts::gets_receipt(const std::string& author, const store::ConversationId& conversation) {
  if (!standings_.open_to(author)) return false;
  if (!conversation.is_group()) return true;
  // Admins accept whom they add, and whoever writes in a group accepts its admin. An admin to whom a group was handed
  // over need not have done so.
  const GroupBook::Group* group = groups_.find(conversation.group_id());
  if (group != nullptr && !group->epochs.empty()) {
    const std::string& admin = group->epochs.begin()->second.state.admin_user();
    if (admin == author || admin == account_.profile().user) return true;
  }
  const Result<bool> wrote = seen_.has_written(author);
  return turn_.check(wrote) && *wrote;
}

void Receipts::mark_seen(const PeerName& shown) {
  const store::ConversationId conversation = timeline_.stored(shown);
  if (conversation.empty() || !turn_.begin()) return;
  turn_.check(seen_.mark_all(conversation));
  timeline_.tell_seen(conversation);
}

}  // namespace fastchat::client
