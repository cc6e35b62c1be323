// Annotations of messages: edits, deletions and reactions, of this user and of others. Each is kept for its message,
// which may still be to come. The timeline reads them. Lives on the session's thread; writes join the turn.
#pragma once

#include "client/core/types.h"
#include "client/e2e/message.h"
#include "client/messages/timeline.h"
#include "client/search/search.h"
#include "client/store/annotation_table.h"
#include "client/store/message_table.h"

namespace fastchat::client {

class Annotations {
 public:
  Annotations(Turn& turn, store::AnnotationTable& annotations, store::MessageTable& messages, const Account& account,
              Search& search, Timeline& timeline)
      : turn_(turn),
        annotations_(annotations),
        messages_(messages),
        account_(account),
        search_(search),
        timeline_(timeline) {}

  // Keeps an edit, a deletion or a reaction; `key`: its own place in its stream. A deletion takes the text of its
  // message off the disk. False when the turn failed.
  bool store(const e2e::Received& received, const core::MessageKey& key);
  // When an annotation of this user's may be sent (Unix ms): `now`, unless the one before it was sent later by a clock
  // that was ahead. So that the last one counts for everybody.
  int64_t time_of_next(const e2e::Content& content, int64_t now) const;

 private:
  Turn& turn_;
  store::AnnotationTable& annotations_;
  store::MessageTable& messages_;
  const Account& account_;
  Search& search_;
  Timeline& timeline_;
};

}  // namespace fastchat::client
