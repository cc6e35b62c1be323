// The client's core: the link, the outbox, the inbox and the requests behind one set of inputs. Pure: no socket,
// thread, clock, file or key. Time is an argument, and every effect goes through Ports. The owner's loop passes in the
// events and calls tick() once a turn, which sends everything the turn produced in one frame. Every input is
// idempotent: a stale arrival, write or receipt is ignored.
//
// The owner has three duties. An outgoing message is on disk before submit(). on_written() is called only after a
// synced commit. Frames and link events come from the latest Ports::connect() only.
#pragma once

#include "client/core/config.h"
#include "client/core/inbox.h"
#include "client/core/link.h"
#include "client/core/outbox.h"
#include "client/core/ports.h"
#include "client/core/requests.h"
#include "common/wire.h"

namespace fastchat::core {

class Engine {
 public:
  // `ports` outlives the engine.
  Engine(Config config, Ports& ports);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Restores the data on disk, before start(): open messages in the order of ref, and the streams with held messages.
  void restore_outgoing(Outgoing message);
  // `held_since`: the time when the first message was held back, on the clock of start(). An earlier run's time may be
  // negative.
  void restore_stream(const Bytes& from_fpr, const Bytes& stream, int64_t held_since, bool begins_anywhere = false) {
    inbox_.restore(from_fpr, stream, held_since, begins_anywhere);
  }
  // Sets the time until which this device counts as new (core/inbox.h). Call before restore_stream().
  void new_device_until(int64_t until) { inbox_.new_device_until(until); }

  void start(int64_t now, Credentials credentials);
  // Sends the change that Credentials::changes_password announced; the caller has it on disk.
  void change_password(int64_t now, PasswordChange change) { link_.change_password(now, std::move(change)); }
  // Asks for the end of the account, which Credentials::deletes_account announced; the caller has that on disk.
  void delete_account(int64_t now) { link_.delete_account(now); }
  // Holds this login at the broker for parts of the vault. Call inside Ports::logged_in(). Once the link is in
  // kFetchingVault, get_parts() asks for parts, and parts_done() lets the link go on.
  void await_parts() { link_.await_parts(); }
  void get_parts(int64_t now, std::vector<Bytes> hashes) { link_.get_parts(now, std::move(hashes)); }
  void parts_done(int64_t now);
  // Gives the link up and begins again at a broker.
  void again(int64_t now, Code code, std::string text);
  // Says whether the client wants signals. When the worker gives this session none, the next tick() begins again at a
  // broker.
  void want_signals(bool wanted) { config_.signals = wanted; }
  // Ends the session for good: acknowledges the written messages and sends bye. The state is ENDED with this code and
  // text.
  void end(int64_t now, Code code, std::string text);

  void on_link_up(int64_t now) { link_.up(now); }  // the CURVE handshake completed
  void on_link_down(int64_t now, LinkLoss loss);
  void on_frame(int64_t now, ByteView frame);
  // Returns the data of the chunk that Ports::reply() is called for, in the frame that brought the chunk.
  ByteView chunk_data() const { return chunk_data_; }

  // Queues a sealed message that is already on disk.
  void submit(Outgoing&& message) { outbox_.submit(std::move(message)); }
  // Registers a stored, already acknowledged envelope; returns the arrival number for on_opened().
  uint64_t adopt_stored() { return inbox_.adopt_stored(); }
  void on_opened(int64_t now, uint64_t arrival, OpenResult&& opened) {
    inbox_.on_opened(now, arrival, std::move(opened));
  }
  // Returns the hash under this identity, on disk or in a pending write; nullopt when the message never arrived.
  std::optional<Bytes> mark(const MessageKey& key) { return inbox_.mark(key); }
  void on_written(uint64_t write_id) { inbox_.on_written(write_id); }
  // Handles a failed write: acknowledges no pending write, gives up the session and retries.
  void on_write_failed(int64_t now, std::string text);
  void on_receipt_written(uint64_t stored_id) { receipt_acks_.push_back(stored_id); }
  // Sends the signal with this turn while the session is live; drops it otherwise.
  void signal(Signal&& signal);
  // Sends a request of PROTOCOL.md section 4 (get_users, put_vault, put_chunk ...) and returns its number.
  // Ports::reply() reports the answer under this number. `timeout_ms`: 0 means Config::answer_timeout_ms.
  uint64_t request(int64_t now, v1::ClientFrame frame, int64_t timeout_ms = 0) {
    return requests_.add(now, std::move(frame), timeout_ms);
  }
  // The two steps of a request whose whole frame is serialised elsewhere (Requests::reserve).
  uint64_t reserve_request() { return requests_.reserve(); }
  void request(int64_t now, uint64_t reserved, Bytes&& frame, int64_t timeout_ms) {
    requests_.add(now, reserved, std::move(frame), timeout_ms);
  }

  // Runs the timers, then sends what is due in one frame, or in several full ones. Call once a turn of the loop, and at
  // the time returned.
  int64_t tick(int64_t now);

  LinkState state() const { return link_.state(); }
  uint32_t worker_version() const { return link_.worker_version(); }  // of the protocol, valid while attached
  size_t open_messages() const { return outbox_.open(); }
  size_t unaccepted() const { return outbox_.unaccepted(); }
  size_t in_flight() const { return outbox_.in_flight(); }
  size_t unwritten() const { return inbox_.unwritten(); }

 private:
  void follow_link();
  void on_traffic(int64_t now, const wire::DownstreamView& traffic);
  void on_cold(int64_t now, uint64_t request, v1::ServerFrame& frame);
  enum class Flush : uint8_t { kAll, kAcksOnly };
  void flush(int64_t now, Flush what);

  Config config_;  // only want_signals() changes it
  Ports& ports_;
  Link link_;
  Outbox outbox_;
  Inbox inbox_;
  Requests requests_;
  wire::ServerFrameParser parser_;
  ByteView chunk_data_;
  bool attached_ = false;  // state that the parts last saw; follow_link() compares it with the link
  std::vector<uint64_t> receipt_acks_;
  std::vector<Signal> signals_;
  uint64_t query_ = 0;  // number of the open query, 0 when none
  uint64_t next_query_ = uint64_t{1} << 62;
};

}  // namespace fastchat::core
