#include "common/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/common/temporary.h"

namespace fastchat {
namespace {

using test::Temporary;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Program {
  std::string listen = "default";
  std::string mode = "open";
  int64_t cap = 10;
  bool verbose = false;
  std::vector<std::string> brokers;
  std::map<std::string, std::string> environment;

  Result<Config::Outcome> parse(std::vector<std::string> arguments) {
    Config config("fastchat-test", "A program.");
    config.add(&listen, "listen-on", "Where");
    config.add(&mode, "mode", "How", {"open", "closed"});
    config.add(&cap, "cap", "At most", 1, 100);
    config.add(&verbose, "verbose", "More");
    config.add(&brokers, "broker", "Which");
    config.check([this]() -> std::optional<std::string> {
      if (mode == "closed" && cap == 99) return "99 and closed do not go together";
      return std::nullopt;
    });
    std::vector<const char*> argv = {"fastchat-test"};
    for (const auto& a : arguments) argv.push_back(a.c_str());
    return config.parse(static_cast<int>(argv.size()), argv.data(), [this](const std::string& name) {
      const auto found = environment.find(name);
      return found == environment.end() ? std::nullopt : std::optional(found->second);
    });
  }
};

std::string failure(const Result<Config::Outcome>& parsed) {
  if (parsed) return "it was accepted";
  EXPECT_EQ(parsed.code(), Code::kLocalUsage);
  return parsed.error().text;
}

TEST(Config, KeepsDefaults) {
  Program p;
  ASSERT_TRUE(p.parse({}));
  EXPECT_EQ(p.listen, "default");
  EXPECT_EQ(p.cap, 10);
}

TEST(Config, AMistypedNameSaysWhichOneIsMeant) {
  Temporary dir;
  EXPECT_THAT(failure(Program().parse({"--borker", "x"})), HasSubstr("no option --borker: did you mean --broker?"));
  EXPECT_THAT(failure(Program().parse({"--listen-no=x"})), HasSubstr("did you mean --listen-on?"));
  EXPECT_THAT(failure(Program().parse({"--nothing-alike"})), testing::Not(HasSubstr("did you mean")));
  EXPECT_THAT(failure(Program().parse({"stray"})), HasSubstr("no argument 'stray'"));
  const std::string file = dir.write("m.toml", "mdoe = 'open'\n");
  EXPECT_THAT(failure(Program().parse({"--config", file})), HasSubstr("unknown key 'mdoe': did you mean mode?"));
}

TEST(Config, FlagsWinOverEnvironmentOverFile) {
  Temporary dir;
  const std::string file = dir.write("c.toml", "listen-on = 'file'\ncap = 20\nmode = 'closed'\nverbose = true\n");
  Program p;
  p.environment = {{"FASTCHAT_LISTEN_ON", "environment"}, {"FASTCHAT_CAP", "30"}};
  const auto parsed = p.parse({"--config", file, "--cap", "40"});
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(*parsed, Config::Outcome::kRun);
  EXPECT_EQ(p.listen, "environment");
  EXPECT_EQ(p.cap, 40);
  EXPECT_EQ(p.mode, "closed");
  EXPECT_TRUE(p.verbose);
}

TEST(Config, FindsTheFileThroughTheEnvironment) {
  Temporary dir;
  Program p;
  p.environment["FASTCHAT_CONFIG"] = dir.write("c.toml", "cap = 21\n");
  ASSERT_TRUE(p.parse({}));
  EXPECT_EQ(p.cap, 21);
}

TEST(Config, ListsComeFromAllThree) {
  Temporary dir;
  Program p;
  ASSERT_TRUE(p.parse({"--config", dir.write("c.toml", "broker = ['a', 'b']\n")}));
  EXPECT_THAT(p.brokers, ElementsAre("a", "b"));
  p.environment["FASTCHAT_BROKER"] = "c,d";
  ASSERT_TRUE(p.parse({}));
  EXPECT_THAT(p.brokers, ElementsAre("c", "d"));
  ASSERT_TRUE(p.parse({"--broker", "e", "--broker", "f"}));
  EXPECT_THAT(p.brokers, ElementsAre("e", "f"));
}

TEST(Config, FlagsSwitchOnAndOff) {
  Program p;
  ASSERT_TRUE(p.parse({"--verbose"}));
  EXPECT_TRUE(p.verbose);
  ASSERT_TRUE(p.parse({"--no-verbose"}));
  EXPECT_FALSE(p.verbose);
  p.environment["FASTCHAT_VERBOSE"] = "true";
  ASSERT_TRUE(p.parse({}));
  EXPECT_TRUE(p.verbose);
  ASSERT_TRUE(p.parse({"--verbose=false"}));
  EXPECT_FALSE(p.verbose);
}

TEST(Config, NamesFileAndLineOfAnUnknownKey) {
  Temporary dir;
  const std::string file = dir.write("c.toml", "cap = 20\n\nlisten = 'x'\n");
  Program p;
  EXPECT_EQ(failure(p.parse({"--config", file})), file + ":3: unknown key 'listen': did you mean listen-on?");
}

TEST(Config, NamesFileAndLineOfAWrongValue) {
  Temporary dir;
  Program p;
  const std::string file = dir.write("c.toml", "\ncap = 101\n");
  EXPECT_EQ(failure(p.parse({"--config", file})), file + ":2: 'cap' must be a number from 1 to 100, not '101'");
  dir.write("c.toml", "cap = [1]\n");
  EXPECT_THAT(failure(p.parse({"--config", file})), HasSubstr("wrong kind"));
  dir.write("c.toml", "cap = 1\ncap = = 2\n");
  EXPECT_THAT(failure(p.parse({"--config", file})), HasSubstr(file + ":2"));
  EXPECT_THAT(failure(p.parse({"--config", dir / "none.toml"})), HasSubstr("none.toml"));
}

TEST(Config, NamesTheVariableOrFlagOfAWrongValue) {
  Program p;
  EXPECT_THAT(failure(p.parse({"--mode", "other"})), HasSubstr("--mode must be one of open,closed"));
  EXPECT_THAT(failure(p.parse({"--capp", "2"})), HasSubstr("--capp"));
  EXPECT_THAT(failure(p.parse({"stray"})), HasSubstr("stray"));
  p.environment["FASTCHAT_CAP"] = "many";
  EXPECT_THAT(failure(p.parse({})), HasSubstr("FASTCHAT_CAP must be a number"));
}

TEST(Config, ChecksTheWholeAndCanStopThere) {
  Program p;
  EXPECT_EQ(failure(p.parse({"--mode", "closed", "--cap", "99"})), "99 and closed do not go together");
  ::testing::internal::CaptureStdout();
  const auto parsed = p.parse({"--check-config", "--cap", "98"});
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), HasSubstr("good"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, Config::Outcome::kDone);
}

TEST(Config, HelpNamesEachOptionOnceWithItsVariableAndDefault) {
  Program p;
  ::testing::internal::CaptureStdout();
  const auto parsed = p.parse({"--help"});
  const std::string help = ::testing::internal::GetCapturedStdout();
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, Config::Outcome::kDone);
  EXPECT_THAT(help, HasSubstr("--listen-on"));
  EXPECT_THAT(help, HasSubstr("[default]"));
  EXPECT_THAT(help, HasSubstr("FASTCHAT_LISTEN_ON"));
  EXPECT_EQ(help.find("FASTCHAT_CAP"), help.rfind("FASTCHAT_CAP"));
}

}  // namespace
}  // namespace fastchat
