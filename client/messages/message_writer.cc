#include "client/messages/message_writer.h"

#include <utility>

#include "client/e2e/receipt.h"
#include "client/e2e/sanitise.h"
#include "client/messages/kinds.h"
#include "client/messages/message_text.h"

namespace fastchat::client {
bool MessageWriter::write(const core::PendingWrite& write, const Staged* staged) {
  const auto& [from, stream, seq] = write.key.tie();
  const bool quarantined = write.kind == core::PendingWrite::Kind::kQuarantine;
  if (quarantined && staged != nullptr && !quarantine(write, *staged)) return false;
  if (write.kind != core::PendingWrite::Kind::kRelease && seq != 0) {
    bool shown = false, late = false;
    for (const core::DisplayStep& show : write.shows) {
      if (show.seq != seq || show.kind == core::DisplayStep::Kind::kHole) continue;
      shown = true;
      late = show.kind == core::DisplayStep::Kind::kLate;
    }
    if (!turn_.check(streams_.add_mark(from, stream, seq, write.hash))) return false;
    if (!shown && !turn_.check(streams_.hold(from, stream, seq))) return false;
    if (staged != nullptr && !message(write, *staged, !shown, late)) return false;
  }
  if (quarantined && seq == 0) return true;
  return turn_.check(streams_.put_in(from, stream, write.shown_upto, write.joined, turn_.wall_ms())) && shows(write);
}

bool MessageWriter::shows(const core::PendingWrite& write) {
  const auto& [from, stream, seq] = write.key.tie();
  for (const core::DisplayStep& show : write.shows) {
    if (show.kind == core::DisplayStep::Kind::kHole) {
      if (!hole(write, show)) return false;
      continue;
    }
    const bool late = show.kind == core::DisplayStep::Kind::kLate;
    if (show.seq != seq && !turn_.check(messages_.release(from, stream, show.seq, late))) return false;
    if (!late && !turn_.check(streams_.extend_whole(from, stream, show.seq))) return false;
  }
  return true;
}

// Returns true for a direct message of a blocked user. Keys of groups, and the word that the user left one, count.
bool MessageWriter::drops(const e2e::Received& received) const {
  if (received.own_copy || received.header.is_group() || !standings_.blocked(received.header.from_user)) return false;
  return !std::holds_alternative<e2e::KeyShare>(received.content) &&
         !std::holds_alternative<e2e::GroupLeave>(received.content);
}

// Writes the message's row and its other effects. Notes between clients have no row, only their mark.
bool MessageWriter::message(const core::PendingWrite& write, const Staged& staged, bool held, bool late) {
  const auto& [from, stream, seq] = write.key.tie();
  const e2e::Received& received = staged.received;
  if (drops(received)) return true;
  store::Message row;
  std::string text;
  if (write.kind == core::PendingWrite::Kind::kQuarantine) {
    row.kind = store::kKindUnreadable;
    text = "a message that cannot be read: " + write.reason;
  } else {
    row.kind = kind_number(received.content);
    if (const e2e::MessageId* first = e2e::replaced_by(received.content)) {
      if (received.known) return known_already(received, write.key, *first);
      // A copy that still comes under the first identity is then a duplicate.
      if (!turn_.check(streams_.add_mark(first->from_fpr, first->stream, first->seq, {}))) return false;
    }
    if (e2e::subject_of(received.content) != nullptr) return annotations_.store(received, write.key);
    const std::optional<std::string> shown = row_text(received.content);
    if (!shown) return content(received);
    text = *shown;
    if (const auto* file = std::get_if<e2e::FileInfo>(&received.content)) {
      if (!files_.keep(write.hash, *file, "")) return false;
    }
    if (const e2e::MessageId* answered = reply_of(received.content)) {
      row.reply_to = store::identity_bytes(answered->from_fpr, answered->stream, answered->seq);
    }
  }
  row.mine = received.own_copy;
  row.conversation = conversation_of(received);
  row.from = received.header.from_user;
  row.from_fpr = from;
  row.stream = stream;
  row.seq = seq;
  row.hash = write.hash;
  row.sent_ms = received.header.sent_ms;
  row.received_ms = turn_.wall_ms();
  row.late = late;
  row.seen = row.mine ? received.header.to_user != account_.profile().user : standings_.blocked(row.from);
  if (row.mine && received.header.is_group()) {
    if (const auto info = groups_.info(received.header.group_id)) row.members = info->members.size() - 1;
  }
  row.state = row.mine ? MessageState::kQueued : MessageState::kReceived;
  row.body = account_.box().seal(LocalPlace::message_body(row.hash, row.kind), text);
  Result<int64_t> id = messages_.add(row, held);
  if (!turn_.check(id)) return false;
  const e2e::MessageId* first =
      write.kind == core::PendingWrite::Kind::kMessage ? e2e::replaced_by(received.content) : nullptr;
  return first == nullptr || turn_.check(messages_.add_alias(first->from_fpr, first->stream, first->seq, {}, *id));
}

// Handles a message that was sealed again and is here already: others may name it by its new identity.
bool MessageWriter::known_already(const e2e::Received& received, const core::MessageKey& key,
                                  const e2e::MessageId& first) {
  auto row = messages_.find_any(first.from_fpr, first.stream, first.seq);
  if (!turn_.check(row)) return false;
  if (!row->has_value()) return true;
  return turn_.check(messages_.add_alias(key.from_fpr, key.stream, key.seq, received.hash, (*row)->id));
}

// Handles notes between clients: read receipts, key changes, keys of groups, used cards.
bool MessageWriter::content(const e2e::Received& received) {
  const std::string& user = received.header.from_user;
  const bool to_me = received.header.to_user == account_.profile().user;
  if (const auto* key = std::get_if<e2e::KeyShare>(&received.content)) {
    return !to_me || sync_.on_key(received, *key);
  }
  if (const auto* request = std::get_if<e2e::GroupKeyRequest>(&received.content)) {
    if (to_me) sync_.on_key_request(received, *request);
    return true;
  }
  if (const auto* seen = std::get_if<e2e::SeenHead>(&received.content)) return head(received, seen->head);
  const auto* leave = std::get_if<e2e::GroupLeave>(&received.content);
  if (received.own_copy) return leave == nullptr || sync_.on_own_leave(*leave);
  if (leave != nullptr) return sync_.on_leave(received, *leave);
  const Pin* pin = pins_.get(user);
  if (const auto* receipt = std::get_if<e2e::ReadReceipt>(&received.content)) {
    const e2e::PeerKey* former = pins_.former(user, receipt->reader_fpr);
    if (pin == nullptr || !e2e::verify_receipt(*receipt, former != nullptr ? *former : pin->key)) return true;
    return receipts_.on_read(user, *receipt);
  }
  if (const auto* use = std::get_if<e2e::CardUse>(&received.content)) {
    return notes_.cards.on_use(user, *use, received.header.sent_ms);
  }
  // A Rekey changes no pin: whoever has the old key could send one. The server's list of all changes counts.
  return true;
}

// A head of somebody whom this user blocked or did not accept counts for nothing: a head may cause an alarm.
bool MessageWriter::head(const e2e::Received& received, const LogHead& head) {
  if (!received.own_copy && !standings_.open_to(received.header.from_user)) return true;
  return notes_.heads.on_head(conversation_of(received), received.header.from_user, head);
}

bool MessageWriter::hole(const core::PendingWrite& write, const core::DisplayStep& show) {
  const auto& [from, stream, seq] = write.key.tie();
  // The message behind the hole belongs to the same conversation.
  auto next = messages_.find(from, stream, show.last_seq + 1);
  if (!turn_.check(next)) return false;
  if (!next->has_value()) return true;
  const uint64_t missing = show.last_seq - show.seq + 1;
  store::Message row;
  row.conversation = (*next)->conversation;
  row.from = (*next)->from;
  row.kind = store::kKindHole;
  row.from_fpr = from;
  row.stream = stream;
  row.seq = show.seq;
  row.hash = stream;
  put_u64(row.hash, show.seq);
  row.sent_ms = (*next)->sent_ms;
  row.received_ms = turn_.wall_ms();
  const std::string text =
      missing == 1 ? "1 message is missing here" : std::to_string(missing) + " messages are missing here";
  row.body = account_.box().seal(LocalPlace::message_body(row.hash, row.kind), text);
  return turn_.check(messages_.add(row, false));
}

bool MessageWriter::quarantine(const core::PendingWrite& write, const Staged& staged) {
  const std::string word(staged.received.outcome == e2e::Outcome::kAlarm ? "alarm"
                                                                         : e2e::reason_name(staged.received.reason));
  if (staged.received.outcome == e2e::Outcome::kNeedsEpoch) {
    bool kept = false;
    if (!waiting(staged, &kept)) return false;
    if (kept) return true;
  }
  const std::string from = e2e::sanitise_line(staged.received.header.from_user);
  if (standings_.blocked(from)) return true;
  turn_.after_commit([this, from, reason = write.reason] {
    const std::string who = from.empty() ? "somebody" : from;
    listener_.on_notice(
        {Notice::Kind::kQuarantined, PeerName(from), "a message from " + who + " was quarantined: " + reason});
  });
  return turn_.check(quarantine_.add(turn_.wall_ms(), from, write.reason, word, staged.received.hash, staged.envelope));
}

bool MessageWriter::waiting(const Staged& staged, bool* kept) {
  const e2e::Header& header = staged.received.header;
  store::WaitingRow row{0, header.group_id, header.epoch, staged.envelope, header.from_user, 0, true};
  row.expected = sync_.expects(header.group_id);
  row.as_of = groups_.settled(header.group_id);
  Result<bool> added = waiting_.add(row, turn_.wall_ms(), staged.received.hash);
  if (!turn_.check(added)) return false;
  *kept = *added;
  if (*kept) {
    turn_.after_commit([this, id = header.group_id] {
      if (groups_.info(id)) listener_.on_group(groups_.name_of(id));
    });
  }
  return true;
}

}  // namespace fastchat::client
