#include "common/home.h"

#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace fastchat {
namespace {

class Home : public testing::Test {
 protected:
  Home() : before_(std::getenv("HOME") == nullptr ? "" : std::getenv("HOME")) {}
  ~Home() override { setenv("HOME", before_.c_str(), 1); }
  std::string before_;
};

TEST_F(Home, IsWhatTheEnvironmentSays) {
  setenv("HOME", "/somewhere/else/", 1);
  EXPECT_EQ(home_folder(), "/somewhere/else");
  setenv("HOME", "/", 1);
  EXPECT_EQ(home_folder(), "/");
}

TEST_F(Home, IsThatOfThePasswdEntryOtherwise) {
  const passwd* entry = getpwuid(getuid());
  ASSERT_NE(entry, nullptr);
  const std::string folder = entry->pw_dir;
  unsetenv("HOME");
  EXPECT_EQ(home_folder(), folder);
  for (const char* nowhere : {"", ".", "relative/folder"}) {
    setenv("HOME", nowhere, 1);
    EXPECT_EQ(home_folder(), folder) << nowhere;
  }
}

}  // namespace
}  // namespace fastchat
