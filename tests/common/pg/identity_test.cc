// The identity of the database behind a connection, and the logging of failures.
#include "common/pg/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/pg/failure_log.h"
#include "common/pg/migrate.h"
#include "tests/common/pg/pg_server.h"

namespace fastchat::pg {
namespace {

using ::testing::HasSubstr;

// Creates a database with our schema; returns its name.
std::string migrated() {
  static int count = 0;
  const std::string name = "identity" + std::to_string(++count);
  server().create_database(name);
  Database db(options(name));
  EXPECT_TRUE(db.open());
  EXPECT_TRUE(migrate(db));
  return name;
}

class Opened {
 public:
  explicit Opened(const std::string& database) : session(options(database), 10'000) { EXPECT_TRUE(session.open()); }
  // Returns the generation; 0 when refused.
  int64_t recognised() {
    const auto done = recognise(session, &known);
    EXPECT_TRUE(done) << (done ? "" : done.failure().text);
    return done ? known.generation : 0;
  }
  int64_t new_user(const std::string& name) {
    const auto made = session.write(
        "insert into users (name, public_key, identity_blob, verifier, vault) values ($1, 'k', 'i', $2, 'v') "
        "returning uid",
        Params().text(name).bytea(Bytes(32, 'v')));
    EXPECT_TRUE(made);
    return made ? made->bigint(0, 0) : 0;
  }

  Session session;
  StoreIdentity known;
};

TEST(Identity, StaysWhileTheDatabaseDoes) {
  const std::string name = migrated();
  Opened one(name), two(name);
  EXPECT_EQ(one.recognised(), 1);
  EXPECT_EQ(one.new_user("alice"), 1) << "nothing was advanced";
  EXPECT_EQ(two.recognised(), 1);
  EXPECT_EQ(one.recognised(), 1);
  server().stop();
  server().start();
  Opened again(name);
  again.known = one.known;
  EXPECT_EQ(again.recognised(), 1) << "a restart loses nothing";
}

TEST(Identity, RisesOnceForAllWhenThePlaceIsAnother) {
  const std::string name = migrated();
  Opened before(name);
  before.recognised();
  const int64_t alice = before.new_user("alice");
  // The row as a standby has copied it from its primary.
  server().sql(name, "update store_identity set place = '1/00000001/2/3'");
  Opened one(name), two(name);
  one.known = two.known = before.known;
  EXPECT_EQ(one.recognised(), 2);
  EXPECT_EQ(two.recognised(), 2);
  Opened stranger(name);
  EXPECT_EQ(stranger.recognised(), 2);
  const int64_t bob = one.new_user("bob");
  EXPECT_GT(bob, alice + 900'000'000);
  EXPECT_LT(bob, alice + 1'900'000'000) << "advanced once";
}

TEST(Identity, RisesWhenABackupIsPutBackUnderOpenConnections) {
  const std::string name = migrated();
  Opened one(name);
  EXPECT_EQ(one.recognised(), 1);
  // Imitates pg_restore --clean: the same database, other tables.
  server().sql(name, "drop table queue; create table queue (did bigint, mid bigint)");
  EXPECT_EQ(one.recognised(), 2);
}

TEST(Identity, APromotedStandbyIsAnotherPlace) {
  const std::string name = migrated();
  Opened one(name);
  EXPECT_EQ(one.recognised(), 1);
  const std::string place = one.known.place;
  server().stop();
  server().promote_as_standby();
  Opened after(name);
  after.known = one.known;
  EXPECT_EQ(after.recognised(), 2);
  EXPECT_NE(after.known.place, place);
}

TEST(Identity, GoesBackOnlyWhenSomethingIsLess) {
  const StoreIdentity known{3, "here", 1000};
  EXPECT_FALSE(went_back(known, {3, "here", 1000}, "here"));
  EXPECT_FALSE(went_back(known, {3, "here", 2000}, "here"));
  EXPECT_FALSE(went_back(known, {4, "there", 10}, "there")) << "somebody has seen to it";
  EXPECT_TRUE(went_back(known, {3, "here", 999}, "here")) << "a snapshot of the disk was put back";
  EXPECT_TRUE(went_back(known, {2, "here", 2000}, "here"));
  EXPECT_TRUE(went_back(known, {3, "here", 2000}, "there"));
  EXPECT_TRUE(went_back(known, {3, "there", 2000}, "there")) << "two heirs of one database";
  EXPECT_FALSE(went_back({}, {3, "here", 10}, "here")) << "a program that starts";
}

TEST(Identity, AnUnsafeServerIsRefusedAtEachConnect) {
  const std::string name = migrated();
  server().sql("postgres", "alter database " + name + " set synchronous_commit = off");
  Opened one(name);
  const auto refused = recognise(one.session, &one.known);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.failure().text, HasSubstr("synchronous_commit"));
}

TEST(Failures, AreLoggedOnceInTenSeconds) {
  FailureLog log;
  EXPECT_TRUE(log.count("insert", "53100", 1).write);
  EXPECT_FALSE(log.count("insert", "53100", 2).write);
  EXPECT_TRUE(log.count("insert", "57014", 3).write) << "another code";
  EXPECT_TRUE(log.count("drain", "53100", 3).write) << "another request";
  EXPECT_FALSE(log.count("insert", "53100", 9'999'999).write);
  const auto line = log.count("insert", "53100", 10'000'001);
  EXPECT_TRUE(line.write);
  EXPECT_EQ(line.left_out, 2u);
}

}  // namespace
}  // namespace fastchat::pg
