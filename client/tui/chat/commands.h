// Slash commands. Each is a record with its name, arguments, help, function and traits, such as the completion of a
// path. parse_line() parses a line with a table of these records. Pure; the functions are in the files that have the
// records (command_table.h).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/result.h"

namespace fastchat::tui {

struct CommandContext;  // command_context.h

struct Arguments {
  std::vector<std::string> words;
  std::string rest;  // the arguments as typed
  std::string word(size_t i) const { return i < words.size() ? words[i] : ""; }
};

// Traits of a command.
inline constexpr unsigned kInConversation = 1;  // runs only while a conversation is open
inline constexpr unsigned kTakesPath = 2;       // Tab completes a path after the command
inline constexpr unsigned kWritesText = 4;      // the argument is a message, for which typing is signalled
inline constexpr unsigned kHidden = 8;          // a former name; neither in the help nor completed
// Traits of a command that applies to one message (message_target.h): a message to answer, an own message to change or
// to delete, a poll, a message with a file. A command has at most one of these traits.
inline constexpr unsigned kAnswersMessage = 16, kChangesMine = 32, kErasesMine = 64, kVotesInPoll = 128,
                          kUsesFile = 256;
inline constexpr unsigned kNeedsTarget = kAnswersMessage | kChangesMine | kErasesMine | kVotesInPoll | kUsesFile;

struct Command {
  const char* name;       // one word or two, without the slash
  const char* arguments;  // for people; empty: no arguments
  const char* help;
  size_t min_words;  // minimum number of arguments
  void (*run)(CommandContext& context, const Arguments& arguments);
  unsigned traits = 0;
  bool is(unsigned trait) const { return (traits & trait) != 0; }
};
using CommandTable = std::span<const Command>;

// A parsed line: a text to send (`//x` and ` /x` are the text `/x`) or a command of the table.
struct Typed {
  const Command* command = nullptr;
  Arguments arguments;
  std::string text;  // the text to send, without a command
};
// Returns the command whose name the line begins with, even when arguments are missing; null: none.
const Command* begun_command(const std::string& line, CommandTable table);
// Parses a line. Fails with kLocalUsage and one line that names the mistake; nothing may be sent then.
Result<Typed> parse_line(const std::string& line, CommandTable table);

}  // namespace fastchat::tui
