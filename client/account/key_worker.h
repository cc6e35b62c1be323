// Slow key work (Argon2id, a new RSA pair: up to two seconds together) on a thread of its own, so that the screen stays
// responsive. One job at a time; the others wait. The answer arrives through the loop. The thread exists only during a
// job.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "client/e2e/password.h"
#include "client/e2e/rsa.h"
#include "client/runtime/machine.h"

namespace fastchat::client {

struct KeyJob {
  e2e::Secret password;  // unused when `derive` is empty
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
  using MakePair = std::function<e2e::KeyPair()>;
  // The worker's thread calls `make_pair`.
  explicit KeyWorker(Machine& machine, MakePair make_pair = e2e::KeyPair::generate)
      : machine_(machine), make_pair_(std::move(make_pair)) {}
  KeyWorker(const KeyWorker&) = delete;
  KeyWorker& operator=(const KeyWorker&) = delete;

  bool busy() const { return background_ != nullptr; }
  // Starts a job once the jobs before it are done; `done` runs in the session's loop.
  void start(KeyJob job, std::function<void(KeyAnswer&)> done);

 private:
  class Work;
  struct Waiting {
    KeyJob job;
    std::function<void(KeyAnswer&)> done;
  };
  void begin_next();

  Machine& machine_;
  const MakePair make_pair_;
  std::unique_ptr<Background> background_;
  std::deque<Waiting> waiting_;  // one at most of each room that has slow work
};

}  // namespace fastchat::client
