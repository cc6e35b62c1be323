#include "common/wire_contacts.h"

#include <algorithm>

#include "common/names.h"
#include "common/wire.h"

namespace fastchat::wire {
namespace {

// Returns true for one user with a name in its grammar, or one group, which nobody blocks.
bool is_contact(const v1::Contact& c) {
  if (c.group().empty()) return valid_user_name(c.user());
  return c.user().empty() && c.group().size() == kGroupId && c.standing() != v1::BLOCKED;
}

bool ascends(const v1::Contact& before, const v1::Contact& c) {
  if (!before.group().empty()) return !c.group().empty() && before.group() < c.group();
  return !c.group().empty() || before.user() < c.user();
}

template <class List>
bool are_contacts(const List& contacts, size_t most) {
  if (static_cast<size_t>(contacts.size()) > most) return false;
  for (int i = 0; i < contacts.size(); ++i) {
    if (!is_contact(contacts[i]) || (i > 0 && !ascends(contacts[i - 1], contacts[i]))) return false;
  }
  return true;
}

}  // namespace

bool fits(const v1::PutContacts& m) {
  return are_contacts(m.contacts(), kMaxContactChanges);
}

bool fits(const v1::Contacts& m) {
  const auto& list = m.contacts();
  return m.strangers() != v1::STRANGERS_NOT_SET && are_contacts(list, kMaxContactsPerPage) &&
         std::all_of(list.begin(), list.end(), [](const v1::Contact& c) { return c.standing() != v1::NONE; });
}

bool fits(const v1::GetContacts& m) {
  if (m.after_group().empty()) return m.after().empty() || valid_user_name(m.after());
  return m.after().empty() && m.after_group().size() == kGroupId;
}

bool fits(const v1::PutCard& m) {
  return m.token_hash().size() == kCardHash && m.until_ms() > 0;
}

bool fits(const v1::RedeemCard& m) {
  return !m.user().empty() && m.user().size() <= kMaxLabel && m.token().size() == kCardToken;
}

}  // namespace fastchat::wire
