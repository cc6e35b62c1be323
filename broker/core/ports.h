// The engine's outputs: frames, store requests, random numbers and events. The owner implements Ports over sockets, the
// simulator over its network, a test with vectors. The engine calls Ports on its own thread while it handles an input;
// an implementation never calls back into the engine.
#pragma once

#include <cstdint>
#include <string_view>

#include "broker/core/store.h"
#include "common/bytes.h"

namespace fastchat::broker {

// The routing id of a connection; not reused while the engine may remember the connection.
using Rid = uint64_t;

enum class SendResult { kSent, kUnreachable, kFull };

// Events that are counted. The detail of each is for the log: a name, an address or a code, never a key, a password or
// a body.
enum class Event {
  kLinkOpened,
  kLinkIdle,
  kMalformed,
  kRefused,  // a frame that the link's state does not allow
  kSignedUp,
  kSignUpRefused,
  kLoggedIn,
  kLoggedInBySecret,  // of kLoggedIn
  kNewDevice,         // of kLoggedIn
  kDeviceReplaced,
  kTooManyDevices,
  kNewDeviceThrottled,
  kSignUpThrottled,
  kStoreShareFull,  // one user or address has too many requests waiting for the database
  kDeviceEnded,     // a removed device tried to log in
  kPasswordNeeded,
  kPasswordChanged,
  kKeyChanged,
  kAccountDeleted,
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
  // Returns the bytes sent to the client that its host has not acknowledged.
  virtual uint64_t unsent(Rid /*rid*/) { return 0; }
  // Called when the engine has dropped the link. Frames sent before still go out. The peer may go on and greet anew.
  virtual void close_client(Rid rid) = 0;
  virtual SendResult send_worker(Rid rid, Bytes&& frame) = 0;
  // Runs a request, which is answered once through Engine::on_store_reply unless the program ends first. A lane never
  // has more requests under way than threads.
  virtual void store(StoreRequest&& request) = 0;
  // Returns a number that others cannot predict; the simulator seeds the generator.
  virtual uint64_t random_u64() = 0;
  virtual void event(Event event, std::string_view detail) = 0;
};

}  // namespace fastchat::broker
