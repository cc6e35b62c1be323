// Annotations of messages: edits, deletions and reactions, of this user and of others. Each is stored for its message,
// which may arrive later. The timeline reads the annotations. Lives on the session's thread; writes join the turn.
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

  // Stores an edit, a deletion or a reaction. `key`: the annotation's own place in its stream. A deletion removes the
  // text of its message from the disk. Returns false when the turn failed.
  bool store(const e2e::Received& received, const core::MessageKey& key);
  // Returns the send time for an annotation of this user's (Unix ms): `now`, or 1 ms after the user's previous one of
  // the same kind about the message, when a clock that was ahead sent that later. So the last annotation counts on
  // every device.
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
