// w5: logins a second with options().conc under way, then what idle users cost in memory and CPU. Also `register`,
// which makes the accounts, and `probe`, one login.
#pragma once

#include "bench/bench.h"

namespace fastchat::bench {

class IdleLoad final : public Load {
 public:
  explicit IdleLoad(Bench& bench) : bench_(bench) { bench_.set_load(this); }

  void run_w5();
  void run_register();
  void run_probe();

  // Does not count messages that earlier runs left in the queues; they are acknowledged.
  void on_message(Link& link, ByteView body) override;
  void on_confirm(Link& link, uint32_t count) override;

 private:
  Bench& bench_;
};

}  // namespace fastchat::bench
