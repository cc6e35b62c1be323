// A server that lost epochs of a group, in a database that was restored: whoever signed the next one offers it again,
// so that sends and changes do not wait for ever. And the note that keeps a leave until the admin is told.
#include <algorithm>
#include <utility>

#include "client/runtime_body.h"
#include "client/runtime_impl.h"

namespace fastchat::client {
namespace {

constexpr int64_t kOfferRetryMs = 5'000;

}  // namespace

// The server takes an epoch from the admin of the one before, and the first one from its own.
void Session::Impl::offer_again(const Bytes& id, uint64_t behind) {
  if (offering_.contains(id)) return;
  const e2e::GroupState* next = groups_.state_of(id, behind + 1);
  const bool mine = next != nullptr && next->signer_fpr == account_.profile().fpr;
  if (said_behind_.insert(id).second) {
    const std::string text = "the server lost the newest state of the group" +
                             std::string(mine ? "; it is offered again from here"
                                              : ": until its admin's terminal is there again, nothing can be sent");
    if (!store_notice(id, text, groups_.current(id)->hash, false)) return;
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
    on_offered(id, epoch, answer);
  });
}

void Session::Impl::on_offered(const Bytes& id, uint64_t epoch, const Result<v1::ServerFrame*>& answer) {
  offering_.erase(id);
  if (answer.ok() || answer.code() == Code::kConflict) {
    // The next one, which may be this device's as well.
    if (const e2e::GroupState* now = groups_.current(id); now != nullptr && (now->epoch > epoch || !answer.ok())) {
      groups_.changed(id, 0);
    }
    return turn_.poke();
  }
  if (answer.code() == Code::kBusy || answer.code() == Code::kLocalTimeout) {
    list_groups_at_ = std::min(list_groups_at_, now_ms() + kOfferRetryMs);
    return;
  }
  if (answer.code() == Code::kLocalUnreachable || answer.code() == Code::kShuttingDown) return;  // the next session
  store_notice(id, "the server does not take the group's state again: " + answer.error().text,
               groups_.current(id)->hash, false);
}

}  // namespace fastchat::client
