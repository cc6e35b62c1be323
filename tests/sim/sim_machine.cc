#include "tests/sim/sim_machine.h"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <deque>

#include "common/check.h"
#include "tests/sim/frames_text.h"

namespace fastchat::sim {
namespace {

constexpr int64_t kEpochMs = 1'790'000'000'000;  // the wall clock at the beginning of a schedule

}  // namespace

// ---- the link

class SimMachine::Link final : public client::Transport, private Peer {
 public:
  Link(SimMachine& machine, client::LinkEvents& events) : machine_(machine), events_(events) { machine.link_ = this; }
  ~Link() override {
    end();
    machine_.link_ = nullptr;
  }

  void connect(const core::Endpoint& to, bool fresh_keys) override {
    end();
    if (fresh_keys || key_.empty()) key_ = machine_.world_.rng.bytes(32);
    conn_ = machine_.net_.dial(machine_.process_, *this, LinkKind::kClient, to.address, key_);
  }
  void close() override { end(); }
  void send(Bytes&& frame) override {
    if (!conn_ || machine_.mute_) return;
    machine_.world_.trace([&] {
      return machine_.process_.name() + " > " + std::to_string(conn_->rid) + ": " + text_of<v1::ClientFrame>(frame);
    });
    (void)machine_.net_.send(conn_, Side::kDialer, std::move(frame), 0);
  }
  HeldBytes keep(ByteView part) override { return HeldBytes(Bytes(part)); }
  bool pump() override { return false; }

  bool in_doubt() const { return conn_ != nullptr && conn_->broken(); }

 private:
  void end() {
    if (conn_) machine_.net_.close(conn_, Side::kDialer);
    conn_.reset();
  }
  void on_up(const ConnPtr& conn) override {
    if (conn == conn_) events_.on_link_up();
  }
  void on_frame(const ConnPtr& conn, const Bytes& frame) override {
    if (conn == conn_) events_.on_link_frame(frame);
  }
  void on_down(const ConnPtr& conn, core::LinkLoss loss) override {
    if (conn == conn_) events_.on_link_down(loss);
  }

  SimMachine& machine_;
  client::LinkEvents& events_;
  Bytes key_;
  ConnPtr conn_;
};

std::unique_ptr<client::Transport> SimMachine::make_transport(client::LinkEvents& events) {
  return std::make_unique<Link>(*this, events);
}

bool SimMachine::link_in_doubt() const {
  return link_ != nullptr && link_->in_doubt();
}

// ---- slow work

// Works on one task after the other; each task takes its time.
class SimMachine::Worker final : public client::Background {
 public:
  explicit Worker(SimMachine& machine) : machine_(machine) {}
  ~Worker() override { *alive_ = false; }

  void post(std::unique_ptr<client::Task> task) override {
    tasks_.push_back(std::move(task));
    if (!at_work_) next();
  }

 private:
  void next() {
    at_work_ = !tasks_.empty();
    if (!at_work_) return;
    const int64_t takes = machine_.world_.rng.skewed(100, 500 * kMs);
    machine_.process_.later(takes, [this, alive = alive_, life = machine_.process_.life()] {
      if (!*alive) return;
      const std::shared_ptr<client::Task> task = std::move(tasks_.front());
      tasks_.pop_front();
      {
        const FullDisk full(machine_.host_.full_until > machine_.world_.now());
        const DiskWatch watch(machine_.host_.death);
        task->work();
      }
      machine_.process_.post(life, Source::kOwn, [alive, task] {
        if (*alive) task->done();
      });
      next();
    });
  }

  SimMachine& machine_;
  std::deque<std::unique_ptr<client::Task>> tasks_;
  bool at_work_ = false;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

std::unique_ptr<client::Background> SimMachine::make_background(const std::string&) {
  return std::make_unique<Worker>(*this);
}

// ---- time

int64_t SimMachine::wall_ms() const {
  return kEpochMs + world_.now() / kMs + host_.wall_skew_ms;
}

SimMachine::TimerId SimMachine::at(int64_t when_us, std::function<void()> call) {
  const TimerId id = next_timer_++;
  timers_.emplace(std::pair(when_us, id), std::move(call));
  timer_times_.emplace(id, when_us);
  return id;
}

void SimMachine::cancel(TimerId id) {
  const auto found = timer_times_.find(id);
  if (found == timer_times_.end()) return;
  timers_.erase({found->second, id});
  timer_times_.erase(found);
}

SimMachine::Timers::iterator SimMachine::first_due(int64_t now, TimerId before) {
  return std::find_if(timers_.begin(), timers_.end(),
                      [&](const auto& e) { return e.first.first > now || e.first.second < before; });
}

// A timer that a timer sets waits for the next turn, even when it is due.
int64_t SimMachine::end_turn() {
  const int64_t now = monotonic_us();
  const TimerId before = next_timer_;
  for (auto due = first_due(now, before); due != timers_.end() && due->first.first <= now;
       due = first_due(now, before)) {
    const auto call = std::move(due->second);
    timer_times_.erase(due->first.second);
    timers_.erase(due);
    call();
  }
  for (const auto& call : turn_end_) call();
  return timers_.empty() ? INT64_MAX : timers_.begin()->first.first;
}

// ---- the disk

FullDisk::FullDisk(bool full) : full_(full) {
  if (!full_) return;
  rlimit limit{};
  FC_CHECK(std::signal(SIGXFSZ, SIG_IGN) != SIG_ERR && getrlimit(RLIMIT_FSIZE, &limit) == 0);
  before_ = limit.rlim_cur;
  limit.rlim_cur = 0;
  FC_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

FullDisk::~FullDisk() {
  if (!full_) return;
  rlimit limit{};
  FC_CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
  limit.rlim_cur = before_;
  FC_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

}  // namespace fastchat::sim
