// The ZAP handler (ZeroMQ RFC 27). libzmq sends it a request for every CURVE handshake of every server socket of the
// context. One per context, made before any server socket, on the loop of the owner whose tables the policies read.
// libzmq sends the requests, so a malformed one is not expected. The handler still answers it with 400.
//
//   auto zap = ZapHandler::open(ctx);                          // Result<std::unique_ptr<ZapHandler>>
//   (*zap)->set_policy("clients", ZapHandler::admit_all());
//   (*zap)->set_policy("cluster", ZapHandler::admit_only(cluster.public_key));
//   (*zap)->run_on(loop);
//
// libzmq keeps a connection's pipe pair to the handler for as long as the connection lives: 10 kB that are used once.
// So the handler replaces a used socket every few seconds, and the pipes go with the old socket.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <zmq.hpp>

#include "common/bytes.h"
#include "common/result.h"

namespace fastchat {

class Loop;

struct ZapReply {
  std::string request_id;
  std::string status;  // "200", "400" or "500"
  std::string user_id;
};

class ZapHandler {
 public:
  // Returns the User-Id for every frame of this connection, or nullopt to refuse. `client_key` is 32 raw bytes,
  // `address` the peer's IP address. The User-Id is a C string: text without NUL (base64url of a key), at most 255
  // bytes.
  using Policy = std::function<std::optional<std::string>(ByteView client_key, std::string_view address)>;

  struct Counters {
    uint64_t admitted = 0;
    uint64_t refused = 0;  // by a policy, or a domain without one
    uint64_t malformed = 0;
  };

  // Opens the handler. Fails with kInternal when the context has a handler already.
  static Result<std::unique_ptr<ZapHandler>> open(zmq::context_t& ctx);

  void set_policy(std::string domain, Policy policy);

  // Admits every key. The User-Id is the key in base64url.
  static Policy admit_all();
  // Admits one key. The User-Id is "cluster".
  static Policy admit_only(Bytes key);

  // Answers from the loop, which must outlive the handler's last turn, and renews the socket.
  void run_on(Loop& loop);
  // Returns the socket for a poll of the caller's own, instead of run_on().
  zmq::socket_t& socket() { return *socket_; }
  // Answers waiting requests up to a budget. Returns true when more may wait (a Loop::SocketReady).
  bool serve() { return serve(*socket_); }
  // Replaces the socket by a new one, if it was used. Requests on their way to the old socket are still answered until
  // the next call.
  void renew();
  const Counters& counters() const { return counters_; }

  // Decides one request, frame by frame as received. Pure except for the policy and the counters.
  ZapReply decide(const std::vector<std::string>& frames);

 private:
  ZapHandler(zmq::context_t& ctx, std::unique_ptr<zmq::socket_t> socket) : ctx_(ctx), socket_(std::move(socket)) {}
  bool serve(zmq::socket_t& socket);
  void watch(zmq::socket_t& socket);
  void renew_later();

  zmq::context_t& ctx_;
  Loop* loop_ = nullptr;
  std::unique_ptr<zmq::socket_t> socket_, old_;
  uint64_t admitted_before_ = 0;
  bool trim_ = false;
  std::map<std::string, Policy, std::less<>> policies_;
  Counters counters_;
};

}  // namespace fastchat
