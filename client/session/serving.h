// Whatever serves an open profile to other programs. The screen holds one without knowing what it is; main() joins the
// two. Lives on the loop's thread: made after the session, gone before it.
#pragma once

#include <functional>
#include <memory>

#include "client/runtime/listeners.h"
#include "client/session/session.h"
#include "common/loop.h"

namespace fastchat::client {

class Serving {
 public:
  virtual ~Serving() = default;
  // Takes no more calls; those that would never end are refused, the others go on.
  virtual void end() = 0;
  // After end(): no call goes on. Whoever does not wait for that leaves the rest without an answer.
  virtual bool ended() const = 0;
};

// `end` ends the process politely. Null: the profile cannot be served.
using StartServing = std::function<std::unique_ptr<Serving>(Loop& loop, Session& session, Listeners& listeners,
                                                            std::function<void()> end)>;

// An open profile with those who hear of it and those whom it is served to.
struct OpenProfile {
  Listeners listeners;
  std::unique_ptr<Session> session;
  std::unique_ptr<Serving> serving;  // gone before the session
};

}  // namespace fastchat::client
