// The devices of this account. Devices asks the server for the list after each attach and whenever the server hints at
// a change, and compares the list with the devices that the profile knows. An unknown device is the sign of a stolen
// password, so it gets a line that stays. Lives on the session's thread; writes join the turn.
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

  // Asks for the list, because a session began.
  void attached() { ask_at_ = turn_.now_ms(); }
  // Asks for the list, at the earliest 2 s after the last request, because the server hinted at a change.
  void changed();
  // Sets the devices of which one must be removed before this device may log in.
  void set_choices(const std::vector<core::DeviceRecord>& devices);
  const std::vector<DeviceInfo>& choices() const { return choices_; }
  // Returns true when no request is under way or due now.
  bool settled() const { return !asking_ && ask_at_ > turn_.now_ms(); }

  // Reports the devices that the server names now. The errors are those of Server::ask().
  void list(Listed done);
  // Returns the devices that the server named last. Fails with kLocalDisk.
  Result<std::vector<DeviceInfo>> known() const;
  // Removes the device `id` (32 hex digits). Fails with kLocalUsage, kUnknownDevice, or an error of Server::ask().
  void remove(const std::string& id, Done done);
  // Gives the device `id` a name that its logins leave. Fails with kLocalUsage, kUnknownDevice, kUnsupportedVersion,
  // or an error of Server::ask().
  void rename(const std::string& id, const std::string& name, Done done);
  DeviceInfo info(const core::DeviceRecord& device) const;

  void work() override;
  int64_t next_wake() const override;

 private:
  void compare(const v1::Devices& now);
  void refuse(Done&& done, const Error& why);
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
