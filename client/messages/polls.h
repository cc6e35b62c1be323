// Polls: a question, options, and the last vote of each voter. The row of a poll has the question and the options as
// lines of text, so that a search finds them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/e2e/content.h"
#include "client/runtime/listener.h"
#include "common/result.h"

namespace fastchat::client {

// Makes a poll. Fails with kLocalUsage and one line when the question is missing or too long, when there are fewer than
// two options or more than ten, when nothing of a text can be seen, when an option is too long or repeated, or when a
// text is not UTF-8. A line break becomes a blank.
Result<e2e::Poll> make_poll(std::string_view question, const std::vector<std::string>& options);
// Parses "QUESTION | A | B", as people type a poll.
Result<e2e::Poll> parse_poll(std::string_view line);

// Return the row's text of a poll, and the poll of a row's text.
std::string poll_text(const e2e::Poll& poll);
PollView poll_of(std::string_view text);

// Replaces the voter's last vote by this one. 0, or the number of no option, is no vote.
void count_vote(PollView& poll, const std::string& voter, std::string_view choice);
// Returns the poll as people see it: the question, and a line for each option with its votes and its voters.
std::string shown_poll(const PollView& poll);

}  // namespace fastchat::client
