// Files from disk that name a folder or a type: the desktop's user-dirs.dirs, and the first bytes of a file to be sent.
// Downloads go to an absolute folder of ours for any content of user-dirs.dirs. A media type is one word of the table.
#include <cstdlib>
#include <fstream>
#include <string>

#include "client/files/download_folder.h"
#include "client/files/media_type.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/scratch.h"

namespace fastchat::fuzz {
namespace {

// Returns true for UTF-8 whose last character may be cut off.
bool is_text(ByteView head) {
  for (size_t cut = 0; cut < 4 && cut <= head.size(); ++cut) {
    const bool begins = cut == 0 || static_cast<unsigned char>(head[head.size() - cut]) >= 0xc2;
    if (begins && valid_utf8(head.substr(0, head.size() - cut))) return true;
  }
  return false;
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(files) {
  Source source(input);
  const Bytes name(source.bytes(40));
  const ByteView rest = source.rest();
  const std::string type = client::media_type(name, rest.substr(0, 512));
  FC_CHECK(type.size() <= 127 && type.find('/') != std::string::npos && type.find(' ') == std::string::npos);
  FC_CHECK(!type.starts_with("text/") || is_text(rest.substr(0, 512)));
  const Folder folder;
  std::ofstream(folder.path() + "/user-dirs.dirs", std::ios::binary) << rest;
  setenv("HOME", "/home/somebody", 1);
  setenv("XDG_CONFIG_HOME", folder.path().c_str(), 1);
  unsetenv("XDG_DOWNLOAD_DIR");
  const std::string downloads = client::default_downloads_dir();
  FC_CHECK(downloads.starts_with("/") && downloads.ends_with("/fastchat"));
  FC_CHECK(downloads.find('\n') == std::string::npos);
}
