#include "client/tui/chat/message_actions.h"

#include <algorithm>
#include <vector>

#include "client/messages/action.h"
#include "client/tui/chat/command_context.h"
#include "client/tui/chat/commands.h"
#include "client/tui/chat/emoji_words.h"
#include "client/tui/chat/message_target.h"
#include "client/tui/pages/links.h"

namespace fastchat::tui {
namespace {

constexpr const char* kTakeBack = "none";
constexpr int kMessagesPerPage = 10;  // messages that PgUp and PgDn move by
// The first emoji in the list of reactions, by their names in all_emoji().
constexpr const char* kUsual[] = {"+1", "heart", "joy", "tada", "open_mouth", "cry", "pray", "eyes", "-1"};

bool is_text(const client::ChatMessage& m) {
  return !m.file && !m.poll && !m.deleted;
}

void begin(CommandContext& context, const char* command, const client::ChatMessage& m, const std::string& text) {
  if (!context.view.target().begin(command, m, text)) {
    context.refuse("Finish the change in the line first, or give it up: Esc, Esc.");
  }
}

void reply(CommandContext& context, const client::ChatMessage& m) {
  begin(context, "reply", m, "");
}

void edit(CommandContext& context, const client::ChatMessage& m) {
  begin(context, "edit", m, m.text);
}

void erase(CommandContext& context, const client::ChatMessage& m) {
  erase_message(context, m.id, target_text(m));
}

void save(CommandContext& context, const client::ChatMessage& m) {
  context.files.save(m.id, "");
}

void info(CommandContext& context, const client::ChatMessage& m) {
  context.screen.open(PageName::kMessageInfo, m.id);
}

struct MessageAction {
  char32_t key;
  const char* name;
  bool (*applies)(const client::ChatMessage& m);
  void (*run)(CommandContext& context, const client::ChatMessage& m);
};

constexpr MessageAction kMessageActions[] = {
    {'r', "r reply", [](const auto& m) { return fits(kAnswersMessage, m); }, reply},
    {'e', "e edit", [](const auto& m) { return fits(kChangesMine, m); }, edit},
    {'d', "d delete", [](const auto& m) { return fits(kErasesMine, m); }, erase},
    {'+', "+ react", [](const auto& m) { return fits(kAnswersMessage, m); }, pick_reaction},
    {'c', "c copy", [](const auto& m) { return !m.deleted; }, copy_message},
    {'o', "o open", [](const auto& m) { return !m.deleted && (m.file || !links_in(m.text).empty()); }, open_message},
    {'s', "s save", [](const auto& m) { return fits(kUsesFile, m); }, save},
    {'f', "f forward", [](const auto& m) { return !m.deleted && !m.poll; }, forward_message},
    {'y', "y quote", is_text, quote_message},
    {'i', "i info", [](const auto&) { return true; }, info},
};

PickerItem reaction_item(const Emoji& emoji) {
  return {std::string(emoji.text) + " " + emoji.name, emoji.text};
}

}  // namespace

bool press_on_message(CommandContext& context, const Key& key) {
  MessageCursor& cursor = context.view.cursor();
  const client::ChatMessage* message = cursor.message();
  if (message == nullptr) return false;
  switch (key.kind) {
    case KeyKind::kEscape:
      cursor.clear();
      return true;
    case KeyKind::kUp:
    case KeyKind::kDown:
      cursor.move(key.kind == KeyKind::kUp ? -1 : 1);
      return true;
    case KeyKind::kPageUp:
    case KeyKind::kPageDown:
      for (int i = 0; i < kMessagesPerPage && cursor.picking(); ++i) cursor.move(key.kind == KeyKind::kPageUp ? -1 : 1);
      return true;
    case KeyKind::kEnter:
      open_message(context, *message);
      return true;
    case KeyKind::kCharacter:
      break;
    case KeyKind::kFunction:
      return false;
    default:  // the key changes the line, which must be in sight
      context.view.target().prefer(*message);
      cursor.clear();
      return false;
  }
  for (const MessageAction& action : kMessageActions) {
    if (key.alt || action.key != key.character) continue;
    if (action.applies(*message)) {
      action.run(context, *message);
    } else {
      context.refuse("That message can't be acted on with " + std::string(action.name) + ".");
    }
    return true;
  }
  // Typed text goes into the line, and a command there applies to this message.
  context.view.target().prefer(*message);
  cursor.clear();
  return false;
}

bool acts_on_messages(const Key& key) {
  return key.kind == KeyKind::kCharacter && !key.alt &&
         std::any_of(std::begin(kMessageActions), std::end(kMessageActions),
                     [&](const MessageAction& action) { return action.key == key.character; });
}

std::string action_hint(const client::ChatMessage& message) {
  std::string out;
  for (const MessageAction& action : kMessageActions) {
    if (action.applies(message)) out += std::string(action.name) + "  ";
  }
  return out + "Up Down  Esc";
}

void copy_message(CommandContext& context, const client::ChatMessage& m) {
  const bool here = m.file && m.file->state == client::FileView::State::kHere;
  context.desktop.copy(here ? m.file->path : m.file ? m.file->name : m.text);
  context.screen.toast(here     ? "Copied the path of the file."
                       : m.file ? "Copied the name of the file."
                                : "Copied the text.",
                       Style::kGood);
}

void open_message(CommandContext& context, const client::ChatMessage& m) {
  if (m.file && !m.deleted) return context.files.show(m.id);
  const auto links = links_in(m.text);
  if (links.empty()) return context.refuse("There is no file and no link in that message.");
  if (links.size() == 1) return context.desktop.open_link(links[0].url);
  std::vector<PickerItem> items;
  for (const Link& link : links) items.push_back({link.url, link.url});
  const auto open = [&context](const std::string& url) { context.desktop.open_link(url); };
  context.picker.open({"", "Open: ", std::move(items), open, "No link fits."});
}

void forward_message(CommandContext& context, const client::ChatMessage& m) {
  if (m.file && m.file->state != client::FileView::State::kHere) {
    return context.refuse("Fetch the file first (o), then forward it.");
  }
  const std::string path = m.file ? m.file->path : "", text = client::shown_text(m);  // an action keeps its author
  const auto send = [&context, path, text](const std::string& name) {
    const client::PeerName to(name);
    if (path.empty()) {
      context.messages.send(to, text);
    } else {
      context.files.send(to, path, "");
    }
    context.view.cursor().clear();
    context.screen.toast("Forwarded to " + name + ".", Style::kGood);
  };
  context.picker.open({"Forward " + target_text(m), "To: ", context.list.names(), send,
                       "Enter forwards the message to this name.", true});
}

void quote_message(CommandContext& context, const client::ChatMessage& m) {
  std::string quote = "> ";
  for (const char c : m.text) {
    quote += c;
    if (c == '\n') quote += "> ";
  }
  const std::string before = context.view.composer().text();
  context.view.cursor().clear();
  context.view.composer().rewrite(before + (before.empty() || before.ends_with('\n') ? "" : "\n") + quote + "\n");
}

void erase_message(CommandContext& context, const std::string& id, const std::string& text) {
  context.view.cursor().clear();
  context.view.ask({"Delete for everybody: " + text + "?", "Nothing was deleted: only Y says yes.",
                    [&context, id] { context.messages.erase(id); }});
}

void pick_reaction(CommandContext& context, const client::ChatMessage& m) {
  std::vector<PickerItem> items;
  const std::string id = m.id;
  const bool reacted = std::any_of(m.reactions.begin(), m.reactions.end(), [](const auto& r) { return r.mine; });
  if (reacted) items.push_back({"remove your reaction", kTakeBack});
  for (const char* name : kUsual) {
    for (const Emoji& emoji : all_emoji()) {
      if (std::string(emoji.name) == name) items.push_back(reaction_item(emoji));
    }
  }
  for (const Emoji& emoji : all_emoji()) items.push_back(reaction_item(emoji));
  const auto react = [&context, id](const std::string& emoji) {
    context.messages.react(id, emoji == kTakeBack ? "" : emoji);
    context.view.cursor().clear();
  };
  context.picker.open({"React to " + target_text(m), "Emoji: ", std::move(items), react, "No emoji has such a name."});
}

}  // namespace fastchat::tui
