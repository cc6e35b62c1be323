// Handles the requests of attached clients about groups: storing and reading states, lists, leaving, deleting. Also
// tells clients of a change. Each request gets exactly one answer. Pure.
#pragma once

#include "common/wire.h"
#include "worker/core/intake.h"
#include "worker/core/outbound.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class GroupRequests {
 public:
  GroupRequests(State& state, Outbound& out, Intake& intake) : st_(state), out_(out), intake_(intake) {}

  // Handles put_group, get_group, list_groups, leave_group and delete_group; returns false for every other body.
  bool handle(Session& s, const v1::ClientFrame& frame);

  // ---- from the store
  void changed(const GroupChange& reply);
  void states(GroupStates reply);
  void listed(const GroupList& reply);

  // ---- from the bus: another worker changed a group; `uids` in any order.
  void changed_elsewhere(ByteView group_id, uint64_t epoch, const uint64_t* uids, size_t uid_count);

 private:
  void put(Session& s, const v1::ClientFrame& frame);
  void answer(Session& s, const GroupChange& reply);
  void over_budget(Session& s, const GroupChange& reply);
  void tell(ByteView group_id, uint64_t epoch, std::vector<uint64_t> uids, SessionId except);

  State& st_;
  Outbound& out_;
  Intake& intake_;
};

}  // namespace fastchat::worker
