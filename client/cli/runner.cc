#include "client/cli/runner.h"

#include "client/e2e/sanitise.h"
#include "common/clock.h"

namespace fastchat::cli {
namespace {

constexpr int kTriesBeforeGivingUp = 3;

// Returns the code of an error that a command found itself; kOk for an interruption, which has no code.
Code usual_cause(int status) {
  switch (status) {
    case kExitUsage:
      return Code::kLocalUsage;
    case kExitUntrusted:
      return Code::kLocalUntrustedKey;
    case kExitThrottled:
      return Code::kThrottled;
    case kExitTimeout:
      return Code::kLocalTimeout;
    default:
      return Code::kOk;
  }
}

}  // namespace

Runner::~Runner() {
  if (host_ == nullptr) return;
  host_->loop().cancel(deadline_);
  host_->tickets().give_back(ticket_);
}

void Runner::begin_on(Host& host) {
  host_ = &host;
  session_ = &host.session();
  ticket_ = host.tickets().take();
  begin();
  if (options_.timeout_s && !ending_) deadline_in(*options_.timeout_s);
}

std::string Runner::server() const {
  if (!session_ || !session_->has_profile()) {
    Result<InviteLine> invite = parse_invite_line(options_.server);
    return invite.ok() ? invite->host + ":" + std::to_string(invite->port) : "";
  }
  Result<client::StatusInfo> status = session_->status();
  if (!status.ok() || status->endpoints.empty()) return "";
  const std::string& first = status->endpoints.front();
  return first.rfind("tcp://", 0) == 0 ? first.substr(6) : first;
}

void Runner::unlocked(std::function<void()> then) {
  if (!session_->has_profile()) {
    return finish(kExitUsage,
                  "no account in " + options_.data_dir + ": use `fastchat signup NAME` or `fastchat login NAME`");
  }
  if (session_->unlocked()) return then();
  Result<e2e::Secret> password = host_->password(WhichPassword::kPresent, session_->user());
  const std::optional<Error>& locked = session_->locked_because();
  if (!password.ok()) return fail(locked ? *locked : password.error());
  if (locked) warn(locked->text + "; or give the password of this profile");
  session_->unlock(std::move(*password), guarded([this, then = std::move(then)](const Result<>& r) {
                     if (!r.ok()) return fail(r.error());
                     if (!ending_) then();
                   }));
}

void Runner::connect() {
  unlocked([this] { host_->start(); });
}

void Runner::on_connection(const client::ConnectionEvent& event) {
  if (ending_) return;
  switch (event.state) {
    case core::LinkState::kDraining:
      was_attached_ = true;
      offline_.reset();
      refusals_ = 0;
      on_attached();
      break;
    case core::LinkState::kLive:
      was_live_ = true;
      on_live();
      break;
    case core::LinkState::kOffline:
      on_offline(event);
      break;
    case core::LinkState::kEnded:
      if (event.code != Code::kOk) fail(err(event.code, event.text));
      break;
    default:
      break;
  }
}

void Runner::on_offline(const client::ConnectionEvent& event) {
  offline_ = err(event.code, event.text);
  // A command with --timeout tries until its time is over: a server that restarts is back long before.
  if (options_.timeout_s) return;
  if (was_attached_) return;
  if (event.code == Code::kThrottled) return fail(err(event.code, event.text));
  if (event.retry_after_ms == 0) return;
  if (++refusals_ >= kTriesBeforeGivingUp) fail(err(event.code, event.text));
}

void Runner::on_notice(const client::Notice& notice) {
  if (notice.kind == client::Notice::Kind::kDisk) return finish(kExitUnexpected, notice.text, Code::kLocalDisk);
  if (notice.kind == client::Notice::Kind::kInfo) return;
  if (notice.kind != client::Notice::Kind::kQuarantined) return warn(notice.text);
  if (const auto line = quarantine_lines_.line(notice.peer.text(), notice.text, Clock::monotonic_us() / 1'000)) {
    warn(*line);
  }
}

void Runner::on_timeout() {
  finish(kExitTimeout, "timed out" + offline_reason());
}

std::string Runner::offline_reason() const {
  return offline_ ? ": " + explain(*offline_, server()) : "";
}

void Runner::deadline_in(double seconds) {
  host_->loop().cancel(deadline_);
  if (seconds <= 0) return;
  deadline_ = host_->loop().at(Clock::monotonic_us() + static_cast<int64_t>(seconds * 1e6), [this](int64_t) {
    if (!ending_) on_timeout();
  });
}

bool Runner::print_line(const std::string& line) {
  const Result<> written = host_->print(options_.json ? e2e::escape_hidden(line) : line);
  if (!written.ok()) finish(kExitUnexpected, written.error().text, Code::kLocalDisk);
  return written.ok();
}

void Runner::finish(int status, const std::string& error, Code cause) {
  if (ending_) return;
  ending_ = Ending{status, cause == Code::kOk ? usual_cause(status) : cause};
  if (const std::string rest = quarantine_lines_.rest(); !rest.empty()) warn(rest);
  host_->finished(*ending_, error);
}

void Runner::spoil(const std::string& error) {
  if (!ending_ || ending_->status != kExitOk) return;
  ending_ = Ending{kExitUnexpected, Code::kLocalDisk};
  host_->spoilt(error);
}

}  // namespace fastchat::cli
