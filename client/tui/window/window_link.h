// A window's connection to the holder of its profile. Calls with an answer wait for the answer. Lines that come
// meanwhile are handled from the loop, afterwards and in order, so pages are never re-entered. Keeps the unanswered
// changes, so that another holder can make them. Lives on the loop's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/rpc/message.h"
#include "client/rpc/server.h"
#include "client/tui/window/calls.h"
#include "common/loop.h"
#include "common/result.h"

namespace fastchat::tui {

// A change that no holder has confirmed.
struct OwedCall {
  std::string name, params;  // params: JSON
};

inline constexpr size_t kMaxOwed = 10'000;                   // changes that wait for the holder's answer
inline constexpr size_t kMaxWindowLine = 32 * 1024 * 1024;   // bytes of a line from the holder
inline constexpr size_t kMaxWindowQueue = 64 * 1024 * 1024;  // bytes that come while a call waits
inline constexpr int64_t kMaxAnswer = 10'000'000;            // us for the holder's answer

class WindowLink final : public rpc::LineHandler {
 public:
  struct Told {
    std::function<void(const rpc::Answer& notification)> on_notification;
    // Called when the holder refuses a change. `why`: one line.
    std::function<void(const std::string& why)> on_refused;
    // Called once, from the loop, when the holder is gone (kLocalUnreachable), ended this connection because the window
    // took too few bytes (kThrottled), does not answer (kLocalTimeout), or breaks the protocol (kMalformed).
    std::function<void(const Error& why)> on_lost;
  };
  WindowLink(Loop& loop, rpc::Descriptor holder, Told told);
  ~WindowLink() override;
  WindowLink(const WindowLink&) = delete;
  WindowLink& operator=(const WindowLink&) = delete;

  // Makes a call and waits for its answer. Fails with kLocalTimeout, kLocalUnreachable or kMalformed when the link is
  // lost, with kUnsupportedVersion when the holder does not know the call, and with kLocalProfileInUse when the holder
  // refuses the call.
  template <class Call>
  Result<typename Call::Answer> ask(const Call& call) {
    const Result<JsonValue> answer = ask(Call::kName, write_fields(call));
    if (!answer.ok()) return answer.error();
    auto read = read_fields<typename Call::Answer>(*answer);
    if (!read.ok()) lose(err(Code::kMalformed, kOtherWay));
    return read;
  }
  // Makes a change. Keeps the change until the holder answers, unless it matters at the moment only.
  template <class Call>
  void tell(const Call& call) {
    tell(Call::kName, write_fields(call), !OfTheMoment<Call>);
  }
  void tell(const OwedCall& call) { tell(call.name, call.params, true); }

  // Returns true when all changes are answered, or the link is lost.
  bool settled() const { return lost_.has_value() || (owed_.empty() && peer_.waiting() == 0); }
  size_t owed() const { return owed_.size(); }
  // Returns the unanswered changes in order, and forgets them.
  std::vector<OwedCall> take_owed();

  // ---- LineHandler
  void on_line(rpc::Peer&, std::string line) override;
  void on_end_of_lines(rpc::Peer& peer) override;
  void on_drained(rpc::Peer&) override {}
  void on_gone(rpc::Peer&) override;

 private:
  static constexpr const char* kOtherWay = "the program that has this profile open answers in another way: end it";

  Result<JsonValue> ask(const char* name, const std::string& params);
  void tell(const std::string& name, std::string params, bool keep);
  void lose(const Error& why);
  void hear_soon();
  void hear();
  void hear(const rpc::Answer& answer);

  Loop& loop_;
  const Told told_;
  std::deque<rpc::Answer> heard_;      // to be handled from the loop
  size_t heard_bytes_ = 0;             // since the last call that waited
  std::map<uint64_t, OwedCall> owed_;  // by id
  uint64_t last_id_ = 0;
  std::string waits_for_;  // id of the call that waits, or empty
  std::optional<rpc::Answer> answer_;
  std::optional<Error> lost_;
  Loop::TimerId timer_ = 0;
  rpc::Peer peer_;
};

}  // namespace fastchat::tui
