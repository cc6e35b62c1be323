// Lets groups list the keys that their members have now. The admin's client makes an epoch when a member, or the admin,
// has another key than the newest state lists. A member whose own key changed writes to the admin, whose client learns
// of the change with any message. Once a session, and after each new key. Lives on the session's thread; writes join
// the turn.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "client/contacts/pin_book.h"
#include "client/groups/group_editor.h"
#include "client/groups/group_plan.h"

namespace fastchat::client {

class GroupRenewal {
 public:
  // Sends a request for the key of a group's epoch to the group's admin.
  using AskAdmin = std::function<void(const std::string& admin, const e2e::GroupKeyRequest& request)>;
  // `may_send`: returns true when messages may go out because of this group.
  GroupRenewal(const GroupBook& book, const PinBook& pins, GroupEditor& editor, GroupFollower::MayAsk may_send,
               AskAdmin ask)
      : book_(book), pins_(pins), editor_(editor), may_send_(std::move(may_send)), ask_(std::move(ask)) {}

  // Notes that a session began, or that a member or this user has another key.
  void due() { due_ = true; }
  // Does the work that is due. Nothing of this device's queue is unread. Returns false when the turn failed.
  bool work() {
    if (!std::exchange(due_, false)) return true;
    for (const GroupInfo& group : book_.all()) {
      if (!group.member || !may_send_(group.id, group.admin) || !lists_former_keys(book_, group.id, pins_)) continue;
      if (group.admin_is_me) {
        if (!editor_.add(group.id, {.renew = true}, nullptr)) return false;
        continue;
      }
      const Bytes* listed = book_.current(group.id)->fpr_of(book_.me().user);
      if (listed != nullptr && *listed != book_.me().fprs.front()) ask_(group.admin, {group.id, group.epoch});
    }
    return true;
  }

 private:
  const GroupBook& book_;
  const PinBook& pins_;
  GroupEditor& editor_;
  const GroupFollower::MayAsk may_send_;
  const AskAdmin ask_;
  bool due_ = false;
};

}  // namespace fastchat::client
