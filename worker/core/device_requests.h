// The worker's requests to its database about the devices of a user, as values (store.h). RemoveDevice runs on the
// sweeper's lane, RenameDevice on the writer's, ListDevices on the reader's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::worker {

using SessionId = uint64_t;  // 0: none

struct RemoveDevice {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
  Bytes device;
};
struct DeviceGone {
  SessionId session = 0;
  uint64_t request = 0, uid = 0, did = 0;
  Code code = Code::kOk;  // kOk, kUnknownDevice, kBusy
};

// Gives a device a name that its logins leave.
struct RenameDevice {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
  Bytes device{};
  std::string name{};
};
struct DeviceRenamed {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
  Code code = Code::kOk;  // kOk, kUnknownDevice, kBusy
};

struct ListDevices {
  SessionId session = 0;
  uint64_t request = 0, uid = 0;
};
struct DeviceRow {
  uint64_t did = 0;
  Bytes device;
  std::string name;
  int64_t created_ms = 0, last_login_ms = 0;
  std::string address;  // of its first login; may be empty
};
struct DeviceList {
  SessionId session = 0;
  uint64_t request = 0;
  Code code = Code::kOk;
  std::vector<DeviceRow> devices;
};

}  // namespace fastchat::worker
