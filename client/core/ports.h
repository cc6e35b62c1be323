// The core's only interface to its environment. The owner implements it, and so does the simulator. Calls happen inside
// the Engine's inputs, on the caller's thread. An implementation may call Engine::on_opened and on_written from inside
// open_envelope and write. All other inputs must wait until the Engine's call has returned.
#pragma once

#include "client/core/types.h"
#include "proto/client.pb.h"

namespace fastchat::core {

class Ports {
 public:
  virtual ~Ports() = default;

  // ---- the link. connect() closes the link before it. on_frame, on_link_up and on_link_down concern the latest
  // connect() only.
  virtual void connect(const Endpoint& to) = 0;
  virtual void close() = 0;  // frames sent just before may still go out (a short linger is enough)
  virtual void send(Bytes&& frame) = 0;
  virtual void logged_in(const LoggedIn& in) = 0;  // may call Engine::end() when the blob does not open
  virtual void signed_up() {}
  // Reports that the broker changed the password. `devices`: the number of others that must log in with the new
  // password.
  virtual void password_changed(uint64_t /*devices*/) {}
  // Reports that the broker deleted the account. The link ends.
  virtual void account_deleted() {}
  virtual void link_changed(LinkState state, const LinkStatus& status) = 0;
  // Reports the smoothed answer time of the worker, while live and only after a noticeable change.
  virtual void latency_changed(int64_t /*ms*/) {}

  // ---- the outbox
  // Returns the envelope of `ref` from disk; nullopt when it is gone (the message then fails with kInternal).
  virtual std::optional<Bytes> load_envelope(uint64_t ref) = 0;
  virtual void receipt(const Receipt& receipt) = 0;

  // ---- the inbox
  // Verifies and decrypts the envelope, then calls Engine::on_opened(arrival). `envelope` is valid until this call
  // returns. `kind`: the kind of recipient, as the worker reports it.
  virtual void open_envelope(uint64_t arrival, ByteView envelope, v1::DeliveryKind kind) = 0;
  // Returns the hash on disk under this identity; nullopt when the message never arrived.
  virtual std::optional<Bytes> find_mark(const MessageKey& key) = 0;
  virtual StreamMark load_stream(const Bytes& from_fpr, const Bytes& stream) = 0;
  // Puts the write on disk, then calls Engine::on_written(id). Writes complete in order.
  virtual void write(PendingWrite&& write) = 0;
  // Reports that the arrival is a duplicate and needs no write. The owner may forget it.
  virtual void discard(uint64_t arrival) = 0;
  // Shows the step to the person. The write with this step is on disk.
  virtual void show(const Bytes& from_fpr, const Bytes& stream, const DisplayStep& show) = 0;

  // Takes a signal, which counts at this moment only. Signals are not acknowledged.
  virtual void signal(ByteView /*envelope*/) {}

  // ---- requests
  virtual void reply(uint64_t request, const Result<v1::ServerFrame*>& answer) = 0;
  virtual void vault_changed(uint64_t version) = 0;  // another device of this user stored a new vault
  // Reports that a device of this user was added or removed. A hint: it may be lost.
  virtual void devices_changed() {}
  // Reports that the server's copy of the contacts changed by a card or another device. A hint: it may be lost.
  virtual void contacts_changed() {}
  // Reports that a group of this user has another epoch, lost a member or is gone. A hint: it may be lost.
  virtual void group_changed(const Bytes& /*group_id*/, uint64_t /*epoch*/) {}

  virtual uint64_t random() = 0;  // jitter only
};

}  // namespace fastchat::core
