// One message as rows of the screen: time, name, wrapped text, and at the right the state of an own message. Pure apart
// from the time zone, which comes from the C library.
#pragma once

#include <string>
#include <vector>

#include "client/session/session.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

// Returns the dim line above an answer. `answered`: the answered message; null: not in memory.
Row quote_row(const client::ChatMessage* answered, int width);

// Returns the column in which the texts of messages begin.
int text_column(int width);
// Returns the columns that messages take on a page of `width` columns. `text_width`: columns of their texts at most; 0:
// no limit.
int message_width(int width, int text_width);

// Returns the rows of a message, at least one, of at most `width` columns. `bare`: text alone, without margins and
// states.
std::vector<Row> message_rows(const client::ChatMessage& message, int width, bool bare = false);

// Returns "Sunday, 22 November 2026". day_number() returns a different number for each day. Both take Unix ms.
std::string day_name(int64_t ms);
int day_number(int64_t ms);
std::string clock_time(int64_t ms);

// Returns "── text ──" over the whole width.
Row separator(const std::string& text, int width, Style style);

// Returns "bob and carol are typing"; empty for nobody.
std::string typing_text(const std::vector<std::string>& who);

}  // namespace fastchat::tui
