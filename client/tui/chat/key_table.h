// The one table of what keys do outside of the line editor: the screen looks keys up in it, the help is printed from
// it, and the configuration changes it. Pure.
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
  kOlderMessage,
  kNewerMessage,
  kRecall,
  kRepaint,
  kNewLine,
  kComplete,
  kCompleteBack,
  kQuit,
};

struct Binding {
  Key key;
  Action action;
  int number = 0;  // kConversation
};

class KeyTable {
 public:
  KeyTable();
  std::optional<Binding> find(const Key& key) const;
  // "next-unread = Alt+U": the action has this key alone from now on. "none" leaves it without one. The error is one
  // line that names what is wrong.
  Result<> bind(const std::string& line);

  struct Line {
    std::string keys, what, name;
  };
  // A line for each action: its keys, what it does, its name in the configuration.
  std::vector<Line> help() const;

 private:
  std::vector<Binding> bindings_;
};

}  // namespace fastchat::tui
