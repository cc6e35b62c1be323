// Secret: bytes that are overwritten before their memory is freed. A Secret moves; only clone() copies one, so that no
// copy is made by accident. Free of OpenSSL headers. A moved-from Secret is empty.
#pragma once

#include <cstddef>
#include <memory>

#include "common/bytes.h"

namespace fastchat::e2e {

// Overwrites [p, p + n) in a way that the compiler cannot remove.
void cleanse(void* p, size_t n);
// Overwrites a string's bytes and empties it.
void cleanse(Bytes& s);

class Secret {
 public:
  Secret() = default;
  // Makes `n` zero bytes.
  explicit Secret(size_t n);
  static Secret copy_of(ByteView bytes);
  // Copies, then cleanses `bytes`.
  static Secret take(Bytes& bytes);

  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  Secret clone() const { return copy_of(view()); }
  ByteView view() const { return {data_.get(), size_}; }
  char* data() { return data_.get(); }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Cuts off the tail and cleanses it; `n` is at most size().
  void truncate(size_t n);

 private:
  void wipe();
  std::unique_ptr<char[]> data_;
  size_t size_ = 0;
};

// Compares in constant time for a given length; false when the lengths differ.
bool equal_constant_time(ByteView a, ByteView b);

}  // namespace fastchat::e2e
