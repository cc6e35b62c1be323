// Files from disk that say where and what: the desktop's user-dirs.dirs, and the first bytes of a file to be sent.
// Downloads go to an absolute folder of ours whatever that file says; a media type is one word of the table.
#include <cstdlib>
#include <fstream>
#include <string>

#include "client/files/download_folder.h"
#include "client/files/media_type.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/scratch.h"

FC_FUZZ(files) {
  Source source(input);
  const Bytes name(source.bytes(40));
  const ByteView rest = source.rest();
  const std::string type = client::media_type(name, rest.substr(0, 512));
  FC_CHECK(type.size() <= 127 && type.find('/') != std::string::npos && type.find(' ') == std::string::npos);
  FC_CHECK(!type.starts_with("text/") || valid_utf8(rest.substr(0, 512)) || rest.size() >= 512 || rest.size() < 4 ||
           type == "text/plain");
  const Folder folder;
  std::ofstream(folder.path() + "/user-dirs.dirs", std::ios::binary) << rest;
  setenv("HOME", "/home/somebody", 1);
  setenv("XDG_CONFIG_HOME", folder.path().c_str(), 1);
  unsetenv("XDG_DOWNLOAD_DIR");
  const std::string downloads = client::default_downloads_dir();
  FC_CHECK(downloads.starts_with("/") && downloads.ends_with("/fastchat"));
  FC_CHECK(downloads.find('\n') == std::string::npos);
}
