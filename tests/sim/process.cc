#include "tests/sim/process.h"

#include <algorithm>
#include <utility>

namespace fastchat::sim {
namespace {

constexpr int64_t kOversleptUs = 10 * kSecond;  // common/loop.h
constexpr int64_t kLongestWaitUs = kSecond;     // common/loop.cc

}  // namespace

Process::Process(World& world, const Knobs& knobs, std::string name)
    : world_(world), knobs_(knobs), name_(std::move(name)), clock_origin_(world.rng.between(1, 1'000'000) * kSecond) {}

void Process::start() {
  if (alive_) return;
  alive_ = true;
  frozen_ = scheduled_ = in_turn_ = late_ = false;
  ++life_;
  expected_ = world_.now();
  world_.trace([&] { return name_ + " starts"; });
  turn_now_ = local();
  on_start();
  turn_soon(0);
}

void Process::kill() {
  if (!alive_) return;
  world_.trace([&] { return name_ + " is killed"; });
  alive_ = false;
  ++life_;
  for (auto& s : sources_) s.clear();
  on_kill();
}

void Process::freeze(int64_t us) {
  if (!alive_ || frozen_) return;
  world_.trace([&] { return name_ + " is frozen for " + std::to_string(us / kMs) + " ms"; });
  frozen_ = true;
  world_.after(us, [this, life = life_] {
    if (life_ == life) thaw();
  });
}

void Process::thaw() {
  if (!alive_ || !frozen_) return;
  world_.trace([&] { return name_ + " goes on"; });
  frozen_ = false;
  if (in_turn_ && late_) return end_turn();
  if (!late_ && !scheduled_) return;
  scheduled_ = false;
  turn_soon(0);
}

void Process::post(uint64_t life, Source source, std::function<void()> what) {
  if (!alive_ || life != life_) return;
  sources_[static_cast<size_t>(source)].push_back(std::move(what));
  turn_soon(world_.rng.between(0, knobs_.turn));
}

void Process::later(int64_t delay, std::function<void()> what) {
  world_.after(delay, [this, life = life_, what = std::move(what)] {
    if (alive_ && life_ == life) what();
  });
}

void Process::turn_soon(int64_t delay) {
  if (scheduled_ || in_turn_) return;
  scheduled_ = true;
  world_.after(delay, [this, life = life_] {
    if (life_ != life || !alive_ || !scheduled_) return;
    if (frozen_) {
      late_ = true;
      return;
    }
    turn();
  });
}

void Process::turn() {
  scheduled_ = late_ = false;
  in_turn_ = true;
  turn_now_ = local();
  const int64_t gap = world_.now() - expected_;
  expected_ = world_.now();
  if (gap > kOversleptUs) {
    world_.trace([&] { return name_ + " overslept"; });
    on_overslept(turn_now_);
  }
  std::array<size_t, static_cast<size_t>(Source::kCount)> order{};
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[world_.rng.below(i)]);
  for (const size_t source : order) {
    // A budget: the rest waits for the next turn.
    for (uint64_t left = world_.rng.chance(100) ? 1 : 256; left > 0 && !sources_[source].empty(); --left) {
      auto what = std::move(sources_[source].front());
      sources_[source].pop_front();
      what();
      if (!alive_) return;
    }
  }
  // Now and then a turn takes its time; a freeze may fall into it.
  if (world_.rng.chance(50)) {
    world_.after(world_.rng.between(0, 4 * knobs_.turn), [this, life = life_] {
      if (life_ != life || !alive_) return;
      if (frozen_) {
        late_ = true;
      } else {
        end_turn();
      }
    });
    return;
  }
  end_turn();
}

void Process::end_turn() {
  late_ = false;
  const int64_t wish = on_turn_end(local());
  if (!alive_) return;
  in_turn_ = false;
  const bool more = std::any_of(sources_.begin(), sources_.end(), [](const auto& s) { return !s.empty(); });
  const int64_t wait = more ? 0 : std::clamp<int64_t>(wish - local(), 0, kLongestWaitUs);
  expected_ += wait;
  // A loop that asks again and again to be called at once must still let time pass.
  const int64_t at = world_.now() + std::max<int64_t>(wait, 20);
  world_.at(at, [this, life = life_, timer = ++timer_] {
    if (life_ != life || timer_ != timer || !alive_ || in_turn_) return;
    if (frozen_) {
      late_ = true;
    } else if (!scheduled_) {
      turn();
    }
  });
}

}  // namespace fastchat::sim
