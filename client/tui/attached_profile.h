// The profile of a window beside its holder: the link to the holder and the ports over it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/rpc/socket_file.h"
#include "client/tui/adapters/session_adapters.h"
#include "client/tui/profile_access.h"
#include "client/tui/window/window_link.h"
#include "client/tui/window/window_ports.h"
#include "common/loop.h"
#include "common/result.h"

namespace fastchat::tui {

class AttachedProfile final : public ProfileAccess {
 public:
  struct Needs {
    Loop& loop;
    WindowManners manners;
    std::string downloads;  // the window's downloads folder; empty: the holder's
    Screen& screen;
    Desktop& desktop;
    EventHandler hear;
    // Called when the holder ends this window. `why`: one line, or empty.
    std::function<void(const std::string& why)> on_end;
    // Called when the holder is gone (kLocalUnreachable) or ended this connection (kThrottled), or when the window
    // cannot go on with this holder.
    std::function<void(const Error& why)> on_lost;
  };
  AttachedProfile(Needs needs, rpc::Descriptor holder);

  // Opens the window at the holder. Fails with one line: the holder's refusal (kLocalProfileInUse), kLocalTimeout,
  // kLocalUnreachable, kMalformed.
  Result<> open();
  // Returns the changes that the holder has not confirmed.
  std::vector<OwedCall> take_owed() { return link_.take_owed(); }

  Ports ports() override;
  DiskFiles& local_files() override { return disk_; }
  bool is_holder() const override { return false; }
  std::string user() const override { return opened_.user; }
  PageName begin() override { return PageName::kMain; }
  // Tells the connection as it was when the window opened.
  void begun() override { needs_.hear(opened_.connection); }
  void make(const std::vector<OwedCall>& calls) override;
  void took_back(const SendFailed& failed) override { link_.tell(TookBack{failed.to, failed.text}); }
  void used() override;
  bool in_front() const override { return front_; }
  void end() override {}
  bool ended() const override { return link_.settled(); }
  std::string close() override;

 private:
  void hear(const rpc::Answer& notification);
  // Handles a notification of this kind. Returns false for another kind, and for a wrong field.
  template <class Told>
  bool heard(const rpc::Answer& notification);
  void handle(const ShowLine& line) { needs_.screen.toast(line.text, line.style); }
  void handle(const ShowPage& page);
  void handle(const ComeToFront& now) { front_ = now.front; }
  void handle(const EndWindow& end) { needs_.on_end(end.text); }

  const Needs needs_;
  WindowOpened opened_;
  bool front_ = true;
  WindowLink link_;
  WindowAsker holder_{link_, needs_.screen};
  WindowAccounts accounts_{holder_, opened_};
  WindowConversations conversations_{holder_};
  WindowSearch search_{holder_};
  WindowMessages messages_{holder_};
  WindowGroups groups_{holder_};
  WindowFiles files_{holder_, needs_.downloads};
  WindowContacts contacts_{holder_};
  WindowDevices devices_{holder_};
  WindowSettings settings_{holder_};
  DiskFiles disk_;
};

}  // namespace fastchat::tui
