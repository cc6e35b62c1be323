#include "client/e2e/secret.h"

#include <openssl/crypto.h>

#include <cstring>
#include <utility>

#include "common/check.h"

namespace fastchat::e2e {

void cleanse(void* p, size_t n) {
  if (n > 0) OPENSSL_cleanse(p, n);
}

void cleanse(Bytes& s) {
  cleanse(s.data(), s.size());
  s.clear();
}

Secret::Secret(size_t n) : data_(n > 0 ? std::make_unique<char[]>(n) : nullptr), size_(n) {}

Secret Secret::copy_of(ByteView bytes) {
  Secret out(bytes.size());
  if (!bytes.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

Secret Secret::take(Bytes& bytes) {
  Secret out = copy_of(bytes);
  cleanse(bytes);
  return out;
}

Secret::Secret(Secret&& other) noexcept : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Secret::~Secret() {
  wipe();
}

void Secret::wipe() {
  if (data_) cleanse(data_.get(), size_);
  size_ = 0;
}

void Secret::truncate(size_t n) {
  FC_CHECK(n <= size_);
  if (data_) cleanse(data_.get() + n, size_ - n);
  // The destructor cleanses size_ bytes; the tail is clean already.
  size_ = n;
}

bool equal_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace fastchat::e2e
