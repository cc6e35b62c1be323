// The addresses behind an endpoint tcp://HOST:PORT, of both families, looked up by the system without blocking. Has no
// callback: the waiting owner calls done() again, a few times a second or more often. Lives on one thread.
#pragma once

#include <netdb.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fastchat {

class Resolver {
 public:
  // Starts the look-up. An endpoint with an address, or a malformed one, is done at once.
  explicit Resolver(const std::string& endpoint);
  // Leaves a look-up under way to end in the system's own thread.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  bool done();
  // Returns, once done(), endpoints with an address in place of the name, each once, in the order of the system's
  // preference. Empty when the name has no address, or the endpoint is malformed.
  const std::vector<std::string>& endpoints() const { return endpoints_; }

 private:
  struct Asked;
  std::unique_ptr<Asked> asked_;  // under way
  std::vector<std::string> endpoints_;
};

// HOST and PORT of an endpoint, an IPv6 address without its brackets; empty for a malformed endpoint or a wildcard.
// Pure.
struct HostPort {
  std::string host, port;
};
HostPort split_endpoint(std::string_view endpoint);

// Returns the answer of getaddrinfo() as endpoints. Pure.
std::vector<std::string> endpoints_of(const addrinfo* list, std::string_view port);

// The outcome of an attempt to connect to an endpoint with an address. kRefused: the system at that address reports
// that no program listens there.
enum class Knock { kWaiting, kOpened, kRefused, kFailed };

// One attempt to connect, which the destructor gives up. Never blocks.
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
