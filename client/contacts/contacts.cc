#include "client/contacts/contacts.h"

#include <map>
#include <utility>

#include "common/try.h"

namespace fastchat::client {

void Contacts::verify(const std::string& user, Verified done) {
  auto tell = [this, user, done = std::move(done)](const Result<const Pin*>& found) {
    const Pin* pin = pins_.get(user);
    if (pin == nullptr) {
      done(found.ok() ? err(Code::kUnknownUser, "no key of " + user + " is known yet") : found.error());
      return;
    }
    VerifyInfo info;
    info.user = user;
    info.number = e2e::safety_number(account_.secrets().identity.fpr(), pin->key.fpr);
    info.trust = static_cast<int>(pin->trust);
    if (!pin->offered_spki.empty()) {
      info.changed = true;
      const Bytes fpr = e2e::fingerprint(account_.profile().realm, user, pin->offered_spki);
      info.changed_number = e2e::safety_number(account_.secrets().identity.fpr(), fpr);
    }
    done(info);
  };
  // Reports a known key from the loop, too: the caller may not be ready for the result yet.
  const auto later = [this, tell = std::move(tell)](const Result<const Pin*>& found) {
    turn_.before_commit([tell, found] { tell(found); });
  };
  const Pin* known = pins_.get(user);
  if (known != nullptr && server_.ended()) return later(known);
  look_ups_.resolve(user, later);
}

std::vector<ContactInfo> Contacts::all() const {
  std::map<std::string, ContactInfo> all;
  for (const auto& [user, pin] : pins_.all()) {
    all[user] = {user, to_hex(pin.key.fpr), static_cast<int>(pin.trust), !pin.offered_spki.empty(), pin.since_ms};
  }
  for (const auto& [peer, standing] : standings_.decided()) {
    if (peer.is_group()) continue;
    ContactInfo& contact = all.try_emplace(peer.user(), ContactInfo{peer.user(), "", -1}).first->second;
    contact.standing = static_cast<int>(standing);
  }
  std::vector<ContactInfo> out;
  for (auto& [user, contact] : all) out.push_back(std::move(contact));
  return out;
}

Result<> Contacts::begin() {
  turn_.wake();
  return turn_.try_begin();
}

Result<> Contacts::told(Result<> decided, const std::string& user) {
  if (decided.ok()) turn_.after_commit([this, user] { listener_.on_trust(user); });
  return decided;
}

Result<> Contacts::accept(const std::string& user) {
  FC_TRY(begin());
  return told(pins_.accept(user, turn_.wall_ms()), user);
}

Result<> Contacts::keep(const std::string& user) {
  FC_TRY(begin());
  return told(pins_.keep(user), user);
}

Result<> Contacts::mark_verified(const std::string& user) {
  FC_TRY(begin());
  return told(pins_.mark_verified(user), user);
}

}  // namespace fastchat::client
