// The end of the account, as far as this profile knows it. The request is on disk before it is sent. After a lost
// answer the next login finds out: a broker that knows neither the user nor the device's secret has deleted the
// account. A profile whose account ended stays readable and never connects. Lives on the session's thread; writes join
// the turn.
#pragma once

#include <string>

#include "client/runtime/turn.h"
#include "client/store/account_table.h"

namespace fastchat::client {

class AccountEnd {
 public:
  enum class State { kNone, kAsked, kDone };
  explicit AccountEnd(store::SettingTable& settings) : settings_(settings) {}

  // Fails with kLocalDisk.
  Result<State> state() const;
  bool asked() const { return is(State::kAsked); }
  bool done() const { return is(State::kDone); }
  Result<> set(State state);
  // Returns the code for the person: kDeviceEnded when the account is deleted, else `code`.
  Code code(Code code) const { return done() ? Code::kDeviceEnded : code; }
  // Returns the line for every request that needs the account.
  static std::string text(const std::string& user);

 private:
  bool is(State state) const;

  store::SettingTable& settings_;
};

}  // namespace fastchat::client
