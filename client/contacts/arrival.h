// A message that arrived and is not opened yet. Plain data.
#pragma once

#include <cstdint>
#include <optional>

#include "client/e2e/message.h"
#include "common/bytes.h"

namespace fastchat::client {

struct Arrival {
  uint64_t id = 0;  // 0: kept on disk, not delivered now
  Bytes envelope;
  int64_t waiting = 0;              // its row on disk; 0: none
  std::optional<uint64_t> as_of{};  // of a row: the epoch that listed the members at the arrival
  bool listed = false;              // the server was asked for this user's groups after the arrival
  bool looked_up = false;           // the server was asked for the sender's key, and its changes, after the arrival
  e2e::CameAs came = e2e::CameAs::kNotKnown;
};

}  // namespace fastchat::client
