// The division of the main page: the list of conversations at the left, the conversation, the members of a group at the
// right. The person shows and hides the list and the members; both choices stay in the settings. Pure.
#pragma once

#include "client/tui/ports/profile_settings.h"

namespace fastchat::tui {

// Columns of the parts, from the left; 0: the part has none.
struct Columns {
  int list = 0;
  int pane_at = 0, pane = 0;  // the first column of the conversation, and how many there are
  int messages = 0;           // of these, what messages may take
  int members = 0;
};

class Layout {
 public:
  static constexpr int kListFrom = 60;  // columns of a screen from which the list has room

  // `text_width`: columns of a message's text at most; 0: no limit.
  Layout(ProfileSettings& settings, int text_width);

  // Divides a screen of this width. `group`: a group whose members may stand beside is open.
  const Columns& divide(int width, bool group);
  // Returns the last division.
  const Columns& columns() const { return columns_; }

  bool members_fit() const { return members_fit_; }
  void toggle_members();
  bool list_fits() const { return list_fits_; }
  // Returns whether the list is shown from now on.
  bool toggle_list();

 private:
  ProfileSettings& settings_;
  const int text_width_;
  bool list_wanted_, members_wanted_;
  bool list_fits_ = true, members_fit_ = false;  // as divided last
  Columns columns_;
};

}  // namespace fastchat::tui
