#include "client/messages/requests.h"

#include <algorithm>
#include <utility>

#include "client/e2e/sanitise.h"
#include "client/e2e/unicode.h"
#include "client/groups/no_such_group.h"
#include "common/names.h"
#include "common/try.h"

namespace fastchat::client {
namespace {

constexpr size_t kFirstWords = 120;  // bytes
constexpr size_t kRowsAtATime = 200;

}  // namespace

Result<std::vector<RequestInfo>> Requests::all() const {
  auto conversations = timeline_.conversations();
  if (!conversations.ok()) return conversations.error();
  std::vector<RequestInfo> out;
  for (const GroupInfo& group : groups_.all()) {
    const PeerName peer = PeerName::of_group(group.name);
    const bool listed = std::any_of(conversations->begin(), conversations->end(),
                                    [&](const ConversationInfo& c) { return c.peer == peer; });
    if (!listed && timeline_.is_request(store::ConversationId::group(group.id))) {
      ConversationInfo silent;
      silent.peer = peer;
      silent.request = true;
      conversations->push_back(std::move(silent));
    }
  }
  for (const ConversationInfo& c : *conversations) {
    if (!c.request) continue;
    RequestInfo request;
    request.peer = c.peer;
    request.from = c.peer.user();
    if (c.peer.is_group()) {
      const auto group = groups_.info(groups_.find_name(c.peer.group()));
      if (!group || standings_.book().blocked(group->admin)) continue;
      request.from = group->admin;
      request.members = group->members.size();
    }
    if (const Pin* pin = pins_.get(request.from)) request.fingerprint = to_hex(pin->key.fpr);
    const auto first = timeline_.history_after(c.peer, kMaxOpen, 0);
    if (!first.ok()) return first.error();
    for (const ChatMessage& m : *first) {
      if (!is_content(m.kind) || m.hidden) continue;
      ++request.messages;
      if (request.messages != 1) continue;
      request.since_ms = m.received_ms;
      request.text = e2e::sanitise_as_line(e2e::cut(m.text, kFirstWords));
    }
    out.push_back(std::move(request));
  }
  return out;
}

void Requests::answer(Done done, Result<> result) {
  turn_.before_commit([done = std::move(done), result = std::move(result)] { done(result); });
}

// Runs `then` once it is sure that there is such a user.
void Requests::when_known(const std::string& user, Done done, std::function<Result<>()> then) {
  if (!account_.unlocked()) return answer(std::move(done), err(Code::kNotLoggedIn, "not logged in"));
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
  const store::ConversationId conversation = timeline_.stored(peer);
  if (conversation.empty()) return answer(std::move(done), no_such_group(groups_, peer.group()));
  answer(std::move(done), decide(conversation, Standing::kAccepted));
}

void Requests::decline(const PeerName& peer, Done done) {
  const store::ConversationId conversation = timeline_.stored(peer);
  if (conversation.empty()) return answer(std::move(done), no_such_group(groups_, peer.group()));
  const auto there = messages_.history(conversation, 1);
  const bool silent_group = peer.is_group();
  if (!timeline_.is_request(conversation) || (!silent_group && there.ok() && there->empty())) {
    return answer(std::move(done), err(Code::kLocalUsage, peer.text() + " is no request: see `fastchat requests`"));
  }
  if (!peer.is_group()) return answer(std::move(done), turn_down(conversation));
  editor_.leave(peer.group(), [this, conversation, done = std::move(done)](const Result<>& left) {
    done(left.ok() ? remove(conversation) : left);
  });
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
    return request ? remove(conversation) : Unit{};
  });
}

void Requests::unblock(const std::string& user, Done done) {
  const auto conversation = store::ConversationId::direct(user);
  if (!standings_.book().blocked(user)) {
    return answer(std::move(done), err(Code::kLocalUsage, user + " is not blocked"));
  }
  const Result<bool> wrote = messages_.wrote_in(conversation);
  if (!wrote.ok()) return answer(std::move(done), wrote.error());
  answer(std::move(done), decide(conversation, *wrote ? Standing::kAccepted : Standing::kNone));
}

// Deletes the messages of a conversation, also from the boxes of the search.
Result<> Requests::remove(const store::ConversationId& peer) {
  FC_TRY(turn_.try_begin());
  for (int64_t after = 0;;) {
    const auto rows = messages_.history_after(peer, kRowsAtATime, after);
    if (!rows.ok()) return rows.error();
    for (const store::Message& row : *rows) {
      after = row.position;
      if (!search_.forget(row)) return *turn_.error();
    }
    if (rows->size() < kRowsAtATime) break;
  }
  return table_.remove_conversation(peer);
}

void Requests::adds(const std::vector<std::string>& users) {
  for (const std::string& user : users) {
    if (pins_.get(user) != nullptr && !standings_.book().blocked(user)) {
      (void)standings_.writes_to(store::ConversationId::direct(user));
    }
  }
}

void Requests::turned_down(const store::ConversationId& peer, int64_t at_ms) {
  if (peer.is_group() || !timeline_.is_request(peer)) return;
  const auto newest = messages_.history(peer, 1);
  if (!turn_.check(newest) || newest->empty() || newest->front().received_ms > at_ms) return;
  turn_.check(remove(peer));
}

void Requests::on_message(const store::ConversationId& conversation) {
  const auto lines = messages_.count(conversation, INT64_MAX);
  if (!turn_.check(lines) || *lines != 1) return;
  const PeerName peer = timeline_.shown(conversation);
  if (!peer.is_group()) {
    listener_.on_notice(
        {Notice::Kind::kRequest, peer, peer.text() + " is a stranger and wrote to you: accept or decline the request"});
  }
  const auto open = all();
  if (!open.ok() || open->size() <= kMaxOpen) return;
  const auto oldest = std::find_if(open->rbegin(), open->rend(),
                                   [&](const RequestInfo& r) { return !r.peer.is_group() && r.peer != peer; });
  if (oldest != open->rend()) turn_.check(turn_down(timeline_.stored(oldest->peer)));
}

// Accepts a group of this user, or of an admin who is accepted, so that the group stays accepted under another admin.
// Tells the person of another group once.
bool Requests::on_group(const Bytes& id) {
  const auto group = groups_.info(id);
  const auto conversation = store::ConversationId::group(id);
  if (!group || !group->member || standings_.book().of(conversation) != Standing::kNone) return true;
  if (group->epoch != 0 && (group->admin_is_me || standings_.book().open_to(group->admin))) {
    return turn_.begin() && turn_.check(standings_.decide(conversation, Standing::kAccepted));
  }
  const auto lines = messages_.count(conversation, INT64_MAX);
  if (!turn_.check(lines)) return false;
  if (group->epoch == 0 || *lines > 1 || !told_groups_.insert(id).second) return true;
  if (standings_.book().blocked(group->admin)) return true;
  turn_.after_commit([this, name = PeerName::of_group(group->name), admin = group->admin] {
    listener_.on_notice({Notice::Kind::kRequest, name,
                         admin + " is a stranger and added you to " + name.text() + ": accept or decline the group"});
  });
  return true;
}

}  // namespace fastchat::client
