// Serves the windows of an open profile, over the connections of its holder. Each window has adapters of its own over
// the holder's session. Answers the calls of calls.h, and passes the session's events to all windows. Lives on the
// loop's thread, shorter than the session.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "client/rpc/server.h"
#include "client/runtime/tickets.h"
#include "client/session/serving.h"
#include "client/tui/adapters/session_events.h"
#include "client/tui/adapters/unsent_texts.h"

namespace fastchat::tui {

inline constexpr size_t kMaxWindows = 16;  // of a profile, beside its holder

class WindowServer final : public rpc::MoreMethods {
 public:
  // `invite`: the invite line of the session's server, if it is known. `screen`: true when the holder is a screen,
  // which restores unsent texts itself. `end` ends the process gracefully. `profile` outlives the WindowServer.
  WindowServer(client::OpenProfile& profile, const std::optional<InviteLine>& invite, bool screen,
               std::function<void()> end);
  ~WindowServer() override;

  std::optional<Taken> take(rpc::Peer& peer, rpc::Request& request) override;
  void on_gone(rpc::Peer& peer) override;
  void turn() override;

 private:
  class Window;
  Result<std::string> open(rpc::Peer& peer, const JsonValue& params);
  void restore_unsent_once(Window& window);
  void want_typing();
  void hear(const Event& event);

  client::OpenProfile& profile_;
  const std::optional<InviteLine> invite_;
  const std::function<void()> end_;
  client::Tickets tickets_;
  UnsentTexts unsent_;
  SessionEvents events_;
  std::map<const rpc::Peer*, std::unique_ptr<Window>> windows_;
  const rpc::Peer* logged_out_by_ = nullptr;  // the window that logged out
  bool restored_, told_end_ = false;
};

}  // namespace fastchat::tui
