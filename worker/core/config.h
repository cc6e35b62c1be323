// The engine's own data (id, name, endpoints, keys) and its limits. Times are in microseconds.
#pragma once

#include <cstdint>
#include <string>

#include "common/bytes.h"
#include "common/wire.h"

namespace fastchat::worker {

struct EngineConfig {
  uint64_t worker_id = 0;  // random, new at every start, not 0
  std::string name;
  std::string endpoint;      // told to clients
  Bytes curve_key;           // 32 bytes, public
  std::string bus_endpoint;  // told to peers
  Bytes realm;
  size_t brokers = 1;

  int64_t ack_patience = 2'000'000;       // then a delivery goes to the queue
  int64_t session_silence = 45'000'000;   // then a session ends
  int64_t blocked_patience = 30'000'000;  // a socket that takes nothing
  int64_t broker_silence = 2'000'000;     // then the directory is not trusted
  int64_t beat_every = 500'000;           // heartbeats to brokers and peers
  int64_t sweep_every = 5'000'000;
  int64_t reap_every = 30'000'000;
  int64_t retry_store = 1'000'000;
  int64_t probe_every = 3'000'000;     // whether the database takes writes
  int64_t probe_patience = 4'000'000;  // then it does not
  uint32_t window = 1024;              // told to clients
  size_t max_unacked = 1024;           // deliveries
  uint64_t max_unacked_bytes = 8 << 20;
  uint32_t drain_limit = 256;  // rows asked at a time
  // Queued messages of one user, all devices together: so many at once, then one in each drain_every. More than a
  // client opens in the same time.
  int64_t drain_burst = 5'000;
  int64_t drain_every = 500;  // us
  // Messages in hand, of all senders. A sender may have a third of what is free, so one alone gets a quarter, and a
  // third of what is free stays for whoever comes next.
  uint64_t max_pending_bytes = 256 << 20;
  uint64_t pending_share = 3;
  // Requests without an answer of one session, files apart. One that brings more than request_unit bytes counts as
  // many times as it has them.
  uint32_t max_requests = 32;
  uint64_t request_unit = 64 << 10;
  // Requests of one user over time, files apart: so many at once, then one in each request_every.
  int64_t request_burst = 500;
  int64_t request_every = 10'000;  // us
  // Refusals of one user for asking too much: so many at once, then one in each refusal_every. No client of ours
  // comes near; the session that goes on ends.
  int64_t refusal_burst = 500;
  int64_t refusal_every = 5'000;        // us
  size_t max_store_requests = 4;        // of a lane, at the store at a time; the others wait in line here
  size_t store_requests_a_session = 2;  // of those
  // A session has no answer to a request made while its connection holds more than this; chunks of files keep a
  // longer link busy.
  uint64_t max_link_bytes = 2 << 20;
  uint64_t max_file_link_bytes = 4 << 20;
  uint64_t max_backlog_bytes = 2 << 20;  // frames that the socket does not take; then the session ends
  size_t max_insert_rows = 512;          // messages of a commit
  size_t max_insert_targets = 16'384;    // devices of a commit, over all its messages; one message may have more
  size_t max_names = 1024;               // of a look-up
  size_t max_lookup_groups = 256;        // of a look-up
  // For so long a client may be told that somebody does not exist. A message is refused only by a look-up that was
  // asked after it came.
  int64_t absent_life = 1'000'000;   // us
  size_t max_group_members = 128;    // at most wire::kMaxGroupMembers
  uint64_t max_groups_made = 1'000;  // by one user, deleted ones included
  // States of groups are kept for ever, so they have a budget (GroupBudget in store.h).
  uint64_t group_epochs_a_day = 200;                // made by one user
  uint64_t max_group_bytes = 256 << 20;             // of states that one user made
  uint64_t group_bytes_of_all = uint64_t{8} << 30;  // of all states; 0: no limit
  size_t flush_bytes = 128 << 10;                   // of one frame
  size_t bus_flush_bytes = 1 << 20;

  // Sessions that a worker may have above its share, at least; a session that has just come stays for a while.
  size_t level_margin = 4;
  int64_t level_age = 10'000'000;   // us
  int64_t leave_after = 5'000'000;  // us a client has to move on when it was told so

  int64_t signal_every = 2'000'000;  // of a session; more are dropped, but for a few at once
  int64_t signal_burst = 6;

  uint64_t max_file_bytes = 100 << 20;     // plaintext of one file
  uint64_t file_bytes_in_hand = 32 << 20;  // chunks at the store or on their way there, of all sessions
  uint64_t file_share = 2;                 // a user may have so much of what is free: a half, alone a third of all
  unsigned max_file_requests = 64;         // without an answer, of one session
  size_t max_file_uploads = 16;            // open in one session
  size_t file_chunks_a_commit = 16;
  // A chunk waits so long for others to be stored with, or until there are as many: a client has more under way by
  // then. The first of a file wait for nothing (a picture has no more), nor does the last.
  int64_t file_batch_wait = 5'000;  // us
  size_t file_chunks_worth = 8;
};

struct Counters {
  uint64_t sends = 0, deliveries = 0, acks = 0, delivered = 0, queued = 0, rejected = 0;
  uint64_t group_sends = 0, group_members = 0;  // members: summed over the sends
  uint64_t inserts = 0, drained = 0, removed = 0, duplicates = 0;
  uint64_t bus_deliveries = 0, bus_nacks = 0, timeouts = 0;
  uint64_t malformed = 0, refused = 0, superseded = 0, slow = 0, store_errors = 0, oversleeps = 0;
  uint64_t devices_full = 0, shares_full = 0, conflicts = 0;
  uint64_t floods_ended = 0;
  uint64_t group_epochs_refused = 0;  // because of GroupBudget
  uint64_t store_changes = 0, probes_failed = 0, messages_expired = 0, devices_expired = 0;
  uint64_t signals = 0, signals_dropped = 0;
  uint64_t file_puts = 0, file_gets = 0, file_busy = 0;
  // Refused because of a bound: over the open requests of a session, over the bytes of a sender, a link that is full;
  // sessions ended over what they did not read.
  uint64_t requests_busy = 0, requests_fast = 0, shares_busy = 0, links_busy = 0, backlogs_ended = 0;
  uint64_t handed_over = 0;  // sessions, to other workers
};

}  // namespace fastchat::worker
