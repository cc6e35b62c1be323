// The profile of a screen that holds the profile: the session, its adapters, and the object that serves the profile.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/runtime/tickets.h"
#include "client/session/serving.h"
#include "client/tui/adapters/session_adapters.h"
#include "client/tui/adapters/session_events.h"
#include "client/tui/profile_access.h"
#include "common/loop.h"
#include "common/result.h"

namespace fastchat::tui {

class HeldProfile final : public ProfileAccess {
 public:
  struct Needs {
    Loop& loop;
    const client::SessionOptions& options;
    const client::StartServing& serve;
    WindowManners manners;
    bool typed_invite;
    Screen& screen;
    Desktop& desktop;
    EventHandler hear;
    std::function<void(Entry)> on_entry;
  };
  explicit HeldProfile(Needs needs);
  ~HeldProfile() override;

  // Opens the profile. Fails with the errors of Session::open(). May be called again after a failure.
  Result<> open();

  Ports ports() override;
  DiskFiles& local_files() override { return files_; }
  bool is_holder() const override { return true; }
  std::string user() const override { return profile_.session->user(); }
  bool account_deleted() const override { return profile_.session->account_deleted(); }
  PageName begin() override;
  void begun() override;
  void make(const std::vector<OwedCall>& calls) override;
  void restore_texts() override;
  void keep_texts() override;
  void used() override { profile_.front.used(window_); }
  bool in_front() const override { return profile_.front.is(window_); }
  void end() override;
  bool ended() const override;
  std::string close() override;

 private:
  const Needs needs_;
  client::Tickets tickets_;
  SessionEvents events_;
  client::OpenProfile profile_;
  const uint64_t window_;
  std::optional<UnsentTexts> unsent_;
  std::optional<SessionAdapters> adapters_;
  DiskFiles files_;
  bool restored_ = false;
};

}  // namespace fastchat::tui
