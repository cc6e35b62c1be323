// The interface of an object that serves an open profile to other programs. The screen holds a Serving without knowing
// its class; main() joins the two. Lives on the loop's thread: made after the session, destroyed before it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "client/runtime/listeners.h"
#include "client/session/front.h"
#include "client/session/session.h"
#include "client/session/shared_drafts.h"
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

// An open profile with its listeners, its windows and the object that serves it.
struct OpenProfile {
  OpenProfile() = default;
  OpenProfile(const OpenProfile&) = delete;
  OpenProfile& operator=(const OpenProfile&) = delete;

  Listeners listeners;
  Front front;
  std::unique_ptr<Session> session;
  SharedDrafts drafts{
      [this](const std::string& name) { return session->setting(name); },
      [this](const std::string& name, const std::string& text) { return session->set_setting(name, text); }};
  std::unique_ptr<Serving> serving;  // destroyed before the session
};

// Starts to serve a profile. `end` ends the process gracefully. Returns null when the profile cannot be served.
using StartServing =
    std::function<std::unique_ptr<Serving>(Loop& loop, OpenProfile& profile, std::function<void()> end)>;

}  // namespace fastchat::client
