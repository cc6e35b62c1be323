// Polls: a question, options, and everybody's last vote. The row of a poll has the question and the options as lines of
// text, so that a search finds them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/e2e/content.h"
#include "client/runtime/listener.h"
#include "common/result.h"

namespace fastchat::client {

// kLocalUsage, with one line: a question is missing or too long, there are fewer than two options or more than ten, one
// is empty, too long or there twice, or something is not UTF-8. A line break becomes a blank.
Result<e2e::Poll> make_poll(std::string_view question, const std::vector<std::string>& options);
// "QUESTION | A | B", as people type it.
Result<e2e::Poll> parse_poll(std::string_view line);

// The row's text, and back from it.
std::string poll_text(const e2e::Poll& poll);
PollView poll_of(std::string_view text);

// Takes this vote in place of the voter's last one; 0, or the number of no option, is none.
void count_vote(PollView& poll, const std::string& voter, std::string_view choice);
// As people see it: the question, and a line for each option with its votes and who gave them.
std::string shown_poll(const PollView& poll);

}  // namespace fastchat::client
