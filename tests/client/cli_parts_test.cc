// The command line's parts that need no server: parsing, exit codes, the allowed content of a line of output.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "client/cli/awaited.h"
#include "client/cli/exit_code.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/progress.h"
#include "client/cli/quarantine_lines.h"

namespace fastchat::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

Parsed parse_words(std::vector<std::string> words) {
  words.insert(words.begin(), "fastchat");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return parse(static_cast<int>(argv.size()), argv.data());
}

TEST(Options, GlobalOnesMayStandBeforeAndBehindTheCommand) {
  for (const auto& words : {std::vector<std::string>{"--data-dir", "A", "--json", "send", "bob", "hello"},
                            std::vector<std::string>{"send", "bob", "hello", "--json", "--data-dir", "A"}}) {
    const Parsed p = parse_words(words);
    ASSERT_TRUE(p.options.has_value());
    EXPECT_EQ(p.options->command, Command::kSend);
    EXPECT_EQ(p.options->data_dir, "A");
    EXPECT_TRUE(p.options->json);
    EXPECT_EQ(p.options->peer.text(), "bob");
    EXPECT_EQ(p.options->text, "hello");
  }
}

TEST(Options, KnowTheCommandsOfTheManual) {
  EXPECT_EQ(parse_words({}).options->command, Command::kNone);
  const Parsed listen = parse_words({"--data-dir", "B", "listen", "--json", "--count", "2", "--timeout", "30"});
  EXPECT_EQ(listen.options->count, 2u);
  EXPECT_EQ(listen.options->timeout_s, 30.0);
  EXPECT_FALSE(parse_words({"signup", "alice", "--no-remember"}).options->remember);
  EXPECT_TRUE(parse_words({"login", "alice"}).options->remember);
  const Parsed devices = parse_words({"devices", "remove", "0123"});
  EXPECT_EQ(devices.options->command, Command::kDevices);
  EXPECT_EQ(devices.options->device_verb, DeviceVerb::kRemove);
  EXPECT_EQ(devices.options->device, "0123");
  const Parsed named = parse_words({"devices", "rename", "0123", "the kitchen"});
  EXPECT_EQ(named.options->device_verb, DeviceVerb::kRename);
  EXPECT_EQ(named.options->device, "0123");
  EXPECT_EQ(named.options->new_name, "the kitchen");
  EXPECT_EQ(parse_words({"devices"}).options->device_verb, DeviceVerb::kList);
  EXPECT_FALSE(parse_words({"devices", "rename", "0123"}).options.has_value());
  EXPECT_EQ(parse_words({"account", "delete"}).options->command, Command::kAccount);
  EXPECT_FALSE(parse_words({"account", "delete"}).options->yes);
  EXPECT_TRUE(parse_words({"account", "delete", "--yes"}).options->yes);
  EXPECT_FALSE(parse_words({"account"}).options.has_value());
  EXPECT_EQ(parse_words({"search", "two", "words"}).options->words.size(), 2u);
  EXPECT_EQ(parse_words({"send", "bob", "--", "-5"}).options->text, "-5");
}

TEST(Options, ASwitchTakesNoOtherValueThanTrueAndFalse) {
  for (const std::string value : {"?", "maybe", "9x", "1111511111111811111011110", "-99999999999999999999"}) {
    for (const std::string flag : {"--json", "--no-remember"}) {
      testing::internal::CaptureStderr();
      const Parsed p = parse_words({"login", "alice", flag + "=" + value});
      const std::string said = testing::internal::GetCapturedStderr();
      if (p.options) continue;  // a switch takes a number as well
      EXPECT_EQ(p.exit_code, kExitUsage) << flag << value;
      EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
    }
  }
}

TEST(Options, ATimeIsANumberOfSecondsThatAClockCanHold) {
  for (const char* value : {"0", "-1", "nan", "inf", "1e999", "1e10", "soon", ""}) {
    EXPECT_FALSE(parse_words({"listen", std::string("--timeout=") + value}).options) << value;
  }
  for (const char* value : {"0.5", "1e9"}) {
    EXPECT_TRUE(parse_words({"listen", std::string("--timeout=") + value}).options) << value;
  }
}

TEST(Options, ANumberIsWrittenInOneWay) {
  for (const char* value : {"-1", "0", "010x", "0x10", "1e3", "1.0", " 1", "+1", "99999999999999999999", "abc", ""}) {
    EXPECT_FALSE(parse_words({"history", "bob", std::string("--limit=") + value}).options) << value;
    EXPECT_FALSE(parse_words({"listen", std::string("--count=") + value}).options) << value;
  }
  EXPECT_EQ(parse_words({"history", "bob", "--limit", "010"}).options->limit, 10u) << "not octal";
  EXPECT_FALSE(parse_words({"vote", "ab", "11"}).options);
  EXPECT_FALSE(parse_words({"vote", "ab", "-1"}).options);
  EXPECT_EQ(parse_words({"vote", "ab", "2"}).options->choice, 2u);
  for (const char* value : {"0x1p3", "1,5", " 1", "+1", "1e300", "-inf"}) {
    EXPECT_FALSE(parse_words({"listen", std::string("--timeout=") + value}).options) << value;
  }
}

TEST(Options, AnOptionWithAListTakesOneValueEachTime) {
  for (const auto& words : {std::vector<std::string>{"send", "bob", "--file", "a", "the text"},
                            {"send", "--file", "a", "bob", "the text"},
                            {"send", "bob", "the text", "--file", "a"},
                            {"--file", "a", "send", "bob", "the text"}}) {
    const Parsed p = parse_words(words);
    if (words[0] == "--file") {
      EXPECT_FALSE(p.options) << "an option of another command";
      continue;
    }
    ASSERT_TRUE(p.options) << words[1];
    EXPECT_EQ(p.options->peer.text(), "bob");
    EXPECT_EQ(p.options->text, "the text");
    EXPECT_EQ(p.options->files, std::vector<std::string>{"a"});
  }
  const Parsed two = parse_words({"send", "--file", "a", "bob", "--file", "b"});
  EXPECT_EQ(two.options->files, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(two.options->text, std::nullopt);
  const Parsed saved = parse_words({"listen", "--save-files", "inbox", "--count", "2"});
  EXPECT_EQ(saved.options->directory, "inbox");
  EXPECT_TRUE(parse_words({"listen", "--save-files"}).options->save_files);
}

std::string refusal_of(std::vector<std::string> words) {
  testing::internal::CaptureStderr();
  const Parsed p = parse_words(std::move(words));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_FALSE(p.options);
  EXPECT_EQ(p.exit_code, kExitUsage);
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  return said;
}

TEST(Options, AMistypedWordNamesTheRightOne) {
  EXPECT_THAT(refusal_of({"sned", "bob", "hi"}), HasSubstr("there is no command sned: did you mean send?"));
  EXPECT_THAT(refusal_of({"group", "craete", "x"}), HasSubstr("no command craete: did you mean create?"));
  EXPECT_THAT(refusal_of({"send", "--fiel", "a", "b"}), HasSubstr("no option --fiel: did you mean --file?"));
  EXPECT_THAT(refusal_of({"send", "bob", "--data-dri=x"}), HasSubstr("no option --data-dri: did you mean --data-dir?"));
  EXPECT_THAT(refusal_of({"--file", "a", "send", "bob"}), HasSubstr("--file stands behind its command"));
  EXPECT_THAT(refusal_of({"shout"}), HasSubstr("there is no command shout ("));
  EXPECT_THAT(refusal_of({"--print-referenc"}), Not(HasSubstr("did you mean")));
  EXPECT_THAT(refusal_of({"send", "bob", "hi", "--x\x1b[31m\ny"}), Not(HasSubstr("\x1b")));
}

TEST(Options, ATimeIsADayATimeOrAnAge) {
  const Parsed p =
      parse_words({"history", "bob", "--since", "2026-11-30T06:00:00Z", "--before", "2026-11-30T07:00:00Z"});
  ASSERT_TRUE(p.options);
  EXPECT_EQ(*p.options->since_ms, 1'796'018'400'000);
  EXPECT_EQ(*p.options->before_ms - *p.options->since_ms, 3'600'000);
  EXPECT_THAT(refusal_of({"history", "bob", "--since", "noon"}), HasSubstr("--since: must be a day or a time, as in "));
  EXPECT_THAT(refusal_of({"history", "bob", "--before=", "x"}), HasSubstr("--before"));
  EXPECT_THAT(refusal_of({"history", "bob", "--since", "1h", "--before", "2h"}),
              HasSubstr("must name an earlier time"));
  EXPECT_THAT(refusal_of({"history", "bob", "--follow", "--before", "2h"}), HasSubstr("leave out --before"));
}

TEST(Options, AWordIsOneOfAFew) {
  EXPECT_EQ(parse_words({"send", "bob", "hi", "--wait", "read"}).options->awaited, Awaited::kRead);
  EXPECT_THAT(refusal_of({"send", "--wait", "bob", "hi"}), HasSubstr("--wait: must be delivered or read"));
  EXPECT_THAT(refusal_of({"export", "--to", "x", "--format", "pdf"}),
              HasSubstr("--format: must be jsonl, text or both"));
  EXPECT_THAT(refusal_of({"export", "bob"}), HasSubstr("--to is required"));
  EXPECT_THAT(refusal_of({"send", "bob", "--lines", "--wait", "read"}), HasSubstr("leave out --lines"));
  EXPECT_THAT(refusal_of({"send", "bob", "hi", "--wiat", "read"}), HasSubstr("did you mean --wait?"));
}

TEST(Options, WithJsonAnErrorIsAnObject) {
  EXPECT_EQ(refusal_of({"send", "--json"}),
            "{\"event\":\"error\",\"status\":1,\"code\":\"LOCAL_USAGE\",\"text\":\"TO is required (see fastchat "
            "--help)\"}\n");
  EXPECT_THAT(refusal_of({"send", "--bogus", "--", "--json"}), Not(HasSubstr("{")));
  testing::internal::CaptureStderr();
  print_error(err(Code::kLocalProfileInUse, "in use"), kExitInUse, true);
  print_error(err(Code::kOk, "interrupted"), kExitUnexpected, true);
  print_warning("a\u202E", true);
  print_warning("plain", false);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "{\"event\":\"error\",\"status\":7,\"code\":\"LOCAL_PROFILE_IN_USE\",\"text\":\"in use\"}\n"
            "{\"event\":\"error\",\"status\":2,\"text\":\"interrupted\"}\n"
            "{\"event\":\"warning\",\"text\":\"a\\u202e\"}\n"
            "fastchat: plain\n");
}

TEST(Options, RefuseWhatTheyDoNotKnow) {
  for (const auto& words : {std::vector<std::string>{"shout"},
                            {"send"},
                            {"send", "bob", "hi", "--bogus"},
                            {"listen", "--count", "0"},
                            {"listen", "--count", "-1"},
                            {"status", "--timeout", "x"},
                            {"send", "bob", "text", "--lines"},
                            {"verify", "bob", "--accept", "--mark"}}) {
    const Parsed p = parse_words(words);
    EXPECT_FALSE(p.options.has_value()) << words.front();
    EXPECT_EQ(p.exit_code, kExitUsage);
  }
}

TEST(ExitCode, HasOneMeaningEach) {
  EXPECT_EQ(exit_code(Code::kOk), 0);
  EXPECT_EQ(exit_code(Code::kNameTaken), 1);
  EXPECT_EQ(exit_code(Code::kBadCredentials), 1);
  EXPECT_EQ(exit_code(Code::kLocalProfileInUse), 7);
  EXPECT_EQ(exit_code(Code::kLocalDisk), 2);
  EXPECT_EQ(exit_code(Code::kLocalUnreachable), 3);
  EXPECT_EQ(exit_code(Code::kRegistrationClosed), 3);
  EXPECT_EQ(exit_code(Code::kRecipientFull), 3);
  EXPECT_EQ(exit_code(Code::kLocalUntrustedKey), 4);
  EXPECT_EQ(exit_code(Code::kLocalCrypto), 4);
  EXPECT_EQ(exit_code(Code::kThrottled), 5);
  EXPECT_EQ(exit_code(Code::kLocalTimeout), 6);
}

TEST(Output, AnObjectIsOneLineWhateverItHolds) {
  const std::string line = Json().add("text", "a\"b\\c\nd\x01\x7f").add_number("n", -5).add_bool("b", true).str();
  EXPECT_EQ(line, "{\"text\":\"a\\\"b\\\\c\\nd\\u0001\x7f\",\"n\":-5,\"b\":true}");
}

TEST(Output, MessagesCarryTheFieldsOfTheManual) {
  client::ChatMessage m;
  m.id = "abc";
  m.from = "alice";
  m.peer = client::PeerName(m.from);
  m.text = "hi";
  m.sent_ms = 7;
  EXPECT_EQ(message_json(m, "bob"),
            "{\"event\":\"message\",\"id\":\"abc\",\"from\":\"alice\",\"to\":\"bob\",\"kind\":\"text\",\"text\":\"hi\","
            "\"sent_ms\":7}");
  m.mine = true;
  m.from = "bob";
  m.state = client::MessageState::kDelivered;
  EXPECT_EQ(message_json(m, "bob"),
            "{\"event\":\"sent\",\"id\":\"abc\",\"from\":\"bob\",\"to\":\"alice\",\"kind\":\"text\",\"text\":\"hi\","
            "\"sent_ms\":7,\"state\":\"delivered\"}");
}

TEST(Output, ProgramsGetATextAsItWasSent) {
  client::ChatMessage m;
  m.from = "alice";
  m.peer = client::PeerName("alice");
  m.text = "a b";
  m.as_sent = "a\u202E b";
  m.reactions = {{"bob", "x", "x\uFE0F"}, {"carol", "y"}};
  const std::string json = message_json(m, "bob");
  EXPECT_THAT(json, HasSubstr("\"text\":\"a\u202E b\""));
  EXPECT_THAT(json, HasSubstr("{\"from\":\"bob\",\"emoji\":\"x\uFE0F\"},{\"from\":\"carol\",\"emoji\":\"y\"}"));
  EXPECT_THAT(message_line(m), HasSubstr("alice: a b [bob x] [carol y]"));
}

TEST(Output, WhatSomebodyDoesIsSaidInAllForms) {
  client::ChatMessage m;
  m.from = "alice";
  m.peer = client::PeerName(m.from);
  m.text = "/me waves\n* bob dies";
  EXPECT_THAT(message_json(m, "bob"), HasSubstr("\"text\":\"/me waves\\n* bob dies\",\"sent_ms\":0,\"action\":true"));
  // The name before the colon is always the signer's. No further line of a text begins in the column where a message
  // begins.
  EXPECT_THAT(message_line(m), HasSubstr("  alice: * alice waves\n    * bob dies"));
  m.peer = client::PeerName("#team");
  EXPECT_THAT(message_line(m), HasSubstr("  alice > #team: * alice waves"));
  m.text = "/me";
  EXPECT_THAT(message_line(m), HasSubstr(": /me"));
  EXPECT_THAT(message_json(m, "bob"), Not(HasSubstr("action")));
  m.text = "/me was here";
  m.deleted = true;
  EXPECT_THAT(message_line(m), HasSubstr(": (deleted)"));
}

TEST(Progress, ANameThatIsTooLongIsCutBetweenCharacters) {
  client::TransferInfo t;
  t.name = std::string(10, 'x') + "\U0001F1E9\U0001F1EA\U0001F44D\U0001F3FD";
  t.size = 2;
  t.done = 1;
  t.state = client::TransferInfo::State::kRunning;
  t.seconds_left = -1;
  EXPECT_EQ(progress_line(t, 6 + 25), std::string(10, 'x') + "\U0001F1E9\U0001F1EA  50%");
  EXPECT_EQ(progress_line(t, 6 + 17), std::string(10, 'x') + "  50%");
}

TEST(Options, NameQuarantineAndItsFormerNameWhy) {
  for (const char* name : {"quarantine", "why"}) {
    EXPECT_EQ(parse_words({name}).options->command, Command::kQuarantine) << name;
  }
  testing::internal::CaptureStdout();
  EXPECT_EQ(parse_words({"--help"}).exit_code, 0);
  const std::string help = testing::internal::GetCapturedStdout();
  EXPECT_THAT(help, HasSubstr("  quarantine "));
  EXPECT_THAT(help, testing::Not(HasSubstr("why")));
}

TEST(QuarantineLines, WhoSendsJunkFillsNobodysTerminal) {
  QuarantineLines lines;
  int printed = 0;
  for (int i = 0; i < 5000; ++i) printed += lines.line("mallory", "junk", i).has_value() ? 1 : 0;
  EXPECT_EQ(printed, QuarantineLines::kLinesOfOne);
  EXPECT_EQ(lines.line("alice", "altered", 5000),
            "altered (and 4997 more messages were quarantined; fastchat quarantine lists the newest)");
  EXPECT_EQ(lines.line("alice", "altered", 5000), "altered");
  EXPECT_EQ(lines.rest(), "");
  // Many names do not get around the limit. A minute later lines are printed again.
  for (int i = 0; i < 5000; ++i) printed += lines.line("m" + std::to_string(i), "junk", 6000).has_value() ? 1 : 0;
  EXPECT_EQ(printed, QuarantineLines::kLinesOfAll - 2);
  EXPECT_EQ(lines.line("bob", "altered", QuarantineLines::kWindowMs - 1), std::nullopt);
  EXPECT_THAT(*lines.line("bob", "altered", QuarantineLines::kWindowMs), HasSubstr("altered (and 4976 more"));
  for (int i = 0; i < 3; ++i) lines.line("bob", "altered", QuarantineLines::kWindowMs);
  EXPECT_EQ(lines.rest(), "1 more message was quarantined; fastchat quarantine lists the newest");
}

// ---- send --wait

client::ReceiptEvent receipt(client::MessageState state, uint32_t members = 0, uint32_t delivered = 0,
                             uint32_t read = 0) {
  client::ReceiptEvent out;
  out.state = state;
  out.members = members;
  out.delivered = delivered;
  out.read = read;
  return out;
}

TEST(AwaitedTest, AMessageIsWhereItShouldBe) {
  using State = client::MessageState;
  for (const auto& [event, accepted, delivered, read] : std::vector<std::tuple<client::ReceiptEvent, bool, bool, bool>>{
           {receipt(State::kSending), false, false, false},
           {receipt(State::kQueued), true, false, false},
           {receipt(State::kDelivered), true, true, false},
           {receipt(State::kRead), true, true, true},
           {receipt(State::kFailed), false, false, false},
           {receipt(State::kQueued, 3, 2), true, false, false},
           {receipt(State::kDelivered, 3, 3), true, true, false},
           {receipt(State::kRead, 3, 2, 1), true, false, false},
           {receipt(State::kRead, 3, 3, 2), true, true, false},
           {receipt(State::kRead, 3, 0, 3), true, true, true},
       }) {
    EXPECT_EQ(reached(Awaited::kAccepted, event), accepted);
    EXPECT_EQ(reached(Awaited::kDelivered, event), delivered);
    EXPECT_EQ(reached(Awaited::kRead, event), read);
  }
  EXPECT_EQ(not_reached(Awaited::kDelivered, receipt(State::kQueued)), "the message is queued, not delivered yet");
  EXPECT_EQ(not_reached(Awaited::kRead, receipt(State::kRead, 3, 3, 2)), "the message is read by 2 of 3 members");
}

}  // namespace
}  // namespace fastchat::cli
