// Tests the values that pass between a holder and its windows: every value comes back as it was, nonsense is refused,
// and texts are harmless. Tests which window is in front, and drafts that several windows write.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "client/session/front.h"
#include "client/session/shared_drafts.h"
#include "client/tui/window/calls.h"

namespace fastchat::tui {
namespace {

using testing::ElementsAre;

JsonValue parsed(const std::string& text) {
  auto value = parse_json(text);
  FC_CHECK(value.ok());
  return std::move(*value);
}

// The value is written, read, and written again.
template <class T>
void comes_back(const T& value) {
  const std::string first = write_fields(value);
  const auto read = read_fields<T>(parsed(first));
  ASSERT_TRUE(read.ok()) << first;
  EXPECT_EQ(write_fields(*read), first);
}

client::ChatMessage full_message() {
  client::ChatMessage m;
  m.id = std::string(32, 'a');
  m.row = 7;
  m.position = 9'007'199'254'740'993;  // no double
  m.peer = client::PeerName("#team");
  m.from = "bob";
  m.text = "two\nlines and \"quotes\" 👍";
  m.as_sent = "two\nlines\x01";
  m.kind = client::MessageKind::kPoll;
  m.sent_ms = 1'763'800'000'000;
  m.received_ms = 1'763'800'000'001;
  m.mine = m.late = m.first_contact = m.edited = m.deleted = true;
  m.seen = false;
  m.ref = 18'000'000'000'000'000'000u;
  m.state = client::MessageState::kFailed;
  m.failure = Code::kShareFull;
  m.file = client::FileView{"plan.pdf", "application/pdf", 12, client::FileView::State::kHere, "/tmp/plan.pdf"};
  m.poll = client::PollView{"Lunch?", {{"soup", {"alice", "bob"}}, {"salad", {}}}};
  m.members = 3;
  m.delivered = 2;
  m.read = 1;
  m.device = std::string(32, 'd');
  m.reply_to = std::string(32, 'b');
  m.reactions = {{"bob", "👍", "", false}, {"alice", "❤", "❤\x01", true}};
  m.mentioned = "alice";
  return m;
}

Event sent(const Event& event) {
  const auto written = write_event(event);
  FC_CHECK(written.has_value());
  auto read = read_event(parsed(*written));
  EXPECT_TRUE(read.ok()) << *written;
  EXPECT_EQ(read->index(), event.index());
  EXPECT_EQ(write_event(*read), written);
  return read.ok() ? std::move(*read) : event;
}

TEST(WindowFields, EveryEventThatTravelsComesBack) {
  client::TransferInfo transfer{
      "upload-1",   client::PeerName("bob"), "film.mkv", true, 5, 10, 3, 2, client::TransferInfo::State::kFailed,
      "it is gone", "/films/film.mkv"};
  client::DeviceInfo device{std::string(32, 'd'), "laptop", 1, 2, true, true, "192.0.2.7"};
  client::VerifyInfo key;
  key.user = "bob";
  key.number = {"123", "1 2 3", "lusab-babad", "FASTCHAT:1"};
  key.changed = true;
  const std::vector<Event> all = {
      MessageAdded{full_message()},
      MessageChanged{full_message()},
      client::ReceiptEvent{5, 6, "id", client::PeerName("bob"), client::MessageState::kRead, Code::kOk, "x", 3, 2, 1},
      transfer,
      client::ConnectionEvent{core::LinkState::kOffline, Code::kLocalUnreachable, "away", 500, "worker2", -1},
      client::Notice{client::Notice::Kind::kDisk, client::PeerName("bob"), "full"},
      MarkedRead{client::PeerName("bob")},
      GroupChanged{"team"},
      TypingChanged{client::PeerName("#team"), {"bob", "carol"}},
      SearchFound{{{full_message()}, true}, true},
      SendFailed{client::PeerName("bob"), "/reply \ttext", "id", err(Code::kUnknownUser, "no such user")},
      RequestFailed{err(Code::kOk, "")},
      KeyShown{key},
      KeyShown{err(Code::kUnknownUser, "no such user: bbo")},
      DevicesListed{std::vector<client::DeviceInfo>{device, device}},
      DevicesListed{err(Code::kLocalUnreachable, "away")},
      FileFetched{"/home/alice/down loads/plan.pdf"},
      CardShown{client::CardInfo{"fastchat-card:bob:x:y", 7}},
      CardShown{err(Code::kTooLarge, "16 cards are open")},
      TrustChanged{"bob"},
  };
  for (const Event& event : all) sent(event);
  const auto message = std::get<MessageAdded>(sent(all[0])).message;
  EXPECT_EQ(message.position, full_message().position);
  EXPECT_EQ(message.ref, full_message().ref);
  EXPECT_EQ(message.text, full_message().text);
  EXPECT_EQ(message.as_sent, full_message().as_sent);
  EXPECT_FALSE(message.seen);
  EXPECT_EQ(message.poll->options[0].voters, (std::vector<std::string>{"alice", "bob"}));
  EXPECT_EQ(message.reactions[1].as_sent, "❤\x01");
  EXPECT_TRUE(std::get<SearchFound>(sent(all[9])).first);
  EXPECT_EQ(std::get<TrustChanged>(sent(all.back())).user, "bob");
  EXPECT_EQ(std::get<SendFailed>(sent(all[10])).text, "/reply \ttext");
  EXPECT_EQ(std::get<KeyShown>(sent(all[13])).result.error().text, "no such user: bbo");
  // Events of this machine, or of the screen itself, do not travel.
  EXPECT_FALSE(write_event(PictureFormChanged{}).has_value());
  EXPECT_FALSE(write_event(CoverChanged{true}).has_value());
}

TEST(WindowFields, CallsAndTheirAnswersComeBack) {
  comes_back(OpenWindow{"0.1.0", 3, false, true});
  comes_back(WindowOpened{"alice", "host:1, realm x", {core::LinkState::kLive, Code::kOk, "", 0, "worker1", 3}});
  comes_back(ListOf<client::ConversationInfo>{
      {{client::PeerName("bob"), 3, 4, 5, true, true}, {client::PeerName("#t"), 1, 0, 0}}});
  comes_back(client::PlaceInfo{18'000'000'000'000'000'000u, 7});
  comes_back(FindPlace{client::PeerName("#team"), -5});
  comes_back(ListOf<client::ContactInfo>{{{"bob", std::string(64, 'f'), 3, true, 5}}});
  comes_back(ListOf<client::ChatMessage>{{full_message(), client::ChatMessage()}});
  comes_back(
      ListOf<client::GroupInfo>{{{"team", Bytes(32, '\xfe'), 7, "alice", {"alice", "bob"}, true, true, true, false}}});
  comes_back(ListOf<store::QuarantineEntry>{{{1, 2, "eve", "bad signature", Bytes(32, '\0'), "bad-signature"}}});
  comes_back(ListOf<client::MessageInfo>{{{full_message(), client::MessageInfo::Key::kVerified, "ab", {"bob"}}}});
  comes_back(ReadHistory{client::PeerName("bob"), 32, -5, true});
  comes_back(SetSetting{"unsent", std::string("bob\0text\0", 9)});
  comes_back(SendMessage{{client::PeerName("bob"), "hi", "id", true, "window-1"}});
  comes_back(ChangeMessage{ChangeMessage::What::kReact, "id", "👍"});
  comes_back(Vote{"id", 4'000'000'000u});
  comes_back(StartSearch{{"\"two words \"", "from:bob"}, 200});
  comes_back(ChangeGroup{ChangeGroup::What::kCreate, "team", {{"bob"}, {"eve"}, "crew", "carol"}});
  comes_back(SendFile{{client::PeerName("bob"), "/tmp/ a\tb", "", "window-1"}});
  comes_back(FetchFile{FetchFile::What::kCancel, "upload-1", ""});
  comes_back(JudgeKey{JudgeKey::What::kMarkVerified, "bob"});
  comes_back(AskDevices{"id", "", ""});
  comes_back(AskDevices{"", "id", "kitchen"});
  comes_back(ChangeAccount{ChangeAccount::What::kDelete, "", "", " secret ", ""});
  comes_back(ChangeAccount{ChangeAccount::What::kChangePassword, "a", "b", " old ", "new\n"});
  comes_back(ShowLine{"done", Style::kGood});
  comes_back(ShowPage{ShowPage::What::kReplace});
  comes_back(ComeToFront{false});
  comes_back(EndWindow{"logged out"});
}

template <class T>
bool takes(const std::string& json) {
  return read_fields<T>(parsed(json)).ok();
}

TEST(WindowFields, NonsenseIsRefused) {
  using History = ListOf<client::ChatMessage>;
  EXPECT_TRUE(takes<History>("{}"));
  for (const char* json : {
           R"([])",
           R"("text")",
           R"(null)",
           R"(7)",
           R"({"items":{}})",
           R"({"items":7})",
           R"({"items":[7]})",
           R"({"items":[[]]})",
           R"({"items":[{"text":7}]})",
           R"({"items":[{"kind":99}]})",
           R"({"items":[{"kind":-1}]})",
           R"({"items":[{"kind":1.5}]})",
           R"({"items":[{"kind":"1"}]})",
           R"({"items":[{"row":9223372036854775808}]})",
           R"({"items":[{"row":1e3}]})",
           R"({"items":[{"ref":-1}]})",
           R"({"items":[{"members":4294967296}]})",
           R"({"items":[{"mine":1}]})",
           R"({"items":[{"poll":[]}]})",
           R"({"items":[{"poll":{"options":[{"voters":[1]}]}}]})",
           R"({"items":[{"reactions":[{"mine":null}]}]})",
           R"({"items":[{"failure":100000}]})",
       }) {
    EXPECT_FALSE(takes<History>(json)) << json;
  }
  EXPECT_FALSE(takes<ListOf<client::GroupInfo>>(R"({"items":[{"id":"xyz"}]})"));
  EXPECT_FALSE(takes<ReadHistory>(R"({"peer":"bob","limit":33})"));
  EXPECT_FALSE(
      takes<ListOf<client::ChatMessage>>(R"({"items":[{"text":")" + std::string(kMaxWritten + 1, 'x') + "\"}]}"));
  for (const char* json :
       {R"({})", R"({"event":"message"})", R"({"event":7,"value":{}})", R"({"event":"nothing","value":{}})",
        R"({"event":"message","value":7})", R"({"event":"message","value":{"message":[]}})",
        R"({"event":"key","value":{"error":[]}})"}) {
    EXPECT_FALSE(read_event(parsed(json)).ok()) << json;
  }
}

TEST(WindowFields, TextsThatAreDrawnAreHarmless) {
  const auto read = read_event(parsed(
      R"({"event":"message","value":{"message":{"text":"a\u001b[2Jb\nc","from":"bo\u202eb\n","peer":"x\u0007y"}}})"));
  ASSERT_TRUE(read.ok());
  const auto& message = std::get<MessageAdded>(*read).message;
  EXPECT_EQ(message.text, "a[2Jb\nc");
  EXPECT_EQ(message.from, "bob");
  EXPECT_EQ(message.peer.text(), "xy");
}

// ---- which window is in front

TEST(Front, TheWindowUsedLastIsInFront) {
  client::Front front;
  std::vector<std::string> told;
  const auto tells = [&](const std::string& name) {
    return [&told, name](bool now) { told.push_back(name + (now ? " in front" : " behind")); };
  };
  const uint64_t a = front.join(tells("a"));
  EXPECT_TRUE(front.is(a));
  const uint64_t b = front.join(tells("b"));
  EXPECT_TRUE(front.is(b));
  EXPECT_THAT(told, ElementsAre("a behind"));
  told.clear();
  front.used(b);
  EXPECT_TRUE(told.empty());
  front.used(a);
  EXPECT_THAT(told, ElementsAre("a in front", "b behind"));
  told.clear();
  const uint64_t c = front.join(tells("c"));
  front.leave(b);
  told.clear();
  front.leave(c);
  EXPECT_THAT(told, ElementsAre("a in front"));
  front.used(c);
  front.leave(a);
  front.leave(a);
  EXPECT_FALSE(front.is(a));
  EXPECT_TRUE(front.is(front.join(nullptr)));
}

// ---- drafts

class Drafted : public testing::Test {
 protected:
  client::SharedDrafts drafts{[this](const std::string& name) -> Result<std::string> { return saved[name]; },
                              [this](const std::string& name, const std::string& text) {
                                saved[name] = text;
                                return Result<>(Unit{});
                              }};
  void write(uint64_t window, const std::string& text) { EXPECT_TRUE(drafts.set(window, "draft:bob", text).ok()); }
  std::string open(uint64_t window) { return *drafts.get(window, "draft:bob"); }
  std::map<std::string, std::string> saved;
};

TEST_F(Drafted, TheLaterOfTwoWindowsWinsAndTheOtherTextIsPutAsideOnceItsWindowIsGone) {
  open(1);
  open(2);
  write(1, "one");
  write(2, "two");
  EXPECT_EQ(saved["draft:bob"], "two");
  EXPECT_EQ(saved["aside:bob"], "");
  for (int i = 0; i < 3; ++i) {
    write(1, "one" + std::to_string(i));
    write(2, "two" + std::to_string(i));
  }
  EXPECT_EQ(saved["aside:bob"], "") << "both windows show their texts";
  drafts.leave(1);
  EXPECT_EQ(saved["draft:bob"], "two2");
  EXPECT_EQ(saved["aside:bob"], "one2");
  drafts.leave(2);
  EXPECT_EQ(saved["draft:bob"], "two2");
  EXPECT_EQ(saved["aside:bob"], "one2");
}

TEST_F(Drafted, ATextOfAWindowThatIsGoneIsPutAsideByOneThatHasNotSeenIt) {
  open(2);
  open(1);
  write(1, "one");
  drafts.leave(1);
  write(2, "two");
  EXPECT_EQ(saved["draft:bob"], "two");
  EXPECT_EQ(saved["aside:bob"], "one");
}

TEST_F(Drafted, ATextThatWasSeenIsTheSecondWindowsToChangeAndToSend) {
  write(1, "half");
  EXPECT_EQ(open(2), "half");
  write(2, "half a thought");
  write(2, "");  // sent
  drafts.leave(1);
  drafts.leave(2);
  EXPECT_EQ(saved["draft:bob"], "");
  EXPECT_EQ(saved["aside:bob"], "");
}

TEST_F(Drafted, ATextThatTheOtherWindowRemovedComesBackAsTheDraft) {
  open(1);
  open(2);
  write(1, "one");
  write(2, "two");
  write(2, "");
  drafts.leave(1);
  EXPECT_EQ(saved["draft:bob"], "one");
}

TEST_F(Drafted, OtherSettingsPassAndDraftsAreBounded) {
  EXPECT_TRUE(drafts.set(1, "dnd", "1").ok());
  EXPECT_EQ(*drafts.get(2, "dnd"), "1");
  for (size_t i = 0; i < 2 * client::kMaxSharedDrafts; ++i) {
    EXPECT_TRUE(drafts.set(1, "draft:u" + std::to_string(i), "text").ok());
  }
  drafts.leave(1);
}

}  // namespace
}  // namespace fastchat::tui
