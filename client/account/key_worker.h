// Slow key work (Argon2id, a new RSA pair: up to two seconds together) on a thread of its own, so that a screen goes
// on. One job at a time; the answer comes through the loop. The thread exists only while there is a job.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <zmq.hpp>

#include "client/e2e/password.h"
#include "client/e2e/rsa.h"
#include "common/loop.h"
#include "common/mailbox.h"

namespace fastchat::client {

struct KeyJob {
  e2e::Secret password;  // not asked for when `derive` is empty
  Bytes realm;
  std::string user;
  bool new_pair = false;
  e2e::PasswordDeriver derive;
};
struct KeyAnswer {
  Result<e2e::PasswordKeys> keys = err(Code::kInternal, "");
  std::optional<e2e::KeyPair> pair;
};

class KeyWorker {
 public:
  explicit KeyWorker(Loop& loop) : loop_(loop) {}
  ~KeyWorker();
  KeyWorker(const KeyWorker&) = delete;
  KeyWorker& operator=(const KeyWorker&) = delete;

  bool busy() const { return thread_ != nullptr; }
  // Not while busy.
  void start(KeyJob job, std::function<void(KeyAnswer&)> done);

 private:
  using Mine = MailboxEnd<KeyAnswer, KeyJob>;
  void finish();

  Loop& loop_;
  zmq::context_t context_{1};
  std::unique_ptr<Mine> mine_;
  std::unique_ptr<LoopThread> thread_;
  std::function<void(KeyAnswer&)> done_;
};

}  // namespace fastchat::client
