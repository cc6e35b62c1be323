#include "client/tui/chat/commands.h"

#include <algorithm>

#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

// Returns the command whose name the line begins with; the longest name wins.
const Command* named_first(const std::string& line, CommandTable table) {
  const Command* best = nullptr;
  for (const Command& command : table) {
    const std::string name = std::string("/") + command.name;
    const bool fits =
        line.starts_with(name) && (line.size() == name.size() || line[name.size()] == ' ' || line[name.size()] == '\t');
    if (fits && (best == nullptr || name.size() > std::string(best->name).size())) best = &command;
  }
  return best;
}

// Returns the second words that the first word `word` takes; empty: none.
std::string second_words(const std::string& word, CommandTable table) {
  std::string out;
  for (const Command& command : table) {
    const std::string name = std::string("/") + command.name;
    if (name.starts_with(word + " ")) out += " " + name.substr(word.size() + 1);
  }
  return out;
}

}  // namespace

const Command* begun_command(const std::string& line, CommandTable table) {
  return line.starts_with("//") ? nullptr : named_first(line, table);
}

Result<Typed> parse_line(const std::string& line, CommandTable table) {
  if (line.starts_with("//") || line.starts_with(" /")) return Typed{nullptr, {}, line.substr(1)};
  if (!line.starts_with("/")) return Typed{nullptr, {}, line};
  const Command* command = named_first(line, table);
  if (command == nullptr) {
    const std::string word = line.substr(0, line.find_first_of(" \t\n"));
    if (const std::string second = second_words(word, table); !second.empty()) {
      return err(Code::kLocalUsage, "Nothing was sent: " + word + " takes" + second);
    }
    return err(Code::kLocalUsage,
               "Nothing was sent: there is no command " + word + " (F1 lists the commands; // sends a slash)");
  }
  std::string rest = line.substr(std::string(command->name).size() + 1);
  rest.erase(0, std::min(rest.find_first_not_of(" \t"), rest.size()));
  Arguments arguments{split_words(rest), rest};
  if (arguments.words.size() < command->min_words) {
    return err(Code::kLocalUsage, std::string("Nothing was sent. Usage: /") + command->name + " " + command->arguments);
  }
  return Typed{command, std::move(arguments), ""};
}

}  // namespace fastchat::tui
