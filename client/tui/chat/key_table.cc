#include "client/tui/chat/key_table.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "client/tui/terminal/key_names.h"

namespace fastchat::tui {
namespace {

struct ActionInfo {
  Action action;
  const char* name;  // in the configuration; empty: may not be changed
  const char* keys;  // separated by blanks
  const char* what;
  const char* normal = "";        // keys in vi's normal mode, separated by blanks
  const char* vi_what = nullptr;  // instead of `what` for a person who uses vi's keys
};

constexpr ActionInfo kActions[] = {
    {Action::kHelp, "help", "F1", "show this help"},
    {Action::kMenu, "menu", "Esc F10", "open the menus (Esc: while the line is empty); on other pages go back", "",
     "open the menus; on other pages Esc goes back"},
    {Action::kNextUnread, "next-unread", "Alt+A", "go to the next conversation with new messages"},
    {Action::kConversation, "", "Alt+1 Alt+2 Alt+3 Alt+4 Alt+5 Alt+6 Alt+7 Alt+8 Alt+9 Alt+0",
     "go to the first to the tenth conversation of the list"},
    {Action::kPrevious, "previous", "Ctrl+P", "go to the conversation above"},
    {Action::kNext, "next", "Ctrl+N", "go to the conversation below"},
    {Action::kOlderMessage, "older-message", "Alt+Up",
     "pick the next message above; the keys that act on it are shown (Up on an empty line too)", "k",
     "pick the next message above; the keys that act on it are shown"},
    {Action::kNewerMessage, "newer-message", "Alt+Down", "pick the next message below", "j"},
    {Action::kRecall, "recall", "Alt+P", "show what you wrote before in this conversation"},
    {Action::kSwitcher, "switcher", "Alt+K",
     "find a conversation by some of its letters (Ctrl+K on an empty line too)"},
    {Action::kPageUp, "page-up", "PgUp", "show older messages (the mouse wheel too)", "Ctrl+B"},
    {Action::kPageDown, "page-down", "PgDn", "show newer messages", "Ctrl+F"},
    {Action::kHalfPageUp, "half-page-up", "", "go half a page up", "Ctrl+U"},
    {Action::kHalfPageDown, "half-page-down", "", "go half a page down", "Ctrl+D"},
    {Action::kHistoryStart, "history-start", "Alt+<", "go to the oldest message (Home on an empty line too)", "gg"},
    {Action::kHistoryEnd, "history-end", "Alt+>", "go to the newest message (End on an empty line too)", "G"},
    {Action::kSearch, "search", "Ctrl+R", "search all conversations", "/"},
    {Action::kNextFound, "found-next", "", "go to the next message that the search found", "n"},
    {Action::kPreviousFound, "found-previous", "", "go back to the message that the search found before", "N"},
    {Action::kCommand, "command", "", "begin a command, as / does in the line", ":"},
    {Action::kMembers, "members", "Alt+N",
     "show the members beside a group, or hide them; a page where they have no room"},
    {Action::kList, "list", "Alt+S", "hide the list of conversations, or show it"},
    {Action::kBare, "bare", "Alt+L",
     "show the text of the conversation alone, to select it with the terminal's mouse; Esc goes back"},
    {Action::kRepaint, "repaint", "Ctrl+L", "redraw the screen"},
    {Action::kNewLine, "new-line", "Alt+Enter", "begin a new line in the message (Ctrl+J too)"},
    {Action::kComplete, "complete", "Tab", "complete a command, name, #group, path or :emoji:; again for the next"},
    {Action::kCompleteBack, "complete-back", "Shift+Tab", "go back to the candidate before"},
    {Action::kQuit, "quit", "Ctrl+C Ctrl+Q", "quit; drafts stay"},
};

std::string trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return std::string(text);
}

// Calls `each` with the words of a text that are separated by blanks.
template <class Each>
void for_words(std::string_view text, Each each) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    each(text.substr(at, end - at));
    at = end + 1;
  }
}

// Returns true when a word of normal mode is this key, behind the letter `begun`: j, gg, Ctrl+U.
bool is_normal_key(std::string_view word, const Key& key, char32_t begun) {
  if (word.size() > 2) return begun == 0 && key_named(word) == key;
  if (key.kind != KeyKind::kCharacter || key.alt) return false;
  const auto letter = [&](size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(word[i])); };
  return word.size() == 2 ? begun == letter(0) && key.character == letter(1) : begun == 0 && key.character == letter(0);
}

const ActionInfo* action_named(const std::string& name) {
  for (const ActionInfo& info : kActions) {
    if (*info.name != '\0' && info.name == name) return &info;
  }
  return nullptr;
}

}  // namespace

KeyTable::KeyTable() {
  for (const ActionInfo& info : kActions) {
    int number = 0;
    for_words(info.keys, [&](std::string_view word) {
      bindings_.push_back({*key_named(word), info.action, ++number});
    });
  }
}

std::optional<Binding> KeyTable::find(const Key& key) const {
  for (const Binding& binding : bindings_) {
    if (binding.key == key) return binding;
  }
  return std::nullopt;
}

std::optional<Binding> KeyTable::find_normal(const Key& key, char32_t begun) const {
  std::optional<Binding> out;
  for (const ActionInfo& info : kActions) {
    for_words(info.normal, [&](std::string_view word) {
      if (is_normal_key(word, key, begun)) out = Binding{key, info.action, 0};
    });
  }
  return out;
}

std::optional<Key> KeyTable::list_key(const Key& key) const {
  static constexpr std::pair<Action, KeyKind> kKeys[] = {
      {Action::kOlderMessage, KeyKind::kUp},   {Action::kNewerMessage, KeyKind::kDown},
      {Action::kHistoryStart, KeyKind::kHome}, {Action::kHistoryEnd, KeyKind::kEnd},
      {Action::kHalfPageUp, KeyKind::kPageUp}, {Action::kHalfPageDown, KeyKind::kPageDown},
      {Action::kPageUp, KeyKind::kPageUp},     {Action::kPageDown, KeyKind::kPageDown},
  };
  auto binding = find_normal(key, 0);
  if (!binding && key.kind == KeyKind::kCharacter && !key.alt)
    binding = find_normal(key, key.character);  // one g is enough
  if (!binding) return std::nullopt;
  for (const auto& [action, kind] : kKeys) {
    if (action == binding->action) return Key{kind};
  }
  return std::nullopt;
}

Result<> KeyTable::bind(const std::string& line) {
  const size_t equals = line.find('=');
  if (trimmed(line) == "vi") {
    vi_ = true;
    std::erase_if(bindings_, [](const Binding& b) { return b.key == Key{KeyKind::kEscape}; });
    return Unit{};
  }
  if (equals == std::string::npos) {
    return err(Code::kLocalUsage, "\"" + line + "\" is neither vi nor of the form ACTION = KEY");
  }
  const std::string name = trimmed(std::string_view(line).substr(0, equals));
  const std::string key_text = trimmed(std::string_view(line).substr(equals + 1));
  const ActionInfo* info = action_named(name);
  if (info == nullptr) {
    std::string all;
    for (const ActionInfo& each : kActions) {
      if (*each.name != '\0') all += std::string(all.empty() ? "" : ", ") + each.name;
    }
    return err(Code::kLocalUsage, "there is no action \"" + name + "\"; the actions are: " + all);
  }
  const auto key = key_named(key_text);
  if (!key && key_text != "none") {
    return err(Code::kLocalUsage, "\"" + key_text + "\" is not a key; write keys like Alt+U, Ctrl+P, F5, PgUp");
  }
  if (vi_ && key == Key{KeyKind::kEscape}) {
    return err(Code::kLocalUsage, "with vi's keys Esc leaves the line: bind \"" + name + "\" to another key");
  }
  std::erase_if(bindings_, [&](const Binding& b) { return b.action == info->action || (key && b.key == *key); });
  if (key) bindings_.push_back({*key, info->action, 1});
  return Unit{};
}

std::vector<KeyTable::Line> KeyTable::help() const {
  std::vector<Line> out;
  for (const ActionInfo& info : kActions) {
    std::string keys;
    for (const Binding& b : bindings_) {
      if (b.action != info.action) continue;
      if (b.action == Action::kConversation && b.number > 1 && b.number < 10) continue;
      keys += (keys.empty() ? "" : b.action == Action::kConversation ? ".." : ", ") + name_of(b.key);
    }
    const bool other = vi_ && info.vi_what != nullptr;
    if (!keys.empty()) out.push_back({keys, other ? info.vi_what : info.what, info.name});
  }
  return out;
}

std::vector<KeyTable::Line> KeyTable::normal_help() const {
  std::vector<Line> out;
  for (const ActionInfo& info : kActions) {
    if (*info.normal == '\0') continue;
    out.push_back({info.normal, info.vi_what != nullptr ? info.vi_what : info.what, info.name});
  }
  return out;
}

}  // namespace fastchat::tui
