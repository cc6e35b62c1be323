// Judges heads and proofs of the log of keys, as the wire brings them (docs/e2e.md, section 12). Pure.
#pragma once

#include <string>

#include "common/log_head.h"
#include "common/merkle.h"
#include "proto/client.pb.h"

namespace fastchat::client {

// The relation of a head to another one.
enum class LogFit {
  kFits,
  kSmaller,   // the later tree has fewer leaves
  kForked,    // no proof joins the two trees
  kNoAnswer,  // the server does not answer
  kNotYet,    // nobody's fault: the link broke, or another head came meanwhile
};

LogHead log_head_of(const v1::LogHead& head);
merkle::Path log_path_of(const v1::LogPath& path);
Bytes log_leaf_hash(const v1::LogLeaf& leaf);

// Returns the relation of the tree of `later` to that of `earlier`. `path`: the server's proof; ignored for equal
// sizes.
LogFit log_continues(const LogHead& earlier, const LogHead& later, const merkle::Path& path);

// Returns "12 keys, root 1a2b3c4d5e6f7081", for people.
std::string describe_log_head(const LogHead& head);

// The advice at the end of an alarm about two lists.
extern const char* const kTwoListsAdvice;

}  // namespace fastchat::client
