// Search over every message on this disk, newest first, a page of 256 positions at a time, so that its owner may stop
// between two of them. The texts of a page are kept folded in one sealed box (store's search_pages), which opens some
// hundred times faster than the bodies one by one; a page without a box is read from its messages, and its box is made.
// A box goes away in the transaction that changes one of its messages. Lives on the session's thread.
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
  // The text of a message as people see it, by its row.
  using WholeText = std::function<Result<std::string>(int64_t row)>;
  // `box` is asked for whenever something is opened or sealed.
  using Box = std::function<LocalBox()>;
  SearchPages(store::Store& store, Box box, WholeText whole_text)
      : store_(store), box_(std::move(box)), whole_text_(std::move(whole_text)) {}

  // Reads which boxes there are; at first, and after a rollback.
  Result<> load();
  // Every message of a page that carries content, newest first, with its folded text; until `visit` answers false.
  using Visit = std::function<bool(int64_t position, std::string_view folded)>;
  Result<> visit(int64_t page, const Visit& visit);
  // The positions of a page whose messages pass the filter, newest first.
  Result<std::vector<int64_t>> passing(int64_t page, const store::SearchFilter& filter);
  // Some page that is full has no box.
  Result<bool> behind();
  // Makes the box of the newest such page.
  Result<> make_next();
  // A message changed; position 0 is that of one that is not shown yet.
  Result<> forget(int64_t position);
  // Number of the page with the newest message; -1: there is none.
  Result<int64_t> newest();

  // Counted for tests: boxes of pages and of single messages that were opened.
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
  // Looks through one more page; positions found come after those in `found`, newest first. False: that was the last.
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
