// The open pages, one above the other. A closed page lives until free_closed(), since a page may close itself.
#pragma once

#include <memory>
#include <vector>

#include "client/tui/chat/main_page.h"
#include "client/tui/pages/page.h"

namespace fastchat::tui {

class PageStack {
 public:
  void push(std::unique_ptr<Page> page);
  void pop();  // closes the page on top; the first page stays
  void pop_to_first();
  void clear();
  void free_closed() { closed_.clear(); }

  Page& top() { return *pages_.back(); }
  // Passes a key to the page on top. With vi's keys, j is Down where letters are no text, and Esc leaves a line first.
  void press(const Key& key, const KeyTable& keys);
  // Returns the first page when it is the main page, else null.
  MainPage* main() const;
  // Passes the event to all pages, but RequestFailed only to the page on top.
  void hear(const Event& event);

 private:
  std::vector<std::unique_ptr<Page>> pages_;  // the last is on top
  std::vector<std::unique_ptr<Page>> closed_;
};

}  // namespace fastchat::tui
