// The worker without its sockets: every decision it takes. Events go in with the time they happened at (monotonic
// microseconds), actions come out through Ports. One thread; never blocks; never throws on peer data.
//
// A turn of the owner's loop: any number of on_...() calls, then tick(), then flush().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/wire.h"
#include "worker/core/delivery.h"
#include "worker/core/draining.h"
#include "worker/core/files.h"
#include "worker/core/group_requests.h"
#include "worker/core/intake.h"
#include "worker/core/levelling.h"
#include "worker/core/outbound.h"
#include "worker/core/requests.h"
#include "worker/core/signals.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class Engine {
 public:
  Engine(EngineConfig config, Ports& ports);

  // ---- clients. `key` is the connection's User-Id (the client's CURVE key in base64url).
  void on_client_frame(int64_t now, uint64_t rid, std::string_view key, ByteView frame);
  void on_client_gone(int64_t now, uint64_t rid);
  // For the ZAP handler: may this key begin a handshake?
  bool admits(int64_t now, std::string_view key) const { return st_.grants.admits(key, now); }

  // ---- brokers, numbered from 0 as configured
  void on_broker_frame(int64_t now, size_t broker, ByteView frame);
  // A connection to the broker's control endpoint at `asked` was refused because nobody listens: no broker runs there,
  // and a broker that starts accepts no new device for longer than a worker trusts an answer (PROTOCOL.md, section 5).
  // The directory counts the refusal as an answered heartbeat.
  void on_broker_absent(int64_t now, size_t broker, int64_t asked);

  // ---- the bus
  void on_bus_frame(int64_t now, ByteView topic_and_frame);

  // ---- the store
  void on_store_reply(int64_t now, StoreReply reply);
  void on_file_reply(int64_t now, FileReply reply);

  // The owner's own question to the store (a probe), in line with the others.
  void ask(StoreRequest request) { st_.lanes.own(std::move(request)); }

  // The loop did not run for a long time: its peers have given up waiting.
  void on_overslept(int64_t now);
  // Runs the due timers. Returns the time of the next call, in us.
  int64_t tick(int64_t now);
  // Sends what the turn produced.
  void flush(int64_t now);

  // Shutdown: no new sessions; clients are told to move on, what is in hand goes to the queue. drained() says when
  // nothing is left that would be lost.
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
  // True when the broker answered a question that was sent within the last second.
  bool broker_heard(int64_t now, size_t broker) const;
  // The cached directory is used: every broker answers, or is known not to run.
  bool directory_trusted(int64_t now) const { return st_.directory.trusted(now); }
  // Why the database does not take writes; empty when it does.
  std::string store_trouble(int64_t now) const;

 private:
  struct Broker {
    int64_t beat_at = 0;    // when the last question was sent that it answered; 0: not welcomed
    int64_t absent_at = 0;  // when it was last looked for and found not to run; 0: never
    int64_t asked_at = 0;
    uint32_t share = 0;  // of the sessions, as it last said; 0: not known
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
  Files files_;
  Levelling levelling_;
  wire::ClientFrameParser client_parser_;
  wire::BusFrameParser bus_parser_;
  std::vector<Broker> brokers_;
  enum class Phase { kServing, kLeaving, kSpilled } phase_ = Phase::kServing;
  int64_t leave_at_ = 0, beat_at_ = 0, sweep_at_ = 0, reap_at_ = 0, retry_at_ = 0;
  int lookups_under_way_ = 0, group_lookups_under_way_ = 0;
  bool reaping_ = false;
  int64_t probe_at_ = 0, probe_asked_at_ = 0;  // asked: without an answer, 0: none
  std::string store_trouble_ = "the database has not answered yet";
};

}  // namespace fastchat::worker
