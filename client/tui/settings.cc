#include "client/tui/settings.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

#include "client/e2e/sanitise.h"
#include "client/tui/user_themes.h"
#include "common/home.h"

namespace fastchat::tui {
namespace {

std::optional<std::string> of_process(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

std::string default_path(const Config::Environment& environment) {
  const auto xdg = environment("XDG_CONFIG_HOME");
  if (xdg && xdg->starts_with("/")) return *xdg + "/fastchat/config.toml";
  const auto home = environment("HOME");
  const std::string folder = home && home->starts_with("/") ? *home : home_folder();
  return folder.empty() ? "" : folder + "/.config/fastchat/config.toml";
}

// Puts the parts of a user's theme in place of its name.
void resolve_theme(const UserThemes& themes, Settings& out) {
  for (const std::string& warning : themes.warnings()) out.warnings.push_back(e2e::sanitise_line(warning));
  const UserThemes::Theme* theme = themes.find(out.theme);
  if (theme == nullptr) return;
  if (!theme->warnings.empty()) {
    out.faint = "Theme " + out.theme + ": some texts are hard to read; see fastchat --check-config.";
  }
  out.theme = theme->base;
  out.looks = theme->looks;
}

}  // namespace

Result<Settings> load_settings(const std::string& path) {
  return load_settings(path, of_process);
}

Result<Settings> load_settings(const std::string& path, const Config::Environment& environment) {
  std::string file = path.empty() ? default_path(environment) : path;
  if (path.empty() && !file.empty() && access(file.c_str(), F_OK) != 0) file.clear();
  Settings out;
  std::vector<std::string> keys, colours;
  Config config("fastchat", "The screen.");
  UserThemes themes;
  std::vector<ConfigTable> tables;
  config.add({"themes", &tables, [&](const ConfigTable& table) { return themes.take(table); }});
  config.add(&out.theme, "theme", "Colours: auto, dark, light, 16, none or a theme of your own",
             [&](const std::string& name) { return themes.refusal(name); });
  config.add(&colours, "colours", "Colours of your own, each as \"NAME = #rrggbb on #rrggbb bold\"");
  config.add(&out.pictures, "pictures", "How to draw pictures", {"auto", "kitty", "sixel", "blocks"});
  config.add(&out.text_width, "text-width", "Columns of a message's text at most; 0: no limit", 0, 1000);
  config.add(&out.mouse, "mouse", "Use the mouse to choose and scroll");
  config.add(&out.order, "order", "Order of the conversations that are not pinned", {"recent", "name"});
  config.add(&out.read_receipts, "read-receipts", "Tell senders which messages you read");
  config.add(&out.typing, "typing", "Show others that you type, and show when they type");
  config.add(&out.notify.bell, "bell", "Ring the terminal's bell");
  config.add(&out.notify.desktop, "notifications", "Desktop notifications through the terminal",
             {"auto", "osc9", "osc777", "none"});
  config.add(&out.notify.text, "notification-text", "Show the text of a message in its notification");
  config.add(&out.notify.hook, "hook", "Command and arguments; each message is a JSON line on its standard input");
  config.add(&out.open_links, "open-links", "Command and arguments that open a link, which follows them");
  config.add(&keys, "keys", "Keys: vi, or each as \"ACTION = KEY\"", true);
  config.check([&]() -> std::optional<std::string> {
    // "vi" comes first, so that no line binds Esc, which leaves the line then.
    std::stable_partition(keys.begin(), keys.end(), [](const std::string& line) { return line == "vi"; });
    for (const std::string& line : keys) {
      if (auto bound = out.keys.bind(line); !bound.ok()) return "keys: " + bound.error().text;
    }
    resolve_theme(themes, out);
    for (const std::string& line : colours) {
      if (auto set = out.looks.set(line); !set.ok()) return "colours: " + set.error().text;
    }
    return std::nullopt;
  });
  std::vector<const char*> arguments = {"fastchat"};
  if (!file.empty()) {
    arguments.push_back("--config");
    arguments.push_back(file.c_str());
  }
  const auto parsed = config.parse(static_cast<int>(arguments.size()), arguments.data(), environment);
  if (!parsed.ok()) return parsed.error();
  return out;
}

}  // namespace fastchat::tui
