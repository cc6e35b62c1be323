#include "tests/sim/said.h"

#include <algorithm>
#include <charconv>

namespace fastchat::sim {
namespace {

using client::ChatMessage;

// Returns the token at the beginning of a message's text: "m17.".
std::optional<uint64_t> token_in(std::string_view text) {
  const size_t at = text.find('m');
  uint64_t token = 0;
  if (at == std::string_view::npos) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + at + 1, text.data() + text.size(), token);
  if (error != std::errc() || end == text.data() + text.size() || *end != '.') return std::nullopt;
  return token;
}

}  // namespace

std::string Said::text_of(uint64_t token, const std::string& more) {
  return "m" + std::to_string(token) + "." + more;
}

// Returns the bytes of a file. Most files are small; every seventh has several chunks.
Bytes Said::file_content(uint64_t token) {
  Bytes out;
  const size_t size = token % 7 == 0 ? 300'000 + token * 1'000 % 400'000 : token * 97 % 5'000;
  while (out.size() < size) out += text_of(token, std::to_string(out.size()) + "\n");
  out.resize(size);
  return out;
}

std::optional<uint64_t> Said::token_of(const ChatMessage& line) const {
  const auto known = by_id_.find(line.id);
  if (known != by_id_.end()) return known->second;
  if (const auto token = token_in(line.file ? line.file->name : line.text)) return token;
  return std::nullopt;
}

Said::Message* Said::find(const std::string& id) {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : &messages_.at(it->second);
}

Said::Message* Said::find(uint64_t token) {
  const auto it = messages_.find(token);
  return it == messages_.end() ? nullptr : &it->second;
}

Said::Message& Said::will_say(uint64_t token, const std::string& to, const Bytes& group, uint64_t epoch) {
  Message& m = messages_[token];
  m.token = token;
  m.to = to;
  m.group = group;
  m.epoch = epoch;
  m.greeting = greeting_;
  return m;
}

void Said::will_annotate(int device, const std::string& id) {
  if (Message* m = find(id)) m->annotates.insert(device);
}

void Said::annotation_ended(int device, const std::string& id) {
  if (Message* m = find(id)) m->annotates.erase(device);
}

void Said::died(int device) {
  for (auto& [token, m] : messages_) m.uncertain |= m.annotates.erase(device) > 0;
}

void Said::will_edit(const std::string& id, const std::string& text) {
  if (Message* m = find(id)) m->texts.insert(text);
}

void Said::edited(int device, const std::string& id, const std::string& text) {
  Message* m = find(id);
  if (m == nullptr) return;
  m->last_edit = text;
  m->editors.insert(device);
  m->annotators.insert(device);
}

void Said::erased(int device, const std::string& id) {
  Message* m = find(id);
  if (m == nullptr) return;
  m->erasers.insert(device);
  m->annotators.insert(device);
}

void Said::annotated(int device, const std::string& id) {
  if (Message* m = find(id)) m->annotators.insert(device);
}

void Said::marks_read(const std::string& user, const Lines& shown) {
  for (const auto& line : shown) {
    if (Message* m = find(line.id)) m->readers.insert(user);
  }
}

std::string Said::summary() const {
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

}  // namespace fastchat::sim
