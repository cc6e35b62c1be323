#include "common/log.h"

#include <gtest/gtest.h>

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

TEST(Log, ParsesItsLevels) {
  EXPECT_EQ(log::parse_level("warn"), log::Level::kWarn);
  EXPECT_FALSE(log::parse_level("WARN"));
}

}  // namespace
}  // namespace fastchat
