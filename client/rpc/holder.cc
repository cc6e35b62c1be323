#include "client/rpc/holder.h"

#include <utility>

#include "client/rpc/folder_watch.h"
#include "common/clock.h"

namespace fastchat::rpc {
namespace {

// The lock is free a moment after its file was closed. A watch sees only the closing, so the caller looks again after
// kLookAgainMs.
constexpr int64_t kLookAgainMs = 20;

}  // namespace

Result<> open_or_join(const std::string& directory, int64_t wait_us, const std::function<Result<>()>& open,
                      const std::function<Result<>(Descriptor holder, const Error& in_use)>& join) {
  FolderWatch watch(directory);
  const int64_t give_up_us = Clock::monotonic_us() + wait_us;
  for (;;) {
    const Result<> opened = open();
    if (opened.code() != Code::kLocalProfileInUse) return opened;
    Result<Descriptor> holder = connect_in(directory);
    if (holder.code() == Code::kNotAllowed) return holder.error();
    if (holder.ok()) {
      const Result<> joined = join(std::move(*holder), opened.error());
      if (joined.code() != Code::kLocalUnreachable) return joined;
    }
    if (Clock::monotonic_us() >= give_up_us) return opened;
    watch.wait(kLookAgainMs);
  }
}

}  // namespace fastchat::rpc
