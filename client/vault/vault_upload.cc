// VaultParts' part that stores a vault at the worker.
#include <algorithm>
#include <utility>
#include <vector>

#include "client/vault/vault_parts.h"
#include "common/wire.h"

namespace fastchat::client {
namespace {

constexpr size_t kPutBytes = 256 * 1024;  // of parts in one frame: a slow line has to take it within the timeout

}  // namespace

void VaultParts::upload(Vault vault, Done done) {
  vault_ = std::move(vault);
  done_ = std::move(done);
  vault_.head ? put_parts() : put_head();
}

void VaultParts::put_parts() {
  Result<v1::PutVaultParts> next = next_put();
  if (!next.ok()) return end(next.code());
  if (next->parts_size() == 0) return put_head();
  v1::ClientFrame frame;
  *frame.mutable_put_vault_parts() = std::move(*next);
  ask_(std::move(frame), [this](const Result<v1::ServerFrame*>& answer) {
    if (!answer.ok()) return end(answer.code());
    const auto last = to_put_.begin() + static_cast<ptrdiff_t>(putting_);
    there_.insert(to_put_.begin(), last);
    to_put_.erase(to_put_.begin(), last);
    put_parts();
  });
}

// Returns the next parts of the plan that the server lacks, none when it has all.
Result<v1::PutVaultParts> VaultParts::next_put() {
  v1::PutVaultParts out;
  size_t bytes = 0;
  for (putting_ = 0; putting_ < to_put_.size() && putting_ < wire::kMaxPartsPerPut; ++putting_) {
    Result<Bytes> box = box_of(to_put_[putting_]);
    if (box.code() == Code::kLocalCrypto) lost_.insert(to_put_[putting_]);  // the next plan does without the part
    if (!box.ok()) return box.error();
    bytes += box->size();
    if (putting_ > 0 && bytes > kPutBytes) break;
    out.add_parts(std::move(*box));
  }
  return out;
}

void VaultParts::put_head() {
  v1::ClientFrame frame;
  v1::PutVault& put = *frame.mutable_put_vault();
  put.set_version(vault_.version);
  put.set_blob(vault_.box);
  if (vault_.head) {
    std::vector<Bytes> hashes;
    for (const e2e::VaultPartEntry& entry : vault_.head->parts()) hashes.push_back(entry.hash());
    std::sort(hashes.begin(), hashes.end());
    for (Bytes& hash : hashes) put.add_parts(std::move(hash));
  }
  ask_(std::move(frame),
       [this](const Result<v1::ServerFrame*>& answer) { end(answer.ok() ? Code::kOk : answer.code()); });
}

void VaultParts::end(Code code) {
  if (const Done done = std::exchange(done_, nullptr); done) done(vault_, code);
}

}  // namespace fastchat::client
