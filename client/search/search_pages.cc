#include "client/search/search_pages.h"

#include <algorithm>
#include <functional>

#include "client/e2e/sanitise.h"
#include "client/e2e/unicode.h"
#include "client/search/query.h"
#include "common/try.h"

namespace fastchat::client {
namespace {

using store::kSearchPage;

// The content of a box: u64 position | u32 size | folded text, for each message, newest first.
constexpr size_t kHead = 12;

bool visit_texts(ByteView texts, const SearchPages::Visit& visit) {
  while (texts.size() >= kHead) {
    const auto position = static_cast<int64_t>(get_u64(texts.data()));
    const size_t size = get_u32(texts.data() + 8);
    if (size > texts.size() - kHead) return false;
    if (!visit(position, texts.substr(kHead, size))) return true;
    texts.remove_prefix(kHead + size);
  }
  return texts.empty();
}

}  // namespace

Result<> SearchPages::load() {
  auto pages = store_.search().pages();
  if (!pages.ok()) return pages.error();
  made_ = {pages->begin(), pages->end()};
  return Unit{};
}

Result<int64_t> SearchPages::newest() {
  Result<int64_t> last = store_.messages().last_position();
  if (!last.ok()) return last;
  return *last == 0 ? -1 : (*last - 1) / kSearchPage;
}

Result<bool> SearchPages::behind() {
  Result<int64_t> last = store_.messages().last_position();
  if (!last.ok()) return last.error();
  return static_cast<int64_t>(made_.size()) < *last / kSearchPage;
}

Result<> SearchPages::make_next() {
  Result<int64_t> last = store_.messages().last_position();
  if (!last.ok()) return last.error();
  int64_t page = *last / kSearchPage - 1;
  for (auto made = made_.rbegin(); made != made_.rend() && *made == page; ++made) --page;
  if (page < 0) return Unit{};
  Result<Bytes> texts = read(page);
  if (!texts.ok()) return texts.error();
  Result<> kept = keep(page, *texts);
  e2e::cleanse(*texts);
  return kept;
}

Result<> SearchPages::forget(int64_t position) {
  if (position == 0 || made_.erase((position - 1) / kSearchPage) == 0) return Unit{};
  FC_TRY(store_.begin());
  return store_.search().drop((position - 1) / kSearchPage);
}

Result<> SearchPages::visit(int64_t page, const Visit& visit) {
  if (made_.contains(page)) {
    Result<e2e::Secret> texts = open_page(page);
    if (texts.ok() && visit_texts(texts->view(), visit)) return Unit{};
    // The box is damaged: the messages themselves are read, and the box is made anew.
    FC_TRY(forget(page * kSearchPage + 1));
  }
  Result<Bytes> texts = read(page);
  if (!texts.ok()) return texts.error();
  Result<int64_t> last = store_.messages().last_position();
  if (!last.ok()) return last.error();
  Result<> kept = Unit{};
  if (*last >= (page + 1) * kSearchPage) kept = keep(page, *texts);
  visit_texts(*texts, visit);
  e2e::cleanse(*texts);
  return kept;
}

Result<std::vector<int64_t>> SearchPages::passing(int64_t page, const store::SearchFilter& filter) {
  return store_.search().passing(page, filter);
}

Result<e2e::Secret> SearchPages::open_page(int64_t page) {
  Result<Bytes> sealed = store_.search().page(page);
  if (!sealed.ok()) return sealed.error();
  ++counts_.pages;
  return box_().open(LocalPlace::search_page(page), *sealed);
}

Result<Bytes> SearchPages::read(int64_t page) {
  Bytes out;
  std::optional<Error> failed;
  auto r = store_.search().rows(page, [&](const store::SearchRow& row) {
    ++counts_.messages;
    Result<std::string> text = text_of(row);
    if (!text.ok()) return void(failed = text.error());
    const std::string small = e2e::folded(*text);
    put_u64(out, static_cast<uint64_t>(row.position));
    put_u32(out, static_cast<uint32_t>(small.size()));
    out += small;
  });
  if (failed) return *failed;
  if (!r.ok()) return r.error();
  return out;
}

// Returns the text of a message. A message that cannot be opened gives an empty text: nobody searches for the text that
// is shown in its place.
Result<std::string> SearchPages::text_of(const store::SearchRow& row) {
  if (row.annotated) return whole_text_(row.id);
  Result<e2e::Secret> body = box_().open(LocalPlace::message_body(row.hash, row.kind), row.body);
  return body.ok() ? e2e::sanitise(body->view()) : std::string();
}

Result<> SearchPages::keep(int64_t page, ByteView texts) {
  FC_TRY(store_.begin());
  FC_TRY(store_.search().put(page, box_().seal(LocalPlace::search_page(page), texts)));
  made_.insert(page);
  return Unit{};
}

MessageSearch::MessageSearch(SearchPages& pages, const Wanted& wanted)
    : pages_(pages), filter_(wanted.filter), link_(wanted.link) {
  for (const std::string& text : wanted.texts) texts_.push_back(e2e::folded(text));
}

Result<bool> MessageSearch::step(std::vector<int64_t>& found) {
  if (!begun_) {
    Result<int64_t> newest = pages_.newest();
    if (!newest.ok()) return newest.error();
    page_ = *newest;
    begun_ = true;
  }
  if (page_ < 0) return false;
  FC_TRY(look_through(page_--, found));
  return page_ >= 0;
}

// Looks through one page. The filter needs no text, so a page without a row that passes is not opened.
Result<> MessageSearch::look_through(int64_t page, std::vector<int64_t>& found) {
  std::vector<int64_t> passing;
  const bool filtered = !filter_.all();
  if (filtered) {
    auto some = pages_.passing(page, filter_);
    if (!some.ok()) return some.error();
    passing = std::move(*some);
    if (passing.empty()) return Unit{};
    if (texts_.empty() && !link_) {
      found.insert(found.end(), passing.begin(), passing.end());
      return Unit{};
    }
  }
  return pages_.visit(page, [&](int64_t position, std::string_view text) {
    const bool passes = !filtered || std::binary_search(passing.begin(), passing.end(), position, std::greater<>());
    if (passes && fits(text)) found.push_back(position);
    return true;
  });
}

bool MessageSearch::fits(std::string_view text) const {
  const bool all = std::all_of(texts_.begin(), texts_.end(),
                               [&](const std::string& wanted) { return text.find(wanted) != std::string_view::npos; });
  return all && (!link_ || holds_link(text));
}

}  // namespace fastchat::client
