// A thread for slow work, as the session's thread sees it: key work, reading and writing files. ThreadBackground is the
// real one; the simulator (tests/sim) works in virtual time.
#pragma once

#include <memory>

namespace fastchat::client {

class Task {
 public:
  virtual ~Task() = default;
  // On the thread.
  virtual void work() = 0;
  // In the session's loop, after work(). May end the Background that calls it.
  virtual void done() = 0;
};

class Background {
 public:
  // Waits for the task that is at work; the others are dropped, and nothing is done() any more.
  virtual ~Background() = default;
  // Tasks are worked on, and done, in the order in which they were posted.
  virtual void post(std::unique_ptr<Task> task) = 0;
};

}  // namespace fastchat::client
