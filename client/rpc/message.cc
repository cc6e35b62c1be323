#include "client/rpc/message.h"

#include <utility>

namespace fastchat::rpc {
namespace {

using Kind = JsonValue::Kind;

// Levels of nested values in a request. Every request of the protocol has fewer.
constexpr size_t kMaxDepth = 8;
constexpr size_t kMaxId = 256;  // bytes of an id, which every answer repeats

bool is_id(const JsonValue& id) {
  return (id.is(Kind::kText) || id.is(Kind::kNumber) || id.is(Kind::kNull)) && id.text.size() <= kMaxId;
}

bool is_version(const JsonValue* version) {
  return version != nullptr && version->is(Kind::kText) && version->text == "2.0";
}

}  // namespace

std::variant<Request, Fault> read_request(std::string_view line) {
  Result<JsonValue> value = parse_json(line, kMaxDepth);
  if (!value.ok()) return Fault{kParseError, value.error().text};
  if (value->is(Kind::kList)) return Fault{kInvalidRequest, "a list of requests is not taken: write one a line"};
  if (!value->is(Kind::kObject)) return Fault{kInvalidRequest, "a request is an object"};
  Request out;
  if (const JsonValue* id = value->find("id")) {
    if (!is_id(*id)) return Fault{kInvalidRequest, "an id is a text of at most 256 bytes, a number or null"};
    out.id = id->str();
  }
  const auto refuse = [&](int code, std::string text) {
    return Fault{code, std::move(text), out.id.empty() ? "null" : out.id};
  };
  if (!is_version(value->find("jsonrpc"))) return refuse(kInvalidRequest, "\"jsonrpc\" is not \"2.0\"");
  const JsonValue* method = value->find("method");
  if (method == nullptr || !method->is(Kind::kText)) return refuse(kInvalidRequest, "\"method\" is no text");
  for (const JsonValue::Field& field : value->fields) {
    if (field.first != "jsonrpc" && field.first != "id" && field.first != "method" && field.first != "params") {
      return refuse(kInvalidRequest, "a request has \"jsonrpc\", \"id\", \"method\" and \"params\" only");
    }
  }
  out.method = method->text;
  out.params.kind = Kind::kObject;
  if (const JsonValue* params = value->find("params")) {
    if (!params->is(Kind::kObject)) return refuse(kInvalidParams, "\"params\" is an object: values have names");
    out.params = *params;
  }
  return out;
}

std::string result_line(std::string_view id, std::string_view result) {
  std::string out = R"({"jsonrpc":"2.0","id":)";
  return out.append(id).append(",\"result\":").append(result).append("}");
}

std::string error_line(std::string_view id, int code, std::string_view text, std::string_view data) {
  std::string out = R"({"jsonrpc":"2.0","id":)";
  out.append(id).append(",\"error\":{\"code\":").append(std::to_string(code)).append(",\"message\":");
  out.append(json_quoted(text));
  if (!data.empty()) out.append(",\"data\":").append(data);
  return out.append("}}");
}

std::string request_line(std::string_view id, std::string_view method, std::string_view params) {
  std::string out = R"({"jsonrpc":"2.0","id":)";
  out.append(id).append(",\"method\":").append(json_quoted(method));
  return out.append(",\"params\":").append(params).append("}");
}

std::string notification_line(std::string_view method, std::string_view params) {
  std::string out = R"({"jsonrpc":"2.0","method":)";
  return out.append(json_quoted(method)).append(",\"params\":").append(params).append("}");
}

Result<Answer> read_answer(std::string_view line) {
  Result<JsonValue> value = parse_json(line, 2 * kMaxDepth);
  if (!value.ok()) return value.error();
  const Error none = err(Code::kMalformed, "no answer of JSON-RPC 2.0");
  if (!is_version(value->find("jsonrpc"))) return none;
  Answer out;
  if (const JsonValue* id = value->find("id")) out.id = id->str();
  if (const JsonValue* method = value->find("method")) {
    const JsonValue* params = value->find("params");
    if (!method->is(Kind::kText) || params == nullptr || !params->is(Kind::kObject)) return none;
    out.method = method->text;
    out.params = *params;
    return out;
  }
  if (const JsonValue* result = value->find("result")) {
    out.result = *result;
    return out;
  }
  const JsonValue* error = value->find("error");
  const JsonValue* code = error == nullptr ? nullptr : error->find("code");
  const JsonValue* text = error == nullptr ? nullptr : error->find("message");
  if (code == nullptr || !code->whole() || text == nullptr || !text->is(Kind::kText)) return none;
  out.code = static_cast<int>(*code->whole());
  out.text = text->text;
  if (const JsonValue* data = error->find("data")) out.data = *data;
  return out;
}

}  // namespace fastchat::rpc
