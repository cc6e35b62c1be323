// The PostgreSQL that the tests of common/pg share, and a host that answers nothing.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "common/pg/session.h"
#include "tests/support/pg_fixture.h"

namespace fastchat::pg {

inline test::PgFixture& server() {
  static test::PgFixture fixture;
  return fixture;
}

// Has a long timeout: a server that has just started on a busy machine may be slow.
inline DatabaseOptions options(const std::string& database) {
  return {.conninfo = server().conninfo(database), .application = "pg_test", .connect_timeout_s = 60};
}

// A socket that accepts connections and sends nothing.
class SilentHost {
 public:
  SilentHost() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 8), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentHost() { close(fd_); }
  SilentHost(const SilentHost&) = delete;
  SilentHost& operator=(const SilentHost&) = delete;
  int port() const { return port_; }

 private:
  int fd_, port_ = 0;
};

}  // namespace fastchat::pg
