// The clients' links: the state of each (PROTOCOL.md section 3), its client, and the time of its last frame. Pure; time
// is a parameter. A link exists from its hello until it is closed; a link that does not exist is NEW. Memory is
// bounded: at `capacity`, a new link evicts the link that was silent longest.
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

// kNew also stands for a closed link: the broker stores nothing about either.
enum class LinkState { kNew, kReady, kSigningUp, kVerifying, kAssigning, kAssigned, kChanging, kReading };
enum class Input { kHello, kSignUp, kLogIn, kChange, kParts, kPing, kBye, kForWorker };
enum class Act {
  kGreet,      // negotiate the version
  kSignUp,     // check, store
  kLogIn,      // throttle, verify
  kChange,     // change the password, or delete the account, if the client logged in with the password
  kReadParts,  // read parts of the vault of the user who logged in
  kPong,
  kForget,       // close without an answer
  kNotLoggedIn,  // answer NOT_LOGGED_IN and close
  kBusy,         // one request at a time: answer BUSY, same state
  kNotAllowed,   // answer NOT_ALLOWED, same state
};

// Returns the action for an input in a state, as in the table of PROTOCOL.md section 3.
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
  uint64_t request = 0;   // number of the request under way
  int64_t owner = 0;      // uid of the user who logged in; 0: none
  size_t parts_left = 0;  // hashes of parts that this login may still ask for
  // Set by a login with the password; uid 0: none.
  int64_t uid = 0;
  std::string user;
  Bytes device;
};

class Links {
 public:
  static constexpr int64_t kIdleUs = 60'000'000;

  explicit Links(size_t capacity = 65'536) : capacity_(capacity) {}

  // Creates a link, which must not exist yet. Appends the rids of links that were dropped to make room to *forgotten.
  Link& open(int64_t now_us, Rid rid, std::vector<Rid>* forgotten);
  // Returns null when the link does not exist.
  Link* find(Rid rid);
  // Returns null when the link does not exist, or has another serial by now.
  Link* find(Rid rid, uint64_t serial);
  void heard(int64_t now_us, Rid rid);
  void close(Rid rid);
  void clear();

  // Drops the links that were silent for 60 s, and returns their rids.
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
