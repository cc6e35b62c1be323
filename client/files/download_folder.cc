#include "client/files/download_folder.h"

#include <cstdlib>
#include <fstream>

#include "common/home.h"

namespace fastchat::client {
namespace {

std::string absolute_from(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && value[0] == '/' ? value : "";
}

// Reads the line XDG_DOWNLOAD_DIR="$HOME/Downloads", as xdg-user-dirs writes it. Returns an empty string when there is
// none.
std::string from_user_dirs(const std::string& file, const std::string& home) {
  constexpr std::string_view kKey = "XDG_DOWNLOAD_DIR=\"";
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(kKey, 0) != 0 || line.back() != '"') continue;
    std::string value = line.substr(kKey.size(), line.size() - kKey.size() - 1);
    if (value.rfind("$HOME/", 0) == 0) value = home + value.substr(5);
    if (!value.empty() && value[0] == '/') return value;
  }
  return "";
}

}  // namespace

std::string default_downloads_dir() {
  std::string home = home_folder();
  if (home.empty()) home = ".";
  std::string base = absolute_from("XDG_DOWNLOAD_DIR");
  if (base.empty()) {
    const std::string config = absolute_from("XDG_CONFIG_HOME");
    base = from_user_dirs((config.empty() ? home + "/.config" : config) + "/user-dirs.dirs", home);
  }
  return (base.empty() ? home + "/Downloads" : base) + "/fastchat";
}

}  // namespace fastchat::client
