// The environment of a worker's engine in its fuzz target: three users with four devices, the memory store, a model of
// the file store, and checks of everything that the engine sends.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/support/memory_worker_store.h"
#include "tests/worker/engine_fixture.h"

namespace fastchat::fuzz {

// A device, and the newest of its links; an attach that is refused leaves the session on an older one.
struct Device {
  std::string user;
  uint64_t uid = 0, did = 0, rid = 0, epoch = 0;
  Bytes device;
  std::string key;
  uint64_t last_ref = 0;
  std::set<uint64_t> sent;  // all refs so far
};

struct Link {
  size_t device = 0;
  uint64_t last_tag = 0;
  std::set<uint64_t> asked;  // requests
};

class WorkerWorld : private test::RecordingPorts {
 public:
  static constexpr uint64_t kSelf = 11, kPeer = 22;
  static inline const Bytes kGroup{Bytes(32, 'g')};

  WorkerWorld();

  // ---- events
  void attach(Device& d, uint64_t epoch, bool signals);
  void client(Device& d, ByteView frame);
  void gone(Device& d);
  void bus(ByteView frame) { engine->on_bus_frame(now, frame); }
  void broker(ByteView frame) { engine->on_broker_frame(now, 0, frame); }
  void beat();
  // Answers the oldest request at the store; with `busy` as BUSY where that has no other effect.
  void serve(bool busy);
  void serve_file(Code code, uint64_t next);
  // 0: the socket takes everything, 1: it is full, 2: the peer is gone.
  void blocked(Device& d, size_t how);
  void turn();

  // ---- frames to send
  Bytes envelope(const Device& from, const Addressee& to, size_t padded);
  Bytes from_peer() { return "peer>"; }
  uint64_t last_tag(const Device& d) const { return d.rid == 0 ? 0 : links_.at(d.rid).last_tag; }
  // Returns a handle that went to the peer, or `other` when there is none.
  uint64_t last_pid(uint64_t other) const { return pids_.empty() ? other : pids_[other % pids_.size()]; }
  static void add_peer(v1::Peer* p);

  void check();
  // Ends every link and answers every store request; checks that nothing is in hand any more.
  void settle();

  int64_t now = 1'000'000;
  std::vector<Device> devices;
  bool receipts_of_peers = false;  // a peer may report the delivery of any message
  std::unique_ptr<worker::Engine> engine;

 private:
  worker::Sent to_client(uint64_t rid, Bytes& frame) override;
  void close_client(uint64_t rid) override { ended_.insert(rid); }
  void connect(Device& d);
  void check_traffic(Link& link, const wire::DownstreamView& t);
  void check_delivery(const Device& d, ByteView envelope) const;

  test::MemoryDb db_;
  test::MemoryWorkerStore store_{db_, 50};
  std::map<uint64_t, Link> links_;
  std::set<uint64_t> ended_;    // links that the engine ended
  std::vector<uint64_t> pids_;  // handles of deliveries that went to the peer
  std::map<Bytes, std::pair<std::string, std::string>, std::less<>> made_;  // from and to of each envelope
  uint64_t next_rid_ = 1, sends_ = 0;
};

}  // namespace fastchat::fuzz
