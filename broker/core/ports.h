// The engine's way out: frames, store requests, random numbers and events. The owner implements it over sockets, the
// simulator over its network, a test with vectors. Called on the engine's thread, from inside an input of the engine;
// an implementation never calls back into the engine.
#pragma once

#include <cstdint>
#include <string_view>

#include "broker/core/store.h"
#include "common/bytes.h"

namespace fastchat::broker {

// Names a connection; not reused while the engine may remember it.
using Rid = uint64_t;

enum class SendResult { kSent, kUnreachable, kFull };

// Each is counted; the detail (a name, an address, a code: never a key, a password or a body) is for the log.
enum class Event {
  kLinkOpened,
  kLinkIdle,
  kMalformed,
  kRefused,  // a frame in a state that has no use for it
  kSignedUp,
  kSignUpRefused,
  kLoggedIn,
  kLoggedInBySecret,  // of kLoggedIn
  kNewDevice,         // of kLoggedIn
  kDeviceReplaced,
  kTooManyDevices,
  kNewDeviceThrottled,
  kSignUpThrottled,
  kStoreShareFull,  // one user or address has too much waiting for the database
  kDeviceEnded,     // a removed device tried to log in
  kPasswordNeeded,
  kPasswordChanged,
  kPasswordRefused,
  kBadCredentials,
  kThrottled,
  kAssigned,
  kNoWorker,
  kStoreBusy,
  kWorkerUp,
  kWorkerLeft,
  kWorkerDead,
  kWorkerRefused,
  kWorkerBadFrame,
  kGrantRetried,
  kOverslept,
  kCount,
};

struct Ports {
  virtual ~Ports() = default;

  virtual void send_client(Rid rid, Bytes&& frame) = 0;
  // The engine has forgotten the link; what was sent before still goes out. The peer may go on and greet anew.
  virtual void close_client(Rid rid) = 0;
  virtual SendResult send_worker(Rid rid, Bytes&& frame) = 0;
  // Answered once through Engine::on_store_reply, unless the program ends first. Never more than the lane has threads.
  virtual void store(StoreRequest&& request) = 0;
  // Unpredictable to others; the simulator seeds it.
  virtual uint64_t random_u64() = 0;
  virtual void event(Event event, std::string_view detail) = 0;
};

}  // namespace fastchat::broker
