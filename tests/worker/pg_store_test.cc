// The worker's store on a real PostgreSQL.
#include "worker/store/pg_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include "common/pg/database.h"
#include "common/pg/migrate.h"
#include "common/pg/session.h"
#include "sql/migrations.h"
#include "tests/support/pg_fixture.h"
#include "tests/support/worker_accounts_contract.h"
#include "tests/support/worker_contacts_contract.h"
#include "tests/support/worker_groups_contract.h"
#include "tests/support/worker_store_contract.h"
#include "tests/support/worker_vaults_contract.h"

namespace fastchat::test {
namespace {

PgFixture& server() {
  static PgFixture pg;
  return pg;
}

std::string fresh_database() {
  static int n = 0;
  const std::string name = "worker" + std::to_string(++n);
  server().create_database(name);
  EXPECT_TRUE(worker::prepare_database(server().conninfo(name), Bytes(16, 'r')).ok());
  return name;
}

class PgBackend : public WorkerStoreBackend {
 public:
  explicit PgBackend(worker::QuotaLimits quota = {})
      : name_(fresh_database()),
        options_{.conninfo = server().conninfo(name_), .quota = quota},
        writer_(options_),
        reader_(options_),
        sweeper_(std::make_unique<worker::PgStore>(options_)) {}

  uint64_t add_user(const std::string& name) override {
    server().sql(name_, "with u as (insert into users (name, public_key, identity_blob, verifier, vault) values ('" +
                            name +
                            "', 'k', 'i', decode(repeat('00', 32), 'hex'), 'v') returning uid) "
                            "insert into devices (uid, device) select uid, decode(repeat('00', 16), 'hex') from u");
    return number("select uid from users where name = '" + name + "'");
  }
  uint64_t add_device(uint64_t uid, char tag) override {
    const std::string device = "decode('" + to_hex(Bytes(16, tag)) + "', 'hex')";
    server().sql(name_, "insert into devices (uid, device) values (" + std::to_string(uid) + ", " + device + ")");
    return number("select did from devices where uid = " + std::to_string(uid) + " and device = " + device);
  }
  void add_rekey(uint64_t uid, int number) override {
    const std::string id = std::to_string(uid), n = std::to_string(number);
    server().sql(name_,
                 "update users set public_key = 'key', first_public_key = coalesce(first_public_key, public_key) "
                 "where uid = " +
                     id);
    server().sql(name_, "insert into rekeys (uid, number, rekey) values (" + id + ", " + n + ", 'change " + n + "')");
  }
  void delete_user(uint64_t uid) override {
    const std::string id = std::to_string(uid);
    server().sql(name_, "update users set deleted = now() where uid = " + id);
    server().sql(name_, "with gone as (delete from devices where uid = " + id +
                            " returning did, uid) insert into gone_devices select did, uid from gone");
  }
  void log_in(uint64_t did) override {
    server().sql(name_, "update devices set session_epoch = session_epoch + 1 where did = " + std::to_string(did));
  }
  uint64_t number(const std::string& query) {
    pg::Database db({.conninfo = options_.conninfo, .application = "test"});
    EXPECT_TRUE(db.open().ok());
    auto value = db.transaction([&](pqxx::work& tx) { return tx.exec1(query)[0].as<uint64_t>(); });
    EXPECT_TRUE(value.ok());
    return value.ok() ? *value : 0;
  }
  void pass_days(int days) override {
    const std::string by = " - interval '" + std::to_string(days) + " days'";
    server().sql(name_, "update bodies set stored_at = stored_at" + by);
    server().sql(name_, "update devices set last_login = last_login" + by + ", created = created" + by);
    server().sql(name_, "update group_budget set since = since" + by);
  }
  void pass_hour() override { server().sql(name_, "update vault_parts set at = at - interval '61 minutes'"); }
  // Imitates a standby that takes over with another timeline. Both connections are new then.
  void go_back() override {
    server().sql(name_, "update store_identity set place = 'the primary before'");
    server().sql(name_, "select pg_terminate_backend(pid) from pg_stat_activity where datname = '" + name_ +
                            "' and pid <> pg_backend_pid()");
  }
  void new_sweep() override { sweeper_ = std::make_unique<worker::PgStore>(options_); }
  worker::Store& sweeper() override { return *sweeper_; }
  void execute(const std::string& script) const { server().sql(name_, script); }
  const std::string& name() const { return name_; }
  std::string conninfo() const { return options_.conninfo; }
  worker::Store& writer() override { return writer_; }
  worker::Store& reader() override { return reader_; }

 private:
  std::string name_;
  worker::PgStoreOptions options_;
  worker::PgStore writer_, reader_;
  std::unique_ptr<worker::PgStore> sweeper_;
};

std::unique_ptr<WorkerStoreBackend> make_pg_backend() {
  return std::make_unique<PgBackend>();
}

std::unique_ptr<WorkerStoreBackend> make_small_pg_backend() {
  return std::make_unique<PgBackend>(
      worker::QuotaLimits{.rows = WorkerStoreRoom::kQuotaRows, .bytes = WorkerStoreRoom::kQuotaBytes});
}

INSTANTIATE_TEST_SUITE_P(Postgres, WorkerStoreRoom, testing::Values(&make_small_pg_backend));
INSTANTIATE_TEST_SUITE_P(Postgres, WorkerStoreContacts, testing::Values(&make_pg_backend));
INSTANTIATE_TEST_SUITE_P(Postgres, WorkerStoreContract, testing::Values(&make_pg_backend));
INSTANTIATE_TEST_SUITE_P(Postgres, WorkerStoreVaults, testing::Values(&make_pg_backend));
INSTANTIATE_TEST_SUITE_P(Postgres, WorkerStoreGroups, testing::Values(&make_pg_backend));
INSTANTIATE_TEST_SUITE_P(Postgres, WorkerStoreGroupBudget, testing::Values(&make_pg_backend));

worker::QueueInsert message(uint64_t from, uint64_t to, uint64_t did, uint64_t seq) {
  worker::QueueInsert m;
  m.pid = m.ref = m.seq = seq;
  m.from_uid = from;
  m.to_uid = to;
  m.stream = Bytes(16, 's');
  m.envelope = Bytes(100, 'e');
  m.dids = {did};
  m.owners = {to};
  return m;
}

// Messages of strangers are stored on the lane of everybody's.
TEST(PgStore, StrangersHoldNobodyUp) {
  PgBackend backend;
  const uint64_t alice = backend.add_user("alice"), bob = backend.add_user("bob");
  const uint64_t did = backend.add_device(bob, 'b');
  backend.execute("update users set strangers = 2 where name = 'bob'");
  const auto codes = [&](uint64_t from, uint64_t upto) {
    worker::InsertBatch batch;
    for (uint64_t seq = from; seq <= upto; ++seq) {
      batch.rows.push_back(message(alice, bob, did, seq));
      batch.rows.back().stranger = true;
    }
    std::map<Code, size_t> out;
    const auto done = std::get<worker::InsertDone>(backend.writer().run(std::move(batch)));
    for (const auto& o : done.outcomes) ++out[o.code];
    return out;
  };
  pg::Database db({.conninfo = backend.conninfo(), .application = "test"});
  ASSERT_TRUE(db.open().ok());
  auto locked = db.transaction([&](pqxx::work& tx) {
    tx.exec("select from users where name = 'bob' for update");
    EXPECT_EQ(codes(1, 1), (std::map<Code, size_t>{{Code::kBusy, 1}})) << "no wait while bob is deleted";
    return true;
  });
  EXPECT_TRUE(locked.ok());
  locked = db.transaction([&](pqxx::work& tx) {
    tx.exec("select from users where name = 'alice' for update");
    EXPECT_EQ(codes(1, 1), (std::map<Code, size_t>{{Code::kBusy, 1}})) << "no wait while alice is deleted";
    return true;
  });
  EXPECT_TRUE(locked.ok());
  EXPECT_EQ(backend.number("select count(*) from requests"), 0u);
  EXPECT_EQ(codes(1, worker::kStrangersAtOnce + 5),
            (std::map<Code, size_t>{{Code::kOk, worker::kStrangerMessages},
                                    {Code::kNotAcceptedYet, worker::kStrangersAtOnce - worker::kStrangerMessages},
                                    {Code::kBusy, 5}}));
  backend.delete_user(bob);
  EXPECT_EQ(codes(1, 1), (std::map<Code, size_t>{{Code::kUnknownUser, 1}}));
}

// Logins, the vault and uploads lock the row of their user.
TEST(PgStore, AStrangerDoesNotLearnThatTheRecipientIsBusy) {
  PgBackend backend;
  const uint64_t alice = backend.add_user("alice"), bob = backend.add_user("bob");
  const uint64_t did = backend.add_device(bob, 'b');
  backend.execute("update users set strangers = 2 where name = 'bob'");
  const auto code = [&](uint64_t seq) {
    worker::InsertBatch batch;
    batch.rows.push_back(message(alice, bob, did, seq));
    batch.rows.back().stranger = true;
    return std::get<worker::InsertDone>(backend.writer().run(std::move(batch))).outcomes.at(0).code;
  };
  pg::Database db({.conninfo = backend.conninfo(), .application = "test"});
  ASSERT_TRUE(db.open().ok());
  const auto locked = db.transaction([&](pqxx::work& tx) {
    tx.exec("update users set vault = 'w' where name = 'bob'");
    for (uint64_t seq = 1; seq <= worker::kStrangerMessages; ++seq) EXPECT_EQ(code(seq), Code::kOk);
    EXPECT_EQ(code(1), Code::kOk);
    EXPECT_EQ(code(9), Code::kNotAcceptedYet);
    return true;
  });
  EXPECT_TRUE(locked.ok());
}

// The database counts for all workers, and an answer of the recipient comes before or after a message.
TEST(PgStore, ThreeWorkersTogetherTakeNoMoreOfStrangersThanOne) {
  PgBackend backend;
  const uint64_t bob = backend.add_user("bob"), did = backend.add_device(bob, 'b');
  backend.execute("update users set strangers = 2 where name = 'bob'");
  constexpr uint64_t kSenders = 30, kEach = 6;
  std::vector<uint64_t> senders;
  for (uint64_t i = 0; i < kSenders; ++i) senders.push_back(backend.add_user("sender" + std::to_string(i)));
  std::atomic<uint64_t> taken = 0;
  // Each worker has messages of its own of each sender.
  const auto send_all = [&](worker::Store& store, uint64_t first, const std::vector<uint64_t>& all) {
    for (uint64_t seq = first; seq < first + kEach; ++seq) {
      for (const uint64_t sender : all) {
        Code code = Code::kBusy;
        while (code == Code::kBusy) {
          worker::InsertBatch batch;
          batch.rows.push_back(message(sender, bob, did, seq));
          batch.rows.back().stranger = true;
          code = std::get<worker::InsertDone>(store.run(std::move(batch))).outcomes.at(0).code;
        }
        EXPECT_TRUE(code == Code::kOk || code == Code::kNotAcceptedYet) << static_cast<int>(code);
        taken += code == Code::kOk ? 1 : 0;
      }
    }
  };
  const auto three_workers = [&](uint64_t first, const std::vector<uint64_t>& all) {
    std::thread second([&] { send_all(backend.reader(), first + 100, all); });
    std::thread third([&] { send_all(backend.sweeper(), first + 200, all); });
    send_all(backend.writer(), first, all);
    second.join();
    third.join();
  };
  three_workers(1, {senders[0]});
  EXPECT_EQ(taken, worker::kStrangerMessages);
  three_workers(301, senders);
  EXPECT_EQ(taken, worker::kStrangersQueued);
  EXPECT_EQ(backend.number("select count(*) from queue"), worker::kStrangersQueued);

  // Bob reads all of it, and accepts each of them meanwhile: no request is left of somebody who is accepted.
  backend.execute("delete from queue");
  {
    std::thread second([&] { send_all(backend.reader(), 601, senders); });
    for (uint64_t i = 0; i < kSenders; ++i) {
      worker::PutContacts accept{.session = 1, .request = 2, .uid = bob};
      accept.contacts = {{"sender" + std::to_string(i), {}, v1::ACCEPTED}};
      EXPECT_EQ(std::get<worker::ContactsPut>(backend.writer().run(std::move(accept))).code, Code::kOk);
    }
    second.join();
  }
  EXPECT_EQ(backend.number("select count(*) from requests"), 0u);
}

// Two workers and their restarts: the database counts the rows of all writers.
TEST(PgStore, CountsWhatOtherWorkersQueued) {
  PgBackend backend({.rows = 8, .bytes = 1 << 20});
  const uint64_t alice = backend.add_user("alice"), bob = backend.add_user("bob");
  const uint64_t did = backend.add_device(bob, 'b');
  const auto put = [&](worker::Store& worker, uint64_t seq) {
    return std::get<worker::InsertDone>(worker.run(worker::InsertBatch{{message(alice, bob, did, seq)}}))
        .outcomes[0]
        .code;
  };
  EXPECT_EQ(put(backend.writer(), 1), Code::kOk);
  EXPECT_EQ(put(backend.reader(), 2), Code::kOk);
  EXPECT_EQ(put(backend.writer(), 3), Code::kShareFull);
  EXPECT_EQ(put(backend.reader(), 3), Code::kShareFull);
  EXPECT_EQ(backend.number("select count(*) from queue"), 2u);
  EXPECT_EQ(backend.number("select messages from queue_load"), 2u);
  EXPECT_EQ(backend.number("select bytes from queue_load"), 200u);
  backend.number("with d as (delete from queue returning 1) select count(*) from d");
  EXPECT_EQ(backend.number("select messages + bytes from queue_load"), 0u);
  EXPECT_EQ(put(backend.reader(), 3), Code::kOk);
}

worker::PutGroup new_group(uint64_t uid, const std::string& admin, int number, worker::GroupBudget budget) {
  worker::PutGroup p{.uid = uid, .group_id = Bytes(32, static_cast<char>(number)), .epoch = 1};
  p.name = "g" + std::to_string(number);
  p.admin = admin;
  p.members = {admin};
  p.state = Bytes(10, 's');
  p.budget = budget;
  return p;
}

TEST(PgStore, TwoWorkersTogetherTakeNoMoreEpochsOfAUserThanOne) {
  PgBackend backend;
  const uint64_t alice = backend.add_user("alice");
  constexpr int kEach = 30;
  const auto put_all = [&](worker::Store& store, int first, int* taken) {
    for (int i = first; i < first + kEach; ++i) {
      const auto done = std::get<worker::GroupChange>(
          store.run(new_group(alice, "alice", i, {.epochs_a_day = kEach, .user_bytes = 250})));
      *taken += done.code == Code::kOk ? 1 : 0;
    }
  };
  int here = 0, there = 0;
  std::thread other([&] { put_all(backend.reader(), 100, &there); });
  put_all(backend.writer(), 1, &here);
  other.join();
  EXPECT_EQ(here + there, 25);
  EXPECT_EQ(backend.number("select bytes from group_budget"), 250u);
  EXPECT_EQ(backend.number("select epochs from group_budget"), 25u);
}

TEST(PgStore, GroupStatesOfAnOlderSchemaAreCountedForWhoSignedThem) {
  const std::string old = "worker_old_groups";
  server().create_database(old);
  const std::string conninfo = server().conninfo(old);
  pg::Database db({.conninfo = conninfo, .application = "test"});
  ASSERT_TRUE(db.open());
  const auto& all = sql::migrations();
  const auto budget =
      std::find_if(all.begin(), all.end(), [](const auto& m) { return m.name.ends_with("group_budget"); });
  ASSERT_NE(budget, all.end());
  ASSERT_TRUE(pg::migrate(db, {all.begin(), budget}));
  server().sql(old,
               "insert into users (name, public_key, identity_blob, verifier, vault) select n, 'k', 'i', "
               "decode(repeat('00', 32), 'hex'), 'v' from unnest(array['alice', 'bob', 'carol']) n order by n");
  server().sql(old,
               "insert into groups (group_id, name, admin, epoch) select decode(repeat(t, 32), 'hex'), t, 1, 1 "
               "from unnest(array['aa', 'bb']) t order by t");
  // alice makes both groups, and hands the first one over to bob in its second epoch.
  server().sql(old,
               "insert into group_states (gid, epoch, name, admin, state) values (1, 1, 'aa', 1, '1'), "
               "(1, 2, 'aa', 2, '22'), (1, 3, 'aa', 2, '4444'), (2, 1, 'bb', 1, '88888888')");
  ASSERT_TRUE(worker::prepare_database(conninfo, Bytes(16, 'r')).ok());
  const auto counted = db.transaction([](pqxx::work& tx) {
    std::vector<int64_t> out;
    for (const auto& row : tx.exec("select uid, bytes, epochs from group_budget order by uid")) {
      for (const auto& field : row) out.push_back(field.as<int64_t>());
    }
    return out;
  });
  ASSERT_TRUE(counted);
  EXPECT_THAT(*counted, testing::ElementsAre(1, 11, 0, 2, 4, 0));
}

// A device whose row is locked must not hold up the others of a batch.
TEST(PgStore, OneLockedDeviceDelaysNobodyElse) {
  PgBackend backend;
  const uint64_t alice = backend.add_user("alice"), bob = backend.add_user("bob");
  const uint64_t b1 = backend.add_device(bob, 'b'), b2 = backend.add_device(bob, 'c');
  pg::Session holder({.conninfo = backend.conninfo(), .application = "test"}, 10'000);
  ASSERT_TRUE(holder.open().ok());
  ASSERT_TRUE(holder.begin().ok());
  ASSERT_TRUE(
      holder.write("select did from devices where did = $1 for update", pg::Params().bigint(static_cast<int64_t>(b1)))
          .ok());
  const auto codes = [&] {
    const auto done = std::get<worker::InsertDone>(
        backend.writer().run(worker::InsertBatch{{message(alice, bob, b1, 1), message(alice, bob, b2, 2)}}));
    return std::vector<Code>{done.outcomes[0].code, done.outcomes[1].code};
  };
  EXPECT_THAT(codes(), testing::ElementsAre(Code::kBusy, Code::kOk));
  holder.rollback();
  EXPECT_THAT(codes(), testing::ElementsAre(Code::kOk, Code::kOk));
}

TEST(PgStore, SaysBusyWhileTheDatabaseIsAwayAndGoesOnWhenItIsBack) {
  PgBackend backend;
  const uint64_t alice = backend.add_user("alice"), bob = backend.add_user("bob");
  const uint64_t did = backend.add_device(bob, 'b');
  const auto put = [&](uint64_t seq) {
    return std::get<worker::InsertDone>(backend.writer().run(worker::InsertBatch{{message(alice, bob, did, seq)}}))
        .outcomes[0]
        .code;
  };
  EXPECT_EQ(put(1), Code::kOk);
  server().kill_hard();
  EXPECT_EQ(put(2), Code::kBusy);
  EXPECT_EQ(std::get<worker::Drained>(backend.reader().run(worker::Drain{.did = did, .held = {}, .limit = 10})).code,
            Code::kBusy);
  server().start();
  EXPECT_EQ(put(2), Code::kOk);
  const auto rows =
      std::get<worker::Drained>(backend.reader().run(worker::Drain{.did = did, .held = {}, .limit = 10})).rows;
  ASSERT_EQ(rows.size(), 2u) << "what was committed before the crash is there";
  EXPECT_EQ(rows[0].ref, 1u);
}

TEST(PgStore, ReapsBodiesThatNobodyWaitsForButOnlyAfterAMinute) {
  PgBackend backend;
  const uint64_t alice = backend.add_user("alice"), bob = backend.add_user("bob");
  const uint64_t did = backend.add_device(bob, 'b');
  backend.writer().run(worker::InsertBatch{{message(alice, bob, did, 1), message(alice, bob, did, 2)}});
  const auto drained =
      std::get<worker::Drained>(backend.reader().run(worker::Drain{.did = did, .held = {}, .limit = 10}));
  worker::RemoveBatch batch{{{did, drained.rows.at(0).mid}}, {}, {}};
  batch.store = drained.store;
  backend.writer().run(batch);
  backend.sweeper().run(worker::Reap{});
  EXPECT_EQ(backend.number("select count(*) from bodies"), 2u);
  EXPECT_EQ(backend.number("select count(*) from queue_load where messages = 1"), 1u);
  backend.number(
      "with u as (update bodies set stored_at = now() - interval '2 minutes' returning 1) select count(*) from u");
  backend.new_sweep();
  backend.sweeper().run(worker::Reap{});
  EXPECT_EQ(backend.number("select count(*) from bodies"), 1u);
  EXPECT_EQ(backend.number("select seq from bodies"), 2u);
}

// PostgreSQL reads all rows of small and new tables, and keeps to that plan when the tables have grown.
TEST(PgStore, ReadsNoTableOfTheRoadFromEndToEnd) {
  PgBackend backend;
  const uint64_t alice = backend.add_user("alice"), bob = backend.add_user("bob");
  const uint64_t did = backend.add_device(bob, 'b');
  backend.execute("vacuum analyze bodies");
  backend.execute("vacuum analyze queue");
  const auto read_through = [&] {
    return backend.number(
        "select sum(seq_scan) from pg_stat_user_tables where relname in "
        "('bodies', 'queue', 'queue_load', 'receipts', 'devices', 'users')");
  };
  const auto sessions = [&] {
    return backend.number("select count(*) from pg_stat_activity where application_name like 'fastchat-worker%'");
  };
  ASSERT_EQ(sessions(), 0u);
  const uint64_t before = read_through();
  {
    worker::PgStore store({.conninfo = backend.conninfo(), .quota = {}});
    for (uint64_t seq = 1; seq <= 8; ++seq) {
      const auto done = std::get<worker::InsertDone>(store.run(worker::InsertBatch{{message(alice, bob, did, seq)}}));
      ASSERT_EQ(done.outcomes.at(0).code, Code::kOk);
    }
    const auto drained = std::get<worker::Drained>(store.run(worker::Drain{.did = did, .held = {}, .limit = 10}));
    ASSERT_EQ(drained.rows.size(), 8u);
    for (const auto& row : drained.rows) {
      worker::RemoveBatch batch{{{did, row.mid}}, {}, {}};
      batch.store = drained.store;
      store.run(batch);
    }
  }
  while (sessions() != 0) std::this_thread::yield();
  EXPECT_EQ(backend.number("select count(*) from pg_stat_user_tables where relname = 'queue' and idx_scan > 0"), 1u);
  EXPECT_EQ(read_through(), before);
}

TEST(PgStore, ADeviceThatStaysAwayKeepsItsNewestReceipts) {
  PgBackend backend;
  const uint64_t alice = backend.add_user("alice"), bob = backend.add_user("bob");
  const std::string away = std::to_string(backend.add_device(alice, 'a'));
  const std::string other = std::to_string(backend.add_device(bob, 'b'));
  backend.execute("insert into receipts (did, ref) select " + away + ", g from generate_series(1, 50003) g");
  backend.execute("insert into receipts (did, ref) select " + other + ", g from generate_series(1, 3) g");
  backend.sweeper().run(worker::Reap{});
  EXPECT_EQ(backend.number("select count(*) from receipts where did = " + away), 50'000u);
  EXPECT_EQ(backend.number("select min(ref) from receipts where did = " + away), 4u);
  EXPECT_EQ(backend.number("select count(*) from receipts where did = " + other), 3u);
}

// pg_restore --clean under an open connection: the tables are others, the connection is the same.
TEST(PgStore, AProbeNoticesATableThatWasReplacedUnderIt) {
  PgBackend backend;
  const auto before = std::get<worker::Probed>(backend.writer().run(worker::Probe{}));
  ASSERT_EQ(before.code, Code::kOk) << before.why;
  backend.execute("alter table queue rename to old; create table queue (like old including all)");
  const auto after = std::get<worker::Probed>(backend.writer().run(worker::Probe{}));
  EXPECT_EQ(after.code, Code::kOk) << after.why;
  EXPECT_EQ(after.store, before.store + 1);
  EXPECT_EQ(std::get<worker::Probed>(backend.reader().run(worker::Probe{})).store, after.store) << "once for all";
}

TEST(PgStore, AProbeSaysWhyNothingCanBeWritten) {
  PgBackend backend;
  backend.execute("create role plain login");
  backend.execute("grant all on all tables in schema public to plain; revoke insert on queue from plain");
  worker::PgStoreOptions options;
  options.conninfo = backend.conninfo() + " user=plain";
  worker::PgStore plain(options);
  const auto revoked = std::get<worker::Probed>(plain.run(worker::Probe{}));
  EXPECT_EQ(revoked.code, Code::kBusy);
  EXPECT_THAT(revoked.why, testing::HasSubstr("insert queue"));
  backend.execute("alter role plain set default_transaction_read_only = on");
  options.conninfo += " target_session_attrs=any";
  worker::PgStore read_only(options);
  const auto refused = std::get<worker::Probed>(read_only.run(worker::Probe{}));
  EXPECT_EQ(refused.code, Code::kBusy);
  EXPECT_THAT(refused.why, testing::HasSubstr("25006"));
}

TEST(PgStore, RefusesAServerThatLosesMessagesAtEachConnect) {
  PgBackend backend;
  backend.execute("alter database " + backend.name() + " set synchronous_commit = off");
  worker::PgStoreOptions options;
  options.conninfo = backend.conninfo();
  worker::PgStore store(options);
  const auto refused = std::get<worker::Probed>(store.run(worker::Probe{}));
  EXPECT_EQ(refused.code, Code::kBusy);
  EXPECT_THAT(refused.why, testing::HasSubstr("synchronous_commit"));
}

// The commit of a message waits (for a standby, say) for longer than a body without rows is kept.
TEST(PgStore, ASweepNeverTakesTheBodyOfACommitThatWaits) {
  PgBackend backend;
  const uint64_t alice = backend.add_user("alice"), bob = backend.add_user("bob");
  const uint64_t did = backend.add_device(bob, 'b');
  const auto drained = [&] {
    return std::get<worker::Drained>(backend.reader().run(worker::Drain{.did = did, .held = {}, .limit = 10})).rows;
  };
  backend.writer().run(worker::InsertBatch{{message(alice, bob, did, 1)}});
  backend.execute("delete from queue");
  // Another worker takes the same message, began two minutes ago, and has not committed.
  pg::Session other({.conninfo = backend.conninfo(), .application = "test"}, 10'000);
  ASSERT_TRUE(other.open().ok());
  ASSERT_TRUE(other.begin().ok());
  ASSERT_TRUE(other.write("update bodies set stored_at = now() - interval '2 minutes'", pg::Params()).ok());
  ASSERT_TRUE(other
                  .write("insert into queue (did, mid) select $1, mid from bodies",
                         pg::Params().bigint(static_cast<int64_t>(did)))
                  .ok());
  std::atomic<bool> over = false;
  std::thread sweep([&] {
    backend.sweeper().run(worker::Reap{});
    over = true;
  });
  // The sweep has ended, or it waits for the row.
  const std::string asleep = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'";
  while (backend.number(asleep) == 0 && !over) {
  }
  ASSERT_TRUE(other.commit().ok());
  sweep.join();
  EXPECT_EQ(drained().size(), 1u);
  EXPECT_EQ(backend.number("select count(*) from bodies"), 1u);
}

TEST(PgStore, ABodyCannotGoBeforeItsRowsNorARowComeWithoutItsBody) {
  PgBackend backend;
  const uint64_t alice = backend.add_user("alice"), bob = backend.add_user("bob");
  const uint64_t did = backend.add_device(bob, 'b');
  backend.writer().run(worker::InsertBatch{{message(alice, bob, did, 1)}});
  pg::Session session({.conninfo = backend.conninfo(), .application = "test"}, 10'000);
  ASSERT_TRUE(session.open().ok());
  const auto refused = session.write("delete from bodies", pg::Params());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().sqlstate, "23503");
  EXPECT_FALSE(session.write("insert into queue (did, mid) values (1, 999999)", pg::Params()).ok());
}

TEST(PgStore, RefusesTheDatabaseOfAnotherRealm) {
  const std::string name = fresh_database();
  server().sql(name, "insert into realm (id) values (decode(repeat('01', 16), 'hex'))");
  const auto r = worker::prepare_database(server().conninfo(name), Bytes(16, 'r'));
  EXPECT_EQ(r.code(), Code::kWrongRealm);
}

}  // namespace
}  // namespace fastchat::test
