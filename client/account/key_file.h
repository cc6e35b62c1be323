// The key file of a remembered profile: 32 random bytes beside the database, mode 0600. Two names take turns, so that
// the new file is complete on disk before the row that names it is committed. The old file is removed after the commit.
// No state.
#pragma once

#include <string>

#include "client/e2e/secret.h"
#include "common/result.h"

namespace fastchat::client {

// Returns the other one of the two names: the name that is not `now`.
std::string other_key_file(const std::string& now);

// Reads the key. Fails with kLocalDisk when the file cannot be read, when other users may read it, or when it is
// damaged.
Result<e2e::Secret> read_key_file(const std::string& folder, const std::string& name);
// Writes the file and syncs the file and its folder to disk. Fails with kLocalDisk.
Result<> write_key_file(const std::string& folder, const std::string& name, ByteView key);
// Removes the file, if it exists. Fails with kLocalDisk.
Result<> remove_key_file(const std::string& folder, const std::string& name);

}  // namespace fastchat::client
