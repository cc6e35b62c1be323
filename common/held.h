// Bytes that outlive the call that delivered them: a view, and the object that keeps its memory alive. Moves from
// thread to thread without a copy.
#pragma once

#include <memory>
#include <utility>

#include "common/bytes.h"

namespace fastchat {

class HeldBytes {
 public:
  HeldBytes() = default;
  // Takes ownership of `own`.
  explicit HeldBytes(Bytes&& own) {
    auto kept = std::make_unique<const Bytes>(std::move(own));
    const ByteView all = *kept;
    *this = HeldBytes(all, std::move(kept));
  }
  // `view` lives as long as `keeper` does.
  template <class T>
  HeldBytes(ByteView view, std::unique_ptr<const T> keeper)
      : view_(view), keeper_(keeper.release(), [](const void* p) { delete static_cast<const T*>(p); }) {}

  ByteView view() const { return view_; }
  size_t size() const { return view_.size(); }

 private:
  ByteView view_;
  std::unique_ptr<const void, void (*)(const void*)> keeper_{nullptr, [](const void*) {}};
};

}  // namespace fastchat
