// The worker's requests to its database about the log of keys, as values (store.h). They run on the reader's lane.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"
#include "proto/client.pb.h"
#include "worker/core/device_requests.h"

namespace fastchat::worker {

struct ReadLogHead {
  SessionId session = 0;
  uint64_t request = 0;
  std::vector<uint64_t> from{};  // sizes, at most wire::kMaxLogSizes
};
struct ReadLogProofs {
  SessionId session = 0;
  uint64_t request = 0;
  std::vector<std::string> users{};  // at most wire::kMaxLogProofs, in strictly ascending order
};
struct ReadLogLeaves {
  SessionId session = 0;
  uint64_t request = 0;
  uint64_t from = 0;  // index
};
struct LogRead {
  SessionId session = 0;
  uint64_t request = 0;
  Code code = Code::kOk;     // kOk, kBusy, kNotAllowed: this server keeps no log; kInternal: the log lacks a row
  v1::ServerFrame answer{};  // without its request
};

}  // namespace fastchat::worker
