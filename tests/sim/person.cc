#include "tests/sim/person.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "client/session/people.h"

namespace fastchat::sim {
namespace {

using client::ChatMessage;
using client::GroupInfo;
using client::MessageKind;
using client::PeerName;
using client::Session;

constexpr size_t kPage = 20;  // lines that the person reads

}  // namespace

Person::Person(People& all, const SessionDisk& disk, int device, std::string user)
    : world_(all.world),
      knobs_(all.knobs),
      db_(all.db),
      said_(all.said),
      readers_(all.readers),
      passwords_(all.passwords),
      keys_(all.keys),
      disk_(disk),
      device_(device),
      user_(std::move(user)),
      name_(user_ + "/" + std::to_string(device)) {}

// Returns a callback for the end of an action. A refusal by the session is no fault; a missing answer is found at the
// end. Nobody hears of the answers of a machine that died in a step on its disk.
Person::Told Person::told(std::string what, std::function<void()> well) {
  return [this, what = std::move(what), well = std::move(well)](const Result<>& r) {
    if (session_ == nullptr) return;
    world_.trace([&] { return name_ + ": " + what + (r.ok() ? "" : ": " + r.error().text); });
    if (r.ok() && well) well();
    if (r.code() == Code::kInternal) throw Violation("no inner fault", name_ + ": " + what + ": " + r.error().text);
  };
}

bool Person::online() const {
  return session_->connection().state == core::LinkState::kLive;
}

// Returns true when no server refuses messages between this user and `peer` for now.
bool Person::open_to_each_other(const PeerName& peer) const {
  const auto other = db_.uid_by_name.find(peer.user());
  if (other == db_.uid_by_name.end()) return false;
  const int64_t uid = db_.uid_by_name.at(user_);
  return db_.is_open(uid, other->second) && db_.is_open(other->second, uid);
}

std::optional<GroupInfo> Person::any_group() {
  auto groups = session_->groups();
  if (!groups.ok()) return std::nullopt;
  std::erase_if(*groups, [](const GroupInfo& g) { return !g.member; });
  if (groups->empty()) return std::nullopt;
  return (*groups)[rng().below(groups->size())];
}

PeerName Person::any_conversation(const std::vector<std::string>& people) {
  if (const auto group = rng().chance(500) ? any_group() : std::nullopt) return PeerName::of_group(group->name);
  return PeerName(people[rng().below(people.size())]);
}

uint64_t Person::new_token(const PeerName& to) {
  const uint64_t token = said_.next_token();
  Bytes group;
  uint64_t epoch = 0;
  const auto groups = session_->groups();
  for (const GroupInfo& g : groups.ok() ? *groups : std::vector<GroupInfo>()) {
    if (PeerName::of_group(g.name) != to) continue;
    group = g.id;
    epoch = g.epoch;
  }
  readers_.will_say(device_, said_.will_say(token, to.text(), group, epoch));
  return token;
}

void Person::act(const std::vector<std::string>& people) {
  const PeerName to = any_conversation(people);
  const uint64_t deed = rng().below(100);
  if (deed < 30) return say(to);
  if (deed < 65) return annotate(to);
  if (deed < 72 && knobs_.files) return send_file(to);
  if (deed < 80 && knobs_.files) return fetch_file(to);
  if (deed < 90) {
    if (const auto lines = session_->history(to, 100'000); lines.ok()) {
      for (const ChatMessage& m : *lines) readers_.sees(device_, m);
      said_.marks_read(user_, *lines);
    }
    return session_->mark_peer_read(to);
  }
  if (deed < 93) return session_->typing(to);
  if (knobs_.groups > 0) act_on_groups(people);
}

void Person::say(const PeerName& to, bool greets) {
  const uint64_t token = new_token(to);
  const auto sent = [this, token, to, greets](const Result<client::SentMessage>& r) {
    told("says " + std::to_string(token) + " to " + to.text())(r.ok() ? Result<>(Unit{}) : Result<>(r.error()));
    if (greets && r.code() == Code::kLocalUntrustedKey)
      throw Violation("honest traffic goes on", name_ + " cannot write to " + to.text() + ": " + r.error().text);
  };
  if (rng().chance(150)) {
    return session_->send_poll(to, Said::text_of(token, "?"), {"yes", "no", "perhaps"}, "", sent);
  }
  client::SendOptions options;
  const auto lines = session_->history(to, kPage);
  if (rng().chance(150) && lines.ok() && !lines->empty()) options.reply_to = (*lines)[rng().below(lines->size())].id;
  session_->send(to, Said::text_of(token, Bytes(rng().below(200), 'x')), options, sent);
}

void Person::annotate(const PeerName& to) {
  const auto lines = session_->history(to, kPage);
  if (!lines.ok() || lines->empty()) return;
  const ChatMessage& m = (*lines)[rng().below(lines->size())];
  if (m.deleted || m.id.empty() || !client::is_content(m.kind)) return;
  if (knobs_.judgements > 0 && !open_to_each_other(to)) return;
  readers_.sees(device_, m);
  change(m);
}

void Person::change(const ChatMessage& m) {
  const std::string id = m.id;
  said_.will_annotate(device_, id);
  const auto done = [this, id](std::string what, std::function<void()> well) {
    return [this, id, told = told(std::move(what), std::move(well))](const Result<>& r) {
      if (session_ != nullptr) said_.annotation_ended(device_, id);
      told(r);
    };
  };
  if (m.mine && m.kind == MessageKind::kText && rng().chance(500)) {
    const std::string text = m.text.substr(0, m.text.find('.') + 1) + "e" + std::to_string(rng().below(1'000'000));
    said_.will_edit(id, text);
    return session_->edit(id, text, done("edits to " + text, [this, id, text] { said_.edited(device_, id, text); }));
  }
  if (m.mine && rng().chance(200)) {
    return session_->erase(id, done("erases " + m.text.substr(0, 8), [this, id] { said_.erased(device_, id); }));
  }
  const auto annotated = [this, id] { said_.annotated(device_, id); };
  if (m.kind == MessageKind::kPoll) {
    return session_->vote(id, static_cast<uint32_t>(rng().below(4)), done("votes", annotated));
  }
  static const char* const kEmoji[] = {"+", "-", "!", ""};
  session_->react(id, kEmoji[rng().below(4)], done("reacts", annotated));
}

// ---- files

void Person::send_file(const PeerName& to) {
  const uint64_t token = new_token(to);
  const std::string path = disk_.path_of(Said::file_name(token));
  std::ofstream(path, std::ios::binary) << Said::file_content(token);
  session_->send_file(to, path, {}, [this, token](const Result<client::SentMessage>& r) {
    told("sends file " + std::to_string(token))(r.ok() ? Result<>(Unit{}) : Result<>(r.error()));
  });
}

void Person::fetch_file(const PeerName& to) {
  const auto lines = session_->history(to, kPage);
  if (!lines.ok()) return;
  for (const ChatMessage& m : *lines) {
    if (!m.file || m.mine || m.deleted) continue;
    return fetch(m);
  }
}

void Person::fetch(const ChatMessage& m) {
  readers_.sees(device_, m);
  const std::string id = m.id;
  session_->fetch_file(id, "", [this, id](const Result<std::string>& r) {
    if (session_ == nullptr) return;
    world_.trace([&] { return name_ + " has fetched: " + (r.ok() ? *r : r.error().text); });
    readers_.fetched(device_, id, r);
  });
}

void Person::fetch_all() {
  if (!online()) return;
  const auto conversations = session_->conversations();
  for (const auto& conversation : conversations.ok() ? *conversations : std::vector<client::ConversationInfo>()) {
    const auto lines = session_->history(conversation.peer, 100'000);
    for (const ChatMessage& m : lines.ok() ? *lines : std::vector<ChatMessage>()) {
      if (m.file && !m.mine && !m.deleted) fetch(m);
    }
  }
}

// ---- groups

void Person::act_on_groups(const std::vector<std::string>& people) {
  const auto group = any_group();
  const auto groups = session_->groups();
  const bool few = groups.ok() && groups->size() < static_cast<size_t>(knobs_.groups);
  if (!group || (few && rng().chance(500))) {
    if (knobs_.group_changes <= 0) return;
    --knobs_.group_changes;
    std::vector<std::string> members = people;
    std::erase_if(members, [this](const std::string& p) { return p == user_ || world_.rng.chance(300); });
    const std::string name = "team" + std::to_string(rng().below(10'000));
    return session_->create_group(name, members, told("makes #" + name));
  }
  if (knobs_.group_changes <= 0) return;
  --knobs_.group_changes;
  if (group->admin_is_me) return edit_group(*group, people);
  if (rng().chance(300)) session_->leave_group(group->name, told("leaves #" + group->name));
}

void Person::edit_group(const GroupInfo& group, const std::vector<std::string>& people) {
  const std::string& who = people[rng().below(people.size())];
  const bool in_it = std::find(group.members.begin(), group.members.end(), who) != group.members.end();
  client::GroupEdit edit;
  if (rng().chance(50)) return session_->delete_group(group.name, told("deletes #" + group.name));
  if (who == user_) {
    edit.rename = "team" + std::to_string(rng().below(10'000));
  } else if (!in_it) {
    edit.add = {who};
  } else if (rng().chance(300)) {
    edit.hand_over_to = who;
  } else {
    edit.remove = {who};
  }
  session_->change_group(group.name, edit, told("changes #" + group.name));
}

// ---- at the end, and by others

void Person::greet(const std::vector<std::string>& people) {
  if (!online()) return;
  for (const auto& to : people) say(PeerName(to), true);
  const auto groups = session_->groups();
  for (const GroupInfo& g : groups.ok() ? *groups : std::vector<GroupInfo>()) {
    if (g.member) say(PeerName::of_group(g.name), true);
  }
}

// Never removes the first device of a user.
void Person::remove_other_device() {
  if (!online()) return;
  session_->devices([this](const Result<std::vector<client::DeviceInfo>>& devices) {
    if (!devices.ok() || session_ == nullptr) return;
    for (const auto& d : *devices) {
      if (!d.this_one && d.name != user_ + "/" + std::to_string(device_ / 10 * 10))
        return session_->remove_device(d.id, told("removes " + d.name));
    }
  });
}

// ---- strangers

void Person::accept_all() {
  const auto requests = session_->people().requests();
  for (const auto& request : requests.ok() ? *requests : std::vector<client::RequestInfo>()) {
    session_->people().accept(request.peer, told("accepts " + request.peer.text()));
  }
}

void Person::judge(const std::string& name) {
  client::People& people = session_->people();
  switch (rng().below(7)) {
    case 0:
      return told("asks strangers")(people.set_strangers(client::Strangers::kAsk));
    case 1:
      return told("takes strangers")(people.set_strangers(client::Strangers::kTake));
    case 2:
    case 3:
      return people.accept(PeerName(name), told("accepts " + name));
    case 4:
    case 5:
      return people.block(name, told("blocks " + name));
    default:
      return people.unblock(name, told("unblocks " + name));
  }
}

// ---- password and keys

void Person::change_password(bool new_key, std::function<void(const Result<>&)> done) {
  const std::string before = passwords_.of(user_), next = passwords_.draw(user_);
  // The old password lets this device in, too, when another device had changed it.
  passwords_.typed(device_, before);
  passwords_.asks(device_, next);
  world_.trace([&] { return name_ + " changes the password" + (new_key ? " and the key" : ""); });
  const auto copy = [](const std::string& password) { return e2e::Secret::copy_of(password); };
  const auto changed = [this, next, done = std::move(done)](const Result<>& r) {
    if (session_ == nullptr) return;
    told("changes the password")(r);
    if (r.ok()) passwords_.told(user_, next);
    done(r);
  };
  session_->change_password(copy(before), copy(next), changed, new_key);
}

void Person::name_keys(const std::vector<std::string>& people) {
  for (const auto& name : people) {
    if (name == user_) continue;
    session_->people().verify(name, [this, name](const Result<client::VerifyInfo>& info) {
      if (session_ != nullptr && info.ok()) keys_.trusts(user_, name, info->number.digits);
    });
  }
}

void Person::decide(const std::string& name) {
  if (name == user_) return;
  session_->people().verify(name, [this](const Result<client::VerifyInfo>& info) {
    if (session_ != nullptr && info.ok() && info->changed) compared(*info);
  });
}

void Person::compared(const client::VerifyInfo& info) {
  const bool right = keys_.right(info, user_);
  const bool believes = knobs_.groups == 0 && rng().chance(400);
  if (!right && !believes && rng().chance(400)) return;
  const bool accepts = right || believes;
  world_.trace([&] {
    return name_ + (accepts ? " accepts the other key of " : " keeps the key of ") + info.user +
           (right ? ", which is the right one" : "");
  });
  if (accepts && !right) keys_.accepts(user_, info.user);
  (void)session_->people().judge_key(info.user, accepts);
}

}  // namespace fastchat::sim
