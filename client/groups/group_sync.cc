#include "client/groups/group_sync.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "client/e2e/limits.h"
#include "client/groups/group_plan.h"

namespace fastchat::client {
namespace {

constexpr int64_t kListRetryMs = 2'000;
// The largest numbers of stored keys of otherwise unknown groups: of one sender, and of all senders.
constexpr uint64_t kStrayKeys = 64, kMaxStrayKeys = 2'048;

// Returns true when one more key of an otherwise unknown group may be stored for `user`, who sent it.
bool has_room(Turn& turn, store::GroupTable& table, const std::string& user) {
  Result<uint64_t> own = table.count_stray_key_shares(user), all = table.count_stray_key_shares("");
  return turn.check(own) && turn.check(all) && *own < kStrayKeys && *all < kMaxStrayKeys;
}

}  // namespace

// Loads the groups from disk. Their keys stay there until a message needs them.
Result<> GroupSync::load() {
  const store::Profile& p = account_.profile();
  const auto load_key = [this](const Bytes& id, uint64_t epoch) {
    Result<e2e::Secret> pkcs8 = epochs_.key(id, epoch);
    if (!pkcs8.ok()) return std::optional<e2e::KeyPair>();
    Result<e2e::KeyPair> pair = e2e::KeyPair::from_own_pkcs8(pkcs8->view());
    return pair.ok() ? std::optional(std::move(*pair)) : std::optional<e2e::KeyPair>();
  };
  follower_ = GroupFollower(GroupBook(p.user, p.fpr, load_key, pins_.former_keys().fprs(p.user)));
  auto rows = groups_table_.all();
  auto epochs = groups_table_.epochs();
  auto waiting = waiting_.epochs();
  if (!rows.ok()) return rows.error();
  if (!epochs.ok()) return epochs.error();
  if (!waiting.ok()) return waiting.error();
  for (const store::GroupRow& row : *rows) {
    book().restore(row.id, row.name, static_cast<Membership>(row.membership), {row.settled, row.next, row.since_ms});
  }
  for (const store::GroupEpochRow& row : *epochs) {
    Result<e2e::GroupState> state = e2e::restore_group(row.state, row.signer_fpr);
    if (!state.ok()) return err(Code::kLocalDisk, "the local database is damaged: a group's state");
    book().restore_epoch(std::move(*state), !row.key.empty());
  }
  for (const store::WaitingRow& row : *waiting) follower_.waits(row.group, row.epoch);
  keys_loaded_ = false;
  return editor_.load();
}

// Loads the keys that came before their state, once the profile is unlocked.
void GroupSync::load_keys() {
  if (std::exchange(keys_loaded_, true)) return;
  auto rows = groups_table_.key_shares();
  if (!turn_.check(rows)) return;
  for (store::KeyShareRow& row : *rows) {
    Result<e2e::Secret> key = account_.box().open(LocalPlace::key_share(row.id, row.epoch), row.key);
    if (!key.ok()) continue;
    follower_.add_key_share({{row.id, row.epoch, row.state_hash, std::move(*key)}, row.from, row.from_fpr});
  }
}

void GroupSync::attached() {
  follower_.attached();
  offers_.attached();
  renewal_.due();
  if (turn_.begin()) turn_.check(waiting_.expire(turn_.wall_ms()));
  if (account_.unlocked()) load_keys();
  listing_.at = 0;
}

void GroupSync::list_soon() {
  if (!listing_.open) listing_.at = std::min(listing_.at, turn_.now_ms());
}

bool GroupSync::busy() const {
  return listing_.open || listing_.at != Loop::kNever || follower_.busy();
}

int64_t GroupSync::next_wake() const {
  if (!server_.attached()) return Loop::kNever;
  return std::min(follower_.next_wake(turn_.now_ms(), events_.may_send), listing_.at);
}

// Reloads the book from disk.
void GroupSync::rolled_back(const Error&) {
  if (account_.has_profile()) (void)load();
}

void GroupSync::list() {
  listing_.at = Loop::kNever;
  listing_.open = true;
  events_.listing();
  v1::ClientFrame frame;
  frame.mutable_list_groups();
  server_.ask(std::move(frame), [this](const Result<v1::ServerFrame*>& answer) {
    listing_.open = false;
    if (!answer.ok() || !(*answer)->has_groups()) {
      listing_.at = turn_.now_ms() + kListRetryMs;
      return events_.listed(false);
    }
    std::vector<GroupFollower::Summary> all;
    for (const v1::GroupSummary& g : (*answer)->groups().groups()) all.push_back({g.group_id(), g.epoch()});
    follower_.listed(all);
    events_.listed(true);
  });
}

// Sends a notice from client to client. The notice holds nothing that a person wrote, so it is sealed for the pinned
// key also while the server shows another one. Only the key of a user without a pin is looked up.
template <class Notice>
void GroupSync::send(const std::string& user, const Notice& notice) {
  if (const Pin* known = pins_.get(user); known != nullptr) return events_.send(user, known, notice);
  // This user's other devices answer a request that this user sends to himself.
  look_ups_.resolve(user, [this, user, notice](const Result<const Pin*>& pin) {
    if (pin.ok()) events_.send(user, *pin, notice);
  });
}

template void GroupSync::send(const std::string& user, const e2e::GroupKeyRequest& notice);

void GroupSync::work() {
  if (!server_.attached()) return;
  if (listing_.at <= turn_.now_ms()) list();
  if (server_.live() && events_.all_opened() && !look_ups_.holds_any()) {
    follower_.drained(turn_.wall_ms());
    if (!write_touched() || !renewal_.work()) return;
  }
  while (auto next = follower_.next_fetch(turn_.now_ms())) fetch(*next);
  while (auto asked = follower_.next_ask(turn_.now_ms(), events_.may_send)) {
    send(asked->user, e2e::GroupKeyRequest{asked->id, asked->epoch});
  }
}

void GroupSync::fetch(const GroupFollower::Fetch& fetch) {
  v1::ClientFrame frame;
  frame.mutable_get_group()->set_group_id(fetch.id);
  frame.mutable_get_group()->set_from_epoch(fetch.from_epoch);
  server_.ask(std::move(frame), [this, id = fetch.id](const Result<v1::ServerFrame*>& answer) {
    if (!answer.ok()) return on_fetched(id, answer.error());
    if (!(*answer)->has_group()) return on_fetched(id, err(Code::kMalformed, "not a group"));
    const v1::Group& group = (*answer)->group();
    on_fetched(id, GroupFollower::Fetched{{group.states().begin(), group.states().end()},
                                          group.epoch(),
                                          group.admin(),
                                          group.member(),
                                          group.deleted()});
  });
}

void GroupSync::on_fetched(const Bytes& id, const Result<GroupFollower::Fetched>& answer) {
  if (!turn_.begin()) return;
  std::optional<e2e::GroupState> last;
  if (const e2e::GroupState* now = book().current(id)) last = *now;
  GroupFollower::Progress p = follower_.fetched(turn_.now_ms(), id, answer, pins_, account_.secrets().identity);
  for (e2e::GroupState& state : p.states) {
    const std::vector<std::string> lines = describe_step(last ? &*last : nullptr, state, account_.profile().user);
    if (!epochs_.put(state, {})) return;
    const bool own = book().me().has(state.signer_fpr);
    for (const std::string& line : lines) {
      if (!events_.notice(id, line, state.hash, own)) return;
    }
    last = std::move(state);
  }
  if (p.membership == Membership::kUnlisted && editor_.leaving(id)) {
    // The answer to leave_group was lost.
    book().set_membership(id, Membership::kLeft);
    if (!editor_.set_leaving(id, false) || !left(id)) return;
  } else if (p.membership && *p.membership != Membership::kRemoved &&
             !events_.notice(id, describe_membership(*p.membership), id, false)) {
    return;
  }
  if (answer.ok() && answer->member && editor_.leaving(id) && !editor_.set_leaving(id, false)) return;
  if (p.forget && !turn_.check(groups_table_.drop_key_shares(id, e2e::kMaxCount))) return;
  if (p.behind) offers_.offer(id, *p.behind);
  if (!p.needs_key_of.empty()) {
    look_ups_.forget(p.needs_key_of);
    look_ups_.resolve(p.needs_key_of, [this, id](const Result<const Pin*>& pin) {
      if (pin.ok()) follower_.changed(id, 0);
      turn_.wake();
    });
  }
  if (!p.fault.empty()) {
    turn_.after_commit([this, id, text = p.fault] { events_.distrusted(book().name_of(id), text); });
  }
  if (!p.states.empty() || p.membership) moved(id);
}

bool GroupSync::moved(const Bytes& id) {
  for (const GroupFollower::KeyFound& found : follower_.take_keys(id, pins_, account_.secrets().identity)) {
    const e2e::Secret pkcs8 = found.pair.pkcs8();
    if (!epochs_.put_key(id, found.epoch, pkcs8.view())) return false;
  }
  if (const e2e::GroupState* now = book().current(id)) {
    if (!turn_.check(groups_table_.drop_key_shares(id, now->epoch))) return false;
  }
  if (!write_touched()) return false;
  pins_.set_dirty();  // the vault contains groups
  events_.opened(id);
  turn_.after_commit([this, id] {
    if (book().info(id)) events_.changed(book().name_of(id));
  });
  return true;
}

bool GroupSync::write_touched() {
  const std::vector<Bytes> all = book().take_touched();
  if (!all.empty() && !turn_.begin()) return false;
  for (const Bytes& id : all) {
    const GroupBook::Group* known = book().find(id);
    const Settling s = known == nullptr ? Settling() : known->settling;
    const store::GroupRow row{id,     book().name_of(id), static_cast<int>(book().membership(id)), s.settled,
                              s.next, s.since_ms};
    if (!turn_.check(groups_table_.put(row))) return false;
  }
  return true;
}

bool GroupSync::left(const Bytes& id) {
  if (!events_.notice(id, describe_membership(Membership::kLeft), id, true)) return false;
  const std::string admin = book().current(id)->admin_user();
  // The notice joins the turn that writes "left", because nothing sends the notice later once that is on disk.
  send(admin, e2e::GroupLeave{id});
  return true;
}

bool GroupSync::on_key(const e2e::Received& received, const e2e::KeyShare& key) {
  const e2e::Header& from = received.header;
  if (book().has_key(key.group_id, key.epoch)) return true;
  if (book().current(key.group_id) == nullptr && from.from_user != account_.profile().user &&
      !has_room(turn_, groups_table_, from.from_user)) {
    return true;
  }
  const Bytes sealed = account_.box().seal(LocalPlace::key_share(key.group_id, key.epoch), key.pkcs8.view());
  if (!turn_.check(groups_table_.put_key_share(
          {key.group_id, key.epoch, key.state_hash, from.from_user, from.id.from_fpr, sealed}, turn_.wall_ms()))) {
    return false;
  }
  follower_.add_key_share(
      {{key.group_id, key.epoch, key.state_hash, key.pkcs8.clone()}, from.from_user, from.id.from_fpr});
  turn_.wake();
  return book().state(key.group_id, key.epoch) == nullptr || moved(key.group_id);
}

void GroupSync::on_key_request(const e2e::Received& received, const e2e::GroupKeyRequest& request) {
  const std::string& user = received.header.from_user;
  if (book().current(request.group_id) != nullptr && request.epoch > book().current(request.group_id)->epoch) {
    follower_.changed(request.group_id, request.epoch);
  }
  if (!may_give_key(book(), request.group_id, request.epoch, user, received.header.id.from_fpr, &pins_)) return;
  Result<e2e::Secret> pkcs8 = epochs_.key(request.group_id, request.epoch);
  if (!pkcs8.ok()) return;
  const Bytes hash = book().state(request.group_id, request.epoch)->hash;
  const Pin* pin = user == account_.profile().user ? nullptr : pins_.get(user);
  events_.send(user, pin, e2e::KeyShare{request.group_id, request.epoch, hash, std::move(*pkcs8)});
}

bool GroupSync::on_leave(const e2e::Received& received, const e2e::GroupLeave& leave) {
  const e2e::GroupState* now = book().current(leave.group_id);
  const std::string& user = received.header.from_user;
  if (now == nullptr || !book().me().has(now->admin_fpr)) return true;
  const Bytes* listed = now->fpr_of(user);
  if (listed == nullptr || !pins_.same_line(user, *listed, received.header.id.from_fpr)) return true;
  if (!events_.notice(leave.group_id, user + " left", received.hash, false)) return false;
  // A stranger may have made this user the admin.
  if (!events_.may_send(leave.group_id, now->admin_user())) return true;
  GroupEdit edit;
  edit.remove.push_back(user);
  return editor_.add(leave.group_id, edit, nullptr);
}

bool GroupSync::on_own_leave(const e2e::GroupLeave& leave) {
  const Membership before = book().membership(leave.group_id);
  if (before != Membership::kMember && before != Membership::kUnlisted) return true;
  book().set_membership(leave.group_id, Membership::kLeft);
  return events_.notice(leave.group_id, describe_membership(Membership::kLeft), leave.group_id, true) &&
         moved(leave.group_id);
}

}  // namespace fastchat::client
