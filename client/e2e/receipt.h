// Read receipts, signed by the reader over the identity and hash of each message read. A server can withhold a receipt
// but never make one. Receipts travel sealed, as ordinary messages. Pure.
#pragma once

#include "client/e2e/content.h"
#include "client/e2e/identity.h"

namespace fastchat::e2e {

// Signs a receipt of 1 to 100 entries (FC_CHECK).
ReadReceipt make_receipt(const Identity& reader, std::vector<ReadEntry> entries, int64_t read_ms);

// Returns true when `reader`'s key signed the receipt and the receipt names that key. The caller still compares each
// entry with the message it sent (identity, hash, and that `reader` was a recipient).
bool verify_receipt(const ReadReceipt& receipt, const PeerKey& reader);

}  // namespace fastchat::e2e
