#include "tests/sim/knobs.h"

#include <array>
#include <sstream>
#include <utility>

#include "tests/sim/world.h"

namespace fastchat::sim {
namespace {

constexpr std::array<std::pair<std::string_view, Sabotage>, 32> kSabotages{{
    {"store-forgets", Sabotage::kStoreForgets},
    {"ack-before-disk", Sabotage::kAckBeforeDisk},
    {"no-dedup", Sabotage::kNoDedup},
    {"early-delivered", Sabotage::kEarlyDelivered},
    {"queue-keeps", Sabotage::kQueueKeeps},
    {"no-sweep", Sabotage::kNoSweep},
    {"forgets-receipts", Sabotage::kForgetsReceipts},
    {"readmits", Sabotage::kReadmits},
    {"ignores-epoch", Sabotage::kIgnoresEpoch},
    {"forgets-member", Sabotage::kForgetsMember},
    {"misses-leaving", Sabotage::kMissesLeaving},
    {"counts-too-early", Sabotage::kCountsTooEarly},
    {"follows-copies", Sabotage::kFollowsCopies},
    {"first-come-first-served", Sabotage::kFirstComeFirstServed},
    {"same-generation", Sabotage::kSameGeneration},
    {"keeps-password", Sabotage::kKeepsPassword},
    {"keeps-secrets", Sabotage::kKeepsSecrets},
    {"keeps-sessions", Sabotage::kKeepsSessions},
    {"takes-everybody", Sabotage::kTakesEverybody},
    {"tells-all", Sabotage::kTellsAll},
    {"leaves-out", Sabotage::kLeavesOut},
    {"cuts-log", Sabotage::kCutsLog},
    {"files-vanish", Sabotage::kFilesVanish},
    {"disk-forgets", Sabotage::kDiskForgets},
    {"forgets-annotations", Sabotage::kForgetsAnnotations},
    {"keeps-identity", Sabotage::kKeepsIdentity},
    {"forgets-change", Sabotage::kForgetsChange},
    {"takes-any-key", Sabotage::kTakesAnyKey},
    {"leaves-before-disk", Sabotage::kLeavesBeforeDisk},
    {"answers-delivered", Sabotage::kAnswersDelivered},
    {"forgets-rekeys", Sabotage::kForgetsRekeys},
    {"forgets-blocks", Sabotage::kForgetsBlocks},
}};

constexpr std::array<const char*, static_cast<size_t>(Fault::kCount)> kNames{
    "link-break",   "control-break", "stall",         "bus-partition", "bus-break",    "worker-crash",
    "worker-drain", "broker-crash",  "client-crash",  "freeze",        "store-outage", "store-slow",
    "disk-failure", "new-device",    "remove-device", "logout",        "lost-tail",    "restored",
};

// The faults that every schedule may have. The faults behind them are drawn apart.
constexpr size_t kOfAll = static_cast<size_t>(Fault::kLostTail);

void draw_faults(Rng& rng, Knobs& k) {
  k.faulty = true;
  // One schedule in four has a single kind of fault, so that each kind is seen alone. The others have about a third of
  // all kinds.
  if (rng.chance(250)) {
    k.on[rng.below(kOfAll)] = true;
  } else {
    for (size_t i = 0; i < kOfAll; ++i) k.on[i] = rng.chance(300);
  }
  k.fault_every = rng.between(300, 4'000) * kMs;
  k.max_freeze = rng.chance(300) ? 60 * kSecond : rng.between(200, 12'000) * kMs;
  if (rng.chance(300)) k.bus_loss = static_cast<int>(rng.between(1, 150));
  if (rng.chance(150)) k.bus_hwm = rng.below(20) + 1;
  if (rng.chance(200)) k.client_hwm = rng.below(6) + 1;
  if (rng.chance(150)) k.control_hwm = rng.below(8) + 1;
  if (rng.chance(250)) k.store_busy = static_cast<int>(rng.between(5, 200));
  if (rng.chance(250)) k.store_doubt = static_cast<int>(rng.between(5, 300));
  if (rng.chance(120)) {
    k.tight_quota = true;
    k.quota_rows = rng.below(20) + 2;
  }
}

// Draws for whole sessions, whose keys are real: few users and actions, so that a schedule takes a second.
void draw_sessions(Rng& rng, Knobs& k) {
  k.workers = static_cast<int>(rng.between(1, 3));
  k.users = static_cast<int>(rng.between(2, 4));
  k.more_devices = static_cast<int>(rng.between(0, 4));
  k.duration = rng.between(8, 60) * kSecond;
  k.messages = static_cast<int>(rng.between(20, 100));
  k.groups = rng.chance(700) ? static_cast<int>(rng.between(1, 2)) : 0;
  k.group_changes = k.groups == 0 ? 0 : static_cast<int>(rng.between(1, 6));
  k.files = rng.chance(500);
  k.copies = rng.chance(250) ? static_cast<int>(rng.between(1, 3)) : 0;
  k.tight_quota = false;
  k.quota_rows = 100'000;
}

// Each of these faults is rare, to keep the oracles simple: a database that goes back loses changes of the password,
// and a copy of a disk that is put back loses keys.
void draw_troubles(Rng& rng, Knobs& k) {
  if (rng.chance(600)) k.disk_deaths = static_cast<int>(rng.between(1, 12));
  if (rng.chance(300)) {
    if (!k.faulty) draw_faults(rng, k);
    k.tight_quota = false;
    k.quota_rows = 100'000;
    k.on[static_cast<size_t>(rng.chance(600) ? Fault::kLostTail : Fault::kRestored)] = true;
    k.copies = 0;
  } else if (rng.chance(650)) {
    k.password_changes = static_cast<int>(rng.between(1, 6));
    if (k.more_devices == 0) k.more_devices = static_cast<int>(rng.between(1, 3));
  }
  if (rng.chance(500)) {
    k.false_keys = static_cast<int>(rng.between(1, 6));
    k.copies = 0;
    if (rng.chance(400)) k.groups = k.group_changes = 0;
  }
}

// Draws without false keys and without going back, so that every key is signed by the one before, for everybody.
void draw_rekeys(Rng& rng, Knobs& k) {
  k.rekeys = true;
  k.password_changes = static_cast<int>(rng.between(1, 5));
  if (k.more_devices == 0) k.more_devices = static_cast<int>(rng.between(1, 3));
  if (rng.chance(400)) k.disk_deaths = static_cast<int>(rng.between(1, 8));
  k.copies = 0;
}

// Draws without groups and files, which strangers may not send.
void draw_judging(Rng& rng, Knobs& k) {
  k.strangers = 2;
  k.judgements = static_cast<int>(rng.between(2, 40));
  k.groups = k.group_changes = 0;
  k.files = false;
  if (k.more_devices == 0) k.more_devices = static_cast<int>(rng.between(1, 3));
  if (rng.chance(400)) k.disk_deaths = static_cast<int>(rng.between(1, 8));
  k.copies = 0;
}

}  // namespace

std::optional<Sabotage> sabotage_named(std::string_view name) {
  for (const auto& [known, value] : kSabotages) {
    if (known == name) return value;
  }
  return std::nullopt;
}

const char* name(Fault fault) {
  return kNames[static_cast<size_t>(fault)];
}

Knobs draw_knobs(uint64_t seed, Rng& rng) {
  Knobs k;
  k.brokers = rng.chance(400) ? 2 : 1;
  k.workers = static_cast<int>(rng.between(1, 4));
  k.users = static_cast<int>(rng.between(2, 8));
  k.more_devices = rng.chance(600) ? static_cast<int>(rng.between(1, k.users)) : 0;
  k.duration = rng.between(4, rng.chance(150) ? 90 : 25) * kSecond;
  k.messages = static_cast<int>(rng.between(5, rng.chance(200) ? 600 : 150));
  k.latency = rng.skewed(50, 40 * kMs);
  k.jitter = rng.skewed(0, 4 * k.latency);
  k.turn = rng.skewed(10, 5 * kMs);
  k.store_low = rng.skewed(200, 5 * kMs);
  k.store_high = k.store_low + rng.skewed(0, 100 * kMs);
  k.disk = rng.chance(300) ? 0 : rng.skewed(500, 200 * kMs);
  k.open_later = rng.chance(300);
  k.keeps_control_frames = rng.chance(500);
  k.same_bus_endpoint = rng.chance(500);
  if (rng.chance(300)) k.window = static_cast<uint32_t>(rng.between(8, 24));
  if (rng.chance(300)) k.drain_limit = static_cast<uint32_t>(rng.between(1, 8));
  if (rng.chance(300)) k.max_unacked = static_cast<uint32_t>(rng.between(2, 24));
  if (seed % 16 != 0) draw_faults(rng, k);
  if (seed >= kFirstGroupSeed) {
    k.groups = static_cast<int>(rng.between(1, 3));
    k.group_changes = static_cast<int>(rng.between(2, 40));
  }
  if (seed >= kFirstCopySeed && seed < kFirstFloodSeed) k.copies = static_cast<int>(rng.between(1, 6));
  if (seed >= kFirstFloodSeed && seed < kFirstLossSeed) {
    k.floods = static_cast<int>(rng.between(2, 20));
    k.flood_requests = static_cast<int>(rng.between(20, 300));
  }
  if (seed >= kFirstLogSeed && seed < kFirstSessionSeed) {
    k.log_reads = static_cast<int>(rng.between(10, 100));
    if (rng.chance(500)) k.groups = 0;
  }
  if (seed >= kFirstContactSeed && seed < kFirstLogSeed) {
    k.contact_changes = static_cast<int>(rng.between(4, 80));
    k.strangers = static_cast<int>(rng.between(1, 3));
    k.groups = k.group_changes = 0;
    k.tight_quota = false;
    k.quota_rows = 100'000;
  }
  if (seed >= kFirstPasswordSeed && seed < kFirstContactSeed) {
    k.password_changes = static_cast<int>(rng.between(1, 15));
    if (k.more_devices == 0) k.more_devices = static_cast<int>(rng.between(1, k.users));
    if (rng.chance(500)) k.groups = 0;
  }
  if (seed >= kFirstLossSeed && seed < kFirstPasswordSeed) {
    if (!k.faulty) draw_faults(rng, k);
    const bool tail = rng.chance(600);
    k.on[static_cast<size_t>(tail ? Fault::kLostTail : Fault::kRestored)] = true;
    if (rng.chance(500)) k.groups = 0;
  }
  if (seed >= kFirstSessionSeed) draw_sessions(rng, k);
  if (seed >= kFirstTroubledSeed && seed < kFirstRekeySeed) draw_troubles(rng, k);
  if (seed >= kFirstRekeySeed && seed < kFirstJudgingSeed) draw_rekeys(rng, k);
  if (seed >= kFirstJudgingSeed) draw_judging(rng, k);
  return k;
}

std::string Knobs::describe() const {
  std::ostringstream out;
  out << brokers << " brokers, " << workers << " workers, " << users << " users, " << more_devices << " more devices, "
      << messages << " messages in " << duration / kSecond << " s; latency " << latency << "+" << jitter << " us, turn "
      << turn << ", store " << store_low << "-" << store_high << ", disk " << disk << "; window " << window
      << ", drain " << drain_limit << ", unacked " << max_unacked << ", quota " << quota_rows << ", groups " << groups
      << "/" << group_changes << ", copies " << copies << ", floods " << floods << "/" << flood_requests << ", log "
      << log_reads << ", passwords " << password_changes << (rekeys ? " with new keys" : "") << ", contacts "
      << contact_changes << "/" << strangers << "/" << judgements << (files ? ", files" : "") << ", false keys "
      << false_keys << ", deaths " << disk_deaths << "; hwm " << client_hwm << "/" << control_hwm << "/" << bus_hwm
      << "; loss " << bus_loss << ", busy " << store_busy << ", doubt " << store_doubt << "; faults every "
      << fault_every / kMs << " ms:";
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (on[i]) out << ' ' << kNames[i];
  }
  return out.str();
}

}  // namespace fastchat::sim
