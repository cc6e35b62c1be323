#include "tests/sim/server_faults.h"

#include <algorithm>

namespace fastchat::sim {

void restart_later(World& world, Process& process, int64_t most) {
  process.kill();
  world.after(world.rng.skewed(10 * kMs, most), [&process] { process.start(); });
}

int64_t ServerFaults::until_healing(int64_t us) const {
  return std::min(us, knobs_.duration - world_.now());
}

bool ServerFaults::apply(Fault fault, WorkerNode& worker) {
  Rng& rng = world_.rng;
  switch (fault) {
    case Fault::kLinkBreak:
      if (const auto c = net_.any_conn(LinkKind::kClient)) net_.cut(c);
      return true;
    case Fault::kControlBreak:
      if (const auto c = net_.any_conn(LinkKind::kControl)) net_.cut(c);
      return true;
    case Fault::kStall:
      if (const auto c = net_.any_conn(rng.chance(500) ? LinkKind::kClient : LinkKind::kControl)) {
        net_.stall(c, until_healing(rng.skewed(100 * kMs, 10 * kSecond)));
      }
      return true;
    case Fault::kBusBreak:
      net_.break_bus(worker);
      return true;
    case Fault::kWorkerCrash:
      restart_later(world_, worker, 8 * kSecond);
      return true;
    case Fault::kWorkerDrain:
      worker.terminate();
      world_.after(rng.between(16, 20) * kSecond, [&worker] { worker.start(); });
      return true;
    case Fault::kStoreOutage:
      database_.down_until = world_.now() + rng.skewed(50 * kMs, 10 * kSecond);
      return true;
    case Fault::kStoreSlow:
      database_.slow_until = world_.now() + rng.skewed(200 * kMs, 8 * kSecond);
      return true;
    default:
      return false;
  }
}

}  // namespace fastchat::sim
