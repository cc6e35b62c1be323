// Deletes the account: checks the password, leaves the groups of others, so that their members learn of it as of every
// leave, waits until the server has all of it, and asks for the end. An admin of groups with other members is refused,
// with their names. Lives on the session's thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/e2e/secret.h"
#include "client/groups/group_editor.h"
#include "client/login/login_rooms.h"
#include "client/runtime/server.h"
#include "client/runtime/turn.h"

namespace fastchat::client {

class Deletion final : public TurnPart {
 public:
  using Done = std::function<void(const Result<>&)>;
  struct Groups {
    std::function<Result<std::vector<GroupInfo>>()> all;
    std::function<bool()> busy;  // the list is not known yet
  };
  Deletion(Turn& turn, Server& server, LoginRooms& logins, GroupEditor& editor, Groups groups)
      : turn_(turn), server_(server), logins_(logins), editor_(editor), groups_(std::move(groups)) {}

  // Needs a session that is connecting or live. Fails with kBadCredentials, kOwnsGroups (the text names the groups),
  // kLocalUsage, kLocalUnreachable, or an error of Login::delete_account().
  void begin(e2e::Secret password, Done done);
  void work() override;

 private:
  enum class Step { kNone, kChecking, kConnecting, kLeaving, kSettling, kEnding };
  void leave_groups();
  void leave_next();
  void finish(const Result<>& result);

  Turn& turn_;
  Server& server_;
  LoginRooms& logins_;
  GroupEditor& editor_;
  const Groups groups_;
  Step step_ = Step::kNone;
  e2e::Secret password_;
  Done done_;
  std::vector<std::string> to_leave_;
};

}  // namespace fastchat::client
