// One JSON object on one line, fields in the order given. Strings are escaped. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fastchat::bench {

class JsonLine {
 public:
  JsonLine& text(std::string_view key, std::string_view value);
  JsonLine& integer(std::string_view key, uint64_t value);
  JsonLine& number(std::string_view key, double value, int decimals = 3);  // not finite: 0

  std::string str() const { return "{" + fields_ + "}"; }

 private:
  void raw(std::string_view key, std::string_view value);
  std::string fields_;
};

}  // namespace fastchat::bench
