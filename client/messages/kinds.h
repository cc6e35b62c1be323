// The table of message kinds: the properties of each kind in one row. A kind's number is that of content.proto, or one
// of the store's own from 100 on. CONTRIBUTING.md, "A new kind of message", begins here. Pure.
#pragma once

#include <optional>
#include <string>

#include "client/e2e/content.h"
#include "client/runtime/listener.h"

namespace fastchat::client {

struct KindRow {
  int number = 0;
  MessageKind shown = MessageKind::kOther;  // client::name(shown) is the kind's name in JSON
  // A kind that people write. Its messages have an id, are searched, may be answered, deleted and reacted to, and count
  // as unread. The store's statements test the same by number (FC_CONTENT).
  bool content = false;
  bool edited = false;  // an Edit may replace the text
  bool voted = false;   // accepts Votes
};

// Returns the row of a kind; a row with MessageKind::kOther for a number that this version does not know.
const KindRow& kind_row(int number);
// Returns the number of a kind of content.
int kind_number(const e2e::Content& content);

// Returns true when an annotation (an Edit, a Delete, a Reaction, a Vote) may annotate a message of this kind.
bool annotates(const e2e::Content& annotation, const KindRow& of);

// Returns the row's text of this content; nullopt for content without a row.
std::optional<std::string> row_text(const e2e::Content& content);
// Returns the answered message; null when the content answers none.
const e2e::MessageId* reply_of(const e2e::Content& content);

}  // namespace fastchat::client
