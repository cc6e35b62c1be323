#include "client/tui/window/json_fields.h"

#include <charconv>

#include "client/e2e/sanitise.h"

namespace fastchat::tui {

void FieldWriter::add(std::string_view name, std::string_view value) {
  out_.append(out_.empty() ? "{\"" : ",\"").append(name).append("\":").append(value);
}

void FieldWriter::exact(std::string_view name, const std::string& text, size_t) {
  if (!text.empty()) add(name, json_quoted(text));
}

void FieldWriter::words(std::string_view name, const std::vector<std::string>& words, size_t) {
  std::string out;
  for (const std::string& word : words) out.append(out.empty() ? "[" : ",").append(json_quoted(word));
  if (!out.empty()) add(name, out + "]");
}

const JsonValue* FieldReader::find(std::string_view name, JsonValue::Kind kind) {
  const JsonValue* found = object_.find(name);
  if (found == nullptr) return nullptr;
  if (found->is(kind)) return found;
  fail();
  return nullptr;
}

void FieldReader::exact(std::string_view name, std::string& text, size_t max) {
  const JsonValue* found = find(name, JsonValue::Kind::kText);
  if (found == nullptr) return;
  if (found->text.size() > max) return fail();
  text = found->text;
}

void FieldReader::line(std::string_view name, std::string& text, size_t max) {
  exact(name, text, max);
  text = e2e::sanitise_line(text);
}

void FieldReader::shown(std::string_view name, std::string& text, size_t max) {
  exact(name, text, max);
  text = e2e::sanitise(text);
}

void FieldReader::flag(std::string_view name, bool& value) {
  if (const JsonValue* found = find(name, JsonValue::Kind::kBool)) value = found->truth;
}

void FieldReader::peer(std::string_view name, client::PeerName& peer) {
  std::string text;
  line(name, text, kMaxName);
  peer = client::PeerName(std::move(text));
}

void FieldReader::bytes(std::string_view name, Bytes& bytes, size_t max) {
  std::string text;
  exact(name, text, 2 * max);
  const auto read = from_hex(text);
  if (!read) return fail();
  bytes = *read;
}

void FieldReader::words(std::string_view name, std::vector<std::string>& words, size_t max) {
  const JsonValue* found = find(name, JsonValue::Kind::kList);
  if (found == nullptr) return;
  if (found->items.size() > max) return fail();
  for (const JsonValue& item : found->items) {
    if (!item.is(JsonValue::Kind::kText) || item.text.size() > kMaxPath) return fail();
    words.push_back(item.text);
  }
}

void FieldReader::lines(std::string_view name, std::vector<std::string>& lines, size_t max) {
  words(name, lines, max);
  for (std::string& line : lines) line = e2e::sanitise_line(line);
}

template <class T>
std::optional<T> FieldReader::whole(const std::string& text) {
  T out{};
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && at == end ? std::optional(out) : std::nullopt;
}

template std::optional<int> FieldReader::whole(const std::string&);
template std::optional<unsigned> FieldReader::whole(const std::string&);
template std::optional<long> FieldReader::whole(const std::string&);
template std::optional<unsigned long> FieldReader::whole(const std::string&);

}  // namespace fastchat::tui
