#include "client/login/login_vault.h"

#include <utility>

#include "common/try.h"

namespace fastchat::client {

Result<bool> LoginVault::take(const core::LoggedIn& in, Then then) {
  then_ = std::move(then);
  FC_TRY(vault_.on_logged_in(in));
  if (vault_.wanted_parts().empty()) return true;
  server_.engine().await_parts();
  return false;
}

void LoginVault::fetch() {
  turn_.before_commit([this] {
    server_.ask_for_parts(vault_.wanted_parts(), [this](const Result<v1::ServerFrame*>& answer) {
      if (!answer.ok() || !then_) return;
      const Result<> taken = vault_.on_parts((*answer)->vault_parts());
      then_(taken.ok() ? Result<bool>(vault_.wanted_parts().empty()) : Result<bool>(taken.error()));
    });
  });
}

}  // namespace fastchat::client
