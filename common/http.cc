#include "common/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "common/check.h"
#include "common/clock.h"

namespace fastchat {
namespace {

constexpr size_t kMaxRequest = 4096;
constexpr size_t kMaxConnections = 16;
constexpr int64_t kDeadlineUs = 5'000'000;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

std::optional<Address> parse_loopback(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data() + colon + 1, end, port);
  if (failed != std::errc() || stop != end) return std::nullopt;
  const std::string host = text.substr(0, colon);
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (host == "[::1]") {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    v6->sin6_addr = in6addr_loopback;
    address.size = sizeof *v6;
    return address;
  }
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) != 1 || ntohl(v4->sin_addr.s_addr) >> 24 != 127)
    return std::nullopt;
  v4->sin_family = AF_INET;
  v4->sin_port = htons(port);
  address.size = sizeof *v4;
  return address;
}

uint16_t bound_port(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  // The port is at the same offset in both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

const char* reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

std::string render(const HttpResponse& response, bool with_body) {
  return "HTTP/1.0 " + std::to_string(response.status) + " " + reason(response.status) +
         "\r\nContent-Type: " + response.content_type + "\r\nContent-Length: " + std::to_string(response.body.size()) +
         "\r\nConnection: close\r\n\r\n" + (with_body ? response.body : "");
}

}  // namespace

std::string http_answer(std::string_view head, const HttpServer::Handler& handler) {
  const std::string_view line = head.substr(0, head.find_first_of("\r\n"));
  const size_t first = line.find(' '), last = line.rfind(' ');
  if (first == line.npos || last == first || !line.substr(last + 1).starts_with("HTTP/1.")) {
    return render({400, "bad request\n"}, true);
  }
  const std::string_view method = line.substr(0, first);
  std::string_view path = line.substr(first + 1, last - first - 1);
  path = path.substr(0, path.find('?'));
  if (!path.starts_with('/')) return render({400, "bad request\n"}, true);
  if (method != "GET" && method != "HEAD") return render({405, "only GET and HEAD\n"}, true);
  return render(handler(path), method == "GET");
}

std::optional<std::string> wrong_metrics(const std::string& text) {
  if (text.empty() || parse_loopback(text)) return std::nullopt;
  return "--metrics must be a loopback address with a port (127.0.0.1:9100, [::1]:9100), not '" + text + "'";
}

Result<std::unique_ptr<HttpServer>> HttpServer::open(Loop& loop, const std::string& address, Handler handler) {
  const auto parsed = parse_loopback(address);
  if (!parsed)
    return err(Code::kInternal, address + " is not a loopback address with a port (127.0.0.1:9100, [::1]:9100)");
  const int fd = socket(parsed->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int yes = 1;
  const bool listening = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
                         bind(fd, reinterpret_cast<const sockaddr*>(&parsed->storage), parsed->size) == 0 &&
                         listen(fd, 16) == 0;
  if (!listening) {
    const std::string cause = std::strerror(errno);
    if (fd >= 0) close(fd);
    return err(Code::kInternal, "cannot listen on " + address + ": " + cause);
  }
  return std::unique_ptr<HttpServer>(new HttpServer(loop, fd, bound_port(fd), std::move(handler)));
}

HttpServer::HttpServer(Loop& loop, int fd, uint16_t port, Handler handler)
    : loop_(loop), fd_(fd), port_(port), handler_(std::move(handler)) {
  loop_.add_fd(fd_, POLLIN, [this](short) { accept_all(); });
}

HttpServer::~HttpServer() {
  while (!connections_.empty()) close_connection(connections_.begin()->first);
  loop_.remove_fd(fd_);
  close(fd_);
}

void HttpServer::accept_all() {
  for (;;) {
    const int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (connections_.size() >= kMaxConnections) {
      close(fd);
      continue;
    }
    Connection& c = connections_[fd];
    c.deadline = loop_.at(Clock::monotonic_us() + kDeadlineUs, [this, fd](int64_t) { close_connection(fd); });
    loop_.add_fd(fd, POLLIN, [this, fd](short) { ready(fd); });
  }
}

void HttpServer::ready(int fd) {
  Connection& c = connections_.at(fd);
  if (c.out.empty() && !read_request(fd, c)) return close_connection(fd);
  if (c.out.empty()) return;
  if (!write_response(fd, c)) return close_connection(fd);
  loop_.set_fd_events(fd, POLLOUT);
}

// Returns false when the connection must be closed.
bool HttpServer::read_request(int fd, Connection& c) {
  char buffer[1024];
  for (;;) {
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    c.in.append(buffer, static_cast<size_t>(got));
    if (c.in.find("\r\n\r\n") != c.in.npos || c.in.find("\n\n") != c.in.npos) {
      c.out = http_answer(c.in, handler_);
      return true;
    }
    if (c.in.size() > kMaxRequest) return false;
  }
}

// Returns true while bytes are left to write.
bool HttpServer::write_response(int fd, Connection& c) {
  while (c.written < c.out.size()) {
    const ssize_t sent = send(fd, c.out.data() + c.written, c.out.size() - c.written, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    c.written += static_cast<size_t>(sent);
  }
  shutdown(fd, SHUT_WR);
  return false;
}

void HttpServer::close_connection(int fd) {
  const auto found = connections_.find(fd);
  FC_CHECK(found != connections_.end());
  loop_.cancel(found->second.deadline);
  connections_.erase(found);
  loop_.remove_fd(fd);
  close(fd);
}

}  // namespace fastchat
