#include "client/core/link.h"

#include <algorithm>
#include <utility>

#include "client/core/backoff.h"
#include "common/codes.h"
#include "common/wire.h"

namespace fastchat::core {
namespace {

using S = LinkState;
using E = LinkEvent;

struct Row {
  S state;
  E event;
  S next;
};

// Unlisted transitions: kRetry leads to OFFLINE and kFinal to ENDED, from every state but ENDED. Any other unlisted
// event means that the peer broke the protocol, and counts as kRetry.
constexpr Row kTable[] = {
    {S::kOffline, E::kDue, S::kBrokerHello},
    {S::kBrokerHello, E::kUp, S::kBrokerHello},
    {S::kBrokerHello, E::kHello, S::kLoggingIn},
    {S::kBrokerHello, E::kHelloSignUp, S::kSigningUp},
    {S::kSigningUp, E::kSignedUp, S::kLoggingIn},
    {S::kLoggingIn, E::kLoggedIn, S::kAwaitingAssignment},
    {S::kAwaitingAssignment, E::kAssigned, S::kAttaching},
    {S::kAwaitingAssignment, E::kAssignedToChange, S::kChangingPassword},
    {S::kAwaitingAssignment, E::kAssignedToFetch, S::kFetchingVault},
    {S::kFetchingVault, E::kAssigned, S::kAttaching},
    {S::kFetchingVault, E::kAssignedToChange, S::kChangingPassword},
    {S::kChangingPassword, E::kPasswordChanged, S::kAttaching},
    {S::kAttaching, E::kUp, S::kAttaching},
    {S::kAttaching, E::kAttached, S::kDraining},
    {S::kDraining, E::kDrained, S::kLive},
    {S::kLive, E::kDrained, S::kLive},
};

const Row* find_row(S state, E event) {
  for (const Row& row : kTable) {
    if (row.state == state && row.event == event) return &row;
  }
  return nullptr;
}

}  // namespace

const char* name(LinkState state) {
  static constexpr const char* kNames[] = {"offline",
                                           "connecting",
                                           "signing up",
                                           "logging in",
                                           "waiting for a worker",
                                           "fetching the vault",
                                           "changing the account",
                                           "attaching",
                                           "catching up",
                                           "live",
                                           "ended"};
  return kNames[static_cast<size_t>(state)];
}

void Link::start(int64_t now, Credentials credentials) {
  FC_CHECK(!config_.brokers.empty());
  if (attached()) say_bye(now);
  credentials_ = std::move(credentials);
  change_.reset();
  deletion_ready_ = false;
  change_sent_ = awaits_parts_ = parts_asked_ = false;
  attempt_ = 0;
  failed_handshakes_ = 0;
  tried_ = 0;
  state_ = S::kOffline;
  fire(now, E::kDue);
}

void Link::end(int64_t now, Code code, std::string text) {
  if (state_ == S::kEnded) return;
  if (attached()) say_bye(now);
  LinkStatus status;
  status.code = code;
  status.text = std::move(text);
  fire(now, E::kFinal, std::move(status));
}

void Link::say_bye(int64_t now) {
  v1::ClientFrame bye;
  bye.mutable_bye();
  send_frame(now, bye);
}

void Link::up(int64_t now) {
  if (state_ == S::kBrokerHello) {
    ever_up_ = true;
    failed_handshakes_ = 0;
  }
  fire(now, E::kUp);
}

void Link::down(int64_t now, LinkLoss loss) {
  if (state_ == S::kEnded || state_ == S::kOffline) return;
  const bool at_broker = state_ != S::kAttaching && !attached();
  if (loss == LinkLoss::kHandshake && state_ == S::kBrokerHello) {
    ++failed_handshakes_;
    // Once a broker has proved the key, a failed handshake means a restarting server, not another key.
    if (!ever_up_ && failed_handshakes_ >= config_.untrusted_after) {
      // A server that refuses connections from this address for a while looks the same.
      end(now, Code::kLocalUntrustedKey,
          "the server did not prove the key that the invite line names, or refuses connections from this address for a "
          "minute");
      return;
    }
  }
  const std::string who = at_broker ? "the server" : "worker " + worker_name_ + " at " + worker_.address;
  const char* what = loss == LinkLoss::kUnreachable ? " cannot be reached"
                     : loss == LinkLoss::kHandshake ? " did not complete the handshake"
                                                    : " closed the link";
  retry(now, Code::kLocalUnreachable, who + what);
}

void Link::retry(int64_t now, Code code, std::string text, int64_t at_least_ms) {
  LinkStatus status;
  status.code = code;
  status.text = std::move(text);
  status.retry_after_ms = at_least_ms;
  fire(now, E::kRetry, std::move(status));
}

void Link::fire(int64_t now, LinkEvent event, LinkStatus status) {
  if (state_ == S::kEnded) return;
  const Row* row = find_row(state_, event);
  S next = S::kOffline;
  if (row != nullptr) {
    next = row->next;
  } else if (event == E::kFinal) {
    next = S::kEnded;
  } else if (state_ == S::kOffline) {
    return;  // late event of a closed link
  } else if (event != E::kRetry) {
    status.code = Code::kMalformed;
    status.text = "the server broke the protocol";
  }
  const bool same = row != nullptr && next == state_;
  if (event == E::kUp) send_first(now);
  if (same) return;
  if (next == S::kOffline) schedule_retry(now, status);
  enter(now, next);
  status.worker = worker_name_;
  status.session_epoch = session_epoch_;
  if (next == S::kDraining) {
    status.vault_version = vault_version_;
    status.log_key = log_key_;
  }
  ports_.link_changed(next, status);
}

// Enters a state: sets its deadline and starts the action that leads to the next state.
void Link::enter(int64_t now, LinkState next) {
  state_ = next;
  live_since_ = next == S::kLive ? now : kNever;
  measure_at_ = config_.measure_every_ms > 0 ? live_since_ : kNever;
  switch (next) {
    case S::kOffline:
    case S::kEnded:
      if (next == S::kEnded) deadline_ = kNever;
      attached_at_ = kNever;
      ping_sent_ = unanswered_since_ = kNever;
      worker_name_.clear();
      ports_.close();
      break;
    case S::kBrokerHello:
      act_connect_broker(now);
      break;
    case S::kSigningUp:
      send_sign_up(now);
      deadline_ = now + config_.answer_timeout_ms;
      break;
    case S::kLoggingIn:
      secret_ = 0;
      send_log_in(now);
      deadline_ = now + config_.answer_timeout_ms;
      break;
    case S::kAwaitingAssignment:
    case S::kFetchingVault:
      deadline_ = now + config_.answer_timeout_ms;
      break;
    case S::kChangingPassword:
      deadline_ = now + config_.answer_timeout_ms;
      send_change(now);
      break;
    case S::kAttaching:
      deadline_ = now + config_.connect_timeout_ms;
      ports_.connect(worker_);
      break;
    case S::kDraining:
      deadline_ = kNever;
      attached_at_ = now;
      ping_sent_ = unanswered_since_ = kNever;
      latency_.forget();
      tried_ = 0;
      break;
    case S::kLive:
      break;
  }
}

void Link::act_connect_broker(int64_t now) {
  deadline_ = now + config_.connect_timeout_ms;
  ports_.connect(config_.brokers[broker_ % config_.brokers.size()]);
}

// Sends the first frame of a link that came up: hello to a broker, attach to a worker.
void Link::send_first(int64_t now) {
  v1::ClientFrame frame;
  if (state_ == S::kBrokerHello) {
    frame.set_request(kHelloId);
    v1::Hello& hello = *frame.mutable_hello();
    hello.set_version_min(wire::kMinVersion);
    hello.set_version_max(wire::kVersion);
    hello.set_agent(config_.agent);
  } else if (state_ == S::kAttaching) {
    frame.set_request(kAttachId);
    v1::Attach& attach = *frame.mutable_attach();
    attach.set_version_min(wire::kMinVersion);
    attach.set_version_max(wire::kVersion);
    attach.set_session_epoch(session_epoch_);
    attach.set_device(credentials_.device);
    attach.set_agent(config_.agent);
    signals_ = config_.signals;
    attach.set_signals(signals_);
  } else {
    return;
  }
  send_frame(now, frame);
}

void Link::send_sign_up(int64_t now) {
  v1::ClientFrame frame;
  frame.set_request(kSignUpId);
  v1::SignUp& out = *frame.mutable_sign_up();
  const SignUpData& data = *credentials_.sign_up;
  out.set_user(credentials_.user);
  out.set_public_key(data.public_key);
  out.set_identity_blob(data.identity_blob);
  out.set_vault(data.vault);
  out.set_verifier(data.verifier);
  out.set_invite(data.invite);
  send_frame(now, frame);
}

void Link::send_frame(int64_t now, v1::ClientFrame& frame) {
  sent(now);
  ports_.send(frame.SerializeAsString());
}

void Link::schedule_retry(int64_t now, LinkStatus& status) {
  const bool steady = attached_at_ != kNever && now - attached_at_ >= config_.steady_after_ms;
  if (steady) attempt_ = 0;
  if ((state_ == S::kLoggingIn || state_ == S::kAwaitingAssignment) && status.code == Code::kLocalUnreachable) {
    lost_login_at_ = now;
  }
  // A password change, or an end of the account, that was sent may or may not be in effect. The secret is valid in
  // either case, and a login with it shows the outcome.
  if (state_ == S::kChangingPassword && change_sent_ && status.code != Code::kConflict) {
    secret_holds(credentials_.next_secret);
  }
  change_.reset();
  deletion_ready_ = false;
  change_sent_ = awaits_parts_ = parts_asked_ = false;
  const bool at_broker = state_ == S::kBrokerHello;
  if (at_broker) {
    ++broker_;
    ++tried_;
  }
  int64_t wait;
  if (at_broker && tried_ % config_.brokers.size() != 0) {
    wait = 0;  // another broker may be healthy: no wait before every broker was tried
  } else if (steady || status.code == Code::kShuttingDown) {
    wait = static_cast<int64_t>(ports_.random() % static_cast<uint64_t>(config_.backoff_first_ms + 1));
  } else {
    wait = backoff_ms(config_.backoff_first_ms, config_.backoff_max_ms, attempt_++, ports_.random());
  }
  wait = std::max(wait, status.retry_after_ms);
  status.retry_after_ms = wait;
  deadline_ = now + wait;
}

bool Link::on_frame(int64_t now, uint64_t request, v1::ServerFrame& frame) {
  using B = v1::ServerFrame;
  switch (frame.body_case()) {
    case B::kHello:
      on_hello(now, frame.hello());
      return true;
    case B::kSignedUp:
      if (state_ == S::kSigningUp) {
        credentials_.sign_up.reset();
        ports_.signed_up();
      }
      fire(now, E::kSignedUp);
      return true;
    case B::kLoggedIn:
      on_logged_in(now, frame.logged_in());
      return true;
    case B::kAssignment:
      on_assignment(now, frame.assignment());
      return true;
    case B::kPasswordChanged:
      on_password_changed(now, frame.password_changed());
      return true;
    case B::kVaultParts:
      if (request != kPartsId) return false;
      on_parts(now, frame);
      return true;
    case B::kAccountDeleted:
      on_account_deleted(now);
      return true;
    case B::kAttached:
      on_attached(now, frame.attached());
      return true;
    case B::kDrained:
      fire(now, E::kDrained);
      return true;
    case B::kPong:
      if (request == kPingId && attached() && latency_.answer(now)) ports_.latency_changed(latency_.shown_ms());
      return true;
    case B::kError:
      if (request >= kFirstFree && !facts(static_cast<Code>(frame.error().code())).ends_link) return false;
      on_error(now, frame.error());
      return true;
    default:
      return false;
  }
}

void Link::on_hello(int64_t now, const v1::HelloReply& hello) {
  if (hello.realm() != config_.realm) {
    end(now, Code::kWrongRealm, "the server belongs to another realm than the invite line names");
    return;
  }
  if (wire::common_version(hello.version(), hello.version()) == 0) {
    end(now, Code::kUnsupportedVersion, "the server speaks another version of the protocol");
    return;
  }
  broker_version_ = hello.version();
  log_key_ = hello.log_key();
  // During an upgrade a broker may not support secrets yet. Another broker, or this one later, does.
  if (broker_version_ < 2 && credentials_.auth.empty()) {
    return retry(now, Code::kUnsupportedVersion, "the server is older than the one this device logged in to");
  }
  if (broker_version_ < 2 && credentials_.changes_password) {
    return end(now, Code::kUnsupportedVersion, "this server is too old to change a password");
  }
  if (broker_version_ < 3 && credentials_.deletes_account) {
    return end(now, Code::kUnsupportedVersion, "this server is too old to delete an account");
  }
  fire(now, credentials_.sign_up ? E::kHelloSignUp : E::kHello);
}

void Link::on_assignment(int64_t now, const v1::Assignment& assignment) {
  if (state_ == S::kAwaitingAssignment) {
    worker_ = {assignment.endpoint(), assignment.key()};
    worker_name_ = assignment.worker();
    session_epoch_ = assignment.session_epoch();
  }
  fire(now, awaits_parts_ ? E::kAssignedToFetch : after_assignment());
}

void Link::on_attached(int64_t now, const v1::Attached& attached) {
  if (state_ == S::kAttaching) {
    if (wire::common_version(attached.version(), attached.version()) == 0) {
      end(now, Code::kUnsupportedVersion, "the server speaks another version of the protocol");
      return;
    }
    worker_version_ = attached.version();
    window_ = std::clamp(attached.window(), 1u, config_.window);
    vault_version_ = attached.vault_version();
  }
  fire(now, E::kAttached);
}

}  // namespace fastchat::core
