// Plaintexts and the strict reading of protobuf.
#include "client/e2e/content.h"

#include <gtest/gtest.h>

#include "client/e2e/limits.h"
#include "client/e2e/sanitise.h"
#include "client/e2e/strict.h"
#include "proto/content.pb.h"

namespace fastchat::tests {
namespace {

using namespace e2e;
namespace pb = v1::content;

FileInfo a_file() {
  return FileInfo{Bytes(16, 'f'), Secret::copy_of(Bytes(32, 'k')), Bytes(32, 'h'), 5, "cat.png", "image/png"};
}

Bytes plaintext(int kind, const Bytes& content) {
  Bytes p(1, static_cast<char>(kind));
  put_u32(p, static_cast<uint32_t>(content.size()));
  p += content;
  p.resize((p.size() + kPad - 1) / kPad * kPad, '\0');
  return p;
}

TEST(Plaintext, IsPaddedToAMultipleOf256) {
  for (const size_t n : {1u, 200u, 247u, 248u, 249u, 16384u}) {
    const Secret p = encode_plaintext(Text{Bytes(n, 't')}).value();
    EXPECT_EQ(p.size() % 256, 0u);
    const Content back = decode_plaintext(p.view()).value();
    EXPECT_EQ(std::get<Text>(back).text.size(), n);
  }
}

TEST(Plaintext, OfTextsOfLikeLengthIsOfOneLength) {
  EXPECT_EQ(encode_plaintext(Text{"yes"})->size(), encode_plaintext(Text{Bytes(200, 'n')})->size());
}

TEST(Plaintext, EndsAt16KiBOfText) {
  EXPECT_TRUE(encode_plaintext(Text{Bytes(kMaxText, 't')}).ok());
  EXPECT_EQ(encode_plaintext(Text{Bytes(kMaxText + 1, 't')}).code(), Code::kTooLarge);
  EXPECT_FALSE(encode_plaintext(Text{""}).ok());
  EXPECT_FALSE(encode_plaintext(Text{"bad\xff"}).ok());
}

TEST(Plaintext, CarriesEveryKindThereAndBack) {
  const ReadReceipt receipt{
      Bytes(32, 'r'), 9, {{MessageId{Bytes(32, 'a'), Bytes(16, 's'), 3}, Bytes(32, 'e')}}, Bytes(384, 'g')};
  const Rekey rekey{"alice", Bytes(32, 'o'), Bytes(32, 'n'), 2, Bytes(422, 'p'), Bytes(384, 'g'), Bytes(384, 'h')};
  std::vector<Content> all;
  all.emplace_back(Text{"hi"});
  all.emplace_back(a_file());
  all.emplace_back(KeyShare{Bytes(32, 'g'), 4, Bytes(32, 's'), Secret::copy_of("key")});
  all.emplace_back(receipt);
  all.emplace_back(rekey);
  all.emplace_back(GroupKeyRequest{Bytes(32, 'g'), 4});
  all.emplace_back(GroupLeave{Bytes(32, 'g')});
  const MessageId of{Bytes(32, 'a'), Bytes(16, 's'), 3}, other{Bytes(32, 'a'), Bytes(16, 't'), 1};
  all.emplace_back(Edit{of, "better", other});
  all.emplace_back(Delete{of});
  all.emplace_back(Reaction{of, "\xF0\x9F\x91\x8D"});
  all.emplace_back(Reaction{of, "", other});
  all.emplace_back(Text{"yes", of, other});
  all.emplace_back(Poll{"lunch?", {"soup", "salad"}, other});
  all.emplace_back(Vote{of, 2});
  all.emplace_back(Vote{of, 0, other});
  all.emplace_back(CardUse{Bytes(16, 't')});
  all.emplace_back(SeenHead{{7, Bytes(32, 'r'), 1'000, Bytes(64, 's')}});
  all.emplace_back(SeenHead{{1, Bytes(32, 'r'), 0, Bytes(64, 's')}, other});
  for (const Content& c : all) {
    const Secret once = encode_plaintext(c).value();
    const Content back = decode_plaintext(once.view()).value();
    EXPECT_EQ(back.index(), c.index());
    EXPECT_EQ(encode_plaintext(back)->view(), once.view());
  }
}

TEST(Plaintext, RefusesWrongPaddingLengthAndKind) {
  pb::Text m;
  m.set_text("hello");
  const Bytes content = encode(m), good = plaintext(1, content);
  ASSERT_TRUE(decode_plaintext(good).ok());
  Bytes dirty = good;
  dirty.back() = 1;
  EXPECT_FALSE(decode_plaintext(dirty).ok());
  EXPECT_FALSE(decode_plaintext(good + Bytes(256, '\0')).ok());
  EXPECT_FALSE(decode_plaintext(ByteView(good).substr(0, 255)).ok());
  EXPECT_FALSE(decode_plaintext("").ok());
  Bytes longer = good;
  longer[1] = '\x7f';
  EXPECT_FALSE(decode_plaintext(longer).ok());
  EXPECT_FALSE(decode_plaintext(plaintext(0, content)).ok());
  EXPECT_FALSE(decode_plaintext(plaintext(99, content)).ok());
  EXPECT_FALSE(decode_plaintext(plaintext(1, "")).ok());
}

TEST(Plaintext, RefusesFieldsOutsideTheirLimits) {
  FileInfo f = a_file();
  f.file_id.pop_back();
  EXPECT_FALSE(encode_plaintext(Content(std::move(f))).ok());
  FileInfo g = a_file();
  g.name = Bytes(256, 'n');
  EXPECT_FALSE(encode_plaintext(Content(std::move(g))).ok());
  EXPECT_FALSE(encode_plaintext(GroupKeyRequest{Bytes(32, 'g'), 0}).ok());
}

TEST(Plaintext, RefusesReferencesThatAreNone) {
  const MessageId good{Bytes(32, 'a'), Bytes(16, 's'), 3};
  for (const MessageId& bad : {MessageId{Bytes(31, 'a'), Bytes(16, 's'), 3}, MessageId{Bytes(32, 'a'), "", 3},
                               MessageId{Bytes(32, 'a'), Bytes(16, 's'), 0}, MessageId{}}) {
    EXPECT_FALSE(encode_plaintext(Text{"x", bad, {}}).ok());
    EXPECT_FALSE(encode_plaintext(Text{"x", {}, bad}).ok());
    EXPECT_FALSE(encode_plaintext(Edit{bad, "x"}).ok());
    EXPECT_FALSE(encode_plaintext(Delete{bad}).ok());
    EXPECT_FALSE(encode_plaintext(Reaction{bad, "x"}).ok());
    EXPECT_FALSE(encode_plaintext(Reaction{good, "x", bad}).ok());
  }
  EXPECT_FALSE(decode_plaintext(plaintext(9, "")).ok());
  EXPECT_FALSE(decode_plaintext(plaintext(8, Bytes("\x12\x02hi", 4))).ok());
}

TEST(Plaintext, EditsAndReactionsHaveLimits) {
  const MessageId of{Bytes(32, 'a'), Bytes(16, 's'), 3};
  EXPECT_TRUE(encode_plaintext(Edit{of, Bytes(kMaxText, 't')}).ok());
  EXPECT_FALSE(encode_plaintext(Edit{of, Bytes(kMaxText + 1, 't')}).ok());
  EXPECT_FALSE(encode_plaintext(Edit{of, ""}).ok());
  EXPECT_FALSE(encode_plaintext(Edit{of, "\xff"}).ok());
  EXPECT_TRUE(encode_plaintext(Reaction{of, Bytes(32, 'e')}).ok());
  EXPECT_FALSE(encode_plaintext(Reaction{of, Bytes(kMaxEmoji + 1, 'e')}).ok());
  EXPECT_FALSE(encode_plaintext(Reaction{of, "\xff"}).ok());
}

TEST(Plaintext, PollsAndVotesHaveLimits) {
  const MessageId of{Bytes(32, 'a'), Bytes(16, 's'), 3};
  const std::vector<std::string> two = {"a", "b"};
  EXPECT_TRUE(encode_plaintext(Poll{Bytes(kMaxPollQuestion, 'q'), std::vector<std::string>(10, Bytes(256, 'o'))}).ok());
  EXPECT_FALSE(encode_plaintext(Poll{Bytes(kMaxPollQuestion + 1, 'q'), two}).ok());
  EXPECT_FALSE(encode_plaintext(Poll{"", two}).ok());
  EXPECT_FALSE(encode_plaintext(Poll{"q", {"a"}}).ok());
  EXPECT_FALSE(encode_plaintext(Poll{"q", std::vector<std::string>(11, "o")}).ok());
  EXPECT_FALSE(encode_plaintext(Poll{"q", {"a", ""}}).ok());
  EXPECT_FALSE(encode_plaintext(Poll{"q", {"a", Bytes(257, 'o')}}).ok());
  EXPECT_FALSE(encode_plaintext(Poll{"q", {"a", "\xff"}}).ok());
  EXPECT_FALSE(encode_plaintext(Poll{"\xff", two}).ok());
  EXPECT_TRUE(encode_plaintext(Vote{of, 10}).ok());
  EXPECT_FALSE(encode_plaintext(Vote{of, 11}).ok());
  EXPECT_FALSE(encode_plaintext(Vote{MessageId{}, 1}).ok());
  EXPECT_FALSE(encode_plaintext(CardUse{Bytes(15, 't')}).ok());
  const Bytes root(32, 'r'), sig(64, 's');
  EXPECT_FALSE(encode_plaintext(SeenHead{{0, root, 0, sig}}).ok());
  EXPECT_FALSE(encode_plaintext(SeenHead{{(uint64_t{1} << 62) + 1, root, 0, sig}}).ok());
  EXPECT_FALSE(encode_plaintext(SeenHead{{1, Bytes(31, 'r'), 0, sig}}).ok());
  EXPECT_FALSE(encode_plaintext(SeenHead{{1, root, -1, sig}}).ok());
  EXPECT_FALSE(encode_plaintext(SeenHead{{1, root, 0, Bytes(63, 's')}}).ok());
}

TEST(Plaintext, TextsComeAsTheyWereSent) {
  const MessageId of{Bytes(32, 'a'), Bytes(16, 's'), 3};
  const std::string text = "a\tb\u200Cc\u202Ed\x1b\r\n";
  const auto back = [](const Content& content) { return decode_plaintext(encode_plaintext(content)->view()).value(); };
  EXPECT_EQ(std::get<Text>(back(Text{text, {}})).text, text);
  EXPECT_EQ(std::get<Edit>(back(Edit{of, text, {}})).text, text);
  EXPECT_EQ(std::get<Reaction>(back(Reaction{of, "\u2764\uFE0F", {}})).emoji, "\u2764\uFE0F");
}

// Couple with the lightest and the darkest skin, with hearts: 35 bytes.
TEST(Plaintext, TheLongestEmojiIsAReaction) {
  const MessageId of{Bytes(32, 'a'), Bytes(16, 's'), 3};
  const std::string kiss = "\U0001F468\U0001F3FB\u200D\u2764\uFE0F\u200D\U0001F48B\u200D\U0001F468\U0001F3FF";
  ASSERT_EQ(kiss.size(), 35u);
  EXPECT_TRUE(encode_plaintext(Reaction{of, kiss}).ok());
  EXPECT_TRUE(encode_plaintext(Reaction{of, std::string(kMaxEmoji, 'x')}).ok());
  EXPECT_FALSE(encode_plaintext(Reaction{of, std::string(kMaxEmoji + 1, 'x')}).ok());
}

TEST(Plaintext, APollIsLinesOfText) {
  const Poll poll{"a\nb", {"c\td", "e\x1b[1mf"}};
  const Content back = decode_plaintext(encode_plaintext(poll)->view()).value();
  EXPECT_EQ(std::get<Poll>(back).question, sanitise_line("a\nb"));
  EXPECT_EQ(std::get<Poll>(back).options[1], sanitise_line("e\x1b[1mf"));
}

TEST(Plaintext, TheLargestTextWithBothReferencesFits) {
  const MessageId id{Bytes(32, 'a'), Bytes(16, 's'), kMaxCount};
  EXPECT_TRUE(encode_plaintext(Text{Bytes(kMaxText, 't'), id, id}).ok());
  EXPECT_TRUE(encode_plaintext(Edit{id, Bytes(kMaxText, 't'), id}).ok());
}

TEST(Plaintext, OnlyWhatSpeaksToAllIsForGroups) {
  const MessageId of{Bytes(32, 'a'), Bytes(16, 's'), 3};
  EXPECT_TRUE(allowed_in_group(Text{"x"}));
  EXPECT_TRUE(allowed_in_group(Edit{of, "x"}));
  EXPECT_TRUE(allowed_in_group(Delete{of}));
  EXPECT_TRUE(allowed_in_group(Reaction{of, "x"}));
  EXPECT_TRUE(allowed_in_group(Poll{"q", {"a", "b"}}));
  EXPECT_TRUE(allowed_in_group(Vote{of, 1}));
  EXPECT_TRUE(allowed_in_group(SeenHead{}));
  EXPECT_FALSE(allowed_in_group(GroupLeave{Bytes(32, 'g')}));
  EXPECT_FALSE(allowed_in_group(CardUse{Bytes(16, 't')}));
  EXPECT_FALSE(allowed_in_group(GroupKeyRequest{Bytes(32, 'g'), 1}));
}

TEST(Plaintext, CleansTheNamesOfFiles) {
  FileInfo f = a_file();
  f.name = "a\x1b[2J\nb.png";
  const Content back = decode_plaintext(encode_plaintext(Content(std::move(f)))->view()).value();
  EXPECT_EQ(std::get<FileInfo>(back).name, "a[2J b.png");
}

TEST(Strict, RefusesUnknownFieldsAtAnyDepth) {
  pb::GroupState s;
  s.add_members()->set_user("alice");
  const Bytes good = encode(s);
  pb::GroupState out;
  EXPECT_TRUE(parse_strict(good, 100, out).ok());
  EXPECT_FALSE(parse_strict(good + Bytes("\xa0\x06\x01", 3), 100, out).ok());  // field 100 of the state
  EXPECT_FALSE(parse_strict(Bytes("\x32\x0a\x0a\x05"
                                  "alice\xa0\x06\x01",
                                  12),
                            100, out)
                   .ok());  // and of a member
}

TEST(Strict, RefusesDuplicatesDefaultsDisorderAndLongVarints) {
  pb::GroupKeyRequest out;
  EXPECT_TRUE(parse_strict(Bytes("\x0a\x01g\x10\x05", 5), 100, out).ok());
  EXPECT_FALSE(parse_strict(Bytes("\x10\x05\x0a\x01g", 5), 100, out).ok());
  EXPECT_FALSE(parse_strict(Bytes("\x0a\x01g\x10\x05\x10\x05", 7), 100, out).ok());
  EXPECT_FALSE(parse_strict(Bytes("\x0a\x01g\x10\x00", 5), 100, out).ok());
  EXPECT_FALSE(parse_strict(Bytes("\x0a\x01g\x10\x85\x00", 6), 100, out).ok());
}

TEST(Strict, RefusesEnumValuesThatAreNone) {
  pb::Header h;
  h.set_type(static_cast<pb::MessageType>(7));
  pb::Header out;
  EXPECT_FALSE(parse_strict(encode(h), 100, out).ok());
}

TEST(Strict, RefusesInvalidUtf8WithoutAWordOnStderr) {
  pb::Text out;
  testing::internal::CaptureStderr();
  EXPECT_FALSE(parse_strict(Bytes("\x0a\x02\xff\xfe", 4), 100, out).ok());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Strict, RefusesWhatIsTooLargeOrTooDeep) {
  pb::Text out;
  EXPECT_EQ(parse_strict(Bytes(101, 'x'), 100, out).code(), Code::kTooLarge);
  Bytes deep(5000, '\x0b');  // field 1, start of a group, again and again
  EXPECT_FALSE(parse_strict(deep, 10000, out).ok());
}

}  // namespace
}  // namespace fastchat::tests
