#include "tests/sim/readers.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace fastchat::sim {
namespace {

using client::ChatMessage;
using client::MessageKind;

std::string words(int device) {
  return "device " + std::to_string(device);
}

// Returns everything that a person sees of a message, except the parts that belong to this device alone.
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

}  // namespace

// ---- actions of people

void Readers::fetched(int device, const std::string& id, const Result<std::string>& path) {
  const Message* const known = said_.find(id);
  if (known == nullptr) fail("nothing unsent", words(device) + " fetches what nobody sent");
  const Message& m = *known;
  if (path.ok()) return check_file(device, m.token, *path);
  const std::string file = "file " + std::to_string(m.token) + " on " + words(device);
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
  if (content != Said::file_content(token))
    fail("files are whole", "file " + std::to_string(token) + " on " + words(device) + " is not what was sent");
}

// ---- events at devices

void Readers::say(Message& m, int device, const ChatMessage& line) {
  const SessionDevice& from = devices_.at(device);
  m.author = from.user;
  m.device = device;
  m.life = from.life;
  m.file = line.file.has_value();
  m.texts.insert(line.text);
  for (const auto& [number, d] : devices_.all()) {
    const bool for_it =
        d.user == m.to || d.user == m.author || (!m.group.empty() && devices_.in_it_since(m.group, d.user, m.epoch));
    if (const int64_t did = devices_.did_of(d); for_it && did != 0 && (m.order != 0 || did <= m.last_did))
      m.required.emplace_back(number, did);
  }
}

// Returns true for a file of a device that was restored: the copy may go on with an upload that the lost profile ended.
bool Readers::may_repeat(const Message& m) const {
  return m.file && devices_.at(m.device).restored;
}

// Returns true for a message of the last life of a machine that died in a step, when nobody has seen the message yet.
bool Readers::unheard(const Message& m) const {
  return m.device < 0 && devices_.at(m.by).died && m.by_life < devices_.at(m.by).life;
}

Said::Message& Readers::heard(uint64_t token, int device, const ChatMessage& line) {
  Message* const m = said_.find(token);
  if (m == nullptr) fail("nothing unsent", words(device) + " has " + line.text);
  if (unheard(*m)) say(*m, m->by, line);
  if (m->device < 0) fail("nothing unsent", words(device) + " has " + line.text + " before it was said");
  said_.name(line.id, token);
  return *m;
}

void Readers::will_say(int device, Message& m) const {
  m.by = device;
  m.by_life = devices_.at(device).life;
  m.last_did = db_.last_did;
}

void Readers::sees(int device, const ChatMessage& line) {
  const auto token = said_.token_of(line);
  const Message* const m = token ? said_.find(*token) : nullptr;
  if (m != nullptr && unheard(*m)) heard(*token, device, line);
}

void Readers::told(int device, const ChatMessage& line) {
  if (!client::is_content(line.kind) || line.kind == MessageKind::kUnreadable) return;
  const SessionDevice& d = devices_.at(device);
  if (line.text == FalseKeys::forged_text()) return check_forged(device, line);
  const auto token = said_.token_of(line);
  if (!token) return;  // deleted before it was read
  if (Message* const m = said_.find(*token); m != nullptr && line.ref != 0 && m->device < 0) {
    m->order = ++last_order_;
    say(*m, device, line);
  }
  Message& m = heard(*token, device, line);
  if (line.from != m.author) fail("nothing misattributed", line.text + " is said to be from " + line.from);
  const bool for_it = d.user == m.author || d.user == m.to || !m.group.empty();
  if (!for_it) fail("nothing misrouted", words(device) + " is told of " + line.text);
  Screen& screen = screens_[device];
  if (std::exchange(screen.disk, d.restored) != d.restored) screen.told.clear();
  if (!screen.told.insert(*token).second && !may_repeat(m))
    fail("nothing twice", words(device) + " is told again of " + line.text);
}

void Readers::check_forged(int device, const ChatMessage& line) const {
  if (!keys_.accepted(devices_.at(device).user, line.from))
    fail("only of keys that were accepted", words(device) + " shows what the server forged, from " + line.from);
}

void Readers::receipt(int device, const client::ReceiptEvent& e) {
  Message* const m = said_.find(e.id);
  if (m == nullptr || m->device != device || devices_.at(device).restored) return;
  const std::string text = "message " + std::to_string(m->token) + " of " + words(device);
  switch (e.state) {
    case client::MessageState::kQueued:
      m->accepted = true;
      break;
    case client::MessageState::kDelivered:
      devices_.delivered(*m);
      break;
    case client::MessageState::kRead: {
      const bool by_all = m->group.empty() ? m->readers.contains(m->to) : m->readers.size() >= e.read;
      if (!by_all) fail("read means read", text + " is said to be read");
      break;
    }
    case client::MessageState::kFailed: {
      m->failed = true;
      const bool out = !m->group.empty() && !devices_.in_it_since(m->group, m->author, m->epoch);
      const bool asked = knobs_.judgements > 0 && !m->greeting;
      if (!out && !asked && !knobs_.tight_quota && !m->lost) fail("no false refusal", text + " failed: " + e.text);
      break;
    }
    default:
      break;
  }
}

void Readers::begins_with(int device, const Lines& lines) {
  for (const auto& line : lines) {
    const bool delivered = line.state == client::MessageState::kDelivered || line.state == client::MessageState::kRead;
    Message* const m = line.mine && delivered ? said_.find(line.id) : nullptr;
    if (m != nullptr && m->device == device && !m->delivered) devices_.delivered(*m);
  }
}

void Readers::notice(int device, const client::Notice& n) const {
  world_.trace([&] { return words(device) + " is told: " + n.text; });
  const bool alarm = n.kind == client::Notice::Kind::kQuarantined || n.kind == client::Notice::Kind::kKeyChanged;
  const std::string& user = devices_.at(device).user;
  if (keys_.warned(user, n.peer.text()) || keys_.between(user, n.peer.text())) return;
  // A restored copy may hold another message of the same identity.
  if (alarm && knobs_.copies == 0)
    fail("no false alarm", words(device) + " is told about " + n.peer.text() + ": " + n.text);
}

// ---- the end

bool Readers::follows(const Message& m, int device) const {
  const SessionDevice& d = devices_.at(device);
  if (d.removed || d.restored) return false;
  return m.group.empty() || devices_.in_it_since(m.group, d.user, m.epoch);
}

bool Readers::must_have(const Message& m, int device, int64_t did) const {
  return follows(m, device) && devices_.did_of(devices_.at(device)) == did;
}

void Readers::shows(int device, const Lines& lines) {
  Screen& screen = screens_[device];
  screen.shows = true;
  for (const auto& line : lines) {
    const bool here = line.file && line.file->state == client::FileView::State::kHere;
    if (here && !line.mine) check_file(device, *said_.token_of(line), line.file->path);
    if (line.kind == MessageKind::kUnreadable) fail("everything opens", words(device) + " shows: " + line.text);
    const auto token = said_.token_of(line);
    if (!client::is_content(line.kind) || !token) continue;
    const Message& m = heard(*token, device, line);
    if (!screen.shown.emplace(*token, line).second && !may_repeat(m))
      fail("nothing twice", words(device) + " shows message " + std::to_string(*token) + " twice");
  }
  check_order(device, lines);
}

// Checks that a conversation shows the messages of one process of the author's device in the order in which the process
// wrote them. In a group, a message that missed a change is sealed again behind the others.
void Readers::check_order(int device, const Lines& lines) const {
  std::map<std::pair<int, uint64_t>, uint64_t> last;
  for (const auto& line : lines) {
    const auto token = said_.token_of(line);
    if (!client::is_content(line.kind) || !token || line.late) continue;
    const Message& m = *said_.find(*token);
    if (!m.group.empty() || devices_.at(m.device).restored || m.order == 0) continue;
    uint64_t& before = last[{m.device, m.life}];
    if (m.order < before) fail("order", words(device) + " shows " + line.text + " too late");
    before = m.order;
  }
}

void Readers::check_message(uint64_t token, const Message& m) const {
  const std::string text = "message " + std::to_string(token) + " of " + words(m.device) + " to " + m.to;
  const SessionDevice& author = devices_.at(m.device);
  const auto shows = [this](int device) { return screens_.contains(device) && screens_.at(device).shows; };
  const auto has = [&](int device) { return screens_.at(device).shown.contains(token); };
  if (shows(m.device) && !author.removed && !author.restored && !has(m.device))
    fail("nothing lost", text + " is not on the device that sent it");
  if (!m.accepted || m.failed) return;
  if (knobs_.tight_quota || deceived(m)) return;  // a device that was full may have been left out
  for (const auto& [device, did] : m.required) {
    // A device that was removed sends nothing again.
    if (m.may_miss.contains(device) || (author.removed && m.lost_for.contains(device))) continue;
    if (shows(device) && must_have(m, device, did) && !has(device))
      fail("nothing lost", text + " was accepted and is not on " + words(device));
  }
}

// Checks that devices that have the message show the same, with the changes of its author.
void Readers::check_same(uint64_t token, const Message& m) const {
  const auto gone = [&](int device) {
    const SessionDevice& d = devices_.at(device);
    return d.removed || d.restored || (!m.group.empty() && !devices_.in_it_since(m.group, d.user, m.epoch));
  };
  if (knobs_.tight_quota || m.failed || deceived(m) || std::any_of(m.annotators.begin(), m.annotators.end(), gone))
    return;
  const ChatMessage* first = nullptr;
  int whose = 0;
  for (const auto& [device, did] : m.required) {
    const auto screen = screens_.find(device);
    if (!must_have(m, device, did) || screen == screens_.end() || devices_.at(device).missed) continue;
    const auto line = screen->second.shown.find(token);
    if (line == screen->second.shown.end()) continue;
    const ChatMessage& l = line->second;
    const std::string text = "message " + std::to_string(token) + " on " + words(device);
    if (!l.deleted && !m.file && !m.texts.contains(l.text) && !l.poll)
      fail("nothing unsent", text + " reads " + l.text);
    if (!m.uncertain && l.deleted != !m.erasers.empty())
      fail("everybody sees the same", text + (l.deleted ? " is" : " is not") + " deleted");
    if (!m.uncertain && !l.deleted && m.editors.size() == 1 && l.text != m.last_edit)
      fail("everybody sees the same", text + " reads " + l.text + " and was edited to " + m.last_edit);
    if (first != nullptr && picture(*first) != picture(l))
      fail("everybody sees the same", text + " is: " + picture(l) + "; on " + words(whose) + ": " + picture(*first));
    first = &l;
    whose = device;
  }
}

void Readers::check_end() const {
  for (const auto& [token, m] : said_.all()) {
    if (m.device < 0) continue;
    check_message(token, m);
    check_same(token, m);
  }
}

}  // namespace fastchat::sim
