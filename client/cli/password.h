// Reads the password from --password-file, --password-command, FASTCHAT_PASSWORD, then a prompt without echo. Never
// reads it from an argument. Blocks; called before the loop runs.
#pragma once

#include <string>

#include "client/cli/options.h"
#include "client/e2e/secret.h"
#include "common/result.h"

namespace fastchat::cli {

// Reads the password. `fresh`: a new account, so the prompt asks twice and offers a generated passphrase. Fails with
// kLocalUsage and one line that names the missing part.
Result<e2e::Secret> read_password(const Options& options, const std::string& user, bool fresh);
// Reads the new password of `passwd` from --new-password-file, --new-password-command, FASTCHAT_NEW_PASSWORD, or a
// prompt.
Result<e2e::Secret> read_new_password(const Options& options, const std::string& user);
// Asks the person to type the name of the account that `account delete` ends; --yes stands for the answer. Fails with
// kLocalUsage.
Result<> confirm_deletion(const Options& options, const std::string& user);

}  // namespace fastchat::cli
