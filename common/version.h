// The version and the commit that a program was built from. The build writes the source (cmake/commit.cmake), so that a
// new commit compiles one small file.
#pragma once

namespace fastchat {

// Returns "0.1.0 (commit 1a2b3c4d5e6f)". "-dirty" follows the commit of a checkout with changes. "unknown" replaces the
// commit where the sources are no git checkout.
const char* version_text();

}  // namespace fastchat
