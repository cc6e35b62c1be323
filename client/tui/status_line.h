// The last row: who, the connection, what is unread elsewhere; or for some seconds what has to be said, on as many rows
// as that takes. Pure.
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
  // A sentence or two; shown for kShownMs from `now_ms` (monotonic), or until another.
  void say(std::string text, Style style, int64_t now_ms);
  // When what is said goes away; 0: nothing is.
  int64_t until_ms() const { return toast_.empty() ? 0 : until_; }
  void tick(int64_t now_ms);

  // At least one row; at most kMaxRows.
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
