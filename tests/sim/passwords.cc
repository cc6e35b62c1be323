#include "tests/sim/passwords.h"

#include "common/hash.h"

namespace fastchat::sim {
namespace {

using namespace std::string_view_literals;

Bytes first_auth() {
  return Bytes(32, 'a');
}

std::string words(int64_t did, uint64_t epoch) {
  return "did " + std::to_string(did) + " has a session of epoch " + std::to_string(epoch) + ", from before the change";
}

}  // namespace

Bytes Passwords::verifier_of(ByteView auth) {
  return sha256({"FastChat/1/verifier\0"sv, auth});
}

Bytes Passwords::auth_of(const std::string& user) const {
  const auto uid = db_.uid_by_name.find(user);
  if (uid == db_.uid_by_name.end()) return first_auth();
  const auto auth = auths_.find(db_.users.at(uid->second).verifier);
  return auth == auths_.end() ? first_auth() : auth->second;
}

Bytes Passwords::draw() {
  const Bytes auth = sha256({"password "sv, std::to_string(++drawn_)});
  auths_[verifier_of(auth)] = auth;
  return auth;
}

int Passwords::changes(const std::string& user) const {
  const auto it = changes_.find(user);
  return it == changes_.end() ? 0 : it->second;
}

bool Passwords::needed(const std::string& user, const Bytes& device) const {
  const auto uid = db_.uid_by_name.find(user);
  if (uid == db_.uid_by_name.end()) return false;
  const auto did = db_.did_by_device.find({uid->second, device});
  return did != db_.did_by_device.end() && db_.devices.at(did->second).secret_hash.empty();
}

std::optional<Passwords::Before> Passwords::look(const broker::StoreRequest& request) const {
  const auto* change = std::get_if<broker::NewPassword>(&request.body);
  if (change == nullptr) return std::nullopt;
  const auto& user = db_.users.at(change->uid);
  Before before{change->uid, user.verifier, user.identity_blob, {}};
  for (const int64_t did : db_.devices_of(change->uid)) {
    if (const auto& d = db_.devices.at(did); d.device != change->device) before.others.push_back(d);
  }
  return before;
}

void Passwords::judge(const broker::StoreRequest& request, const broker::StoreReply& reply,
                      const std::optional<Before>& before) {
  if (!reply.body.ok()) return;
  if (const auto* stored = std::get_if<broker::PasswordStored>(&*reply.body); stored != nullptr) {
    if (stored->code == Code::kOk) changed(std::get<broker::NewPassword>(request.body), *before);
  } else if (const auto* in = std::get_if<broker::LoggedInDevice>(&*reply.body); in != nullptr) {
    if (in->code == Code::kOk) logged_in(std::get<broker::LogInDevice>(request.body));
  }
}

// The same change again ends nothing: devices that logged in since did so with the new password.
void Passwords::changed(const broker::NewPassword& change, const Before& before) {
  if (before.verifier == change.verifier) return;
  const std::string& user = db_.users.at(change.uid).name;
  world_.trace(
      [&] { return user + " has another password, " + std::to_string(before.others.size()) + " devices end"; });
  ++changes_[user];
  made_.insert(change.verifier);
  ended_verifiers_.emplace(change.uid, before.verifier);
  for (const auto& d : before.others) {
    if (!d.secret_hash.empty()) ended_hashes_.insert(d.secret_hash);
    ended_[d.did] = {static_cast<uint64_t>(d.session_epoch) + 1, world_.now()};
  }
}

void Passwords::logged_in(const broker::LogInDevice& log_in) {
  if (!log_in.held_hash.empty()) {
    if (ended_hashes_.contains(log_in.held_hash))
      throw Violation("an old secret never again", log_in.device_name + " is let in by a secret that a change ended");
    return;
  }
  if (ended_verifiers_.contains({log_in.uid, log_in.verifier}))
    throw Violation("an old password never again", log_in.device_name + " is let in by a password that was changed");
  // The secret was drawn by an interrupted login, and this login showed it with the new password.
  ended_hashes_.erase(log_in.secret_hash);
}

void Passwords::attached(int64_t did, uint64_t epoch) const {
  const auto it = ended_.find(did);
  if (it == ended_.end() || epoch >= it->second.good_from) return;
  if (world_.now() - it->second.at > kGrantUs + knobs_.max_freeze)
    throw Violation("a change ends sessions", words(did, epoch));
}

void Passwords::check_session(int64_t did, uint64_t epoch) const {
  const auto it = ended_.find(did);
  if (it != ended_.end() && epoch < it->second.good_from) throw Violation("a change ends sessions", words(did, epoch));
}

}  // namespace fastchat::sim
