#include "tests/sim/readers.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace fastchat::sim {
namespace {

using client::ChatMessage;
using client::MessageKind;

std::string words(int device) {
  return "device " + std::to_string(device);
}

// All that a person sees of a message, but for what is this device's own.
std::string picture(const ChatMessage& m) {
  std::string out = m.from + (m.deleted ? " deleted" : " " + m.text) + (m.edited ? " edited" : "");
  auto reactions = m.reactions;
  std::sort(reactions.begin(), reactions.end(), [](const auto& a, const auto& b) { return a.from < b.from; });
  for (const auto& r : reactions) out += " [" + r.from + ": " + r.emoji + "]";
  if (!m.poll) return out;
  for (const auto& option : m.poll->options) {
    out += " (" + option.text;
    for (const auto& voter : option.voters) out += " " + voter;
    out += ")";
  }
  return out;
}

// "m17.": what the text of a message begins with.
std::optional<uint64_t> token_in(std::string_view text) {
  const size_t at = text.find('m');
  uint64_t token = 0;
  if (at == std::string_view::npos) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + at + 1, text.data() + text.size(), token);
  if (error != std::errc() || end == text.data() + text.size() || *end != '.') return std::nullopt;
  return token;
}

}  // namespace

std::string Readers::text_of(uint64_t token, const std::string& more) {
  return "m" + std::to_string(token) + "." + more;
}

// Most are small; every seventh has several chunks.
Bytes Readers::file_content(uint64_t token) {
  Bytes out;
  const size_t size = token % 7 == 0 ? 300'000 + token * 1'000 % 400'000 : token * 97 % 5'000;
  while (out.size() < size) out += text_of(token, std::to_string(out.size()) + "\n");
  out.resize(size);
  return out;
}

// ---- devices

int64_t Readers::did_of(const Device& d) const {
  const auto user = db_.uid_by_name.find(d.user);
  if (user == db_.uid_by_name.end() || d.id.empty()) return 0;
  const auto did = db_.did_by_device.find({user->second, d.id});
  return did == db_.did_by_device.end() ? 0 : did->second;
}

void Readers::attached(int device, const Bytes& id) {
  devices_.at(device).id = id;
}

void Readers::put_back(int device) {
  Device& d = devices_.at(device);
  d.restored = true;
  d.told.clear();
  ++d.life;
}

bool Readers::in_it_since(const Bytes& id, const std::string& user, uint64_t epoch) const {
  const auto group = db_.groups.find(id);
  const auto uid = db_.uid_by_name.find(user);
  if (group == db_.groups.end() || uid == db_.uid_by_name.end() || !group->second.has(uid->second)) return false;
  return group->second.members.at(uid->second).back().since <= static_cast<int64_t>(epoch);
}

// ---- what people do

std::optional<uint64_t> Readers::token_of(const ChatMessage& line) const {
  const auto known = by_id_.find(line.id);
  if (known != by_id_.end()) return known->second;
  if (const auto token = token_in(line.file ? line.file->name : line.text)) return token;
  return std::nullopt;
}

Readers::Message* Readers::find(const std::string& id) {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : &messages_.at(it->second);
}

void Readers::will_say(uint64_t token, const std::string& to, const Bytes& group, uint64_t epoch) {
  Message& m = messages_[token];
  m.to = to;
  m.group = group;
  m.epoch = epoch;
}

void Readers::will_edit(const std::string& id, const std::string& text) {
  if (Message* m = find(id)) m->texts.insert(text);
}

void Readers::edited(int device, const std::string& id, const std::string& text) {
  Message* m = find(id);
  if (m == nullptr) return;
  m->last_edit = text;
  m->editors.insert(device);
  m->annotators.insert(device);
}

void Readers::erased(int device, const std::string& id) {
  Message* m = find(id);
  if (m == nullptr) return;
  m->erasers.insert(device);
  m->annotators.insert(device);
}

void Readers::annotated(int device, const std::string& id) {
  if (Message* m = find(id)) m->annotators.insert(device);
}

void Readers::marks_read(int device, const Lines& shown) {
  for (const auto& line : shown) {
    if (Message* m = find(line.id)) m->readers.insert(devices_.at(device).user);
  }
}

void Readers::fetched(int device, const std::string& id, const Result<std::string>& path) {
  const auto known = by_id_.find(id);
  if (known == by_id_.end()) fail("nothing unsent", words(device) + " fetches what nobody sent");
  const Message& m = messages_.at(known->second);
  if (path.ok()) return check_file(device, known->second, *path);
  const std::string file = "file " + std::to_string(known->second) + " on " + words(device);
  world_.trace([&] { return file + ": " + path.error().text; });
  // The server keeps a file for the devices that were registered when it was sent.
  const auto kept_for = [&](const auto& r) { return r.first == device && must_have(m, r.first, r.second); };
  const bool kept = std::any_of(m.required.begin(), m.required.end(), kept_for);
  if (path.code() == Code::kUnknownFile && kept && m.erasers.empty() && !may_repeat(m))
    fail("files are kept", file + " is gone: " + path.error().text);
  if (path.code() == Code::kLocalCrypto) fail("files are whole", file + " does not open");
}

void Readers::check_file(int device, uint64_t token, const std::string& path) const {
  std::ifstream in(path, std::ios::binary);
  const Bytes content{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (content != file_content(token))
    fail("files are whole", "file " + std::to_string(token) + " on " + words(device) + " is not what was sent");
}

// ---- what devices are told

void Readers::say(Message& m, int device, const ChatMessage& line) {
  const Device& from = devices_.at(device);
  m.author = from.user;
  m.device = device;
  m.life = from.life;
  m.order = ++last_order_;
  m.file = line.file.has_value();
  m.texts.insert(line.text);
  for (const auto& [number, d] : devices_) {
    const bool for_it =
        d.user == m.to || d.user == m.author || (!m.group.empty() && in_it_since(m.group, d.user, m.epoch));
    if (const int64_t did = did_of(d); for_it && did != 0) m.required.emplace_back(number, did);
  }
}

// A copy that was put back may go on with an upload that the lost profile ended.
bool Readers::may_repeat(const Message& m) const {
  return m.file && devices_.at(m.device).restored;
}

void Readers::told(int device, const ChatMessage& line) {
  if (!client::is_content(line.kind) || line.kind == MessageKind::kUnreadable) return;
  Device& d = devices_.at(device);
  const auto token = token_of(line);
  if (!token) return;  // deleted before it was read
  const auto said = messages_.find(*token);
  if (said == messages_.end()) fail("nothing unsent", words(device) + " is told of " + line.text);
  Message& m = said->second;
  if (line.ref != 0 && m.device < 0) say(m, device, line);
  if (m.device < 0) fail("nothing unsent", words(device) + " is told of " + line.text + " before it was said");
  by_id_[line.id] = *token;
  if (line.from != m.author) fail("nothing misattributed", line.text + " is said to be from " + line.from);
  const bool for_it = d.user == m.author || d.user == m.to || !m.group.empty();
  if (!for_it) fail("nothing misrouted", words(device) + " is told of " + line.text);
  if (!d.told.insert(*token).second && !may_repeat(m))
    fail("nothing twice", words(device) + " is told again of " + line.text);
}

void Readers::receipt(int device, const client::ReceiptEvent& e) {
  Message* m = find(e.id);
  if (m == nullptr || m->device != device || devices_.at(device).restored) return;
  const std::string text = "message " + std::to_string(by_id_.at(e.id)) + " of " + words(device);
  switch (e.state) {
    case client::MessageState::kQueued:
      m->accepted = true;
      break;
    case client::MessageState::kDelivered:
      m->accepted = m->delivered = true;
      break;
    case client::MessageState::kRead: {
      const bool by_all = m->group.empty() ? m->readers.contains(m->to) : m->readers.size() >= e.read;
      if (!by_all) fail("read means read", text + " is said to be read");
      break;
    }
    case client::MessageState::kFailed: {
      m->failed = true;
      const bool out = !m->group.empty() && !in_it_since(m->group, m->author, m->epoch);
      if (!out && !knobs_.tight_quota) fail("no false refusal", text + " failed: " + e.text);
      break;
    }
    default:
      break;
  }
}

void Readers::notice(int device, const client::Notice& n) const {
  world_.trace([&] { return words(device) + " is told: " + n.text; });
  const bool alarm = n.kind == client::Notice::Kind::kQuarantined || n.kind == client::Notice::Kind::kKeyChanged;
  // A copy that was put back may hold another message of the same identity.
  if (alarm && knobs_.copies == 0)
    fail("no false alarm", words(device) + " is told about " + n.peer.text() + ": " + n.text);
}

// ---- the end

bool Readers::follows(const Message& m, int device) const {
  const Device& d = devices_.at(device);
  if (d.removed || d.restored) return false;
  return m.group.empty() || in_it_since(m.group, d.user, m.epoch);
}

bool Readers::must_have(const Message& m, int device, int64_t did) const {
  return follows(m, device) && did_of(devices_.at(device)) == did;
}

void Readers::shows(int device, const Lines& lines) {
  Device& d = devices_.at(device);
  d.shows = true;
  for (const auto& line : lines) {
    const bool here = line.file && line.file->state == client::FileView::State::kHere;
    if (here && !line.mine) check_file(device, *token_of(line), line.file->path);
    if (line.kind == MessageKind::kUnreadable) fail("everything opens", words(device) + " shows: " + line.text);
    const auto token = token_of(line);
    if (!client::is_content(line.kind) || !token) continue;
    if (!messages_.contains(*token)) fail("nothing unsent", words(device) + " shows " + line.text);
    if (!d.shown.emplace(*token, line).second && !may_repeat(messages_.at(*token)))
      fail("nothing twice", words(device) + " shows message " + std::to_string(*token) + " twice");
  }
  check_order(device, lines);
}

// Checks that a conversation shows the messages of one process of the author's device in the order in which the process
// wrote them. In a group a message that missed a change is sealed again behind the others.
void Readers::check_order(int device, const Lines& lines) const {
  std::map<std::pair<int, uint64_t>, uint64_t> last;
  for (const auto& line : lines) {
    const auto token = token_of(line);
    if (!client::is_content(line.kind) || !token || line.late) continue;
    const Message& m = messages_.at(*token);
    if (!m.group.empty() || devices_.at(m.device).restored) continue;
    uint64_t& before = last[{m.device, m.life}];
    if (m.order < before) fail("order", words(device) + " shows " + line.text + " too late");
    before = m.order;
  }
}

void Readers::check_message(uint64_t token, const Message& m) const {
  const std::string text = "message " + std::to_string(token) + " of " + words(m.device) + " to " + m.to;
  const Device& author = devices_.at(m.device);
  const auto has = [&](int device) { return devices_.at(device).shown.contains(token); };
  if (author.shows && !author.removed && !author.restored && !has(m.device))
    fail("nothing lost", text + " is not on the device that sent it");
  if (!m.accepted || m.failed) return;
  if (knobs_.tight_quota) return;  // a device that was full may have been left out
  for (const auto& [device, did] : m.required) {
    if (devices_.at(device).shows && must_have(m, device, did) && !has(device))
      fail("nothing lost", text + " was accepted and is not on " + words(device));
  }
}

// Devices that have the message show the same, and what its author made of it.
void Readers::check_same(uint64_t token, const Message& m) const {
  const auto gone = [&](int device) {
    const Device& d = devices_.at(device);
    return d.removed || d.restored || (!m.group.empty() && !in_it_since(m.group, d.user, m.epoch));
  };
  if (knobs_.tight_quota || m.failed || std::any_of(m.annotators.begin(), m.annotators.end(), gone)) return;
  const ChatMessage* first = nullptr;
  int whose = 0;
  for (const auto& [device, did] : m.required) {
    const auto& shown = devices_.at(device).shown;
    const auto line = shown.find(token);
    if (!must_have(m, device, did) || line == shown.end()) continue;
    const ChatMessage& l = line->second;
    const std::string text = "message " + std::to_string(token) + " on " + words(device);
    if (!l.deleted && !m.file && !m.texts.contains(l.text) && !l.poll)
      fail("nothing unsent", text + " reads " + l.text);
    if (l.deleted != !m.erasers.empty())
      fail("everybody sees the same", text + (l.deleted ? " is" : " is not") + " deleted");
    if (!l.deleted && m.editors.size() == 1 && l.text != m.last_edit)
      fail("everybody sees the same", text + " reads " + l.text + " and was edited to " + m.last_edit);
    if (first != nullptr && picture(*first) != picture(l))
      fail("everybody sees the same", text + " is: " + picture(l) + "; on " + words(whose) + ": " + picture(*first));
    first = &l;
    whose = device;
  }
}

std::string Readers::summary() const {
  const auto count = [this](auto what) {
    return std::to_string(
        std::count_if(messages_.begin(), messages_.end(), [&](const auto& e) { return what(e.second); }));
  };
  return count([](const Message& m) { return m.device >= 0; }) + " messages, accepted " +
         count([](const Message& m) { return m.accepted; }) + ", delivered " +
         count([](const Message& m) { return m.delivered; }) + ", in groups " +
         count([](const Message& m) { return m.accepted && !m.group.empty(); }) + ", files " +
         count([](const Message& m) { return m.accepted && m.file; }) + ", edited " +
         count([](const Message& m) { return !m.editors.empty(); }) + ", deleted " +
         count([](const Message& m) { return !m.erasers.empty(); }) + ", otherwise annotated " +
         count([](const Message& m) { return !m.annotators.empty() && m.editors.empty() && m.erasers.empty(); });
}

void Readers::check_end() const {
  for (const auto& [token, m] : messages_) {
    if (m.device < 0) continue;
    check_message(token, m);
    check_same(token, m);
  }
}

}  // namespace fastchat::sim
