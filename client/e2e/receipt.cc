#include "client/e2e/receipt.h"

#include <utility>

#include "client/e2e/hash.h"

namespace fastchat::e2e {
namespace {

Bytes receipt_message(const ReadReceipt& receipt) {
  Bytes m = receipt.reader_fpr;
  put_u64(m, static_cast<uint64_t>(receipt.read_ms));
  put_u32(m, static_cast<uint32_t>(receipt.entries.size()));
  for (const ReadEntry& e : receipt.entries) {
    m += e.id.from_fpr;
    m += e.id.stream;
    put_u64(m, e.id.seq);
    m += e.hash;
  }
  return m;
}

bool sizes_ok(const ReadReceipt& receipt) {
  if (receipt.entries.empty() || receipt.entries.size() > kMaxReceiptEntries) return false;
  for (const ReadEntry& e : receipt.entries) {
    if (e.id.from_fpr.size() != kHash || e.id.stream.size() != kStream || e.hash.size() != kHash) return false;
  }
  return receipt.reader_fpr.size() == kHash;
}

}  // namespace

ReadReceipt make_receipt(const Identity& reader, std::vector<ReadEntry> entries, int64_t read_ms) {
  ReadReceipt receipt{reader.fpr(), read_ms, std::move(entries), {}};
  FC_CHECK(sizes_ok(receipt));
  receipt.sig = sign(reader.key(), SignType::kReceipt, receipt_message(receipt));
  return receipt;
}

bool verify_receipt(const ReadReceipt& receipt, const PeerKey& reader) {
  return sizes_ok(receipt) && receipt.reader_fpr == reader.fpr &&
         verify(reader.key, SignType::kReceipt, receipt_message(receipt), receipt.sig);
}

}  // namespace fastchat::e2e
