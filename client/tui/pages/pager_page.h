// A page of text to scroll: the help, the quarantined messages, a text file. Pages with more functions derive from
// PagerPage.
#pragma once

#include <string>
#include <vector>

#include "client/tui/pages/hints.h"
#include "client/tui/pages/page.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class PagerPage : public Page {
 public:
  PagerPage(Screen& screen, std::string title, std::vector<Row> rows)
      : screen_(screen), title_(std::move(title)), rows_(std::move(rows)) {}
  void draw(Frame& frame) override;
  void press(const Key& key) override;

 protected:
  void set_rows(std::vector<Row> rows) { rows_ = std::move(rows); }
  void set_hint(std::string hint) { hint_ = std::move(hint); }
  Screen& screen_;

 private:
  std::vector<Row> lines(int width) const;
  std::string title_, hint_ = hint::kPager;
  std::vector<Row> rows_;  // the last piece of a row that is too long for the screen is wrapped
  int from_ = 0, shown_ = 10, total_ = 0;
};

}  // namespace fastchat::tui
