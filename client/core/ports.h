// The core's only way to the world. The owner implements it; the simulator implements it too. Calls happen inside the
// Engine's inputs, on the caller's thread. An implementation may call Engine::on_opened and on_written from inside
// open_envelope and write; all other inputs must wait until the Engine's call returned.
#pragma once

#include "client/core/types.h"
#include "proto/client.pb.h"

namespace fastchat::core {

class Ports {
 public:
  virtual ~Ports() = default;

  // ---- the link. A connect() closes the link before it; on_frame, on_link_up and on_link_down speak of the latest
  // connect() only.
  virtual void connect(const Endpoint& to) = 0;
  virtual void close() = 0;  // what was sent just before may still travel (a short linger is enough)
  virtual void send(Bytes&& frame) = 0;
  virtual void logged_in(const LoggedIn& in) = 0;  // may answer with Engine::end() when the blob does not open
  virtual void signed_up() = 0;
  // The broker made the change. `devices`: how many others have to log in with the new password.
  virtual void password_changed(uint64_t /*devices*/) {}
  virtual void link_changed(LinkState state, const LinkStatus& status) = 0;
  // The smoothed time that the worker takes to answer. Reported while live, and only when it changed noticeably.
  virtual void latency_changed(int64_t /*ms*/) {}

  // ---- the outbox
  // The envelope of `ref` from disk; nullopt when it is gone (the message then fails with kInternal).
  virtual std::optional<Bytes> load_envelope(uint64_t ref) = 0;
  virtual void receipt(const Receipt& receipt) = 0;

  // ---- the inbox
  // Verify, decrypt, then Engine::on_opened(arrival). `envelope` lives until this call returns. `kind`: what the worker
  // says that it was sent to.
  virtual void open_envelope(uint64_t arrival, ByteView envelope, v1::DeliveryKind kind) = 0;
  // The hash on disk under this identity; nullopt when it never arrived.
  virtual std::optional<Bytes> find_mark(const MessageKey& key) = 0;
  virtual StreamMark load_stream(const Bytes& from_fpr, const Bytes& stream) = 0;
  // Put it on disk, then Engine::on_written(id); writes complete in order.
  virtual void write(PendingWrite&& write) = 0;
  // The arrival needs no write: a duplicate. The owner may forget it.
  virtual void discard(uint64_t arrival) = 0;
  // The write with this step is on disk: put the step before the person.
  virtual void show(const Bytes& from_fpr, const Bytes& stream, const DisplayStep& show) = 0;

  // A signal came: of this moment, or it says nothing. Nothing is acknowledged.
  virtual void signal(ByteView /*envelope*/) {}

  // ---- requests
  virtual void reply(uint64_t request, const Result<v1::ServerFrame*>& answer) = 0;
  virtual void vault_changed(uint64_t version) = 0;  // another device of this user stored a new one
  // A device of this user came or went. A hint: it may be lost.
  virtual void devices_changed() {}
  // A group of this user's has another epoch, lost a member, or is gone. A hint: it may be lost.
  virtual void group_changed(const Bytes& /*group_id*/, uint64_t /*epoch*/) {}

  virtual uint64_t random() = 0;  // jitter only
};

}  // namespace fastchat::core
