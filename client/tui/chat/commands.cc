#include "client/tui/chat/commands.h"

#include <algorithm>

#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

const std::vector<CommandInfo> kCommands = {
    {Verb::kMsg, "msg", "NAME [TEXT]", "open the conversation with NAME; with TEXT send it", 1},
    {Verb::kSearch, "search", "[WORDS]", "search all conversations, or find messages that hold all WORDS", 0},
    {Verb::kVerify, "verify", "[NAME]", "the safety number to compare; mark it verified; accept a changed key", 0},
    {Verb::kWhy, "why", "", "messages that were put aside, and why", 0},
    {Verb::kDevices, "devices", "", "your devices, and removing one", 0},
    {Verb::kPasswd, "passwd", "", "another password for your account", 0},
    {Verb::kSend, "send", "FILE", "send a file", 1},
    {Verb::kOpen, "open", "", "look at the newest file in sight, fetching it (Enter on an empty line too)", 0},
    {Verb::kSave, "save", "[FOLDER]", "keep the newest file in sight, in FOLDER or among the downloads", 0},
    {Verb::kCancel, "cancel", "", "stop sending and fetching files in this conversation", 0},
    {Verb::kSendReply, "send-reply", "FILE", "send a file as an answer to the newest message of somebody else", 1},
    {Verb::kTransfers, "transfers", "", "files that go up and down, how far they are, and stopping one", 0},
    {Verb::kView, "view", "FILE", "look at a picture (png, jpeg) or a text on this disk", 1},
    {Verb::kGroupCreate, "group create", "NAME [MEMBER ...]", "make a group; you are its admin", 1},
    {Verb::kGroupAdd, "group add", "[#GROUP] NAME ...", "new members for the group that is open, or that is named", 1},
    {Verb::kGroupRemove, "group remove", "[#GROUP] NAME ...", "members who go; they read nothing that follows", 1},
    {Verb::kGroupLeave, "group leave", "[#GROUP]", "leave it", 0},
    {Verb::kGroupRename, "group rename", "[#GROUP] NAME", "another name for it", 1},
    {Verb::kGroupHandOver, "group handover", "[#GROUP] NAME", "make a member its admin", 1},
    {Verb::kGroupDelete, "group delete", "#GROUP", "delete it for everybody", 1},
    {Verb::kGroupInfo, "group info", "[#GROUP]", "its settings: members and what you may change", 0},
    {Verb::kGroupList, "group list", "", "your groups", 0},
    {Verb::kMe, "me", "TEXT", "say what you do: /me waves is shown as \"* alice waves\"", 1},
    {Verb::kReply, "reply", "TEXT", "answer the newest message of somebody else", 1},
    {Verb::kEdit, "edit", "TEXT", "another text for your newest message", 1},
    {Verb::kErase, "erase", "", "delete your newest message, here and there", 0},
    {Verb::kReact, "react", "[EMOJI]", "react to the newest message of somebody else; without: take that back", 0},
    {Verb::kPoll, "poll", "QUESTION | A | B", "ask a question with two to ten options", 1},
    {Verb::kVote, "vote", "NUMBER", "vote in the newest poll; another vote replaces it, 0 takes it back", 1},
    {Verb::kMute, "mute", "", "no notifications from this conversation; again: notifications as before", 0},
    {Verb::kDnd, "dnd", "", "do not disturb: no notifications at all; again: as before", 0},
    {Verb::kMenu, "menu", "", "the menus", 0},
    {Verb::kHelp, "help", "", "every key and command", 0},
    {Verb::kQuit, "quit", "", "quit; what is written and not sent stays", 0},
};

// The command whose name the line begins with; the longest wins.
const CommandInfo* command_of(const std::string& line) {
  const CommandInfo* best = nullptr;
  for (const CommandInfo& info : kCommands) {
    const std::string name = std::string("/") + info.name;
    const bool fits = line.starts_with(name) && (line.size() == name.size() || line[name.size()] == ' ');
    if (fits && (best == nullptr || name.size() > std::string(best->name).size())) best = &info;
  }
  return best;
}

// Returns the second words that the first word `word` takes; empty: none.
std::string second_words(const std::string& word) {
  std::string out;
  for (const CommandInfo& info : kCommands) {
    const std::string name = std::string("/") + info.name;
    if (name.starts_with(word + " ")) out += " " + name.substr(word.size() + 1);
  }
  return out;
}

}  // namespace

const std::vector<CommandInfo>& all_commands() {
  return kCommands;
}

Result<Typed> parse_line(const std::string& line) {
  if (line.starts_with("//") || line.starts_with(" /")) return Typed{std::nullopt, line.substr(1)};
  if (!line.starts_with("/")) return Typed{std::nullopt, line};
  const CommandInfo* info = command_of(line);
  if (info == nullptr) {
    const std::string word = line.substr(0, line.find_first_of(" \n"));
    if (const std::string second = second_words(word); !second.empty()) {
      return err(Code::kLocalUsage, "Nothing was sent: " + word + " takes" + second);
    }
    return err(Code::kLocalUsage, "Nothing was sent: there is no command " + word + " (F1: help; // sends a slash)");
  }
  std::string rest = line.substr(std::string(info->name).size() + 1);
  rest.erase(0, std::min(rest.find_first_not_of(' '), rest.size()));
  Command command{info->verb, split_words(rest), rest};
  if (command.words.size() < info->least) {
    return err(Code::kLocalUsage, std::string("Nothing was sent: it is /") + info->name + " " + info->arguments);
  }
  return Typed{std::move(command), ""};
}

}  // namespace fastchat::tui
