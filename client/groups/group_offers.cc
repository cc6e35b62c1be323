#include "client/groups/group_offers.h"

namespace fastchat::client {
namespace {

constexpr int64_t kOfferAgainMs = 5'000;

}  // namespace

// Offers the epoch after `behind` when this device signed it. The server accepts an epoch from the admin of the epoch
// before, and the first epoch from its own admin.
void GroupOffers::offer(const Bytes& id, uint64_t behind) {
  if (offering_.contains(id)) return;
  const e2e::GroupState* next = groups_.state(id, behind + 1);
  const bool mine = next != nullptr && groups_.me().has(next->signer_fpr);
  if (said_.insert(id).second) {
    const std::string text = "the server lost the newest state of the group" +
                             std::string(mine ? "; this device offers it again"
                                              : ": nothing can be sent until a device of the admin is online");
    if (!notice_(id, text, groups_.current(id)->hash)) return;
  }
  if (!mine) return;
  offering_.insert(id);
  v1::ClientFrame frame;
  v1::PutGroup& put = *frame.mutable_put_group();
  put.set_group_id(id);
  put.set_epoch(next->epoch);
  put.set_name(next->name);
  put.set_admin(next->admin_user());
  for (const e2e::GroupMember& m : next->members) put.add_members(m.user);
  put.set_state(next->encoded);
  server_.ask(std::move(frame), [this, id, epoch = next->epoch](const Result<v1::ServerFrame*>& answer) {
    on_answer(id, epoch, answer);
  });
}

void GroupOffers::on_answer(const Bytes& id, uint64_t epoch, const Result<v1::ServerFrame*>& answer) {
  offering_.erase(id);
  if (answer.ok() || answer.code() == Code::kConflict) {
    // The next epoch may be this device's as well.
    if (const e2e::GroupState* now = groups_.current(id); now != nullptr && (now->epoch > epoch || !answer.ok())) {
      follower_.changed(id, 0);
    }
    return turn_.wake();
  }
  if (answer.code() == Code::kBusy || answer.code() == Code::kLocalTimeout) {
    return retry_(kOfferAgainMs);
  }
  if (answer.code() == Code::kLocalUnreachable || answer.code() == Code::kShuttingDown) return;  // next session retries
  notice_(id, "the server refuses the group's newest state: " + answer.error().text, groups_.current(id)->hash);
}

}  // namespace fastchat::client
