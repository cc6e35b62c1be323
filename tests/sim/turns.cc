#include "tests/sim/turns.h"

#include <optional>
#include <utility>

#include "tests/sim/world.h"
#include "worker/core/config.h"

namespace fastchat::sim {
namespace {

// Returns the lane that answers a frame; none for a frame that is answered without a lane.
std::optional<worker::Lane> lane_for(v1::ClientFrame::BodyCase body) {
  using F = v1::ClientFrame;
  switch (body) {
    case F::kRemoveDevice:
      return worker::Lane::kSweeper;
    case F::kRenameDevice:
    case F::kPutVault:
    case F::kPutVaultParts:
    case F::kPutGroup:
    case F::kLeaveGroup:
    case F::kDeleteGroup:
      return worker::Lane::kWriter;
    case F::kQuery:
    case F::kGetDevices:
    case F::kGetVault:
    case F::kGetVaultParts:
    case F::kGetGroup:
    case F::kListGroups:
      return worker::Lane::kReader;
    default:
      return std::nullopt;
  }
}

struct Whose {
  uint64_t uid = 0, request = 0;
};
Whose whose(const worker::StoreRequest& request) {
  return std::visit(
      [](const auto& r) -> Whose {
        if constexpr (requires {
                        r.request;
                        r.uid;
                      }) {
          return {r.uid, r.request};
        } else if constexpr (requires {
                               r.request;
                               r.from_uid;
                             }) {
          return {r.from_uid, r.request};
        } else {
          return {};
        }
      },
      request);
}

// Two devices of a user number their requests alike. The key separates requests of different lanes at least.
std::pair<uint64_t, uint64_t> key_of(worker::Lane lane, uint64_t uid, uint64_t number) {
  return {uid << 2 | static_cast<uint64_t>(lane), number};
}

}  // namespace

void Turns::arrived(uint64_t rid, const Bytes& key, const v1::ClientFrame& frame) {
  const auto which = lane_for(frame.body_case());
  const auto uid = uids_.find(key);
  if (!which || flooder_ == 0 || uid == uids_.end() || uid->second == flooder_) return;
  Lane& l = lane(*which);
  waiting_.emplace(key_of(*which, uid->second, frame.request()),
                   Waiting{rid, l.served[flooder_], l.served[uid->second]});
}

void Turns::forget(uint64_t rid) {
  std::erase_if(waiting_, [rid](const auto& e) { return e.second.rid == rid; });
}

void Turns::served(const worker::StoreRequest& request, uint64_t owner) {
  const auto [uid, number] = whose(request);
  const uint64_t user = owner != 0 ? owner : uid;
  if (user == 0) return;
  Lane& l = lane(worker::lane_of(request));
  if (const auto it = waiting_.find(key_of(worker::lane_of(request), uid, number)); it != waiting_.end()) {
    // At most the requests already at the store, plus one for each earlier request of the same user and one for this
    // one.
    const uint64_t most = worker::EngineConfig().max_store_requests + l.served[uid] - it->second.own + 1;
    const uint64_t flooders = l.served[flooder_] - it->second.flooders;
    waiting_.erase(it);
    if (flooders > most) {
      throw Violation("turns", "user " + std::to_string(uid) + " waited for " + std::to_string(flooders) +
                                   " requests of the one who floods, not for " + std::to_string(most));
    }
  }
  ++l.served[user];
}

}  // namespace fastchat::sim
