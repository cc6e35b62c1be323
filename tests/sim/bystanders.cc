#include "tests/sim/bystanders.h"

#include <algorithm>

#include "client/session/people.h"
#include "tests/support/test_keys.h"

namespace fastchat::sim {
namespace {

constexpr int kBystanders = 3;

}  // namespace

void Bystanders::sign_up() {
  for (int i = 0; i < kBystanders; ++i) {
    const std::string name = "bystander" + std::to_string(i);
    const Bytes key = tests::test_key(static_cast<size_t>(i)).public_key().spki();
    log_.sign_up({name, key, {}, {}, {}, {}}, db_);  // no password opens the account
    names_.push_back(name);
  }
}

std::string Bystanders::difference(SessionNode& client) const {
  client::People& people = client.session().people();
  const auto& account = db_.users.at(db_.uid_by_name.at(client.user()));
  const std::string who = client.name() + " and the database disagree about ";
  if (static_cast<int64_t>(people.strangers()) != account.strangers) return who + "strangers";
  const auto contacts = people.contacts();
  for (const auto& [name, uid] : db_.uid_by_name) {
    if (name == client.user()) continue;
    const auto known = std::find_if(contacts.begin(), contacts.end(), [&](const auto& c) { return c.user == name; });
    const int here = known == contacts.end() ? 0 : known->standing;
    const auto there = static_cast<int>(db_.standing_of(account.uid, uid));
    if (here != there) return who + name + ": " + std::to_string(here) + " and " + std::to_string(there);
  }
  return {};
}

}  // namespace fastchat::sim
