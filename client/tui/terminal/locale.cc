#include "client/tui/terminal/locale.h"

#include <langinfo.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <string>

namespace fastchat::tui {
namespace {

bool is_utf8(nl_item item) {
  const std::string name = nl_langinfo(item);
  return name == "UTF-8" || name == "utf8";
}

}  // namespace

void use_locale() {
  std::setlocale(LC_CTYPE, "");
  // The C locale counts every byte of a character as a column; C.UTF-8 is on every Debian.
  if (MB_CUR_MAX < 4) std::setlocale(LC_CTYPE, "C.UTF-8");
  const char* set = std::setlocale(LC_TIME, "");
  if (set == nullptr || is_utf8(_NL_TIME_CODESET)) return;
  std::string name = set;  // "fr_FR.ISO-8859-1@euro"
  if (name == "C" || name == "POSIX") return;
  name.resize(std::min(name.find_first_of(".@"), name.size()));
  if (std::setlocale(LC_TIME, (name + ".UTF-8").c_str()) == nullptr || !is_utf8(_NL_TIME_CODESET)) {
    std::setlocale(LC_TIME, "C");
  }
}

}  // namespace fastchat::tui
