#include "common/nearest.h"

#include <gtest/gtest.h>

#include <vector>

namespace fastchat {
namespace {

TEST(Nearest, ATypingMistakeNamesWhatWasMeant) {
  const std::vector<std::string> words = {"send", "search", "signup", "status", "--file", "--timeout"};
  EXPECT_EQ(nearest("sned", words), "send");
  EXPECT_EQ(nearest("sedn", words), "send");
  EXPECT_EQ(nearest("sigup", words), "signup");
  EXPECT_EQ(nearest("statuss", words), "status");
  EXPECT_EQ(nearest("--fiel", words), "--file");
  EXPECT_EQ(nearest("--timout", words), "--timeout");
  EXPECT_EQ(did_you_mean("serach", words), ": did you mean search?");
}

TEST(Nearest, AnotherWordNamesNothing) {
  const std::vector<std::string> words = {"send", "search"};
  for (const std::string& word : {std::string("shout"), std::string(), std::string("x"), std::string(100'000, 's')}) {
    EXPECT_EQ(nearest(word, words), "") << word.substr(0, 10);
    EXPECT_EQ(did_you_mean(word, words), "");
  }
  EXPECT_EQ(nearest("send", {}), "");
}

}  // namespace
}  // namespace fastchat
