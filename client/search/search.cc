#include "client/search/search.h"

#include <algorithm>
#include <utility>

#include "client/search/query.h"
#include "proto/content.pb.h"

namespace fastchat::client {
namespace {

constexpr int64_t kSlice = 8'000;           // us of a search in one turn of the loop
constexpr int64_t kBoxesSlice = 4'000;      // us of making boxes in one turn, which nobody waits for
constexpr int64_t kBoxesPause = 25'000;     // us between two turns that make boxes
constexpr int64_t kFirstPause = 1'000'000;  // us; a command that ends before makes no box

// Calls `step` at least once, until it returns false or `us` microseconds have passed.
template <class Step>
void for_a_while(const Machine& machine, int64_t us, Step step) {
  const int64_t end = machine.monotonic_us() + us;
  while (step() && machine.monotonic_us() < end) {
  }
}

}  // namespace

Search::~Search() {
  machine_.cancel(timer_);
  machine_.cancel(boxes_timer_);
}

Result<SearchPages*> Search::pages() {
  if (!account_.unlocked()) return err(Code::kLocalUsage, "the profile is locked");
  if (!pages_) {
    auto pages = std::make_unique<SearchPages>(
        store_, [this] { return account_.box(); },
        [this](int64_t id) -> Result<std::string> {
          auto row = store_.messages().get(id);
          if (!row.ok()) return row.error();
          return row->has_value() ? view_(**row).text : std::string();
        });
    if (auto r = pages->load(); !r.ok()) return r.error();
    pages_ = std::move(pages);
  }
  return pages_.get();
}

Result<MessageSearch::Wanted> Search::wanted(const std::vector<std::string>& words) const {
  auto query = parse_search(words, turn_.wall_ms());
  if (!query.ok()) return query.error();
  MessageSearch::Wanted out{query->texts, {}, query->link};
  if (!query->in.empty()) {
    const store::ConversationId in = stored_(query->in);
    if (in.empty()) return err(Code::kLocalUsage, "You have no group " + query->in.text() + ".");
    out.filter.conversation = in.stored();
  }
  out.filter.from = query->from;
  out.filter.mine = query->mine;
  out.filter.kind = query->file ? v1::content::FILE : 0;
  out.filter.from_ms = query->from_ms;
  out.filter.until_ms = query->until_ms;
  return out;
}

void Search::rolled_back(const Error&) {
  if (pages_) (void)pages_->load();
}

bool Search::forget(const store::Message& row) {
  auto pages = this->pages();
  return turn_.check(pages) && turn_.check((*pages)->forget(row.position));
}

Result<std::vector<ChatMessage>> Search::find(const std::vector<std::string>& words, size_t limit) {
  auto pages = this->pages();
  if (!pages.ok()) return pages.error();
  auto wanted = this->wanted(words);
  if (!wanted.ok()) return wanted.error();
  MessageSearch search(**pages, *wanted);
  std::vector<int64_t> positions;
  for (bool more = true; more && positions.size() < limit;) {
    Result<bool> step = search.step(positions);
    if (!turn_.check(step)) return step.error();
    more = *step;
  }
  turn_.wake();
  positions.resize(std::min(positions.size(), limit));
  std::reverse(positions.begin(), positions.end());
  return views_at(positions);
}

Result<std::vector<ChatMessage>> Search::views_at(const std::vector<int64_t>& positions) const {
  std::vector<ChatMessage> out;
  for (const int64_t position : positions) {
    auto row = store_.messages().at(position);
    if (!row.ok()) return row.error();
    if (!row->has_value()) continue;
    // A filter alone passes a deleted message, which has nothing to show.
    if (ChatMessage message = view_(**row); !message.deleted) out.push_back(std::move(message));
  }
  return out;
}

void Search::start(const std::vector<std::string>& words, size_t limit, Told told, uint64_t searcher) {
  stop(searcher);
  auto pages = this->pages();
  auto wanted = this->wanted(words);
  if (!pages.ok() || !wanted.ok()) {
    turn_.before_commit([told = std::move(told), e = pages.ok() ? wanted.error() : pages.error()] { told(e); });
    return;
  }
  under_way_.emplace(searcher, UnderWay{MessageSearch(**pages, *wanted), limit, std::move(told)});
  slice_soon();
}

void Search::stop(uint64_t searcher) {
  under_way_.erase(searcher);
  if (under_way_.empty()) machine_.cancel(std::exchange(timer_, 0));
}

void Search::slice_soon() {
  if (timer_ != 0) return;
  timer_ = machine_.at(machine_.monotonic_us(), [this] {
    timer_ = 0;
    slice();
  });
}

void Search::slice() {
  if (!account_.unlocked()) return under_way_.clear();
  auto next = under_way_.upper_bound(last_);
  if (next == under_way_.end()) next = under_way_.begin();
  last_ = next->first;
  UnderWay& search = next->second;
  std::vector<int64_t> positions;
  SearchPart part;
  std::optional<Error> failed;
  for_a_while(machine_, kSlice, [&] {
    Result<bool> more = search.search.step(positions);
    if (!more.ok()) failed = more.error();
    part.last = !more.ok() || !*more || positions.size() >= search.left;
    return !part.last;
  });
  positions.resize(std::min(positions.size(), search.left));
  search.left -= positions.size();
  auto found = views_at(positions);
  if (!found.ok()) failed = found.error();
  const Told told = search.told;  // a copy, because the call may end this search
  if (failed || part.last) under_way_.erase(next);
  if (!under_way_.empty()) slice_soon();
  if (failed) {
    turn_.check(Result<>(*failed));
    return told(*failed);
  }
  part.found = std::move(*found);
  if (part.last || !part.found.empty()) told(std::move(part));
}

void Search::idle() {
  if (boxes_timer_ != 0 || boxes_failed_ || !account_.unlocked()) return;
  const bool first = pages_ == nullptr;
  auto pages = this->pages();
  Result<bool> behind = pages.ok() ? (*pages)->behind() : Result<bool>(pages.error());
  if (!behind.ok()) boxes_failed_ = true;
  if (!behind.ok() || !*behind) return;
  boxes_timer_ = machine_.at(machine_.monotonic_us() + (first ? kFirstPause : kBoxesPause), [this] {
    boxes_timer_ = 0;
    make_boxes();
  });
}

// Makes boxes for a slice of time. A disk error only makes later searches slower. The next start of the program tries
// again.
void Search::make_boxes() {
  auto pages = this->pages();
  if (!pages.ok()) return;
  for_a_while(machine_, kBoxesSlice, [&] {
    Result<> made = (*pages)->make_next();
    if (!made.ok()) boxes_failed_ = true;
    turn_.check(made);
    Result<bool> behind = (*pages)->behind();
    return made.ok() && behind.ok() && *behind;
  });
}

}  // namespace fastchat::client
