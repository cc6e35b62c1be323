#include "tests/sim/typed_passwords.h"

#include <algorithm>

#include "client/e2e/identity.h"
#include "client/e2e/password_for_tests.h"
#include "client/e2e/vault.h"

namespace fastchat::sim {
namespace {

constexpr char kFirst[] = "tulip harbour kestrel 4921";
const Bytes kRealm(16, 'r');

// Checks that the database has each part that the head names, and that it opens.
void check_parts(const test::MemoryDb& db, const test::MemoryDb::User& account, const e2e::VaultHead& head) {
  for (const e2e::VaultPartEntry& entry : head.parts()) {
    const auto part = db.vault_parts.find({account.uid, entry.hash()});
    if (part == db.vault_parts.end() || !part->second.listed)
      throw Violation("a vault has its parts", "one of " + account.name + " is not there");
    if (!e2e::open_vault_part(account.name, entry, part->second.part).ok())
      throw Violation("a vault has its parts", "one of " + account.name + " does not open");
  }
}

}  // namespace

Result<e2e::PasswordKeys> TypedPasswords::derive(std::string_view password, ByteView realm, std::string_view user) {
  return e2e::derive_password_with_memory_for_tests(password, realm, user, 8192);
}

std::string TypedPasswords::of(const std::string& user) const {
  const auto uid = db_.uid_by_name.find(user);
  if (uid == db_.uid_by_name.end()) return kFirst;
  const auto password = drawn_.find({user, db_.users.at(uid->second).verifier});
  return password == drawn_.end() ? kFirst : password->second;
}

std::string TypedPasswords::draw(const std::string& user) {
  std::string password = "kestrel harbour tulip " + std::to_string(1'000 + drawn_.size());
  drawn_[{user, e2e::password_verifier(derive(password, kRealm, user)->auth)}] = password;
  return password;
}

void TypedPasswords::asks(int device, const std::string& password) {
  typed(device, password);
  asked_[device].push_back(password);
}

bool TypedPasswords::replaced(int device, const std::string& user) const {
  const auto asked = asked_.find(device);
  if (asked == asked_.end()) return false;
  return std::find(asked->second.begin(), asked->second.end() - 1, of(user)) != asked->second.end() - 1;
}

void TypedPasswords::told(const std::string& user, const std::string& password) const {
  if (!servers_.made(derive(password, kRealm, user)->auth.view()))
    throw Violation("told means changed", user + " has the password it had");
}

void TypedPasswords::check_live(int device, const std::string& user) const {
  const auto typed = typed_.find(device);
  if (typed == typed_.end() || !typed->second.contains(of(user)))
    throw Violation("a change ends sessions",
                    "device " + std::to_string(device) + " is live, and nobody typed the password that holds there");
}

void TypedPasswords::check_accounts() const {
  for (const auto& [uid, account] : db_.users) {
    if (account.verifier.empty()) continue;  // nobody signed this account up
    const auto keys = derive(of(account.name), kRealm, account.name);
    if (e2e::password_verifier(keys->auth) != account.verifier)
      throw Violation("the password opens the account", account.name + " has a verifier of no password");
    const auto identity = e2e::open_identity(keys->wrap, kRealm, account.name, account.identity_blob);
    if (!identity.ok())
      throw Violation("the password opens the account",
                      "not the keys of " + account.name + ": " + identity.error().text);
    const auto version = static_cast<uint64_t>(account.vault_version);
    const auto vault = e2e::open_any_vault(identity->vault_key, account.name, version, 0, account.vault);
    if (!vault.ok()) throw Violation("the password opens the account", "not the vault of " + account.name);
    if (vault->head) check_parts(db_, account, *vault->head);
  }
}

}  // namespace fastchat::sim
