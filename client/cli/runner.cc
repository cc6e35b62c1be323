#include "client/cli/runner.h"

#include <csignal>

#include "client/cli/password.h"
#include "client/e2e/sanitise.h"
#include "client/runtime/loop_machine.h"
#include "common/clock.h"
#include "common/standard_streams.h"

namespace fastchat::cli {
namespace {

constexpr int kTriesBeforeGivingUp = 3;
constexpr int64_t kSettleUs = 3'000'000;

// Commands that exist to print something; the others print with --json only.
bool prints(const Options& o) {
  if (o.json) return true;
  switch (o.command) {
    case Command::kListen:
    case Command::kFetch:
    case Command::kHistory:
    case Command::kSearch:
    case Command::kStatus:
    case Command::kQuarantine:
      return true;
    case Command::kFiles:
      return o.message.empty();
    case Command::kVerify:
      return !o.accept && !o.mark && !o.keep;
    case Command::kDevices:
      return o.remove_device.empty();
    case Command::kGroup:
      return o.group_verb == GroupVerb::kList || o.group_verb == GroupVerb::kInfo;
    default:
      return false;
  }
}

// The code of an error that a command found itself; an interruption has none.
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

int Runner::run() {
  const auto refuse = [this](const Error& error) {
    print_error(error, exit_code(error.code), options_.json);
    return exit_code(error.code);
  };
  if (prints(options_) && !output_is_open()) {
    return refuse(err(Code::kLocalDisk, "standard output is closed: open it, or redirect it to a file"));
  }
  client::SessionOptions so;
  so.data_dir = options_.data_dir;
  so.downloads = options_.downloads;
  so.agent = "fastchat " FASTCHAT_VERSION;
  if (!options_.server.empty()) {
    Result<InviteLine> invite = parse_invite_line(options_.server);
    if (!invite.ok()) {
      return refuse(err(Code::kLocalUsage, "--server: " + invite.error().text));
    }
    so.invite = std::move(*invite);
  }
  Result<std::unique_ptr<client::Session>> session =
      client::Session::open(std::make_unique<client::LoopMachine>(loop_), std::move(so), *this);
  if (!session.ok()) {
    return refuse(err(session.code(), explain(session.error(), "")));
  }
  session_ = std::move(*session);
  loop_.on_turn_end([this](int64_t) {
    if (!exit_) on_turn();
    check_end();
  });
  begin();
  loop_.on_signals({SIGINT, SIGTERM, SIGHUP}, [this](int) { on_interrupt(); });
  if (options_.timeout_s && !exit_) deadline_in(*options_.timeout_s);
  loop_.run();
  if (*exit_ == kExitOk) {
    if (const Result<> written = finish_output(); !written.ok()) {
      return refuse(written.error());
    }
  }
  return *exit_;
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
  Result<e2e::Secret> password = read_password(options_, session_->user(), false);
  const std::optional<Error>& locked = session_->locked_because();
  if (!password.ok()) return fail(locked ? *locked : password.error());
  if (locked) warn(locked->text + "; or give the password of this profile");
  session_->unlock(std::move(*password), [this, then = std::move(then)](const Result<>& r) {
    if (!r.ok()) return fail(r.error());
    if (!exit_) then();
  });
}

void Runner::connect() {
  unlocked([this] { session_->start(); });
}

void Runner::on_connection(const client::ConnectionEvent& event) {
  if (exit_) return;
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

bool Runner::peer_known() {
  if (!options_.peer.is_group()) return true;
  Result<std::vector<client::GroupInfo>> all = session_->groups();
  if (!all.ok()) return true;
  for (const client::GroupInfo& g : *all) {
    const auto name = client::PeerName::of_group(g.name);
    if (group_.empty() && name == options_.peer) group_ = g.id;
    if (g.id == group_) peer_ = name;
  }
  return !group_.empty() || (was_live_ && !session_->groups_busy());
}

void Runner::on_offline(const client::ConnectionEvent& event) {
  offline_ = err(event.code, event.text);
  // A named time is used up: a server that restarts is back long before its end.
  if (options_.timeout_s) return;
  if (event.code == Code::kThrottled) return fail(err(event.code, event.text));
  if (was_attached_ || event.retry_after_ms == 0) return;
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
  loop_.cancel(deadline_);
  if (seconds <= 0) return;
  deadline_ = loop_.at(Clock::monotonic_us() + static_cast<int64_t>(seconds * 1e6), [this](int64_t) {
    if (!exit_) on_timeout();
  });
}

bool Runner::print_line(const std::string& line) {
  const Result<> written = write_line(options_.json ? e2e::escape_hidden(line) : line);
  if (!written.ok()) finish(kExitUnexpected, written.error().text, Code::kLocalDisk);
  return written.ok();
}

void Runner::finish(int status, const std::string& error, Code cause) {
  if (exit_) return;
  exit_ = status;
  if (const std::string rest = quarantine_lines_.rest(); !rest.empty()) warn(rest);
  if (!error.empty()) print_error(err(cause == Code::kOk ? usual_cause(status) : cause, error), status, options_.json);
  give_up_us_ = Clock::monotonic_us() + kSettleUs;
  session_->settle();
  loop_.at(give_up_us_, [](int64_t) {});
}

void Runner::spoil(const std::string& error) {
  if (exit_ != kExitOk) return;
  exit_ = kExitUnexpected;
  print_error(err(Code::kLocalDisk, error), kExitUnexpected, options_.json);
}

void Runner::check_end() {
  if (!exit_ || loop_.stopping()) return;
  if (!stopped_) {
    if (!session_->settled() && Clock::monotonic_us() < give_up_us_) return;
    stopped_ = true;
    session_->stop();
    return;
  }
  loop_.stop();
}

}  // namespace fastchat::cli
