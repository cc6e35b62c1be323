#include "client/tui/pages/requests_page.h"

#include <algorithm>
#include <utility>

#include "client/e2e/sanitise.h"
#include "client/e2e/unicode.h"
#include "client/tui/pages/hints.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr size_t kShownFingerprint = 16;  // hex digits
constexpr size_t kShownText = 400;        // bytes: more than a row of a wide screen
constexpr int kWideHint = 60;             // columns

std::string heading(const client::RequestInfo& r) {
  if (!r.peer.is_group()) {
    return r.peer.text() + "  " + std::to_string(r.messages) + (r.messages == 1 ? " message" : " messages");
  }
  return r.peer.text() + "  group of " + r.from + ", " + std::to_string(r.members) +
         (r.members == 1 ? " member" : " members");
}

std::string details(const client::RequestInfo& r) {
  const std::string text = e2e::sanitise_as_line(e2e::cut(r.text, kShownText));
  if (!text.empty()) return text;
  if (r.messages != 0) return "a message without text";
  return r.fingerprint.empty() ? "nothing was written yet" : "key " + r.fingerprint.substr(0, kShownFingerprint);
}

}  // namespace

// An admin cannot leave: a group that a stranger handed to this user is deleted.
std::string decline_question(const client::RequestInfo& request) {
  const std::string name = request.peer.text();
  if (!request.peer.is_group()) return "Delete the request of " + name + " with its messages?";
  return request.admin_is_me ? "Delete " + name + " for all members?" : "Leave " + name + " and delete its messages?";
}

// Keeps the chosen request. A question about a request that is gone goes, too.
void RequestsPage::load() {
  const client::PeerName chosen = at_ < requests_.size() ? requests_[at_].peer : client::PeerName();
  requests_ = contacts_.requests();
  const auto found = std::find_if(requests_.begin(), requests_.end(), [&](const auto& r) { return r.peer == chosen; });
  if (found != requests_.end()) {
    at_ = static_cast<size_t>(found - requests_.begin());
    return;
  }
  state_ = State::kShown;
  at_ = std::min(at_, requests_.empty() ? 0 : requests_.size() - 1);
}

void RequestsPage::draw(Frame& frame) {
  draw_title(frame, "Requests");
  const size_t room = static_cast<size_t>(std::max(1, (frame.height - 5) / 2));
  const size_t from = at_ >= room ? at_ + 1 - room : 0;
  for (size_t i = from; i < requests_.size() && i < from + room; ++i) {
    const int y = static_cast<int>(2 + 2 * (i - from));
    const client::RequestInfo& r = requests_[i];
    frame.put(y, clip((i == at_ ? "> " : "  ") + heading(r), frame.width), i == at_ ? Style::kSelected : Style::kPlain);
    frame.put(y + 1, clip("    " + details(r), frame.width), Style::kDim);
  }
  if (requests_.empty()) frame.put(2, clip("  No stranger waits for an answer.", frame.width), Style::kDim);
  if (requests_.empty()) return draw_hint(frame, "Esc back");
  const client::RequestInfo& r = requests_[at_];
  if (state_ == State::kBlocking) {
    return draw_question(frame, r.peer.is_group() ? "Block " + r.from + " and leave " + r.peer.text() + "?"
                                                  : "Block " + r.from + " and delete the request?");
  }
  if (state_ == State::kDeclining) {
    return draw_question(frame, decline_question(r));
  }
  const bool wide = frame.width >= kWideHint;
  draw_hint(frame, wide ? "A accepts, D declines, B blocks, Enter reads, Esc back" : hint::kRequests);
}

bool RequestsPage::uses(char32_t letter) const {
  return letter == U'a' || letter == U'd' || letter == U'b';
}

void RequestsPage::press(const Key& key) {
  const bool letter = key.kind == KeyKind::kCharacter && !key.alt;
  if (state_ != State::kShown) {
    const bool blocks = std::exchange(state_, State::kShown) == State::kBlocking;
    if (!says_yes(key) || at_ >= requests_.size()) return;
    const client::RequestInfo& r = requests_[at_];
    if (blocks) {
      if (r.peer.is_group()) contacts_.answer(Contacts::Answer::kDecline, r.peer);
      return contacts_.answer(Contacts::Answer::kBlock, client::PeerName(r.from));
    }
    return contacts_.answer(Contacts::Answer::kDecline, r.peer);
  }
  if (key.kind == KeyKind::kEscape) return screen_.back();
  if (move_in_list(key, requests_.size(), at_) || at_ >= requests_.size()) return;
  if (key.kind == KeyKind::kEnter) return screen_.chat(requests_[at_].peer);
  if (!letter) return;
  if (key.character == 'a' || key.character == 'A') contacts_.answer(Contacts::Answer::kAccept, requests_[at_].peer);
  if (key.character == 'd' || key.character == 'D') state_ = State::kDeclining;
  if (key.character == 'b' || key.character == 'B') state_ = State::kBlocking;
}

void RequestsPage::hear(const Event& event) {
  const auto* added = std::get_if<MessageAdded>(&event);
  const bool news = added != nullptr && added->message.request;
  if (news || std::holds_alternative<TrustChanged>(event) || std::holds_alternative<GroupChanged>(event)) load();
}

}  // namespace fastchat::tui
