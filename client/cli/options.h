// The command line, parsed. grammar.h has the commands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/runtime/peer_name.h"

namespace fastchat::cli {

enum class Command {
  kNone,  // the screen
  kSignUp,
  kLogIn,
  kLogOut,
  kPasswd,
  kRekey,
  kAccount,  // account delete
  kSend,
  kListen,
  kChat,
  kFetch,
  kFiles,
  kHistory,
  kExport,
  kConversations,
  kContacts,
  kRequests,
  kAccept,
  kDecline,
  kBlock,
  kUnblock,
  kStrangers,
  kCard,
  kSearch,
  kVerify,
  kAudit,
  kDevices,
  kStatus,
  kQuarantine,
  kGroup,
  kEdit,
  kDelete,
  kReact,
  kPoll,
  kVote,
  kDaemon,
  kRpc,
};

// The state of a message that `send` waits for. kAccepted: the server has taken the message.
enum class Awaited { kAccepted, kDelivered, kRead };

enum class ExportFormat { kBoth, kJsonl, kText };

// The values of client::Strangers; kShow: print the policy.
enum class StrangersWord { kShow = 0, kTake = 1, kAsk = 2, kRefuse = 3 };

enum class DeviceVerb { kList, kRemove, kRename };
enum class GroupVerb { kCreate, kAdd, kRemove, kRename, kHandOver, kLeave, kDelete, kList, kInfo };

struct Options {
  Command command = Command::kNone;

  std::string data_dir;
  std::string downloads;  // folder for files, unless a command names another
  std::string server;     // invite line; empty: the stored server
  bool json = false;
  std::string config;  // settings file of the screen; empty: the default path
  bool check_config = false;
  std::optional<double> timeout_s;
  std::string password_file, password_command;
  std::string new_password_file, new_password_command;  // passwd

  std::string user;  // signup, login, verify, block, unblock
  bool yes = false;  // account delete: without a question
  std::string invite_token;
  bool remember = true;
  std::string replaces;  // login

  client::PeerName peer;  // send, history, poll, accept, decline
  std::optional<std::string> text;
  bool lines = false;
  bool plain = false;                    // chat
  bool action = false;                   // send --me
  std::vector<std::string> files;        // send --file
  std::string send_id;                   // send --id; empty: each send is a new message
  Awaited awaited = Awaited::kAccepted;  // send --wait

  uint64_t count = 0;  // listen; 0: no end
  bool save_files = false;
  std::string directory;                       // fetch --to, export --to, listen --save-files; empty: `downloads`
  std::string message;                         // fetch, files --cancel
  std::optional<size_t> limit;                 // history, search, chat; nullopt: the usual one (kUsualLimit)
  std::optional<int64_t> since_ms, before_ms;  // history, Unix ms
  bool follow = false;                         // history
  std::vector<std::string> peers;              // export; empty: all conversations
  ExportFormat format = ExportFormat::kBoth;   // export
  bool with_files = false;                     // export --files
  std::vector<std::string> words;
  bool accept = false, mark = false, keep = false;  // verify
  StrangersWord strangers = StrangersWord::kShow;
  std::string card;  // line of a card to use; empty: make one
  DeviceVerb device_verb = DeviceVerb::kList;
  std::string device;  // devices remove, rename
  bool lost = false;   // devices remove: change the password and the key, too
  bool ping = false;   // status

  GroupVerb group_verb = GroupVerb::kList;
  std::string group;                 // without '#'
  std::vector<std::string> users;    // group create, add, remove
  std::string new_name, new_admin;   // group and devices rename; group handover
  std::string message_id;            // edit, delete, react, vote; send --reply-to
  std::string emoji;                 // react
  std::vector<std::string> choices;  // poll: its options
  uint32_t choice = 0;               // vote
};

inline constexpr size_t kUsualLimit = 50;

// Returns true for a command that runs until somebody ends it, or until an event that may never come. The command
// serves the profile meanwhile.
bool stays(const Options& options);

// A command with its options by name, as another process requests it. `method`: the command's name ("group.create" for
// a command of two names). `params`: for each option that was given, its long name in small letters, with '_' for '-',
// and its value as JSON.
struct Call {
  std::string method;
  std::vector<std::pair<std::string, std::string>> params;
};

// The result of parsing: options to run with, or an exit code after a help text or an error was printed.
struct Parsed {
  std::optional<Options> options;
  int exit_code = 0;
  Call call{};  // as `options`, without the parts that a holder of the profile decides: folder, server, passwords
};
Parsed parse(int argc, char** argv);

// Returns the folder of the profile when --data-dir is not given: $XDG_DATA_HOME/fastchat or ~/.local/share/fastchat;
// empty when the person has no home folder.
std::string default_data_dir();

}  // namespace fastchat::cli
