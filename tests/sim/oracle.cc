#include "tests/sim/oracle.h"

#include <algorithm>
#include <charconv>
#include <functional>

namespace fastchat::sim {
namespace {

std::string text_of(const Letter& l) {
  return "message " + std::to_string(l.body) + " (" + l.from + " device " + std::to_string(l.device) + " to " + l.to +
         ", seq " + std::to_string(l.seq) + ")";
}

uint64_t number(std::string_view s) {
  uint64_t v = 0;
  std::from_chars(s.data(), s.data() + s.size(), v);
  return v;
}

Bytes padded(Bytes s, size_t n) {
  s.resize(n, '.');
  return s;
}

}  // namespace

Bytes fingerprint(const std::string& user) {
  return padded(user, 32);
}
Bytes device_id(int device) {
  return padded("device-" + std::to_string(device), 16);
}
Bytes stream_of(int device, const std::string& to, uint64_t number) {
  return padded(std::to_string(device) + ">" + to + "/" + std::to_string(number), 16);
}

Bytes content_hash(ByteView envelope) {
  Bytes out;
  put_u64(out, std::hash<std::string_view>()(envelope));
  put_u64(out, envelope.size());
  return padded(out, 32);
}

Bytes Letter::encode(size_t padding) const {
  return std::to_string(body) + "|" + from + "|" + std::to_string(device) + "|" + to + "|" + std::to_string(seq) + "|" +
         (poison ? "Q" : "M") + std::to_string(epoch) + "|" + std::to_string(stream) + "|" + Bytes(padding, 'x');
}

std::optional<Letter> Letter::decode(ByteView envelope) {
  std::vector<ByteView> parts;
  while (parts.size() < 7) {
    const size_t bar = envelope.find('|');
    if (bar == ByteView::npos) return std::nullopt;
    parts.push_back(envelope.substr(0, bar));
    envelope.remove_prefix(bar + 1);
  }
  Letter l;
  l.body = number(parts[0]);
  l.from = std::string(parts[1]);
  l.device = static_cast<int>(number(parts[2]));
  l.to = std::string(parts[3]);
  l.seq = number(parts[4]);
  l.poison = parts[5].starts_with("Q");
  l.epoch = number(parts[5].substr(1));
  l.stream = number(parts[6]);
  return l;
}

core::MessageKey Letter::key() const {
  return {fingerprint(from), stream_of(device, to, stream), seq};
}

void Oracle::add_device(int device, const std::string& user) {
  devices_[device].user = user;
}

void Oracle::attached(int device, uint64_t epoch) {
  Device& d = devices_.at(device);
  d.attached_at = world_.now();
  const auto user = db_.uid_by_name.find(d.user);
  if (user == db_.uid_by_name.end()) fail("sessions", d.user + " is attached and has no account");
  const auto it = db_.did_by_device.find({user->second, device_id(device)});
  d.did = it == db_.did_by_device.end() ? 0 : it->second;
  passwords.attached(d.did, epoch);
  if (d.removals == 0) return;
  if (d.did != 0) fail("a removed device never again", "device " + std::to_string(device) + " is registered anew");
  // A grant lapses after 30 s. A worker that was frozen handles the lapse when it goes on.
  if (world_.now() - d.removed_at > kGrantUs + knobs_.max_freeze) {
    fail("a removed device never again", "device " + std::to_string(device) + " is attached");
  }
}

void Oracle::removed(int64_t uid, const Bytes& id) {
  for (auto& [number, d] : devices_) {
    const auto user = db_.uid_by_name.find(d.user);
    if (user == db_.uid_by_name.end() || user->second != uid || device_id(number) != id) continue;
    d.did = 0;
    if (d.removals == 0) d.removed_at = world_.now();
    ++d.removals;
    world_.trace([&] { return "device " + std::to_string(number) + " is removed in the database"; });
  }
}

// A copy that was in the queue for one device is nowhere else once its sender was told that another device has it, or
// is told so by a frame on its way. The message itself stays safe: a device has it, or its sender, who asks.
void Oracle::database_went_back(const test::MemoryDb& before) {
  std::map<test::MemoryDb::Identity, uint64_t> bodies;
  for (const auto& [body, m] : messages_) {
    const auto uid = before.uid_by_name.find(m.letter.from);
    if (uid == before.uid_by_name.end()) continue;
    bodies[{uid->second, m.letter.key().stream, static_cast<int64_t>(m.letter.seq)}] = body;
  }
  const auto still_queued = [this](const test::MemoryDb::Body& b, int64_t did) {
    const auto mid = db_.mid_by_identity.find({b.from_uid, b.stream, b.seq});
    return mid != db_.mid_by_identity.end() && db_.queue.contains({did, mid->second});
  };
  for (const auto& [key, reached] : before.queue) {
    const auto [did, mid] = key;
    const auto& b = before.bodies.at(mid);
    const auto body = bodies.find({b.from_uid, b.stream, b.seq});
    if (body == bodies.end() || still_queued(b, did)) continue;
    Message& m = messages_.at(body->second);
    m.lost_row = true;
    const auto row = before.devices.find(did);
    for (const auto& [number, d] : devices_) {
      const bool mailbox = row != before.devices.end() && row->second.device == test::kMailboxDevice;
      const auto owner = before.uid_by_name.find(d.user);
      const bool owns =
          row != before.devices.end() && owner != before.uid_by_name.end() && owner->second == row->second.uid;
      if (d.did == did || (mailbox && owns)) m.may_miss.insert(number);
    }
  }
  // Devices that the database lost log in as new ones. Devices whose removal is lost are there again; messages for them
  // until now went with the removal.
  for (auto& [number, d] : devices_) {
    if (d.did != 0 && !db_.devices.contains(d.did)) d.did = 0;
    const auto user = db_.uid_by_name.find(d.user);
    if (d.removals == 0 || (user != db_.uid_by_name.end() && db_.ended.contains({user->second, device_id(number)})))
      continue;
    d.removals = 0;
    for (auto& [body, m] : messages_) m.may_miss.insert(number);
  }
}

void Oracle::submitted(const Letter& letter, const Bytes& envelope, uint64_t ref) {
  Message& m = messages_[letter.body];
  m.letter = letter;
  m.envelope = envelope;
  m.ref = ref;
  by_ref_[{letter.device, ref}] = letter.body;
  const auto key = letter.key();
  by_key_[{{key.from_fpr, key.stream}, key.seq}] = letter.body;
}

Oracle::Message& Oracle::message(int device, uint64_t ref) {
  const auto it = by_ref_.find({device, ref});
  if (it == by_ref_.end())
    fail("nothing unsent", "device " + std::to_string(device) + " hears of ref " + std::to_string(ref));
  return messages_.at(it->second);
}

void Oracle::on_wire(int device, uint64_t ref) {
  Message& m = message(device, ref);
  if (m.sent_at >= 0) return;
  m.sent_at = world_.now();
  m.recipient_known = known_users_.contains(m.letter.to);
  for (const auto& [number, d] : devices_) {
    const bool for_it = d.user == m.letter.to || (m.letter.to_group() && in_it_since(m.letter, d.user)) ||
                        (d.user == m.letter.from && number != device);
    if (for_it && d.did != 0 && number != device) m.required.emplace_back(number, d.did);
  }
}

void Oracle::receipt(int device, const core::Receipt& r) {
  // A stored receipt may come again after its message was done.
  if (r.stored_id != 0 && !by_ref_.contains({device, r.ref})) return;
  Message& m = message(device, r.ref);
  if (m.forgotten) return;  // a stored receipt for a message that the device lost
  if (m.letter.to_group() && (r.state == core::ReceiptState::kQueued || r.state == core::ReceiptState::kDelivered))
    return group_receipt(m, r);
  switch (r.state) {
    case core::ReceiptState::kQueued:
      m.queued = true;
      break;
    case core::ReceiptState::kDelivered: {
      m.delivered = true;
      contacts.delivered(m.letter.from, m.letter.to, m.sent_at);
      const bool somewhere = std::any_of(devices_.begin(), devices_.end(), [&](const auto& e) {
        return e.second.user == m.letter.to && had(e.second, m.letter.body);
      });
      if (!somewhere && m.letter.to != m.letter.from) {
        fail("delivered means on disk", text_of(m.letter) + " was told delivered and no device has it");
      }
      break;
    }
    case core::ReceiptState::kConflict:
      fail("one message a place", text_of(m.letter) + " was refused: another one has its place in the stream");
    case core::ReceiptState::kStale:
    case core::ReceiptState::kFailed: {
      m.failed = r.code;
      if (m.letter.to_group()) return group_refused(m);
      const bool full = (r.code == Code::kRecipientFull || r.code == Code::kShareFull) && knobs_.tight_quota;
      const bool unknown = r.code == Code::kUnknownUser && !m.recipient_known;
      const bool refused = (r.code == Code::kRefused || r.code == Code::kNotAcceptedYet) &&
                           contacts.ever_closed(m.letter.from, m.letter.to, m.sent_at);
      if (!full && !unknown && !refused) {
        fail("no false refusal", text_of(m.letter) + " failed with code " + std::to_string(static_cast<int>(r.code)));
      }
    }
  }
}

void Oracle::committed(int device, const core::PendingWrite& write, const std::optional<Letter>& letter,
                       ByteView envelope) {
  Device& d = devices_.at(device);
  if (write.kind != core::PendingWrite::Kind::kRelease) {
    if (!letter) fail("nothing unsent", "device " + std::to_string(device) + " stored what nobody sealed");
    const auto m = messages_.find(letter->body);
    if (m == messages_.end() || m->second.envelope != envelope)
      fail("nothing unsent", text_of(*letter) + " was never sent");
    check_misrouted(m->second, d.user);
    if (d.user == letter->to) contacts.arrived(letter->from, letter->to, m->second.sent_at);
    if (!d.has.insert(letter->body).second)
      fail("nothing twice", text_of(*letter) + " is stored again on device " + std::to_string(device));
  }
  if (write.key.seq != 0) {
    Stream& s = d.streams[{write.key.from_fpr, write.key.stream}];
    if (s.first_stored_at < 0) s.first_stored_at = world_.now();
  }
  for (const auto& show : write.shows) take_show(d, device, {write.key.from_fpr, write.key.stream}, show);
}

void Oracle::take_show(Device& d, int device, const StreamKey& key, const core::DisplayStep& show) {
  Stream& s = d.streams[key];
  const std::string where =
      "device " + std::to_string(device) + ", stream " + key.second + ", seq " + std::to_string(show.seq);
  if (show.kind == core::DisplayStep::Kind::kHole) {
    if (show.last_seq < show.seq || show.seq != s.last_shown + 1) fail("order", where + ": a hole out of place");
    for (uint64_t q = show.seq; q <= show.last_seq; ++q) s.holes.insert(q);
    s.last_shown = show.last_seq;
    return;
  }
  const auto body = by_key_.find({key, show.seq});
  if (body == by_key_.end()) fail("nothing unsent", where + " is shown");
  if (!d.has.contains(body->second)) fail("shown means on disk", where + " is shown and not stored");
  if (!s.shown.insert(show.seq).second) fail("nothing twice", where + " is shown again");
  if (show.kind == core::DisplayStep::Kind::kLate) {
    const bool before = s.began_inside && show.seq < s.first_shown;
    if (s.holes.erase(show.seq) == 0 && !before) fail("order", where + " is late without a hole");
    return;
  }
  if (s.first_shown == 0) {
    s.first_shown = show.seq;
    s.began_inside = show.seq != s.last_shown + 1;
    // A stream may begin inside only where earlier messages may have been for others: a device that has just logged in,
    // a group joined later.
    const bool may = messages_.at(body->second).letter.to_group() || s.first_stored_at <= d.new_until + kSecond;
    if (s.began_inside && !may) fail("order", where + " is shown without what goes before it");
  } else if (show.seq != s.last_shown + 1) {
    fail("order", where + " is shown after " + std::to_string(s.last_shown));
  }
  s.last_shown = show.seq;
}

void Oracle::shown(int device, const Bytes& from, const Bytes& stream, const core::DisplayStep& show) {
  if (show.kind == core::DisplayStep::Kind::kHole) return;
  Stream& s = devices_.at(device).streams[{from, stream}];
  const std::string where =
      "device " + std::to_string(device) + ", stream " + stream + ", seq " + std::to_string(show.seq);
  if (!s.shown.contains(show.seq)) fail("shown means on disk", where + " is put on the screen before it is on disk");
  if (!s.on_screen.insert(show.seq).second) fail("nothing twice", where + " is put on the screen again");
}

Oracle::Copy Oracle::copy(int device) const {
  const Device& d = devices_.at(device);
  return {d.has, d.streams};
}

void Oracle::put_back(int device, const Copy& copy, const std::set<uint64_t>& refs) {
  Device& d = devices_.at(device);
  d.lost_has.insert(d.has.begin(), d.has.end());
  d.has = copy.has;
  d.streams = copy.streams;
  for (auto& [body, m] : messages_) {
    if (m.letter.device == device && !refs.contains(m.ref)) m.forgotten = true;
  }
}

bool Oracle::had(const Device& d, uint64_t body) {
  return d.has.contains(body) || d.lost_has.contains(body);
}

bool Oracle::still(int device, int64_t did) const {
  return devices_.at(device).did == did;
}

// Returns true when the message is queued for this device, which stays away.
bool Oracle::queued_for(const Letter& l, int64_t did) const {
  const auto uid = db_.uid_by_name.find(l.from);
  if (uid == db_.uid_by_name.end()) return false;
  const auto mid = db_.mid_by_identity.find({uid->second, l.key().stream, static_cast<int64_t>(l.seq)});
  return mid != db_.mid_by_identity.end() && db_.queue.contains({did, mid->second});
}

size_t Oracle::open_messages() const {
  return static_cast<size_t>(
      std::count_if(messages_.begin(), messages_.end(), [](const auto& e) { return e.second.open(); }));
}

// Returns true when the message is queued for a device that stays away, and no present device of the same user has it.
bool Oracle::waits_for_absent(const Message& m, const std::function<bool(int64_t did)>& away) const {
  return std::any_of(db_.queue.begin(), db_.queue.end(), [&](const auto& row) {
    const int64_t did = row.first.first;
    if (!away(did) || !queued_for(m.letter, did)) return false;
    const auto owner = db_.devices.find(did);
    if (owner == db_.devices.end()) return true;
    const std::string& user = db_.users.at(owner->second.uid).name;
    return std::none_of(devices_.begin(), devices_.end(), [&](const auto& d) {
      return d.second.user == user && d.second.did != 0 && !away(d.second.did) && d.second.has.contains(m.letter.body);
    });
  });
}

bool Oracle::only_quiet_open(int device) const {
  return std::all_of(messages_.begin(), messages_.end(), [&](const auto& e) {
    const Message& m = e.second;
    return m.letter.device != device || !m.open() ||
           (m.queued && contacts.ever_closed(m.letter.from, m.letter.to, m.sent_at));
  });
}

std::string Oracle::first_open(int device, const std::function<bool(int64_t did)>& away) const {
  const auto excused = [&](const Message& m) { return away && waits_for_absent(m, away); };
  for (const auto& [body, m] : messages_) {
    if (m.letter.device == device && m.open() && !excused(m))
      return text_of(m.letter) + " ref " + std::to_string(m.ref) + (m.queued ? ", queued" : "");
  }
  return "none";
}

void Oracle::check_message(const Message& m) const {
  if (!m.delivered && !m.failed) return;
  if (m.failed && !m.queued) return;
  // The message was sent again after the database had lost it, and was refused: its sender was told.
  if (m.failed && m.lost_row) return;
  // A block or a declined request dropped it, or its repetition was refused.
  if (!m.letter.to_group() && contacts.ever_closed(m.letter.from, m.letter.to, m.sent_at)) return;
  if (m.letter.to_group()) return check_group_message(m);
  size_t copies = 0;
  for (const auto& [number, d] : devices_) copies += d.user == m.letter.to && had(d, m.letter.body) ? 1 : 0;
  if (copies == 0 && m.letter.to != m.letter.from)
    fail("nothing lost", text_of(m.letter) + " was accepted and is nowhere");
  if (knobs_.tight_quota) return;  // a device that was full may have been left out
  for (const auto& [device, did] : m.required) {
    if (m.may_miss.contains(device)) continue;
    if (still(device, did) && !had(devices_.at(device), m.letter.body) && !queued_for(m.letter, did)) {
      fail("nothing lost", text_of(m.letter) + " was accepted and is not on device " + std::to_string(device));
    }
  }
}

// Allows a hole where the device was not registered, or the message was refused.
void Oracle::check_holes(int device, const Device& d) const {
  if (knobs_.tight_quota || d.removals > 0) return;
  for (const auto& [key, s] : d.streams) {
    for (const uint64_t seq : s.holes) {
      const auto body = by_key_.find({key, seq});
      if (body == by_key_.end()) fail("order", "a hole where nothing was sent");
      const Message& m = messages_.at(body->second);
      // The message is gone with the disk that a copy replaced: here, or at the sender before a server accepted it.
      if (d.lost_has.contains(body->second) || (m.forgotten && !m.queued && !m.delivered)) continue;
      if (!m.letter.to_group() && contacts.ever_closed(m.letter.from, m.letter.to, m.sent_at)) continue;
      const auto& whom = m.letter.to_group() ? m.must.value_or(m.required) : m.required;
      const bool required = std::any_of(whom.begin(), whom.end(),
                                        [&](const auto& r) { return r.first == device && still(device, r.second); });
      if (required && !m.failed && !m.may_miss.contains(device))
        fail("no hole stays", text_of(m.letter) + " is a hole on device " + std::to_string(device));
    }
  }
}

void Oracle::check_end() const {
  key_log.check_end();
  for (const auto& [body, m] : messages_) check_message(m);
  for (const auto& [number, d] : devices_) {
    check_holes(number, d);
    for (const auto& [key, s] : d.streams) {
      for (const uint64_t seq : s.shown) {
        const uint64_t body = by_key_.at({key, seq});
        if (!d.has.contains(body)) fail("shown means on disk", "at the end");
      }
    }
  }
}

}  // namespace fastchat::sim
