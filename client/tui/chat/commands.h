// Slash commands: each is a record with its name, arguments, help, completion and function. A line is parsed with a
// table of them. Pure; the functions are in the files that have the records (command_table.h).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/result.h"

namespace fastchat::tui {

struct CommandContext;  // command_context.h

struct Arguments {
  std::vector<std::string> words;
  std::string rest;  // the same as typed
  std::string word(size_t i) const { return i < words.size() ? words[i] : ""; }
};

// Traits of a command.
inline constexpr unsigned kInConversation = 1;  // runs only while a conversation is open
inline constexpr unsigned kTakesPath = 2;       // Tab completes a path after it
inline constexpr unsigned kWritesText = 4;      // its argument is a message: it signals typing
inline constexpr unsigned kHidden = 8;          // a former name: neither in the help nor completed
// The command applies to one message (message_target.h): one to answer, one of this user's to change or to delete, a
// poll, a message with a file. A command has one of these at most.
inline constexpr unsigned kAnswersMessage = 16, kChangesMine = 32, kErasesMine = 64, kVotesInPoll = 128,
                          kUsesFile = 256;
inline constexpr unsigned kNeedsTarget = kAnswersMessage | kChangesMine | kErasesMine | kVotesInPoll | kUsesFile;

struct Command {
  const char* name;       // one word or two, without the slash
  const char* arguments;  // for people; empty: none
  const char* help;
  size_t min_words;  // of arguments
  void (*run)(CommandContext& context, const Arguments& arguments);
  unsigned traits = 0;
  bool is(unsigned trait) const { return (traits & trait) != 0; }
};
using CommandTable = std::span<const Command>;

// A parsed line: a text to send (`//x` and ` /x` are the text `/x`) or a command of the table.
struct Typed {
  const Command* command = nullptr;
  Arguments arguments;
  std::string text;  // without a command
};
// The command that the line begins with, complete or not; null: none.
const Command* begun_command(const std::string& line, CommandTable table);
// kLocalUsage with one line that says what is wrong; then nothing is to be sent.
Result<Typed> parse_line(const std::string& line, CommandTable table);

}  // namespace fastchat::tui
