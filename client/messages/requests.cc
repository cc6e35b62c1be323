#include "client/messages/requests.h"

#include <algorithm>
#include <utility>

#include "client/e2e/sanitise.h"
#include "client/e2e/unicode.h"
#include "client/groups/group_plan.h"
#include "client/groups/invitation.h"
#include "client/groups/no_such_group.h"
#include "client/messages/kinds.h"
#include "common/names.h"
#include "common/try.h"

namespace fastchat::client {
namespace {

constexpr size_t kFirstWords = 120;  // bytes
constexpr size_t kRowsAtATime = 200;
constexpr size_t kCounted = 100;  // messages of a request

// Returns true for a message, also for one that cannot be read; false for a line that this client added.
bool is_message(const store::Message& row) {
  return kind_row(row.kind).content || row.kind == store::kKindUnreadable;
}

}  // namespace

void Requests::load() {
  told_groups_.clear();
  for (const auto& [id, group] : groups_.groups()) {
    if (!group.epochs.empty()) told_groups_.insert(id);
  }
}

// Returns the conversations of requests, the newest first, and behind them the groups in which nothing was written.
Result<std::vector<store::ConversationId>> Requests::open() const {
  const auto conversations = messages_.conversations();
  if (!conversations.ok()) return conversations.error();
  std::vector<store::ConversationId> out;
  std::set<store::ConversationId> listed;
  for (const store::Conversation& c : *conversations) {
    listed.insert(c.id);
    if (timeline_.is_request(c.id)) out.push_back(c.id);
  }
  for (const auto& [id, group] : groups_.groups()) {
    const auto conversation = store::ConversationId::group(id);
    if (!listed.contains(conversation) && timeline_.is_request(conversation)) out.push_back(conversation);
  }
  return out;
}

Result<std::vector<RequestInfo>> Requests::all() const {
  const auto conversations = open();
  if (!conversations.ok()) return conversations.error();
  std::vector<RequestInfo> out;
  size_t invitations = 0;
  for (const store::ConversationId& conversation : *conversations) {
    RequestInfo request;
    request.peer = timeline_.shown(conversation);
    request.from = request.peer.user();
    if (conversation.is_group()) {
      const Bytes id = conversation.group_id();
      request.from = inviter(standings_.book(), groups_, id);
      request.members = groups_.current(id)->members.size();
      const auto info = groups_.info(id);
      request.admin_is_me = info && info->admin_is_me;
      if (standings_.book().blocked(request.from) || ++invitations > kMaxInvitations) continue;
    }
    if (const Pin* pin = pins_.get(request.from)) request.fingerprint = to_hex(pin->key.fpr);
    FC_TRY(read_messages(conversation, request));
    if (conversation.is_group() || request.messages != 0) out.push_back(std::move(request));
  }
  return out;
}

// Adds the number of messages, and the first words. Opens one message: a group of a stranger may have many.
Result<> Requests::read_messages(const store::ConversationId& conversation, RequestInfo& request) const {
  const auto rows = messages_.history_after(conversation, kCounted, 0);
  if (!rows.ok()) return rows.error();
  for (const store::Message& row : *rows) {
    if (row.mine || !is_message(row) || standings_.book().blocked(row.from)) continue;
    if (++request.messages != 1) continue;
    request.since_ms = row.received_ms;
    request.text = e2e::sanitise_as_line(e2e::cut(timeline_.view(row).text, kFirstWords));
  }
  return Unit{};
}

// Tells the result once it is on disk. A result that undoes the turn is told after that.
void Requests::answer(Done done, Result<> result) {
  if (!result.ok() && !turn_.error()) {
    return turn_.before_commit([done = std::move(done), result = std::move(result)] { done(result); });
  }
  turn_.after_rollback(done);
  if (result.ok()) turn_.after_commit([done = std::move(done)] { done(Unit{}); });
  turn_.wake();
}

bool Requests::refuses_locked(const Done& done) {
  if (account_.unlocked()) return false;
  answer(done, err(Code::kNotLoggedIn, "not logged in"));
  return true;
}

// Runs `then` once it is sure that there is such a user.
void Requests::when_known(const std::string& user, Done done, std::function<Result<>()> then) {
  if (refuses_locked(done)) return;
  if (!valid_user_name(user)) return answer(std::move(done), look_ups_.unknown(user));
  if (user == account_.profile().user) return answer(std::move(done), err(Code::kLocalUsage, "this is your own name"));
  const bool named = standings_.book().of(store::ConversationId::direct(user)) != Standing::kNone;
  if (named || pins_.get(user) != nullptr) return answer(std::move(done), then());
  look_ups_.resolve(user, [this, done = std::move(done), then = std::move(then)](const Result<const Pin*>& found) {
    answer(done, found.ok() ? then() : Result<>(found.error()));
  });
}

Result<> Requests::decide(const store::ConversationId& peer, Standing standing) {
  FC_TRY(turn_.try_begin());
  return standings_.decide(peer, standing);
}

void Requests::accept(const PeerName& peer, Done done) {
  if (!peer.is_group()) {
    const auto conversation = store::ConversationId::direct(peer.user());
    return when_known(peer.user(), std::move(done), [this, conversation]() -> Result<> {
      if (standings_.book().of(conversation) == Standing::kBlocked) {
        return err(Code::kLocalUsage,
                   "you blocked " + conversation.user() + ": unblock " + conversation.user() + " first");
      }
      return decide(conversation, Standing::kAccepted);
    });
  }
  if (refuses_locked(done)) return;
  const Bytes id = groups_.find_name(peer.group());
  if (id.empty()) return answer(std::move(done), no_such_group(groups_, peer.group()));
  if (groups_.membership(id) != Membership::kMember) {
    return answer(std::move(done), err(Code::kNotAllowed, not_a_member(peer)));
  }
  const Result<> begun = turn_.try_begin();
  answer(std::move(done), begun.ok() ? accept_group(standings_, groups_, id) : begun);
}

void Requests::decline(const PeerName& peer, Done done) {
  if (refuses_locked(done)) return;
  const store::ConversationId conversation = timeline_.stored(peer);
  if (conversation.empty()) return answer(std::move(done), no_such_group(groups_, peer.group()));
  const auto there = messages_.history(conversation, 1);
  const bool silent_group = peer.is_group();
  if (!timeline_.is_request(conversation) || (!silent_group && there.ok() && there->empty())) {
    return answer(std::move(done), err(Code::kLocalUsage, peer.text() + " is no request: see `fastchat requests`"));
  }
  if (!peer.is_group()) return answer(std::move(done), turn_down(conversation));
  const auto then = [this, conversation, done = std::move(done)](const Result<>& left) {
    answer(done, left.ok() ? remove(conversation) : left);
  };
  // A stranger may have made this user the admin, who cannot leave.
  const auto info = groups_.info(conversation.group_id());
  info && info->admin_is_me ? editor_.erase(peer.group(), then) : editor_.leave(peer.group(), then);
}

Result<> Requests::turn_down(const store::ConversationId& peer) {
  FC_TRY(decide(peer, Standing::kNone));
  return remove(peer);
}

void Requests::block(const std::string& user, Done done) {
  const auto conversation = store::ConversationId::direct(user);
  when_known(user, std::move(done), [this, conversation]() -> Result<> {
    const bool request = timeline_.is_request(conversation);
    FC_TRY(decide(conversation, Standing::kBlocked));
    return request ? remove_unwritten(conversation) : Unit{};
  });
}

void Requests::unblock(const std::string& user, Done done) {
  if (refuses_locked(done)) return;
  const auto conversation = store::ConversationId::direct(user);
  if (!standings_.book().blocked(user)) {
    return answer(std::move(done), err(Code::kLocalUsage, user + " is not blocked"));
  }
  const Result<bool> wrote = messages_.wrote_in(conversation);
  if (!wrote.ok()) return answer(std::move(done), wrote.error());
  answer(std::move(done), decide(conversation, *wrote ? Standing::kAccepted : Standing::kNone));
}

// Deletes the messages of a conversation, also from the boxes of the search. An error undoes the turn.
Result<> Requests::remove(const store::ConversationId& peer) {
  if (!turn_.begin()) return *turn_.error();
  for (int64_t after = 0;;) {
    const auto rows = messages_.history_after(peer, kRowsAtATime, after);
    if (!turn_.check(rows)) return *turn_.error();
    for (const store::Message& row : *rows) {
      after = row.position;
      if (!search_.forget(row)) return *turn_.error();
    }
    if (rows->size() < kRowsAtATime) break;
  }
  Result<> removed = table_.remove_conversation(peer);
  turn_.check(removed);
  return removed;
}

// Does the same, unless this user wrote in the conversation: it is more than a request then.
Result<> Requests::remove_unwritten(const store::ConversationId& peer) {
  const Result<bool> wrote = messages_.wrote_in(peer);
  if (!turn_.check(wrote)) return wrote.error();
  return *wrote ? Unit{} : remove(peer);
}

void Requests::adds(const std::vector<std::string>& users) {
  for (const std::string& user : users) {
    if (!valid_user_name(user) || standings_.book().blocked(user)) continue;
    look_ups_.resolve(user, [this, user](const Result<const Pin*>& found) {
      if (found.ok()) (void)standings_.writes_to(store::ConversationId::direct(user));
    });
  }
}

void Requests::turned_down(const store::ConversationId& peer, int64_t at_ms) {
  if (peer.is_group() || !timeline_.is_request(peer)) return;
  const auto newest = messages_.history(peer, 1);
  if (!turn_.check(newest) || newest->empty() || newest->front().received_ms > at_ms) return;
  (void)remove_unwritten(peer);
}

// Returns true when nothing was written in the conversation before this message.
bool Requests::begins(const store::Message& message) {
  const auto before = messages_.history(message.conversation, kRowsAtATime, message.position);
  return turn_.check(before) && std::none_of(before->begin(), before->end(), is_message);
}

void Requests::on_message(const store::Message& message) {
  if (message.conversation.is_group() || !is_message(message) || !begins(message)) return;
  const PeerName peer = timeline_.shown(message.conversation);
  listener_.on_notice(
      {Notice::Kind::kRequest, peer, peer.text() + " is a stranger and wrote to you: accept or decline the request"});
  const auto open = all();
  if (!turn_.check(open)) return;
  auto people = std::count_if(open->begin(), open->end(), [](const RequestInfo& r) { return !r.peer.is_group(); });
  for (auto r = open->rbegin(); r != open->rend() && people > static_cast<ptrdiff_t>(kMaxOpen); ++r) {
    if (r->peer.is_group() || r->peer == peer) continue;
    const auto oldest = timeline_.stored(r->peer);
    const Result<bool> wrote = messages_.wrote_in(oldest);
    if (!turn_.check(wrote)) return;
    if (*wrote) continue;
    turn_.check(turn_down(oldest));
    return;
  }
}

// Accepts a group of this user, or of an admin who is accepted, so that the group stays accepted under another admin.
// Tells the person of another group once.
bool Requests::on_group(const Bytes& id) {
  const auto conversation = store::ConversationId::group(id);
  const bool member = groups_.current(id) != nullptr && groups_.membership(id) == Membership::kMember;
  if (!member || standings_.book().of(conversation) != Standing::kNone) return true;
  const std::string stranger = inviter(standings_.book(), groups_, id);
  if (stranger.empty()) {
    if (!turn_.begin()) return false;
    // A full book stops no group. The group goes on being judged by its admin.
    const Result<> accepted = standings_.decide(conversation, Standing::kAccepted);
    return accepted.code() == Code::kTooLarge || turn_.check(accepted);
  }
  if (standings_.book().blocked(stranger) || told_groups_.contains(id)) return true;
  turn_.after_commit([this, id, stranger, name = PeerName::of_group(groups_.name_of(id))] {
    if (!told_groups_.insert(id).second) return;
    listener_.on_notice(
        {Notice::Kind::kRequest, name,
         stranger + " is a stranger and added you to " + name.text() + ": accept or decline the group"});
  });
  return true;
}

}  // namespace fastchat::client
