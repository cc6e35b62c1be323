// Records which other worker holds which device, as far as this worker was told, and which workers are up. A hint by
// design: a worker that is asked to deliver to a device that it does not hold answers NACK, and the message goes to the
// queue. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proto/bus.pb.h"
#include "proto/control.pb.h"

namespace fastchat::worker {

class Presence {
 public:
  explicit Presence(uint64_t self) : self_(self) {}

  // ---- our own sessions
  void went_up(uint64_t did, uint64_t epoch);
  void went_down(uint64_t did);
  // Takes the changes to send to all peers; returns false when nothing changed since the last call.
  bool take_changes(v1::Presence* out);
  uint64_t number() const { return number_; }

  // ---- the peers
  struct Changes {
    std::vector<std::string> connect, disconnect;  // bus endpoints
    std::vector<uint64_t> lost;                    // worker_ids
  };
  // Takes the list of live workers of one broker. Drops a peer that no broker lists and that is not heard.
  Changes set_peers(size_t broker, const google::protobuf::RepeatedPtrField<v1::Peer>& peers, int64_t now);
  void forget_broker(size_t broker);
  Changes drop_unlisted(int64_t now);
  // Return true when a snapshot has to be asked of the sender (first contact, or a gap).
  bool on_beat(uint64_t from, const v1::BusBeat& beat, int64_t now);
  bool on_presence(uint64_t from, const v1::Presence& p, int64_t now);
  void on_snapshot(uint64_t from, const v1::Snapshot& s, int64_t now);
  void heard(uint64_t from, int64_t now);
  // Returns the peers that fell silent since the last call: deliveries sent to them are to be queued.
  std::vector<uint64_t> fell_silent(int64_t now);
  // Returns true when a peer came back or is new since the last call.
  bool take_link_came_up() { return std::exchange(link_came_up_, false); }

  // Returns the worker that holds `did` and is up, or 0.
  uint64_t holder(uint64_t did, int64_t now) const;
  bool online(uint64_t did) const { return where_.contains(did); }
  bool up(uint64_t worker, int64_t now) const;
  // Returns the worker's version of the control protocol and the bus, as a broker reports it; 1 while none does.
  uint32_t version(uint64_t worker) const;
  // Returns the peers of this version or a later one.
  std::vector<uint64_t> workers_of(uint32_t version) const;
  std::vector<uint64_t> hears(int64_t now) const;
  size_t peers() const { return peers_.size(); }
  size_t peers_up(int64_t now) const;
  void clear();

 private:
  static constexpr int64_t kSilence = 2'000'000;  // us
  struct Peer {
    std::string endpoint, name;
    std::vector<size_t> listed_by;  // brokers
    uint32_t version = 1;
    uint64_t number = 0;
    bool synced = false, hears_us = false, was_up = false;
    int64_t heard_at = 0, asked_at = 0;
  };
  struct Place {
    uint64_t worker = 0, epoch = 0;
  };
  bool ask(Peer& p, int64_t now);
  void put(uint64_t worker, uint64_t did, uint64_t epoch);
  void forget_devices_of(uint64_t worker);

  uint64_t self_;
  uint64_t number_ = 0;
  bool link_came_up_ = false;
  v1::Presence changes_;
  std::unordered_map<uint64_t, Peer> peers_;
  std::unordered_map<uint64_t, Place> where_;
};

}  // namespace fastchat::worker
