// Messages for us: open, write, show. The order of the steps is docs/e2e.md's; the engine decides between them.
#include <utility>

#include "client/e2e/receipt.h"
#include "client/e2e/sanitise.h"
#include "client/e2e/seal.h"
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

void Session::Impl::open_envelope(uint64_t arrival, ByteView envelope) {
  arrivals_.push_back({arrival, Bytes(envelope)});
}

void Session::Impl::open_arrivals() {
  for (int i = 0; i < kOpensPerTurn && !arrivals_.empty(); ++i) {
    Arrival next = std::move(arrivals_.front());
    arrivals_.pop_front();
    open_one(std::move(next));
  }
}

void Session::Impl::open_one(Arrival arrival) {
  e2e::Received received = e2e::open_message(account_.secrets().identity, arrival.envelope, *pins_, *this, *this);
  const std::string user = received.header.from_user;
  core::Opened opened;
  switch (received.outcome) {
    case e2e::Outcome::kNeedsKey:
      look_ups_[user].arrivals.push_back(std::move(arrival));
      return;
    case e2e::Outcome::kOpened:
      opened.verdict = core::Verdict::kMessage;
      opened.key = key_of(received.header.id);
      break;
    case e2e::Outcome::kDuplicate:
      opened.verdict = core::Verdict::kDuplicate;
      opened.key = key_of(received.header.id);
      break;
    case e2e::Outcome::kQuarantine:
      if (received.authentic && keeps_its_place(received.reason)) opened.key = key_of(received.header.id);
      // So that the person can compare the new key and accept it.
      if (received.reason == e2e::Reason::kKeyChanged && !received.own_copy) look_ups_.try_emplace(user);
      break;
    case e2e::Outcome::kAlarm:
    case e2e::Outcome::kNeedsEpoch:
      break;
  }
  opened.reason = received.why;
  opened.hash = received.hash;
  staged_[arrival.id] = {std::move(received), std::move(arrival.envelope)};
  engine_->on_opened(now_ms(), arrival.id, std::move(opened));
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
    if (const auto* t = std::get_if<e2e::Text>(&received.content)) {
      text = t->text;
    } else if (const auto* f = std::get_if<e2e::FileInfo>(&received.content)) {
      text = file_text(*f);
      if (!store_file(write.hash, *f, "")) return false;
    } else {
      return store_content(it->second);
    }
  }
  row.mine = received.own_copy;
  row.peer = received.own_copy ? received.header.to_user : received.header.from_user;
  row.from = received.header.from_user;
  row.from_fpr = from;
  row.stream = stream;
  row.seq = seq;
  row.hash = write.hash;
  row.sent_ms = received.header.sent_ms;
  row.received_ms = Clock::wall_ms();
  row.late = late;
  row.seen = row.mine && received.header.to_user != account_.profile().user;
  row.state = row.mine ? MessageState::kQueued : MessageState::kReceived;
  row.body = e2e::seal_local(account_.secrets().local_key, body_place(row.hash, row.kind), text);
  return check(store_->add_message(row, held));
}

// Read receipts and key changes of others.
bool Session::Impl::store_content(const Staged& staged) {
  const e2e::Received& received = staged.received;
  const std::string& user = received.header.from_user;
  if (received.own_copy) return true;
  const Pin* pin = pins_->get(user);
  if (const auto* receipt = std::get_if<e2e::ReadReceipt>(&received.content)) {
    if (pin == nullptr || !e2e::verify_receipt(*receipt, pin->key)) return true;
    for (const e2e::ReadEntry& entry : receipt->entries) {
      Result<bool> mine = store_->set_read(user, {entry.id.from_fpr, entry.id.stream, entry.id.seq, entry.hash});
      if (!check(mine)) return false;
      if (!*mine) continue;
      ReceiptEvent event;
      event.id = message_id(entry.hash);
      event.peer = user;
      event.state = MessageState::kRead;
      auto row = store_->find_message(entry.id.from_fpr, entry.id.stream, entry.id.seq);
      if (row.ok() && row->has_value()) event.ref = (*row)->ref;
      after_commit([this, event] { listener_.on_receipt(event); });
    }
  } else if (const auto* change = std::get_if<e2e::Rekey>(&received.content)) {
    const Result<> accepted = change->user == user ? pins_->rekey(*change, Clock::wall_ms())
                                                   : err(Code::kLocalUntrustedKey, "a key change in another's name");
    const std::string text =
        accepted.ok() ? user + " has a new key, signed by the old one" : user + " sent a key change that is not valid";
    const Notice::Kind kind = accepted.ok() ? Notice::Kind::kInfo : Notice::Kind::kKeyChanged;
    after_commit([this, user, text, kind] { listener_.on_notice({kind, user, text}); });
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
  row.body = e2e::seal_local(account_.secrets().local_key, body_place(row.hash, row.kind), text);
  return check(store_->add_message(row, false));
}

bool Session::Impl::store_quarantine(const core::Write& write) {
  auto it = staged_.find(write.arrival);
  if (it == staged_.end()) return true;
  const Staged& staged = it->second;
  const std::string from = e2e::sanitise_line(staged.received.header.from_user);
  after_commit([this, from, reason = write.reason] {
    const std::string who = from.empty() ? "somebody" : from;
    listener_.on_notice({Notice::Kind::kQuarantined, from, "a message from " + who + " was put aside: " + reason});
  });
  return check(store_->add_quarantine(Clock::wall_ms(), from, write.reason, staged.received.hash, staged.envelope));
}

void Session::Impl::show(const Bytes& from_fpr, const Bytes& stream, const core::Show& show) {
  auto row = store_->find_shown(from_fpr, stream, show.seq, show.kind == core::Show::Kind::kHole);
  if (!check(row) || !row->has_value()) return;
  const ChatMessage message = view(**row);
  pins_->seen(message.from);
  listener_.on_message(message);
}

}  // namespace fastchat::client
