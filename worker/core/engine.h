// The worker without its sockets: all of its decisions. Events go in with their time (monotonic microseconds), actions
// come out through Ports. One thread; never blocks; never throws on peer data.
//
// A turn of the owner's loop: any number of on_...() calls, then tick(), then flush().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/wire.h"
#include "worker/core/contacts.h"
#include "worker/core/delivery.h"
#include "worker/core/draining.h"
#include "worker/core/files.h"
#include "worker/core/group_requests.h"
#include "worker/core/intake.h"
#include "worker/core/key_log.h"
#include "worker/core/levelling.h"
#include "worker/core/outbound.h"
#include "worker/core/requests.h"
#include "worker/core/signals.h"
#include "worker/core/state.h"
#include "worker/core/vaults.h"

namespace fastchat::worker {

class Engine {
 public:
  Engine(EngineConfig config, Ports& ports);

  // ---- clients. `key` is the connection's User-Id (the client's CURVE key in base64url).
  void on_client_frame(int64_t now, uint64_t rid, std::string_view key, ByteView frame);
  void on_client_gone(int64_t now, uint64_t rid);
  // Returns true when this key may begin a handshake; for the ZAP handler.
  bool admits(int64_t now, std::string_view key) const { return st_.grants.admits(key, now); }

  // ---- brokers, numbered from 0 as configured
  void on_broker_frame(int64_t now, size_t broker, ByteView frame);
  // Handles a connection to the broker's control endpoint at `asked` that was refused because nobody listens: no broker
  // runs there. A broker that starts accepts no new device for longer than a worker trusts an answer (PROTOCOL.md,
  // section 5), so the directory counts the refusal as an answered heartbeat.
  void on_broker_absent(int64_t now, size_t broker, int64_t asked);

  // ---- the bus
  void on_bus_frame(int64_t now, ByteView topic_and_frame);

  // ---- the store
  void on_store_reply(int64_t now, StoreReply reply);
  void on_file_reply(int64_t now, FileReply reply);

  // Sends the owner's own request to the store (a probe), in line with the others.
  void ask(StoreRequest request) { st_.lanes.own(std::move(request)); }

  // Drops all sessions after the loop did not run for a long time, because the peers have given up waiting.
  void on_overslept(int64_t now);
  // Runs the due timers. Returns the time of the next call, in us.
  int64_t tick(int64_t now);
  // Sends everything that the turn produced.
  void flush(int64_t now);

  // Begins the shutdown: takes no new sessions, sends SHUTTING_DOWN to the clients, and later queues the messages in
  // hand. drained() is true when nothing is left that would be lost.
  void begin_drain(int64_t now);
  bool drained() const;

  const Counters& counters() const { return st_.counters; }
  size_t sessions() const { return st_.sessions.size(); }
  size_t pending() const { return st_.pending.size(); }
  uint64_t pending_bytes() const { return st_.pending.bytes(); }
  size_t store_waiting() const { return st_.lanes.waiting(); }
  uint64_t file_bytes_in_hand() const { return files_.in_hand(); }
  size_t peers_up(int64_t now) const { return st_.presence.peers_up(now); }
  size_t peers() const { return st_.presence.peers(); }
  bool broker_in_contact(int64_t now) const;
  // Returns true when the broker answered a heartbeat (or registration) that was sent within the last second.
  bool broker_heard(int64_t now, size_t broker) const;
  // Returns true while the cached directory is used: every broker answers, or is known not to run.
  bool directory_trusted(int64_t now) const { return st_.directory.trusted(now); }
  // Returns the reason why the database takes no writes; empty when it takes them.
  std::string store_trouble(int64_t now) const;

 private:
  struct Broker {
    int64_t beat_at = 0;    // time when the last answered heartbeat (or registration) was sent; 0: not welcomed
    int64_t absent_at = 0;  // time of the last try that found no broker running; 0: never
    int64_t asked_at = 0;
    uint32_t share = 0;  // of the sessions, as last reported; 0: not known
  };
  void attach(uint64_t rid, const std::string& key, const v1::ClientFrame& frame);
  void end_session(Session& s);
  void end_sessions(const std::vector<SessionId>& ids);
  void supersede(uint64_t did, uint64_t epoch);
  void end_device(uint64_t did);
  void kicked(uint64_t did);
  void on_grant(size_t broker, const v1::Grant& grant);
  void on_invalidate(size_t broker, const v1::Invalidate& inv);
  void on_peers(size_t broker, const google::protobuf::RepeatedPtrField<v1::Peer>& peers);
  void apply(const Presence::Changes& changes);
  void on_bus_traffic(uint64_t from, const wire::BusTrafficView& t);
  void on_store(const InsertDone& r);
  void on_store(RemoveDone&& r);
  void on_store(Drained&& r);
  void on_store(Probed&& r);
  void on_store(const Swept& r);
  void heard_of_store(uint64_t generation);
  void probe_store();
  void reap();
  void send_heartbeats();
  void send_register(size_t broker);
  void send_bus(uint64_t to, v1::BusFrame& frame);
  void send_snapshot(uint64_t to);
  void ask_snapshot(uint64_t of);
  void answered(size_t broker, uint64_t sent_us);
  void review_trust();
  void flush_lookups();
  void on_store(StoreReply& reply);
  void retry_links();
  void take_traffic(Session& s, const wire::UpstreamView& traffic);
  void flush_bus();
  void silent_sessions();
  void level();

  State st_;
  Outbound out_;
  Intake intake_;
  Delivery delivery_;
  Signals signals_;
  Draining draining_;
  Requests requests_;
  GroupRequests groups_;
  Contacts contacts_;
  KeyLog key_log_;
  Vaults vaults_;
  Files files_;
  Levelling levelling_;
  wire::ClientFrameParser client_parser_;
  wire::BusFrameParser bus_parser_;
  std::vector<Broker> brokers_;
  enum class Phase { kServing, kLeaving, kSpilled } phase_ = Phase::kServing;
  int64_t leave_at_ = 0, beat_at_ = 0, sweep_at_ = 0, reap_at_ = 0, retry_at_ = 0;
  int lookups_under_way_ = 0, group_lookups_under_way_ = 0, standing_lookups_under_way_ = 0;
  bool reaping_ = false;
  int64_t probe_at_ = 0, probe_asked_at_ = 0;  // asked_at: of the probe without an answer, 0: none
  std::string store_trouble_ = "the database has not answered yet";
};

}  // namespace fastchat::worker
