#include "common/json.h"

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

}  // namespace fastchat
