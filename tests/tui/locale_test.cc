// The locale of the process, with locales that the test makes of Debian's sources: numbers and dates.
#include "client/tui/terminal/locale.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "client/cli/options.h"
#include "client/tui/pages/message_lines.h"
#include "common/bytes.h"
#include "tests/common/temporary.h"

namespace fastchat::test {
namespace {

using testing::HasSubstr;

class Locale : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new Temporary;
    for (const char* name : {"de_DE UTF-8", "fr_FR UTF-8", "fr_FR ISO-8859-1", "hu_HU ISO-8859-2"}) {
      const std::string text = name;
      const size_t blank = text.find(' ');
      const std::string language = text.substr(0, blank), characters = text.substr(blank + 1);
      const std::string command = "localedef -i " + language + " -f " + characters + " " +
                                  *folder_ / (language + "." + characters) + " 2>/dev/null";
      ASSERT_EQ(std::system(command.c_str()), 0) << "of the package locales: " << command;
    }
    setenv("LOCPATH", (*folder_ / "").c_str(), 1);
  }
  static void TearDownTestSuite() { delete folder_; }
  void use(const char* name) {
    std::setlocale(LC_ALL, "C");
    setenv("LC_ALL", name, 1);
    tui::use_locale();
  }
  ~Locale() override { std::setlocale(LC_ALL, "C"); }
  static Temporary* folder_;
};
Temporary* Locale::folder_ = nullptr;

std::optional<double> timeout_of(const std::string& text) {
  std::string program = "fastchat", command = "why", option = "--timeout=" + text;
  char* argv[] = {program.data(), command.data(), option.data()};
  const cli::Parsed parsed = cli::parse(3, argv);
  return parsed.options ? parsed.options->timeout_s : std::nullopt;
}

TEST_F(Locale, NumbersDoNotDependOnIt) {
  use("de_DE.UTF-8");
  EXPECT_STREQ(std::setlocale(LC_CTYPE, nullptr), "de_DE.UTF-8");
  EXPECT_EQ(timeout_of("1.5"), 1.5);
  EXPECT_EQ(timeout_of("1,5"), std::nullopt);
  char text[16];
  std::snprintf(text, sizeof text, "%.1f", 1.5);
  EXPECT_STREQ(text, "1.5");
  // The same holds after other code has set the locale of numbers.
  ASSERT_NE(std::setlocale(LC_NUMERIC, "de_DE.UTF-8"), nullptr);
  EXPECT_EQ(timeout_of("1.5"), 1.5);
}

TEST_F(Locale, DatesAreUtf8WhateverItsCharacterSet) {
  const int64_t august = 1'786'795'200'000;  // 15 August 2026, 12:00 UTC
  use("fr_FR.ISO-8859-1");
  EXPECT_THAT(tui::day_name(august), HasSubstr("15 août 2026"));
  EXPECT_TRUE(valid_utf8(tui::day_name(august)));
  use("fr_FR.UTF-8");
  EXPECT_THAT(tui::day_name(august), HasSubstr("15 août 2026"));
  use("hu_HU.ISO-8859-2");  // there is no hu_HU.UTF-8 here
  EXPECT_THAT(tui::day_name(august), HasSubstr("15 August 2026"));
  use("C");
  EXPECT_THAT(tui::day_name(august), HasSubstr("15 August 2026"));
  EXPECT_GE(MB_CUR_MAX, 4u);
}

}  // namespace
}  // namespace fastchat::test
