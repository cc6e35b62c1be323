// The parser of a search: words, phrases, operators, and one line for each mistake.
#include "client/search/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kNow = 1'800'000'000'000;  // 2027-01-15T08:00:00Z

class SearchWords : public ::testing::Test {
 protected:
  SearchWords() {
    setenv("TZ", "UTC", 1);
    tzset();
  }
  static SearchQuery query(const std::string& line) {
    auto parsed = parse_search(search_words(line), kNow);
    EXPECT_TRUE(parsed.ok()) << line << ": " << (parsed.ok() ? "" : parsed.error().text);
    return parsed.ok() ? *parsed : SearchQuery();
  }
  static std::string wrong(const std::string& line) {
    const auto parsed = parse_search(search_words(line), kNow);
    EXPECT_FALSE(parsed.ok()) << line;
    return parsed.ok() ? "" : parsed.error().text;
  }
};

TEST_F(SearchWords, WordsAndPhrases) {
  EXPECT_THAT(search_words("  two  words "), ElementsAre("two", "words"));
  EXPECT_THAT(search_words(R"(a "b  c" d"e "f g)"), ElementsAre("a", "\"b  c\"", "d\"e", "\"f g"));
  EXPECT_THAT(search_words(""), IsEmpty());
  EXPECT_THAT(query(R"(Noon "lunch at" 5")").texts, ElementsAre("Noon", "lunch at", "5\""));
  EXPECT_THAT(parse_search({"lunch at", "noon"}, kNow)->texts, ElementsAre("lunch at", "noon")) << "as a shell splits";
}

TEST_F(SearchWords, Operators) {
  const SearchQuery q = query("from:bob in:#team after:2026-01-31 before:2026-02-01 has:file HAS:link lunch");
  EXPECT_EQ(q.from, "bob");
  EXPECT_FALSE(q.mine);
  EXPECT_EQ(q.in, PeerName("#team"));
  EXPECT_EQ(q.from_ms, 1'769'817'600'000);
  EXPECT_EQ(q.until_ms, q.from_ms + 86'400'000);
  EXPECT_TRUE(q.file && q.link);
  EXPECT_THAT(q.texts, ElementsAre("lunch"));
  EXPECT_TRUE(query("from:me").mine);
  EXPECT_EQ(query("in:bob").in, PeerName("bob"));
}

TEST_F(SearchWords, ATimeIsADayOrAnAge) {
  EXPECT_EQ(query("after:2h").from_ms, kNow - 2 * 3'600'000);
  EXPECT_EQ(query("before:2026-01-31T06:30").until_ms, 1'769'841'000'000);
  EXPECT_EQ(query("before:2026-01-31T06:30:00+02:00").until_ms, 1'769'841'000'000 - 2 * 3'600'000);
}

TEST_F(SearchWords, AWordWithAColonThatIsNoOperatorIsAWord) {
  for (const char* word : {"https://example.org", "12:30", ":smile:", "a:b", "todo:", "\"from:bob\""}) {
    const SearchQuery q = query(word);
    ASSERT_EQ(q.texts.size(), 1u) << word;
    EXPECT_TRUE(q.from.empty()) << word;
  }
}

TEST_F(SearchWords, EveryMistakeHasOneClearLine) {
  for (const auto& [line, says] : std::initializer_list<std::pair<const char*, const char*>>{
           {"from:", "from: needs a person"},
           {"from:#team", "from: needs a person"},
           {"from:bob from:me", "from: stands twice"},
           {"in:", "in: needs a conversation"},
           {"in:#", "in: needs a conversation"},
           {"in:a in:b", "in: stands twice"},
           {"has:picture", "has: takes file or link"},
           {"has:", "has: takes file or link"},
           {"before:yesterday", "before: needs a day or a time, as in before:2026-01-31 or before:2h"},
           {"before:", "before: needs a day"},
           {"after:2026-02-30", "after: needs a day"},
           {"after:2026-13-01", "after: needs a day"},
           {"after:2026-1-1", "after: needs a day"},
           {"after:2026-01-01 after:2026-01-02", "after: stands twice"},
           {"after:2026-01-02 before:2026-01-02", "an earlier time"},
           {"form:bob", "There is no form: in a search. Quotation marks search for the text: \"form:bob\""},
           {"\"lunch at", "a quotation mark at its end: \"lunch at"},
           {"\"", "a quotation mark at its end"},
           {"\" \"", "at least one word"},
       }) {
    EXPECT_THAT(wrong(line), HasSubstr(says)) << line;
    EXPECT_EQ(wrong(line).find('\n'), std::string::npos);
  }
}

TEST_F(SearchWords, ALinkIsAnAddress) {
  EXPECT_TRUE(holds_link("see https://example.org"));
  EXPECT_TRUE(holds_link("mailto:bob@example.org"));
  EXPECT_FALSE(holds_link("see https:// alone"));
  EXPECT_FALSE(holds_link("https://"));
  EXPECT_FALSE(holds_link("example.org"));
}

}  // namespace
}  // namespace fastchat::client
