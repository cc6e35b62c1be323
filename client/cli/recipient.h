// The recipient of a command: a user, or a group, which may get another name meanwhile. Lives as long as its command.
#pragma once

#include "client/session/session.h"

namespace fastchat::cli {

class Recipient {
 public:
  explicit Recipient(const client::PeerName& named) : name_(named) {}

  // Returns false while the recipient is a group that this device does not know yet and that may be on its way.
  // `was_live`: the session was live, so that no earlier group is on its way any more.
  bool known(client::Session& session, bool was_live) {
    if (!name_.is_group()) return true;
    Result<std::vector<client::GroupInfo>> all = session.groups();
    if (!all.ok()) return true;
    for (const client::GroupInfo& g : *all) {
      const auto name = client::PeerName::of_group(g.name);
      if (group_.empty() && name == name_) group_ = g.id;
      if (g.id == group_) name_ = name;
    }
    return !group_.empty() || (was_live && !session.groups_busy());
  }
  // Returns the recipient's present name. Only after known().
  const client::PeerName& name() const { return name_; }

 private:
  client::PeerName name_;
  Bytes group_;
};

}  // namespace fastchat::cli
