// The network: connections in the manner of ZeroMQ over TCP (ordered, reliable until cut, full when the other side does
// not read) and the bus (PUB/SUB: in order, lossy). Each end notices a cut in its own time or only by timeouts. A stall
// delays and loses nothing. Frames are bytes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/core/types.h"
#include "common/bytes.h"
#include "tests/sim/process.h"

namespace fastchat::sim {

enum class LinkKind { kClient, kControl };

struct Conn;
using ConnPtr = std::shared_ptr<Conn>;

// An end of a connection: a process's reactions to its events. All are called from the process's turns.
class Peer {
 public:
  virtual ~Peer() = default;
  // Returns whether the listener accepts this peer (ZAP).
  virtual bool on_accept(const ConnPtr&) { return true; }
  virtual void on_up(const ConnPtr&) {}
  virtual void on_frame(const ConnPtr& conn, const Bytes& frame) = 0;
  virtual void on_down(const ConnPtr& conn, core::LinkLoss loss) = 0;
};

enum class Side : uint8_t { kDialer, kListener };
inline Side other(Side s) {
  return s == Side::kDialer ? Side::kListener : Side::kDialer;
}

struct Conn {
  enum class End : uint8_t { kOpening, kUp, kClosed };
  struct Half {
    Process* process = nullptr;
    Peer* peer = nullptr;
    uint64_t life = 0;
    End state = End::kOpening;
    size_t unread = 0;         // frames sent from here that the other end has not taken
    int64_t last_arrival = 0;  // of these frames
  };
  uint64_t rid = 0;
  LinkKind kind = LinkKind::kClient;
  Bytes key;  // the dialer's CURVE key
  std::array<Half, 2> half;
  int64_t stalled_until = 0;
  bool cut = false;

  Half& at(Side s) { return half[static_cast<size_t>(s)]; }
  const Half& at(Side s) const { return half[static_cast<size_t>(s)]; }
  // Returns true when nothing can travel on the connection any more, even if no end has noticed.
  bool broken() const {
    const Half& l = at(Side::kListener);
    const bool gone =
        l.process != nullptr && (l.state == End::kClosed || !l.process->alive() || l.process->life() != l.life);
    return cut || gone;
  }
};

enum class Wire { kSent, kFull, kGone };

class Network {
 public:
  Network(World& world, Knobs& knobs) : world_(world), knobs_(knobs) {}

  void listen(const std::string& address, Process& process, Peer& peer) { listeners_[address] = {&process, &peer}; }
  ConnPtr dial(Process& process, Peer& peer, LinkKind kind, const std::string& address, Bytes key);
  // `most`: the number of frames that may be unread; 0: any number.
  Wire send(const ConnPtr& conn, Side from, Bytes frame, size_t most);
  // Closes one end. Frames sent before still travel; the other end is told.
  void close(const ConnPtr& conn, Side side);
  // Calls `refused` when no process listens there; draws no chance.
  void knock(Process& process, const std::string& address, std::function<void()> refused);
  void cut(const ConnPtr& conn);
  // Breaks every connection of a process that died.
  void process_died(const Process& process);

  // ---- the bus
  void listen_bus(const std::string& endpoint, Process& process) { publishers_[endpoint] = &process; }
  void subscribe(Process& process, uint64_t worker_id, const std::string& endpoint,
                 std::function<void(const Bytes&)> receive);
  void unsubscribe(const Process& process, const std::string& endpoint);
  void publish(const Process& from, const std::string& endpoint, const Bytes& topic_and_frame);

  // ---- faults
  ConnPtr any_conn(LinkKind kind);
  void stall(const ConnPtr& conn, int64_t us) { conn->stalled_until = world_.now() + us; }
  // Cuts the bus from one process to another for `us`. Frames sent meanwhile are lost (`loses`), or arrive at the end.
  void partition(const Process& from, const Process& to, int64_t us, bool loses);
  void break_bus(const Process& subscriber);
  // Ends all faults: cuts are noticed soon (except those that only timeouts detect), partitions end.
  void heal();

  int64_t latency() { return knobs_.latency + world_.rng.between(0, knobs_.jitter); }

 private:
  struct Listener {
    Process* process = nullptr;
    Peer* peer = nullptr;
  };
  struct Pipe {  // a subscriber's link to one publisher
    Process* subscriber = nullptr;
    uint64_t life = 0, worker_id = 0;
    std::string endpoint;
    std::function<void(const Bytes&)> receive;
    bool up = false, ended = false;
    uint64_t publisher_life = 0, generation = 0;
    size_t unread = 0;
    int64_t last_arrival = 0;
  };
  struct Partition {
    int64_t until = 0;
    bool loses = true;
  };
  void arrive(const ConnPtr& conn, const std::string& address);
  void tell_down(const ConnPtr& conn, Side side, core::LinkLoss loss, int64_t delay);
  int64_t notice_after();
  void connect_pipe(const std::shared_ptr<Pipe>& pipe);
  void forget_closed();

  World& world_;
  Knobs& knobs_;
  uint64_t last_rid_ = 0;
  bool healed_ = false;
  std::map<std::string, Listener> listeners_;
  std::vector<ConnPtr> conns_;
  std::map<std::string, Process*> publishers_;
  std::vector<std::shared_ptr<Pipe>> pipes_;
  std::map<std::pair<const Process*, const Process*>, Partition> partitions_;
};

}  // namespace fastchat::sim
