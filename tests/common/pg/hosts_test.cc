// Hosts that are silent or only read, poolers, locks, and what a failure says.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/pg/session.h"
#include "tests/support/pg_fixture.h"

namespace fastchat::pg {
namespace {

using ::testing::HasSubstr;

test::PgFixture& server() {
  static test::PgFixture fixture;
  return fixture;
}

DatabaseOptions options(const std::string& database) {
  return {.conninfo = server().conninfo(database), .application = "hosts_test"};
}

// A socket that takes connections and says nothing.
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

TEST(Hosts, OneThatIsSilentDoesNotKeepFromTheNext) {
  const SilentHost silent;
  DatabaseOptions two = options("postgres");
  two.conninfo = "host=127.0.0.1," + server().directory() + " port=" + std::to_string(silent.port()) +
                 ",5432 user=postgres dbname=postgres connect_timeout=2";
  Session session(two, 10'000);
  const auto opened = session.open();
  EXPECT_TRUE(opened) << (opened ? "" : opened.failure().text);
  Database database(two);
  EXPECT_TRUE(database.open());
}

TEST(Hosts, OneThatOnlyReadsIsPassedOverUnlessTheOperatorSaysOtherwise) {
  server().create_database("reads");
  server().sql("reads", "alter database reads set default_transaction_read_only = on");
  Session session(options("reads"), 10'000);
  const auto refused = session.open();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.failure().text, HasSubstr("read-only"));
  DatabaseOptions any = options("reads");
  any.conninfo += " target_session_attrs=any";
  EXPECT_TRUE(Session(any, 10'000).open());
}

TEST(Pooling, ADirectConnectionIsGood) {
  EXPECT_TRUE(check_pooling(options("postgres")));
}

TEST(Locks, AreNotWaitedForLong) {
  server().create_database("locks");
  server().sql("locks", "create table t (x int); insert into t values (1)");
  DatabaseOptions quick = options("locks");
  quick.lock_timeout_ms = 1;
  Session holder(quick, 10'000), other(quick, 10'000);
  ASSERT_TRUE(holder.open() && other.open() && holder.begin());
  ASSERT_TRUE(holder.write("update t set x = 2", {}));
  const auto refused = other.write("update t set x = 3", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().sqlstate, "55P03");
  EXPECT_EQ(refused.failure().kind, PgError::kUnavailable);
  EXPECT_TRUE(other.is_open());
}

TEST(Failures, NeverHoldValues) {
  server().create_database("values_test");
  server().sql("values_test", "create table t (x text primary key); insert into t values ('secret')");
  Session session(options("values_test"), 10'000);
  ASSERT_TRUE(session.open());
  const auto refused = session.write("insert into t values ('secret')", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().text.find("secret"), std::string::npos) << refused.failure().text;
}

}  // namespace
}  // namespace fastchat::pg
