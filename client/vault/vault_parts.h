// The parts of the vault: which of them are here, and which the server has. Opens a head's parts, seals what changed
// since, and stores them. A part keeps its box while its values stay the same, so that one change writes one
// part. Lives on the session's thread; writes join the turn.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "client/account/account.h"
#include "client/e2e/vault.h"
#include "client/runtime/answer.h"
#include "client/store/vault_part_table.h"
#include "proto/client.pb.h"

namespace fastchat::client {

class VaultParts {
 public:
  VaultParts(const Account& account, store::VaultPartTable& table, Ask ask)
      : account_(account), table_(table), ask_(std::move(ask)) {}

  // Begins to look at a vault of the server: a part that it lacked may be there again.
  void begin_look() { lost_.clear(); }
  // Returns the hashes of the head's parts that are to be asked for: not here, and not lost.
  Result<std::vector<Bytes>> missing(const e2e::VaultHead& head) const;
  // Takes the server's answer to a request for `asked`. Parts that the server looked up and did not have are lost.
  // Ignores parts that were not asked for. Fails with kLocalDisk.
  Result<> take(const std::vector<Bytes>& asked, const v1::VaultParts& answer);
  // Parts that are lost or damaged.
  struct Lost {
    size_t parts = 0;
    bool contacts = false;  // decisions about contacts are among them
  };
  // Joins the head's parts with `out`. Fails with kLocalDisk.
  Result<Lost> open(const e2e::VaultHead& head, e2e::VaultContent& out);
  // Notes that the server showed this head, and has its parts; nullptr: a vault of one box.
  void shown(const e2e::VaultHead* head);
  // Makes this head the profile's: its parts stay on disk, others go. nullptr: a vault of one box.
  Result<> adopt(const e2e::VaultHead* head);

  // Plans to store `content`. Returns the head. Fails with kTooLarge, kMalformed or kLocalDisk.
  Result<e2e::VaultHead> plan(const e2e::VaultContent& content);
  // Returns true when the planned head differs from the server's in more than the version, or parts are to be put.
  bool changes(e2e::VaultHead head) const;
  struct Vault {
    uint64_t version = 0;
    Bytes box;
    std::optional<e2e::VaultHead> head{};  // of the last plan(); nullopt: a vault of one box
  };
  // Gets the code of the answer: kOk when the vault is stored.
  using Done = std::function<void(const Vault&, Code)>;
  // Stores a vault at the worker, one at a time: the parts that the server lacks, as many in a frame as fit, and then
  // the head by compare-and-swap. The server keeps parts that no head names for an hour, so an interruption leaves the
  // vault as it was.
  void upload(Vault vault, Done done);
  // Notes that the server lacks a part that it had: all are put again. Returns false when all were put again already.
  bool doubt();

  // Returns the head that the server has, under another version. A change of the password seals it anew.
  std::optional<e2e::VaultHead> server_head() const { return server_; }

 private:
  using Made = std::tuple<uint32_t, uint32_t, Bytes>;  // kind, bucket, hash of the values

  void put_parts();
  void put_head();
  void end(Code code);
  Result<v1::PutVaultParts> next_put();
  void add_unknown(const std::optional<e2e::VaultHead>& from, e2e::VaultHead& to) const;
  Result<Bytes> box_of(const Bytes& hash) const;

  const Account& account_;
  store::VaultPartTable& table_;
  const Ask ask_;
  std::optional<e2e::VaultHead> head_;    // of the profile
  std::optional<e2e::VaultHead> server_;  // as last shown or stored
  std::map<Made, e2e::VaultPartEntry> made_;
  std::map<Bytes, Bytes> fresh_;  // boxes that are not on disk, by hash
  std::set<Bytes> there_;         // parts that the server has
  bool doubts_ = false;           // all parts are put again, since the server lacked one
  std::set<Bytes> lost_;          // parts that the server should have and does not
  std::vector<Bytes> to_put_;     // parts of the plan that the server lacks
  size_t putting_ = 0;            // of these, in the frame under way
  Vault vault_;                   // being stored
  Done done_;
};

}  // namespace fastchat::client
