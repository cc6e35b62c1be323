// Read receipts: signed by the reader over identity and hash of what was read, so that a server can withhold but never
// make one. They travel sealed, as ordinary messages. Pure.
#pragma once

#include "client/e2e/content.h"
#include "client/e2e/identity.h"

namespace fastchat::e2e {

// 1 to 100 entries (FC_CHECK).
ReadReceipt make_receipt(const Identity& reader, std::vector<ReadEntry> entries, int64_t read_ms);

// True when `reader`'s key signed it and it names that key. The caller still compares each entry with the message it
// sent (identity, hash, and that `reader` was a recipient).
bool verify_receipt(const ReadReceipt& receipt, const PeerKey& reader);

}  // namespace fastchat::e2e
