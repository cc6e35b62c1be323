#include "common/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fastchat::test {
namespace {

using ::testing::HasSubstr;

bool good(const char* value, EndpointUse use) {
  return !wrong_endpoint("--clients", value, use);
}

TEST(Endpoint, TakesWhatAServerMayListenOn) {
  for (const char* value : {"tcp://127.0.0.1:7999", "tcp://0.0.0.0:65535", "tcp://*:7999", "tcp://[::]:7999",
                            "tcp://[fe80::1%eth0]:1", "tcp://eth0:7999", "tcp://127.0.0.1:0", "tcp://127.0.0.1:*"}) {
    EXPECT_TRUE(good(value, EndpointUse::kListen)) << value;
  }
}

TEST(Endpoint, TakesWhatAProgramMayConnectTo) {
  for (const char* value :
       {"tcp://chat.example.org:7998", "tcp://10.0.0.1:1", "tcp://[2001:db8::1]:7998", "ipc:///run/control",
        "tcp://10.0.0.2:0;10.0.0.1:7998", "tcp://eth1:*;[2001:db8::1]:7998"}) {
    EXPECT_TRUE(good(value, EndpointUse::kConnect)) << value;
  }
  for (const char* value : {"tcp://*:7998", "tcp://10.0.0.1:0", "tcp://10.0.0.1:*"}) {
    EXPECT_FALSE(good(value, EndpointUse::kConnect)) << value;
  }
}

TEST(Endpoint, RefusesNonsenseInOneLine) {
  for (const char* value : {"",
                            "nonsense",
                            "tcp://",
                            "tcp://:1",
                            "tcp://host",
                            "tcp://host:",
                            "tcp://host:65536",
                            "tcp://host:-1",
                            "tcp://host: 1",
                            "tcp://host:1x",
                            "tcp://ho st:1",
                            "tcp://host:1/path",
                            "tcp://a@host:1",
                            "tcp://::1:1",
                            "tcp://[]:1",
                            "tcp://[::1:1",
                            "tcp://[host]:1",
                            "udp://host:1",
                            "ipc://",
                            "ipc:///",
                            "tcp://a:1;",
                            "tcp://a:1;b",
                            "host:1",
                            "tcp:/host:1",
                            "TCP://host:1"}) {
    for (const EndpointUse use : {EndpointUse::kListen, EndpointUse::kConnect}) EXPECT_FALSE(good(value, use)) << value;
  }
  EXPECT_FALSE(good(("tcp://" + std::string(256, 'a') + ":1").c_str(), EndpointUse::kListen));
  const auto said = wrong_endpoint("--clients", "nonsense", EndpointUse::kListen);
  EXPECT_THAT(*said, HasSubstr("--clients must be an endpoint, as tcp://0.0.0.0:7999"));
  EXPECT_THAT(*said, HasSubstr("not 'nonsense'"));
}

}  // namespace
}  // namespace fastchat::test
