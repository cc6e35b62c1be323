// The head of an HTTP request. There is always one well-formed answer, its length is true, nothing of the request gets
// into its head, and the handler sees a path without a query, at most once.
#include "common/http.h"

#include <string>

#include "tests/fuzz/fuzz.h"

FC_FUZZ(http) {
  int asked = 0;
  const std::string answer = http_answer(input, [&](std::string_view path) -> HttpResponse {
    ++asked;
    FC_CHECK(path.starts_with('/') && path.find('?') == path.npos && input.find(path) != input.npos);
    FC_CHECK(path.find_first_of("\r\n") == path.npos);
    return path == "/metrics" ? HttpResponse{200, "fastchat 1\n"} : HttpResponse{404, "not found\n"};
  });
  FC_CHECK(asked <= 1 && answer.starts_with("HTTP/1.0 "));
  const size_t end = answer.find("\r\n\r\n");
  FC_CHECK(end != std::string::npos);
  const std::string head = answer.substr(0, end), body = answer.substr(end + 4);
  const bool is_head = input.starts_with("HEAD ");
  const size_t at = head.find("Content-Length: ");
  FC_CHECK(at != std::string::npos);
  const size_t length = std::stoul(head.substr(at + 16));
  FC_CHECK(body.size() == length || (is_head && body.empty() && length > 0));
  const std::string status = head.substr(9, 3);
  FC_CHECK((asked == 1) == (status == "200" || status == "404"));
  FC_CHECK(asked == 1 || status == "400" || status == "405");
  // Three headers and the status line, however the request looked.
  size_t lines = 1;
  for (size_t i = head.find("\r\n"); i != std::string::npos; i = head.find("\r\n", i + 2)) ++lines;
  FC_CHECK(lines == 4);
}
