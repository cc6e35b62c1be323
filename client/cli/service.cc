#include "client/cli/service.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "client/cli/call.h"
#include "client/cli/lookups.h"
#include "client/rpc/write_now.h"

namespace fastchat::cli {
namespace {

using Kind = JsonValue::Kind;

constexpr const char* kEnds = "the program that has this profile open ends";

e2e::Secret take_secret(JsonValue& params, const char* name) {
  for (auto field = params.fields.begin(); field != params.fields.end(); ++field) {
    if (field->first != name || !field->second.is(Kind::kText)) continue;
    e2e::Secret out = e2e::Secret::take(field->second.text);
    params.fields.erase(field);
    return out;
  }
  return {};
}

// Takes a switch out of the parameters; returns `unless_there` without one. Fails with kLocalUsage when the value is
// neither true nor false.
Result<bool> take_switch(JsonValue& params, const char* name, bool unless_there) {
  for (auto field = params.fields.begin(); field != params.fields.end(); ++field) {
    if (field->first != name) continue;
    if (!field->second.is(Kind::kBool)) return err(Code::kLocalUsage, "\"" + std::string(name) + "\" is true or false");
    const bool out = field->second.truth;
    params.fields.erase(field);
    return out;
  }
  return unless_there;
}

int error_code(const Error& error) {
  if (error.code == Code::kMalformed) return rpc::kUnknownMethod;
  if (error.code == Code::kThrottled) return rpc::kTooMany;
  return error.code == Code::kLocalUsage ? rpc::kInvalidParams : exit_code(error.code);
}

}  // namespace

Service::Service(Loop& loop, client::OpenProfile& profile, const Options& options, const StartWindows& windows,
                 std::function<void()> end)
    : holder_{loop, *profile.session, profile.listeners, std::move(end)},
      profile_(options),
      subscriptions_(loop, *profile.session),
      windows_(windows ? windows(profile, holder_.end) : nullptr),
      server_(loop, *this) {
  profile.listeners.join(subscriptions_);
  loop.on_turn_end([this](int64_t) { turn(); });
}

Service::~Service() {
  end();
  for (const auto& call : calls_) call->refuse(rpc::kEnding, kEnds);
  server_.end();
  windows_.reset();  // before the connections that they write to
  calls_.clear();
  holder_.listeners.leave(subscriptions_);
}

Result<> Service::open() {
  return server_.listen(profile_.data_dir);
}

void Service::serve_streams(int in, int out, std::function<void()> gone) {
  streams_gone_ = std::move(gone);
  rpc::Descriptor writes = rpc::own_terminal(out);
  if (writes.get() < 0) writes = rpc::Descriptor(fcntl(out, F_DUPFD_CLOEXEC, 3));
  streams_ = &server_.adopt(rpc::Descriptor(fcntl(in, F_DUPFD_CLOEXEC, 3)), std::move(writes));
}

void Service::end() {
  if (std::exchange(ended_, true)) return;
  server_.stop_listening();
  for (const auto& call : calls_) call->end_with_holder(rpc::kEnding, kEnds);
  wake();
}

void Service::wake() {
  holder_.loop.cancel(timer_);
  timer_ = holder_.loop.at(0, [](int64_t) {});
}

void Service::on_gone(rpc::Peer& peer) {
  gone_.push_back(&peer);
  wake();
}

// Removes the data of connections that are gone. A connection may go inside any call, so its data is removed here,
// where no other call is under way.
void Service::forget_gone() {
  for (rpc::Peer* peer : std::exchange(gone_, {})) {
    subscriptions_.gone(*peer);
    if (windows_ != nullptr) windows_->on_gone(*peer);
    std::erase(ending_, peer);
    std::erase_if(later_, [&](const Later& later) { return later.peer == peer; });
    for (const auto& call : calls_) {
      if (call->peer() == peer) call->peer_gone();
    }
    if (peer == streams_) streams_gone_();
  }
}

void Service::turn() {
  forget_gone();
  // An answered call may end the holder, and with it all calls. No call is made here.
  for (size_t i = 0; i < calls_.size(); ++i) {
    if (calls_[i] != nullptr && calls_[i]->turn()) calls_[i].reset();
  }
  std::erase(calls_, nullptr);
  for (Later& later : later_) {
    if (!std::exchange(later.fresh, false)) later.peer->send(std::exchange(later.line, {}));
  }
  std::erase_if(later_, [](const Later& later) { return later.line.empty(); });
  if (!later_.empty()) wake();
  if (ended() && later_.empty()) server_.end();
  subscriptions_.turn();
  if (windows_ != nullptr) windows_->turn();
  end_finished_peers();
  while (!gone_.empty()) forget_gone();
  server_.turn();
}

// Ends the connections that send nothing any more, once all their requests are answered.
void Service::end_finished_peers() {
  for (rpc::Peer* peer : std::vector<rpc::Peer*>(ending_)) {
    const bool waits = std::any_of(later_.begin(), later_.end(), [&](const Later& l) { return l.peer == peer; });
    if (!waits && calls_of(*peer) == 0) peer->end();
  }
}

size_t Service::calls_of(const rpc::Peer& peer) const {
  return static_cast<size_t>(
      std::count_if(calls_.begin(), calls_.end(), [&](const auto& call) { return call->peer() == &peer; }));
}

CallHost* Service::find(const rpc::Peer& peer, const std::string& id) {
  for (const auto& call : calls_) {
    if (call->peer() == &peer && call->id() == id) return call.get();
  }
  return nullptr;
}

void Service::on_end_of_lines(rpc::Peer& peer) {
  if (std::find(ending_.begin(), ending_.end(), &peer) == ending_.end()) ending_.push_back(&peer);
  wake();
}

void Service::on_line(rpc::Peer& peer, std::string line) {
  auto read = rpc::read_request(line);
  e2e::cleanse(line);  // the line may hold a password
  if (const auto* fault = std::get_if<rpc::Fault>(&read)) {
    return peer.send(rpc::error_line(fault->id, fault->code, fault->text));
  }
  auto& request = std::get<rpc::Request>(read);
  if (ended_ && request.method != "input" && request.method != "cancel") {
    if (!request.id.empty()) peer.send(rpc::error_line(request.id, rpc::kEnding, kEnds));
    return;
  }
  if (auto taken = windows_ == nullptr ? std::nullopt : windows_->take(peer, request)) {
    if (taken->later) answer(peer, request, *taken->later);
    return;
  }
  if (const auto result = own_method(peer, request)) return answer(peer, request, *result);
  call(peer, std::move(request));
}

// Answers in a later turn, so that the writes of the method are on disk by then.
void Service::answer(rpc::Peer& peer, const rpc::Request& request, const Result<std::string>& result) {
  if (request.id.empty()) return;
  const std::string line = result.ok() ? rpc::result_line(request.id, *result)
                                       : rpc::error_line(request.id, error_code(result.error()), result.error().text);
  later_.push_back({&peer, line});
  wake();
}

Result<CallRequest> Service::read_call(rpc::Request& request) {
  CallRequest out;
  out.id = request.id;
  out.method = request.method;
  const bool changes = request.method == "passwd" || request.method == "devices.remove";
  if (changes || request.method == "rekey" || request.method == "account.delete") {
    out.password = take_secret(request.params, "password");
  }
  if (changes) {
    out.new_password = take_secret(request.params, "new_password");
  }
  const Result<bool> streams = take_switch(request.params, "stream", false);
  if (!streams.ok()) return streams.error();
  const Result<bool> json = take_switch(request.params, "json", true);
  if (!json.ok()) return json.error();
  Result<Options> options = options_of(request.method, request.params);
  if (!options.ok()) return options.error();
  out.streams = *streams;
  out.options = std::move(*options);
  out.options.json = *json;
  out.options.data_dir = profile_.data_dir;
  out.options.downloads = profile_.downloads;
  return out;
}

void Service::call(rpc::Peer& peer, rpc::Request request) {
  const auto refuse = [&](int code, const std::string& text, const char* data = "") {
    if (!request.id.empty()) peer.send(rpc::error_line(request.id, code, text, data));
  };
  Result<CallRequest> read = read_call(request);
  if (!read.ok()) return refuse(error_code(read.error()), read.error().text);
  const Command command = read->options.command;
  if (command == Command::kSignUp || command == Command::kLogIn || command == Command::kDaemon ||
      command == Command::kRpc) {
    return refuse(kExitInUse, "profile in use: end the program that has it open first",
                  R"({"name":"LOCAL_PROFILE_IN_USE"})");
  }
  if (calls_.size() >= kMaxCalls || calls_of(peer) >= kMaxCallsOfOne) {
    return refuse(rpc::kTooMany, "as many calls as may run at a time do: wait for an answer");
  }
  if (!request.id.empty() && find(peer, request.id) != nullptr) {
    return refuse(rpc::kInvalidRequest, "a call of this id is under way");
  }
  calls_.push_back(std::make_unique<CallHost>(holder_, peer, std::move(*read)));
  calls_.back()->begin();
}

std::optional<Result<std::string>> Service::own_method(rpc::Peer& peer, const rpc::Request& request) {
  const std::string& method = request.method;
  if (method == "subscribe") return subscriptions_.subscribe(peer, request.params);
  if (method == "unsubscribe") return subscriptions_.unsubscribe(peer, request.params);
  if (method == "ack") return subscriptions_.acknowledge(peer, request.params);
  if (method == "cancel" || method == "input") return steer(peer, request);
  return look_up(holder_.session, method, request.params);
}

// Handles the methods that concern a call under way: cancel, input.
Result<std::string> Service::steer(rpc::Peer& peer, const rpc::Request& request) {
  const JsonValue* id = request.params.find("id");
  CallHost* call = id == nullptr ? nullptr : find(peer, id->str());
  if (call == nullptr) return err(Code::kLocalUsage, "no call of this id is under way");
  if (request.method == "cancel") {
    call->cancel();
    return std::string("null");
  }
  const JsonValue* text = request.params.find("text");
  if (text != nullptr && !text->is(Kind::kText)) return err(Code::kLocalUsage, "\"text\" is a text");
  if (!call->take_input(text == nullptr ? "" : text->text)) {
    return err(Code::kLocalUsage, "the call wants no input now");
  }
  return std::string("null");
}

std::unique_ptr<client::Serving> start_serving(Loop& loop, client::OpenProfile& profile, const Options& options,
                                               const StartWindows& windows, std::function<void()> end) {
  auto out = std::make_unique<Service>(loop, profile, options, windows, std::move(end));
  if (!out->open().ok()) return nullptr;
  return out;
}

}  // namespace fastchat::cli
