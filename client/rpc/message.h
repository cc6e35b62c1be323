// JSON-RPC 2.0, one object a line: reads requests and answers, writes answers and notifications. Pure.
// docs/rpc.md describes the methods, the codes and the bounds.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/json.h"

namespace fastchat::rpc {

// Error codes, which never change. Codes above 0 are the exit statuses of the command line (docs/command-line.md).
inline constexpr int kParseError = -32700, kInvalidRequest = -32600, kUnknownMethod = -32601, kInvalidParams = -32602,
                     kTooMany = -32000, kTooLong = -32001, kSlowReader = -32002, kEnding = -32003;

struct Request {
  std::string id;  // as JSON: a text, a number or null; empty: a notification, which has no answer
  std::string method;
  JsonValue params;  // an object; empty when there was none
};

// The reason that a line is no request, and the id of the answer ("null" when the line has no readable id).
struct Fault {
  int code = kInvalidRequest;
  std::string text;  // one line
  std::string id = "null";
};

// Reads a request from `line`, which has no line feed. Refuses lists of requests (batches): one object a line.
std::variant<Request, Fault> read_request(std::string_view line);

// Each returns a line without a line feed. `id`, `result`, `params` and `data` are JSON.
std::string result_line(std::string_view id, std::string_view result);
std::string error_line(std::string_view id, int code, std::string_view text, std::string_view data = "");
std::string request_line(std::string_view id, std::string_view method, std::string_view params);
std::string notification_line(std::string_view method, std::string_view params);

// A line of a holder, as the caller reads it: an answer, or a notification, which has a method.
struct Answer {
  std::string id, method;
  std::optional<JsonValue> result;  // of an answer that is no error
  JsonValue params;                 // of a notification
  int code = 0;                     // of an error
  std::string text;
  JsonValue data;
};
// Reads a line of a holder. Fails with kMalformed for everything else.
Result<Answer> read_answer(std::string_view line);

}  // namespace fastchat::rpc
