#include "client/cli/run.h"

#include "client/cli/commands.h"

namespace fastchat::cli {

int run(const Options& options) {
  switch (options.command) {
    case Command::kSignUp:
    case Command::kLogIn:
      return make_log_in(options)->run();
    case Command::kLogOut:
      return make_log_out(options)->run();
    case Command::kPasswd:
      return make_passwd(options)->run();
    case Command::kSend:
      return options.files.empty() ? make_send(options)->run() : make_send_files(options)->run();
    case Command::kFetch:
      return make_fetch(options)->run();
    case Command::kFiles:
      return make_files(options)->run();
    case Command::kListen:
      return make_listen(options)->run();
    case Command::kHistory:
    case Command::kSearch:
    case Command::kStatus:
    case Command::kQuarantine:
      return make_read(options)->run();
    case Command::kVerify:
      return make_verify(options)->run();
    case Command::kDevices:
      return make_devices(options)->run();
    case Command::kGroup:
      return make_group(options)->run();
    case Command::kEdit:
    case Command::kDelete:
    case Command::kReact:
    case Command::kPoll:
    case Command::kVote:
      return make_annotation(options)->run();
    case Command::kNone:
      break;
  }
  return kExitUsage;
}

}  // namespace fastchat::cli
