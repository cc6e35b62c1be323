// The framing of JSON-RPC, lines cut out of a stream, lines on their way to a slow reader, and the server over sockets.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "client/rpc/lines.h"
#include "client/rpc/message.h"
#include "client/rpc/server.h"

namespace fastchat::rpc {
namespace {

Fault fault(std::string_view line) {
  const auto read = read_request(line);
  return std::holds_alternative<Fault>(read) ? std::get<Fault>(read) : Fault{0, "taken"};
}

TEST(RpcMessage, ReadsARequest) {
  const auto read = read_request(R"({"jsonrpc":"2.0","id":"a\"b","method":"send","params":{"to":"bob"}})");
  ASSERT_TRUE(std::holds_alternative<Request>(read));
  const auto& request = std::get<Request>(read);
  EXPECT_EQ(request.id, R"("a\"b")");
  EXPECT_EQ(request.method, "send");
  EXPECT_EQ(request.params.find("to")->text, "bob");
  EXPECT_EQ(result_line(request.id, "null"), R"({"jsonrpc":"2.0","id":"a\"b","result":null})");
}

TEST(RpcMessage, TakesIdsOfEveryKindAndNone) {
  for (const char* id : {"1", "-7", "1.5", "null", R"("")", R"("x")"}) {
    const auto read = read_request(std::string(R"({"jsonrpc":"2.0","method":"m","id":)") + id + "}");
    ASSERT_TRUE(std::holds_alternative<Request>(read)) << id;
    EXPECT_EQ(std::get<Request>(read).id, id);
  }
  const auto read = read_request(R"({"jsonrpc":"2.0","method":"m"})");
  ASSERT_TRUE(std::holds_alternative<Request>(read));
  EXPECT_EQ(std::get<Request>(read).id, "");
  EXPECT_TRUE(std::get<Request>(read).params.is(JsonValue::Kind::kObject));
}

TEST(RpcMessage, RefusesWithTheStandardCodesAndTheIdThatItCouldRead) {
  EXPECT_EQ(fault("{").code, kParseError);
  EXPECT_EQ(fault("[]").code, kInvalidRequest);
  EXPECT_EQ(fault(R"([{"jsonrpc":"2.0","id":1,"method":"m"}])").code, kInvalidRequest);
  EXPECT_EQ(fault(R"({"jsonrpc":"2.0","id":[],"method":"m"})").id, "null");
  EXPECT_EQ(fault(R"({"jsonrpc":"2.0","id":")" + std::string(300, 'x') + R"(","method":"m"})").id, "null");
  for (const char* line :
       {R"({"id":7,"method":"m"})", R"({"jsonrpc":"1.0","id":7,"method":"m"})", R"({"jsonrpc":"2.0","id":7})",
        R"({"jsonrpc":"2.0","id":7,"method":1})", R"({"jsonrpc":"2.0","id":7,"method":"m","more":1})"}) {
    EXPECT_EQ(fault(line).code, kInvalidRequest) << line;
    EXPECT_EQ(fault(line).id, "7") << line;
  }
  EXPECT_EQ(fault(R"({"jsonrpc":"2.0","id":7,"method":"m","params":[1]})").code, kInvalidParams);
}

TEST(RpcMessage, ReadsAnswersAndNotifications) {
  const auto result = read_answer(result_line("1", R"({"a":[1]})"));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->result->str(), R"({"a":[1]})");
  const auto error = read_answer(error_line("null", kTooMany, "a \"b\"\n", R"({"name":"X"})"));
  ASSERT_TRUE(error.ok());
  EXPECT_FALSE(error->result.has_value());
  EXPECT_EQ(error->code, kTooMany);
  EXPECT_EQ(error->text, "a \"b\"\n");
  EXPECT_EQ(error->data.find("name")->text, "X");
  const auto told = read_answer(notification_line("event", R"({"x":1})"));
  ASSERT_TRUE(told.ok());
  EXPECT_EQ(told->method, "event");
  EXPECT_EQ(told->params.find("x")->whole(), 1);
  for (const char* line : {"", "[]", "{}", R"({"jsonrpc":"2.0","id":1})", R"({"jsonrpc":"2.0","error":{"code":"x"}})",
                           R"({"jsonrpc":"2.0","method":"m","params":[]})"}) {
    EXPECT_FALSE(read_answer(line).ok()) << line;
  }
}

TEST(RpcLines, CutsWhatCameIntoLinesWhereverItWasCut) {
  const std::string text = "one\n\ntwo\r\nthree\nfour";
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    LineBuffer buffer(100);
    std::vector<std::string> lines;
    for (size_t at = 0; at < text.size(); at += piece) {
      buffer.add(std::string_view(text).substr(at, piece));
      while (auto line = buffer.next()) lines.push_back(*line);
    }
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "", "two", "three"})) << piece;
    EXPECT_FALSE(buffer.empty());
  }
}

TEST(RpcLines, SaysWhenALineIsTooLong) {
  LineBuffer buffer(4);
  buffer.add("1234");
  EXPECT_FALSE(buffer.too_long());
  buffer.add("\n123456789\n");
  EXPECT_FALSE(buffer.too_long());
  EXPECT_EQ(buffer.next(), "1234");
  EXPECT_TRUE(buffer.too_long());
}

TEST(RpcLines, DropsOnlyLinesOfWhichNothingWasTaken) {
  for (size_t taken = 0; taken <= 13; ++taken) {
    LineQueue queue;
    queue.add("first");
    queue.add("second");
    std::string out(queue.waiting().substr(0, taken));
    // Takes the bytes in two steps, so that the queue drops those of the first step before the second.
    queue.taken(taken / 2);
    queue.taken(taken - taken / 2);
    queue.drop_rest();
    queue.add("last");
    out += queue.waiting();
    const std::string whole = taken == 0 ? "" : taken <= 6 ? "first\n" : "first\nsecond\n";
    EXPECT_EQ(out, whole + "last\n") << taken;
  }
}

// A server with one connection; the test has the other end.
class RpcServer : public testing::Test, public LineHandler {
 protected:
  void on_line(Peer& peer, std::string line) override {
    lines_.push_back(line);
    if (answer_) answer_(peer);
  }
  void on_end_of_lines(Peer& peer) override {
    ++ends_;
    peer.end();
  }
  void on_drained(Peer&) override { ++drained_; }
  void on_gone(Peer&) override { ++gone_; }

  Peer& connect() {
    int both[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, both), 0);
    mine_ = Descriptor(both[0]);
    return server_.adopt(Descriptor(both[1]), Descriptor());
  }
  void write(std::string_view text) const {
    ASSERT_EQ(::write(mine_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string read_all() const {
    std::string out;
    char buffer[65536];
    for (ssize_t n; (n = ::read(mine_.get(), buffer, sizeof buffer)) > 0;) out.append(buffer, static_cast<size_t>(n));
    return out;
  }
  void turn_until(const std::function<bool()>& done) {
    for (int i = 0; i < 10'000 && !done(); ++i) {
      loop_.run_once(1'000);
      server_.turn();
    }
    ASSERT_TRUE(done());
  }

  Loop loop_;
  Server server_{loop_, *this};
  Descriptor mine_;
  std::vector<std::string> lines_;
  std::function<void(Peer&)> answer_;
  int ends_ = 0, drained_ = 0, gone_ = 0;
};

TEST_F(RpcServer, HandlesLinesInOrderAndAnswers) {
  answer_ = [](Peer& peer) { peer.send("an answer"); };
  connect();
  write("one\ntwo\n\nthree");
  turn_until([&] { return lines_.size() == 2; });
  EXPECT_EQ(lines_, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(read_all(), "an answer\nan answer\n");
}

TEST_F(RpcServer, EndsAConnectionOnceItIsAnsweredAndSendsNoMore) {
  answer_ = [](Peer& peer) { peer.send("an answer"); };
  connect();
  write("one\n");
  shutdown(mine_.get(), SHUT_WR);
  turn_until([&] { return gone_ == 1; });
  EXPECT_EQ(ends_, 1);
  EXPECT_EQ(read_all(), "an answer\n");
}

TEST_F(RpcServer, SaysThatAConnectionIsGone) {
  connect();
  mine_ = Descriptor();
  turn_until([&] { return gone_ == 1; });
}

TEST_F(RpcServer, HandlesTheLinesOfAReaderThatIsGone) {
  connect();
  answer_ = [](Peer& peer) { peer.send("answer"); };
  write("1\n2\n");
  for (const bool unread : {false, true}) {
    mine_ = Descriptor();
    turn_until([&] { return gone_ > 0; });
    EXPECT_EQ(lines_, (std::vector<std::string>{"1", "2"})) << unread;
    lines_.clear();
    gone_ = 0;
    connect();
    // The other end closes with an answer that nobody read.
    write("0\n");
    turn_until([&] { return lines_.size() == 1; });
    lines_.clear();
    write("1\n2\n");
  }
}

TEST_F(RpcServer, EndsALineThatIsTooLong) {
  connect();
  const std::string piece(64 * 1024, 'x');
  size_t sent = 0;
  turn_until([&] {
    if (gone_ == 0 && ::write(mine_.get(), piece.data(), piece.size()) > 0) sent += piece.size();
    return gone_ == 1;
  });
  EXPECT_GT(sent, kMaxLine);
  EXPECT_EQ(lines_.size(), 0u);
  EXPECT_EQ(read_all(), error_line("null", kTooLong, "a line has more than 1 MiB") + "\n");
}

TEST_F(RpcServer, EndsAReaderThatTakesNothingWithWholeLines) {
  Peer& peer = connect();
  const std::string line(100'000, 'y');
  for (int i = 0; i < 400 && !peer.gone(); ++i) peer.send(line);
  EXPECT_LE(peer.waiting(), 2 * line.size());  // the waiting lines were dropped
  std::string heard;
  turn_until([&] {
    heard += read_all();
    return gone_ == 1;
  });
  heard += read_all();
  const std::string last = error_line("null", kSlowReader, "more than 16 MiB waited for this reader") + "\n";
  ASSERT_GT(heard.size(), last.size());
  EXPECT_EQ(heard.substr(heard.size() - last.size()), last);
  EXPECT_EQ((heard.size() - last.size()) % (line.size() + 1), 0u);
}

TEST_F(RpcServer, ReadsAndWritesPipes) {
  int in[2], out[2];
  ASSERT_EQ(pipe2(in, O_CLOEXEC), 0);
  ASSERT_EQ(pipe2(out, O_CLOEXEC | O_NONBLOCK), 0);
  Descriptor feed(in[1]), read_end(out[0]);
  answer_ = [](Peer& peer) { peer.send(std::string(100'000, 'z')); };
  server_.adopt(Descriptor(in[0]), Descriptor(out[1]));
  ASSERT_EQ(::write(feed.get(), "one\n", 4), 4);
  feed = Descriptor();

  mine_ = std::move(read_end);
  std::string heard;
  turn_until([&] {
    heard += read_all();
    return gone_ == 1;
  });
  heard += read_all();
  EXPECT_EQ(heard, std::string(100'000, 'z') + "\n");
  EXPECT_EQ(lines_, (std::vector<std::string>{"one"}));
}

}  // namespace
}  // namespace fastchat::rpc
