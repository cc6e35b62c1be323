#include "client/tui/chat/drafts.h"

#include <utility>

#include "client/tui/chat/commands.h"

namespace fastchat::tui {
namespace {

// Returns "16 0123abcd bob: lunch?": the command's trait, the message's id, its text.
std::string written(const MessageTarget& target) {
  return std::to_string(target.need) + " " + target.id + " " + target.text;
}

std::optional<MessageTarget> read_target(const std::string& text) {
  const size_t first = text.find(' ');
  const size_t second = first == std::string::npos ? first : text.find(' ', first + 1);
  if (second == std::string::npos) return std::nullopt;
  MessageTarget out{text.substr(first + 1, second - first - 1), text.substr(second + 1)};
  for (const unsigned need : {kAnswersMessage, kChangesMine, kErasesMine, kVotesInPoll, kUsesFile}) {
    if (text.substr(0, first) == std::to_string(need)) out.need = need;
  }
  if (out.need == 0) return std::nullopt;
  return out;
}

}  // namespace

void Drafts::open(const client::PeerName& peer) {
  keep();
  if (peer != peer_) former_ = {};
  peer_ = peer;
  composer_.open(peer);
  load(peer);
  kept_ = composer_.text();
  aside_ = !settings_.get("aside:" + peer.text()).empty();
}

void Drafts::rename(const client::PeerName& to) {
  const std::string text = composer_.text();
  known_.insert(to);
  composer_.set_draft(to, text);
  settings_.set("draft:" + to.text(), text);
  // Clears the draft in memory under the old name: another group may get that name.
  composer_.set_draft(peer_, "");
  kept_.clear();
  known_.erase(peer_);
  if (auto target = targets_.extract(peer_)) {
    target.key() = to;
    targets_.insert(std::move(target));
  }
  former_ = std::exchange(peer_, to);
}

void Drafts::forget_groups() {
  for (auto it = known_.begin(); it != known_.end();) {
    if (!it->is_group() || *it == peer_) {
      ++it;
      continue;
    }
    composer_.set_draft(*it, "");
    targets_.erase(*it);
    it = known_.erase(it);
  }
}

void Drafts::load(const client::PeerName& peer) {
  if (!known_.insert(peer).second) return;
  if (const std::string draft = settings_.get("draft:" + peer.text()); !draft.empty()) composer_.set_draft(peer, draft);
  if (auto target = read_target(settings_.get("target:" + peer.text()))) targets_[peer] = std::move(*target);
}

void Drafts::keep() {
  if (peer_.empty() || composer_.text() == kept_) return;
  kept_ = composer_.text();
  settings_.set("draft:" + peer_.text(), kept_);
}

void Drafts::give_back(const SendFailed& failed) {
  // No group has the former name any more: a draft under that name would belong to the next group that gets the name.
  const client::PeerName to = !former_.empty() && failed.to == former_ ? peer_ : failed.to;
  load(to);
  composer_.give_back(to, failed.text);
  if (to != peer_) settings_.set("draft:" + to.text(), composer_.draft(to));
  if (failed.answers.empty()) return;
  targets_[to] = {failed.answers, "", kAnswersMessage};
  settings_.set("target:" + to.text(), written(targets_[to]));
}

const MessageTarget* Drafts::target() const {
  const auto found = targets_.find(peer_);
  return found == targets_.end() ? nullptr : &found->second;
}

void Drafts::set_target(std::optional<MessageTarget> target) {
  if (peer_.empty() || (!target && !targets_.contains(peer_))) return;
  settings_.set("target:" + peer_.text(), target ? written(*target) : "");
  if (target) {
    targets_[peer_] = std::move(*target);
  } else {
    targets_.erase(peer_);
  }
}

bool Drafts::has(const client::PeerName& peer) {
  return !composer_.draft(peer).empty() || !settings_.get("aside:" + peer.text()).empty();
}

void Drafts::put_aside() {
  if (peer_.empty() || composer_.empty()) return;
  const std::string setting = "aside:" + peer_.text(), before = settings_.get(setting);
  settings_.set(setting, composer_.text() + (before.empty() ? "" : "\n" + before));
  aside_ = true;
  composer_.set_draft(peer_, "");
}

void Drafts::after_key() {
  if (!composer_.empty()) return;
  set_target(std::nullopt);
  take_back();
}

void Drafts::take_back() {
  if (!aside_) return;
  aside_ = false;
  const std::string setting = "aside:" + peer_.text();
  composer_.set_draft(peer_, settings_.get(setting));
  keep();
  settings_.set(setting, "");
}

}  // namespace fastchat::tui
