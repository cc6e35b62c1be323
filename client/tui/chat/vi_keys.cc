#include "client/tui/chat/vi_keys.h"

#include <string>

#include "client/tui/chat/command_context.h"
#include "client/tui/chat/main_page.h"
#include "client/tui/chat/message_actions.h"

namespace fastchat::tui {
namespace {

constexpr int kMessagesPerHalfPage = 5;

// Handles a letter while a message is picked. Letters that do nothing to a message do nothing.
ViKey press_on_picked(CommandContext& context, const Key& key) {
  Composer& line = context.view.composer();
  if (acts_on_messages(key)) {
    const std::string before = line.text();
    (void)press_on_message(context, key);
    if (line.text() != before) {
      line.to_insert();
      line.press({KeyKind::kEnd});
    }
    return {true, {}};
  }
  if (key.character == U'g') {
    line.press(key);
  } else if (key.character == U'a' || key.character == U'A' || key.character == U'I') {
    context.view.cursor().clear();
    line.press(key);
  }
  return {true, {}};
}

ViKey press_escape(CommandContext& context) {
  Composer& line = context.view.composer();
  MessageCursor& cursor = context.view.cursor();
  if (!line.vi().normal()) {
    if (cursor.picking()) return {};  // Esc ends the picking, as without vi's keys
    line.to_normal();
  } else if (line.vi().begun() != 0) {
    line.vi().drop_begun();
  } else if (cursor.picking()) {
    cursor.clear();
  } else {
    (void)context.view.target().cancel();
  }
  return {true, {}};
}

}  // namespace

ViKey press_vi(CommandContext& context, const KeyTable& keys, const Key& key) {
  if (!keys.vi()) return {};
  if (key.kind == KeyKind::kEscape && !key.alt) return press_escape(context);
  ViLine& vi = context.view.composer().vi();
  if (!vi.normal()) return {};
  if (const auto binding = keys.find_normal(key, vi.begun())) {
    vi.drop_begun();
    const bool up = binding->action == Action::kPageUp;
    if (context.view.cursor().picking() && (up || binding->action == Action::kPageDown)) {
      (void)press_on_message(context, {up ? KeyKind::kPageUp : KeyKind::kPageDown});
      return {true, {}};
    }
    return {true, binding};
  }
  const bool letter = key.kind == KeyKind::kCharacter && !key.alt;
  if (!letter || !context.view.cursor().picking()) return {};
  vi.drop_begun();
  return press_on_picked(context, key);
}

void go_to_found(CommandContext& context, int by) {
  if (context.found.empty()) return context.screen.toast("Search first: / finds messages.", Style::kDim);
  const FoundMessages::Place* place = context.found.move(by);
  if (place == nullptr) return context.screen.toast("The search found no further message there.", Style::kDim);
  if (context.list.find(place->peer) == nullptr) {  // a group that was renamed since
    return context.screen.toast(place->peer.text() + " has another name now: search again.", Style::kDim);
  }
  context.page.chat(place->peer, place->position);
}

void begin_command(CommandContext& context) {
  Composer& line = context.view.composer();
  if (!line.empty()) return context.refuse("The line has a text: send it, or erase it (dd), then begin a command.");
  if (const client::ChatMessage* message = context.view.cursor().message()) context.view.target().prefer(*message);
  context.view.cursor().clear();
  line.to_insert();
  line.rewrite("/");
}

void move_half_page(CommandContext& context, int by) {
  MessageCursor& cursor = context.view.cursor();
  if (!cursor.picking()) return context.view.pane().page(by);
  for (int i = 0; i < kMessagesPerHalfPage && cursor.picking(); ++i) cursor.move(-by);
}

}  // namespace fastchat::tui
