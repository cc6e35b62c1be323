// One JSON object, written on one line with its fields in the order added. The one edge of nlohmann's JSON library,
// which only json.cc includes (it compiles for seconds). Never throws: bytes that are no UTF-8 become U+FFFD, a number
// that is not finite 0. A moved object takes nothing but a new value.
//
//   Json().add("id", id).add_number("size", 3).add_bool("here", true).str()   ->   {"id":"ab","size":3,"here":true}
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fastchat {

class Json {
 public:
  Json();
  ~Json();
  Json(Json&& other) noexcept;
  Json& operator=(Json&& other) noexcept;

  // A key that is there already gets the new value.
  Json& add(std::string_view key, std::string_view value);
  Json& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  Json& add(std::string_view key, const Json& value);
  template <std::integral T>
  Json& add_number(std::string_view key, T value) {
    return std::unsigned_integral<T> ? add_unsigned(key, static_cast<uint64_t>(value))
                                     : add_signed(key, static_cast<int64_t>(value));
  }
  // Rounded to so many digits behind the point.
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

}  // namespace fastchat
