#include "common/http.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "common/metrics.h"

namespace fastchat {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

HttpResponse handler(std::string_view path) {
  if (path == "/healthz") return {200, "ok\n"};
  if (path == "/big") return {200, std::string(3 << 20, 'x')};
  return {404, "not found\n"};
}

// Sends `request` from a thread while the loop serves. Returns everything received until the server closed the
// connection.
std::string talk(Loop& loop, uint16_t port, const std::string& request) {
  std::string got;
  int doorbell[2];
  EXPECT_EQ(pipe(doorbell), 0);
  std::jthread client([&] {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) {
      EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
      char buffer[65536];
      for (ssize_t n = 0; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;) got.append(buffer, static_cast<size_t>(n));
    }
    close(fd);
    EXPECT_EQ(write(doorbell[1], "x", 1), 1);
  });
  bool done = false;
  loop.add_fd(doorbell[0], 1, [&](short) { done = true; });
  while (!done) loop.run_once(1'000'000);
  client.join();
  loop.remove_fd(doorbell[0]);
  loop.run_once(0);
  close(doorbell[0]);
  close(doorbell[1]);
  return got;
}

TEST(Http, AnswersOverALoopbackSocket) {
  Loop loop;
  auto server = HttpServer::open(loop, "127.0.0.1:0", handler);
  ASSERT_TRUE(server) << server.error().text;
  const uint16_t port = (*server)->port();
  EXPECT_THAT(talk(loop, port, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.0 200 OK\r\n"));
  const std::string big = talk(loop, port, "GET /big HTTP/1.0\r\n\r\n");
  EXPECT_THAT(big.substr(0, 200), HasSubstr("Content-Length: 3145728\r\n"));
  EXPECT_EQ(big.size() - big.find("\r\n\r\n") - 4, size_t{3} << 20);
}

TEST(Http, ClosesOnARequestThatIsTooLong) {
  Loop loop;
  auto server = HttpServer::open(loop, "127.0.0.1:0", handler);
  ASSERT_TRUE(server);
  EXPECT_EQ(talk(loop, (*server)->port(), "GET /" + std::string(6000, 'a')), "");
}

TEST(Http, ListensOnLoopbackOnly) {
  Loop loop;
  for (const char* address :
       {"0.0.0.0:0", "192.0.2.1:80", "localhost:1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "[::]:1"}) {
    EXPECT_FALSE(HttpServer::open(loop, address, handler)) << address;
  }
}

TEST(Http, ParsesTheRequestLineStrictly) {
  EXPECT_THAT(http_answer("GET /healthz?x=1 HTTP/1.1\r\n\r\n", handler), HasSubstr("\r\n\r\nok\n"));
  EXPECT_THAT(http_answer("HEAD /healthz HTTP/1.1\r\n\r\n", handler), ::testing::EndsWith("\r\n\r\n"));
  EXPECT_THAT(http_answer("GET /none HTTP/1.1\r\n\r\n", handler), StartsWith("HTTP/1.0 404"));
  EXPECT_THAT(http_answer("POST /healthz HTTP/1.1\r\n\r\n", handler), StartsWith("HTTP/1.0 405"));
  EXPECT_THAT(http_answer("GET healthz HTTP/1.1\r\n\r\n", handler), StartsWith("HTTP/1.0 400"));
  EXPECT_THAT(http_answer("GET /healthz\r\n\r\n", handler), StartsWith("HTTP/1.0 400"));
  EXPECT_THAT(http_answer("\r\n\r\n", handler), StartsWith("HTTP/1.0 400"));
}

TEST(Metrics, RendersPrometheusText) {
  Metrics metrics;
  uint64_t& direct = metrics.counter("fc_sent_total", "Messages sent", R"(kind="direct")");
  int64_t& open = metrics.gauge("fc_open", "Open");
  uint64_t& group = metrics.counter("fc_sent_total", "Messages sent", R"(kind="group")");
  direct = 3;
  ++group;
  open = -2;
  EXPECT_EQ(metrics.render(),
            "# HELP fc_sent_total Messages sent\n# TYPE fc_sent_total counter\n"
            "fc_sent_total{kind=\"direct\"} 3\nfc_sent_total{kind=\"group\"} 1\n"
            "# HELP fc_open Open\n# TYPE fc_open gauge\nfc_open -2\n");
}

}  // namespace
}  // namespace fastchat
