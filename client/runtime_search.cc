// The searches of a session, and what makes them fast: slices between which the screen draws and the network is heard.
#include <algorithm>
#include <utility>

#include "client/runtime_impl.h"
#include "common/clock.h"

namespace fastchat::client {
namespace {

constexpr int64_t kSearchSlice = 8'000;          // us in one turn of the loop
constexpr int64_t kIndexSlice = 4'000;           // the same, for what nobody waits for
constexpr int64_t kIndexPause = 25'000;          // us between two of those
constexpr int64_t kIndexFirstPause = 1'000'000;  // a command that is over by then does nothing of it

// One page at least, more while there is time.
template <class Step>
void for_a_while(int64_t us, Step step) {
  const int64_t end = Clock::monotonic_us() + us;
  while (step() && Clock::monotonic_us() < end) {
  }
}

}  // namespace

Result<SearchPages*> Session::Impl::search_pages() {
  if (!account_.unlocked()) return err(Code::kLocalUsage, "the profile is locked");
  if (!search_pages_) {
    auto pages = std::make_unique<SearchPages>(
        *store_, [this] { return account_.box(); },
        [this](int64_t id) -> Result<std::string> {
          auto row = store_->message(id);
          if (!row.ok()) return row.error();
          return row->has_value() ? view(**row).text : std::string();
        });
    if (auto r = pages->load(); !r.ok()) return r.error();
    search_pages_ = std::move(pages);
  }
  return search_pages_.get();
}

bool Session::Impl::forget_for_search(const store::Message& row) {
  auto pages = search_pages();
  return check(pages) && check((*pages)->forget(row.position));
}

Result<std::vector<ChatMessage>> Session::search(const std::vector<std::string>& words, size_t limit) {
  auto pages = impl_->search_pages();
  if (!pages.ok()) return pages.error();
  MessageSearch search(**pages, words);
  std::vector<int64_t> positions;
  for (bool more = true; more && positions.size() < limit;) {
    Result<bool> step = search.step(positions);
    if (!impl_->check(step)) return step.error();
    more = *step;
  }
  impl_->poke();
  positions.resize(std::min(positions.size(), limit));
  std::reverse(positions.begin(), positions.end());
  return impl_->views_at(positions);
}

Result<std::vector<ChatMessage>> Session::Impl::views_at(const std::vector<int64_t>& positions) const {
  std::vector<ChatMessage> out;
  for (const int64_t position : positions) {
    auto row = store_->message_at(position);
    if (!row.ok()) return row.error();
    if (row->has_value()) out.push_back(view(**row));
  }
  return out;
}

void Session::search(const std::vector<std::string>& words, size_t limit, SearchTold told) {
  stop_search();
  auto pages = impl_->search_pages();
  if (!pages.ok()) {
    impl_->soon([told = std::move(told), e = pages.error()] { told(e); });
    return;
  }
  impl_->searching_.emplace(Impl::Searching{MessageSearch(**pages, words), limit, std::move(told)});
  impl_->search_timer_ = impl_->loop_.at(Clock::monotonic_us(), [this](int64_t) { impl_->search_slice(); });
}

void Session::stop_search() {
  impl_->loop_.cancel(impl_->search_timer_);
  impl_->searching_.reset();
}

void Session::Impl::search_slice() {
  if (!account_.unlocked()) return searching_.reset();
  std::vector<int64_t> positions;
  SearchPart part;
  std::optional<Error> failed;
  for_a_while(kSearchSlice, [&] {
    Result<bool> more = searching_->search.step(positions);
    if (!more.ok()) failed = more.error();
    part.last = !more.ok() || !*more || positions.size() >= searching_->left;
    return !part.last;
  });
  positions.resize(std::min(positions.size(), searching_->left));
  searching_->left -= positions.size();
  auto found = views_at(positions);
  if (!found.ok()) failed = found.error();
  const Session::SearchTold told = searching_->told;  // which may end this search
  if (failed || part.last) {
    searching_.reset();
  } else {
    search_timer_ = loop_.at(Clock::monotonic_us(), [this](int64_t) { search_slice(); });
  }
  if (failed) {
    check(Result<>(*failed));
    return told(*failed);
  }
  part.found = std::move(*found);
  if (part.last || !part.found.empty()) told(std::move(part));
}

void Session::Impl::index_soon() {
  if (index_timer_ != 0 || index_failed_ || !account_.unlocked()) return;
  const bool first = search_pages_ == nullptr;
  auto pages = search_pages();
  Result<bool> behind = pages.ok() ? (*pages)->behind() : Result<bool>(pages.error());
  if (!behind.ok()) index_failed_ = true;
  if (!behind.ok() || !*behind) return;
  index_timer_ = loop_.at(Clock::monotonic_us() + (first ? kIndexFirstPause : kIndexPause), [this](int64_t) {
    index_timer_ = 0;
    index_slice();
  });
}

// It is no loss when the disk refuses: searches take longer. It is tried again when the program starts again.
void Session::Impl::index_slice() {
  auto pages = search_pages();
  if (!pages.ok()) return;
  for_a_while(kIndexSlice, [&] {
    Result<> made = (*pages)->make_next();
    if (!made.ok()) index_failed_ = true;
    check(made);
    Result<bool> behind = (*pages)->behind();
    return made.ok() && behind.ok() && *behind;
  });
}

}  // namespace fastchat::client
