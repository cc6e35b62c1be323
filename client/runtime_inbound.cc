// Messages for us: open, write, show. The order of the steps is docs/e2e.md's; the engine decides between them.
#include <utility>

#include "client/e2e/receipt.h"
#include "client/e2e/sanitise.h"
#include "client/runtime_body.h"
#include "client/runtime_impl.h"
#include "common/clock.h"

namespace fastchat::client {
namespace {

// Opening takes 1.7 ms: a turn opens this many, then commits and acknowledges them.
constexpr int kOpensPerTurn = 24;

int kind_number(const e2e::Content& content) {
  return static_cast<int>(content.index()) + 1;
}

core::MessageKey key_of(const e2e::MessageId& id) {
  return {id.from_fpr, id.stream, id.seq};
}

// With these the sender did sign this place of the stream; the person sees that something was there.
bool keeps_its_place(e2e::Reason reason) {
  return reason == e2e::Reason::kForked || reason == e2e::Reason::kCannotUnwrap || reason == e2e::Reason::kCannotOpen ||
         reason == e2e::Reason::kBadContent;
}

}  // namespace

void Session::Impl::open_envelope(uint64_t arrival, ByteView envelope, v1::DeliveryKind kind) {
  Arrival& next = arrivals_.emplace_back();
  next.id = arrival;
  next.envelope = Bytes(envelope);
  if (kind == v1::TO_USER) next.came = e2e::CameAs::kDirect;
  if (kind == v1::TO_GROUP) next.came = e2e::CameAs::kGroup;
}

// Messages that waited for a group's key go the way of new ones, a page at a time. Those that would wait on are left.
void Session::Impl::reopen(const Bytes& group, int64_t after) {
  constexpr size_t kPage = 200;
  auto rows = store_->waiting_of(group, after, kPage);
  if (!check(rows)) return;
  const e2e::GroupState* now = groups_.current(group);
  for (store::WaitingRow& row : *rows) {
    after = row.id;
    const bool waits_on = now == nullptr || row.epoch > now->epoch ||
                          (groups_.standing(group) == Standing::kMember && !groups_.has_key(group, row.epoch) &&
                           groups_.holds(group, row.epoch));
    if (waits_on || !reopening_.insert(row.id).second) continue;
    arrivals_.push_back({0, std::move(row.envelope), row.id, row.as_of});
  }
  if (rows->size() == kPage) turn_.soon([this, group, after] { reopen(group, after); });
  turn_.poke();
}

void Session::Impl::drop(uint64_t arrival) {
  auto it = staged_.find(arrival);
  if (it == staged_.end()) return;
  if (const int64_t row = it->second.waiting; row != 0 && check(store_->begin())) {
    check(store_->drop_waiting(row));
    reopening_.erase(row);
  }
  staged_.erase(it);
}

void Session::Impl::open_arrivals() {
  for (int i = 0; i < kOpensPerTurn && !arrivals_.empty(); ++i) {
    Arrival next = std::move(arrivals_.front());
    arrivals_.pop_front();
    open_one(std::move(next));
  }
}

void Session::Impl::open_one(Arrival arrival) {
  e2e::Received received = e2e::open_message(account_.secrets().identity, arrival.envelope, pins_, *this, groups_,
                                             arrival.as_of, arrival.came);
  const std::string user = received.header.from_user;
  core::Opened opened;
  switch (received.outcome) {
    case e2e::Outcome::kNeedsKey:
      return look_ups_.hold(user, std::move(arrival));
    case e2e::Outcome::kNeedsEpoch:
      if (park(arrival, received)) return;
      if (groups_.expects(received.header.group_id)) {
        groups_.waits(received.header.group_id, received.header.epoch);
      }
      if (arrival.waiting != 0) {
        reopening_.erase(arrival.waiting);
        return;
      }
      break;
    case e2e::Outcome::kOpened:
      opened.verdict = core::Verdict::kMessage;
      opened.key = key_of(received.header.id);
      opened.begins_anywhere = received.header.is_group() && !groups_.there_from_the_start(received.header.group_id);
      break;
    case e2e::Outcome::kDuplicate:
      opened.verdict = core::Verdict::kDuplicate;
      opened.key = key_of(received.header.id);
      break;
    case e2e::Outcome::kQuarantine:
      if (received.authentic && keeps_its_place(received.reason)) opened.key = key_of(received.header.id);
      // So that the person can compare the new key and accept it.
      if (received.reason == e2e::Reason::kKeyChanged && !received.own_copy) look_ups_.compare(user);
      break;
    case e2e::Outcome::kAlarm:
      break;
  }
  if (arrival.id == 0) arrival.id = server_.engine().kept();
  opened.reason = received.why;
  opened.hash = received.hash;
  staged_[arrival.id] = {std::move(received), std::move(arrival.envelope), arrival.waiting};
  server_.engine().on_opened(now_ms(), arrival.id, std::move(opened));
}

// Before what came later, and in their order: a stream that is new here waits only a moment for its beginning.
void Session::Impl::open_first(std::vector<Arrival> arrivals) {
  arrivals_.insert(arrivals_.begin(), std::make_move_iterator(arrivals.begin()),
                   std::make_move_iterator(arrivals.end()));
}

void Session::Impl::refuse_arrivals(const std::string& user, std::vector<Arrival> arrivals, const std::string& why) {
  for (Arrival& arrival : arrivals) {
    if (arrival.id == 0) arrival.id = server_.engine().kept();
    core::Opened opened;
    opened.reason = why;
    Staged& staged = staged_[arrival.id];
    staged.waiting = arrival.waiting;
    staged.envelope = std::move(arrival.envelope);
    staged.received.header.from_user = user;
    server_.engine().on_opened(now_ms(), arrival.id, std::move(opened));
  }
}

void Session::Impl::write(core::Write&& write) {
  last_write_ = write.id;
  if (!check(store_->begin())) return;
  bool well = true;
  if (write.kind == core::Write::Kind::kQuarantine) well = store_quarantine(write);
  if (write.kind != core::Write::Kind::kRelease && write.key.seq != 0) {
    bool shown = false, late = false;
    for (const core::Show& show : write.shows) {
      if (show.seq != write.key.seq || show.kind == core::Show::Kind::kHole) continue;
      shown = true;
      late = show.kind == core::Show::Kind::kLate;
    }
    well = well && check(store_->add_mark(write.key.from_fpr, write.key.stream, write.key.seq, write.hash)) &&
           store_message(write, !shown, late);
  }
  if (write.kind != core::Write::Kind::kQuarantine || write.key.seq != 0) {
    well = well &&
           check(store_->put_in_stream(write.key.from_fpr, write.key.stream, write.shown_upto, write.joined,
                                       Clock::wall_ms())) &&
           store_shows(write);
  }
  if (auto it = staged_.find(write.arrival); well && it != staged_.end() && it->second.waiting != 0) {
    check(store_->drop_waiting(it->second.waiting));
    reopening_.erase(it->second.waiting);
  }
  staged_.erase(write.arrival);
}

bool Session::Impl::store_shows(const core::Write& write) {
  const auto& [from, stream, seq] = write.key.tie();
  for (const core::Show& show : write.shows) {
    if (show.kind == core::Show::Kind::kHole) {
      if (!store_hole(write, show)) return false;
      continue;
    }
    const bool late = show.kind == core::Show::Kind::kLate;
    if (show.seq != seq && !check(store_->release(from, stream, show.seq, late))) return false;
    if (!late && !check(store_->extend_whole(from, stream, show.seq))) return false;
  }
  return true;
}

// The message's row, and what it does besides being shown. Notes between clients have no row, only their mark.
bool Session::Impl::store_message(const core::Write& write, bool held, bool late) {
  const auto& [from, stream, seq] = write.key.tie();
  if (held && !check(store_->hold(from, stream, seq))) return false;
  auto it = staged_.find(write.arrival);
  if (it == staged_.end()) return true;
  const e2e::Received& received = it->second.received;
  store::Message row;
  std::string text;
  if (write.kind == core::Write::Kind::kQuarantine) {
    row.kind = store::kKindUnreadable;
    text = "a message that cannot be read: " + write.reason;
  } else {
    row.kind = kind_number(received.content);
    if (const e2e::MessageId* first = e2e::replaced_by(received.content)) {
      if (received.known) return store_known(received, write.key, *first);
      // Should it still come under its first identity, it is a duplicate then.
      if (!check(store_->add_mark(first->from_fpr, first->stream, first->seq, {}))) return false;
    }
    if (e2e::subject_of(received.content) != nullptr) return store_remark(received, write.key);
    const std::optional<std::string> shown = row_text(received.content);
    if (!shown) return store_content(it->second);
    text = *shown;
    if (const auto* file = std::get_if<e2e::FileInfo>(&received.content)) {
      if (!store_file(write.hash, *file, "")) return false;
    }
    if (const e2e::MessageId* answered = reply_of(received.content)) {
      row.reply_to = store::identity_bytes(answered->from_fpr, answered->stream, answered->seq);
    }
  }
  row.mine = received.own_copy;
  row.peer = peer_of(received);
  row.from = received.header.from_user;
  row.from_fpr = from;
  row.stream = stream;
  row.seq = seq;
  row.hash = write.hash;
  row.sent_ms = received.header.sent_ms;
  row.received_ms = Clock::wall_ms();
  row.late = late;
  row.seen = row.mine && received.header.to_user != account_.profile().user;
  if (row.mine && received.header.is_group()) {
    if (const auto info = groups_.info(received.header.group_id)) row.members = info->members.size() - 1;
  }
  row.state = row.mine ? MessageState::kQueued : MessageState::kReceived;
  row.body = account_.box().seal(LocalPlace::message_body(row.hash, row.kind), text);
  Result<int64_t> id = store_->add_message(row, held);
  if (!check(id)) return false;
  const e2e::MessageId* first =
      write.kind == core::Write::Kind::kMessage ? e2e::replaced_by(received.content) : nullptr;
  return first == nullptr || check(store_->add_alias(first->from_fpr, first->stream, first->seq, {}, *id));
}

// Sealed anew, and here already: others may speak of it by its new identity.
bool Session::Impl::store_known(const e2e::Received& received, const core::MessageKey& key,
                                const e2e::MessageId& first) {
  auto row = store_->find_any(first.from_fpr, first.stream, first.seq);
  if (!check(row)) return false;
  if (!row->has_value()) return true;
  return check(store_->add_alias(key.from_fpr, key.stream, key.seq, received.hash, (*row)->id));
}

// A member's receipt for a message to the group counts once.
bool Session::Impl::store_receipt(const std::string& user, const e2e::ReadReceipt& receipt) {
  for (const e2e::ReadEntry& entry : receipt.entries) {
    Result<bool> news = store_->set_read(user, {entry.id.from_fpr, entry.id.stream, entry.id.seq, entry.hash});
    if (!check(news)) return false;
    auto row = store_->find_any(entry.id.from_fpr, entry.id.stream, entry.id.seq);
    if (!check(row)) return false;
    if (!row->has_value() || !(*row)->mine) continue;
    if (!*news && (*row)->peer[0] == '#') {
      const std::optional<Bytes> group = from_hex((*row)->peer.substr(1));
      if (!group || !groups_.ever_listed(*group, user)) continue;
      if (news = store_->set_read_in_group(user, (*row)->id); !check(news)) return false;
      if (row = store_->message((*row)->id); !check(row)) return false;
    }
    if (!*news) continue;
    ReceiptEvent event;
    event.id = message_id((*row)->hash);
    event.peer = shown_peer((*row)->peer);
    event.state = (*row)->state;
    event.ref = (*row)->ref;
    event.members = static_cast<uint32_t>((*row)->members);
    event.delivered = static_cast<uint32_t>((*row)->delivered);
    event.read = static_cast<uint32_t>((*row)->read_by);
    turn_.after_commit([this, event] { listener_.on_receipt(event); });
  }
  return true;
}

// Notes between clients: read receipts, key changes, keys of groups.
bool Session::Impl::store_content(const Staged& staged) {
  const e2e::Received& received = staged.received;
  const std::string& user = received.header.from_user;
  const bool to_me = received.header.to_user == account_.profile().user;
  if (const auto* key = std::get_if<e2e::GroupKeyNote>(&received.content)) {
    return !to_me || store_group_note(received, *key);
  }
  if (const auto* request = std::get_if<e2e::GroupKeyRequest>(&received.content)) {
    if (to_me) answer_key_request(received, *request);
    return true;
  }
  const auto* leave = std::get_if<e2e::GroupLeave>(&received.content);
  if (received.own_copy) return leave == nullptr || store_own_leave(*leave);
  if (leave != nullptr) return store_leave(received, *leave);
  const Pin* pin = pins_.get(user);
  if (const auto* receipt = std::get_if<e2e::ReadReceipt>(&received.content)) {
    if (pin == nullptr || !e2e::verify_receipt(*receipt, pin->key)) return true;
    return store_receipt(user, *receipt);
  }
  if (const auto* change = std::get_if<e2e::Rekey>(&received.content)) {
    const Result<> accepted = change->user == user ? pins_.rekey(*change, Clock::wall_ms())
                                                   : err(Code::kLocalUntrustedKey, "a key change in another's name");
    const std::string text =
        accepted.ok() ? user + " has a new key, signed by the old one" : user + " sent a key change that is not valid";
    const Notice::Kind kind = accepted.ok() ? Notice::Kind::kInfo : Notice::Kind::kKeyChanged;
    turn_.after_commit([this, user, text, kind] { listener_.on_notice({kind, user, text}); });
  }
  return true;
}

bool Session::Impl::store_hole(const core::Write& write, const core::Show& show) {
  const auto& [from, stream, seq] = write.key.tie();
  // The message behind the hole says whose conversation it is.
  auto next = store_->find_message(from, stream, show.last_seq + 1);
  if (!check(next)) return false;
  if (!next->has_value()) return true;
  const uint64_t missing = show.last_seq - show.seq + 1;
  store::Message row;
  row.peer = (*next)->peer;
  row.from = (*next)->from;
  row.kind = store::kKindHole;
  row.from_fpr = from;
  row.stream = stream;
  row.seq = show.seq;
  row.hash = stream;
  put_u64(row.hash, show.seq);
  row.sent_ms = (*next)->sent_ms;
  row.received_ms = Clock::wall_ms();
  const std::string text =
      missing == 1 ? "1 message is missing here" : std::to_string(missing) + " messages are missing here";
  row.body = account_.box().seal(LocalPlace::message_body(row.hash, row.kind), text);
  return check(store_->add_message(row, false));
}

bool Session::Impl::store_quarantine(const core::Write& write) {
  auto it = staged_.find(write.arrival);
  if (it == staged_.end()) return true;
  const Staged& staged = it->second;
  const std::string word(staged.received.outcome == e2e::Outcome::kAlarm ? "alarm"
                                                                         : e2e::reason_name(staged.received.reason));
  if (staged.received.outcome == e2e::Outcome::kNeedsEpoch) {
    bool kept = false;
    if (!store_waiting(staged, &kept)) return false;
    if (kept) return true;
  }
  const std::string from = e2e::sanitise_line(staged.received.header.from_user);
  turn_.after_commit([this, from, reason = write.reason] {
    const std::string who = from.empty() ? "somebody" : from;
    listener_.on_notice({Notice::Kind::kQuarantined, from, "a message from " + who + " was put aside: " + reason});
  });
  return check(
      store_->add_quarantine(Clock::wall_ms(), from, write.reason, word, staged.received.hash, staged.envelope));
}

void Session::Impl::show(const Bytes& from_fpr, const Bytes& stream, const core::Show& show) {
  auto row = store_->find_shown(from_fpr, stream, show.seq, show.kind == core::Show::Kind::kHole);
  if (!check(row) || !row->has_value()) return;
  const ChatMessage message = view(**row);
  pins_.seen(message.from);
  listener_.on_message(message);
  if (!message.mine) typing_.on_message((*row)->peer, message.from, message.sent_ms);
}

}  // namespace fastchat::client
