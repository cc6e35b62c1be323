// The devices of this account: asked for after each attach and whenever the server hints at a change, and compared with
// those that the profile knows. A device that nobody here knew is how a stolen password shows, so it gets a line that
// stays. Lives on the session's thread; writes join the turn.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "client/messages/notices.h"
#include "client/runtime/server.h"
#include "client/store/account_table.h"

namespace fastchat::client {

class Devices final : public TurnPart {
 public:
  using Done = std::function<void(const Result<>&)>;
  using Listed = std::function<void(const Result<std::vector<DeviceInfo>>&)>;
  Devices(Turn& turn, Server& server, store::DeviceTable& devices, Account& account, Notices& notices)
      : turn_(turn), server_(server), devices_(devices), account_(account), notices_(notices) {}

  // A session began.
  void attached() { ask_at_ = turn_.now_ms(); }
  // The server hints at a change.
  void changed();
  // Those of which one has to go before this one may log in.
  void set_choices(const std::vector<core::DeviceRecord>& devices);
  const std::vector<DeviceInfo>& choices() const { return choices_; }
  // Nothing is being asked, or is to be asked now.
  bool settled() const { return !asking_ && ask_at_ > turn_.now_ms(); }

  // Those that the server names now; as it named them last. The errors are those of Server::ask(); kLocalDisk.
  void list(Listed done);
  Result<std::vector<DeviceInfo>> known() const;
  // `id`: 32 hex digits. kLocalUsage, kUnknownDevice, and the errors of Server::ask().
  void remove(const std::string& id, Done done);
  DeviceInfo info(const core::DeviceRecord& device) const;

  void work() override;
  int64_t next_wake() const override;

 private:
  void compare(const v1::Devices& now);
  void tell(const std::vector<store::DeviceRow>& came, const std::map<Bytes, store::DeviceRow>& gone);

  Turn& turn_;
  Server& server_;
  store::DeviceTable& devices_;
  Account& account_;
  Notices& notices_;
  int64_t ask_at_ = Loop::kNever, asked_at_ = 0;  // ms, monotonic
  bool asking_ = false;
  std::vector<DeviceInfo> choices_;
};

}  // namespace fastchat::client
