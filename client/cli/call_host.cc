#include "client/cli/call_host.h"

#include <utility>

#include "client/cli/run.h"
#include "common/codes.h"

namespace fastchat::cli {
namespace {

constexpr size_t kSlowBytes = 1024 * 1024;  // waiting bytes at which the command prints more later

// Returns true for a method with a list as its answer, however many lines there are.
bool prints_list(const Options& o) {
  switch (o.command) {
    case Command::kListen:
    case Command::kHistory:
    case Command::kExport:
    case Command::kConversations:
    case Command::kContacts:
    case Command::kRequests:
    case Command::kSearch:
    case Command::kQuarantine:
      return true;
    case Command::kFiles:
      return o.message.empty();
    case Command::kDevices:
      return o.device_verb == DeviceVerb::kList;
    case Command::kSend:
      return o.lines || !o.files.empty();
    case Command::kGroup:
      return o.group_verb == GroupVerb::kList;
    default:
      return !o.json;
  }
}

// Reports the link to the command as a session of its own would, from the present state on.
void tell_connection(Runner& runner, client::ConnectionEvent now, bool has_time) {
  using State = core::LinkState;
  if (now.state == State::kEnded && now.code == Code::kOk) {
    return runner.finish(kExitServer, "the program that has this profile open is not connected to the server",
                         Code::kNotLoggedIn);
  }
  const bool live = now.state == State::kLive;
  if (live) {
    now.state = State::kDraining;
    runner.on_connection(now);
    now.state = State::kLive;
  }
  runner.on_connection(now);
  if (live && now.latency_ms >= 0) runner.on_latency(now);
  // A try failed before this command began. The command does not wait for two more tries, unless it has a time limit.
  if (now.state != State::kOffline || now.retry_after_ms == 0 || has_time) return;
  for (int i = 0; i < 2 && !runner.ending(); ++i) runner.on_connection(now);
}

std::string result_of(const CallRequest& request, const std::vector<std::string>& lines) {
  if (request.streams) return "null";
  if (!prints_list(request.options)) return lines.empty() ? "null" : lines.front();
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : ",") + line;
  return "[" + out + "]";
}

}  // namespace

CallHost::CallHost(Holder& holder, rpc::Peer& peer, CallRequest request)
    : Host(holder.loop, holder.tickets),
      holder_(holder),
      peer_(&peer),
      request_(std::move(request)),
      runner_(make_command(request_.options)) {}

CallHost::~CallHost() {
  holder_.loop.cancel(timer_);
  holder_.listeners.leave(*runner_);
}

void CallHost::begin() {
  holder_.listeners.join(*runner_);
  runner_->begin_on(*this);
}

bool CallHost::turn() {
  if (turns_after_ < 0) runner_->on_turn();
  if (turns_after_ < 0) return false;
  // The turn in which the command finished may have begun before the command's last writes. The next turn has them on
  // disk.
  if (turns_after_++ == 0) {
    holder_.loop.cancel(timer_);
    timer_ = holder_.loop.at(0, [](int64_t) {});
    return false;
  }
  answer();
  return true;
}

void CallHost::end_with_holder(int code, const std::string& text) {
  const Options& o = request_.options;
  const bool send = o.command == Command::kSend;
  if (!stays(o) || (send && holder_.session.unaccepted() != 0)) return;
  if (!send) refuse(code, text);
  cancel();
}

void CallHost::peer_gone() {
  peer_ = nullptr;
  cancel();
}

void CallHost::cancel() {
  if (!runner_->ending()) runner_->on_interrupt();
}

void CallHost::refuse(int code, const std::string& text) {
  if (peer_ != nullptr && !request_.id.empty()) peer_->send(rpc::error_line(request_.id, code, text));
  peer_ = nullptr;
}

void CallHost::notify(const char* what, const std::string& field) {
  if (peer_ == nullptr || !request_.streams) return;
  peer_->send(rpc::notification_line(what, "{\"id\":" + request_.id + field + "}"));
}

Result<> CallHost::print(const std::string& line) {
  const std::string value = request_.options.json ? line : json_quoted(line);
  if (request_.streams) {
    notify("output", (request_.options.json ? ",\"value\":" : ",\"line\":") + value);
    return Unit{};
  }
  bytes_ += value.size() + 1;
  if (bytes_ > kMaxResult) {
    lines_.clear();
    return err(Code::kLocalUsage, "the result has more than 8 MiB: ask for less, or for a stream");
  }
  lines_.push_back(value);
  return Unit{};
}

void CallHost::warn(const std::string& line) {
  notify("warning", ",\"text\":" + json_quoted(line));
}

void CallHost::show_progress(const Progress& progress) {
  if (!takes_more()) return;
  if (progress.transfer) return notify("progress", ",\"transfer\":" + transfer_json(*progress.transfer).str());
  notify("progress", ",\"line\":" + json_quoted(progress.line));
}

bool CallHost::takes_more() const {
  return peer_ != nullptr && peer_->waiting() < kSlowBytes;
}

void CallHost::start() {
  holder_.loop.cancel(timer_);
  timer_ = holder_.loop.at(0, [this](int64_t) {
    tell_connection(*runner_, holder_.session.connection(), request_.options.timeout_s.has_value());
  });
}

Result<e2e::Secret> CallHost::password(WhichPassword which, const std::string&) {
  if (which == WhichPassword::kToDelete && !request_.options.yes) {
    return err(Code::kLocalUsage, "to delete the account, give \"yes\": true");
  }
  e2e::Secret& secret = which == WhichPassword::kNew ? request_.new_password : request_.password;
  if (secret.empty()) {
    return err(Code::kLocalUsage, "the profile is locked: unlock it in the program that has it open");
  }
  return std::move(secret);
}

Result<std::string> CallHost::text() {
  if (request_.options.text) return *request_.options.text;
  return err(Code::kLocalUsage, "\"text\" is missing");
}

void CallHost::read_input(bool wanted, Input told) {
  input_ = std::move(told);
  wants_input_ = wanted;
  if (!wanted || asked_input_) return;
  asked_input_ = true;
  notify("wants_input", "");
}

bool CallHost::take_input(const std::string& piece) {
  if (!std::exchange(asked_input_, false)) return false;
  const Input told = input_;
  told(std::string_view(piece));
  if (wants_input_ && !piece.empty()) read_input(true, told);
  return true;
}

void CallHost::finished(const Ending&, const std::string& error) {
  error_ = error;
  turns_after_ = 0;
  holder_.loop.cancel(timer_);
  timer_ = holder_.loop.at(0, [](int64_t) {});
}

void CallHost::answer() {
  const int status = runner_->ending()->status;
  if (peer_ != nullptr && !request_.id.empty()) {
    if (status == kExitOk) {
      peer_->send(rpc::result_line(request_.id, result_of(request_, lines_)));
    } else {
      std::string data;
      const Code cause = runner_->ending()->cause;
      if (cause != Code::kOk) data = "\"name\":" + json_quoted(facts(cause).name);
      if (!lines_.empty()) data += (data.empty() ? "\"result\":" : ",\"result\":") + result_of(request_, lines_);
      peer_->send(rpc::error_line(request_.id, status, error_, data.empty() ? "" : "{" + data + "}"));
    }
  }
  if (logs_out_ && status == kExitOk) holder_.end();
}

}  // namespace fastchat::cli
