// The JSON parser. A parsed value writes to a text that parses to the same value. No value is deeper than allowed, and
// no name stands twice in an object. A refusal is one printable line.
#include "common/json.h"

#include <algorithm>
#include <set>

#include "tests/fuzz/fuzz.h"

namespace {

using fastchat::JsonValue;

size_t depth(const JsonValue& value) {
  size_t inside = 0;
  std::set<std::string_view> names;
  for (const JsonValue& item : value.items) inside = std::max(inside, depth(item));
  for (const JsonValue::Field& field : value.fields) {
    inside = std::max(inside, depth(field.second));
    FC_CHECK(names.insert(field.first).second && fastchat::valid_utf8(field.first));
  }
  FC_CHECK(fastchat::valid_utf8(value.text));
  return inside + (value.is(JsonValue::Kind::kList) || value.is(JsonValue::Kind::kObject) ? 1 : 0);
}

}  // namespace

FC_FUZZ(json) {
  constexpr size_t kDepth = 8;
  const Result<JsonValue> value = parse_json(input, kDepth);
  if (!value.ok()) {
    FC_CHECK(harmless(value.error().text) && !value.error().text.empty());
    return;
  }
  FC_CHECK(depth(*value) <= kDepth);
  const std::string written = value->str();
  FC_CHECK(written.find('\n') == std::string::npos);
  const Result<JsonValue> again = parse_json(written, kDepth);
  FC_CHECK(again.ok() && again->str() == written);
}
