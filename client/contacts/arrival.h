// A message that came, until it is opened. Plain data.
#pragma once

#include <cstdint>
#include <optional>

#include "client/e2e/message.h"
#include "common/bytes.h"

namespace fastchat::client {

struct Arrival {
  uint64_t id = 0;  // 0: kept on disk, not delivered now
  Bytes envelope;
  int64_t waiting = 0;              // its row there
  std::optional<uint64_t> as_of{};  // of a row: the epoch whose list of members counted when it came
  bool listed = false;              // the server was asked for this user's groups since it came
  e2e::CameAs came = e2e::CameAs::kNotKnown;
};

}  // namespace fastchat::client
