#include "client/tui/chat/message_cursor.h"

#include <algorithm>

namespace fastchat::tui {
namespace {

// Returns true for a message that a person wrote. Lines about holes, devices and keys cannot be picked.
bool can_be_picked(const client::ChatMessage& m) {
  return client::is_content(m.kind) && !m.id.empty();
}

}  // namespace

const client::ChatMessage* MessageCursor::message() const {
  if (position_ == 0) return nullptr;
  const auto& all = pane_.window().all();
  const auto found = std::find_if(all.rbegin(), all.rend(), [&](const auto& m) { return m.position == position_; });
  return found == all.rend() ? nullptr : &*found;
}

void MessageCursor::move(int by) {
  const auto& all = pane_.window().all();
  const bool begins = !picking();
  if (begins && by > 0) return;
  const size_t end = begins ? pane_.lowest() + 1 : all.size();
  if (by < 0) {
    for (size_t i = std::min(end, all.size()); i-- > 0;) {
      if (can_be_picked(all[i]) && (begins || all[i].position < position_)) return put(all[i].position);
    }
    return;
  }
  const auto below =
      std::find_if(all.begin(), all.end(), [&](const auto& m) { return can_be_picked(m) && m.position > position_; });
  if (below != all.end()) return put(below->position);
  if (pane_.window().has_latest()) clear();
}

bool MessageCursor::pick(int64_t position) {
  const auto& all = pane_.window().all();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& m) { return m.position == position; });
  if (position == 0 || found == all.end() || !can_be_picked(*found)) return false;
  put(position);
  return true;
}

void MessageCursor::clear() {
  position_ = 0;
  pane_.select(0);
}

void MessageCursor::put(int64_t position) {
  position_ = position;
  pane_.select(position);
}

}  // namespace fastchat::tui
