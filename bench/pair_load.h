// w1 and w2: users in pairs, in which the even user sends (both with bidir). w1 keeps `window` messages of each sender
// in flight. w2 sends at a fixed rate, independent of the answers. The receivers count all messages. The sequence
// numbers reveal wrong order, duplicates, losses and messages of other senders.
#pragma once

#include "bench/bench.h"
#include "bench/body.h"

namespace fastchat::bench {

class PairLoad final : public Load {
 public:
  explicit PairLoad(Bench& bench);

  void run_w1();
  void run_w2();

  void on_message(Link& link, ByteView body) override;
  void on_confirm(Link& link, uint32_t count) override;

 private:
  struct User {
    uint32_t next = 0, expected = 0;
    int under_way = 0;
  };

  bool sends(int user) const { return bench_.options().bidir || user % 2 == 0; }
  void start();
  void fill(Link& link);
  void send(Link& link, uint64_t due_ns, uint64_t now);
  void send_on_schedule(uint64_t begin, uint64_t measure, uint64_t end);
  void settle();
  void put_checks(Json& j) const;

  Bench& bench_;
  std::vector<User> users_;
  Bytes body_;
  bool refill_ = false;  // new messages follow confirmations
  uint64_t began_ns_ = 0;
  uint64_t from_ns_ = ~uint64_t{0}, to_ns_ = ~uint64_t{0};  // due times of the messages whose latency counts
  uint64_t sent_ = 0, delivered_ = 0, confirmed_ = 0, wanted_ = 0;
  uint64_t bad_ = 0, wrong_ = 0, stale_ = 0;
  Histogram latency_, from_send_, late_;
  Snapshot a_;
  uint64_t delivered_at_a_ = 0;
};

}  // namespace fastchat::bench
