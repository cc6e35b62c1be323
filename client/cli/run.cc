#include "client/cli/run.h"

#include <algorithm>
#include <string>

#include "client/cli/commands.h"
#include "client/cli/local_host.h"
#include "client/cli/remote.h"
#include "client/rpc/folder_watch.h"
#include "common/clock.h"
#include "common/standard_streams.h"

namespace fastchat::cli {
namespace {

// A holder that serves nobody is a command that is about to end, or a command that has just begun. The holder has
// kHolderUs to end or to serve, or as long as --timeout says. The lock is free a moment after its file was closed. A
// watch sees only the closing, so the command looks again after kLookAgainMs.
constexpr int64_t kHolderUs = 10'000'000, kLookAgainMs = 20;
constexpr double kLeastS = 0.001;

// Returns true for a command that exists to print something. The other commands print with --json only.
bool prints(const Options& o) {
  if (o.json) return true;
  switch (o.command) {
    case Command::kListen:
    case Command::kChat:
    case Command::kFetch:
    case Command::kHistory:
    case Command::kSearch:
    case Command::kConversations:
    case Command::kContacts:
    case Command::kExport:
    case Command::kStatus:
    case Command::kQuarantine:
    case Command::kRpc:
      return true;
    case Command::kFiles:
      return o.message.empty();
    case Command::kVerify:
      return !o.accept && !o.mark && !o.keep;
    case Command::kDevices:
      return o.remove_device.empty();
    case Command::kGroup:
      return o.group_verb == GroupVerb::kList || o.group_verb == GroupVerb::kInfo;
    default:
      return false;
  }
}

// Returns the call with the time limit of `options`: waiting for the profile used a part of --timeout.
Call with_timeout(Call call, const Options& options) {
  if (!options.timeout_s) return call;
  const auto ms = std::max<int64_t>(static_cast<int64_t>(*options.timeout_s * 1e3), 1);
  for (auto& [name, value] : call.params) {
    if (name == "timeout") value = std::to_string(ms / 1000) + "." + std::to_string(1000 + ms % 1000).substr(1);
  }
  return call;
}

}  // namespace

std::unique_ptr<Runner> make_command(const Options& options) {
  switch (options.command) {
    case Command::kSignUp:
    case Command::kLogIn:
      return make_log_in(options);
    case Command::kLogOut:
      return make_log_out(options);
    case Command::kPasswd:
      return make_passwd(options);
    case Command::kSend:
      return options.files.empty() ? make_send(options) : make_send_files(options);
    case Command::kChat:
      return make_chat(options);
    case Command::kFetch:
      return make_fetch(options);
    case Command::kFiles:
      return make_files(options);
    case Command::kListen:
      return make_listen(options);
    case Command::kHistory:
      return make_history(options);
    case Command::kConversations:
    case Command::kContacts:
      return make_list(options);
    case Command::kExport:
      return make_export(options);
    case Command::kSearch:
    case Command::kStatus:
    case Command::kQuarantine:
      return make_read(options);
    case Command::kVerify:
      return make_verify(options);
    case Command::kDevices:
      return make_devices(options);
    case Command::kGroup:
      return make_group(options);
    case Command::kEdit:
    case Command::kDelete:
    case Command::kReact:
    case Command::kPoll:
    case Command::kVote:
      return make_annotation(options);
    case Command::kDaemon:
    case Command::kRpc:
    case Command::kNone:
      break;
  }
  return make_daemon(options);
}

int run(const Parsed& parsed) {
  Options options = *parsed.options;
  if (prints(options) && !output_is_open()) {
    return refuse_to_run(options,
                         err(Code::kLocalDisk, "standard output is closed: open it, or redirect it to a file"));
  }
  LocalHost host(options);
  rpc::FolderWatch watch(options.data_dir);
  const int64_t begun_us = Clock::monotonic_us();
  const std::optional<double> timeout_s = options.timeout_s;
  const int64_t give_up_us = begun_us + (timeout_s ? static_cast<int64_t>(*timeout_s * 1e6) : kHolderUs);
  for (;;) {
    const Result<> opened = host.open();
    if (opened.ok()) break;
    if (opened.code() != Code::kLocalProfileInUse) return refuse_to_run(options, opened.error());
    const Result<rpc::Descriptor> holder = connect_to_holder(options);
    if (holder.ok()) return run_remotely(options, with_timeout(parsed.call, options), *holder, opened.error());
    if (holder.code() == Code::kNotAllowed) return refuse_to_run(options, holder.error());
    if (Clock::monotonic_us() >= give_up_us) return refuse_to_run(options, opened.error());
    watch.wait(kLookAgainMs);
    if (timeout_s)
      options.timeout_s = std::max(*timeout_s - static_cast<double>(Clock::monotonic_us() - begun_us) / 1e6, kLeastS);
  }
  const std::unique_ptr<Runner> command = make_command(options);
  return host.run(*command);
}

}  // namespace fastchat::cli
