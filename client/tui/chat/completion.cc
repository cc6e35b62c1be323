#include "client/tui/chat/completion.h"

#include <algorithm>
#include <string_view>

#include "client/tui/chat/emoji_words.h"

namespace fastchat::tui {
namespace {

constexpr size_t kMaxCandidates = 200;

void add_commands(std::string_view begin, CommandTable table, Completion& out) {
  for (const Command& command : table) {
    const std::string name = std::string("/") + command.name;
    if (command.is(kHidden) || !name.starts_with(begin)) continue;
    const std::string arguments = command.arguments;
    out.candidates.push_back(name + (arguments.empty() ? "" : " "));
    out.notes.push_back(arguments + (arguments.empty() ? "" : "  ") + command.help);
  }
}

void add_emoji(std::string_view name, Completion& out) {
  for (const Emoji& emoji : all_emoji()) {
    if (!std::string_view(emoji.name).starts_with(name)) continue;
    // Several names with the same beginning may mean one emoji.
    if (std::find(out.candidates.begin(), out.candidates.end(), emoji.text) == out.candidates.end()) {
      out.candidates.emplace_back(emoji.text);
      out.notes.emplace_back(emoji.name);
    }
    if (out.candidates.size() == kMaxCandidates) return;
  }
}

void add_peers(std::string_view begin, bool first_word, const CompletionSource& source, Completion& out) {
  for (const client::PeerName& peer : source.peers) {
    if (!peer.text().starts_with(begin)) continue;
    out.candidates.push_back(peer.text() + (first_word && !peer.is_group() ? ": " : " "));
  }
}

}  // namespace

Completion complete(const std::string& text, size_t cursor, const CompletionSource& source) {
  Completion out;
  const std::string_view before = std::string_view(text).substr(0, cursor);
  out.to = cursor;
  const size_t blank = before.find_last_of(" \n");
  out.from = blank == std::string_view::npos ? 0 : blank + 1;
  const std::string_view word = before.substr(out.from);
  const bool command = before.starts_with("/") && !before.starts_with("//");
  for (const Command& takes_path : source.commands) {
    const std::string begin = std::string("/") + takes_path.name + " ";
    if (!takes_path.is(kTakesPath) || !before.starts_with(begin) || !source.paths) continue;
    out.from = begin.size();
    out.candidates = source.paths(std::string(before.substr(out.from)));
    return out;
  }
  if (command) {
    add_commands(before, source.commands, out);
    if (!out.candidates.empty()) {
      out.from = 0;
      return out;
    }
  }
  if (!word.empty() && word[0] == '@') {
    for (const std::string& member : source.members) {
      if (member.starts_with(word.substr(1))) out.candidates.push_back("@" + member + " ");
    }
  } else if (word.size() >= 2 && word[0] == ':') {
    add_emoji(word.substr(1, word.size() - (word.back() == ':' ? 2 : 1)), out);
  } else if (!word.empty()) {
    add_peers(word, !command && out.from == 0, source, out);
  }
  return out;
}

}  // namespace fastchat::tui
