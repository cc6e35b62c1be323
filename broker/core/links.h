// The clients' links: where each stands (PROTOCOL.md section 3), who is behind it, and when it was last heard. Pure;
// time is a parameter. A link exists from its hello until it is closed; a link that does not exist is NEW. Memory is
// bounded: over `capacity`, the link that was silent longest is forgotten.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/ports.h"
#include "common/bytes.h"
#include "common/wire.h"
#include "proto/client.pb.h"

namespace fastchat::broker {

// NEW and closed are one: the broker knows nothing of the link.
enum class LinkState { kNew, kReady, kSigningUp, kVerifying, kAssigning, kAssigned, kChanging };
enum class Input { kHello, kSignUp, kLogIn, kChangePassword, kPing, kBye, kForWorker };
enum class Act {
  kGreet,   // negotiate the version
  kSignUp,  // check, store
  kLogIn,   // throttle, verify
  kChange,  // the password; who logged in with it
  kPong,
  kForget,       // close without an answer
  kNotLoggedIn,  // answer NOT_LOGGED_IN and close
  kBusy,         // one request at a time: answer BUSY, same state
  kNotAllowed,   // answer NOT_ALLOWED, same state
};

// The table.
Act act_on(LinkState state, Input input);
Input input_of(v1::ClientFrame::BodyCase body);

struct Link {
  Rid rid = 0;
  uint64_t serial = 0;  // from 1; a link that was closed and greeted anew is another link
  LinkState state = LinkState::kNew;
  uint32_t version = wire::kMinVersion;  // of the protocol, as negotiated
  Bytes client_key;                      // 32 bytes
  std::string address;                   // the throttle's key
  std::string peer;                      // the address itself
  int64_t heard_us = 0;
  uint64_t request = 0;  // the one under way
  // From a login with the password on; uid 0: none.
  int64_t uid = 0;
  std::string user;
  Bytes device;
};

class Links {
 public:
  static constexpr int64_t kIdleUs = 60'000'000;

  explicit Links(size_t capacity = 65'536) : capacity_(capacity) {}

  // A link that did not exist; rids of links forgotten to make room are appended to *forgotten.
  Link& open(int64_t now_us, Rid rid, std::vector<Rid>* forgotten);
  // Null when it does not exist.
  Link* find(Rid rid);
  // The same, when it is still the one that had this serial.
  Link* find(Rid rid, uint64_t serial);
  void heard(int64_t now_us, Rid rid);
  void close(Rid rid);
  void clear();

  // Forgets the links that were silent for 60 s.
  std::vector<Rid> expire(int64_t now_us);
  int64_t next_expiry_us() const;
  size_t size() const { return by_rid_.size(); }
  std::vector<Rid> rids() const;

 private:
  size_t capacity_;
  uint64_t last_serial_ = 0;
  std::list<Link> by_age_;  // longest silent first
  std::unordered_map<Rid, std::list<Link>::iterator> by_rid_;
};

}  // namespace fastchat::broker
