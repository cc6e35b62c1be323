// The number of rows that the statements of both stores read: as many as they handle, however many others there are,
// and whatever statistics of the tables PostgreSQL had when it made its plans.
#include <gtest/gtest.h>

#include <pqxx/pqxx>
#include <thread>

#include "broker/store/pg_store.h"
#include "common/pg/database.h"
#include "common/pg/end_device.h"
#include "common/pg/session.h"
#include "tests/support/pg_fixture.h"
#include "worker/store/pg_store.h"

namespace fastchat::test {
namespace {

// The queues of bob's devices: long enough that the test notices a scan of one of them.
constexpr uint64_t kQueued = 8'000, kDevices = 3;
constexpr uint64_t kOwn = 20;  // of carol, whose devices are removed
// For a handled row: index entries and rows of the queue, its body and the tables beside it, with the checks of foreign
// keys and the triggers.
constexpr uint64_t kReadsOfARow = 60;

enum class Known { kNothing, kEmpty, kOneDevice, kAll };
std::string name_of(const testing::TestParamInfo<Known>& info) {
  constexpr const char* kNames[] = {"NoStatistics", "ThoseOfEmptyTables", "ThoseOfOneDevice", "ThoseOfAll"};
  return kNames[static_cast<int>(info.param)];
}

PgFixture& server() {
  static PgFixture pg({"autovacuum = off"});
  return pg;
}

class PgReads : public testing::TestWithParam<Known> {
 protected:
  void SetUp() override {
    static int databases = 0;
    name_ = "reads" + std::to_string(++databases);
    server().create_database(name_);
    ASSERT_TRUE(worker::prepare_database(conninfo(), Bytes(16, 'r')).ok());
    if (GetParam() == Known::kEmpty) execute("vacuum analyze");
    execute(
        "insert into users (name, public_key, identity_blob, verifier, vault) "
        "select n, 'k', 'i', sha256(n::bytea), 'v' from unnest(array['alice', 'bob', 'carol']) n");
    execute(
        "insert into users (name, public_key, identity_blob, verifier, vault) "
        "select 'guest-' || i, 'k', 'i', sha256('x'), 'v' from generate_series(1, 500) i");
    execute("insert into devices (uid, device) select uid, decode(repeat('00', 16), 'hex') from users");
    execute("insert into devices (uid, device) select uid, decode(md5(name), 'hex') from users");
    execute(
        "insert into devices (uid, device) select uid, decode(md5(name || i), 'hex') from users, "
        "generate_series(2, 3) i where name in ('bob', 'carol')");
    alice_ = number("select uid from users where name = 'alice'");
    bob_ = number("select uid from users where name = 'bob'");
    carol_ = number("select uid from users where name = 'carol'");
    bobs_ = number("select did from devices where device = decode(md5('bob'), 'hex')");
    execute("insert into bodies (from_uid, from_did, ref, to_uid, stream, seq, envelope) select " + text(alice_) +
            ", 1, i, " + text(bob_) + ", decode(repeat('73', 16), 'hex'), i, 'x' from generate_series(1, " +
            text(kQueued) + ") i");
    execute("insert into queue (did, mid) select " + text(bobs_) + ", mid from bodies");
    if (GetParam() == Known::kOneDevice) execute("vacuum analyze");
    execute("insert into queue (did, mid) select did, mid from devices, bodies where uid = " + text(bob_) +
            " and did <> " + text(bobs_) + " and device <> decode(repeat('00', 16), 'hex')");
    execute("insert into bodies (from_uid, from_did, ref, to_uid, stream, seq, envelope) select " + text(alice_) +
            ", 1, i, " + text(carol_) + ", decode(repeat('74', 16), 'hex'), i, 'x' from generate_series(1, " +
            text(kOwn) + ") i");
    execute("insert into queue (did, mid) select did, mid from devices d, bodies where uid = " + text(carol_) +
            " and to_uid = uid and device <> decode(repeat('00', 16), 'hex')");
    if (GetParam() == Known::kAll) execute("vacuum analyze");
    // Uses the plans of a session that has run each statement a few times.
    if (GetParam() == Known::kOneDevice || GetParam() == Known::kAll) {
      execute("alter database " + name_ + " set plan_cache_mode = force_generic_plan");
    }
  }

  static std::string text(uint64_t n) { return std::to_string(n); }
  std::string conninfo() const { return server().conninfo(name_); }
  void execute(const std::string& script) { server().sql(name_, script); }
  uint64_t number(const std::string& query) {
    pqxx::connection connection(conninfo());
    pqxx::nontransaction tx(connection);
    return tx.exec(query)[0][0].as<uint64_t>();
  }

  // PostgreSQL counts a session's reads when the session ends, which may be after its client has gone.
  void until_no_session_is_left() {
    while (number("select count(*) from pg_stat_activity where datname = current_database() and "
                  "backend_type = 'client backend' and pid <> pg_backend_pid()") != 0) {
      std::this_thread::yield();
    }
  }
  // Counts the rows that a program reads.
  template <class F>
  uint64_t reads(F&& program) {
    const char* kRead =
        "select (select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_user_tables) + "
        "(select sum(idx_tup_read) from pg_stat_user_indexes)";
    until_no_session_is_left();
    const uint64_t before = number(kRead);
    program();
    until_no_session_is_left();
    return number(kRead) - before;
  }
  template <class Reply, class Request>
  Reply ask(Request request) {
    worker::PgStore store({.conninfo = conninfo(), .quota = {}});
    return std::get<Reply>(store.run(std::move(request)));
  }
  worker::QueueInsert message(uint64_t seq) const {
    worker::QueueInsert m{};
    m.from_uid = alice_;
    m.from_did = 1;
    m.ref = seq;
    m.to_uid = bob_;
    m.stream = Bytes(16, 'n');
    m.seq = seq;
    m.envelope = "x";
    m.dids = {bobs_};
    m.owners = {bob_};
    return m;
  }

  std::string name_;
  uint64_t alice_ = 0, bob_ = 0, carol_ = 0, bobs_ = 0;
};

TEST_P(PgReads, AMessageIsStoredReadAndRemovedByItsKeys) {
  constexpr uint64_t kRows = 100;
  EXPECT_LE(reads([&] {
              worker::InsertBatch batch;
              for (uint64_t seq = 1; seq <= kRows; ++seq) batch.rows.push_back(message(seq));
              for (const auto& outcome : ask<worker::InsertDone>(std::move(batch)).outcomes)
                EXPECT_EQ(outcome.code, Code::kOk);
            }),
            kRows * kReadsOfARow);
  worker::Drained drained;
  EXPECT_LE(reads([&] { drained = ask<worker::Drained>(worker::Drain{.did = bobs_, .held = {}, .limit = kRows}); }),
            kRows * kReadsOfARow);
  ASSERT_EQ(drained.rows.size(), kRows);
  EXPECT_LE(reads([&] {
              const uint64_t empty = number("select min(did) from devices");
              EXPECT_TRUE(ask<worker::Drained>(worker::Drain{.did = empty, .held = {}, .limit = kRows}).rows.empty());
            }),
            kRows * kReadsOfARow);
  worker::RemoveBatch batch;
  for (const auto& row : drained.rows) batch.rows.push_back({bobs_, row.mid});
  batch.store = drained.store;
  EXPECT_LE(reads([&] { EXPECT_EQ(ask<worker::RemoveDone>(batch).code, Code::kOk); }), kRows * kDevices * kReadsOfARow);
  EXPECT_EQ(number("select count(*) from queue where reached"), kRows * (kDevices - 1));
  EXPECT_LE(reads([&] {
              worker::QueryOpen query{
                  .session = 1, .request = 2, .from_uid = alice_, .from_did = 1, .items = {}, .pending_refs = {}};
              for (uint64_t seq = 1; seq <= kRows; ++seq) query.items.push_back({seq, Bytes(16, 's'), seq});
              EXPECT_EQ(ask<worker::Queried>(std::move(query)).code, Code::kOk);
            }),
            kRows * kDevices * kReadsOfARow);
}

// Each session makes a sweep every few seconds.
TEST_P(PgReads, ASweepLooksItsDevicesUpByTheirKeys) {
  constexpr uint64_t kSessions = 50;
  worker::Sweep sweep;
  sweep.dids.push_back(bobs_);
  const uint64_t guest = number("select min(did) from devices join users using (uid) where users.name like 'guest-%'");
  for (uint64_t i = 0; i < kSessions; ++i) sweep.dids.push_back(guest + i);
  sweep.epochs.assign(sweep.dids.size(), 1);
  EXPECT_LE(reads([&] {
              const auto swept = ask<worker::Swept>(sweep);
              EXPECT_EQ(swept.dids, std::vector<uint64_t>{bobs_});
            }),
            kSessions * kReadsOfARow);
}

TEST_P(PgReads, ANewDeviceIsGivenASliceByItsKeys) {
  broker::LogInDevice enter;
  enter.uid = static_cast<int64_t>(bob_);
  enter.device = Bytes(16, 'n');
  enter.device_name = "new";
  enter.verifier = Bytes(32, 'v');
  enter.secret_hash = Bytes(32, 'h');
  enter.new_an_hour = enter.max_devices = 100;
  execute("update users set verifier = decode(repeat('76', 32), 'hex') where uid = " + text(bob_));
  const auto store = [&] {
    return std::make_unique<broker::PgStore>(pg::DatabaseOptions{conninfo(), "fastchat-broker"});
  };
  int64_t did = 0;
  EXPECT_LE(reads([&] {
              EXPECT_TRUE(store()->login_row("bob", enter.device).ok());
              const auto entered = store()->log_in_device(enter);
              ASSERT_TRUE(entered.ok()) << entered.error().text;
              did = entered->did;
            }),
            100 * kReadsOfARow);
  for (int slice = 1; slice <= 3; ++slice) {
    EXPECT_LE(reads([&] {
                const auto adopted = store()->adopt_queue(enter.uid, did);
                ASSERT_TRUE(adopted.ok());
                EXPECT_TRUE(adopted->more);
              }),
              broker::Store::kAdoptRows * kReadsOfARow);
    EXPECT_EQ(number("select count(*) from queue where did = " + std::to_string(did)),
              static_cast<uint64_t>(slice * broker::Store::kAdoptRows));
  }
}

TEST_P(PgReads, ADeviceIsRemovedByItsKeys) {
  for (const char* name : {"carol", "carol2", "carol3"}) {
    const std::string device =
        "select device from devices where device = decode(md5('" + std::string(name) + "'), 'hex')";
    EXPECT_LE(reads([&] {
                pg::Session session(pg::DatabaseOptions{conninfo(), "fastchat-test"}, 10'000);
                ASSERT_TRUE(session.open());
                const auto row = session.read(device, {});
                ASSERT_TRUE(row);
                int64_t did = 0;
                ASSERT_TRUE(session.write("begin", {}));
                const auto ended = pg::end_device(session, static_cast<int64_t>(carol_), Bytes(row->bytes(0, 0)), &did);
                ASSERT_TRUE(ended.ok());
                EXPECT_EQ(*ended, Code::kOk);
                ASSERT_TRUE(session.write("commit", {}));
              }),
              10 * kOwn * kReadsOfARow);
  }
  EXPECT_EQ(number("select count(*) from queue join devices using (did) where uid = " + text(carol_)), kOwn);
}

INSTANTIATE_TEST_SUITE_P(Statistics, PgReads,
                         testing::Values(Known::kNothing, Known::kEmpty, Known::kOneDevice, Known::kAll), name_of);

}  // namespace
}  // namespace fastchat::test
