#include "client/tui/chat/bare_mode.h"

namespace fastchat::tui {

void BareMode::begin() {
  if (view_.peer().empty()) return screen_.toast("Open a conversation first.", Style::kDim);
  view_.cursor().clear();
  on_ = true;
  screen_.toast("Select with the mouse; Esc goes back.", Style::kDim);
}

// Scrolls by the keys that scroll the main page, and by Up and Down: many terminals send these for the wheel while a
// program takes no clicks.
bool BareMode::scroll(const Key& typed, const KeyTable& keys) {
  MessagePane& pane = view_.pane();
  const Key key = view_.composer().vi().normal() ? keys.list_key(typed).value_or(typed) : typed;
  const auto binding = keys.find(key);
  const Action action = binding ? binding->action : Action::kHelp;
  if (key.kind == KeyKind::kUp || key.kind == KeyKind::kDown) {
    pane.scroll(key.kind == KeyKind::kUp ? 1 : -1);
  } else if (action == Action::kPageUp || action == Action::kPageDown) {
    pane.page(action == Action::kPageUp ? 2 : -2);
  } else if (action == Action::kHalfPageUp || action == Action::kHalfPageDown) {
    pane.page(action == Action::kHalfPageUp ? 1 : -1);
  } else if (key.kind == KeyKind::kHome || action == Action::kHistoryStart) {
    view_.jump_to_begin();
  } else if (key.kind == KeyKind::kEnd || action == Action::kHistoryEnd) {
    view_.jump_to_end();
  } else {
    return false;
  }
  view_.load_around();
  return true;
}

bool BareMode::press(const Key& key, const KeyTable& keys) {
  if (scroll(key, keys)) return true;
  on_ = false;
  const auto binding = keys.find(key);
  return key.kind == KeyKind::kEscape || (binding && binding->action == Action::kBare);
}

void BareMode::draw(Frame& frame) {
  frame.mouse = false;
  view_.load_around();
  frame.paste(view_.pane().draw(frame.width, frame.height - 1, true), 0, 0);
}

}  // namespace fastchat::tui
