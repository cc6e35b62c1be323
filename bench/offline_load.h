// w4: messages for users who are offline, each confirmed as stored. Then all users log in at once and drain. The phases
// may run in separate processes, so that a script can kill the servers between them: confirmed messages must survive.
#pragma once

#include "bench/bench.h"
#include "bench/body.h"

namespace fastchat::bench {

class OfflineLoad final : public Load {
 public:
  explicit OfflineLoad(Bench& bench);

  void run();

  void on_message(Link& link, ByteView body) override;
  void on_confirm(Link& link, uint32_t count) override;

 private:
  void set_up();
  void store(Json& j);
  void drain(Json& j);
  void send_next(Link& link);

  Bench& bench_;
  Bytes body_;
  uint32_t next_ = 0, msgs_ = 0;
  bool storing_ = false;
  std::vector<bool> seen_;  // by number of the message
  uint64_t last_progress_ns_ = 0, last_confirm_ns_ = 0;
  uint64_t sent_ = 0, confirmed_ = 0, drained_ = 0, dups_ = 0, wrong_ = 0, bad_ = 0;
};

}  // namespace fastchat::bench
