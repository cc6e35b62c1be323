// FastChat's client link of PROTOCOL.md: hello and login at a broker, attach at the assigned worker, then traffic:
// sends, cumulative acknowledgements and receipts. Envelopes and the states of groups are opaque to the servers, so the
// driver seals and signs nothing.
#pragma once

#include <vector>

#include "bench/accounts.h"
#include "bench/driver.h"
#include "common/frames.h"
#include "common/wire.h"

namespace fastchat::bench {

// The identity of a user on the wire. A driver that plays several users changes it between logins.
struct Identity {
  std::string name;
  Bytes auth, device;
  Bytes public_key, blob, vault;  // of a sign-up; empty: random bytes of a real one's size
};

class FastchatEvents : public Events {
 public:
  // Receives the answer to an ask(), which may be an error.
  virtual void on_answer(Link& link, const v1::ServerFrame& frame) = 0;
};

class FastchatDriver final : public Driver {
 public:
  struct Config {
    InviteLine broker;
    int users = 0;  // numbers below this may log in
    size_t batch = wire::kMaxSendsPerFrame;
    size_t window = wire::kMaxInFlight;
    bool sign_up = false;  // login() makes the account and ends there
  };

  FastchatDriver(Hub& hub, Events& events, const Accounts& accounts, Config config);

  void login(Link& link) override;
  void logout(Link& link) override;
  void message(Link& from, int to, ByteView body) override;
  void make_group(Link& admin, Members members) override;
  void group_message(Link& from, Members members, ByteView body) override;
  void keep_alive(Link& link, uint64_t now) override;

  Identity& identity(int user) { return identities_[static_cast<size_t>(user)]; }
  // Sends a request in a session that is attached. Any number may be open; the answers have no order.
  void ask(Link& link, v1::ClientFrame frame);
  // Does the same as message(), to any user. Returns the number that on_receipt() reports.
  uint64_t send_to(Link& from, int to, ByteView body);
  void set_answers(FastchatEvents* events) { answers_ = events; }

  void on_frame(Link& link, ByteView frame) override;
  void on_flush(Link& link) override;
  void on_gone(Link& link) override;

 private:
  enum class Stage { kClosed, kHello, kSignUp, kLogIn, kAssigned, kAttach, kDraining, kLive };
  struct Session {
    Stage stage = Stage::kClosed;
    uint64_t epoch = 0;
    UpstreamWriter out;
    size_t sends = 0;  // in out
    uint64_t last_tag = 0, acked_tag = 0;
    uint64_t first_ref = 0, next_ref = 0;
    Bytes group;             // the id of the group that the link made
    std::vector<bool> open;  // sends without a confirmation, by ref modulo size; made at the first send
  };

  Session& session(const Link& link) { return sessions_[static_cast<size_t>(link.id)]; }
  void request(Link& link, v1::ClientFrame frame);
  void on_cold(Link& link, Session& s, const v1::ServerFrame& frame);
  void on_hello(Link& link, Session& s, const v1::HelloReply& hello);
  void sign_up(Link& link, Session& s);
  void attach(Link& link, Session& s, const v1::Assignment& assignment);
  void on_traffic(Link& link, Session& s, const wire::DownstreamView& in);
  static bool close(Session& s, uint64_t ref);
  uint32_t confirm(Session& s, const std::vector<uint64_t>& refs);
  uint32_t confirm_groups(Session& s, const std::vector<wire::GroupReceiptView>& receipts);
  uint64_t send(Link& from, const Addressee& to, uint32_t target, ByteView body);
  void report(Link& link, const std::vector<uint64_t>& refs, Events::Receipt receipt);
  void send_traffic(Link& link, Session& s);
  void lose(Link& link, const std::string& why);

  Hub& hub_;
  Events& events_;
  const Accounts& accounts_;
  const Config config_;
  std::string broker_endpoint_;
  FastchatEvents* answers_ = nullptr;
  std::vector<Identity> identities_;  // of users, by number
  std::vector<Session> sessions_;     // by number, too
  Bytes run_;                         // 8 random bytes, so that the streams of this run are new
  wire::ServerFrameParser parser_;
  Bytes stream_;
};

}  // namespace fastchat::bench
