// The file that opens a remembered profile: 32 random bytes beside the database, mode 0600. Two names take turns, so
// that the new file is whole on disk before the row that names it is committed, and the old one goes after that. No
// state.
#pragma once

#include <string>

#include "client/e2e/secret.h"
#include "common/result.h"

namespace fastchat::client {

// The one of the two names that `now` is not.
std::string other_key_file(const std::string& now);

// kLocalDisk: it cannot be read, others may read it, or it is damaged.
Result<e2e::Secret> read_key_file(const std::string& folder, const std::string& name);
// On disk, folder and all, when it returns.
Result<> write_key_file(const std::string& folder, const std::string& name, ByteView key);
// Nothing when it is not there.
Result<> remove_key_file(const std::string& folder, const std::string& name);

}  // namespace fastchat::client
