#include "client/tui/pages/search_page.h"

#include <algorithm>
#include <ctime>

#include "client/e2e/sanitise.h"
#include "client/e2e/unicode.h"
#include "client/messages/action.h"
#include "client/search/query.h"
#include "client/search/text_fold.h"
#include "client/tui/pages/hints.h"
#include "client/tui/pages/message_lines.h"
#include "client/tui/terminal/text.h"
#include "common/clock.h"

namespace fastchat::tui {
namespace {

constexpr size_t kMaxFound = 200;

constexpr int kTimeFrom = 60;  // minimum columns for the time of day in a result

// Returns "2026-01-31" or "2026-01-31 14:05".
std::string date_text(int64_t ms, bool with_time) {
  const time_t seconds = ms / 1000;
  tm local{};
  localtime_r(&seconds, &local);
  char out[32];
  return {out, std::strftime(out, sizeof out, with_time ? "%Y-%m-%d %H:%M" : "%Y-%m-%d", &local)};
}

}  // namespace

SearchPage::SearchPage(Screen& screen, Conversations& conversations, MessageSearch& search, const std::string& words)
    : screen_(screen), conversations_(conversations), search_(search) {
  words_.set(words);
  if (!words.empty()) start();
}

void SearchPage::start() {
  searched_ = words_.text();
  const std::vector<std::string> words = client::search_words(searched_);
  const auto query = client::parse_search(words, Clock::wall_ms());
  wrong_ = query.ok() ? "" : query.error().text;
  wanted_ = query.ok() ? query->texts : std::vector<std::string>();
  found_.clear();
  at_ = 0;
  context_.clear();
  searching_ = !words.empty() && query.ok();
  searching_ ? search_.start(words, kMaxFound) : search_.stop();
}

void SearchPage::hear(const Event& event) {
  const auto* found = std::get_if<SearchFound>(&event);
  if (found == nullptr) return;
  if (found->first) {
    // A window may hear of an earlier search after it began this one.
    found_.clear();
    context_.clear();
    at_ = 0;
    searching_ = true;
  }
  found_.insert(found_.end(), found->part.found.begin(), found->part.found.end());
  if (found->part.last) searching_ = false;
}

std::string SearchPage::count_text() const {
  if (searched_.empty() || !wrong_.empty()) return "";
  return std::to_string(found_.size()) + (found_.size() == kMaxFound ? "+" : "") + " found" +
         (searching_ ? " ..." : "");
}

// Returns the row of a result, with the first found word in sight and marked.
Row SearchPage::row_of(const client::ChatMessage& m, int width, bool here) const {
  const std::string text = e2e::sanitise_as_line(client::shown_text(m));
  const std::string where = date_text(m.sent_ms, width >= kTimeFrom) + " " + m.peer.text() +
                            (m.mine                    ? " me"
                             : m.peer.text() == m.from ? ""
                                                       : " " + m.from) +
                            ": ";
  Row out = {{(here ? "> " : "  ") + where, here ? Style::kSelected : Style::kDim}};
  const int room = std::max(8, width - width_of(out));
  const auto found = client::find_folded(text, wanted_.empty() ? "" : e2e::folded(wanted_[0]));
  size_t from = 0;
  int before = found ? width_of(std::string_view(text).substr(0, found->begin)) : 0;
  while (found && from < found->begin && before > room / 2) {
    const size_t next = next_character(text, from);
    before -= width_of(std::string_view(text).substr(from, next - from));
    from = next;
  }
  const std::string shown = clip(std::string_view(text).substr(from), room);
  if (!found || found->end - from > shown.size()) {
    out.push_back({shown});
    return out;
  }
  const size_t begin = found->begin - from, end = found->end - from;
  out.push_back({shown.substr(0, begin)});
  out.push_back({shown.substr(begin, end - begin), Style::kMark});
  out.push_back({shown.substr(end)});
  return out;
}

void SearchPage::draw(Frame& frame) {
  draw_title(frame, "Search", count_text());
  const std::string label = " Words: ";
  const auto shown = words_.show(frame.width - width_of(label) - 1);
  frame.put(1, label, Style::kBold);
  frame.put(1, shown.text);
  frame.cursor_row = 1;
  frame.cursor_column = width_of(label) + shown.cursor;
  const int context_room = frame.height >= 18 && !found_.empty() ? 5 : 0;
  const size_t room = static_cast<size_t>(std::max(1, frame.height - 5 - context_room));
  const size_t from = at_ >= room ? at_ + 1 - room : 0;
  for (size_t i = from; i < found_.size() && i < from + room; ++i) {
    frame.put(static_cast<int>(3 + i - from), row_of(found_[i], frame.width, i == at_));
  }
  if (found_.empty()) draw_empty(frame);
  if (context_room > 0) draw_context(frame, context_room);
  draw_line_hint(frame, hint::kSearch);
}

// Draws the page without a result: the operators, the mistake in the query, or the fact that there is no result.
void SearchPage::draw_empty(Frame& frame) const {
  int y = 3;
  if (searched_.empty()) {
    for (const char* text : {"from:NAME  from:me  in:NAME  in:#group", "before:2026-01-31  after:2026-01-31",
                             "has:file  has:link  \"words in this order\""}) {
      frame.put(y++, clip(std::string("  ") + text, frame.width), Style::kDim);
    }
    return;
  }
  if (wrong_.empty()) {
    const bool words = !wanted_.empty();
    return frame.put(y,
                     searching_ ? "  Searching ..."
                     : words    ? "  No message contains all of these words."
                                : "  There is no such message.",
                     Style::kDim);
  }
  for (const std::string& text : wrap(wrong_, std::max(8, frame.width - 4))) frame.put(y++, "  " + text, Style::kBad);
}

void SearchPage::draw_context(Frame& frame, int room) {
  if (context_.empty() || context_of_ != at_) {
    const auto& m = found_[at_];
    context_ = conversations_.history(m.peer, 2, m.position + 1);
    for (auto& next : conversations_.history_after(m.peer, 2, m.position)) context_.push_back(std::move(next));
    context_of_ = at_;
  }
  int y = frame.height - 2 - room;
  frame.put(y++, separator("context", frame.width, Style::kDay));
  for (const auto& m : context_) {
    if (y < frame.height - 2) frame.put(y++, message_rows(m, frame.width)[0]);
  }
}

void SearchPage::press(const Key& key) {
  if (key.kind == KeyKind::kEscape) return screen_.back();
  if (move_in_list(key, found_.size(), at_, in_list())) return;
  if (key.kind == KeyKind::kEnter) {
    if (words_.text() != searched_) return start();
    if (at_ < found_.size()) screen_.chat(found_[at_].peer, found_[at_].position);
  } else {
    words_.press(key);
  }
}

}  // namespace fastchat::tui
