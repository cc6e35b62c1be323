// One installation's data about its groups, and its requests: the part of a client that reads states, without the
// signatures. A state gives name, admin and members in plain text. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "proto/client.pb.h"
#include "tests/sim/rng.h"

namespace fastchat::sim {

// Returns the name of a group in letters and streams: "#3".
std::string group_label(int number);
Bytes group_id(const std::string& label);

class GroupBook {
 public:
  struct Known {
    uint64_t epoch = 0;
    std::string name, admin;
    std::vector<std::string> members;  // sorted
    bool member = false;
  };

  explicit GroupBook(std::string user) : user_(std::move(user)) {}

  // ---- requests
  v1::ClientFrame list() const;
  v1::ClientFrame get(const Bytes& id) const;
  v1::ClientFrame create(const std::string& label, std::vector<std::string> members, uint64_t salt) const;
  // Returns the next epoch of a group of which the user is admin: a member is added or leaves, the admin changes, or
  // the name.
  v1::ClientFrame next(const Bytes& id, const std::vector<std::string>& people, Rng& rng) const;
  v1::ClientFrame leave(const Bytes& id) const;
  v1::ClientFrame end(const Bytes& id) const;

  // Takes an answer; appends the groups that have to be asked for to *ask.
  void took(const v1::ServerFrame& answer, const Bytes& id, std::vector<Bytes>* ask);

  const std::map<Bytes, Known>& groups() const { return groups_; }
  // Returns a group, by chance, that the user is in, or is the admin of.
  std::optional<Bytes> any(Rng& rng, bool as_admin) const;

 private:
  v1::ClientFrame put(const Bytes& id, uint64_t epoch, const Known& state, uint64_t salt) const;
  std::string user_;
  std::map<Bytes, Known> groups_;
};

}  // namespace fastchat::sim
