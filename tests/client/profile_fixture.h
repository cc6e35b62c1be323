// A profile's folder and its Account on a disk of the test's own, and the server's side of a login as plain values.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "client/account/account.h"
#include "client/account/device_secrets.h"
#include "client/account/stored_password_change.h"
#include "client/e2e/password_for_tests.h"
#include "client/e2e/seal.h"
#include "client/runtime/loop_machine.h"
#include "tests/support/test_keys.h"

namespace fastchat::client {

class ProfileFixture : public ::testing::Test {
 protected:
  ProfileFixture() {
    std::string path = (std::filesystem::temp_directory_path() / "fastchat-profile-XXXXXX").string();
    FC_CHECK(mkdtemp(path.data()) != nullptr);
    root_ = path;
    open();
  }
  ~ProfileFixture() override {
    account_.reset();
    store_.reset();
    std::filesystem::remove_all(root_);
  }

  // Opens the profile as a new process does: uncommitted changes are gone.
  void open() {
    account_.reset();
    store_.reset();
    auto store = store::Store::open((root_ / "profile").string());
    FC_CHECK(store.ok());
    store_ = std::move(*store);
    account_ = std::make_unique<Account>(*store_);
    device_secrets_ = std::make_unique<DeviceSecrets>(store_->account(), *account_);
    change_ = std::make_unique<StoredPasswordChange>(store_->account(), *account_);
    ASSERT_TRUE(account_->load().ok());
  }
  void commit() {
    ASSERT_TRUE(store_->commit().ok());
    account_->committed();
  }
  void begin() { ASSERT_TRUE(store_->begin().ok()); }

  static const Bytes& realm() {
    static const Bytes kRealm(16, 'r');
    return kRealm;
  }
  static e2e::PasswordKeys keys(const char* password) {
    auto r = e2e::derive_password_with_memory_for_tests(password, realm(), "alice", 8192);
    FC_CHECK(r.ok());
    return std::move(*r);
  }
  static e2e::Secret vault_key(char c = 'v') { return e2e::Secret::copy_of(Bytes(32, c)); }
  static e2e::VaultContent content(uint64_t version) {
    e2e::VaultContent out;
    out.set_version(version);
    return out;
  }
  static core::LoggedIn answer(const char* password = "right", char key = 'v', uint64_t version = 1,
                               size_t identity = 0) {
    const e2e::Identity me(realm(), "alice", {tests::test_key(identity)});
    core::LoggedIn in;
    in.identity_blob = e2e::seal_identity(keys(password).wrap, me, vault_key(key));
    in.vault = e2e::seal_vault(vault_key(key), "alice", content(version)).value();
    in.vault_version = version;
    in.by_password = true;
    return in;
  }
  // As above, for alice who changed the key from test key 0 to test key 1.
  static core::LoggedIn answer_of_changed() {
    core::LoggedIn in = answer();
    const e2e::Identity me(realm(), "alice", {tests::test_key(1), tests::test_key(0)});
    in.identity_blob = e2e::seal_identity(keys("right").wrap, me, vault_key());
    return in;
  }
  static Account::Fresh fresh(bool remember = true) {
    return {realm(), Bytes(32, 'k'), {"tcp://a:1"}, "alice", "desk", remember};
  }
  // Logs in by password at a server of version 2; returns the secret that the device drew.
  Bytes log_in(const char* password = "right", char key = 'v', bool remember = true) {
    begin();
    auto attempt = device_secrets_->begin_log_in(fresh(remember), keys(password));
    FC_CHECK(attempt.ok());
    commit();
    core::LoggedIn in = answer(password, key);
    in.secret = Bytes(attempt->secret.view());
    begin();
    const auto adopted = account_->adopt(fresh(remember), attempt->device, keys(password), in);
    FC_CHECK(adopted.ok());
    FC_CHECK(account_->put_vault(in.vault_version, in.vault).ok());
    commit();
    return in.secret;
  }
  bool has(const char* name) const { return std::filesystem::exists(root_ / "profile" / name); }
  // Returns all bytes of the folder's files.
  Bytes folder() const {
    Bytes out;
    for (const auto& entry : std::filesystem::directory_iterator(root_ / "profile")) {
      std::ifstream file(entry.path(), std::ios::binary);
      out.append(std::istreambuf_iterator<char>(file), {});
    }
    return out;
  }

  std::filesystem::path root_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Account> account_;
  std::unique_ptr<DeviceSecrets> device_secrets_;
  std::unique_ptr<StoredPasswordChange> change_;
};

}  // namespace fastchat::client
