#include "tests/sim/key_log_rules.h"

#include <iterator>
#include <utility>

#include "tests/support/memory_broker_store.h"

namespace fastchat::sim {
namespace {

constexpr std::string_view kOneLeaf = "one leaf", kOneLog = "one log";

[[noreturn]] void fail(std::string_view rule, const std::string& text) {
  throw Violation(std::string(rule).c_str(), text);
}

std::string text_of(const std::string& user, uint64_t counter) {
  return user + "'s key after " + std::to_string(counter) + " changes";
}

}  // namespace

broker::LogSigner KeyLogRules::signer() {
  static const broker::LogSigner kSigner(Bytes(16, 'r'), log_key_of(Bytes(32, 's')).value());
  return kSigner;
}

void KeyLogRules::logged(const std::string& user, const Bytes& public_key, uint64_t counter) {
  const Bytes fpr = signer().fingerprint({user, public_key, counter});
  size_t found = 0;
  const auto mine = db_.log.by_user.find(user);
  if (mine == db_.log.by_user.end()) fail(kOneLeaf, user + " has none");
  for (const uint64_t index : mine->second) {
    const auto& leaf = db_.log.leaves.at(index);
    if (leaf.counter == counter && leaf.fpr == fpr) ++found;
  }
  if (found != 1) fail(kOneLeaf, text_of(user, counter) + " has " + std::to_string(found));
  const Newest& before = newest_[user];
  if (before.counter <= counter) newest_[user] = {fpr, counter};
}

void KeyLogRules::judge(const broker::StoreRequest& request, const broker::StoreReply& reply) {
  if (!reply.body.ok()) return;
  if (const auto* user = std::get_if<broker::NewUser>(&request.body)) {
    logged(user->name, user->public_key, 0);
  } else if (const auto* change = std::get_if<broker::NewPassword>(&request.body)) {
    const bool ok = std::get<broker::PasswordStored>(*reply.body).code == Code::kOk;
    if (!ok || change->key.public_key.empty()) return;
    logged(db_.users.at(change->uid).name, change->key.public_key, static_cast<uint64_t>(change->key.number));
  } else if (const auto* gone = std::get_if<broker::DeleteUser>(&request.body)) {
    if (std::get<broker::UserDeleted>(*reply.body).code != Code::kOk) return;
    const std::string& name = db_.users.at(gone->uid).name;
    const auto& newest = db_.log.leaves.at(db_.log.by_user.at(name).back());
    if (!newest.fpr.empty()) fail(kOneLeaf, name + " was deleted, and a key is the newest leaf");
    logged(name, {}, newest.counter);
  }
}

void KeyLogRules::sign_up(const broker::NewUser& user, test::MemoryDb& db) {
  test::MemoryBrokerStore store(db, 3, signer());
  const broker::StoreRequest request{1, user};
  judge(request, broker::execute(store, request));
}

void KeyLogRules::newcomer(Rng& rng, test::MemoryDb& db) {
  test::MemoryBrokerStore store(db, 3, signer());
  const auto run = [&](decltype(broker::StoreRequest::body) body) {
    const broker::StoreRequest request{1, std::move(body)};
    const auto reply = broker::execute(store, request);
    judge(request, reply);
  };
  const Bytes verifier(32, 'v'), device(16, 'd');
  const int who = static_cast<int>(rng.below(static_cast<uint64_t>(newcomers_) + 2));
  if (who >= newcomers_) {
    const std::string name = "newcomer-" + std::to_string(newcomers_++);
    run(broker::NewUser{name, "key 0", "blob", "vault", verifier, {}});
    (void)store.log_in_device({store.login_row(name, device)->uid, device, "", verifier});
    return;
  }
  const std::string name = "newcomer-" + std::to_string(who);
  const int64_t uid = db.uid_by_name.at(name);
  int& changes = changes_[who];
  if (changes < 0) return;
  if (rng.chance(200)) {
    changes = -1;
    return run(broker::DeleteUser{uid, device, verifier});
  }
  ++changes;
  broker::NewPassword change{uid, device, verifier, verifier, "blob " + std::to_string(changes), "vault", changes + 1};
  change.key = {"key " + std::to_string(changes), {"change"}, changes};
  run(std::move(change));
}

uint64_t KeyLogRules::size_of(int device) const {
  const auto it = sizes_.find(device);
  return it == sizes_.end() ? 0 : it->second;
}

void KeyLogRules::seen(int device, uint64_t from, const v1::LogGrowth& growth) {
  const std::string who = "device " + std::to_string(device) + " was shown a head that ";
  const LogHead head{growth.head().size(), growth.head().root(), growth.head().ms(), growth.head().signature()};
  if (!verify_log_head(signer().public_key(), Bytes(16, 'r'), head)) fail(kOneLog, who + "nobody signed");
  uint64_t& size = sizes_[device];
  if (head.size < size) fail(kOneLog, who + "went back");
  size = head.size;
  const auto [at, first] = roots_.emplace(head.size, head.root);
  if (!first && at->second != head.root) fail(kOneLog, who + "is another one than that of its size");
  if (growth.paths_size() != 1) fail(kOneLog, who + "has no proof");
  const merkle::Path path(growth.paths(0).hashes().begin(), growth.paths(0).hashes().end());
  const Bytes before = from == 0 ? merkle::empty_root() : roots_.at(from);
  if (!merkle::verify_consistency(from, before, head.size, head.root, path)) fail(kOneLog, who + "forks");
}

void KeyLogRules::check_end() const {
  merkle::Frontier tree;
  std::map<std::string, Newest> newest;
  for (const auto& leaf : db_.log.leaves) {
    tree.append(merkle::key_leaf_hash(leaf.user, leaf.fpr, leaf.counter, leaf.ms));
    const auto [at, first] = newest.emplace(leaf.user, Newest{leaf.fpr, leaf.counter});
    if (first) continue;
    if (leaf.counter <= at->second.counter) fail(kOneLeaf, text_of(leaf.user, leaf.counter) + " comes again or late");
    at->second = {leaf.fpr, leaf.counter};
  }
  if (tree.root() != db_.log.head.root || tree.size() != db_.log.head.size)
    fail(kOneLog, "the root is not the leaves'");
  for (const auto& [user, known] : newest_) {
    const auto found = newest.find(user);
    if (found == newest.end() || found->second.fpr != known.fpr) fail(kOneLeaf, user + "'s newest leaf is another one");
  }
  for (const auto& [user, leaf] : newest) {
    if (!newest_.contains(user)) fail(kOneLeaf, user + " has a leaf that nothing made");
  }
}

}  // namespace fastchat::sim
