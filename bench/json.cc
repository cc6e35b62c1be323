#include "bench/json.h"

#include <cmath>
#include <cstdio>

namespace fastchat::bench {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

void JsonLine::raw(std::string_view key, std::string_view value) {
  if (!fields_.empty()) fields_ += ',';
  fields_ += quoted(key);
  fields_ += ':';
  fields_ += value;
}

JsonLine& JsonLine::text(std::string_view key, std::string_view value) {
  raw(key, quoted(value));
  return *this;
}

JsonLine& JsonLine::integer(std::string_view key, uint64_t value) {
  raw(key, std::to_string(value));
  return *this;
}

JsonLine& JsonLine::number(std::string_view key, double value, int decimals) {
  char digits[400];
  std::snprintf(digits, sizeof digits, "%.*f", decimals, std::isfinite(value) ? value : 0.0);
  raw(key, digits);
  return *this;
}

}  // namespace fastchat::bench
