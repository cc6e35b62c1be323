// The addresses behind an endpoint tcp://HOST:PORT, of both families, looked up by the system without blocking. Nobody
// is called back: whoever waits asks done() again, a few times a second or more often. Lives on one thread.
#pragma once

#include <netdb.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fastchat {

class Resolver {
 public:
  // An endpoint that holds an address, or that is malformed, is done at once.
  explicit Resolver(const std::string& endpoint);
  // A look-up that is under way ends by itself, in the system's own thread.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  bool done();
  // Once done(): endpoints with an address in place of the name, each once, in the order of the system's preference.
  // Empty when the name has none, or the endpoint is malformed.
  const std::vector<std::string>& endpoints() const { return endpoints_; }

 private:
  struct Asked;
  std::unique_ptr<Asked> asked_;  // under way
  std::vector<std::string> endpoints_;
};

// HOST and PORT of an endpoint, an IPv6 address without its brackets; empty when it is malformed or a wildcard. Pure.
struct HostPort {
  std::string host, port;
};
HostPort split_endpoint(std::string_view endpoint);

// The answer of getaddrinfo() as endpoints. Pure.
std::vector<std::string> endpoints_of(const addrinfo* list, std::string_view port);

// The outcome of an attempt to connect to an endpoint with an address. kRefused: the system at that address says that
// nobody listens there.
enum class Knock { kWaiting, kOpened, kRefused, kFailed };

// One attempt to connect, given up when this goes. Never blocks.
class Knocking {
 public:
  explicit Knocking(const std::string& endpoint);
  ~Knocking();
  Knocking(const Knocking&) = delete;
  Knocking& operator=(const Knocking&) = delete;

  Knock state();

 private:
  int fd_ = -1;
  Knock state_ = Knock::kFailed;
};

}  // namespace fastchat
