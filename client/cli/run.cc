#include "client/cli/run.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "client/cli/commands.h"
#include "client/cli/local_host.h"
#include "client/cli/remote.h"
#include "client/rpc/holder.h"
#include "common/clock.h"
#include "common/standard_streams.h"

namespace fastchat::cli {
namespace {

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
    case Command::kRequests:
    case Command::kCard:
    case Command::kAudit:
    case Command::kExport:
    case Command::kStatus:
    case Command::kQuarantine:
    case Command::kRpc:
      return true;
    case Command::kFiles:
      return o.message.empty();
    case Command::kStrangers:
      return o.strangers == StrangersWord::kShow;
    case Command::kVerify:
      return !o.accept && !o.mark && !o.keep;
    case Command::kDevices:
      return o.device_verb == DeviceVerb::kList;
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
    case Command::kRekey:
      return make_rekey(options);
    case Command::kAccount:
      return make_delete_account(options);
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
    case Command::kRequests:
    case Command::kAccept:
    case Command::kDecline:
    case Command::kBlock:
    case Command::kUnblock:
    case Command::kStrangers:
      return make_requests(options);
    case Command::kCard:
      return make_card(options);
    case Command::kExport:
      return make_export(options);
    case Command::kSearch:
    case Command::kStatus:
    case Command::kQuarantine:
      return make_read(options);
    case Command::kVerify:
      return make_verify(options);
    case Command::kAudit:
      return make_audit(options);
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

int run(const Parsed& parsed, const StartWindows& windows, const DrawCode& draw_code) {
  Options options = *parsed.options;
  if (prints(options) && !output_is_open()) {
    return refuse_to_run(options,
                         err(Code::kLocalDisk, "standard output is closed: open it, or redirect it to a file"));
  }
  const bool drawn = options.command == Command::kCard && options.card.empty() && !options.json;
  const DrawCode draw = drawn ? draw_code : nullptr;
  LocalHost host(options, windows, draw);
  rpc::Descriptor holder;
  Error in_use;
  const int64_t begun_us = Clock::monotonic_us();
  const std::optional<double> timeout_s = options.timeout_s;
  const Result<> opened = rpc::open_or_join(
      options.data_dir, timeout_s ? static_cast<int64_t>(*timeout_s * 1e6) : rpc::kHolderUs,
      [&host] { return host.open(); },
      [&](rpc::Descriptor found, const Error& why) {
        holder = std::move(found);
        in_use = why;
        return Result<>(Unit{});
      });
  if (!opened.ok()) return refuse_to_run(options, opened.error());
  if (timeout_s) {
    options.timeout_s = std::max(*timeout_s - static_cast<double>(Clock::monotonic_us() - begun_us) / 1e6, kLeastS);
  }
  if (holder.get() >= 0) {
    return run_remotely(options, with_timeout(parsed.call, options), holder, in_use, draw);
  }
  const std::unique_ptr<Runner> command = make_command(options);
  return host.run(*command);
}

}  // namespace fastchat::cli
