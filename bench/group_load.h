// w3: groups whose members are all online, with one sender each and `window` messages of each sender in flight. A
// message is complete when every other member has it. The groups are made first, or exist from an earlier run.
#pragma once

#include "bench/bench.h"
#include "bench/body.h"

namespace fastchat::bench {

class GroupLoad final : public Load {
 public:
  explicit GroupLoad(Bench& bench);

  void run();

  void on_message(Link& link, ByteView body) override;
  void on_confirm(Link& link, uint32_t count) override;

 private:
  struct Group {
    uint32_t next = 0;
    int under_way = 0;
    std::vector<int> missing;  // deliveries of a message that are missing, by its number modulo the size
  };
  void fill(int group);

  Bench& bench_;
  std::vector<Group> groups_;
  std::vector<uint32_t> expected_;  // by user
  Bytes body_;
  bool refill_ = true;
  uint64_t began_ns_ = 0, from_ns_ = ~uint64_t{0};
  uint64_t sent_ = 0, delivered_ = 0, complete_ = 0, confirmed_ = 0, bad_ = 0, wrong_ = 0, stale_ = 0;
  Histogram latency_;
};

}  // namespace fastchat::bench
