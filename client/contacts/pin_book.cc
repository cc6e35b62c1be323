#include "client/contacts/pin_book.h"

#include <algorithm>
#include <utility>

#include "client/account/vault_budget.h"
#include "client/e2e/rekey.h"
#include "common/try.h"

namespace fastchat::client {

Result<> PinBook::load() {
  Result<std::vector<store::PinRow>> rows = pins_table_.all();
  if (!rows.ok()) return rows.error();
  pins_.clear();
  ++generation_;
  for (const store::PinRow& row : *rows) {
    Result<e2e::PeerKey> key = e2e::peer_key(realm_, row.user, row.spki);
    if (!key.ok()) return err(Code::kLocalDisk, "the local database is damaged: the pinned key of " + row.user);
    pins_.insert_or_assign(row.user, Pin{std::move(*key), static_cast<Trust>(row.trust), row.since_ms,
                                         row.rekey_counter, row.offered_spki, row.refused_fpr});
  }
  return former_.load(realm_);
}

const e2e::PeerKey* PinBook::former(std::string_view user, ByteView fpr) const {
  return former_.find(user, fpr);
}

bool PinBook::same_line(std::string_view user, ByteView a, ByteView b) const {
  const Pin* pin = get(user);
  const auto of_user = [&](ByteView fpr) { return (pin != nullptr && pin->key.fpr == fpr) || former_.had(user, fpr); };
  return a == b || (of_user(a) && of_user(b));
}

Result<> PinBook::retire(const e2e::PeerKey& key, int64_t now_ms) {
  return former_.add(key, now_ms + FormerKeys::kCountsMs);
}

Result<bool> PinBook::follow(std::string_view user, ByteView first_spki, const std::vector<Bytes>& rekeys,
                             int64_t now_ms) {
  const auto it = pins_.find(user);
  if (it == pins_.end()) return false;
  const Pin& pin = it->second;
  const Result<std::vector<e2e::PeerKey>> line = e2e::follow_rekeys(realm_, user, first_spki, rekeys);
  if (!line.ok()) return line.error();
  const auto here =
      std::find_if(line->begin(), line->end(), [&](const e2e::PeerKey& key) { return key.fpr == pin.key.fpr; });
  if (here == line->end()) return false;
  // Each key signed, too, that the key before is its user's. Another device may have followed these changes. A message
  // under such a key is still on its way only when the pin is new, or when a key before it still counts here. Otherwise
  // a thief of an old key would begin the day of this key with a message of his own.
  int64_t until_ms = pin.since_ms + FormerKeys::kCountsMs;
  for (auto before = line->begin(); before != here; ++before) {
    if (former_.find(user, before->fpr) != nullptr) until_ms = std::max(until_ms, now_ms + FormerKeys::kCountsMs);
    if (!former_.had(user, before->fpr)) FC_TRY(former_.add(*before, until_ms > now_ms ? until_ms : 0));
  }
  if (here + 1 == line->end()) {
    if (pin.rekey_counter >= rekeys.size()) return false;
    Pin counted = pin;  // otherwise the vault of a device that is behind would win
    counted.rekey_counter = rekeys.size();
    dirty_ = true;
    FC_TRY(put(std::string(user), counted));
    return false;
  }
  for (auto before = here; before + 1 != line->end(); ++before) {
    FC_TRY(retire(*before, now_ms));
  }
  dirty_ = true;
  FC_TRY(put(std::string(user), Pin{line->back(), Trust::kAccepted, now_ms, rekeys.size(), {}, {}}));
  return true;
}

const Pin* PinBook::get(std::string_view user) const {
  auto it = pins_.find(user);
  return it == pins_.end() ? nullptr : &it->second;
}

e2e::Pinned PinBook::find(std::string_view user) const {
  const Pin* pin = get(user);
  if (pin == nullptr) return {};
  return {&pin->key, fresh_.contains(user)};
}

Result<> PinBook::put(const std::string& user, const Pin& pin) {
  ++generation_;
  pins_.insert_or_assign(user, pin);
  return pins_table_.put({user, pin.key.fpr, pin.key.key.spki(), static_cast<int>(pin.trust), pin.since_ms,
                          pin.rekey_counter, pin.offered_spki, pin.refused_fpr});
}

Result<PinBook::Learnt> PinBook::learn(std::string_view user, ByteView spki, int64_t now_ms) {
  Result<e2e::PeerKey> key = e2e::peer_key(realm_, user, spki);
  if (!key.ok()) return key.error();
  const std::string name(user);
  auto it = pins_.find(user);
  if (it == pins_.end()) {
    dirty_ = true;
    fresh_.insert(name);
    FC_TRY(put(name, Pin{std::move(*key), Trust::kFirstContact, now_ms, 0, {}, {}}));
    return Learnt::kFirstContact;
  }
  Pin pin = it->second;
  // An earlier key of the line comes from a server that was restored from a backup. Nothing is sealed for that key.
  const bool same = pin.key.fpr == key->fpr, refused = pin.refused_fpr == key->fpr || former_.had(user, key->fpr);
  const Bytes offered = same || refused ? Bytes() : Bytes(spki);
  const bool had_offer = !pin.offered_spki.empty();
  if (pin.offered_spki != offered) {
    pin.offered_spki = offered;
    dirty_ = true;
    FC_TRY(put(name, pin));
  }
  if (!offered.empty()) return Learnt::kChanged;
  return had_offer && same ? Learnt::kRestored : Learnt::kKnown;
}

Result<> PinBook::keep(std::string_view user) {
  auto it = pins_.find(user);
  if (it == pins_.end()) return err(Code::kUnknownUser, "no key of " + std::string(user) + " is known yet");
  Pin pin = it->second;
  if (pin.offered_spki.empty()) return err(Code::kNotAllowed, "the key of " + std::string(user) + " did not change");
  Result<e2e::PeerKey> key = e2e::peer_key(realm_, user, pin.offered_spki);
  if (!key.ok()) return key.error();
  pin.refused_fpr = key->fpr;
  pin.offered_spki.clear();
  dirty_ = true;
  return put(std::string(user), pin);
}

Result<> PinBook::accept(std::string_view user, int64_t now_ms) {
  auto it = pins_.find(user);
  if (it == pins_.end()) return err(Code::kUnknownUser, "no key of " + std::string(user) + " is known yet");
  Pin pin = it->second;
  if (pin.offered_spki.empty()) return err(Code::kNotAllowed, "the key of " + std::string(user) + " did not change");
  Result<e2e::PeerKey> key = e2e::peer_key(realm_, user, pin.offered_spki);
  if (!key.ok()) return key.error();
  dirty_ = true;
  return put(std::string(user), Pin{std::move(*key), Trust::kAccepted, now_ms, pin.rekey_counter, {}, {}});
}

Result<> PinBook::mark_verified(std::string_view user) {
  auto it = pins_.find(user);
  if (it == pins_.end()) return err(Code::kUnknownUser, "no key of " + std::string(user) + " is known yet");
  Pin pin = it->second;
  pin.trust = Trust::kVerified;
  dirty_ = true;
  return put(std::string(user), pin);
}

void PinBook::write(e2e::VaultContent& out) const {
  out.clear_pins();
  for (const auto& [user, pin] : pins_) {
    v1::content::Pin& p = *out.add_pins();
    p.set_user(user);
    p.set_fpr(pin.key.fpr);
    p.set_spki(pin.key.key.spki());
    p.set_trust(static_cast<v1::content::Trust>(pin.trust));
    p.set_since_ms(pin.since_ms);
    p.set_rekey_counter(pin.rekey_counter);
    p.set_offered_spki(pin.offered_spki);
  }
}

Result<bool> PinBook::merge(const e2e::VaultContent& in) {
  bool ours_is_more = false;
  std::set<std::string_view> theirs;
  for (const auto& pin : in.pins()) {
    theirs.insert(pin.user());
    FC_TRY(merge_one(pin, ours_is_more));
  }
  // A vault that was cut has no room for more pins, so a missing first contact is no difference to report.
  const bool full = may_be_cut(in);
  for (const auto& [user, pin] : pins_) {
    ours_is_more |= !theirs.contains(user) && !(full && pin.trust == Trust::kFirstContact);
  }
  return ours_is_more;
}

// Merges one pin of the vault. Another device of this user sealed the vault, so its pins count as much as ours. A
// decision of the person (accepted, verified) wins over a first contact. Of two decisions the later wins. Two first
// contacts with different keys are a changed key. Each device learns offers from the server itself, so the vault brings
// back no offer from a device that has not learnt yet that the offer is gone.
Result<> PinBook::merge_one(const v1::content::Pin& theirs, bool& ours_is_more) {
  auto it = pins_.find(theirs.user());
  // A vault has thousands of keys, nearly all of them known.
  const bool known = it != pins_.end() && it->second.key.key.spki() == theirs.spki();
  Result<e2e::PeerKey> key =
      known ? Result<e2e::PeerKey>(it->second.key) : e2e::peer_key(realm_, theirs.user(), theirs.spki());
  if (!key.ok()) return err(Code::kLocalCrypto, "the vault holds an invalid key of " + theirs.user());
  const Pin other{std::move(*key),       static_cast<Trust>(theirs.trust()),
                  theirs.since_ms(),     theirs.rekey_counter(),
                  theirs.offered_spki(), {}};
  if (it == pins_.end()) {
    Pin taken = other;
    taken.offered_spki.clear();
    return put(theirs.user(), taken);
  }
  const Pin ours = it->second;
  Pin merged = ours;
  if (ours.key.fpr == other.key.fpr) {
    merged.trust = std::max(ours.trust, other.trust);
    merged.since_ms = std::min(ours.since_ms, other.since_ms);
    merged.rekey_counter = std::max(ours.rekey_counter, other.rekey_counter);
  } else {
    const bool newer = other.rekey_counter > ours.rekey_counter, older = other.rekey_counter < ours.rekey_counter;
    const bool we_decided = ours.trust != Trust::kFirstContact, they_decided = other.trust != Trust::kFirstContact;
    if (newer || (!older && they_decided && (!we_decided || other.since_ms > ours.since_ms))) {
      merged = other;
      merged.offered_spki.clear();
      if (newer) {
        moved_.push_back(theirs.user());
        FC_TRY(former_.retire(ours.key));
      }
    } else if (!older && !we_decided) {
      merged.offered_spki = other.key.key.spki();
    }
  }
  ours_is_more |=
      merged.key.fpr != other.key.fpr || merged.trust != other.trust || merged.rekey_counter != other.rekey_counter;
  if (merged.key.fpr == ours.key.fpr && merged.trust == ours.trust && merged.since_ms == ours.since_ms &&
      merged.rekey_counter == ours.rekey_counter && merged.offered_spki == ours.offered_spki) {
    return Unit{};
  }
  return put(theirs.user(), merged);
}

}  // namespace fastchat::client
