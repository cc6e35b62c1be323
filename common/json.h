// JSON, written and read: the only user of nlohmann's JSON library. Only json.cc includes the library, which takes
// seconds to compile.
//
// Json is one object, written on one line with its fields in the order added. Never throws: bytes that are not UTF-8
// become U+FFFD, a number that is not finite becomes 0. A moved-from object accepts only assignment.
//
//   Json().add("id", id).add_number("size", 3).add_bool("here", true).str()   ->   {"id":"ab","size":3,"here":true}
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"

namespace fastchat {

class Json {
 public:
  Json();
  ~Json();
  Json(Json&& other) noexcept;
  Json& operator=(Json&& other) noexcept;

  // Adds a field, or replaces the value of an existing key.
  Json& add(std::string_view key, std::string_view value);
  Json& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  Json& add(std::string_view key, const Json& value);
  template <std::integral T>
  Json& add_number(std::string_view key, T value) {
    return std::unsigned_integral<T> ? add_unsigned(key, static_cast<uint64_t>(value))
                                     : add_signed(key, static_cast<int64_t>(value));
  }
  // Adds a number, rounded to `decimals` digits behind the point.
  Json& add_decimal(std::string_view key, double value, int decimals = 3);
  Json& add_bool(std::string_view key, bool value);
  Json& add_list(std::string_view key, const std::vector<std::string>& values);
  Json& add_list(std::string_view key, const std::vector<Json>& values);

  std::string str() const;

 private:
  struct Value;
  Json& add_unsigned(std::string_view key, uint64_t value);
  Json& add_signed(std::string_view key, int64_t value);
  std::unique_ptr<Value> value_;
};

// Returns `text` as a quoted JSON string. Bytes that are not UTF-8 become U+FFFD.
std::string json_quoted(std::string_view text);

// A parsed value. Plain data; texts are UTF-8.
struct JsonValue {
  enum class Kind : uint8_t { kNull, kBool, kNumber, kText, kList, kObject };
  using Field = std::pair<std::string, JsonValue>;

  Kind kind = Kind::kNull;
  bool truth = false;
  std::string text;  // of a text, or the spelling of a number
  std::vector<JsonValue> items;
  std::vector<Field> fields;  // in the order read, no name twice

  // Returns the field of this name; null when there is none, or when the value is no object.
  const JsonValue* find(std::string_view name) const;
  bool is(Kind wanted) const { return kind == wanted; }
  // Returns a whole number that fits; nullopt for everything else.
  std::optional<int64_t> whole() const;
  // Returns the value on one line.
  std::string str() const;
};

// Reads one value and nothing behind it. `max_depth`: of nested lists and objects. Fails with kMalformed and one line
// of printable ASCII for text that is no JSON, bytes that are not UTF-8, a value that is too deep, or a name that
// appears twice in one object. Bounds neither the length of `text` nor the number of values: the caller bounds the
// length, which bounds the values.
Result<JsonValue> parse_json(std::string_view text, size_t max_depth = 16);

}  // namespace fastchat
