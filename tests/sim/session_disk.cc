#include "tests/sim/session_disk.h"

#include <sys/resource.h>

#include <filesystem>
#include <utility>

#include "client/store/store.h"
#include "common/check.h"

namespace fastchat::sim {
namespace {

namespace fs = std::filesystem;

// Copies everything except the file that SQLite shares between running programs. A machine may die while its disk is
// full, so the limit of FullDisk does not count for the copy.
void copy_folder(const std::string& from, const std::string& to) {
  rlimit limit{};
  FC_CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const rlimit before = limit;
  limit.rlim_cur = limit.rlim_max;
  FC_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  fs::remove_all(to);
  fs::create_directories(to);
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path target = to / fs::relative(entry.path(), from);
    if (entry.is_directory()) fs::create_directories(target);
    if (entry.is_regular_file() && entry.path().extension() != ".db-shm") fs::copy_file(entry.path(), target);
  }
  FC_CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
}

}  // namespace

SessionDisk::SessionDisk(World& world, const Knobs& knobs, std::string root, std::string name)
    : world_(world), knobs_(knobs), root_(std::move(root)), name_(std::move(name)) {
  host_.wall_skew_ms = world.rng.chance(300) ? world.rng.between(-3'600'000, 3'600'000) : world.rng.between(-500, 500);
  fs::create_directories(root_);
}

void SessionDisk::fill(int64_t us) {
  world_.trace([&] { return name_ + ": the disk is full for " + std::to_string(us / kMs) + " ms"; });
  host_.full_until = world_.now() + us;
}

void SessionDisk::copy() {
  if (!fs::exists(folder())) return;
  world_.trace([&] { return name_ + ": its disk is copied"; });
  copy_folder(folder(), root_ + "/copy");
  has_copy_ = true;
}

void SessionDisk::put_copy_back() {
  world_.trace([&] { return name_ + ": the copy of its disk is put back"; });
  fs::remove_all(folder());
  fs::rename(root_ + "/copy", folder());
  has_copy_ = false;
}

void SessionDisk::die_in_a_step(std::function<void()> dies) {
  Rng& rng = world_.rng;
  const bool sync = rng.chance(400);
  host_.death.step = sync ? DiskDeath::Step::kSync : DiskDeath::Step::kWrite;
  host_.death.left = static_cast<int>(rng.between(1, sync ? 4 : 40));
  host_.death.before = rng.chance(500);
  host_.death.happens = [this, dies = std::move(dies)] {
    world_.trace([&] { return name_ + " dies in a step on its disk"; });
    died_in_a_step_ = true;
    const bool leaves = knobs_.sabotage == Sabotage::kLeavesBeforeDisk;
    copy_folder(leaves ? root_ + "/old" : folder(), root_ + "/" + std::to_string(number_ + 1));
    dies();
  };
}

std::string SessionDisk::process_died() {
  std::string before = folder();
  ++number_;
  if (!std::exchange(died_in_a_step_, false)) copy_folder(before, folder());
  sabotage();
  host_.death.left = 0;
  return before;
}

void SessionDisk::turn_begins() {
  const bool forgets = knobs_.sabotage == Sabotage::kDiskForgets && world_.now() - old_since_ > kSecond;
  if (!forgets && (knobs_.sabotage != Sabotage::kLeavesBeforeDisk || host_.death.left == 0)) return;
  old_since_ = world_.now();
  copy_folder(folder(), root_ + "/old");
}

void SessionDisk::sabotage() const {
  const std::string old = root_ + "/old";
  if (knobs_.sabotage == Sabotage::kDiskForgets && fs::exists(old)) copy_folder(old, folder());
  const bool annotations = knobs_.sabotage == Sabotage::kForgetsAnnotations;
  if (!annotations && knobs_.sabotage != Sabotage::kForgetsChange) return;
  const auto store = store::Store::open(folder());
  if (store.ok()) (void)(*store)->sql().script(annotations ? "delete from remarks" : "delete from password_change");
}

}  // namespace fastchat::sim
