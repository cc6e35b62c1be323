// Writes and reads values that pass between a holder and its windows, as JSON. A function fields(archive, value) names
// the fields of a type once for both (fields.h). The reader trusts nothing: texts, numbers and lists have bounds, and
// texts that are drawn are sanitised once more. Pure.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "client/runtime/peer_name.h"
#include "common/bytes.h"
#include "common/json.h"
#include "common/result.h"

namespace fastchat::tui {

inline constexpr size_t kMaxName = 1024;           // bytes: of a name, an id, an address
inline constexpr size_t kMaxPath = 16 * 1024;      // bytes
inline constexpr size_t kMaxWritten = 256 * 1024;  // bytes of a text, a setting
inline constexpr size_t kMaxItems = 200'000;       // items of a list

// Writes one object.
class FieldWriter {
 public:
  static constexpr bool kReads = false;

  void exact(std::string_view name, const std::string& text, size_t = kMaxWritten);
  void line(std::string_view name, const std::string& text, size_t max = kMaxWritten) { exact(name, text, max); }
  void shown(std::string_view name, const std::string& text, size_t max = kMaxWritten) { exact(name, text, max); }
  void flag(std::string_view name, bool value) { add(name, value ? "true" : "false"); }
  template <std::integral T>
  void number(std::string_view name, T value, T = std::numeric_limits<T>::min(), T = std::numeric_limits<T>::max()) {
    add(name, std::to_string(value));
  }
  template <class E>
  void choice(std::string_view name, E value, E) {
    number(name, static_cast<int64_t>(value));
  }
  void peer(std::string_view name, const client::PeerName& peer) { exact(name, peer.text()); }
  void bytes(std::string_view name, const Bytes& bytes, size_t) { exact(name, to_hex(bytes)); }
  void words(std::string_view name, const std::vector<std::string>& words, size_t);
  void lines(std::string_view name, const std::vector<std::string>& lines, size_t max) { words(name, lines, max); }
  template <class T>
  void object(std::string_view name, const T& value) {
    FieldWriter inner;
    fields(inner, value);
    add(name, inner.str());
  }
  template <class T>
  void maybe(std::string_view name, const std::optional<T>& value) {
    if (value) object(name, *value);
  }
  template <class T>
  void list(std::string_view name, const std::vector<T>& values, size_t = kMaxItems) {
    std::string out;
    for (const T& value : values) {
      FieldWriter inner;
      fields(inner, value);
      out.append(out.empty() ? "[" : ",").append(inner.str());
    }
    if (!out.empty()) add(name, out + "]");
  }

  std::string str() const { return out_.empty() ? "{}" : out_ + "}"; }

 private:
  void add(std::string_view name, std::string_view value);
  std::string out_;
};

// Reads one object. A missing field keeps its value. A wrong field makes the whole object wrong: ok() is false.
class FieldReader {
 public:
  static constexpr bool kReads = true;
  explicit FieldReader(const JsonValue& object) : object_(object), ok_(object.is(JsonValue::Kind::kObject)) {}

  // Reads a text as it is: a path, a setting, a name that is sent.
  void exact(std::string_view name, std::string& text, size_t max = kMaxWritten);
  // Read a text to be drawn: of one line, and of several.
  void line(std::string_view name, std::string& text, size_t max = kMaxWritten);
  void shown(std::string_view name, std::string& text, size_t max = kMaxWritten);
  void flag(std::string_view name, bool& value);
  template <std::integral T>
  void number(std::string_view name, T& value, T low = std::numeric_limits<T>::min(),
              T high = std::numeric_limits<T>::max()) {
    const JsonValue* found = find(name, JsonValue::Kind::kNumber);
    if (found == nullptr) return;
    const std::optional<T> read = whole<T>(found->text);
    if (!read || *read < low || *read > high) return fail();
    value = *read;
  }
  // Reads an enumeration. `last`: its largest value.
  template <class E>
  void choice(std::string_view name, E& value, E last) {
    auto number = static_cast<int64_t>(value);
    this->number(name, number, int64_t{0}, static_cast<int64_t>(last));
    value = static_cast<E>(number);
  }
  void peer(std::string_view name, client::PeerName& peer);
  void bytes(std::string_view name, Bytes& bytes, size_t max);
  // Read texts as they are, and texts of one line to be drawn.
  void words(std::string_view name, std::vector<std::string>& words, size_t max);
  void lines(std::string_view name, std::vector<std::string>& lines, size_t max);
  template <class T>
  void object(std::string_view name, T& value) {
    if (const JsonValue* found = find(name, JsonValue::Kind::kObject)) read(*found, value);
  }
  template <class T>
  void maybe(std::string_view name, std::optional<T>& value) {
    if (const JsonValue* found = find(name, JsonValue::Kind::kObject)) read(*found, value.emplace());
  }
  template <class T>
  void list(std::string_view name, std::vector<T>& values, size_t max = kMaxItems) {
    const JsonValue* found = find(name, JsonValue::Kind::kList);
    if (found == nullptr) return;
    if (found->items.size() > max) return fail();
    values.reserve(found->items.size());
    for (const JsonValue& item : found->items) read(item, values.emplace_back());
  }

  bool ok() const { return ok_; }
  void fail() { ok_ = false; }

 private:
  template <class T>
  void read(const JsonValue& from, T& value) {
    FieldReader inner(from);
    fields(inner, value);
    ok_ = ok_ && inner.ok();
  }
  template <class T>
  static std::optional<T> whole(const std::string& text);
  // Returns the field of this name, or null when it is missing. A field of another kind is wrong.
  const JsonValue* find(std::string_view name, JsonValue::Kind kind);

  const JsonValue& object_;
  bool ok_;
};

// Writes a value as one JSON object.
template <class T>
std::string write_fields(const T& value) {
  FieldWriter writer;
  fields(writer, value);
  return writer.str();
}

// Reads a value. Fails with kMalformed when a field is wrong.
template <class T>
Result<T> read_fields(const JsonValue& from) {
  T value;
  FieldReader reader(from);
  fields(reader, value);
  if (!reader.ok()) return err(Code::kMalformed, "a field is missing or has another kind");
  return value;
}

}  // namespace fastchat::tui
