#include "client/account/key_worker.h"

#include "common/check.h"

namespace fastchat::client {

class KeyWorker::Work final : public Task {
 public:
  Work(KeyWorker& owner, KeyJob job, std::function<void(KeyAnswer&)> done)
      : owner_(owner), job_(std::move(job)), done_(std::move(done)) {}

  void work() override {
    if (job_.derive) answer_.keys = job_.derive(job_.password.view(), job_.realm, job_.user);
    if ((answer_.keys.ok() || !job_.derive) && job_.new_pair) answer_.pair = owner_.make_pair_();
  }
  // Ends the thread before the callback, which may start the next job.
  void done() override {
    owner_.background_.reset();
    done_(answer_);
  }

 private:
  KeyWorker& owner_;
  KeyJob job_;
  KeyAnswer answer_;
  const std::function<void(KeyAnswer&)> done_;
};

void KeyWorker::start(KeyJob job, std::function<void(KeyAnswer&)> done) {
  FC_CHECK(!busy());
  background_ = machine_.make_background("keys");
  background_->post(std::make_unique<Work>(*this, std::move(job), std::move(done)));
}

}  // namespace fastchat::client
