// A small HTTP/1.0 responder for /metrics and /healthz on a loopback address, on the owner's loop. Accepts GET and HEAD
// only. A request is at most 4 KiB. At most 16 connections are open at once, each for at most 5 s: a slow or hostile
// reader takes one place for that time.
//
//   auto http = HttpServer::open(loop, "127.0.0.1:9100", [&](std::string_view path) -> HttpResponse {
//     if (path == "/metrics") return {200, metrics.render()};
//     if (path == "/healthz") return healthy ? HttpResponse{200, "ok\n"} : HttpResponse{503, "no database\n"};
//     return {404, "not found\n"};
//   });
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/loop.h"
#include "common/result.h"

namespace fastchat {

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain; version=0.0.4; charset=utf-8";
};

// Returns the error's text when `text`, the value of --metrics, is neither empty nor an address for HttpServer::open().
std::optional<std::string> wrong_metrics(const std::string& text);

class HttpServer {
 public:
  using Handler = std::function<HttpResponse(std::string_view path)>;

  // Opens the server. `address` is "127.x.y.z:port" or "[::1]:port" (port 0: any). Fails with kInternal, also for
  // another address. The loop outlives the server.
  static Result<std::unique_ptr<HttpServer>> open(Loop& loop, const std::string& address, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const { return port_; }

 private:
  struct Connection {
    std::string in, out;
    size_t written = 0;
    Loop::TimerId deadline = 0;
  };

  HttpServer(Loop& loop, int fd, uint16_t port, Handler handler);
  void accept_all();
  void ready(int fd);
  bool read_request(int fd, Connection& c);
  bool write_response(int fd, Connection& c);
  void close_connection(int fd);

  Loop& loop_;
  int fd_;
  uint16_t port_;
  Handler handler_;
  std::map<int, Connection> connections_;
};

// Returns the response to a complete request head ("GET /metrics HTTP/1.1\r\n..."), with status line and headers. Pure.
std::string http_answer(std::string_view head, const HttpServer::Handler& handler);

}  // namespace fastchat
