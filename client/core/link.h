// The connection: broker, login, assignment, worker (PROTOCOL.md sections 3 and 4, the client's side). Pure; part of
// the Engine, with every effect through its Ports. One table in link.cc holds the states and the effect of each event.
// A broken link is not resumed: the next try begins at a broker, after a backoff. After an event that the table calls
// final (wrong password, superseded, untrusted key) the link reports the reason and stays ENDED until start().
#pragma once

#include <vector>

#include "client/core/config.h"
#include "client/core/latency.h"
#include "client/core/ports.h"
#include "proto/client.pb.h"

namespace fastchat::core {

enum class LinkEvent : uint8_t {
  kDue,    // the backoff is over
  kUp,     // the handshake completed
  kHello,  // the broker's hello, nothing to sign up
  kHelloSignUp,
  kSignedUp,
  kLoggedIn,
  kAssigned,
  kAssignedToChange,  // assigned, but the password is changed, or the account deleted, first
  kAssignedToFetch,   // assigned, but parts of the vault are fetched first
  kPasswordChanged,
  kAttached,
  kDrained,
  kRetry,  // lost, refused for now, timed out, or the peer broke the protocol
  kFinal,  // refused for good, or ended by the owner
};

class Link {
 public:
  // Request numbers of the link's own requests. The Engine's requests begin above.
  static constexpr uint64_t kHelloId = 1, kSignUpId = 2, kLogInId = 3, kAttachId = 4, kPingId = 5, kChangeId = 6,
                            kPartsId = 7, kFirstFree = 16;

  Link(const Config& config, Ports& ports) : config_(config), ports_(ports) {}

  void start(int64_t now, Credentials credentials);
  // Sends the change that Credentials::changes_password announced, once the broker has assigned a worker. Ignored when
  // the change was already sent or was not announced, and when the link was lost since the login of the change: the
  // next login has a change of its own.
  void change_password(int64_t now, PasswordChange change);
  // Asks for the end of the account, which Credentials::deletes_account announced, as change_password() does.
  void delete_account(int64_t now);
  // Waits for parts_done() once a worker is assigned. Ignored unless the login was just answered.
  void await_parts() { awaits_parts_ = state_ == LinkState::kAwaitingAssignment; }
  // Asks the broker for parts of the vault; Ports::reply() reports the answer to kPartsId. Ignored unless the link
  // waits for parts and no request is open.
  void get_parts(int64_t now, std::vector<Bytes> hashes);
  void parts_done(int64_t now);
  // Ends the link: sends bye when attached. The state is ENDED with `code` and `text`.
  void end(int64_t now, Code code, std::string text);
  void up(int64_t now);
  void down(int64_t now, LinkLoss loss);
  // Gives up this try. The next one begins after a backoff of at least `at_least_ms`.
  void retry(int64_t now, Code code, std::string text, int64_t at_least_ms = 0);
  // Handles a frame. Returns true when the frame was the link's own, whatever its effect.
  bool on_frame(int64_t now, uint64_t request, v1::ServerFrame& frame);
  void sent(int64_t now) {
    last_sent_ = now;
    if (unanswered_since_ == kNever) unanswered_since_ = now;
  }
  void heard() { ping_sent_ = unanswered_since_ = kNever; }
  // Runs the timers; returns the time of the next call.
  int64_t tick(int64_t now);

  LinkState state() const { return state_; }
  bool has_signals() const { return signals_; }  // as the last attach asked, valid while attached
  bool attached() const { return state_ == LinkState::kDraining || state_ == LinkState::kLive; }
  uint32_t worker_version() const { return worker_version_; }  // of the protocol, valid while attached
  uint32_t window() const { return window_; }                  // of the worker, valid while attached
  int64_t live_since() const { return live_since_; }           // kNever unless LIVE

  static constexpr int64_t kNever = INT64_MAX;

 private:
  // A broker or its database that stalled may serve a login this long (ms) after the client went elsewhere.
  static constexpr int64_t kOldLogin = 60'000;
  void ping(int64_t now);
  int64_t ping_at() const;
  void fire(int64_t now, LinkEvent event, LinkStatus status = {});
  void enter(int64_t now, LinkState next);
  void act_connect_broker(int64_t now);
  void send_first(int64_t now);
  void send_frame(int64_t now, v1::ClientFrame& frame);
  void say_bye(int64_t now);
  void send_sign_up(int64_t now);
  void send_log_in(int64_t now);
  void send_change(int64_t now);
  void secret_holds(const Bytes& secret);
  void schedule_retry(int64_t now, LinkStatus& status);
  void on_hello(int64_t now, const v1::HelloReply& hello);
  void on_logged_in(int64_t now, const v1::LoggedIn& in);
  void on_assignment(int64_t now, const v1::Assignment& assignment);
  void on_attached(int64_t now, const v1::Attached& attached);
  void on_password_changed(int64_t now, const v1::PasswordChanged& changed);
  void on_account_deleted(int64_t now);
  void on_parts(int64_t now, v1::ServerFrame& frame);
  void on_error(int64_t now, const v1::Error& error);
  // Returns true while the password is kept, because it is shown once more after the login.
  bool shows_again() const { return credentials_.changes_password || credentials_.deletes_account; }
  bool may_prepare_change() const {
    return state_ == LinkState::kAwaitingAssignment || state_ == LinkState::kFetchingVault ||
           state_ == LinkState::kChangingPassword;
  }
  LinkEvent after_assignment() const { return shows_again() ? LinkEvent::kAssignedToChange : LinkEvent::kAssigned; }
  bool try_next_secret(int64_t now);

  const Config& config_;
  Ports& ports_;
  LinkState state_ = LinkState::kEnded;
  Credentials credentials_;
  size_t secret_ = 0;  // index in credentials_.secrets of the secret being tried
  std::optional<PasswordChange> change_;
  bool deletion_ready_ = false;  // delete_account() was called
  bool change_sent_ = false;     // or the deletion
  bool awaits_parts_ = false;    // await_parts() was called, parts_done() was not
  bool parts_asked_ = false;     // and not answered
  Endpoint worker_;
  std::string worker_name_;
  Bytes log_key_;  // as the last broker told it
  bool signals_ = false;
  uint64_t session_epoch_ = 0, vault_version_ = 0;
  uint32_t window_ = 0;
  uint32_t broker_version_ = 0, worker_version_ = 0;  // protocol versions that they chose

  size_t broker_ = 0;          // index of the broker being tried
  size_t tried_ = 0;           // brokers tried in this round
  int attempt_ = 0;            // number of the backoff's next wait
  int failed_handshakes_ = 0;  // in a row, at brokers
  bool ever_up_ = false;       // a broker proved the pinned key in this run

  int64_t deadline_ = kNever;           // end of the state's wait; in OFFLINE the time of the next try
  int64_t lost_login_at_ = -kOldLogin;  // time of the last abandoned try whose login may still take effect
  int64_t attached_at_ = kNever, live_since_ = kNever;
  int64_t last_sent_ = 0, ping_sent_ = kNever;
  int64_t unanswered_since_ = kNever;  // time of the first frame sent since the last one received
  int64_t measure_at_ = kNever;        // the next measurement, while LIVE
  Latency latency_;
};

}  // namespace fastchat::core
