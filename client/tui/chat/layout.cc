#include "client/tui/chat/layout.h"

#include <algorithm>

#include "client/tui/chat/group_members.h"
#include "client/tui/pages/message_lines.h"

namespace fastchat::tui {
namespace {

constexpr const char* kListSetting = "list";
constexpr const char* kListHidden = "hidden";
constexpr const char* kMembersSetting = "members";

}  // namespace

Layout::Layout(ProfileSettings& settings, int text_width)
    : settings_(settings),
      text_width_(text_width),
      list_wanted_(settings.get(kListSetting) != kListHidden),
      members_wanted_(!settings.get(kMembersSetting).empty()) {}

const Columns& Layout::divide(int width, bool group) {
  list_fits_ = width >= kListFrom;
  columns_ = {};
  if (list_wanted_ && list_fits_) columns_.list = std::clamp(width / 4, 18, 32);
  columns_.pane_at = columns_.list > 0 ? columns_.list + 1 : 0;
  const int room = width - columns_.pane_at;
  members_fit_ = room >= kMembersBeside + kMembersWidth;
  if (members_wanted_ && members_fit_ && group) columns_.members = kMembersWidth;
  columns_.pane = room - columns_.members;
  columns_.messages = message_width(columns_.pane, text_width_);
  return columns_;
}

void Layout::toggle_members() {
  members_wanted_ = !members_wanted_;
  settings_.set(kMembersSetting, members_wanted_ ? "1" : "");
}

bool Layout::toggle_list() {
  list_wanted_ = !list_wanted_;
  settings_.set(kListSetting, list_wanted_ ? "" : kListHidden);
  return list_wanted_;
}

}  // namespace fastchat::tui
