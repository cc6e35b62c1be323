// The rules of the messages about the log of keys (PROTOCOL.md, "The log of keys" and section 7). Only wire.cc uses
// them. Pure.
#pragma once

#include "proto/client.pb.h"

namespace fastchat::wire {

// Accept at most 16 sizes; 1 to 64 names in strictly ascending order; an index.
bool fits(const v1::GetLogHead& m);
bool fits(const v1::GetLogProofs& m);
bool fits(const v1::GetLogLeaves& m);

// Accept a head whose root and signature have their sizes, paths of at most 64 hashes, and leaves with a name and a
// fingerprint or none. Each place lies inside the tree. Proofs are in strictly ascending order of their names.
bool fits(const v1::LogGrowth& m);
bool fits(const v1::LogProofs& m);
bool fits(const v1::LogLeaves& m);

}  // namespace fastchat::wire
