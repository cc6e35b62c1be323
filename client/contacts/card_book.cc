#include "client/contacts/card_book.h"

#include <algorithm>
#include <tuple>

namespace fastchat::client {

void CardBook::restore(const std::vector<store::CardRow>& rows) {
  *this = CardBook();
  for (const store::CardRow& row : rows) cards_[row.hash] = {row.until_ms, row.used};
}

bool CardBook::any_open(int64_t now_ms) const {
  return std::any_of(cards_.begin(), cards_.end(),
                     [&](const auto& card) { return !card.second.used && card.second.until_ms + kNoteMs > now_ms; });
}

int64_t CardBook::first_end(int64_t now_ms) const {
  int64_t end = INT64_MAX;
  for (const auto& [hash, card] : cards_) {
    if (!card.used && card.until_ms > now_ms) end = std::min(end, card.until_ms);
  }
  return end;
}

int64_t CardBook::next_end() const {
  int64_t end = INT64_MAX;
  for (const auto& [hash, card] : cards_) end = std::min(end, card.until_ms + kNoteMs);
  return end;
}

Result<> CardBook::add(const Bytes& hash, int64_t until_ms) {
  if (cards_.size() >= kMaxKept) {
    return err(Code::kTooLarge, "you made " + std::to_string(kMaxKept) + " cards in five weeks, which is the most");
  }
  cards_[hash] = {until_ms, false};
  changed_.insert(hash);
  return Unit{};
}

bool CardBook::use(const Bytes& hash, int64_t sent_ms) {
  const auto it = cards_.find(hash);
  if (it == cards_.end() || it->second.used || it->second.until_ms <= sent_ms) return false;
  it->second.used = true;
  changed_.insert(hash);
  return true;
}

bool CardBook::forget_over(int64_t now_ms) {
  bool open_ended = false;
  std::erase_if(cards_, [&](const auto& card) {
    if (card.second.until_ms + kNoteMs > now_ms) return false;
    open_ended |= !card.second.used;
    changed_.insert(card.first);
    return true;
  });
  return open_ended;
}

void CardBook::write(e2e::VaultContent& out) const {
  out.clear_cards();
  for (const auto& [hash, card] : cards_) {
    v1::content::VaultCard& row = *out.add_cards();
    row.set_hash(hash);
    row.set_until_ms(card.until_ms);
    row.set_used(card.used);
  }
}

bool CardBook::merge(const e2e::VaultContent& in, int64_t now_ms) {
  forget_over(now_ms);
  bool ours_is_more = false;
  std::set<Bytes> theirs;
  for (const v1::content::VaultCard& card : in.cards()) {
    if (card.until_ms() + kNoteMs <= now_ms) continue;
    theirs.insert(card.hash());
    const auto [it, fresh] = cards_.try_emplace(card.hash(), Entry{card.until_ms(), card.used()});
    Entry& ours = it->second;
    ours_is_more |= (ours.used && !card.used()) || ours.until_ms > card.until_ms();
    if (!fresh && (ours.used || !card.used()) && ours.until_ms >= card.until_ms()) continue;
    ours = {std::max(ours.until_ms, card.until_ms()), ours.used || card.used()};
    changed_.insert(card.hash());
  }
  forget_surplus();
  for (const auto& [hash, card] : cards_) ours_is_more |= !theirs.contains(hash);
  return ours_is_more;
}

// Forgets used cards first, of these the ones that end first.
void CardBook::forget_surplus() {
  while (cards_.size() > kMaxKept) {
    const auto first = std::min_element(cards_.begin(), cards_.end(), [](const auto& a, const auto& b) {
      return std::tuple(!a.second.used, a.second.until_ms, a.first) <
             std::tuple(!b.second.used, b.second.until_ms, b.first);
    });
    changed_.insert(first->first);
    cards_.erase(first);
  }
}

std::vector<store::CardRow> CardBook::take_changed() {
  std::vector<store::CardRow> out;
  for (const Bytes& hash : std::exchange(changed_, {})) {
    const auto it = cards_.find(hash);
    out.push_back(it == cards_.end() ? store::CardRow{hash}
                                     : store::CardRow{hash, it->second.until_ms, it->second.used});
  }
  return out;
}

}  // namespace fastchat::client
