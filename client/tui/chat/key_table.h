// The single table of the keys outside the line editor. The screen looks keys up in the table, the help prints the
// table, and the configuration changes it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/tui/terminal/key.h"
#include "common/result.h"

namespace fastchat::tui {

enum class Action {
  kHelp,
  kMenu,
  kNextUnread,
  kConversation,  // with its number, 1 to 10
  kPrevious,
  kNext,
  kSwitcher,
  kPageUp,
  kPageDown,
  kHistoryStart,
  kHistoryEnd,
  kSearch,
  kMembers,
  kList,
  kBare,
  kOlderMessage,
  kNewerMessage,
  kRecall,
  kRepaint,
  kNewLine,
  kComplete,
  kCompleteBack,
  kHalfPageUp,
  kHalfPageDown,
  kNextFound,
  kPreviousFound,
  kCommand,
  kQuit,
};

struct Binding {
  Key key;
  Action action;
  int number = 0;  // of the conversation, for kConversation
};

class KeyTable {
 public:
  KeyTable();
  std::optional<Binding> find(const Key& key) const;
  // Returns the action of a key in vi's normal mode. `begun`: the letter typed before, of a command of two; 0: none.
  std::optional<Binding> find_normal(const Key& key, char32_t begun) const;
  // Returns the key for a list that a key of normal mode stands for: Up for k, Home for g.
  std::optional<Key> list_key(const Key& key) const;
  // Returns true when the person uses vi's keys.
  bool vi() const { return vi_; }
  // Parses "next-unread = Alt+U" and binds the action to this key alone. The key "none" leaves the action without a
  // key. The line "vi" turns vi's keys on. Fails with kLocalUsage and one line that names the mistake.
  Result<> bind(const std::string& line);

  struct Line {
    std::string keys, what, name;
  };
  // Returns a line for each action that has a key: its keys, its effect, its name in the configuration.
  std::vector<Line> help() const;
  // Returns a line for each action that has a key in normal mode.
  std::vector<Line> normal_help() const;

 private:
  std::vector<Binding> bindings_;
  bool vi_ = false;
};

}  // namespace fastchat::tui
