// The worker engine's only interface to the world: the owner implements it over sockets and threads, the simulator over
// its virtual network. Calls never re-enter the engine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/bytes.h"
#include "common/held.h"
#include "worker/core/file_store.h"
#include "worker/core/store.h"

namespace fastchat::worker {

enum class Sent { kSent, kFull, kGone };

class Ports {
 public:
  virtual ~Ports() = default;
  // Sends one frame to a client. kFull: nothing was sent, `frame` is untouched, try again later. kGone: there is no
  // such peer.
  virtual Sent to_client(uint64_t rid, Bytes& frame) = 0;
  // Returns `part` of the frame that Engine::on_client_frame() is being given, valid for longer than that call. The
  // frame itself may not be looked at any more.
  virtual HeldBytes keep(ByteView part) { return HeldBytes(Bytes(part)); }
  // Returns the bytes sent to the client that its host has not acknowledged: the memory that its connection holds here.
  // May be too low by the bytes sent lately.
  virtual uint64_t unsent(uint64_t rid) = 0;
  // Ends the client's connection: nothing that it sends arrives any more.
  virtual void close_client(uint64_t rid) = 0;
  // Ends the client's connection as a flood, which counts against the client's address; close_client() may follow.
  virtual void end_flooder(uint64_t rid) { close_client(rid); }
  virtual void to_broker(size_t broker, Bytes frame) = 0;
  // Sends topic and frame, as written by BusTrafficWriter::take.
  virtual void to_bus(Bytes frame) = 0;
  virtual void connect_peer(const std::string& bus_endpoint) = 0;
  virtual void disconnect_peer(const std::string& bus_endpoint) = 0;
  virtual void store(StoreRequest request) = 0;
  virtual void files(FileRequest request) = 0;
  // Returns true when the database took the last write.
  virtual bool takes_writes() const = 0;
  // Writes one line to the log; never a body or a key.
  virtual void note(std::string_view event, std::string_view detail) = 0;
};

}  // namespace fastchat::worker
