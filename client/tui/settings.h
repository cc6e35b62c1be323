// The user's settings of the screen: a TOML file, or FASTCHAT_... in the environment. See docs/screen.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/tui/chat/key_table.h"
#include "client/tui/notify.h"
#include "client/tui/terminal/user_looks.h"
#include "common/config.h"
#include "common/result.h"

namespace fastchat::tui {

struct Settings {
  std::string theme = "auto";  // auto, dark, light, 16 or none, also for a theme of the user
  UserLooks looks;
  // Texts of the user's themes that are hard to read: a line for each, and one for the chosen theme.
  std::vector<std::string> warnings;
  std::string faint;  // empty: the chosen theme can be read
  std::string pictures = "auto";
  int64_t text_width = 100;  // columns of a message's text at most; 0: no limit
  bool mouse = true;
  std::string order = "recent";  // of the conversations that are not pinned: "recent" or "name"
  bool read_receipts = true;
  bool typing = false;
  NotifySettings notify;
  std::vector<std::string> open_links;  // a command and its arguments; empty: links are copied
  KeyTable keys;
};

// Loads the settings. `path` empty: ~/.config/fastchat/config.toml, if there is one. Fails with kLocalUsage and one
// line that names the place of the mistake.
Result<Settings> load_settings(const std::string& path);
Result<Settings> load_settings(const std::string& path, const Config::Environment& environment);

}  // namespace fastchat::tui
