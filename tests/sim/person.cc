// The deeds of the person at a simulated client: writing, answering, editing, voting, groups, files.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "tests/sim/session_node.h"

namespace fastchat::sim {
namespace {

using client::ChatMessage;
using client::GroupInfo;
using client::MessageKind;
using client::PeerName;
using client::Session;

constexpr size_t kPage = 20;  // lines that the person looks at

}  // namespace

// A deed that the session refuses is no fault; one that it does not answer is found at the end.
SessionNode::Told SessionNode::told(std::string what, std::function<void()> well) {
  return [this, what = std::move(what), well = std::move(well)](const Result<>& r) {
    world_.trace([&] { return name() + ": " + what + (r.ok() ? "" : ": " + r.error().text); });
    if (r.ok() && well) well();
    if (r.code() == Code::kInternal) throw Violation("no inner fault", name() + ": " + what + ": " + r.error().text);
  };
}

std::optional<GroupInfo> SessionNode::any_group() {
  auto groups = session_->groups();
  if (!groups.ok()) return std::nullopt;
  std::erase_if(*groups, [](const GroupInfo& g) { return !g.member; });
  if (groups->empty()) return std::nullopt;
  return (*groups)[rng().below(groups->size())];
}

PeerName SessionNode::any_conversation(const std::vector<std::string>& people) {
  if (const auto group = rng().chance(500) ? any_group() : std::nullopt) return PeerName::of_group(group->name);
  return PeerName(people[rng().below(people.size())]);
}

uint64_t SessionNode::new_token(const PeerName& to) {
  const uint64_t token = readers_.next_token();
  Bytes group;
  uint64_t epoch = 0;
  const auto groups = session_->groups();
  for (const GroupInfo& g : groups.ok() ? *groups : std::vector<GroupInfo>()) {
    if (PeerName::of_group(g.name) != to) continue;
    group = g.id;
    epoch = g.epoch;
  }
  readers_.will_say(token, to.text(), group, epoch);
  return token;
}

void SessionNode::act(const std::vector<std::string>& people) {
  if (!session_ || !alive() || people.empty()) return;
  post(life(), Source::kOwn, [this, people] {
    if (!session_ || !session_->unlocked() || quit_by_ != 0 || ends_ || entering_) return;
    const PeerName to = any_conversation(people);
    const uint64_t deed = rng().below(100);
    if (deed < 30) return say(to);
    if (deed < 65) return annotate(to);
    if (deed < 72 && knobs_.files) return send_file(to);
    if (deed < 80 && knobs_.files) return fetch_file(to);
    if (deed < 90) {
      if (const auto lines = session_->history(to, 100'000); lines.ok()) readers_.marks_read(device_, *lines);
      return session_->mark_peer_read(to);
    }
    if (deed < 93) return session_->typing(to);
    if (knobs_.groups > 0) act_on_groups(people);
  });
}

void SessionNode::say(const PeerName& to) {
  const uint64_t token = new_token(to);
  const auto sent = [this, token, to](const Result<client::SentMessage>& r) {
    told("says " + std::to_string(token) + " to " + to.text())(r.ok() ? Result<>(Unit{}) : Result<>(r.error()));
  };
  if (rng().chance(150)) {
    return session_->send_poll(to, Readers::text_of(token, "?"), {"yes", "no", "perhaps"}, sent);
  }
  client::SendOptions options;
  const auto lines = session_->history(to, kPage);
  if (rng().chance(150) && lines.ok() && !lines->empty()) options.reply_to = (*lines)[rng().below(lines->size())].id;
  session_->send(to, Readers::text_of(token, Bytes(rng().below(200), 'x')), options, sent);
}

void SessionNode::annotate(const PeerName& to) {
  const auto lines = session_->history(to, kPage);
  if (!lines.ok() || lines->empty()) return;
  const ChatMessage& m = (*lines)[rng().below(lines->size())];
  if (!m.deleted && !m.id.empty() && client::is_content(m.kind)) change(m);
}

void SessionNode::change(const ChatMessage& m) {
  const std::string id = m.id;
  if (m.mine && m.kind == MessageKind::kText && rng().chance(500)) {
    const std::string text = m.text.substr(0, m.text.find('.') + 1) + "e" + std::to_string(rng().below(1'000'000));
    readers_.will_edit(id, text);
    return session_->edit(id, text, told("edits to " + text, [this, id, text] { readers_.edited(device_, id, text); }));
  }
  if (m.mine && rng().chance(200)) {
    return session_->erase(id, told("erases " + m.text.substr(0, 8), [this, id] { readers_.erased(device_, id); }));
  }
  const auto done = [this, id] { readers_.annotated(device_, id); };
  if (m.kind == MessageKind::kPoll) {
    return session_->vote(id, static_cast<uint32_t>(rng().below(4)), told("votes", done));
  }
  static const char* const kEmoji[] = {"+", "-", "!", ""};
  session_->react(id, kEmoji[rng().below(4)], told("reacts", done));
}

// ---- files

void SessionNode::send_file(const PeerName& to) {
  const uint64_t token = new_token(to);
  const std::string path = root_ + "/" + Readers::file_name(token);
  std::ofstream(path, std::ios::binary) << Readers::file_content(token);
  session_->send_file(to, path, {}, [this, token](const Result<client::SentMessage>& r) {
    told("sends file " + std::to_string(token))(r.ok() ? Result<>(Unit{}) : Result<>(r.error()));
  });
}

void SessionNode::fetch_file(const PeerName& to) {
  const auto lines = session_->history(to, kPage);
  if (!lines.ok()) return;
  for (const ChatMessage& m : *lines) {
    if (!m.file || m.mine || m.deleted) continue;
    return fetch(m.id);
  }
}

void SessionNode::fetch(const std::string& id) {
  session_->fetch_file(id, "", [this, id](const Result<std::string>& r) {
    world_.trace([&] { return name() + " has fetched: " + (r.ok() ? *r : r.error().text); });
    readers_.fetched(device_, id, r);
  });
}

void SessionNode::fetch_all() {
  post(life(), Source::kOwn, [this] {
    if (!live()) return;
    const auto conversations = session_->conversations();
    for (const auto& conversation : conversations.ok() ? *conversations : std::vector<client::ConversationInfo>()) {
      const auto lines = session_->history(conversation.peer, 100'000);
      for (const ChatMessage& m : lines.ok() ? *lines : std::vector<ChatMessage>()) {
        if (m.file && !m.mine && !m.deleted) fetch(m.id);
      }
    }
  });
}

// ---- groups

void SessionNode::act_on_groups(const std::vector<std::string>& people) {
  const auto group = any_group();
  const auto groups = session_->groups();
  const bool few = groups.ok() && groups->size() < static_cast<size_t>(knobs_.groups);
  if (!group || (few && rng().chance(500))) {
    if (knobs_of_all_.group_changes <= 0) return;
    --knobs_of_all_.group_changes;
    std::vector<std::string> members = people;
    std::erase_if(members, [this](const std::string& p) { return p == user_ || world_.rng.chance(300); });
    const std::string name = "team" + std::to_string(rng().below(10'000));
    return session_->create_group(name, members, told("makes #" + name));
  }
  if (knobs_of_all_.group_changes <= 0) return;
  --knobs_of_all_.group_changes;
  if (group->admin_is_me) return edit_group(*group, people);
  if (rng().chance(300)) session_->leave_group(group->name, told("leaves #" + group->name));
}

void SessionNode::edit_group(const GroupInfo& group, const std::vector<std::string>& people) {
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

void SessionNode::greet(const std::vector<std::string>& people) {
  post(life(), Source::kOwn, [this, people] {
    if (!live()) return;
    for (const auto& to : people) say(PeerName(to));
    const auto groups = session_->groups();
    for (const GroupInfo& g : groups.ok() ? *groups : std::vector<GroupInfo>()) {
      if (g.member) say(PeerName::of_group(g.name));
    }
  });
}

// A user keeps the first device.
void SessionNode::remove_other_device() {
  post(life(), Source::kOwn, [this] {
    if (!live() || quit_by_ != 0) return;
    session_->devices([this](const Result<std::vector<client::DeviceInfo>>& devices) {
      if (!devices.ok() || !session_) return;
      for (const auto& d : *devices) {
        if (!d.this_one && d.name != user_ + "/" + std::to_string(device_ / 10 * 10))
          return session_->remove_device(d.id, told("removes " + d.name));
      }
    });
  });
}

}  // namespace fastchat::sim
