// Messages of groups that cannot be opened yet: whose state or key has not come. They wait on disk, acknowledged, a
// share for each sender, when this device knows of the group: from its own states, from a key that somebody sent, or
// from the server's list. A message of any other group stays with the server until that list was asked for once more.
#include <algorithm>
#include <iterator>
#include <utility>

#include "client/runtime_body.h"
#include "client/runtime_impl.h"
#include "common/clock.h"

namespace fastchat::client {
namespace {

// Somebody who sent what belongs to no group of this user's is not asked about again for so long.
constexpr int64_t kUnlistedMs = 60'000;
constexpr size_t kUnlistedMost = 1'000;
// Keys of groups that nothing else is known of: of one sender, and of all.
constexpr uint64_t kStrayNotes = 64, kStrayNotesMost = 2'048;

}  // namespace

bool Session::Impl::park(Arrival& arrival, const e2e::Received& received) {
  if (arrival.waiting != 0 || groups_.expects(received.header.group_id)) return false;
  const std::string& user = received.header.from_user;
  if (arrival.listed) {
    if (unlisted_.size() >= kUnlistedMost) unlisted_.clear();
    unlisted_[user] = now_ms();
    return false;
  }
  auto it = unlisted_.find(user);
  if (it != unlisted_.end() && now_ms() - it->second < kUnlistedMs) return false;
  if (!server_.attached()) return true;  // it comes again
  parked_.push_back(std::move(arrival));
  if (!listing_groups_) list_groups_at_ = std::min(list_groups_at_, now_ms());
  return true;
}

// The list of groups is there, or could not be had.
void Session::Impl::unpark(bool asked) {
  std::vector<Arrival> all = std::exchange(asking_, {});
  if (!asked) {
    parked_.insert(parked_.begin(), std::make_move_iterator(all.begin()), std::make_move_iterator(all.end()));
    return;
  }
  for (Arrival& arrival : all) arrival.listed = true;
  arrivals_.insert(arrivals_.begin(), std::make_move_iterator(all.begin()), std::make_move_iterator(all.end()));
  if (!parked_.empty()) list_groups_at_ = std::min(list_groups_at_, now_ms());
  turn_.poke();
}

bool Session::Impl::store_waiting(const Staged& staged, bool* kept) {
  const e2e::Header& header = staged.received.header;
  store::WaitingRow row{0, header.group_id, header.epoch, staged.envelope, header.from_user, 0, true};
  row.expected = groups_.expects(header.group_id);
  row.as_of = groups_.settled(header.group_id);
  Result<bool> added = store_->add_waiting(row, Clock::wall_ms(), staged.received.hash);
  if (!check(added)) return false;
  *kept = *added;
  if (*kept) {
    turn_.after_commit([this, id = header.group_id] {
      if (groups_.info(id)) listener_.on_group(groups_.name_of(id));
    });
  }
  return true;
}

bool Session::Impl::share_left(const std::string& user, const Bytes& group) {
  if (groups_.current(group) != nullptr || user == account_.profile().user) return true;
  Result<uint64_t> own = store_->count_stray_notes(user), all = store_->count_stray_notes("");
  return check(own) && check(all) && *own < kStrayNotes && *all < kStrayNotesMost;
}

}  // namespace fastchat::client
