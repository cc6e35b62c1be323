// Completion candidates for Tab: commands, names, #groups, :emoji:, and paths after the commands that take a path.
// Pure; the caller provides the names of files.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/runtime/peer_name.h"
#include "client/tui/chat/commands.h"

namespace fastchat::tui {

struct CompletionSource {
  CommandTable commands;
  std::vector<client::PeerName> peers;
  // Returns the files whose path begins with `begin`, folders with a slash at the end.
  std::function<std::vector<std::string>(const std::string& begin)> paths;
  std::vector<std::string> members = {};  // of the open conversation, for @name
};

struct Completion {
  size_t from = 0, to = 0;  // the bytes that a candidate replaces
  std::vector<std::string> candidates;
  // The note behind each candidate in a list: the help of a command, the name of an emoji. As many as candidates, or
  // none.
  std::vector<std::string> notes;
};

Completion complete(const std::string& text, size_t cursor, const CompletionSource& source);

}  // namespace fastchat::tui
