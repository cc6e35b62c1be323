#include "client/messages/polls.h"

#include <algorithm>
#include <charconv>

#include "client/e2e/limits.h"
#include "client/e2e/sanitise.h"

namespace fastchat::client {
namespace {

std::string trimmed(std::string_view text) {
  const std::string line = e2e::sanitise_line(text);
  const size_t first = line.find_first_not_of(' ');
  return first == std::string::npos ? "" : line.substr(first, line.find_last_not_of(' ') - first + 1);
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> out;
  for (size_t begin = 0, end; begin <= text.size(); begin = end + 1) {
    end = std::min(text.find(at, begin), text.size());
    out.emplace_back(text.substr(begin, end - begin));
  }
  return out;
}

Error usage(std::string text) {
  return err(Code::kLocalUsage, std::move(text));
}

}  // namespace

Result<e2e::Poll> make_poll(std::string_view question, const std::vector<std::string>& options) {
  e2e::Poll out;
  if (!valid_utf8(question)) return usage("the question is not UTF-8 text");
  out.question = trimmed(question);
  if (!e2e::shows_something(out.question)) return usage("a poll needs a question");
  if (out.question.size() > e2e::kMaxPollQuestion) return usage("the question is too long: at most 1024 bytes fit");
  if (options.size() < e2e::kMinPollOptions) return usage("a poll needs two options or more");
  if (options.size() > e2e::kMaxPollOptions) return usage("a poll has at most ten options");
  for (const std::string& option : options) {
    if (!valid_utf8(option)) return usage("an option is not UTF-8 text");
    std::string line = trimmed(option);
    if (!e2e::shows_something(line)) return usage("an option is empty");
    if (line.size() > e2e::kMaxPollOption) return usage("an option is too long: at most 256 bytes fit");
    if (std::find(out.options.begin(), out.options.end(), line) != out.options.end()) {
      return usage("two options are the same: " + line);
    }
    out.options.push_back(std::move(line));
  }
  return out;
}

Result<e2e::Poll> parse_poll(std::string_view line) {
  std::vector<std::string> parts = split(line, '|');
  const std::string question = std::move(parts.front());
  parts.erase(parts.begin());
  return make_poll(question, parts);
}

std::string poll_text(const e2e::Poll& poll) {
  std::string out = e2e::sanitise_line(poll.question);
  for (const std::string& option : poll.options) out += "\n" + e2e::sanitise_line(option);
  return out;
}

PollView poll_of(std::string_view text) {
  PollView out;
  std::vector<std::string> lines = split(text, '\n');
  out.question = std::move(lines.front());
  for (size_t i = 1; i < lines.size(); ++i) out.options.push_back({std::move(lines[i]), {}});
  return out;
}

void count_vote(PollView& poll, const std::string& voter, std::string_view choice) {
  for (PollOption& option : poll.options) std::erase(option.voters, voter);
  size_t number = 0;
  std::from_chars(choice.data(), choice.data() + choice.size(), number);
  if (number == 0 || number > poll.options.size()) return;
  std::vector<std::string>& voters = poll.options[number - 1].voters;
  voters.insert(std::upper_bound(voters.begin(), voters.end(), voter), voter);
}

std::string shown_poll(const PollView& poll) {
  std::string out = poll.question;
  for (size_t i = 0; i < poll.options.size(); ++i) {
    const PollOption& option = poll.options[i];
    out += "\n" + std::to_string(i + 1) + ". " + option.text;
    if (option.voters.empty()) continue;
    out += "  [" + std::to_string(option.voters.size()) + ": ";
    for (size_t v = 0; v < option.voters.size(); ++v) out += (v == 0 ? "" : ", ") + option.voters[v];
    out += "]";
  }
  return out;
}

}  // namespace fastchat::client
