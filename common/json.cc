#include "common/json.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace fastchat {

using Tree = nlohmann::ordered_json;

struct Json::Value {
  Tree tree = Tree::object();

  Tree& at(std::string_view key) { return tree[std::string(key)]; }
};

Json::Json() : value_(std::make_unique<Value>()) {}
Json::~Json() = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(Json&& other) noexcept = default;

Json& Json::add(std::string_view key, std::string_view value) {
  value_->at(key) = value;
  return *this;
}

Json& Json::add(std::string_view key, const Json& value) {
  value_->at(key) = value.value_->tree;
  return *this;
}

Json& Json::add_unsigned(std::string_view key, uint64_t value) {
  value_->at(key) = value;
  return *this;
}

Json& Json::add_signed(std::string_view key, int64_t value) {
  value_->at(key) = value;
  return *this;
}

Json& Json::add_decimal(std::string_view key, double value, int decimals) {
  const double scale = std::pow(10.0, decimals);
  const double rounded = std::round(value * scale) / scale;
  value_->at(key) = std::isfinite(rounded) ? rounded : 0.0;
  return *this;
}

Json& Json::add_bool(std::string_view key, bool value) {
  value_->at(key) = value;
  return *this;
}

Json& Json::add_list(std::string_view key, const std::vector<std::string>& values) {
  value_->at(key) = values;
  return *this;
}

Json& Json::add_list(std::string_view key, const std::vector<Json>& values) {
  Tree& list = value_->at(key) = Tree::array();
  for (const Json& value : values) list.push_back(value.value_->tree);
  return *this;
}

std::string Json::str() const {
  return value_->tree.dump(-1, ' ', false, Tree::error_handler_t::replace);
}

std::string json_quoted(std::string_view text) {
  return Tree(text).dump(-1, ' ', false, Tree::error_handler_t::replace);
}

namespace {

// Builds a value from the parser's events. The parser has no recursion of its own, so max_depth only bounds the
// recursion of JsonValue's functions.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(JsonValue& root, size_t max_depth) : root_(root), max_depth_(max_depth) {}
  const std::string& fault() const { return fault_; }

  bool null() override { return add({}); }
  bool boolean(bool value) override {
    JsonValue out;
    out.kind = JsonValue::Kind::kBool;
    out.truth = value;
    return add(std::move(out));
  }
  bool number_integer(number_integer_t value) override { return number(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return number(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& spelling) override { return number(spelling); }
  bool string(string_t& value) override {
    JsonValue out;
    out.kind = JsonValue::Kind::kText;
    out.text = std::move(value);
    return add(std::move(out));
  }
  bool binary(binary_t&) override { return refuse("no JSON"); }
  bool start_object(std::size_t) override { return open(JsonValue::Kind::kObject); }
  bool start_array(std::size_t) override { return open(JsonValue::Kind::kList); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (open_.back()->find(name) != nullptr) return refuse("a name stands twice in one object");
    open_.back()->fields.emplace_back(std::move(name), JsonValue());
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return refuse("no JSON from byte " + std::to_string(position) + " on");
  }

 private:
  bool refuse(std::string why) {
    if (fault_.empty()) fault_ = std::move(why);
    return false;
  }
  bool number(std::string spelling) {
    JsonValue out;
    out.kind = JsonValue::Kind::kNumber;
    out.text = std::move(spelling);
    return add(std::move(out));
  }
  // Returns the place of the next value. A list grows only while it is the innermost open value, so addresses in open_
  // stay.
  JsonValue& place() {
    if (open_.empty()) return root_;
    JsonValue& in = *open_.back();
    return in.kind == JsonValue::Kind::kList ? in.items.emplace_back() : in.fields.back().second;
  }
  bool add(JsonValue value) {
    place() = std::move(value);
    return true;
  }
  bool open(JsonValue::Kind kind) {
    if (open_.size() == max_depth_) return refuse("more than " + std::to_string(max_depth_) + " levels");
    JsonValue& at = place();
    at.kind = kind;
    open_.push_back(&at);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  JsonValue& root_;
  const size_t max_depth_;
  std::vector<JsonValue*> open_;
  std::string fault_;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  for (const Field& field : fields) {
    if (field.first == name) return &field.second;
  }
  return nullptr;
}

std::optional<int64_t> JsonValue::whole() const {
  int64_t out = 0;
  const char* end = text.data() + text.size();
  if (kind != Kind::kNumber) return std::nullopt;
  const auto [at, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && at == end ? std::optional(out) : std::nullopt;
}

std::string JsonValue::str() const {
  std::string out;
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return truth ? "true" : "false";
    case Kind::kNumber:
      return text;
    case Kind::kText:
      return json_quoted(text);
    case Kind::kList:
      for (const JsonValue& item : items) out += (out.empty() ? "" : ",") + item.str();
      return "[" + out + "]";
    case Kind::kObject:
      for (const Field& f : fields) out += (out.empty() ? "" : ",") + json_quoted(f.first) + ":" + f.second.str();
      return "{" + out + "}";
  }
  return out;
}

Result<JsonValue> parse_json(std::string_view text, size_t max_depth) {
  // nlohmann's library treats a zero byte as the end of its input.
  if (text.find('\0') != std::string_view::npos) return err(Code::kMalformed, "no JSON: it has a zero byte");
  JsonValue root;
  Builder builder(root, max_depth);
  if (!nlohmann::json::sax_parse(text, &builder)) return err(Code::kMalformed, builder.fault());
  return root;
}

}  // namespace fastchat
