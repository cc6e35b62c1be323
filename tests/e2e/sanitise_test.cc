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
  for (const char* c : {"\xE2\x80\xAE", "\xE2\x81\xA6", "\xE2\x80\x8F", "\xD8\x9C", "\xE2\x80\x8B", "\xEF\xBB\xBF",
                        "\xC2\xAD", "\xF3\xA0\x81\x81", "\xE2\x81\xA0", "\xE3\x85\xA4"}) {
    EXPECT_EQ(sanitise(std::string("x") + c + "y"), "xy") << to_hex(c);
  }
}

TEST(Sanitise, KeepsOneJoinerBetweenLettersAndNoneElsewhere) {
  const std::string persian = "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645";
  const std::string sinhala = "\u0DC1\u0DCA\u200D\u0DBB\u0DD3";
  for (const std::string& text : {persian, sinhala, std::string("a\u200Db")}) {
    EXPECT_EQ(sanitise(text), text);
    EXPECT_EQ(sanitise_as_line(text), text);
    EXPECT_EQ(sanitise_line(text).find("\u200C"), std::string::npos) << "two names would look alike";
    EXPECT_EQ(sanitise_line(text).find("\u200D"), std::string::npos);
  }
  EXPECT_EQ(sanitise("a\u200D\u200C\u200Db"), "a\u200Db");
  EXPECT_EQ(sanitise("a\u202E\u200D\u202Eb"), "a\u200Db");
  for (const char* text :
       {"\u200Dab\u200C", "ab\u200D ", "1\u200D2", "a\u200D\nb", "a \u200D", "\U0001F468\u200D\U0001F469"}) {
    EXPECT_EQ(sanitise(text).find("\u200D"), std::string::npos) << text;
    EXPECT_EQ(sanitise(text).find("\u200C"), std::string::npos) << text;
  }
}

TEST(Sanitise, HiddenCharactersInJsonAreEscapedAndMeanTheSame) {
  EXPECT_EQ(escape_hidden("{\"a\":\"x\u202Ey\u200Dz\x7f\u0085\"}\n"), "{\"a\":\"x\\u202ey\\u200dz\\u007f\\u0085\"}\n");
  EXPECT_EQ(escape_hidden("\U000E0041"), "\\udb40\\udc41");
  EXPECT_EQ(escape_hidden("na\u00EFve \U0001F600"), "na\u00EFve \U0001F600");
}

TEST(Sanitise, OfBlanksAndHiddenCharactersNothingIsSeen) {
  for (const char* text : {"", " ", "\t\n", "\u200B", "\u00A0", "\u3000", "\u2003\u2009", "\u2800", "\u3164", "\uFE0F",
                           "\u0301", "\U000E0041"}) {
    EXPECT_FALSE(shows_something(text)) << to_hex(text);
  }
  for (const char* text : {"x", "+1", "\U0001F44D", "\U0001FAE9", "#\uFE0F\u20E3", "\U0001F1E9\U0001F1EA",
                           "\U0001F468\U0001F3FB\u200D\u2764\uFE0F\u200D\U0001F48B\u200D\U0001F468\U0001F3FF"}) {
    EXPECT_TRUE(shows_something(text)) << text;
  }
}

TEST(Sanitise, MakesOneLineFeedOfEveryKindOfLineBreakAndKeepsTabs) {
  EXPECT_EQ(sanitise("a\r\nb\rc\xE2\x80\xA8"
                     "d\te"),
            "a\nb\nc\nd\te");
  EXPECT_EQ(sanitise_line("  a\r\nb\tc\n"), "a b c");
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
      EXPECT_TRUE(c == '\n' || c == '\t' || c == 0x200C || c == 0x200D || printable(c));
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
