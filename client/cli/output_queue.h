// An output of a command that serves its profile: standard output or standard error. Lines that the reader does not
// take wait here, so that a slow reader delays nobody who uses the profile. Lives on the loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "client/rpc/lines.h"
#include "client/rpc/socket_file.h"
#include "common/loop.h"
#include "common/result.h"

namespace fastchat::cli {

inline constexpr size_t kMaxUnread = 16 * 1024 * 1024;  // bytes that wait for the reader of an output

class OutputQueue {
 public:
  OutputQueue(Loop& loop, int fd);
  ~OutputQueue();
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;

  // Queues a line and writes as many bytes as the reader takes at once. Fails with kLocalDisk when the reader is gone,
  // and when more than kMaxUnread bytes wait: then drops the lines that are not begun.
  Result<> add(const std::string& line);
  // Queues a line, and drops the line when more than kMaxUnread bytes would wait. Returns false after an error of
  // add().
  bool offer(const std::string& line);
  // Calls `call` once the lines so far are written; at once when none waits. Never calls when one of them is dropped.
  void when_written(std::function<void()> call);
  bool empty() const { return lines_.size() == 0; }
  // Returns true while lines wait that may still be written, all of them.
  bool waits() const { return !empty() && !error_; }
  // Returns true when no line waits and the reader takes more; also when a write would fail, as the next add() does.
  bool takes_more() const;
  // Makes a turn of the loop once the reader takes more. Without `wanted` only while lines wait.
  void watch(bool wanted);
  // Waits until the reader took all lines. Signals have their usual effect meanwhile. Only after the loop's last turn.
  void finish();

 private:
  struct Waiting {
    uint64_t upto;  // the bytes of all lines before the call
    std::function<void()> call;
  };
  void write_some();
  void tell_written();

  Loop& loop_;
  const rpc::Descriptor own_;  // of a terminal; see own_terminal()
  const int fd_;
  rpc::LineQueue lines_;
  uint64_t added_ = 0, taken_ = 0;  // bytes since the start
  std::deque<Waiting> written_;
  std::optional<Error> error_;
  bool wanted_ = false, watching_ = false, dropped_ = false;
};

}  // namespace fastchat::cli
