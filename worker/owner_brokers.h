// A worker's path to one broker: a DEALER, connected to one address of the broker's endpoint after the other while the
// broker is silent, and a check whether anybody listens there at all. Lives on the owner's loop; never blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "common/resolver.h"
#include "common/result.h"

namespace fastchat::worker {

class BrokerPath {
 public:
  // Opens a path. Fails with kLocalUsage when `endpoint` is not tcp://HOST:PORT.
  static Result<std::unique_ptr<BrokerPath>> open(zmq::socket_t socket, std::string endpoint, int64_t now);

  zmq::socket_t& socket() { return socket_; }
  const std::string& endpoint() const { return endpoint_; }

  // Called once a turn. `heard`: the broker answers. Returns the time when every address was tried, if all of them have
  // just refused because nobody listens; else 0.
  int64_t tick(int64_t now, bool heard);
  // Returns the time of the next tick() at the latest.
  int64_t next_tick(int64_t now) const;

 private:
  BrokerPath(zmq::socket_t socket, std::string endpoint) : socket_(std::move(socket)), endpoint_(std::move(endpoint)) {}
  void take_names();
  void try_next(int64_t now);
  void connect(const std::string& address);
  int64_t knock(int64_t now);

  zmq::socket_t socket_;
  std::string endpoint_;
  std::unique_ptr<Resolver> names_;  // set while the name is looked up
  std::vector<std::string> addresses_;
  std::string connected_;  // the address in use
  int64_t next_address_at_ = 0;
  std::vector<std::unique_ptr<Knocking>> knocks_;
  int64_t knocked_at_ = 0, knock_at_ = 0;
};

}  // namespace fastchat::worker
