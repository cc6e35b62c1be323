// The broker's side of MemoryDb. Any number of stores may share one database, on one thread.
#pragma once

#include <string>

#include "broker/core/store.h"
#include "tests/support/memory_db.h"

namespace fastchat::test {

class MemoryBrokerStore : public broker::Store {
 public:
  explicit MemoryBrokerStore(MemoryDb& db) : db_(db) {}

  Result<> sign_up(const broker::NewUser& user) override;
  Result<broker::LoginRow> login_row(const std::string& user) override;
  Result<broker::Entered> enter_device(const broker::EnterDevice& device) override;
  Result<> adopt_queue(int64_t uid, int64_t did) override;
  Result<> create_invite(const Bytes& token_hash, int uses, int64_t expires_s) override;
  Result<> claim_realm(const Bytes& mine) override;

 private:
  void adopt_others(const MemoryDb::Device& device);
  void empty_mailbox(int64_t uid);

  MemoryDb& db_;
};

}  // namespace fastchat::test
