// One message as rows of the screen: time, name, wrapped text, the state of ours at the right. Pure apart from the time
// zone, which is the C library's.
#pragma once

#include <string>
#include <vector>

#include "client/session/session.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

// One dim line above an answer; null: what it answers is not at hand.
Row quote_row(const client::ChatMessage* answered, int width);

// The column in which the texts of messages begin.
int text_column(int width);
// The columns that messages take of a page `width` wide when their texts may have `text_width`; 0: no limit.
int message_width(int width, int text_width);

// Rows of at most `width` columns, at least one.
std::vector<Row> message_rows(const client::ChatMessage& message, int width);

// "Sunday, 22 November 2026", and what tells two days apart.
std::string day_name(int64_t ms);
int day_number(int64_t ms);
std::string clock_time(int64_t ms);

// "── text ──" over the whole width.
Row separator(const std::string& text, int width, Style style);

// "bob and carol are typing"; empty for nobody.
std::string typing_text(const std::vector<std::string>& who);

}  // namespace fastchat::tui
