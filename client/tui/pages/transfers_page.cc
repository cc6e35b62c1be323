#include "client/tui/pages/transfers_page.h"

#include <algorithm>

#include "client/tui/pages/file_text.h"
#include "client/tui/pages/hints.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {

bool TransfersPage::runs(size_t i) const {
  return i < transfers_.size() && under_way(transfers_[i]);
}

void TransfersPage::draw(Frame& frame) {
  draw_title(frame, "Transfers");
  if (transfers_.empty()) frame.put(2, clip("  No transfer is under way.", frame.width), Style::kDim);
  const size_t room = static_cast<size_t>(std::max(1, (frame.height - 5) / 2));
  const size_t from = at_ >= room ? at_ + 1 - room : 0;
  for (size_t i = from; i < transfers_.size() && i < from + room; ++i) {
    const client::TransferInfo& t = transfers_[i];
    const int y = static_cast<int>(2 + 2 * (i - from));
    const std::string title = (t.upload ? "up    to " : "down  from ") + t.peer.text() + "  " + t.name;
    frame.put(y, clip((i == at_ ? "> " : "  ") + title, frame.width), i == at_ ? Style::kSelected : Style::kPlain);
    frame.put(y + 1, clip("    " + progress_text(t), frame.width), Style::kDim);
  }
  stopping_.empty() ? draw_hint(frame, hint::kTransfers) : draw_question(frame, "Cancel this transfer?");
}

void TransfersPage::press(const Key& key) {
  const bool letter = key.kind == KeyKind::kCharacter && !key.alt;
  if (const std::string id = std::exchange(stopping_, ""); !id.empty()) {
    if (says_yes(key)) files_.cancel(id);
    return;
  }
  if (key.kind == KeyKind::kEscape) return screen_.back();
  if (move_in_list(key, transfers_.size(), at_)) return;
  if (at_ >= transfers_.size()) return;
  if (key.kind == KeyKind::kEnter) return screen_.chat(transfers_[at_].peer);
  if (letter && (key.character == 'c' || key.character == 'C') && runs(at_)) stopping_ = transfers_[at_].id;
}

void TransfersPage::hear(const Event& event) {
  const auto* transfer = std::get_if<client::TransferEvent>(&event);
  if (transfer == nullptr) return;
  const auto known =
      std::find_if(transfers_.begin(), transfers_.end(), [&](const auto& t) { return t.id == transfer->id; });
  if (known == transfers_.end()) {
    transfers_.push_back(*transfer);
  } else {
    *known = *transfer;
  }
  if (!under_way(*transfer) && transfer->id == stopping_) stopping_.clear();
}

}  // namespace fastchat::tui
