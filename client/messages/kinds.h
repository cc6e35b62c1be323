// The table of message kinds: everything that a conversation has to know of one, in a row each. A kind's number is that
// of content.proto, or one of the store's own from 100 on. CONTRIBUTING.md, "A new kind of message", begins here. Pure.
#pragma once

#include <optional>
#include <string>

#include "client/e2e/content.h"
#include "client/runtime/listener.h"

namespace fastchat::client {

struct KindRow {
  int number = 0;
  MessageKind shown = MessageKind::kOther;  // its name (client::name) is that of JSON
  // People wrote it: it has an id, is searched, may be answered, deleted and reacted to, and counts as unread. The
  // store's statements ask the same by number (FC_CONTENT).
  bool content = false;
  bool edited = false;  // its text may be replaced by an Edit
  bool voted = false;   // it takes Votes
};

// The row of a kind; for a number that this version does not know, one of MessageKind::kOther.
const KindRow& kind_row(int number);
// The number of a kind of content.
int kind_number(const e2e::Content& content);

// Whether an annotation (an Edit, a Delete, a Reaction, a Vote) may be of a message of this kind.
bool annotates(const e2e::Content& annotation, const KindRow& of);

// The text of the row that content of these kinds makes; nullopt for what has no row.
std::optional<std::string> row_text(const e2e::Content& content);
// The message it answers; null when it answers none.
const e2e::MessageId* reply_of(const e2e::Content& content);

}  // namespace fastchat::client
