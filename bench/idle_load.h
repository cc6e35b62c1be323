// w5: logins a second with options().conc in flight, then the memory and CPU of idle users. Also `register`, which
// makes the accounts, and `probe`, one login.
#pragma once

#include "bench/bench.h"

namespace fastchat::bench {

class IdleLoad final : public Load {
 public:
  explicit IdleLoad(Bench& bench) : bench_(bench) { bench_.set_load(this); }

  void run_w5();
  void run_register();
  void run_probe();

  // Ignores messages that earlier runs left in the queues. The driver acknowledges them.
  void on_message(Link& link, ByteView body) override;
  void on_confirm(Link& link, uint32_t count) override;

 private:
  Bench& bench_;
};

}  // namespace fastchat::bench
