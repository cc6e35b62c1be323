// Groups: asks the server for states and their keys as the book says, writes what came, and tells the person.
#include <algorithm>
#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/sanitise.h"
#include "client/runtime_body.h"
#include "client/runtime_impl.h"
#include "common/clock.h"

namespace fastchat::client {
namespace {

constexpr int64_t kListRetryMs = 2'000;

}  // namespace

// What is on disk; the keys stay there until a message needs them.
Result<> Session::Impl::load_groups() {
  const store::Profile& p = account_.profile();
  groups_ = GroupBook(p.user, p.fpr, [this](const Bytes& id, uint64_t epoch) {
    Result<e2e::Secret> pkcs8 = epochs_.key(id, epoch);
    if (!pkcs8.ok()) return std::optional<e2e::KeyPair>();
    Result<e2e::KeyPair> pair = e2e::KeyPair::from_own_pkcs8(pkcs8->view());
    return pair.ok() ? std::optional(std::move(*pair)) : std::optional<e2e::KeyPair>();
  });
  auto rows = store_->groups();
  auto epochs = store_->group_epochs();
  auto waiting = store_->waiting_epochs();
  if (!rows.ok()) return rows.error();
  if (!epochs.ok()) return epochs.error();
  if (!waiting.ok()) return waiting.error();
  for (const store::GroupRow& row : *rows) {
    groups_.restore(row.id, row.name, static_cast<Standing>(row.standing), {row.settled, row.next, row.since_ms});
  }
  for (const store::GroupEpochRow& row : *epochs) {
    Result<e2e::GroupState> state = e2e::restore_group(row.state, row.signer_fpr);
    if (!state.ok()) return err(Code::kLocalDisk, "the local database is damaged: a group's state");
    groups_.restore_epoch(std::move(*state), !row.key.empty());
  }
  for (const store::WaitingRow& row : *waiting) groups_.waits(row.group, row.epoch);
  notes_loaded_ = false;
  return editor_.load();
}

// Once the profile is unlocked: keys that came before their state.
void Session::Impl::load_notes() {
  if (std::exchange(notes_loaded_, true)) return;
  auto rows = store_->group_notes();
  if (!check(rows)) return;
  for (store::GroupNoteRow& row : *rows) {
    Result<e2e::Secret> key = account_.box().open(LocalPlace::key_share(row.id, row.epoch), row.key);
    if (!key.ok()) continue;
    groups_.note({{row.id, row.epoch, row.state_hash, std::move(*key)}, row.from, row.from_fpr});
  }
}

std::string Session::Impl::shown_peer(const std::string& stored) const {
  if (stored.empty() || stored[0] != '#') return stored;
  const std::optional<Bytes> id = from_hex(ByteView(stored).substr(1));
  return id ? "#" + groups_.name_of(*id) : stored;
}

std::string Session::Impl::stored_peer(const std::string& shown) const {
  if (shown.empty() || shown[0] != '#') return shown;
  const Bytes id = groups_.find_name(ByteView(shown).substr(1));
  return id.empty() ? std::string() : group_peer(id);
}

const e2e::GroupState* Session::Impl::group_of(const std::string& stored) const {
  if (stored.empty() || stored[0] != '#') return nullptr;
  const std::optional<Bytes> id = from_hex(ByteView(stored).substr(1));
  return id ? groups_.current(*id) : nullptr;
}

std::optional<ChatMessage> Session::Impl::waiting_line(const std::string& stored) const {
  const std::optional<Bytes> id = stored[0] == '#' ? from_hex(ByteView(stored).substr(1)) : std::nullopt;
  if (!id) return std::nullopt;
  Result<uint64_t> count = store_->count_waiting(*id);
  if (!count.ok() || *count == 0) return std::nullopt;
  ChatMessage line;
  line.kind = MessageKind::kWaiting;
  line.peer = shown_peer(stored);
  line.received_ms = line.sent_ms = Clock::wall_ms();
  line.text = *count == 1 ? "1 message waits for the group's key"
                          : std::to_string(*count) + " messages wait for the group's key";
  return line;
}

void Session::Impl::on_groups_attached() {
  if (!vault_) return;
  groups_.attached();
  parked_.clear();
  asking_.clear();
  said_behind_.clear();
  if (check(store_->begin())) check(store_->expire(Clock::wall_ms()));
  if (account_.unlocked()) load_notes();
  list_groups_at_ = 0;
}

void Session::Impl::list_groups() {
  list_groups_at_ = Loop::kNever;
  listing_groups_ = true;
  asking_ = std::exchange(parked_, {});
  v1::ClientFrame frame;
  frame.mutable_list_groups();
  server_.ask(std::move(frame), [this](const Result<v1::ServerFrame*>& answer) {
    listing_groups_ = false;
    if (!answer.ok() || !(*answer)->has_groups()) {
      list_groups_at_ = now_ms() + kListRetryMs;
      return unpark(false);
    }
    std::vector<GroupBook::Summary> all;
    for (const v1::GroupSummary& g : (*answer)->groups().groups()) all.push_back({g.group_id(), g.epoch()});
    groups_.listed(all);
    unpark(true);
  });
}

// Once a turn.
void Session::Impl::group_turn() {
  if (!vault_ || !server_.attached()) return;
  if (list_groups_at_ <= now_ms()) list_groups();
  if (server_.live() && arrivals_.empty() && parked_.empty() && asking_.empty() && !look_ups_.holds_any()) {
    groups_.drained(Clock::wall_ms());
    if (!store_touched()) return;
  }
  while (auto fetch = groups_.next_fetch(now_ms())) fetch_group(*fetch);
  while (auto asked = groups_.next_ask(now_ms())) {
    // The answer to a request to oneself comes from one's other devices.
    look_ups_.resolve(asked->user, [this, a = *asked](const Result<const Pin*>& pin) {
      if (!pin.ok()) return;
      const std::string& to = a.user;
      seal_and_store(Target{to, *pin, {}}, e2e::GroupKeyRequest{a.id, a.epoch}, false, [](const auto&) {});
    });
  }
  seal_followed();
}

void Session::Impl::fetch_group(const GroupBook::Fetch& fetch) {
  v1::ClientFrame frame;
  frame.mutable_get_group()->set_group_id(fetch.id);
  frame.mutable_get_group()->set_from_epoch(fetch.from_epoch);
  server_.ask(std::move(frame), [this, id = fetch.id](const Result<v1::ServerFrame*>& answer) {
    if (!answer.ok()) return on_group_fetched(id, answer.error());
    if (!(*answer)->has_group()) return on_group_fetched(id, err(Code::kMalformed, "not a group"));
    const v1::Group& group = (*answer)->group();
    on_group_fetched(id, GroupBook::Fetched{{group.states().begin(), group.states().end()},
                                            group.epoch(),
                                            group.admin(),
                                            group.member(),
                                            group.deleted()});
  });
}

void Session::Impl::on_group_fetched(const Bytes& id, const Result<GroupBook::Fetched>& answer) {
  if (!check(store_->begin())) return;
  std::optional<e2e::GroupState> last;
  if (const e2e::GroupState* now = groups_.current(id)) last = *now;
  GroupBook::Progress p = groups_.fetched(now_ms(), id, answer, pins_, account_.secrets().identity);
  for (e2e::GroupState& state : p.states) {
    const std::vector<std::string> lines = describe_step(last ? &*last : nullptr, state, account_.profile().user);
    if (!epochs_.put(state, {})) return;
    const bool own = state.signer_fpr == account_.profile().fpr;
    for (const std::string& line : lines) {
      if (!store_notice(id, line, state.hash, own)) return;
    }
    last = std::move(state);
  }
  if (p.standing == Standing::kUnlisted && editor_.leaving(id)) {
    // The answer to leaving it was lost.
    groups_.set_standing(id, Standing::kLeft);
    if (!editor_.set_leaving(id, false) || !left(id)) return;
  } else if (p.standing && *p.standing != Standing::kRemoved &&
             !store_notice(id, describe_standing(*p.standing), id, false)) {
    return;
  }
  if (answer.ok() && answer->member && editor_.leaving(id) && !editor_.set_leaving(id, false)) return;
  if (p.forget && !check(store_->drop_group_notes(id, e2e::kMaxCount))) return;
  if (p.behind) offer_again(id, *p.behind);
  if (!p.needs_key_of.empty()) {
    look_ups_.resolve(p.needs_key_of, [this, id](const Result<const Pin*>& pin) {
      if (pin.ok()) groups_.changed(id, 0);
      turn_.poke();
    });
  }
  if (!p.fault.empty()) {
    turn_.after_commit([this, id, text = p.fault] {
      listener_.on_notice({Notice::Kind::kQuarantined, "#" + groups_.name_of(id), e2e::sanitise_line(text)});
    });
  }
  if (!p.states.empty() || p.standing) group_moved(id);
}

bool Session::Impl::group_moved(const Bytes& id) {
  for (const GroupBook::KeyFound& found : groups_.take_keys(id, account_.secrets().identity)) {
    const e2e::Secret pkcs8 = found.pair.pkcs8();
    if (!epochs_.put_key(id, found.epoch, pkcs8.view())) return false;
  }
  if (const e2e::GroupState* now = groups_.current(id)) {
    if (!check(store_->drop_group_notes(id, now->epoch))) return false;
  }
  if (!store_touched()) return false;
  pins_.set_dirty();  // the vault carries groups
  reopen(id, 0);
  turn_.after_commit([this, id] {
    if (groups_.info(id)) listener_.on_group(groups_.name_of(id));
  });
  return true;
}

bool Session::Impl::store_touched() {
  const std::vector<Bytes> all = groups_.take_touched();
  if (!all.empty() && !check(store_->begin())) return false;
  for (const Bytes& id : all) {
    const Settling s = groups_.settling(id);
    const store::GroupRow row{id,     groups_.name_of(id), static_cast<int>(groups_.standing(id)), s.settled,
                              s.next, s.since_ms};
    if (!check(store_->put_group(row))) return false;
  }
  return true;
}

bool Session::Impl::store_notice(const Bytes& group, const std::string& text, ByteView about, bool own) {
  const e2e::GroupState* now = groups_.current(group);
  return store_notice_in(group_peer(group), now != nullptr ? now->admin_user() : "", text, about, own);
}

// A line of the conversation that no message made. `about`: 32 bytes that name what happened.
bool Session::Impl::store_notice_in(const std::string& peer, const std::string& from, const std::string& text,
                                    ByteView about, bool own) {
  store::Message row;
  row.peer = peer;
  row.kind = store::kKindNotice;
  row.stream = Bytes(about.substr(0, e2e::kStream));
  row.from = from;
  row.hash = e2e::sha256(Bytes(about) + text);
  row.sent_ms = row.received_ms = Clock::wall_ms();
  row.seen = own;
  row.body = account_.box().seal(LocalPlace::message_body(row.hash, row.kind), text);
  Result<int64_t> id = store_->add_message(row, false);
  if (!check(id)) return false;
  turn_.after_commit([this, id = *id] {
    auto stored = store_->message(id);
    if (stored.ok() && stored->has_value()) listener_.on_message(view(**stored));
  });
  return true;
}

// Out of the group by this person's will, said on this device: its admin makes the next epoch. Nothing is signed for
// what a server says.
bool Session::Impl::left(const Bytes& id) {
  if (!store_notice(id, describe_standing(Standing::kLeft), id, true)) return false;
  const std::string admin = groups_.current(id)->admin_user();
  look_ups_.resolve(admin, [this, id, admin](const Result<const Pin*>& pin) {
    if (pin.ok()) seal_and_store(Target{admin, *pin, {}}, e2e::GroupLeave{id}, false, [](const auto&) {});
  });
  return true;
}

bool Session::Impl::store_group_note(const e2e::Received& received, const e2e::GroupKeyNote& key) {
  const e2e::Header& from = received.header;
  if (groups_.has_key(key.group_id, key.epoch) || !share_left(from.from_user, key.group_id)) return true;
  const Bytes sealed = account_.box().seal(LocalPlace::key_share(key.group_id, key.epoch), key.pkcs8.view());
  if (!check(store_->put_group_note({key.group_id, key.epoch, key.state_hash, from.from_user, from.id.from_fpr, sealed},
                                    Clock::wall_ms()))) {
    return false;
  }
  groups_.note({{key.group_id, key.epoch, key.state_hash, key.pkcs8.clone()}, from.from_user, from.id.from_fpr});
  turn_.poke();
  return !groups_.holds(key.group_id, key.epoch) || group_moved(key.group_id);
}

void Session::Impl::answer_key_request(const e2e::Received& received, const e2e::GroupKeyRequest& request) {
  const std::string& user = received.header.from_user;
  if (groups_.current(request.group_id) != nullptr && request.epoch > groups_.current(request.group_id)->epoch) {
    groups_.changed(request.group_id, request.epoch);
  }
  if (!groups_.may_give_key(request.group_id, request.epoch, user, received.header.id.from_fpr)) return;
  Result<e2e::Secret> pkcs8 = epochs_.key(request.group_id, request.epoch);
  if (!pkcs8.ok()) return;
  const Bytes hash = groups_.state_of(request.group_id, request.epoch)->hash;
  const Pin* pin = user == account_.profile().user ? nullptr : pins_.get(user);
  seal_and_store(Target{user, pin, {}}, e2e::GroupKeyNote{request.group_id, request.epoch, hash, std::move(*pkcs8)},
                 false, [](const auto&) {});
}

// The admin's client makes the next epoch without whoever left.
bool Session::Impl::store_leave(const e2e::Received& received, const e2e::GroupLeave& leave) {
  const e2e::GroupState* now = groups_.current(leave.group_id);
  const std::string& user = received.header.from_user;
  if (now == nullptr || now->admin_fpr != account_.profile().fpr) return true;
  if (!now->lists(user, received.header.id.from_fpr)) return true;
  if (!store_notice(leave.group_id, user + " left", received.hash, false)) return false;
  GroupEdit edit;
  edit.remove.push_back(user);
  return editor_.add(leave.group_id, edit, nullptr);
}

// Left on another device of this user, which told the admin.
bool Session::Impl::store_own_leave(const e2e::GroupLeave& leave) {
  const Standing before = groups_.standing(leave.group_id);
  if (before != Standing::kMember && before != Standing::kUnlisted) return true;
  groups_.set_standing(leave.group_id, Standing::kLeft);
  return store_notice(leave.group_id, describe_standing(Standing::kLeft), leave.group_id, true) &&
         group_moved(leave.group_id);
}

bool Session::groups_busy() const {
  const Impl& s = *impl_;
  return s.server_.attached() && (s.listing_groups_ || s.list_groups_at_ != Loop::kNever || s.groups_.busy());
}

Result<std::vector<GroupInfo>> Session::groups() {
  return impl_->groups_.all();
}

}  // namespace fastchat::client
