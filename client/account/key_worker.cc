#include "client/account/key_worker.h"

namespace fastchat::client {

class KeyWorker::Work final : public Task {
 public:
  Work(KeyWorker& owner, KeyJob job, std::function<void(KeyAnswer&)> done)
      : owner_(owner), job_(std::move(job)), done_(std::move(done)) {}

  void work() override {
    if (job_.derive) answer_.keys = job_.derive(job_.password.view(), job_.realm, job_.user);
    if ((answer_.keys.ok() || !job_.derive) && job_.new_pair) answer_.pair = owner_.make_pair_();
  }
  // Ends the thread before the callback, which may end the owner.
  void done() override {
    owner_.background_.reset();
    owner_.begin_next();
    done_(answer_);
  }

 private:
  KeyWorker& owner_;
  KeyJob job_;
  KeyAnswer answer_;
  const std::function<void(KeyAnswer&)> done_;
};

void KeyWorker::start(KeyJob job, std::function<void(KeyAnswer&)> done) {
  waiting_.push_back({std::move(job), std::move(done)});
  begin_next();
}

void KeyWorker::begin_next() {
  if (busy() || waiting_.empty()) return;
  Waiting next = std::move(waiting_.front());
  waiting_.pop_front();
  background_ = machine_.make_background("keys");
  background_->post(std::make_unique<Work>(*this, std::move(next.job), std::move(next.done)));
}

}  // namespace fastchat::client
