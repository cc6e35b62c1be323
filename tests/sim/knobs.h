// The parameters of one schedule, all drawn from its seed: the size of the cluster, the limits, and the frequency of
// each fault. Sabotage breaks one rule on purpose, to prove that the simulator notices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/sim/rng.h"

namespace fastchat::sim {

enum class Sabotage {
  kNone,
  kStoreForgets,     // an insert is answered OK and not stored
  kAckBeforeDisk,    // a client acknowledges messages that are not on its disk
  kNoDedup,          // a client forgets the messages that it has shown
  kEarlyDelivered,   // a worker reports delivered for a queued message
  kQueueKeeps,       // acknowledged rows stay in the queue
  kNoSweep,          // a sweep finds nothing
  kForgetsReceipts,  // receipts of queued messages are lost
  kReadmits,         // the password lets a removed device in again
  // Of groups; their schedules are those of seeds from kFirstGroupSeed on.
  kIgnoresEpoch,    // a message to a group goes to its present members
  kForgetsMember,   // one member of each group is not looked up
  kMissesLeaving,   // a worker gets no notice that a member left
  kCountsTooEarly,  // a receipt names no waiting member
  // Of copies; their schedules are those of seeds from kFirstCopySeed on.
  kFollowsCopies,  // a client goes on with the streams of a copy that was put back
  // Of floods; seeds from kFirstFloodSeed on.
  kFirstComeFirstServed,  // all requests go to the store in the order of arrival
  // Of databases that lose the last commits; from kFirstLossSeed on.
  kSameGeneration,  // no program notices, and numbers are given again
  // Of changes of passwords; from kFirstPasswordSeed on.
  kKeepsPassword,  // a change changes no password
  kKeepsSecrets,   // the other devices log in as before
  kKeepsSessions,  // the other devices' sessions go on
  // Of contacts; from kFirstContactSeed on.
  kTakesEverybody,  // a worker lets everybody through, whatever the database says
  kTellsAll,        // the receipts of strangers' messages are not held back
  // Of the log of keys; from kFirstLogSeed on.
  kLeavesOut,  // the brokers append no leaf
  kCutsLog,    // a worker sometimes shows an older head
  // Of whole sessions; from kFirstSessionSeed on.
  kFilesVanish,         // the bytes of files are not kept
  kDiskForgets,         // a client that is killed loses its last commits
  kForgetsAnnotations,  // a client that is killed loses the edits, deletions and reactions that it has
  // Of their passwords, keys and deaths; from kFirstTroubledSeed on.
  kKeepsIdentity,     // a change of the password leaves the keys of the account under the old one
  kForgetsChange,     // a client that is killed forgets the change of the password that it sent
  kTakesAnyKey,       // a client takes any key that the server shows
  kLeavesBeforeDisk,  // a client sends data that is not on its disk yet
  kAnswersDelivered,  // a worker says delivered of messages that the database lost
  // Of their new keys; from kFirstRekeySeed on.
  kForgetsRekeys,  // a new key is stored without the signature of the one before
  // Of contacts in whole sessions; from kFirstJudgingSeed on.
  kForgetsBlocks,  // a worker does not store that somebody is blocked
};
// Seeds from here on have groups. Lower seeds draw the same numbers as before groups were added.
inline constexpr uint64_t kFirstGroupSeed = 200'000;
// Seeds from here up to kFirstFloodSeed have disks of clients that are copied and put back, too.
inline constexpr uint64_t kFirstCopySeed = 300'000;
// Seeds from here up to kFirstLossSeed have a client that floods its worker with requests.
inline constexpr uint64_t kFirstFloodSeed = 400'000;
// Seeds from here up to kFirstPasswordSeed have databases that go back to an earlier state.
inline constexpr uint64_t kFirstLossSeed = 500'000;
// Seeds from here up to kFirstContactSeed have people who change their passwords.
inline constexpr uint64_t kFirstPasswordSeed = 600'000;
// Seeds from here up to kFirstLogSeed have policies for strangers, and people who accept and block each other.
inline constexpr uint64_t kFirstContactSeed = 650'000;
// Seeds from here up to kFirstSessionSeed have clients that follow the log of keys, while other people sign up, change
// their keys and delete their accounts.
inline constexpr uint64_t kFirstLogSeed = 690'000;
// Seeds from here on have whole sessions as clients, and files (session_schedule.h).
inline constexpr uint64_t kFirstSessionSeed = 700'000;
// Seeds from here up to kFirstRekeySeed have sessions whose passwords change, that are shown other keys, that die in
// the middle of a step on their disk, and whose database goes back.
inline constexpr uint64_t kFirstTroubledSeed = 800'000;
// Seeds from here up to kFirstJudgingSeed have sessions whose people change their keys, which the key before signs, and
// their passwords.
inline constexpr uint64_t kFirstRekeySeed = 900'000;
// Seeds from here on have sessions whose people ask strangers, accept, block and unblock, on several devices.
inline constexpr uint64_t kFirstJudgingSeed = 950'000;
std::optional<Sabotage> sabotage_named(std::string_view name);

enum class Fault {
  kLinkBreak,
  kControlBreak,
  kStall,
  kBusPartition,
  kBusBreak,
  kWorkerCrash,
  kWorkerDrain,
  kBrokerCrash,
  kClientCrash,
  kFreeze,
  kStoreOutage,
  kStoreSlow,
  kDiskFailure,
  kNewDevice,
  kRemoveDevice,
  kLogout,
  kLostTail,  // a standby without the last commits takes over
  kRestored,  // a backup is put back
  kCount,
};
const char* name(Fault fault);

struct Knobs {
  int brokers = 1, workers = 1, users = 2, more_devices = 0;
  int64_t duration = 0;  // us of work and faults
  int messages = 0;

  int64_t latency = 0, jitter = 0;        // us, one way
  int64_t turn = 0;                       // us until a process handles its events
  int64_t store_low = 0, store_high = 0;  // us of a store request
  int64_t disk = 0;                       // us of a client's commit at most; 0: at once
  bool open_later = false;                // envelopes are opened later, after the engine's call has returned
  bool keeps_control_frames = false;      // a DEALER queues while its broker is away
  bool same_bus_endpoint = true;          // a restarted worker listens at the same endpoint

  bool faulty = false;
  bool on[static_cast<size_t>(Fault::kCount)] = {};
  int64_t fault_every = 0;  // us on average
  int bus_loss = 0;         // permille of the frames
  size_t bus_hwm = 10'000, client_hwm = 64, control_hwm = 1'000;
  int store_busy = 0, store_doubt = 0;  // permille of the requests
  int64_t max_freeze = 0;

  uint32_t window = 1024, drain_limit = 256, max_unacked = 1024;
  uint64_t quota_rows = 100'000;
  bool tight_quota = false;
  int groups = 0, group_changes = 0;
  int copies = 0;                      // disks of clients that are copied and later put back
  int floods = 0, flood_requests = 0;  // number of floods, requests at once
  int password_changes = 0;
  bool rekeys = false;  // some changes of the password change the user's key, too
  int contact_changes = 0;
  int strangers = 1;   // the brokers' policy for new users, a v1::Strangers
  int judgements = 0;  // decisions of people in whole sessions about somebody who never writes
  int log_reads = 0;   // times that a client asks for a head of the log of keys; as often it grows
  bool files = false;
  int false_keys = 0;   // times that the server shows another key for a name
  int disk_deaths = 0;  // times that a client's machine dies in a step on its disk
  Sabotage sabotage = Sabotage::kNone;

  bool goes_back() const { return has(Fault::kLostTail) || has(Fault::kRestored); }
  bool has(Fault f) const { return on[static_cast<size_t>(f)]; }
  std::string describe() const;
};

Knobs draw_knobs(uint64_t seed, Rng& rng);

}  // namespace fastchat::sim
