#include "client/account/vault_budget.h"

#include <algorithm>
#include <tuple>

#include "client/e2e/limits.h"
#include "client/e2e/seal.h"

namespace fastchat::client {
namespace {

namespace pb = v1::content;

// Bytes of the tag and the length of an item.
constexpr size_t kItem = 6;
constexpr size_t kNumbers = 32;  // the vault's own fields

// Keeps the first items that fit into `room` bytes, in their order. Returns the number of removed items.
template <class Items>
size_t keep_what_fits(Items& items, size_t& room) {
  int kept = 0;
  for (int i = 0; i < items.size(); ++i) {
    const size_t size = items.Get(i).ByteSizeLong() + kItem;
    if (size > room) continue;
    room -= size;
    if (kept != i) items.SwapElements(kept, i);
    ++kept;
  }
  const int gone = items.size() - kept;
  items.DeleteSubrange(kept, gone);
  return static_cast<size_t>(gone);
}

bool by_a_person(const pb::Pin& pin) {
  return pin.trust() != pb::FIRST_CONTACT;
}

}  // namespace

size_t vault_room() {
  return e2e::kMaxVault - e2e::kSealOverhead;
}

bool may_be_cut(const e2e::VaultContent& content) {
  const size_t size = content.ByteSizeLong();
  for (VaultRoom room; !room.refused; room.shrink()) {
    if (size <= room.bytes && size > room.bytes / 10 * 9) return true;
  }
  return false;
}

LeftOut fit_vault(e2e::VaultContent& content, size_t room) {
  if (content.ByteSizeLong() <= room) return {};
  room -= std::min(room, kNumbers);
  // Decisions about people go first: without them strangers would be contacts, and blocked people strangers.
  google::protobuf::RepeatedPtrField<pb::VaultContact> judged, of_before;
  for (pb::VaultContact& contact : *content.mutable_contacts()) {
    *(contact.changed_ms() == 0 ? of_before : judged).Add() = std::move(contact);
  }
  keep_what_fits(judged, room);
  for (const pb::VaultCard& card : content.cards()) room -= std::min(room, card.ByteSizeLong() + kItem);
  google::protobuf::RepeatedPtrField<pb::Pin> first_contacts, decided;
  for (pb::Pin& pin : *content.mutable_pins()) {
    *(by_a_person(pin) ? decided : first_contacts).Add() = std::move(pin);
  }
  const auto longer_known = [](const pb::Pin& a, const pb::Pin& b) {
    return std::forward_as_tuple(-int{a.trust()}, a.since_ms(), a.user()) <
           std::forward_as_tuple(-int{b.trust()}, b.since_ms(), b.user());
  };
  std::sort(decided.begin(), decided.end(), longer_known);
  std::sort(first_contacts.begin(), first_contacts.end(), longer_known);
  LeftOut out;
  out.pins = keep_what_fits(decided, room);
  out.groups = keep_what_fits(*content.mutable_groups(), room);
  keep_what_fits(of_before, room);
  out.pins += keep_what_fits(first_contacts, room);
  keep_what_fits(*content.mutable_marks(), room);
  content.mutable_contacts()->Swap(&judged);
  content.mutable_contacts()->MergeFrom(of_before);
  content.mutable_pins()->Swap(&decided);
  content.mutable_pins()->MergeFrom(first_contacts);
  return out;
}

}  // namespace fastchat::client
