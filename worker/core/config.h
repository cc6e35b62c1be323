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

  int64_t ack_patience = 2'000'000;       // timeout of an acknowledgement; then the delivery goes to the queue
  int64_t session_silence = 45'000'000;   // timeout of a silent session; then the session ends
  int64_t blocked_patience = 30'000'000;  // timeout of a socket that takes nothing; then its session ends
  int64_t broker_silence = 2'000'000;     // timeout of a silent broker; then the directory is not trusted
  int64_t beat_every = 500'000;           // heartbeats to brokers and peers
  int64_t sweep_every = 5'000'000;
  int64_t reap_every = 30'000'000;
  int64_t retry_store = 1'000'000;
  int64_t probe_every = 3'000'000;     // between two probes whether the database takes writes
  int64_t probe_patience = 4'000'000;  // timeout of a probe; then the database counts as taking no writes
  uint32_t window = 1024;              // told to clients
  size_t max_unacked = 1024;           // deliveries
  uint64_t max_unacked_bytes = 8 << 20;
  uint32_t drain_limit = 256;  // rows asked at a time
  // Rate of queued messages that one user gets, all devices together: drain_burst at once, then one per drain_every. A
  // client opens fewer in the same time.
  int64_t drain_burst = 5'000;
  int64_t drain_every = 500;  // us
  // Bytes of messages in hand, of all senders. A sender may have a third of the free bytes, so one alone gets a
  // quarter, and the next sender still gets a third of the rest.
  uint64_t max_pending_bytes = 256 << 20;
  uint64_t pending_share = 3;
  // Requests without an answer of one session, except those about files. A request counts once, and once more for each
  // request_unit bytes that it carries.
  uint32_t max_requests = 32;
  uint64_t request_unit = 64 << 10;
  // Rate of requests of one user, except those about files: request_burst at once, then one per request_every.
  int64_t request_burst = 500;
  int64_t request_every = 10'000;  // us
  // Rate of refusals of one user for asking too much: refusal_burst at once, then one per refusal_every. A session
  // beyond the rate ends; no client of ours comes near.
  int64_t refusal_burst = 500;
  int64_t refusal_every = 5'000;        // us
  size_t max_store_requests = 4;        // of a lane, at the store at a time; the others wait in line here
  size_t store_requests_a_session = 2;  // of these, of one session
  // The store serves no request of a session while its connection holds more unsent bytes than this. The limit for
  // files is higher, because chunks keep a longer link busy.
  uint64_t max_link_bytes = 2 << 20;
  uint64_t max_file_link_bytes = 4 << 20;
  uint64_t max_backlog_bytes = 2 << 20;  // frames that the socket does not take; beyond it the session ends
  size_t max_insert_rows = 512;          // messages of a commit
  size_t max_insert_targets = 16'384;    // devices of a commit, over all its messages; one message may have more
  size_t max_names = 1024;               // of a look-up
  size_t max_lookup_groups = 256;        // of a look-up
  // Time for which get_users may report a user as absent without a new look-up. A message is refused only by a look-up
  // that was asked after the message came.
  int64_t absent_life = 1'000'000;  // us
  // The bus may lose the news that a user's contacts changed. Facts older than contact_refresh are looked up while they
  // are used, those older than contact_life before. When such a look-up is not answered, the fact that a recipient is
  // open to a sender is used up to contact_life_away: only the database changes facts.
  int64_t contact_refresh = 10'000'000;        // us
  int64_t contact_life = 600'000'000;          // us
  int64_t contact_life_away = 86'400'000'000;  // us
  size_t max_group_members = 128;              // at most wire::kMaxGroupMembers
  uint64_t max_groups_made = 1'000;            // by one user, deleted ones included
  // States of groups are kept for ever, so they have a budget (GroupBudget in store.h).
  uint64_t group_epochs_a_day = 200;                // made by one user
  uint64_t max_group_bytes = 256 << 20;             // of states that one user made
  uint64_t group_bytes_of_all = uint64_t{8} << 30;  // of all states; 0: no limit
  uint64_t max_vault_bytes = 32 << 20;              // head and parts of one user's vault
  size_t flush_bytes = 128 << 10;                   // of one frame
  size_t bus_flush_bytes = 1 << 20;

  // The least number of sessions above its share that a worker keeps. A session younger than level_age stays.
  size_t level_margin = 4;
  int64_t level_age = 10'000'000;   // us
  int64_t leave_after = 5'000'000;  // us that a client has to leave after SHUTTING_DOWN

  int64_t signal_every = 2'000'000;  // us between signals of a session; signal_burst at once, more are dropped
  int64_t signal_burst = 6;

  uint64_t max_file_bytes = 100 << 20;     // plaintext of one file
  uint64_t file_bytes_in_hand = 32 << 20;  // chunks at the store or on their way there, of all sessions
  uint64_t file_share = 2;                 // a user has at most 1/file_share of the free bytes; alone, a third of all
  unsigned max_file_requests = 64;         // without an answer, of one session
  size_t max_file_uploads = 16;            // open in one session
  size_t file_chunks_a_commit = 16;
  // A chunk waits for file_batch_wait, or until file_chunks_worth chunks wait, so that they are stored together: a
  // client has more under way by then. The first file_chunks_worth chunks of a file (a picture has no more) and the
  // last one do not wait.
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
  // Refusals because of a bound: too many open requests of a session, requests of a user in a short time, bytes of a
  // sender, a full link. Then sessions ended because they did not read.
  uint64_t requests_busy = 0, requests_fast = 0, shares_busy = 0, links_busy = 0, backlogs_ended = 0;
  uint64_t handed_over = 0;  // sessions, to other workers
  // Messages that the recipient takes nothing from, messages of strangers over a bound, tries of cards over the rate.
  uint64_t sends_refused = 0, strangers_full = 0, cards_throttled = 0;
  uint64_t vaults_full = 0;  // vaults or parts refused because of max_vault_bytes
};

}  // namespace fastchat::worker
