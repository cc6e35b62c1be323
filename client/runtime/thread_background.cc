#include "client/runtime/thread_background.h"

namespace fastchat::client {
namespace {

constexpr int kDonePerTurn = 8;

}  // namespace

ThreadBackground::~ThreadBackground() {
  if (ended_ != nullptr) *ended_ = true;
  if (!thread_) return;
  mine_->unlisten(loop_);
  thread_.reset();
}

void ThreadBackground::post(std::unique_ptr<Task> task) {
  if (!thread_) start();
  mine_->post(std::move(task));
}

bool ThreadBackground::take() {
  bool ended = false;
  ended_ = &ended;
  for (int i = 0; i < kDonePerTurn; ++i) {
    const std::unique_ptr<Task> task = mine_->receive();
    if (task) task->done();
    if (ended) return false;
    if (task) continue;
    ended_ = nullptr;
    return false;
  }
  ended_ = nullptr;
  return true;
}

void ThreadBackground::start() {
  auto [mine, theirs] = make_mailbox<Task, Task>(context_);
  mine_.emplace(std::move(mine));
  mine_->listen(loop_, [this] { return take(); });
  thread_ = std::make_unique<LoopThread>(context_, name_, [end = std::move(theirs)](Loop& loop) mutable {
    end.listen(loop, [&] {
      std::unique_ptr<Task> task = end.receive();
      if (!task) return false;
      task->work();
      end.post(std::move(task));
      return true;
    });
    loop.run();
    end.unlisten(loop);
  });
}

}  // namespace fastchat::client
