// Holds each user's password and checks the promises of a change: no ended secret and no earlier password logs in
// again, no session from before the change stays. Judges the changes of brokers in the database, and throws Violation.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/store.h"
#include "tests/sim/knobs.h"
#include "tests/sim/world.h"
#include "tests/support/memory_db.h"

namespace fastchat::sim {

constexpr int64_t kGrantUs = 30 * kSecond;  // worker/core/grants.h

class Passwords {
 public:
  // A user before a change: its verifier and identity blob, and the devices that did not ask for the change.
  struct Before {
    int64_t uid = 0;
    Bytes verifier, identity;
    std::vector<test::MemoryDb::Device> others;
  };

  Passwords(World& world, const Knobs& knobs, const test::MemoryDb& db) : world_(world), knobs_(knobs), db_(db) {}

  static Bytes verifier_of(ByteView auth);
  // Returns the proof of the present password; before there is an account, of the first one.
  Bytes auth_of(const std::string& user) const;
  // Draws another password, which nobody had yet.
  Bytes draw();
  int changes(const std::string& user) const;
  bool made(ByteView auth) const { return made_.contains(verifier_of(auth)); }
  // Returns true when the database has no secret of this device, so the device has to show the password.
  bool needed(const std::string& user, const Bytes& device) const;

  // ---- around each request of a broker
  std::optional<Before> look(const broker::StoreRequest& request) const;
  void judge(const broker::StoreRequest& request, const broker::StoreReply& reply, const std::optional<Before>& before);

  // ---- sessions
  // Checks a client that attached. A grant from before the change may still have been on its way.
  void attached(int64_t did, uint64_t epoch) const;
  // Checks a session at the end, when everything is at rest.
  void check_session(int64_t did, uint64_t epoch) const;

 private:
  struct Ended {
    uint64_t good_from = 0;  // the lowest session epoch that is allowed
    int64_t at = 0;
  };
  void changed(const broker::NewPassword& change, const Before& before);
  void logged_in(const broker::LogInDevice& log_in);

  World& world_;
  const Knobs& knobs_;
  const test::MemoryDb& db_;
  int drawn_ = 0;
  std::map<Bytes, Bytes> auths_;  // by verifier
  std::map<std::string, int> changes_;
  std::set<Bytes> made_;                                 // verifiers of changes
  std::set<std::pair<int64_t, Bytes>> ended_verifiers_;  // of a user
  std::set<Bytes> ended_hashes_;                         // of devices' secrets
  std::map<int64_t, Ended> ended_;                       // by did
};

}  // namespace fastchat::sim
