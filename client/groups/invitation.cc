#include "client/groups/invitation.h"

#include "common/try.h"

namespace fastchat::client {

std::string inviter(const StandingBook& standings, const GroupBook& groups, const Bytes& id,
                    const std::string& server_admin) {
  if (standings.of(store::ConversationId::group(id)) != Standing::kNone) return "";
  const GroupBook::Me& me = groups.me();
  const auto trusted = [&](const std::string& user) { return user == me.user || standings.open_to(user); };
  const e2e::GroupState* now = groups.current(id);
  const std::string& admin = now == nullptr ? server_admin : now->admin_user();
  // An admin who hands a group over chooses the next one, and needs no consent for that.
  const e2e::GroupState* before = now == nullptr ? nullptr : groups.state(id, now->epoch - 1);
  if (before != nullptr && before->admin_user() != admin && !trusted(before->admin_user())) return before->admin_user();
  return trusted(admin) ? "" : admin;
}

Result<> accept_group(Standings& standings, const GroupBook& groups, const Bytes& id) {
  FC_TRY(standings.writes_to(store::ConversationId::group(id)));
  const e2e::GroupState* now = groups.current(id);
  if (now == nullptr) return Unit{};
  const auto admin = store::ConversationId::direct(now->admin_user());
  if (standings.book().of(admin) != Standing::kNone) return Unit{};
  return standings.writes_to(admin);
}

}  // namespace fastchat::client
