#include "common/resolver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace fastchat {
namespace {

constexpr std::string_view kTcp = "tcp://";

struct FreeList {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using List = std::unique_ptr<addrinfo, FreeList>;

addrinfo hints_for(int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  return hints;
}

// Returns null unless `host` is an address.
List numeric(const HostPort& at) {
  const addrinfo hints = hints_for(AI_NUMERICHOST);
  addrinfo* list = nullptr;
  if (at.port.empty() || getaddrinfo(at.host.c_str(), at.port.c_str(), &hints, &list) != 0) return nullptr;
  return List(list);
}

}  // namespace

struct Resolver::Asked {
  HostPort at;
  addrinfo hints = hints_for(0);
  gaicb request{};
};

Resolver::Resolver(const std::string& endpoint) {
  HostPort at = split_endpoint(endpoint);
  if (at.port.empty()) return;
  if (const List list = numeric(at)) {
    endpoints_ = endpoints_of(list.get(), at.port);
    return;
  }
  asked_ = std::make_unique<Asked>();
  asked_->at = std::move(at);
  asked_->request.ar_name = asked_->at.host.c_str();
  asked_->request.ar_service = asked_->at.port.c_str();
  asked_->request.ar_request = &asked_->hints;
  gaicb* requests[] = {&asked_->request};
  if (getaddrinfo_a(GAI_NOWAIT, requests, 1, nullptr) != 0) asked_.reset();
}

Resolver::~Resolver() {
  if (asked_ == nullptr || done()) return;
  // The system still writes into a request that it does not cancel. The request's memory must then stay.
  if (gai_cancel(&asked_->request) == EAI_NOTCANCELED) (void)asked_.release();
}

bool Resolver::done() {
  if (asked_ == nullptr) return true;
  const int code = gai_error(&asked_->request);
  if (code == EAI_INPROGRESS) return false;
  const List list(asked_->request.ar_result);
  if (code == 0) endpoints_ = endpoints_of(list.get(), asked_->at.port);
  asked_.reset();
  return true;
}

HostPort split_endpoint(std::string_view endpoint) {
  if (!endpoint.starts_with(kTcp)) return {};
  endpoint.remove_prefix(kTcp.size());
  const size_t colon = endpoint.rfind(':');
  if (colon == endpoint.npos) return {};
  std::string_view host = endpoint.substr(0, colon);
  const std::string_view port = endpoint.substr(colon + 1);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool digits = std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (host.empty() || host == "*" || port.empty() || port.size() > 5 || !digits) return {};
  if (!bracketed && host.find(':') != host.npos) return {};
  return {std::string(host), std::string(port)};
}

std::vector<std::string> endpoints_of(const addrinfo* list, std::string_view port) {
  std::vector<std::string> out;
  for (const addrinfo* a = list; a != nullptr; a = a->ai_next) {
    if (a->ai_family != AF_INET && a->ai_family != AF_INET6) continue;
    char host[NI_MAXHOST];
    if (getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0) continue;
    const std::string text = a->ai_family == AF_INET6 ? "[" + std::string(host) + "]" : std::string(host);
    std::string endpoint = std::string(kTcp) + text + ":" + std::string(port);
    if (std::find(out.begin(), out.end(), endpoint) == out.end()) out.push_back(std::move(endpoint));
  }
  return out;
}

Knocking::Knocking(const std::string& endpoint) {
  const List list = numeric(split_endpoint(endpoint));
  if (list == nullptr) return;
  fd_ = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return;
  const bool opened = connect(fd_, list->ai_addr, list->ai_addrlen) == 0;
  state_ = opened                  ? Knock::kOpened
           : errno == EINPROGRESS  ? Knock::kWaiting
           : errno == ECONNREFUSED ? Knock::kRefused
                                   : Knock::kFailed;
}

Knocking::~Knocking() {
  if (fd_ >= 0) close(fd_);
}

Knock Knocking::state() {
  pollfd poller{fd_, POLLOUT, 0};
  if (state_ != Knock::kWaiting || poll(&poller, 1, 0) <= 0) return state_;
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  state_ = error == 0 ? Knock::kOpened : error == ECONNREFUSED ? Knock::kRefused : Knock::kFailed;
  return state_;
}

}  // namespace fastchat
