// The requests of an attached client that are not traffic: look-ups, devices, vault, open messages. Each gets exactly
// one answer. Pure.
#pragma once

#include "proto/client.pb.h"
#include "worker/core/outbound.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class Requests {
 public:
  Requests(State& state, Outbound& out) : st_(state), out_(out) {}

  // Every body but attach, traffic and bye.
  void handle(Session& s, const v1::ClientFrame& frame);

  void looked_up(const LookedUp& reply);
  void queried(const Queried& reply);
  void listed(const DeviceList& reply);
  // Returns the did that is gone, 0 when none is.
  uint64_t device_gone(const DeviceGone& reply);
  // A device of this user came or went: tells those of its sessions here that speak version 2, each at most once a
  // second. tell_devices() does what had to wait.
  void devices_changed(uint64_t uid);
  void tell_devices();
  void vault_row(VaultRow reply);
  void vault_put(const VaultPut& reply);
  void vault_changed(uint64_t uid, uint64_t version, SessionId except);

 private:
  struct Asked {
    SessionId session = 0;
    uint64_t request = 0;
    std::vector<std::string> names;
    std::vector<bool> done;
    std::vector<UserRow> users;
    size_t open = 0;
  };
  void get_users(Session& s, const v1::ClientFrame& frame);
  void answer_users(const Asked& asked);
  void query(Session& s, const v1::ClientFrame& frame);

  bool tell_devices(Session& s);

  State& st_;
  Outbound& out_;
  std::vector<SessionId> untold_;  // that the devices changed
  std::vector<Asked> asked_;       // get_users waiting for the store
};

}  // namespace fastchat::worker
