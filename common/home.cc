#include "common/home.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

namespace fastchat {
namespace {

constexpr size_t kEntry = 16384;  // bytes of a passwd entry

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

std::string home_folder() {
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return without_slashes(home);
  std::vector<char> buffer(kEntry);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return "";
  const std::string folder = entry.pw_dir == nullptr ? "" : entry.pw_dir;
  return folder.starts_with('/') ? without_slashes(folder) : "";
}

}  // namespace fastchat
