#include "client/tui/chat/drafts.h"

namespace fastchat::tui {

void Drafts::open(const client::PeerName& peer) {
  keep();
  peer_ = peer;
  composer_.open(peer);
  load(peer);
  kept_ = composer_.text();
}

void Drafts::rename(const client::PeerName& to) {
  const std::string text = composer_.text();
  known_.insert(to);
  composer_.set_draft(to, text);
  settings_.set("draft:" + to.text(), text);
  // Nothing stays under the name that is gone: another group may get it.
  composer_.set_draft(peer_, "");
  kept_.clear();
  known_.erase(peer_);
  if (auto answer = answers_.extract(peer_)) {
    answer.key() = to;
    answers_.insert(std::move(answer));
  }
}

void Drafts::load(const client::PeerName& peer) {
  if (!known_.insert(peer).second) return;
  if (const std::string draft = settings_.get("draft:" + peer.text()); !draft.empty()) composer_.set_draft(peer, draft);
}

void Drafts::keep() {
  if (peer_.empty() || composer_.text() == kept_) return;
  kept_ = composer_.text();
  settings_.set("draft:" + peer_.text(), kept_);
}

void Drafts::give_back(const SendFailed& failed) {
  load(failed.to);
  composer_.give_back(failed.to, failed.text);
  if (failed.to != peer_) settings_.set("draft:" + failed.to.text(), composer_.draft(failed.to));
  if (!failed.answers.empty()) answers_[failed.to] = failed.answers;
}

const std::string* Drafts::answered() const {
  const auto found = answers_.find(peer_);
  return found == answers_.end() ? nullptr : &found->second;
}

void Drafts::after_key() {
  if (composer_.empty()) answers_.erase(peer_);
}

}  // namespace fastchat::tui
