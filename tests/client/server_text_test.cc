// A server that sends hostile strings: escapes, bidirectional controls, line breaks, floods. Every text that leaves the
// engine is one harmless line.
#include "client/core/server_text.h"

#include "tests/client/core_harness.h"

namespace fastchat::core {
namespace {

const std::string kEvil =
    "no\x1b]0;owned\x07\x1b[2J\r\nfastchat: ok \xe2\x80\xae"
    "txt\xc2\x9b\x7f";

MATCHER(IsHarmless, "is one line of printable text") {
  const std::string& text = arg;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return text.find("\xe2\x80\xae") == std::string::npos && text.find("\xc2\x9b") == std::string::npos &&
         text.size() <= kMaxServerText;
}

// Keeps whole answers.
class Listening : public World {
 public:
  void reply(uint64_t request, const Result<v1::ServerFrame*>& answer) override {
    World::reply(request, answer);
    if (answer.ok()) {
      frame = **answer;
    } else {
      text = answer.error().text;
    }
  }
  v1::ServerFrame frame;
  std::string text;
};

Bytes error_with(uint64_t request, v1::ErrorCode code, const std::string& text) {
  v1::ServerFrame frame;
  frame.set_request(request);
  frame.mutable_error()->set_code(code);
  frame.mutable_error()->set_text(text);
  return frame.SerializeAsString();
}

TEST(ServerText, OfARefusedLogInIsOneHarmlessLine) {
  World w;
  w.engine.start(w.now, World::credentials());
  w.engine.on_link_up(w.now);
  w.hello();
  w.engine.on_frame(w.now, error_with(Link::kLogInId, v1::BAD_CREDENTIALS, kEvil));
  EXPECT_EQ(w.engine.state(), LinkState::kEnded);
  EXPECT_THAT(w.note.text, IsHarmless());
  EXPECT_THAT(w.note.text, testing::HasSubstr("owned"));
}

TEST(ServerText, OfARequestIsOneHarmlessLine) {
  Listening w;
  w.to_live();
  v1::ClientFrame ask;
  ask.mutable_get_devices();
  const uint64_t request = w.engine.request(w.now, std::move(ask));
  w.turn();
  w.engine.on_frame(w.now, error_with(request, v1::NOT_ALLOWED, kEvil));
  EXPECT_THAT(w.text, IsHarmless());
  EXPECT_FALSE(w.text.empty());
}

TEST(ServerText, OfDevicesAndWorkersIsHarmless) {
  Listening w;
  w.engine.start(w.now, World::credentials());
  w.engine.on_link_up(w.now);
  w.hello();
  w.logged_in_reply();
  w.feed(Link::kLogInId, [](auto& f) {
    f.mutable_assignment()->set_endpoint("tcp://worker:9");
    f.mutable_assignment()->set_key(pad("wk", 32));
    f.mutable_assignment()->set_session_epoch(5);
    f.mutable_assignment()->set_worker("w\x1b[31m1\n");
  });
  EXPECT_THAT(w.note.worker, IsHarmless());
  w.engine.on_link_up(w.now);
  w.attached();
  w.drained();
  v1::ClientFrame ask;
  ask.mutable_get_devices();
  const uint64_t request = w.engine.request(w.now, std::move(ask));
  w.turn();
  w.feed(request, [](auto& f) {
    auto* device = f.mutable_devices()->add_devices();
    device->set_device(pad("\x1b[31m", 16));
    device->set_name("laptop\x1b[31m\n\xe2\x80\xae");
    device->set_address("192.0.2.7\x1b[2J");
  });
  ASSERT_EQ(w.frame.devices().devices_size(), 1);
  EXPECT_EQ(w.frame.devices().devices(0).name(), "laptop[31m");
  EXPECT_EQ(w.frame.devices().devices(0).address(), "192.0.2.7[2J");
  EXPECT_EQ(w.frame.devices().devices(0).device(), pad("\x1b[31m", 16)) << "bytes are no text";
}

TEST(ServerText, EveryStringAtAnyDepthIsCleanedAndCut) {
  v1::ServerFrame frame;
  frame.mutable_error()->set_text(std::string(100'000, 'x') + "\xc3\xa9");
  clean_server_text(frame);
  EXPECT_EQ(frame.error().text().size(), kMaxServerText);
  frame.mutable_groups()->add_groups()->set_name("\x1b]52;c;AAAA\x07");
  frame.mutable_groups()->add_groups()->set_name("team");
  clean_server_text(frame);
  EXPECT_EQ(frame.groups().groups(0).name(), "]52;c;AAAA");
  EXPECT_EQ(frame.groups().groups(1).name(), "team");
  std::string long_text(kMaxServerText - 1, 'x');
  frame.mutable_error()->set_text(long_text + "\xc3\xa9");
  clean_server_text(frame);
  EXPECT_EQ(frame.error().text(), long_text) << "cut between characters";
  for (const std::string one : {"\U0001F1E9\U0001F1EA", "\U0001F44D\U0001F3FD", "e\u0301\u0323"}) {
    for (size_t left = 1; left < one.size(); ++left) {
      long_text.assign(kMaxServerText - left, 'x');
      frame.mutable_error()->set_text(long_text + one);
      clean_server_text(frame);
      EXPECT_EQ(frame.error().text(), long_text) << left;
    }
  }
}

}  // namespace
}  // namespace fastchat::core
