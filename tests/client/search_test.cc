// A long history. The reads of a page, of a jump and of a list of conversations do not grow with it. A search opens one
// box a page, finds the present texts, and stops between pages. Checks counts, not seconds.
#include "client/search/search_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "client/e2e/random.h"
#include "client/e2e/sanitise.h"
#include "client/e2e/unicode.h"
#include "client/search/text_fold.h"

namespace fastchat::client {
namespace {

using store::kSearchPage;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LongHistory : public ::testing::Test {
 protected:
  LongHistory() {
    std::string path = (std::filesystem::temp_directory_path() / "fastchat-search-XXXXXX").string();
    FC_CHECK(mkdtemp(path.data()) != nullptr);
    root_ = path;
    reopen();
  }
  ~LongHistory() override {
    store_.reset();
    std::filesystem::remove_all(root_);
  }
  void reopen() {
    pages_.reset();
    store_.reset();
    auto opened = store::Store::open((root_ / "profile").string());
    FC_CHECK(opened.ok());
    store_ = std::move(*opened);
    pages_ = std::make_unique<SearchPages>(
        *store_, [this] { return LocalBox(key_); },
        [this](int64_t row) -> Result<std::string> { return changed_[row]; });
    FC_CHECK(pages_->load().ok());
  }
  Bytes sealed(const Bytes& hash, std::string_view text) {
    return LocalBox(key_).seal(LocalPlace::message_body(hash, 1), text);
  }
  // Adds a message; returns its row.
  int64_t add(const std::string& text, const std::string& user = "bob", bool seen = true) {
    store::Message m;
    m.conversation = store::ConversationId::direct(user);
    m.from = user;
    m.kind = 1;
    m.from_fpr = Bytes(32, 'f');
    m.stream = Bytes(16, 's');
    m.seq = ++seq_;
    put_u64(m.hash, m.seq);
    m.hash.resize(32, 'h');
    m.body = sealed(m.hash, text);
    m.seen = seen;
    m.sent_ms = sent_ms_;
    FC_CHECK(store_->begin().ok());
    auto id = store_->messages().add(m, false);
    FC_CHECK(id.ok());
    return *id;
  }
  void fill(int messages, const std::string& user = "bob") {
    for (int i = 0; i < messages; ++i) add("line " + std::to_string(i) + " of the history", user);
    FC_CHECK(store_->commit().ok());
  }
  // Changes a text as Annotations does for an edit.
  void change(int64_t row, const std::string& text) {
    changed_[row] = text;
    const auto message = store_->messages().get(row);
    store::Annotation edit;
    edit.of_fpr = (*message)->from_fpr;
    edit.of_stream = (*message)->stream;
    edit.of_seq = (*message)->seq;
    edit.from = "bob";
    edit.conversation = store::ConversationId::direct("bob");
    edit.stream = Bytes(16, 't');
    edit.seq = ++seq_;
    edit.sent_ms = static_cast<int64_t>(seq_);
    FC_CHECK(store_->begin().ok() && *store_->annotations().put(edit));
    FC_CHECK(pages_->forget((*message)->position).ok());
  }
  std::vector<int64_t> find(const std::vector<std::string>& words, size_t limit = 1000) {
    return find(MessageSearch::Wanted{words}, limit);
  }
  std::vector<int64_t> find(const MessageSearch::Wanted& wanted, size_t limit = 1000) {
    MessageSearch search(*pages_, wanted);
    std::vector<int64_t> out;
    for (bool more = true; more && out.size() < limit;) {
      auto step = search.step(out);
      EXPECT_TRUE(step.ok());
      more = step.ok() && *step;
    }
    return out;
  }
  void make_all() {
    while (*pages_->behind()) ASSERT_TRUE(pages_->make_next().ok());
    ASSERT_TRUE(store_->commit().ok());
  }
  template <class Call>
  uint64_t steps(Call call) {
    const uint64_t before = store_->sql().steps();
    call();
    return store_->sql().steps() - before;
  }

  std::filesystem::path root_;
  e2e::Secret key_ = e2e::system_random().secret(32);
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<SearchPages> pages_;
  std::map<int64_t, std::string> changed_;
  uint64_t seq_ = 0;
  int64_t sent_ms_ = 0;
};

TEST_F(LongHistory, WhatTheScreenAsksCostsTheSameHoweverLongItIs) {
  const std::vector<std::function<void()>> questions = {
      [&] { EXPECT_EQ(store_->messages().conversations()->size(), 2u); },
      [&] { EXPECT_EQ(store_->messages().history(store::ConversationId::direct("bob"), 200)->size(), 200u); },
      [&] { EXPECT_EQ(store_->messages().history(store::ConversationId::direct("bob"), 200, 1000)->size(), 200u); },
      [&] { EXPECT_EQ(store_->messages().history_after(store::ConversationId::direct("bob"), 200, 0)->size(), 200u); },
      [&] { EXPECT_EQ(store_->seen().unseen_of(store::ConversationId::direct("bob"), 100)->size(), 3u); },
      [&] { EXPECT_TRUE(store_->seen().mark_all(store::ConversationId::direct("carol")).ok()); },
      [&] { EXPECT_EQ(store_->seen().unseen(0, 100)->size(), 3u); },
      [&] {
        EXPECT_TRUE(store_->messages().find_by_hash((*store_->messages().get(5))->hash.substr(0, 16))->has_value());
      },
      [&] { EXPECT_TRUE(store_->messages().at(700)->has_value()); },
      [&] { EXPECT_TRUE(store_->messages().last_position().ok()); },
  };
  fill(100, "carol");
  for (int i = 0; i < 3; ++i) add("new", "bob", false);
  fill(1500);
  std::vector<uint64_t> few;
  for (const auto& question : questions) few.push_back(steps(question));
  fill(9000);
  for (size_t i = 0; i < questions.size(); ++i) {
    // The same query reads an answer of the same size; a tree may be a step deeper.
    EXPECT_LE(steps(questions[i]), few[i] + few[i] / 10 + 50) << "question " << i;
  }
}

TEST_F(LongHistory, ASearchOpensABoxAPageAndNoMessages) {
  add("a needle, the oldest");
  fill(10 * kSearchPage);
  add("A NEEDLE, the newest");
  ASSERT_TRUE(store_->commit().ok());
  make_all();
  EXPECT_EQ(pages_->counts().messages, 10u * kSearchPage);
  reopen();
  EXPECT_THAT(find({"needle", "the"}), ElementsAre(10 * kSearchPage + 2, 1));
  EXPECT_EQ(pages_->counts().pages, 10u);
  EXPECT_EQ(pages_->counts().messages, 2u) << "those after the last full page";
  EXPECT_THAT(find({"needle", "haystack"}), IsEmpty());
  const uint64_t before = pages_->counts().pages;
  EXPECT_THAT(find({"needle"}, 1), ElementsAre(10 * kSearchPage + 2));
  EXPECT_EQ(pages_->counts().pages, before) << "enough was found on the newest page";
}

TEST_F(LongHistory, AFilterOpensOnlyThePagesThatHaveARowForIt) {
  add("a needle of carol", "carol");
  fill(4 * kSearchPage);
  make_all();
  reopen();
  MessageSearch::Wanted carol;
  carol.filter.from = "carol";
  EXPECT_THAT(find(carol), ElementsAre(1));
  EXPECT_EQ(pages_->counts().pages, 0u) << "who wrote it stands in the row";
  EXPECT_EQ(pages_->counts().messages, 0u);
  carol.texts = {"needle"};
  EXPECT_THAT(find(carol), ElementsAre(1));
  EXPECT_EQ(pages_->counts().pages, 1u);
  carol.texts = {"line"};
  EXPECT_THAT(find(carol), IsEmpty());
  MessageSearch::Wanted in;
  in.filter.conversation = store::ConversationId::direct("carol").stored();
  EXPECT_THAT(find(in), ElementsAre(1));
  MessageSearch::Wanted mine;
  mine.filter.mine = true;
  EXPECT_THAT(find(mine), IsEmpty());
  MessageSearch::Wanted file;
  file.filter.kind = 77;
  EXPECT_THAT(find(file), IsEmpty());
}

TEST_F(LongHistory, AFilterOfDaysAndLinks) {
  for (const int day : {1, 2, 3}) {
    sent_ms_ = day * 1000;
    add("see HTTP://example.org/" + std::to_string(day));
    add("no address: http:// alone");
  }
  ASSERT_TRUE(store_->commit().ok());
  MessageSearch::Wanted wanted;
  wanted.filter.from_ms = 2000;
  EXPECT_THAT(find(wanted), ElementsAre(6, 5, 4, 3));
  wanted.filter.until_ms = 3000;
  EXPECT_THAT(find(wanted), ElementsAre(4, 3));
  wanted.link = true;
  EXPECT_THAT(find(wanted), ElementsAre(3));
  wanted.filter = {};
  EXPECT_THAT(find(wanted), ElementsAre(5, 3, 1));
}

TEST_F(LongHistory, APhraseStandsTogether) {
  add("lunch at noon");
  add("at noon we have lunch");
  ASSERT_TRUE(store_->commit().ok());
  EXPECT_THAT(find({"Lunch at"}), ElementsAre(1));
  EXPECT_THAT(find({"lunch", "at"}), ElementsAre(2, 1));
}

TEST_F(LongHistory, ASearchBeforeTheBoxesAreMadeMakesThem) {
  add("needle");
  fill(3 * kSearchPage);
  EXPECT_THAT(find({"needle"}), ElementsAre(1));
  EXPECT_EQ(pages_->counts().messages, 3u * kSearchPage + 1);
  EXPECT_FALSE(*pages_->behind());
  ASSERT_TRUE(store_->commit().ok());
  EXPECT_THAT(find({"needle"}), ElementsAre(1));
  EXPECT_EQ(pages_->counts().pages, 3u);
}

TEST_F(LongHistory, WhatWasChangedIsFoundAsItIsNow) {
  const int64_t row = add("the first words");
  fill(2 * kSearchPage);
  make_all();
  change(row, "other words");
  EXPECT_TRUE(*pages_->behind());
  EXPECT_THAT(find({"first", "words"}), IsEmpty());
  EXPECT_THAT(find({"other"}), ElementsAre(1));
  make_all();
  EXPECT_THAT(find({"other"}), ElementsAre(1));
  // After a rollback neither the box nor its absence counts.
  change(row, "third words");
  store_->rollback();
  ASSERT_TRUE(pages_->load().ok());
  EXPECT_FALSE(*pages_->behind());
}

TEST_F(LongHistory, BoxesAreSealedAndADamagedOneIsMadeAnew) {
  add("needle");
  fill(kSearchPage);
  make_all();
  EXPECT_EQ(store_->search().page(0)->find("needle"), Bytes::npos);
  ASSERT_TRUE(store_->begin().ok() && store_->search().put(0, Bytes(500, 'x')).ok());
  EXPECT_THAT(find({"needle"}), ElementsAre(1));
  EXPECT_THAT(find({"needle"}), ElementsAre(1));
  EXPECT_EQ(pages_->counts().pages, 2u) << "one that did not open, and one that did";
}

TEST_F(LongHistory, AWordIsFoundHoweverItsLettersAreComposedOrWritten) {
  const std::vector<std::vector<std::string>> alike = {
      {"caf\u00E9", "cafe\u0301", "CAF\u00C9", "CAFE\u0301"},
      {"stra\u00DFe", "STRASSE", "stra\u1E9Ee"},
      {"\u03A3\u038A\u03A3\u03A5\u03A6\u039F\u03A3", "\u03C3\u03AF\u03C3\u03C5\u03C6\u03BF\u03C2"},  // a final sigma
      {"\uD55C\uAE00", "\u1112\u1161\u11AB\u1100\u1173\u11AF"},                                      // Hangul jamo
      {"\u1FB4", "\u03B1\u0345\u0301", "\u03AC\u03B9"},
      {"o\uFB03ce", "OFFICE", "of\uFB01ce"},
      {"\uFF26\uFF35\uFF2C\uFF2C", "full"},
      {"\u0436\u0451\u043B\u0442\u044B\u0439", "\u0416\u0415\u0308\u041B\u0422\u042B\u0418\u0306"},
  };
  for (const auto& forms : alike) {
    for (const std::string& form : forms) add("one " + form + " two");
  }
  int64_t first = 1;
  for (const auto& forms : alike) {
    std::vector<int64_t> all;
    for (size_t i = forms.size(); i > 0; --i) all.push_back(first + static_cast<int64_t>(i) - 1);
    first += static_cast<int64_t>(forms.size());
    for (const std::string& form : forms) EXPECT_THAT(find({form}), ::testing::ElementsAreArray(all)) << form;
  }
  EXPECT_THAT(find({"cafe"}), IsEmpty()) << "an accent makes another letter";
}

// Boxes hold folded texts, so the store drops the boxes of a version that folded otherwise.
TEST_F(LongHistory, BoxesOfAnEarlierVersionAreMadeAnew) {
  constexpr int kFoldsOtherwise = 9;  // the schema version before
  add("cafe\u0301");
  fill(kSearchPage);
  make_all();
  Bytes texts;
  put_u64(texts, 1);
  put_u32(texts, 6);
  texts += "cafe\u0301";
  ASSERT_TRUE(store_->begin().ok());
  ASSERT_TRUE(store_->search().put(0, LocalBox(key_).seal(LocalPlace::search_page(0), texts)).ok());
  const std::string go_back =
      "DROP TABLE log_state; DROP TABLE log_read; DROP TABLE log_proven; DROP TABLE log_unproven; DROP TABLE "
      "log_heads; "
      "DROP TABLE log_gossip; DROP TABLE log_alarms; DROP TABLE vault_parts; "
      "DROP TABLE cards; DROP TABLE card_uses; DROP TABLE standings; DROP TABLE strangers; DROP TABLE removed; DROP "
      "TABLE former_keys; ALTER TABLE "
      "password_change DROP COLUMN new_key; "
      "PRAGMA user_version = " +
      std::to_string(kFoldsOtherwise);
  ASSERT_TRUE(store_->sql().script(go_back.c_str()).ok());
  ASSERT_TRUE(store_->commit().ok());
  reopen();
  EXPECT_THAT(find({"caf\u00E9"}), ElementsAre(1));
}

TEST(TextFold, MakesCasesAndFormsOne) {
  EXPECT_EQ(e2e::folded("Hello ÄÖÜ Ñ Ÿ Ž ΑΩΌ ЖЁ ĄŁ"), "hello äöü ñ ÿ ž αωό жё ął");
  EXPECT_EQ(e2e::folded("ÿ × ß ı 漢字 🎉"), "ÿ × ss ı 漢字 🎉");
  EXPECT_EQ(e2e::folded("HELLO, world \n 1"), "hello, world \n 1");
  std::string marks = "e";
  for (int i = 0; i < 40; ++i) marks += "\u0301";
  const std::string broken = e2e::folded(marks);
  EXPECT_NE(broken.find("\u034F"), std::string::npos) << "sorting a run of any length would take a second";
  EXPECT_EQ(e2e::folded(marks.substr(0, 61)).find("\u034F"), std::string::npos);
  std::string grows;
  for (int i = 0; i < 1'000; ++i) grows += "\uFDFA";
  EXPECT_EQ(e2e::folded(grows), grows) << "its folded form is eleven times as long";
  EXPECT_NE(e2e::folded("\uFDFA"), "\uFDFA");
  EXPECT_EQ(e2e::folded("A\xff\xc3Z\u00C9"), "a\xff\xc3z\u00C9") << "no UTF-8: the Latin letters alone";
}

TEST(TextFold, AHitIsAPlaceInTheText) {
  const auto found = [](std::string_view text, std::string_view word) -> std::string {
    const auto place = find_folded(text, e2e::folded(word));
    return place ? std::string(text.substr(place->begin, place->end - place->begin)) : "(none)";
  };
  EXPECT_EQ(found("one Two three", "TWO"), "Two");
  EXPECT_EQ(found("ein CAFE\u0301!", "caf\u00E9"), "CAFE\u0301");
  EXPECT_EQ(found("die Straßen", "STRASSE"), "Straße");
  EXPECT_EQ(found("die Straßen", "ras"), "raß") << "all of a letter of which a part was found";
  EXPECT_EQ(found("\U0001F1E9\U0001F1EA x", "x"), "x");
  EXPECT_EQ(found("abc", "d"), "(none)");
  EXPECT_EQ(found("", "d"), "(none)");
}

}  // namespace
}  // namespace fastchat::client
