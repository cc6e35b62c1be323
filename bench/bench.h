// One run: the hub, the driver, the users' links, and the steps of every workload (log users in and out, spin, measure,
// report). A workload derives from Load and receives the events of the traffic. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/accounts.h"
#include "bench/bare_relay.h"
#include "bench/driver.h"
#include "bench/histogram.h"
#include "bench/hub.h"
#include "bench/meter.h"
#include "bench/options.h"
#include "common/json.h"

namespace fastchat::bench {

class Load {
 public:
  virtual ~Load() = default;
  virtual void on_message(Link& link, ByteView body) = 0;
  virtual void on_confirm(Link& link, uint32_t count) = 0;
};

class Bench final : public Events {
 public:
  // Ends the process with one line when the run is impossible (bad invite line, no descriptors).
  explicit Bench(Options options);

  const Options& options() const { return options_; }
  Driver& driver() { return *driver_; }
  const Hub& hub() const { return hub_; }
  void set_load(Load* load) { load_ = load; }

  Link& link(int user);
  // Logs in users [first, first + count), options().conc at a time. Ends the run when that takes longer than `limit_s`.
  void login(int first, int count, double limit_s = 60);
  void make_group(Members members, double limit_s = 60);
  void logout_all();
  void spin(double seconds);
  void turn(uint64_t until_ns);
  Snapshot snapshot() const { return take_snapshot(watched_); }

  const std::vector<Watched>& watched() const { return watched_; }
  uint64_t rejected() const { return rejected_; }

  // Returns the first fields of every workload's line.
  Json head(std::string_view workload, std::string_view confirm) const;
  // Adds CPU and memory of servers and generator between two snapshots. `per` is the name of the field with server CPU
  // seconds per million messages.
  void put_use(Json& j, const Snapshot& a, const Snapshot& b, uint64_t messages, const char* per) const;
  static void put_latency(Json& j, const std::string& prefix, const Histogram& h);
  // Prints the line and appends it to options().out.
  void emit(const Json& j) const;

  void on_ready(Link& link) override;
  void on_group(Link&) override { ++groups_; }
  void on_message(Link& link, ByteView body) override { load_->on_message(link, body); }
  void on_confirm(Link& link, uint32_t count) override { load_->on_confirm(link, count); }
  void on_rejected(Link& link, const std::string& why) override;
  void on_lost(Link& link, const std::string& why) override;

 private:
  std::unique_ptr<Driver> make_driver();

  const Options options_;
  const Accounts accounts_;
  const int users_;                   // user numbers are below this
  std::unique_ptr<BareRelay> relay_;  // made before the hub, because BareRelay forks
  std::vector<Watched> watched_;
  Speed speed_;
  Hub hub_;
  std::unique_ptr<Driver> driver_;
  std::vector<std::unique_ptr<Link>> links_;  // destroyed before the hub
  Load* load_ = nullptr;
  int ready_ = 0, groups_ = 0;
  uint64_t rejected_ = 0;
  uint64_t next_sweep_ns_ = 0;
};

}  // namespace fastchat::bench
