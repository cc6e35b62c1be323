#include "client/tui/chat/group_members.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "client/tui/chat/conversation_list.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {

Frame draw_members(const client::GroupInfo& group, const std::deque<client::ChatMessage>& messages, int width,
                   int height, int64_t now_ms) {
  std::map<std::string, std::pair<size_t, int64_t>> last;  // by author: 1 + the index of the last message, its time
  for (size_t i = 0; i < messages.size(); ++i) {
    if (client::is_content(messages[i].kind)) last[messages[i].from] = {i + 1, messages[i].sent_ms};
  }
  std::vector<std::string> members = group.members;
  std::stable_sort(members.begin(), members.end(),
                   [&](const std::string& a, const std::string& b) { return last[a].first > last[b].first; });
  Frame out{width, height};
  const auto room = static_cast<size_t>(std::max(0, height - 1));
  out.put(0, "│", Style::kDay);
  out.put(0, pad(" " + std::to_string(members.size()) + (members.size() == 1 ? " member" : " members"), width - 1),
          Style::kBold);
  const size_t shown = members.size() <= room ? members.size() : room - std::min<size_t>(room, 1);
  for (size_t i = 0; i < std::min(room, members.size()); ++i) {
    const int y = static_cast<int>(i) + 1;
    out.put(y, "│", Style::kDay);
    if (i == shown) {
      out.put(y, pad(" and " + std::to_string(members.size() - shown) + " more", width - 1), Style::kDim);
      break;
    }
    const std::string& name = members[i];
    const bool admin = name == group.admin;
    std::string time = list_time(last[name].second, now_ms);
    if (!time.empty()) time = " " + time;
    const std::string mark = admin ? " admin" : "";
    if (width_of(name) + width_of(mark) + width_of(time) > width - 2) time.clear();
    const int name_room = std::max(1, width - 2 - width_of(mark) - width_of(time));
    const std::string cut = clip(name, name_room);
    out.put(y, " " + cut, style_of_name(name));
    out.put(y, mark, Style::kDim);
    out.put(y, std::string(static_cast<size_t>(std::max(0, name_room - width_of(cut))), ' ') + time, Style::kDim);
  }
  for (int y = static_cast<int>(members.size()) + 1; y < height; ++y) out.put(y, "│", Style::kDay);
  return out;
}

}  // namespace fastchat::tui
