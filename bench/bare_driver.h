// The client side of the bare relay. One record logs in. One record carries a message, and one from the receiver
// confirms it: the same four legs as a chat message in FastChat. A message to a group is one record; the relay copies
// it for each member, and each member confirms it.
#pragma once

#include <vector>

#include "bench/driver.h"
#include "bench/relay_record.h"

namespace fastchat::bench {

class BareDriver final : public Driver {
 public:
  BareDriver(Hub& hub, Events& events, std::string endpoint, Bytes key, size_t users, size_t batch);

  void login(Link& link) override;
  void logout(Link& link) override;
  void message(Link& from, int to, ByteView body) override;
  void make_group(Link& admin, Members members) override;
  void group_message(Link& from, Members members, ByteView body) override;
  void keep_alive(Link& link, uint64_t now) override;

  void on_frame(Link& link, ByteView frame) override;
  void on_flush(Link& link) override;
  void on_gone(Link& link) override;

 private:
  void put(Link& link, const Record& record);

  Hub& hub_;
  Events& events_;
  const std::string endpoint_;
  const Bytes key_;
  const size_t batch_;
  std::vector<RecordBatch> out_;  // by user
};

}  // namespace fastchat::bench
