// Making and changing groups. A change is on disk before anything is asked; its next epoch (state and key) is on disk
// before the server is asked to take it, so that after a crash or a lost answer the same is asked again; with the
// server's word the epoch, its keys for every member and the end of the change are one transaction. Changes are made
// one after another.
#include <algorithm>
#include <utility>

#include "client/e2e/sanitise.h"
#include "client/runtime_body.h"
#include "client/runtime_impl.h"
#include "common/clock.h"
#include "common/codes.h"
#include "common/names.h"

namespace fastchat::client {
namespace {

constexpr int64_t kRetryMs = 1'000;
constexpr int64_t kOverBudgetRetryMs = 600'000;  // the server counts by days

// The account has changed groups too often today, or the server has no room for more states.
bool is_over_budget(Code code) {
  return code == Code::kThrottled || code == Code::kStorageFull;
}

const char* kNameRule = "a group's name has 1 to 32 of a-z, 0-9, - and _, and begins with a letter or a digit";

}  // namespace

bool Session::Impl::queue_change(const Bytes& group, const GroupEdit& edit, const Done& done) {
  store::GroupChangeRow row;
  row.group = group;
  row.edit = encode_edit(edit);
  if (!check(store_->begin())) return false;
  Result<int64_t> id = store_->add_group_change(row);
  if (done)
    turn_.after_rollback([this, id, done](const Error& e) {
      if (id.ok()) change_done_.erase(*id);
      done(e);
    });
  if (!check(id)) return false;
  row.id = *id;
  changes_.push_back(std::move(row));
  if (done) {
    change_done_[*id] = done;
    // Tells everybody who waits the server's answer of now.
    change_retry_at_ = 0;
  }
  turn_.poke();
  return true;
}

void Session::Impl::create_group(const std::string& name, std::vector<std::string> members, const Done& done) {
  auto refuse = [&](Code code, std::string why) { turn_.soon([done, e = err(code, std::move(why))] { done(e); }); };
  if (!account_.unlocked()) return refuse(Code::kNotLoggedIn, "not logged in");
  if (!valid_group_handle(name)) return refuse(Code::kNameNotAllowed, kNameRule);
  for (const std::string& user : members) {
    if (!valid_user_name(user)) return refuse(Code::kUnknownUser, "no such user: " + e2e::sanitise_line(user));
  }
  GroupEdit edit;
  edit.rename = name;
  edit.add = std::move(members);
  queue_change({}, edit, done);
}

void Session::Impl::change_group(const std::string& name, const GroupEdit& edit, const Done& done) {
  auto refuse = [&](Error e) { turn_.soon([done, e = std::move(e)] { done(e); }); };
  if (!account_.unlocked()) return refuse(err(Code::kNotLoggedIn, "not logged in"));
  const Bytes id = groups_.find_name(name);
  if (id.empty()) return refuse(err(Code::kUnknownGroup, "no such group: #" + e2e::sanitise_line(name)));
  for (const std::string* text : {&edit.rename, &edit.hand_over_to}) {
    if (!text->empty() && !valid_group_handle(*text)) return refuse(err(Code::kNameNotAllowed, kNameRule));
  }
  for (const auto* users : {&edit.add, &edit.remove}) {
    for (const std::string& user : *users) {
      if (!valid_user_name(user)) {
        return refuse(err(Code::kUnknownUser, "no such user: " + e2e::sanitise_line(user)));
      }
    }
  }
  queue_change(id, edit, done);
}

// Once a turn, while attached.
void Session::Impl::drive_change() {
  if (changes_.empty() || !server_.live()) return;
  if (changing_) {
    if (changing_->step == Changing::Step::kKeying && !keys_.busy()) pin_members();
    return;
  }
  if (change_retry_at_ > now_ms()) return;
  const store::GroupChangeRow& row = changes_.front();
  if (!row.group.empty() && row.state.empty() && !groups_.up_to_date(row.group)) return;
  changing_.emplace();
  if (!row.state.empty()) return ask_put_group();
  plan_change();
}

void Session::Impl::plan_change() {
  const store::GroupChangeRow& row = changes_.front();
  const GroupEdit edit = decode_edit(row.edit);
  const std::string& me = account_.profile().user;
  changing_->step = Changing::Step::kPinning;
  if (row.group.empty()) {
    std::set<std::string> members(edit.add.begin(), edit.add.end());
    members.insert(me);
    changing_->plan = {{members.begin(), members.end()}, edit.rename, me};
  } else {
    // What nobody waits for, and what is made again, may be so already.
    const bool lenient = !change_done_.contains(row.id) || row.key == "again";
    auto plan = groups_.plan(row.group, edit, lenient);
    if (!plan.ok()) return end_change(plan.error());
    if (!plan->has_value()) return end_change(Unit{});
    changing_->plan = std::move(**plan);
    changing_->epoch = groups_.current(row.group)->epoch;
  }
  changing_->unpinned = changing_->plan.members.size();
  const std::vector<std::string> members = changing_->plan.members;
  for (const std::string& user : members) {
    look_ups_.resolve(user, [this, id = row.id](const Result<const Pin*>& pin) {
      if (!changing_ || changes_.empty() || changes_.front().id != id) return;
      if (!pin.ok() && !changing_->failed) changing_->failed = pin.error();
      if (--changing_->unpinned == 0) pin_members();
    });
    if (!changing_) return;
  }
}

// Every member's key is known now: a key pair for the epoch, on the thread for slow work.
void Session::Impl::pin_members() {
  if (changing_->failed) {
    const Error failed = *changing_->failed;
    if (!is_temporary(failed.code) || change_done_.contains(changes_.front().id)) return end_change(failed);
    changing_.reset();
    change_retry_at_ = now_ms() + kRetryMs;
    return;
  }
  changing_->step = Changing::Step::kKeying;
  if (keys_.busy()) return;
  KeyJob job;
  job.new_pair = true;
  changing_->step = Changing::Step::kAsking;
  keys_.start(std::move(job), [this, id = changes_.front().id](KeyAnswer& answer) {
    if (changing_ && !changes_.empty() && changes_.front().id == id && answer.pair) make_epoch(*answer.pair);
  });
}

void Session::Impl::make_epoch(const e2e::KeyPair& pair) {
  store::GroupChangeRow& row = changes_.front();
  const e2e::Identity& me = account_.secrets().identity;
  const GroupBook::Plan& plan = changing_->plan;
  std::vector<e2e::GroupMember> members;
  Bytes admin_fpr;
  for (const std::string& user : plan.members) {
    const Bytes fpr = user == me.user() ? me.fpr() : pins_.get(user)->key.fpr;
    if (user == plan.admin) admin_fpr = fpr;
    members.push_back({user, fpr});
  }
  Result<e2e::GroupState> state = err(Code::kInternal, "");
  if (row.group.empty()) {
    state = e2e::create_group(me, plan.name, std::move(members), pair.public_key());
  } else {
    const e2e::GroupState& from = *groups_.current(row.group);
    if (from.epoch != changing_->epoch) {
      // The group moved on meanwhile.
      row.key = "again";
      changing_.reset();
      return turn_.poke();
    }
    state = e2e::change_group(me, from, {std::move(members), plan.name, admin_fpr}, pair.public_key());
  }
  if (!state.ok()) return end_change(state.error());
  const e2e::Secret pkcs8 = pair.pkcs8();
  row.group = state->group_id;
  row.state = state->encoded;
  row.key = account_.box().seal(LocalPlace::group_change(row.id), pkcs8.view());
  if (!check(store_->begin()) || !check(store_->make_group_change(row.id, row.group, row.state, row.key))) return;
  turn_.after_commit([this] { ask_put_group(); });
  turn_.poke();
}

void Session::Impl::ask_put_group() {
  if (!changing_) return;
  changing_->step = Changing::Step::kAsking;
  Result<e2e::GroupState> state = e2e::restore_group(changes_.front().state, account_.profile().fpr);
  if (!state.ok()) return end_change(state.error());
  v1::ClientFrame frame;
  v1::PutGroup& put = *frame.mutable_put_group();
  put.set_group_id(state->group_id);
  put.set_epoch(state->epoch);
  put.set_name(state->name);
  put.set_admin(state->admin_user());
  for (const e2e::GroupMember& m : state->members) put.add_members(m.user);
  put.set_state(state->encoded);
  server_.ask(std::move(frame), [this, id = changes_.front().id](const Result<v1::ServerFrame*>& answer) {
    if (changing_ && !changes_.empty() && changes_.front().id == id) on_put_group(answer);
  });
}

void Session::Impl::on_put_group(const Result<v1::ServerFrame*>& answer) {
  if (answer.ok()) return adopt_change();
  if (is_over_budget(answer.code())) return put_off_changes(answer.error());
  if (is_temporary(answer.code())) {
    changing_.reset();
    change_retry_at_ = now_ms() + kRetryMs;
    turn_.poke();
    return;
  }
  store::GroupChangeRow& row = changes_.front();
  const Result<e2e::GroupState> refused = e2e::restore_group(row.state, account_.profile().fpr);
  const bool known = groups_.current(row.group) != nullptr;
  if (answer.code() != Code::kConflict || !known || !refused.ok()) return end_change(answer.error());
  // Another device of the admin was first: its epoch is fetched, unless the news of it came before this answer, and the
  // change made on top of it.
  const Bytes group = row.group;
  row.state.clear();
  row.key = "again";
  if (!check(store_->begin()) || !check(store_->make_group_change(row.id, group, {}, row.key))) return;
  groups_.changed(group, 0);
  changing_.reset();
  turn_.poke();
}

// The limit is the account's, not a group's: whoever waits for a change is told. What nobody waits for (somebody left)
// stays and is asked for again later.
void Session::Impl::put_off_changes(const Error& error) {
  changing_.reset();
  change_retry_at_ = now_ms() + kOverBudgetRetryMs;
  if (!check(store_->begin())) return;
  std::deque<store::GroupChangeRow> kept;
  for (store::GroupChangeRow& row : changes_) {
    auto node = change_done_.extract(row.id);
    if (node.empty()) {
      kept.push_back(std::move(row));
      continue;
    }
    const Done done = std::move(node.mapped());
    turn_.after_rollback(done);
    if (!check(store_->drop_group_change(row.id))) return;
    turn_.after_commit([done, error] { done(error); });
  }
  changes_ = std::move(kept);
  turn_.poke();
}

void Session::Impl::adopt_change() {
  const store::GroupChangeRow& row = changes_.front();
  Result<e2e::Secret> pkcs8 = account_.box().open(LocalPlace::group_change(row.id), row.key);
  Result<e2e::GroupState> state = e2e::restore_group(row.state, account_.profile().fpr);
  if (!state.ok() || !pkcs8.ok()) return end_change(err(Code::kLocalDisk, "the local database is damaged: a group"));
  const Bytes id = state->group_id;
  const e2e::GroupState* held = groups_.current(id);
  std::optional<e2e::GroupState> before;
  if (held != nullptr) before = *held;
  // The push of the change may have come before the answer, and the state with it.
  const bool followed = before && before->epoch >= state->epoch;
  groups_.adopt(*state, std::nullopt, true);
  if (!epochs_.put(*state, pkcs8->view())) return;
  if (!followed) {
    for (const std::string& line : describe_step(before ? &*before : nullptr, *state, account_.profile().user)) {
      if (!store_notice(id, line, state->hash, true)) return;
    }
  }
  if (!group_moved(id)) return;
  send_epoch_key(*state, pkcs8->view());
  end_change(Unit{});
}

// To every member, and to this user's other devices. Who is not pinned here asks for it.
void Session::Impl::send_epoch_key(const e2e::GroupState& state, ByteView pkcs8) {
  for (const e2e::GroupMember& m : state.members) {
    const Pin* pin = nullptr;
    if (m.user != account_.profile().user && (pin = pins_.get(m.user)) == nullptr) continue;
    e2e::GroupKeyNote note{state.group_id, state.epoch, state.hash, e2e::Secret::copy_of(pkcs8)};
    seal_and_store(Target{m.user, pin, {}}, std::move(note), false, [](const Result<SentMessage>&) {});
  }
}

void Session::Impl::end_change(const Result<>& result) {
  const int64_t id = changes_.front().id;
  changing_.reset();
  if (!check(store_->begin()) || !check(store_->drop_group_change(id))) return;
  changes_.pop_front();
  turn_.poke();
  auto node = change_done_.extract(id);
  if (node.empty()) return;
  const Done done = std::move(node.mapped());
  turn_.after_rollback(done);
  turn_.after_commit([done, result] { done(result); });
}

void Session::Impl::leave_group(const std::string& name, const Done& done) {
  const Bytes id = groups_.find_name(name);
  auto refuse = [&](Code code, std::string why) { turn_.soon([done, e = err(code, std::move(why))] { done(e); }); };
  if (id.empty()) return refuse(Code::kUnknownGroup, "no such group: #" + e2e::sanitise_line(name));
  if (groups_.standing(id) != Standing::kMember) return refuse(Code::kNotAllowed, "you are not in #" + name);
  if (groups_.info(id)->admin_is_me) {
    return refuse(Code::kNotAllowed, "you are the admin of #" + name + ": hand it over first, or delete it");
  }
  // On disk first: the admin is told when the server's answer gets lost, too.
  if (!check(store_->begin()) || !set_leaving(id, true)) return;
  v1::ClientFrame frame;
  frame.mutable_leave_group()->set_group_id(id);
  server_.ask(std::move(frame), [this, id, done](const Result<v1::ServerFrame*>& answer) {
    if (!answer.ok()) {
      if (!is_temporary(answer.code())) set_leaving(id, false);
      return done(answer.error());
    }
    const Standing before = groups_.standing(id);
    if (before == Standing::kMember || before == Standing::kUnlisted) {
      groups_.set_standing(id, Standing::kLeft);
      if (!left(id) || !group_moved(id)) return;
    }
    if (!set_leaving(id, false)) return;
    turn_.after_rollback(done);
    turn_.after_commit([done] { done(Unit{}); });
  });
}

void Session::Impl::delete_group(const std::string& name, const Done& done) {
  const Bytes id = groups_.find_name(name);
  auto refuse = [&](Code code, std::string why) { turn_.soon([done, e = err(code, std::move(why))] { done(e); }); };
  if (id.empty()) return refuse(Code::kUnknownGroup, "no such group: #" + e2e::sanitise_line(name));
  const GroupInfo info = *groups_.info(id);
  if (!info.admin_is_me) {
    return refuse(Code::kNotAllowed,
                  info.member ? "only the admin (" + info.admin + ") can delete #" + name : "you are not in #" + name);
  }
  v1::ClientFrame frame;
  frame.mutable_delete_group()->set_group_id(id);
  server_.ask(std::move(frame), [this, id, done](const Result<v1::ServerFrame*>& answer) {
    if (!answer.ok()) return done(answer.error());
    if (groups_.standing(id) == Standing::kMember) {
      groups_.set_standing(id, Standing::kDeleted);
      if (!store_notice(id, "you deleted the group", id, true) || !group_moved(id)) return;
    }
    turn_.after_rollback(done);
    turn_.after_commit([done] { done(Unit{}); });
  });
}

void Session::create_group(const std::string& name, std::vector<std::string> members, Done done) {
  impl_->create_group(name, std::move(members), done);
  impl_->turn_.poke();
}
void Session::change_group(const std::string& name, GroupEdit edit, Done done) {
  impl_->change_group(name, edit, done);
  impl_->turn_.poke();
}
void Session::leave_group(const std::string& name, Done done) {
  impl_->leave_group(name, done);
  impl_->turn_.poke();
}
void Session::delete_group(const std::string& name, Done done) {
  impl_->delete_group(name, done);
  impl_->turn_.poke();
}

}  // namespace fastchat::client
