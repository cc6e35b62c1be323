// The last row of the screen: the user, the connection and the number of unread messages elsewhere. For some seconds a
// toast stands behind these or, when the toast is long, replaces them on up to kMaxRows rows. Pure.
#pragma once

#include <string>
#include <vector>

#include "client/session/session.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

class StatusLine {
 public:
  static constexpr int64_t kShownMs = 8000;

  void set_user(std::string user) { user_ = std::move(user); }
  void set_connection(const client::ConnectionEvent& event);
  void set_unread(uint64_t elsewhere) { unread_ = elsewhere; }
  void set_quiet(bool dnd) { dnd_ = dnd; }
  // Shows a toast of one or two sentences for kShownMs from `now_ms` (monotonic), or until the next say().
  void say(std::string text, Style style, int64_t now_ms);
  // Returns the end of the toast, monotonic ms; 0: there is none.
  int64_t until_ms() const { return toast_.empty() ? 0 : until_; }
  void tick(int64_t now_ms);

  // The maximum number of rows that draw() returns; the minimum is one.
  static constexpr size_t kMaxRows = 3;
  std::vector<Row> draw(int width) const;

 private:
  std::string user_, connection_ = "not connected", toast_;
  Style connection_style_ = Style::kDim, toast_style_ = Style::kPlain;
  uint64_t unread_ = 0;
  bool dnd_ = false;
  int64_t until_ = 0;
};

}  // namespace fastchat::tui
