// The interface to a thread for slow work: key work, reading and writing files. ThreadBackground is the real thread.
// The simulator (tests/sim) works in virtual time.
#pragma once

#include <memory>

namespace fastchat::client {

class Task {
 public:
  virtual ~Task() = default;
  // Runs on the thread.
  virtual void work() = 0;
  // Runs in the session's loop, after work(). May end the Background that calls it.
  virtual void done() = 0;
};

class Background {
 public:
  // Waits for the task in work(). Drops the others, and calls no done() any more.
  virtual ~Background() = default;
  // Posts a task. Calls work() and done() of the tasks in the order in which they were posted.
  virtual void post(std::unique_ptr<Task> task) = 0;
};

}  // namespace fastchat::client
