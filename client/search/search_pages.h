// Searches every message on this disk, newest first, one page of 256 positions at a time, so that the owner may stop
// between two pages. One sealed box (store's search_pages) keeps the folded texts of a page. Opening a box is some
// hundred times faster than opening the bodies one by one. A page without a box is read from its messages, and its box
// is made. The transaction that changes a message deletes the box of its page. Lives on the session's thread.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "client/e2e/secret.h"
#include "client/runtime/local_box.h"
#include "client/store/store.h"

namespace fastchat::client {

class SearchPages {
 public:
  // Returns the text of the message in `row` as people see it.
  using WholeText = std::function<Result<std::string>(int64_t row)>;
  // Returns the LocalBox of the profile. Called whenever data is opened or sealed.
  using Box = std::function<LocalBox()>;
  SearchPages(store::Store& store, Box box, WholeText whole_text)
      : store_(store), box_(std::move(box)), whole_text_(std::move(whole_text)) {}

  // Reads the list of boxes. The owner calls load() at first, and after each rollback.
  Result<> load();
  // Receives a message with its folded text. Returns false to stop.
  using Visit = std::function<bool(int64_t position, std::string_view folded)>;
  // Calls `visit` for every message of a page that carries content, newest first, until it returns false.
  Result<> visit(int64_t page, const Visit& visit);
  // Returns the positions of the messages of a page that pass the filter, newest first.
  Result<std::vector<int64_t>> passing(int64_t page, const store::SearchFilter& filter);
  // Returns true when a full page has no box.
  Result<bool> behind();
  // Makes the box of the newest full page without a box.
  Result<> make_next();
  // Deletes the box with a changed message. `position` 0 is a message that is not shown yet and has no box.
  Result<> forget(int64_t position);
  // Returns the number of the page with the newest message; -1 when there is no message.
  Result<int64_t> newest();

  // Counters for tests: the opened boxes of pages, and the opened single messages.
  struct Counts {
    uint64_t pages = 0, messages = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  Result<e2e::Secret> open_page(int64_t page);
  Result<Bytes> read(int64_t page);
  Result<> keep(int64_t page, ByteView texts);
  Result<std::string> text_of(const store::SearchRow& row);

  store::Store& store_;
  Box box_;
  WholeText whole_text_;
  std::set<int64_t> made_;
  Counts counts_;
};

// One search: the messages that pass a filter and whose text holds every word and phrase, whatever their case.
class MessageSearch {
 public:
  struct Wanted {
    std::vector<std::string> texts = {};
    store::SearchFilter filter = {};
    bool link = false;  // the text holds an address
  };
  MessageSearch(SearchPages& pages, const Wanted& wanted);
  // Looks through one more page and appends the positions that it found to `found`, newest first. Returns false after
  // the last page.
  Result<bool> step(std::vector<int64_t>& found);

 private:
  Result<> look_through(int64_t page, std::vector<int64_t>& found);
  bool fits(std::string_view text) const;

  SearchPages& pages_;
  std::vector<std::string> texts_;  // folded
  const store::SearchFilter filter_;
  const bool link_;
  int64_t page_ = 0;
  bool begun_ = false;
};

}  // namespace fastchat::client
