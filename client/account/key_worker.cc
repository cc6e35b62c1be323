#include "client/account/key_worker.h"

#include <utility>

namespace fastchat::client {
namespace {

std::unique_ptr<KeyAnswer> work(const KeyJob& job) {
  auto answer = std::make_unique<KeyAnswer>();
  if (job.derive) answer->keys = job.derive(job.password.view(), job.realm, job.user);
  if ((answer->keys.ok() || !job.derive) && job.new_pair) answer->pair = e2e::KeyPair::generate();
  return answer;
}

}  // namespace

KeyWorker::~KeyWorker() {
  finish();
}

void KeyWorker::finish() {
  if (!thread_) return;
  mine_->unlisten(loop_);
  thread_.reset();
  mine_.reset();
}

void KeyWorker::start(KeyJob job, std::function<void(KeyAnswer&)> done) {
  FC_CHECK(!busy());
  auto [mine, theirs] = make_mailbox<KeyAnswer, KeyJob>(context_);
  mine_ = std::make_unique<Mine>(std::move(mine));
  done_ = std::move(done);
  mine_->post(std::make_unique<KeyJob>(std::move(job)));
  mine_->listen(loop_, [this] {
    std::unique_ptr<KeyAnswer> answer = mine_->receive();
    if (!answer) return false;
    finish();
    const auto call = std::exchange(done_, nullptr);
    call(*answer);
    return false;
  });
  thread_ = std::make_unique<LoopThread>(context_, "keys", [end = std::move(theirs)](Loop& loop) mutable {
    end.listen(loop, [&] {
      if (const std::unique_ptr<KeyJob> next = end.receive()) end.post(work(*next));
      return false;
    });
    loop.run();
    end.unlisten(loop);
  });
}

}  // namespace fastchat::client
