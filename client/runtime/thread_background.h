// A real thread for slow work. The thread begins with the first task and ends with this object. Tasks travel through a
// mailbox. Each turn of the loop calls done() of a few tasks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <zmq.hpp>

#include "client/runtime/background.h"
#include "common/loop.h"
#include "common/mailbox.h"

namespace fastchat::client {

class ThreadBackground final : public Background {
 public:
  ThreadBackground(Loop& loop, std::string name) : loop_(loop), name_(std::move(name)) {}
  ~ThreadBackground() override;
  ThreadBackground(const ThreadBackground&) = delete;
  ThreadBackground& operator=(const ThreadBackground&) = delete;

  void post(std::unique_ptr<Task> task) override;

 private:
  using End = MailboxEnd<Task, Task>;
  void start();
  bool take();

  Loop& loop_;
  const std::string name_;
  bool* ended_ = nullptr;  // set by the destructor while take() runs
  zmq::context_t context_{1};
  std::optional<End> mine_;
  std::unique_ptr<LoopThread> thread_;
};

}  // namespace fastchat::client
