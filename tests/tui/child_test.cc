#include "client/tui/child.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

namespace fastchat::test {
namespace {

// Waits until a hook has renamed its file to `path`, and returns the text of the file.
std::string left_in(const std::string& path) {
  while (!std::filesystem::exists(path)) std::this_thread::yield();
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(Children, AHookGetsItsLineOnADescriptorThatWaits) {
  std::string folder = testing::TempDir() + "/hookXXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  tui::Children children;
  const std::string out = folder + "/out";
  ASSERT_TRUE(children
                  .start({"/bin/sh", "-c",
                          "flags=$(sed -n 's/^flags:[^0-9]*//p' /proc/$$/fdinfo/0); { echo $flags; "
                          "cat; } > '" +
                              out + ".part'; mv '" + out + ".part' '" + out + "'"},
                         "the line\n")
                  .ok());
  const std::string got = left_in(out);
  const size_t end = got.find('\n');
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(std::stoul(got.substr(0, end), nullptr, 8) & 04000, 0u)
      << "O_NONBLOCK: a hook that reads at once gets EAGAIN";
  EXPECT_EQ(got.substr(end + 1), "the line\n");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace fastchat::test
