// Everything the engine holds, shared by its parts (delivery, draining, requests, links). One thread, one owner:
// Engine.
#pragma once

#include <unordered_map>
#include <vector>

#include "common/frames.h"
#include "worker/core/config.h"
#include "worker/core/directory.h"
#include "worker/core/grants.h"
#include "worker/core/group_directory.h"
#include "worker/core/lanes.h"
#include "worker/core/pending.h"
#include "worker/core/ports.h"
#include "worker/core/presence.h"
#include "worker/core/session.h"
#include "worker/core/standings.h"
#include "worker/core/store_queue.h"

namespace fastchat::worker {

struct State {
  State(EngineConfig c, Ports& p)
      : config(std::move(c)),
        ports(p),
        directory(config.absent_life),
        presence(config.worker_id),
        lanes(config, p, sessions),
        store(config, lanes) {}

  const EngineConfig config;
  Ports& ports;
  int64_t now = 0;  // of the event being handled
  Sessions sessions;
  PendingTable pending;
  Directory directory;
  GroupDirectory groups;
  Standings standings;
  Presence presence;
  Grants grants;
  Lanes lanes;
  StoreQueue store;
  Counters counters;
  std::vector<SessionId> dirty;                        // sessions with something in `out`
  std::unordered_map<uint64_t, BusTrafficWriter> bus;  // by worker_id; 0: all
  FairQueue<std::string> ask_users;                    // look-ups to be asked at the end of the turn
  FairQueue<Bytes> ask_groups;
  FairQueue<Pair> ask_standings;
  uint64_t generation = 0;             // of the database; 0: not known
  std::vector<uint64_t> removed_mids;  // since the last Reap
  int64_t lookup_failed_at = 0;        // time of the last look-up without an answer; 0: a later one was answered

  BusTrafficWriter& bus_to(uint64_t worker) { return bus[worker]; }
};

}  // namespace fastchat::worker
