// The broker without sockets: signs users up, logs them in and assigns them to workers. A facade over the roster, the
// throttle, the links and the assignments. The engine takes frames, store replies and the time, and acts through Ports.
// Pure and single-threaded: no clock, no thread, no global, so the owner and the simulator run the same object. No
// message passes through the engine, and a restart loses nothing.
//
//   Engine engine(config, ports);
//   engine.on_client_frame(now_us, rid, key, address, bytes);   // and on_worker_frame, on_store_reply, on_client_gone
//   engine.tick(now_us);                                        // at engine.next_tick_us(), or earlier
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/assignments.h"
#include "broker/core/lanes.h"
#include "broker/core/links.h"
#include "broker/core/ports.h"
#include "broker/core/refusals.h"
#include "broker/core/roster.h"
#include "broker/core/store.h"
#include "broker/core/throttle.h"
#include "common/address_set.h"
#include "common/bytes.h"
#include "common/wire.h"

namespace fastchat::broker {

// Returns the stored form of an invite token: SHA-256 of a label and the token.
Bytes hash_invite(ByteView token);

struct EngineConfig {
  Bytes realm;                               // 16 bytes
  std::string agent;                         // program and version, at most 128 bytes
  v1::Registration registration = v1::OPEN;  // OPEN, INVITE or CLOSED
  Policy policy = Policy::kRoundRobin;
  int64_t max_devices = 20;              // of a user
  int64_t new_devices_an_hour = 10;      // of a user
  int64_t sign_ups_an_hour = 20;         // from an address
  AddressSet many_behind{};              // addresses that many people share: limits fifty times as high
  int64_t refusal_delay_us = 1'000'000;  // from a wrong or too frequent request to its answer
  v1::Strangers strangers = v1::ASK;     // of users who sign up with version 4; all others take
  Bytes log_key{};                       // of the log of keys, 32 bytes; empty: this server keeps none
};

class Engine {
 public:
  // At these limits, a request that needs the store is answered BUSY at once.
  static constexpr size_t kMaxPending = 4'096;
  static constexpr size_t kMaxPendingBytes = 64 << 20;
  // The most requests that one address (look-ups, sign-ups) or one user (all others) has waiting in a lane. Further
  // ones are answered BUSY.
  static constexpr size_t kShare = 64;
  static constexpr size_t kMaxFirstVault = 16 << 10;
  // Parts of its vault that a login may ask for, and the bytes on a link beyond which it gets no further ones.
  static constexpr size_t kPartsOfLogin = 2 * wire::kMaxVaultParts;
  static constexpr uint64_t kMaxUnsent = 2 << 20;

  // Login rates of one device and of one user: the burst, then one login per interval in microseconds.
  static constexpr int64_t kDeviceLogins = 120, kDeviceLoginEveryUs = 1'000'000;
  static constexpr int64_t kUserLogins = 240, kUserLoginEveryUs = 250'000;

  // Draws the broker's id from `ports`.
  Engine(EngineConfig config, Ports& ports);

  // Handles one frame of a client. `client_key`: 32 bytes, the CURVE key of this connection. `address`: the peer's IPv4
  // or IPv6 address without a port; may be empty.
  void on_client_frame(int64_t now_us, Rid rid, ByteView client_key, std::string_view address, ByteView frame);
  void on_client_gone(int64_t now_us, Rid rid);
  void on_worker_frame(int64_t now_us, Rid rid, ByteView frame);
  void on_store_reply(int64_t now_us, StoreReply&& reply);

  // Does everything that is due. next_tick_us() returns the next due time in us, INT64_MAX for never; cheap enough to
  // call every turn.
  void tick(int64_t now_us);
  int64_t next_tick_us() const;

  // Drops all links and workers after the program stood still (SIGSTOP, suspend), because they are out of date. Call it
  // before any other input.
  void on_overslept(int64_t now_us);

  // Answers requests with SHUTTING_DOWN from now on, and finishes those under way. quiet() is true when none is left.
  void begin_shutdown(int64_t now_us);
  bool quiet() const { return pending_.empty() && assignments_.size() == 0; }

  bool has_link(Rid rid) { return links_.find(rid) != nullptr; }
  size_t links() const { return links_.size(); }
  size_t throttled() const { return throttle_.size() + logins_.size() + sign_ups_.size(); }
  size_t store_waiting() const { return lanes_.waiting(); }
  const Roster& roster() const { return roster_; }
  uint64_t broker_id() const { return broker_id_; }

 private:
  enum class Mode { kServing, kShuttingDown };
  enum class Asked { kSignUp, kLogin, kLogInDevice, kPassword, kDelete, kParts };
  // A store request under way. Holds everything that its reply needs, because the client may be gone by then. A failed
  // login is counted even then.
  struct Pending {
    Asked asked = Asked::kSignUp;
    Waiter client;
    Bytes client_key;
    Applicant who;
    bool by_secret = false;
    Bytes proof;          // hash of auth or secret, neither of which is stored
    LogInDevice login;    // the device's data, as far as known
    size_t bytes = 0;     // of the request, when it is large
    bool rekeys = false;  // changes the user's key
  };
  using StoreBody = decltype(StoreReply::body);

  // engine_clients.cc
  void greet(int64_t now_us, Rid rid, ByteView client_key, std::string_view address, const v1::ClientFrame& in);
  void on_open_link(int64_t now_us, Link& link, Act act, v1::ClientFrame::BodyCase body, const wire::ClientIn& in);
  void sign_up(int64_t now_us, Link& link, const v1::ClientFrame& in);
  int64_t max_sign_ups(bool many) const { return config_.sign_ups_an_hour * (many ? Throttle::kManyBehind : 1); }
  bool many_behind(const Link& link) const { return config_.many_behind.contains(link.peer); }
  void on_signed_up(Link* link, const Pending& pending, const StoreBody& body);
  void deliver_outcomes();
  // Answers the request under way, if the client is still there.
  void answer(Link* link, LinkState next, v1::ServerFrame&& out);
  void refuse(Link* link, Code code, std::string_view text, uint64_t retry_after_ms = 0);
  // Refuses a wrong or too frequent request after the refusal delay. The link has a request under way until then.
  void refuse_later(int64_t now_us, Link* link, Code code, std::string_view text, uint64_t retry_after_ms = 0);
  void say_refusals(int64_t now_us);
  void answer_error(Rid rid, uint64_t request, Code code, std::string_view text, uint64_t retry_after_ms = 0);
  void close(Rid rid);
  // Asks the store through the lanes. `key`: the user or address whose turn the request takes; at most `most` of its
  // requests wait.
  void ask_store(const std::string& key, size_t most, Pending&& pending, decltype(StoreRequest::body)&& body);

  // engine_login.cc
  Applicant applicant(const Link& link, std::string_view user, ByteView device) const;
  void log_in(Link& link, const v1::ClientFrame& in);
  void on_login_row(int64_t now_us, Link* link, Pending&& pending, const StoreBody& body);
  Code verify(const Pending& pending, const LoginRow& row) const;
  void refuse_login(Link* link, const std::string& name, Code code);
  void on_logged_in(int64_t now_us, Link* link, const Pending& pending, StoreBody&& body);
  void too_many_devices(Link* link, const Pending& pending, const LoggedInDevice& row);
  void let_in(int64_t now_us, Link& link, const Pending& pending, LoggedInDevice&& row);
  // Begins a request for which the client proves the password once more. Returns false after a refusal.
  bool begin_change(int64_t now_us, Link& link, const v1::ClientFrame& in, Pending* pending);
  void change_password(int64_t now_us, Link& link, const v1::ClientFrame& in);
  void on_password(int64_t now_us, Link* link, const Pending& pending, const StoreBody& body);
  void delete_account(int64_t now_us, Link& link, const v1::ClientFrame& in);
  void on_deleted(int64_t now_us, Link* link, const Pending& pending, const StoreBody& body);

  // engine_parts.cc
  void read_parts(Link& link, const v1::ClientFrame& in);
  void on_parts(Link* link, StoreBody&& body);

  // engine.cc
  void on_register(int64_t now_us, Rid rid, const v1::Register& reg);
  void on_heartbeat(int64_t now_us, Rid rid, const v1::Heartbeat& beat);
  void send_peers(Rid except);
  // Appends all live workers as peers, for a worker of that version of the control protocol.
  void fill_peers(uint32_t version, google::protobuf::RepeatedPtrField<v1::Peer>* peers) const;

  EngineConfig config_;
  Ports& ports_;
  uint64_t broker_id_;
  Mode mode_ = Mode::kServing;
  Roster roster_;
  Throttle throttle_;
  Rates logins_;
  Rates sign_ups_;
  Links links_;
  Refusals refusals_;
  Lanes lanes_;
  Assignments assignments_;
  wire::ClientFrameParser parser_;
  std::unordered_map<uint64_t, Pending> pending_;
  size_t pending_bytes_ = 0;
  uint64_t last_request_ = 0;
};

}  // namespace fastchat::broker
