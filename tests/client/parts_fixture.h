// A device with a vault in parts, and a server of version 5 that the test plays.
#pragma once

#include <algorithm>
#include <map>
#include <utility>

#include "client/e2e/hash.h"
#include "client/vault/vault_keeper.h"
#include "common/try.h"
#include "tests/client/profile_fixture.h"

namespace fastchat::client {

// The server's side of a vault.
struct PartsServer {
  uint64_t version = 1;
  Bytes head;
  std::map<Bytes, Bytes> parts;
  std::set<Bytes> listed;
  size_t put = 0, bytes = 0;  // parts and bytes that were written
  Code refuses = Code::kOk;   // the next head
  Code refuses_parts = Code::kOk;
  size_t most = SIZE_MAX;  // bytes of the parts of a vault

  Result<v1::ServerFrame> answer(const v1::ClientFrame& asked) {
    v1::ServerFrame out;
    if (asked.has_put_vault_parts()) {
      if (refuses_parts != Code::kOk) return err(std::exchange(refuses_parts, Code::kOk), "no");
      for (const Bytes& part : asked.put_vault_parts().parts()) {
        parts[e2e::sha256(part)] = part;
        ++put;
        bytes += part.size();
      }
      out.mutable_vault_parts_stored();
    } else if (asked.has_put_vault()) {
      const v1::PutVault& vault = asked.put_vault();
      if (refuses != Code::kOk) return err(std::exchange(refuses, Code::kOk), "no");
      if (vault.version() != version + 1) return err(Code::kConflict, "another version");
      size_t sum = 0;
      for (const Bytes& hash : vault.parts()) {
        if (!parts.contains(hash)) return err(Code::kMissingPart, "not here");
        sum += parts.at(hash).size();
      }
      if (sum > most) return err(Code::kStorageFull, "too much");
      version = vault.version();
      head = vault.blob();
      listed = {vault.parts().begin(), vault.parts().end()};
      bytes += head.size();
      out.mutable_vault_stored()->set_version(version);
    } else if (asked.has_get_vault()) {
      out.mutable_vault()->set_version(version);
      out.mutable_vault()->set_blob(head);
    } else {
      *out.mutable_vault_parts() = read(asked.get_vault_parts().hashes());
    }
    return out;
  }
  // Returns at most three parts at a time.
  template <class Hashes>
  v1::VaultParts read(const Hashes& hashes) const {
    v1::VaultParts out;
    for (const Bytes& hash : hashes) {
      if (out.looked() == 3) break;
      out.set_looked(out.looked() + 1);
      if (const auto it = parts.find(hash); it != parts.end()) out.add_parts(it->second);
    }
    return out;
  }
};

class PartsFixture : public ProfileFixture {
 protected:
  PartsFixture() {
    log_in();
    server_.head = e2e::seal_vault(vault_key(), "alice", content(1)).value();
  }

  // Starts anew: books from disk, a keeper that has seen no vault yet.
  void start() {
    open();
    ASSERT_TRUE(account_->unlock_from_disk().ok());
    pins_ = std::make_unique<PinBook>(store_->pins(), realm());
    ASSERT_TRUE(pins_->load().ok());
    VaultGroups groups{[this](e2e::VaultContent& out) { *out.mutable_groups() = groups_; },
                       [this](const e2e::VaultContent& in) -> Result<bool> {
                         ++merged_;
                         return in.groups_size() < groups_.size();
                       },
                       [this](const std::string& line) { told_.push_back(line); },
                       [this] { lacks_contacts_ = waits_ = true; }, [this] { return waits_; }};
    keeper_ = std::make_unique<VaultKeeper>(
        *account_, *change_, *pins_, std::move(groups), store_->streams(), store_->account().vault_parts(),
        VaultServer{[this](v1::ClientFrame&& frame, Answer answer) {
                      asked_.emplace_back(std::move(frame), std::move(answer));
                    },
                    [this] { return worker_version_; },
                    [this](uint64_t server, uint64_t ours) { restored_.emplace_back(server, ours); }});
  }
  void end() {
    commit();
    keeper_.reset();
    pins_.reset();
  }
  // Forgets everything that this device knows, as a new device does.
  void forget() {
    start();
    begin();
    ASSERT_TRUE(
        store_->sql().script("DELETE FROM pins; DELETE FROM vault_parts; UPDATE profile SET vault_version = 0").ok());
    end();
  }
  Result<> log_in_now(bool fetches = true, bool by_password = false) {
    core::LoggedIn in;
    in.by_password = by_password;
    in.version = broker_version_;
    in.vault = server_.head;
    in.vault_version = server_.version;
    begin();
    FC_TRY(keeper_->on_logged_in(in));
    while (fetches && !keeper_->wanted_parts().empty()) {
      ++fetched_;
      FC_TRY(keeper_->on_parts(server_.read(keeper_->wanted_parts())));
    }
    return Unit{};
  }
  void learn(const std::string& user, size_t key = 1) {
    ASSERT_TRUE(pins_->learn(user, tests::test_key(key).public_key().spki(), 5).ok());
  }
  // Runs turns until the keeper asks for nothing more, and waits for no other try.
  void serve(bool closing = false) {
    for (int i = 0; i < 100; ++i) {
      now_ += 10'000;
      keeper_->turn(now_, closing);
      if (asked_.empty() && keeper_->next_wake() == INT64_MAX) return;
      while (!asked_.empty()) {
        auto [frame, answer] = std::move(asked_.front());
        asked_.erase(asked_.begin());
        Result<v1::ServerFrame> result = server_.answer(frame);
        answer(result.ok() ? Result<v1::ServerFrame*>(&*result) : Result<v1::ServerFrame*>(result.error()));
      }
    }
    FAIL() << "the keeper goes on for ever";
  }
  e2e::VaultHead head() {
    return *e2e::open_any_vault(account_->secrets().vault_key, "alice", server_.version, 0, server_.head)->head;
  }
  // Makes a vault in parts with these pins, and ends.
  void make(const std::vector<std::string>& users) {
    start();
    ASSERT_TRUE(log_in_now().ok());
    for (const std::string& user : users) learn(user);
    serve();
    ASSERT_FALSE(head().parts().empty());
    end();
  }

  PartsServer server_;
  google::protobuf::RepeatedPtrField<v1::content::VaultGroup> groups_;
  std::unique_ptr<PinBook> pins_;
  std::unique_ptr<VaultKeeper> keeper_;
  std::vector<std::pair<v1::ClientFrame, Answer>> asked_;
  std::vector<std::pair<uint64_t, uint64_t>> restored_;
  std::vector<std::string> told_;
  bool lacks_contacts_ = false, waits_ = false;
  uint32_t broker_version_ = 5, worker_version_ = 5;
  int64_t now_ = 0;
  int fetched_ = 0, merged_ = 0;
};

}  // namespace fastchat::client
