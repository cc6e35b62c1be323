// Endpoints, names and the addresses behind them, and whether a program listens there.
#include "common/resolver.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "common/loop.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Endpoint, IsSplitIntoHostAndPort) {
  const auto is = [](const char* endpoint, const char* host, const char* port) {
    const HostPort at = split_endpoint(endpoint);
    EXPECT_EQ(at.host, host) << endpoint;
    EXPECT_EQ(at.port, port) << endpoint;
  };
  is("tcp://chat.example.org:7999", "chat.example.org", "7999");
  is("tcp://127.0.0.1:1", "127.0.0.1", "1");
  is("tcp://[2001:db8::1]:7999", "2001:db8::1", "7999");
  for (const char* bad : {"", "tcp://", "chat:1", "ipc:///x", "tcp://*:1", "tcp://:1", "tcp://h:", "tcp://h:x",
                          "tcp://h:123456", "tcp://::1:7999", "tcp://[]:1", "tcp://h"}) {
    is(bad, "", "");
  }
}

// An address list in the form of getaddrinfo().
struct Addresses {
  void four(const char* text) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    inet_pton(AF_INET, text, &a.sin_addr);
    add(AF_INET, &a, sizeof a);
  }
  void six(const char* text) {
    sockaddr_in6 a{};
    a.sin6_family = AF_INET6;
    inet_pton(AF_INET6, text, &a.sin6_addr);
    add(AF_INET6, &a, sizeof a);
  }
  void add(int family, const void* address, size_t size) {
    std::memcpy(&space[count], address, size);
    list[count].ai_family = family;
    list[count].ai_addr = reinterpret_cast<sockaddr*>(&space[count]);
    list[count].ai_addrlen = static_cast<socklen_t>(size);
    if (count > 0) list[count - 1].ai_next = &list[count];
    ++count;
  }
  addrinfo list[8] = {};
  sockaddr_storage space[8] = {};
  size_t count = 0;
};

TEST(Endpoint, EveryAddressOfBothFamiliesIsTakenInTheirOrder) {
  Addresses a;
  a.six("2001:db8::1");
  a.four("192.0.2.1");
  a.four("192.0.2.1");
  a.six("::1");
  EXPECT_THAT(endpoints_of(a.list, "7999"),
              ElementsAre("tcp://[2001:db8::1]:7999", "tcp://192.0.2.1:7999", "tcp://[::1]:7999"));
  EXPECT_THAT(endpoints_of(nullptr, "1"), IsEmpty());
}

TEST(Resolver, AnAddressNeedsNoLookUp) {
  for (const char* endpoint : {"tcp://192.0.2.1:5", "tcp://[2001:db8::7]:5"}) {
    Resolver resolver(endpoint);
    EXPECT_TRUE(resolver.done());
    EXPECT_THAT(resolver.endpoints(), ElementsAre(endpoint));
  }
  Resolver malformed("nonsense");
  EXPECT_TRUE(malformed.done());
  EXPECT_THAT(malformed.endpoints(), IsEmpty());
}

TEST(Resolver, ANameIsLookedUpByTheSystem) {
  Resolver resolver("tcp://localhost:5");
  Loop loop;
  while (!resolver.done()) loop.run_once(1'000);
  EXPECT_THAT(resolver.endpoints(), testing::Contains("tcp://127.0.0.1:5"));
}

TEST(Resolver, MayBeGivenUpAtAnyTime) {
  for (int i = 0; i < 20; ++i) Resolver resolver("tcp://nobody-has-this-name.invalid:5");
}

Knock end_of(Knocking& knocking) {
  Loop loop;
  while (knocking.state() == Knock::kWaiting) loop.run_once(1'000);
  return knocking.state();
}

TEST(Knocking, TellsWhetherAnybodyListens) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string endpoint = "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  {
    // This process holds the port, and no socket listens on it.
    Knocking knocking(endpoint);
    EXPECT_EQ(end_of(knocking), Knock::kRefused);
  }
  ASSERT_EQ(listen(fd, 1), 0);
  {
    Knocking knocking(endpoint);
    EXPECT_EQ(end_of(knocking), Knock::kOpened);
  }
  close(fd);
  Knocking name("tcp://a-name:5");
  EXPECT_EQ(name.state(), Knock::kFailed) << "only addresses";
}

}  // namespace
}  // namespace fastchat::test
