// The slash commands: one table, from which they are parsed, completed and explained. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/result.h"

namespace fastchat::tui {

enum class Verb {
  kMsg,
  kSearch,
  kVerify,
  kWhy,
  kDevices,
  kPasswd,
  kView,
  kSend,
  kOpen,
  kSave,
  kCancel,
  kSendReply,
  kTransfers,
  kGroupCreate,
  kGroupAdd,
  kGroupRemove,
  kGroupLeave,
  kGroupRename,
  kGroupHandOver,
  kGroupDelete,
  kGroupInfo,
  kGroupList,
  kMe,
  kReply,
  kEdit,
  kErase,
  kReact,
  kPoll,
  kVote,
  kMute,
  kDnd,
  kMenu,
  kHelp,
  kQuit,
};

struct CommandInfo {
  Verb verb;
  const char* name;  // one word or two, without the slash
  const char* arguments;
  const char* what;
  size_t least;  // arguments it needs
};

struct Command {
  Verb verb;
  std::vector<std::string> words;  // its arguments
  std::string rest;                // the same as it was typed
};

const std::vector<CommandInfo>& all_commands();

// A parsed line: a text to send (`//x` and ` /x` are the text `/x`) or a command. A mistake is an error whose line says
// what is wrong; then nothing is to be sent.
struct Typed {
  std::optional<Command> command;
  std::string text;  // without a command
};
Result<Typed> parse_line(const std::string& line);

}  // namespace fastchat::tui
