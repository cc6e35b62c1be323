// Clusters end where a user sees a character end, whatever stands before them. A text that is cut to a number of bytes
// is cut at the end of a cluster.
#include "client/e2e/unicode.h"

#include <gtest/gtest.h>

#include <vector>

#include "client/e2e/sanitise.h"
#include "common/bytes.h"

namespace fastchat::e2e {
namespace {

const std::vector<std::string> kClusters = {
    "a",
    "\xFF",  // no UTF-8
    "\r\n",
    "\n",
    "\u6F22",                                              // a wide letter
    "\U0001F1E9\U0001F1EA",                                // a flag
    "\U0001F44D\U0001F3FD",                                // a skin tone
    "\U0001F468\u200D\U0001F469\u200D\U0001F467",          // a family
    "\u2764\uFE0F\u200D\U0001F525",                        // joined, with a selector
    "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E007F",  // a flag of tags
    "1\uFE0F\u20E3",                                       // a keycap
    "e\u0301\u0323",                                       // combining marks
    "\u1112\u1161\u11AB",                                  // Hangul jamo
    "\uD55C\u11AB",                                        // a syllable and a jamo
    "\u0928\u093F",                                        // a spacing vowel sign
};

TEST(Clusters, EndWhereACharacterEndsWhateverIsBeside) {
  for (const std::string& before : kClusters) {
    for (const std::string& one : kClusters) {
      const std::string text = before + one + one + "x";
      const size_t begin = before.size(), end = begin + one.size();
      EXPECT_EQ(cluster_end(text, 0), begin) << to_hex(text);
      EXPECT_EQ(cluster_end(text, begin), end) << to_hex(text);
      EXPECT_EQ(cluster_end(text, end), end + one.size()) << to_hex(text);
      EXPECT_EQ(cluster_before(text, end), begin) << to_hex(text);
      EXPECT_EQ(count_clusters(text), 4u) << to_hex(text);
    }
  }
  EXPECT_EQ(cluster_end("", 0), 0u);
  EXPECT_EQ(cluster_before("", 0), 0u);
  EXPECT_EQ(count_clusters("\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7\U0001F1EE"), 3u) << "two flags and a letter";
}

TEST(Clusters, AreKeptOrLeftOutByACut) {
  for (const std::string& one : kClusters) {
    const std::string text = one + one + one;
    for (size_t limit = one.size(); limit <= text.size() + 1; ++limit) {
      EXPECT_EQ(cut(text, limit).size() % one.size(), 0u) << to_hex(one) << " at " << limit;
      EXPECT_GT(cut(text, limit).size() + one.size(), std::min(limit, text.size()));
    }
  }
  EXPECT_EQ(cut("e\u0301\u0323", 4), "e\u0301") << "longer than there is room: between code points";
  EXPECT_EQ(cut("e\u0301\u0323", 2), "e");
  EXPECT_EQ(cut("\u6F22", 2), "");
  EXPECT_EQ(cut("abc", 0), "");
}

TEST(Clusters, AreWholeInAFileNameThatIsCut) {
  for (const std::string one :
       {"\U0001F1E9\U0001F1EA", "\U0001F44D\U0001F3FD", "e\u0301\u0323", "\u1112\u1161\u11AB"}) {
    for (size_t before = 1; before <= one.size(); ++before) {
      std::string name(before, 'a');
      while (name.size() < 300) name += one;
      const std::string safe = safe_file_name(name + ".png");
      EXPECT_EQ((safe.size() - before - 4) % one.size(), 0u) << to_hex(safe);
      EXPECT_GT(safe.size() + one.size(), 200u);
    }
  }
}

}  // namespace
}  // namespace fastchat::e2e
