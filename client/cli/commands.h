// The commands, one Runner each.
#pragma once

#include <memory>

#include "client/cli/runner.h"

namespace fastchat::cli {

std::unique_ptr<Runner> make_log_in(const Options& options);  // signup, login
std::unique_ptr<Runner> make_log_out(const Options& options);
std::unique_ptr<Runner> make_passwd(const Options& options);
std::unique_ptr<Runner> make_rekey(const Options& options);
std::unique_ptr<Runner> make_delete_account(const Options& options);
std::unique_ptr<Runner> make_send(const Options& options);
std::unique_ptr<Runner> make_send_files(const Options& options);
std::unique_ptr<Runner> make_fetch(const Options& options);
std::unique_ptr<Runner> make_files(const Options& options);
std::unique_ptr<Runner> make_chat(const Options& options);
std::unique_ptr<Runner> make_listen(const Options& options);
std::unique_ptr<Runner> make_read(const Options& options);  // search, status, quarantine
std::unique_ptr<Runner> make_history(const Options& options);
std::unique_ptr<Runner> make_list(const Options& options);      // conversations, contacts
std::unique_ptr<Runner> make_requests(const Options& options);  // requests, accept, decline, block, unblock, strangers
std::unique_ptr<Runner> make_card(const Options& options);
std::unique_ptr<Runner> make_export(const Options& options);
std::unique_ptr<Runner> make_verify(const Options& options);
std::unique_ptr<Runner> make_audit(const Options& options);
std::unique_ptr<Runner> make_devices(const Options& options);
std::unique_ptr<Runner> make_group(const Options& options);
std::unique_ptr<Runner> make_annotation(const Options& options);  // edit, delete, react, poll, vote
std::unique_ptr<Runner> make_daemon(const Options& options);      // daemon, rpc

}  // namespace fastchat::cli
