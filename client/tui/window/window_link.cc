#include "client/tui/window/window_link.h"

#include "client/e2e/secret.h"
#include "common/clock.h"

namespace fastchat::tui {
namespace {

// Returns the error for a refusal of the whole connection.
Error why_refused(const rpc::Answer& answer) {
  switch (answer.code) {
    case rpc::kSlowReader:
      return err(Code::kThrottled, answer.text);
    case rpc::kTooMany:
      return err(Code::kLocalProfileInUse, answer.text);
    case rpc::kEnding:
      return err(Code::kLocalUnreachable, answer.text);
    default:
      return err(Code::kMalformed, "the program that has this profile open refused this window: " + answer.text);
  }
}

}  // namespace

WindowLink::WindowLink(Loop& loop, rpc::Descriptor holder, Told told)
    : loop_(loop), told_(std::move(told)), peer_(loop, *this, std::move(holder), rpc::Descriptor(), kMaxWindowLine) {}

WindowLink::~WindowLink() {
  if (!lost_) lost_ = err(Code::kOk, "");  // the end of the connection sets no timer any more
  loop_.cancel(timer_);
}

Result<JsonValue> WindowLink::ask(const char* name, const std::string& params) {
  if (lost_) return *lost_;
  waits_for_ = std::to_string(++last_id_);
  answer_.reset();
  heard_bytes_ = 0;
  peer_.send(rpc::request_line(waits_for_, name, params));
  const int64_t end = Clock::monotonic_us() + kMaxAnswer;
  while (!answer_ && !lost_) {
    const int64_t left = end - Clock::monotonic_us();
    if (left <= 0) {
      lose(err(Code::kLocalTimeout, "the program that has this profile open does not answer: let it go on, or end it"));
    } else {
      peer_.wait(static_cast<int>(left / 1000) + 1);
    }
  }
  waits_for_.clear();
  if (!answer_) return *lost_;
  const rpc::Answer answer = *std::exchange(answer_, std::nullopt);
  if (answer.result) return *answer.result;
  // A holder that ends refuses new calls, and then closes the connection.
  if (answer.code == rpc::kEnding) return err(Code::kLocalUnreachable, answer.text);
  return err(answer.code == rpc::kUnknownMethod ? Code::kUnsupportedVersion : Code::kLocalProfileInUse, answer.text);
}

void WindowLink::tell(const std::string& name, std::string params, bool keep) {
  const uint64_t id = ++last_id_;
  std::string line = rpc::request_line(std::to_string(id), name, params);
  if (keep) {
    owed_[id] = {name, std::move(params)};
  } else {
    e2e::cleanse(params);  // may hold a password
  }
  peer_.send(line);
  e2e::cleanse(line);
  if (owed_.size() > kMaxOwed) {
    lose(err(Code::kLocalTimeout, "the program that has this profile open does not answer: let it go on, or end it"));
  }
}

std::vector<OwedCall> WindowLink::take_owed() {
  for (const rpc::Answer& answer : std::exchange(heard_, {})) {
    if (answer.method.empty()) hear(answer);
  }
  std::vector<OwedCall> out;
  for (auto& [id, call] : owed_) out.push_back(std::move(call));
  owed_.clear();
  return out;
}

void WindowLink::on_line(rpc::Peer&, std::string line) {
  Result<rpc::Answer> answer = rpc::read_answer(line);
  if (!answer.ok()) return lose(err(Code::kMalformed, kOtherWay));
  if (!waits_for_.empty() && answer->method.empty() && answer->id == waits_for_) {
    answer_ = std::move(*answer);
    return;
  }
  if (answer->id == "null" && !answer->result && answer->method.empty()) return lose(why_refused(*answer));
  heard_bytes_ += line.size();
  heard_.push_back(std::move(*answer));
  if (heard_bytes_ > kMaxWindowQueue && !waits_for_.empty()) return lose(err(Code::kMalformed, kOtherWay));
  hear_soon();
}

void WindowLink::on_end_of_lines(rpc::Peer& peer) {
  peer.end();
}

void WindowLink::on_gone(rpc::Peer&) {
  lose(err(Code::kLocalUnreachable, "the program that has this profile open has ended"));
}

// Reports the loss after the lines that came before.
void WindowLink::lose(const Error& why) {
  if (lost_) return;
  lost_ = why;
  hear_soon();
}

void WindowLink::hear_soon() {
  if (timer_ != 0) return;
  timer_ = loop_.at(0, [this](int64_t) {
    timer_ = 0;
    hear();
  });
}

void WindowLink::hear() {
  while (!heard_.empty()) {
    const rpc::Answer answer = std::move(heard_.front());
    heard_.pop_front();
    hear(answer);
  }
  if (lost_) told_.on_lost(*lost_);
}

void WindowLink::hear(const rpc::Answer& answer) {
  if (!answer.method.empty()) return told_.on_notification(answer);
  // A holder that ends has not made the change. The next holder makes it.
  if (!answer.result && answer.code == rpc::kEnding) return;
  for (auto it = owed_.begin(); it != owed_.end(); ++it) {
    if (std::to_string(it->first) != answer.id) continue;
    owed_.erase(it);
    break;
  }
  if (!answer.result) told_.on_refused(answer.text);
}

}  // namespace fastchat::tui
