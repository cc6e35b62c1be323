#include "client/runtime_account.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/limits.h"
#include "client/e2e/random.h"
#include "client/e2e/seal.h"

namespace fastchat::client {
namespace {

using e2e::Secret;

Bytes unlock_context(ByteView realm, ByteView user) {
  return e2e::concat({e2e::label("unlock"), e2e::lp(realm), e2e::lp(user)});
}

Error disk(const std::string& what) {
  return err(Code::kLocalDisk, what + ": " + std::strerror(errno));
}

Result<Secret> read_key(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return disk("cannot read " + path + " (log in again to make a new one)");
  struct stat info {};
  Secret key(e2e::kKey);
  const bool safe = fstat(fd, &info) == 0 && (info.st_mode & 077) == 0;
  const ssize_t n = read(fd, key.data(), key.size());
  close(fd);
  if (!safe)
    return err(Code::kLocalDisk, path + " may be read by others: chmod 600 it, and log in again if they could");
  if (n != static_cast<ssize_t>(e2e::kKey)) return err(Code::kLocalDisk, path + " is damaged: log in again");
  return key;
}

// Written whole under another name first: a crash leaves the old key or the new one.
Result<> write_key(const std::string& path, ByteView key) {
  const std::string part = path + ".new";
  const int fd = open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return disk("cannot write " + part);
  const bool written =
      fchmod(fd, 0600) == 0 && write(fd, key.data(), key.size()) == static_cast<ssize_t>(key.size()) && fsync(fd) == 0;
  close(fd);
  if (!written || rename(part.c_str(), path.c_str()) != 0) {
    const Error e = disk("cannot write " + path);
    unlink(part.c_str());
    return e;
  }
  return Unit{};
}

// The next L(x) of `in`, which moves on; nullopt when it does not fit.
std::optional<ByteView> next_lp(ByteView& in) {
  if (in.size() < 4) return std::nullopt;
  const size_t size = get_u32(in.data());
  if (in.size() - 4 < size) return std::nullopt;
  const ByteView out = in.substr(4, size);
  in.remove_prefix(4 + size);
  return out;
}

}  // namespace

Result<> Account::load() {
  Result<std::optional<store::Profile>> p = store_.profile();
  if (!p.ok()) return p.error();
  profile_ = std::move(*p);
  return Unit{};
}

Result<Bytes> Account::seal_unlock(ByteView key) const {
  Bytes plain = e2e::concat({e2e::lp(unlocked_->auth.view()), e2e::lp(unlocked_->vault_key.view())});
  for (const e2e::KeyPair& pair : unlocked_->identity.keys()) {
    const Secret der = pair.pkcs8();
    e2e::put_lp(plain, der.view());
  }
  const Secret secret = Secret::take(plain);
  return e2e::seal(key, unlock_context(profile_->realm, profile_->user), secret.view());
}

Result<> Account::unlock_from_disk() {
  const Error damaged = err(Code::kLocalCrypto, "the stored secrets do not open: log in again");
  Result<Secret> key = read_key(key_path());
  if (!key.ok()) return key.error();
  Result<Secret> plain = e2e::open(key->view(), unlock_context(profile_->realm, profile_->user), profile_->unlock);
  if (!plain.ok()) return damaged;
  ByteView rest = plain->view();
  const auto auth = next_lp(rest), vault_key = next_lp(rest);
  if (!auth || !vault_key) return damaged;
  std::vector<e2e::KeyPair> pairs;
  while (!rest.empty()) {
    const auto der = next_lp(rest);
    if (!der) return damaged;
    Result<e2e::KeyPair> pair = e2e::KeyPair::from_pkcs8(*der);
    if (!pair.ok()) return damaged;
    pairs.push_back(std::move(*pair));
  }
  if (pairs.empty()) return damaged;
  Secret vault = Secret::copy_of(*vault_key);
  Secret local = e2e::local_key(vault);
  unlocked_.emplace(Unlocked{Secret::copy_of(*auth), std::move(vault), std::move(local),
                             e2e::Identity(profile_->realm, profile_->user, std::move(pairs))});
  if (unlocked_->identity.fpr() != profile_->fpr) {
    unlocked_.reset();
    return damaged;
  }
  return Unit{};
}

Result<> Account::unlock_with(const e2e::PasswordKeys& keys) {
  Result<e2e::OpenedIdentity> opened =
      e2e::open_identity(keys.wrap, profile_->realm, profile_->user, profile_->identity_blob);
  if (!opened.ok()) return err(Code::kBadCredentials, "wrong password");
  Secret local = e2e::local_key(opened->vault_key);
  unlocked_.emplace(
      Unlocked{keys.auth.clone(), std::move(opened->vault_key), std::move(local), std::move(opened->identity)});
  return Unit{};
}

Result<> Account::adopt(const Fresh& fresh, const Bytes& device, const e2e::PasswordKeys& keys,
                        const core::LoggedIn& in) {
  Result<e2e::OpenedIdentity> opened = e2e::open_identity(keys.wrap, fresh.realm, fresh.user, in.identity_blob);
  if (!opened.ok()) return opened.error();
  if (profile_ && profile_->fpr != opened->identity.fpr()) {
    return err(Code::kLocalUntrustedKey, "the server shows another identity than this profile has: do not go on");
  }
  Secret local = e2e::local_key(opened->vault_key);
  unlocked_.emplace(
      Unlocked{keys.auth.clone(), std::move(opened->vault_key), std::move(local), std::move(opened->identity)});
  store::Profile p;
  if (profile_) p = *profile_;
  p.realm = fresh.realm;
  p.broker_key = fresh.broker_key;
  p.endpoints = fresh.endpoints;
  p.user = fresh.user;
  p.device = device;
  p.device_name = fresh.device_name;
  p.fpr = unlocked_->identity.fpr();
  p.identity_blob = in.identity_blob;
  profile_ = std::move(p);
  profile_->unlock.clear();
  if (fresh.remember) {
    const Secret key = e2e::system_random().secret(e2e::kKey);
    if (auto written = write_key(key_path(), key.view()); !written.ok()) return written;
    Result<Bytes> box = seal_unlock(key.view());
    if (!box.ok()) return box.error();
    profile_->unlock = std::move(*box);
  } else {
    unlink(key_path().c_str());
  }
  return store_.put_profile(*profile_);
}

Result<> Account::check_blob(ByteView blob) {
  // docs/e2e.md: the blob begins with the fingerprint in clear; opening it needs the password, comparing does not.
  if (blob.substr(0, e2e::kHash) == profile_->fpr) return Unit{};
  return err(Code::kLocalUntrustedKey, "the server shows another identity for you: log in again to check it");
}

Result<> Account::put_vault(uint64_t version, ByteView box) {
  profile_->vault_version = version;
  profile_->vault = Bytes(box);
  return store_.put_vault(version, box);
}

Result<> Account::add_endpoint(const std::string& endpoint) {
  auto& all = profile_->endpoints;
  const auto known = std::find(all.begin(), all.end(), endpoint);
  if (known == all.begin() && !all.empty()) return Unit{};
  if (known != all.end()) all.erase(known);
  all.insert(all.begin(), endpoint);
  return store_.put_profile(*profile_);
}

void Account::forget() {
  unlocked_.reset();
  if (!load().ok()) profile_.reset();
}

Result<> Account::log_out() {
  if (unlink(key_path().c_str()) != 0 && errno != ENOENT) return disk("cannot remove " + key_path());
  unlocked_.reset();
  profile_->unlock.clear();
  return store_.forget_unlock();
}

}  // namespace fastchat::client
