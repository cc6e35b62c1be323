// The interface of an object that serves an open profile to other programs. The screen holds a Serving without knowing
// its class; main() joins the two. Lives on the loop's thread: made after the session, destroyed before it.
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
  // Takes no more calls. Refuses the calls that would never end; the other calls go on.
  virtual void end() = 0;
  // Returns true after end() when no call is under way. A caller that does not wait for this leaves the other calls
  // without a result.
  virtual bool ended() const = 0;
};

// Starts to serve a profile. `end` ends the process gracefully. Returns null when the profile cannot be served.
using StartServing = std::function<std::unique_ptr<Serving>(Loop& loop, Session& session, Listeners& listeners,
                                                            std::function<void()> end)>;

// An open profile with its listeners and the object that serves it.
struct OpenProfile {
  Listeners listeners;
  std::unique_ptr<Session> session;
  std::unique_ptr<Serving> serving;  // destroyed before the session
};

}  // namespace fastchat::client
