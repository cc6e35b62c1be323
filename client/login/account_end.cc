#include "client/login/account_end.h"

#include <optional>

namespace fastchat::client {
namespace {

constexpr const char* kSetting = "account-end";
constexpr const char* kAskedWord = "asked";
constexpr const char* kDoneWord = "done";

}  // namespace

Result<AccountEnd::State> AccountEnd::state() const {
  const Result<std::optional<Bytes>> word = settings_.find(kSetting);
  if (!word.ok()) return word.error();
  if (!word->has_value()) return State::kNone;
  return **word == kDoneWord ? State::kDone : **word == kAskedWord ? State::kAsked : State::kNone;
}

bool AccountEnd::is(State wanted) const {
  const Result<State> now = state();
  return now.ok() && *now == wanted;
}

Result<> AccountEnd::set(State state) {
  return settings_.put(kSetting, state == State::kDone ? kDoneWord : state == State::kAsked ? kAskedWord : "");
}

std::string AccountEnd::text(const std::string& user) {
  return "the account " + user + " was deleted: `fastchat history` and `fastchat export` still read its messages here";
}

}  // namespace fastchat::client
