#include "client/login/restored_server.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "client/e2e/limits.h"

namespace fastchat::client {
namespace {

constexpr size_t kMaxNames = 12;

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (size_t i = 0; i < names.size() && i < kMaxNames; ++i) out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMaxNames) out += " and " + std::to_string(names.size() - kMaxNames) + " more";
  return out;
}

}  // namespace

void RestoredServer::on_restored(uint64_t server, uint64_t ours) {
  const std::string text = "the server's copy of your contacts and groups was older (version " +
                           std::to_string(server) + ", this device knew " + std::to_string(ours) +
                           "); this device restored the newer copy";
  if (!notices_.add_to_account(store::kKindNotice, text, Bytes(e2e::kStream, 'r'))) return;
  ask_groups();
  std::vector<std::string> names;
  for (const auto& [user, pin] : pins_.all()) names.push_back(user);
  for (size_t at = 0; at < names.size(); at += wire::kMaxNamesPerLookup) {
    const size_t end = std::min(names.size(), at + wire::kMaxNamesPerLookup);
    ask_users({names.begin() + static_cast<ptrdiff_t>(at), names.begin() + static_cast<ptrdiff_t>(end)});
  }
}

void RestoredServer::ask_users(std::vector<std::string> names) {
  v1::ClientFrame frame;
  for (const std::string& user : names) frame.mutable_get_users()->add_names(user);
  server_.ask(std::move(frame), [this, names = std::move(names)](const Result<v1::ServerFrame*>& answer) {
    if (!answer.ok() || !(*answer)->has_users()) return;
    std::set<std::string> there;
    for (const v1::User& user : (*answer)->users().users()) there.insert(user.name());
    std::vector<std::string> lost;
    std::copy_if(names.begin(), names.end(), std::back_inserter(lost),
                 [&](const std::string& user) { return !there.contains(user); });
    if (lost.empty()) return;
    notices_.add_to_account(store::kKindNotice,
                            "the restored server does not know " + listed(lost) + ": they have to sign up again",
                            Bytes(e2e::kStream, 'u'));
  });
}

// Compares the server's groups with `groups_before_`: the groups of the profile before the server was asked about any
// group.
void RestoredServer::ask_groups() {
  v1::ClientFrame frame;
  frame.mutable_list_groups();
  server_.ask(std::move(frame), [this](const Result<v1::ServerFrame*>& answer) {
    if (!answer.ok() || !(*answer)->has_groups()) return;
    std::map<Bytes, uint64_t> there;
    for (const v1::GroupSummary& g : (*answer)->groups().groups()) there[g.group_id()] = g.epoch();
    std::vector<std::string> lost, older;
    for (const GroupInfo& group : std::exchange(groups_before_, {})) {
      const auto found = there.find(group.id);
      if (!group.member) continue;
      if (found == there.end()) lost.push_back(PeerName::of_group(group.name).text());
      if (found != there.end() && found->second < group.epoch) older.push_back(PeerName::of_group(group.name).text());
    }
    const auto tell = [this](const std::string& text) {
      notices_.add_to_account(store::kKindNotice, text, Bytes(e2e::kStream, 'g'));
    };
    if (!lost.empty()) tell("the restored server does not know you as a member of " + listed(lost));
    if (!older.empty()) tell("the restored server has an older state of " + listed(older));
  });
}

}  // namespace fastchat::client
