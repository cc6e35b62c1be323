#include "tests/sim/false_keys.h"

#include <utility>
#include <vector>

#include "client/e2e/message.h"
#include "client/e2e/safety_number.h"
#include "common/wire.h"
#include "proto/client.pb.h"
#include "tests/support/test_keys.h"

namespace fastchat::sim {
namespace {

const Bytes kRealmOfAll(16, 'r');

std::string user_of(const std::string& device) {
  return device.substr(0, device.find('/'));
}

e2e::KeyPair fresh_pair(size_t number) {
  return e2e::KeyPair::from_own_pkcs8(tests::test_key_pkcs8(number)).value();
}

}  // namespace

// Returns the next pair of the pool behind the owner's.
const FalseKeys::Key* FalseKeys::key_of(const std::string& name) {
  const auto known = keys_.find(name);
  if (known != keys_.end()) return &known->second;
  const auto uid = db_.uid_by_name.find(name);
  if (uid == db_.uid_by_name.end()) return nullptr;
  const Bytes& right = db_.users.at(uid->second).public_key;
  size_t number = 0;
  while (fresh_pair(number).public_key().spki() != right) ++number;
  number = (number + 1) % tests::kTestKeys;
  Key key{fresh_pair(number).public_key().spki(), {}, number};
  key.fpr = e2e::fingerprint(kRealmOfAll, name, key.spki);
  return &keys_.emplace(name, std::move(key)).first->second;
}

std::optional<std::string> FalseKeys::any_known(const std::string& device) {
  std::vector<std::string> names;
  for (const auto& [who, name] : known_) {
    if (who == device) names.push_back(name);
  }
  if (names.empty()) return std::nullopt;
  return names[world_.rng.below(names.size())];
}

void FalseKeys::begin(const std::string& name, int64_t until, bool once) {
  if (key_of(name) == nullptr) return;
  world_.trace([&] { return "the server shows another key of " + name + (once ? " once" : ""); });
  lies_[name] = {until, once};
}

Bytes FalseKeys::shown(const std::string& device, const Bytes& frame) {
  v1::ServerFrame f;
  if (lies_.empty() || !f.ParseFromString(frame) || !f.has_users()) return frame;
  bool changed = false;
  for (auto& user : *f.mutable_users()->mutable_users()) {
    const auto lie = lies_.find(user.name());
    if (lie == lies_.end() || lie->second.until < world_.now() || !known_.contains({device, user.name()})) continue;
    world_.trace([&] { return device + " is shown another key of " + user.name(); });
    told_.insert({user_of(device), user.name()});
    user.set_public_key(key_of(user.name())->spki);
    if (lie->second.once) lies_.erase(lie);
    changed = true;
  }
  return changed ? f.SerializeAsString() : frame;
}

void FalseKeys::check(const std::string& device, const Bytes& frame) const {
  for (const auto& [name, key] : keys_) {
    if (frame.find(key.fpr) == Bytes::npos || accepted_.contains({user_of(device), name})) continue;
    throw Violation("only for keys that were accepted", device + " seals for a false key of " + name);
  }
}

void FalseKeys::forge(const std::string& name, const std::string& to) {
  const Key* key = key_of(name);
  const auto uid = db_.uid_by_name.find(to);
  if (key == nullptr || uid == db_.uid_by_name.end() || name == to) return;
  world_.trace([&] { return "the server sends " + to + " a message in the name of " + name; });
  std::vector<e2e::KeyPair> pairs;
  pairs.push_back(fresh_pair(key->number));
  const e2e::Identity from(kRealmOfAll, name, std::move(pairs));
  const auto reader = e2e::peer_key(kRealmOfAll, to, db_.users.at(uid->second).public_key);
  const e2e::StreamPosition at{world_.rng.bytes(16), 1, {}};
  const auto sealed = e2e::seal_message(from, *reader, at, e2e::Text{forged_text()}, 1'790'000'000'000);
  test::MemoryDb::Body body;
  body.mid = ++db_.last_mid;
  body.from_uid = db_.uid_by_name.at(name);
  body.to_uid = uid->second;
  body.stream = at.stream;
  body.seq = 1;
  body.envelope = sealed->envelope;
  body.stored_ms = db_.now_ms;
  db_.mid_by_identity[{body.from_uid, body.stream, body.seq}] = body.mid;
  for (const int64_t did : db_.devices_of(uid->second)) db_.queue[{did, body.mid}] = true;
  db_.bodies[body.mid] = std::move(body);
  told_.insert({to, name});
}

void FalseKeys::trusts(const std::string& user, const std::string& name, const std::string& digits) {
  if (trusted_.try_emplace({user, name}, digits).first->second != digits)
    throw Violation("all devices trust the same key", "devices of " + user + " have different keys of " + name);
}

bool FalseKeys::right(const client::VerifyInfo& info, const std::string& user) const {
  const auto fpr = [this](const std::string& name) {
    return e2e::fingerprint(kRealmOfAll, name, db_.users.at(db_.uid_by_name.at(name)).public_key);
  };
  return info.changed_number.digits == e2e::safety_number(fpr(user), fpr(info.user)).digits;
}

}  // namespace fastchat::sim
