// The contract about the log of keys on both stores, and the cases that only PostgreSQL has: many programs at once, a
// crash in the middle, a backup that was restored, and a database of the version before.
#include <pqxx/pqxx>
#include <set>
#include <thread>

#include "broker/store/log_statements.h"
#include "broker/store/pg_store.h"
#include "common/pg/migrate.h"
#include "common/pg/session.h"
#include "tests/support/broker_log_contract.h"
#include "tests/support/memory_broker_store.h"
#include "tests/support/pg_fixture.h"

namespace fastchat::test {
namespace {

class MemoryLogUnderTest : public LogUnderTest {
 public:
  std::unique_ptr<broker::Store> store(std::optional<broker::LogSigner> signer) override {
    db_.now_ms = 7'200'000;
    return std::make_unique<MemoryBrokerStore>(db_, 3, std::move(signer));
  }
  LogTablesCopy log() override {
    LogTablesCopy out{{}, db_.log.nodes, db_.log.head, db_.log.frontier};
    for (const auto& leaf : db_.log.leaves)
      out.leaves.push_back({out.leaves.size(), leaf.user, leaf.fpr, leaf.counter, leaf.ms});
    return out;
  }
  void as_before(const std::function<void()>& steps) override {
    const Bytes kept = std::exchange(db_.log.key, {});
    steps();
    db_.log.key = kept;
  }
  void lose_head() override {
    db_.log.key.clear();
    db_.log.head = {};
    db_.log.frontier.clear();
  }
  void turn_back_clock() override { db_.now_ms -= 3'600'000; }

 private:
  MemoryDb db_;
};

PgFixture& log_server() {
  static PgFixture fixture;
  return fixture;
}

class PgLogUnderTest : public LogUnderTest {
 public:
  explicit PgLogUnderTest(int migrations = 1'000) {
    static int count = 0;
    name_ = "log" + std::to_string(++count);
    log_server().create_database(name_);
    migrate(migrations);
  }
  // Brings the database to the schema of this number, or to the newest one.
  void migrate(int upto) const {
    pg::Database db({conninfo(), "test"});
    std::vector<sql::Migration> some;
    for (const auto& m : sql::migrations()) {
      if (m.number <= upto) some.push_back(m);
    }
    if (!db.open() || !pg::migrate(db, some)) std::abort();
  }
  std::unique_ptr<broker::Store> store(std::optional<broker::LogSigner> signer) override {
    return std::make_unique<broker::PgStore>(pg::DatabaseOptions{conninfo(), "test"}, 10'000, std::move(signer));
  }
  LogTablesCopy log() override {
    pqxx::connection connection(conninfo());
    pqxx::work tx(connection);
    const auto bytes = [](const auto& field) { return *from_hex(field.template as<std::string>()); };
    LogTablesCopy out;
    for (const auto& row : tx.exec("select idx, name, encode(fpr, 'hex'), counter, ms from log_leaves order by idx")) {
      out.leaves.push_back({row[0].as<uint64_t>(), row[1].as<std::string>(), bytes(row[2]), row[3].as<uint64_t>(),
                            row[4].as<int64_t>()});
    }
    for (const auto& row : tx.exec("select level, idx, encode(hash, 'hex') from log_nodes")) {
      out.nodes[{row[0].as<int>(), row[1].as<uint64_t>()}] = bytes(row[2]);
    }
    for (const auto& row : tx.exec("select size, encode(root, 'hex'), ms, encode(signature, 'hex'), "
                                   "encode(frontier, 'hex') from log_head")) {
      out.head = {row[0].as<uint64_t>(), bytes(row[1]), row[2].as<int64_t>(), bytes(row[3])};
      out.frontier = bytes(row[4]);
    }
    return out;
  }
  void as_before(const std::function<void()>& steps) override {
    execute("create table kept as select * from log_head; delete from log_head");
    steps();
    execute("insert into log_head select * from kept; drop table kept");
  }
  void lose_head() override { execute("delete from log_head"); }
  // A time of the head in the future is the same to a broker as a clock that went back.
  void turn_back_clock() override {
    execute("begin; update log_leaves set ms = ms + 3600000; update log_head set ms = ms + 3600000; commit");
    rebuild();
  }

  // Returns once a program waits for a lock.
  void until_blocked() const {
    pqxx::connection connection(conninfo());
    pqxx::nontransaction tx(connection);
    while (tx.exec("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = "
                   "'Lock'")[0][0]
               .as<int>() == 0) {
    }
  }

  std::string conninfo() const { return log_server().conninfo(name_); }
  void execute(const std::string& script) const { log_server().sql(name_, script); }
  const std::string& name() const { return name_; }

 private:
  // Hashes the leaves anew.
  void rebuild() {
    merkle::Frontier tree;
    std::string script = "delete from log_nodes;";
    Bytes frontier;
    int64_t ms = 0;
    for (const auto& leaf : log().leaves) {
      ms = leaf.ms;
      for (const auto& node : tree.append(merkle::key_leaf_hash(leaf.user, leaf.fpr, leaf.counter, leaf.ms))) {
        script += "insert into log_nodes values (" + std::to_string(node.place.level) + ", " +
                  std::to_string(node.place.index) + ", decode('" + to_hex(node.hash) + "', 'hex'));";
      }
    }
    for (const Bytes& hash : tree.hashes()) frontier += hash;
    const LogHead head = sign_log_head(log_key_of(Bytes(32, 's')).value(), kLogRealm, tree.size(), tree.root(), ms);
    execute(script + "update log_head set root = decode('" + to_hex(head.root) + "', 'hex'), signature = decode('" +
            to_hex(head.signature) + "', 'hex'), frontier = decode('" + to_hex(frontier) + "', 'hex')");
  }

  std::string name_;
};

INSTANTIATE_TEST_SUITE_P(Memory, BrokerLogContract,
                         testing::Values(LogMaker([] { return std::make_unique<MemoryLogUnderTest>(); })));
INSTANTIATE_TEST_SUITE_P(PostgreSQL, BrokerLogContract,
                         testing::Values(LogMaker([] { return std::make_unique<PgLogUnderTest>(); })));

broker::NewUser somebody(const std::string& name) {
  return {name, "spki of " + name, "blob", "vault", Bytes(32, 'a'), {}};
}

TEST(PgLog, ManyProgramsAppendAtOnceAndEachLeafIsThereOnce) {
  PgLogUnderTest db;
  ASSERT_TRUE(db.store(log_signer())->claim_log().ok());
  constexpr int kPrograms = 6, kSignUps = 20;
  std::vector<std::thread> threads;
  std::vector<int> failures(kPrograms, 0);
  for (int t = 0; t < kPrograms; ++t) {
    threads.emplace_back([&, t] {
      const auto store = db.store(log_signer());
      for (int i = 0; i < kSignUps; ++i) {
        // Two programs want each name at the same time.
        const auto done = store->sign_up(somebody("user" + std::to_string(t / 2) + "-" + std::to_string(i)));
        if (!done.ok()) ++failures[static_cast<size_t>(t)];
        if (i % 5 == 0 && !store->catch_up_log().ok()) ++failures[static_cast<size_t>(t)];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, std::vector<int>(kPrograms, 0));
  const LogTablesCopy log = db.log();
  EXPECT_EQ(log.leaves.size(), static_cast<size_t>(kPrograms / 2 * kSignUps));
  std::set<std::string> names;
  for (const auto& leaf : log.leaves) EXPECT_TRUE(names.insert(leaf.user).second) << leaf.user;
  expect_whole(log);
}

// The server dies while a transaction that has appended waits for its commit.
TEST(PgLog, ACrashBeforeTheCommitLeavesNeitherUserNorLeaf) {
  PgLogUnderTest db;
  const auto store = db.store(log_signer());
  ASSERT_TRUE(store->claim_log().ok());
  ASSERT_TRUE(store->sign_up(somebody("alice")).ok());
  // A deferred trigger runs in the commit, behind everything that the transaction wrote. It ends the session once.
  db.execute(
      "create table crashes (n int); insert into crashes values (1);"
      "create function crash() returns trigger language plpgsql as $$ begin "
      "  if new.name = 'bob' and (select n from crashes) > 0 then "
      "    perform pg_terminate_backend(pg_backend_pid()); end if; return null; end $$;"
      "create constraint trigger crash after insert on users deferrable initially deferred for each row execute "
      "function crash();");
  EXPECT_EQ(store->sign_up(somebody("bob")).code(), Code::kBusy);
  EXPECT_EQ(db.log().leaves.size(), 1u);
  expect_whole(db.log());
  db.execute("update crashes set n = 0");
  EXPECT_TRUE(store->sign_up(somebody("bob")).ok());
  EXPECT_EQ(db.log().leaves.size(), 2u);
  expect_whole(db.log());
}

// A program without the key found no log, and commits after another one began it.
TEST(PgLog, ALogBeginsBehindTheTransactionsThatFoundNone) {
  PgLogUnderTest db;
  pg::Session without({db.conninfo(), "test"}, 10'000);
  ASSERT_TRUE(without.open().ok());
  ASSERT_TRUE(without.begin().ok());
  ASSERT_TRUE(without
                  .write("insert into users (name, public_key, identity_blob, verifier, vault) values ('alice', 'key', "
                         "'i', sha256('x'), 'v') returning uid",
                         {})
                  .ok());
  const auto none = without.write(broker::sql::kKeepNoLog, {});
  ASSERT_TRUE(none.ok());
  ASSERT_EQ(none->size(), 0);
  std::optional<uint64_t> added;
  std::thread begins([&] {
    const auto store = db.store(log_signer());
    if (!store->claim_log()) return;
    if (const auto caught_up = store->catch_up_log()) added = *caught_up;
  });
  db.until_blocked();
  EXPECT_TRUE(without.commit().ok());
  begins.join();
  EXPECT_EQ(added, std::optional<uint64_t>(1));
  expect_whole(db.log());
}

// A request that waited for the lock of the user's row sees what was committed meanwhile.
TEST(PgLog, ADeletionAndALoginBesideAChangeOfTheKeyCountIt) {
  PgLogUnderTest db;
  const auto store = db.store(log_signer());
  ASSERT_TRUE(store->claim_log().ok());
  ASSERT_TRUE(store->sign_up(somebody("alice")).ok());
  const int64_t uid = store->login_row("alice", Bytes(16, 'd'))->uid;
  const broker::LogInDevice log_in{uid, Bytes(16, 'd'), "laptop", Bytes(32, 'a')};
  ASSERT_EQ(store->log_in_device(log_in)->code, Code::kOk);
  const auto beside_a_change = [&](int32_t number, const std::function<void()>& request) {
    pg::Session other({db.conninfo(), "test"}, 10'000);
    ASSERT_TRUE(other.open().ok());
    ASSERT_TRUE(other.begin().ok());
    ASSERT_TRUE(other.write("update users set public_key = 'new' where uid = $1", pg::Params().bigint(uid)).ok());
    ASSERT_TRUE(other
                    .write("insert into rekeys (uid, number, rekey) values ($1, $2, 'r')",
                           pg::Params().bigint(uid).integer(number))
                    .ok());
    std::thread waits(request);
    db.until_blocked();
    EXPECT_TRUE(other.commit().ok());
    waits.join();
  };
  beside_a_change(1, [&] { EXPECT_EQ(store->log_in_device(log_in)->rekeys, 1); });
  beside_a_change(2, [&] {
    broker::NewPassword change{uid, Bytes(16, 'd'), Bytes(32, 'a'), Bytes(32, 'a'), "blob 3", "vault", 2};
    change.key = {"key 3", {"change"}, 3};
    EXPECT_EQ(store->change_password(change)->code, Code::kOk) << "behind the second change";
  });
  beside_a_change(4, [&] { EXPECT_EQ(store->delete_user({uid, Bytes(16, 'd'), Bytes(32, 'a')})->code, Code::kOk); });
  const LogTablesCopy log = db.log();
  ASSERT_EQ(log.leaves.size(), 3u);
  EXPECT_EQ(log.leaves[2].fpr, "");
  EXPECT_EQ(log.leaves[2].counter, 5u) << "four changes";
  expect_whole(log);
}

// A broker that is frozen in a transaction, with the lock of the head, holds the others up for seconds and not for
// ever.
TEST(PgLog, PostgreSqlEndsATransactionWhoseBrokerStops) {
  PgLogUnderTest db;
  db.execute(
      "create table seen (timeout text);"
      "create function look() returns trigger language plpgsql as $$ begin "
      "  insert into seen values (current_setting('idle_in_transaction_session_timeout')); return null; end $$;"
      "create trigger look after insert on users for each row execute function look();");
  const auto store = db.store(log_signer());
  ASSERT_TRUE(store->claim_log().ok());
  ASSERT_TRUE(store->sign_up(somebody("alice")).ok());
  pqxx::connection connection(db.conninfo());
  EXPECT_EQ(pqxx::nontransaction(connection).exec("select timeout from seen")[0][0].as<std::string>(), "3s");
}

// The users after the backup are gone, and so are their leaves: the log goes on from the backup's head.
TEST(PgLog, ARestoredBackupGoesOnFromItsOwnHead) {
  PgLogUnderTest db;
  ASSERT_TRUE(db.store(log_signer())->claim_log().ok());
  ASSERT_TRUE(db.store(log_signer())->sign_up(somebody("alice")).ok());
  const LogHead at_backup = db.log().head;
  const std::string copy = db.name() + "_backup";
  log_server().sql("postgres", "create database " + copy + " template " + db.name());
  ASSERT_TRUE(db.store(log_signer())->sign_up(somebody("bob")).ok());
  log_server().sql("postgres", "drop database " + db.name() + " with (force)");
  log_server().sql("postgres", "alter database " + copy + " rename to " + db.name());
  const auto store = db.store(log_signer());
  ASSERT_TRUE(store->claim_log().ok());
  EXPECT_EQ(*store->catch_up_log(), 0u);
  EXPECT_EQ(db.log().head, at_backup);
  ASSERT_TRUE(store->sign_up(somebody("carol")).ok());
  EXPECT_EQ(db.log().leaves.back().user, "carol");
  expect_whole(db.log());
}

TEST(PgLog, ALogThatIsNotTheBrokersStopsTheSignUpAndNothingIsHalfDone) {
  PgLogUnderTest db;
  const auto store = db.store(log_signer());
  ASSERT_TRUE(store->claim_log().ok());
  db.execute("update log_head set key = decode(repeat('00', 32), 'hex')");
  EXPECT_EQ(store->sign_up(somebody("alice")).code(), Code::kInternal);
  EXPECT_EQ(store->login_row("alice", Bytes(16, 'd'))->uid, 0);
  EXPECT_TRUE(db.log().leaves.empty());
}

// A database of migration 016, with users of all kinds.
TEST(PgLog, ADatabaseOfTheVersionBeforeGetsALogOfItsUsers) {
  PgLogUnderTest db(16);
  db.execute(
      "insert into users (name, public_key, identity_blob, verifier, vault) "
      "select 'user-' || i, ('key ' || i)::bytea, 'i', sha256('x'), 'v' from generate_series(1, 2500) i;"
      "update users set first_public_key = public_key, public_key = 'newest' where name = 'user-7';"
      "insert into rekeys (uid, number, rekey) select uid, n, 'r' from users, generate_series(1, 3) n "
      "where name = 'user-7';"
      "update users set deleted = now(), public_key = '' where name in ('user-9', 'user-2500')");
  db.migrate(1'000);
  const auto store = db.store(log_signer());
  ASSERT_TRUE(store->claim_log().ok());
  const auto first = store->catch_up_slice(0);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first->more);
  EXPECT_EQ(first->added, 999u);
  EXPECT_FALSE(*db.store(log_signer())->claim_log()) << "a broker that ended here goes on before it serves";
  EXPECT_EQ(*store->catch_up_log(), 1499u);
  EXPECT_TRUE(*db.store(log_signer())->claim_log());
  const LogTablesCopy log = db.log();
  expect_whole(log);
  ASSERT_EQ(log.leaves.size(), 2498u);
  EXPECT_EQ(log.leaves[0].user, "user-1") << "in the order of the sign-ups";
  EXPECT_EQ(log.leaves[0].fpr, key_fingerprint(kLogRealm, "user-1", "key 1"));
  EXPECT_EQ(log.leaves[6].fpr, key_fingerprint(kLogRealm, "user-7", "newest"));
  EXPECT_EQ(log.leaves[6].counter, 3u);
  EXPECT_EQ(log.leaves[8].user, "user-10");
  EXPECT_EQ(log.leaves.back().user, "user-2499");
  EXPECT_EQ(*store->catch_up_log(), 0u);
}

}  // namespace
}  // namespace fastchat::test
