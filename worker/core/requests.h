// Handles the requests of an attached client that are not traffic: look-ups, devices, open messages. Each gets
// exactly one answer. Waiting requests are indexed by name, so the cost of a reply depends on its names, not on the
// number of waiting requests. Pure.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "proto/client.pb.h"
#include "worker/core/intake.h"
#include "worker/core/outbound.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class Requests {
 public:
  Requests(State& state, Outbound& out, Intake& intake) : st_(state), out_(out), intake_(intake) {}

  // Handles every body except attach, traffic, bye and those about groups, contacts, vaults and files.
  void handle(Session& s, const v1::ClientFrame& frame);

  void looked_up(const LookedUp& reply);
  void queried(const Queried& reply);
  void listed(const DeviceList& reply);
  void listed(const RekeyList& reply);
  // Returns the did that is gone, 0 when none is.
  uint64_t device_gone(const DeviceGone& reply);
  void renamed(const DeviceRenamed& reply);
  // Notifies the sessions here of this user that speak version 2 that a device came, went or got another name,
  // each at most once a second. tell_devices() sends the notices that had to wait.
  void devices_changed(uint64_t uid);
  void tell_devices();

 private:
  struct Asked {  // a get_users that waits for look-ups
    SessionId session = 0;
    uint64_t request = 0;
    int64_t arrived = 0;
    std::vector<std::string> names;
    std::vector<UserRow> users;
    size_t open = 0;  // names whose look-up is under way
  };
  void get_users(Session& s, const v1::ClientFrame& frame);
  void answer_users(Session& s, const Asked& asked);
  void found(const std::string& name, const UserRow* row, const LookedUp& reply);
  void ask_for(const std::string& name, const Asker& by, uint64_t number);
  void query(Session& s, const v1::ClientFrame& frame);

  bool tell_devices(Session& s);

  State& st_;
  Outbound& out_;
  Intake& intake_;
  std::vector<SessionId> untold_;                                   // sessions to tell that the devices changed
  std::unordered_map<uint64_t, Asked> asked_;                       // by a number of our own
  std::unordered_map<std::string, std::vector<uint64_t>> waiting_;  // name -> numbers of the requests that wait for it
  uint64_t last_asked_ = 0;
};

}  // namespace fastchat::worker
