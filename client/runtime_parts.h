// Things under way that a session keeps: a message that is being opened, a key that is looked up, a change
// of a group. Plain data, included by runtime_impl.h alone; it lives on the session's thread.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "client/e2e/message.h"
#include "client/group_book.h"
#include "client/runtime_pins.h"

namespace fastchat::client {

using Resolved = std::function<void(const Result<const Pin*>&)>;

// A message that came, or that waited on disk.
struct Arrival {
  uint64_t id = 0;  // 0: kept on disk, not delivered now
  Bytes envelope;
  int64_t waiting = 0;              // its row there
  std::optional<uint64_t> as_of{};  // of a row: the epoch whose list of members counted when it came
  bool listed = false;              // the server was asked for this user's groups since it came
  e2e::CameAs came = e2e::CameAs::kNotKnown;
};

// An arrival that was opened, until it is written.
struct Staged {
  e2e::Received received;
  Bytes envelope;
  int64_t waiting = 0;
};

}  // namespace fastchat::client
