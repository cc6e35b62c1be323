#include "client/e2e/sanitise.h"

#include <gtest/gtest.h>

#include <random>

#include "client/e2e/unicode.h"
#include "common/bytes.h"

namespace fastchat::tests {
namespace {

using namespace e2e;

TEST(Sanitise, KeepsOrdinaryTextOfAllScripts) {
  for (const char* s : {"hello, world", "na\xC3\xAFve \xE2\x82\xAC", "\xE6\xBC\xA2\xE5\xAD\x97", "\xF0\x9F\x98\x80",
                        "two\nlines", "e\xCC\x81"}) {
    EXPECT_EQ(sanitise(s), s);
  }
}

TEST(Sanitise, RemovesEscapesAndControlCharacters) {
  EXPECT_EQ(sanitise("a\x1b[31mb\x07"
                     "c\x08\x7f"),
            "a[31mbc");
  EXPECT_EQ(sanitise("\xC2\x9B"
                     "31m"),
            "31m");  // C1 control sequence introducer
  EXPECT_EQ(sanitise(std::string_view("a\0b", 3)), "ab");
}

TEST(Sanitise, RemovesBidirectionalAndInvisibleCharacters) {
  for (const char* c : {"\xE2\x80\xAE", "\xE2\x81\xA6", "\xE2\x80\x8F", "\xD8\x9C", "\xE2\x80\x8B", "\xE2\x80\x8D",
                        "\xEF\xBB\xBF", "\xC2\xAD", "\xF3\xA0\x81\x81", "\xE2\x81\xA0", "\xE3\x85\xA4"}) {
    EXPECT_EQ(sanitise(std::string("x") + c + "y"), "xy") << to_hex(c);
  }
}

TEST(Sanitise, MakesOneLineFeedOfEveryKindOfLineBreakAndASpaceOfATab) {
  EXPECT_EQ(sanitise("a\r\nb\rc\xE2\x80\xA8"
                     "d\te"),
            "a\nb\nc\nd e");
  EXPECT_EQ(sanitise_line("  a\r\nb\n"), "a b");
}

TEST(Sanitise, ReplacesInvalidUtf8) {
  EXPECT_EQ(sanitise("a\xFF"
                     "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(sanitise("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(sanitise("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  EXPECT_EQ(sanitise("ok\xE2\x82"), "ok\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Sanitise, OfRandomBytesIsCleanValidAndIdempotent) {
  std::mt19937 rng(7);
  for (int round = 0; round < 3000; ++round) {
    std::string s(rng() % 64, '\0');
    for (char& c : s) c = static_cast<char>(rng());
    const std::string once = sanitise(s);
    EXPECT_TRUE(valid_utf8(once));
    EXPECT_EQ(sanitise(once), once);
    for (size_t i = 0; i < once.size();) {
      const char32_t c = next_code_point(once, i);
      EXPECT_TRUE(c == '\n' || printable(c));
    }
    const std::string name = safe_file_name(s);
    EXPECT_EQ(safe_file_name(name), name) << to_hex(s);
    EXPECT_EQ(name.find('/'), std::string::npos);
    EXPECT_FALSE(name.empty());
  }
}

TEST(SafeFileName, StaysInsideItsFolder) {
  EXPECT_EQ(safe_file_name("../../etc/passwd"), "passwd");
  EXPECT_EQ(safe_file_name("..\\..\\boot.ini"), "boot.ini");
  EXPECT_EQ(safe_file_name("/"), "file");
  EXPECT_EQ(safe_file_name(".."), "file");
  EXPECT_EQ(safe_file_name(""), "file");
  EXPECT_EQ(safe_file_name(".bashrc"), "bashrc");
  EXPECT_EQ(safe_file_name("-rf"), "rf");
  EXPECT_EQ(safe_file_name("cat\x1b]0;x\x07.png"), "cat]0;x.png");
  EXPECT_EQ(safe_file_name("gpj.\xE2\x80\xAE"
                           "exe"),
            "gpj.exe");
}

TEST(SafeFileName, IsAtMost200BytesAndKeepsItsExtension) {
  std::string name;
  for (int i = 0; i < 200; ++i) name += "\xC3\xA9";
  const std::string safe = safe_file_name(name + ".jpeg");
  EXPECT_LE(safe.size(), 200u);
  EXPECT_TRUE(safe.ends_with(".jpeg"));
  EXPECT_TRUE(valid_utf8(safe));
}

}  // namespace
}  // namespace fastchat::tests
