// This user's contact cards: those that are open, and those that were used before their time. All devices of the user
// have the same cards through the vault. A used card stays in the book, so that an older vault does not open it again,
// and an open one stays for a time after its end, because a note about its use may wait for this device. Pure: no disk,
// socket or clock; times are Unix ms.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "client/e2e/limits.h"
#include "client/e2e/vault.h"
#include "client/store/card_table.h"
#include "common/result.h"

namespace fastchat::client {

class CardBook {
 public:
  // The most cards, used ones included. Beyond it the vaults of two devices lose the used ones that end first.
  static constexpr size_t kMaxKept = e2e::kMaxVaultCards;
  // The time (ms) after its end for which a card is kept: a queue keeps notes as long.
  static constexpr int64_t kNoteMs = 30 * 86'400'000LL;

  void restore(const std::vector<store::CardRow>& rows);

  // Returns true while a note about a card that is not used may come.
  bool any_open(int64_t now_ms) const;
  // Returns the earliest end of an open card; INT64_MAX without one.
  int64_t first_end(int64_t now_ms) const;
  // Returns the time at which forget_over() has work; INT64_MAX: never.
  int64_t next_end() const;

  // Adds a card by its hash (32 bytes). Fails with kTooLarge when the book is full.
  Result<> add(const Bytes& hash, int64_t until_ms);
  // Marks an open card as used, by a note that was written at `sent_ms`, before the card's end. Returns false for any
  // other hash or note.
  bool use(const Bytes& hash, int64_t sent_ms);
  // Forgets the cards of which no note comes any more. Returns true when there were open ones.
  bool forget_over(int64_t now_ms);

  // Writes nothing while there is no card: clients of earlier versions refuse a vault with cards.
  void write(e2e::VaultContent& out) const;
  // Merges the cards of the vault: a used card stays used. Returns true when this book has something that the vault
  // lacks.
  bool merge(const e2e::VaultContent& in, int64_t now_ms);

  // Returns, once, the rows that changed; one with the end 0 is to be deleted.
  std::vector<store::CardRow> take_changed();

 private:
  struct Entry {
    int64_t until_ms = 0;
    bool used = false;
  };
  void forget_surplus();

  std::map<Bytes, Entry> cards_;  // by hash
  std::set<Bytes> changed_;
};

}  // namespace fastchat::client
