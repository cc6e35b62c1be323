#include "common/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fastchat {
namespace {

TEST(Log, WritesPlainValuesAsTheyAre) {
  EXPECT_EQ(log::format("session_up", {{"user", "alice"}, {"did", 17}, {"open", true}}),
            "session_up user=alice did=17 open=true");
}

TEST(Log, QuotesWhatHasSpacesQuotesOrEquals) {
  EXPECT_EQ(log::format("e", {{"a", "x y"}, {"b", "q\"\\"}, {"c", ""}, {"d", "k=v"}}),
            R"(e a="x y" b="q\"\\" c="" d="k=v")");
}

TEST(Log, ShowsControlCharactersInsteadOfObeyingThem) {
  const std::string line = log::format("e", {{"a", "one\ntwo\x1b[31m\r"}});
  EXPECT_EQ(line, R"(e a="one\ntwo\x1b[31m\x0d")");
}

TEST(Log, ShowsC1BidiAndBrokenUtf8AsBytes) {
  EXPECT_EQ(log::format("e", {{"a", "\xc2\x9b"}}), R"(e a="\xc2\x9b")");
  EXPECT_EQ(log::format("e", {{"a", "\xe2\x80\xae"}}), R"(e a="\xe2\x80\xae")");
  EXPECT_EQ(log::format("e", {{"a", "\xff\xc3"}}), R"(e a="\xff\xc3")");
}

TEST(Log, KeepsWellFormedLettersOfOtherScripts) {
  EXPECT_EQ(log::format("e", {{"a", "Grüße"}}), "e a=\"Grüße\"");
}

TEST(Log, CutsLongValues) {
  EXPECT_EQ(log::format("e", {{"a", std::string(600, 'x')}}), "e a=" + std::string(512, 'x') + "...");
}

TEST(Log, KnowsTheJournalByItsStream) {
  const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC), other = open("/", O_RDONLY | O_CLOEXEC);
  struct stat s {};
  ASSERT_EQ(fstat(fd, &s), 0);
  const std::string stream = std::to_string(s.st_dev) + ":" + std::to_string(s.st_ino);
  EXPECT_TRUE(log::is_journal(fd, stream.c_str()));
  EXPECT_FALSE(log::is_journal(other, stream.c_str())) << "a child that was given another file inherits the variable";
  EXPECT_FALSE(log::is_journal(fd, nullptr));
  EXPECT_FALSE(log::is_journal(fd, ""));
  EXPECT_FALSE(log::is_journal(fd, (stream + "1").c_str()));
  EXPECT_FALSE(log::is_journal(-1, stream.c_str()));
  close(fd);
  close(other);
}

TEST(Log, ParsesItsLevels) {
  EXPECT_EQ(log::parse_level("warn"), log::Level::kWarn);
  EXPECT_FALSE(log::parse_level("WARN"));
}

}  // namespace
}  // namespace fastchat
