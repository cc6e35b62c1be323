// The store contract on both stores, and the cases that only PostgreSQL has: a lost connection, commits by several
// programs.
#include <pqxx/pqxx>
#include <thread>

#include "broker/store/pg_store.h"
#include "common/hash.h"
#include "common/pg/end_device.h"
#include "common/pg/migrate.h"
#include "tests/support/broker_devices_contract.h"
#include "tests/support/broker_store_contract.h"
#include "tests/support/memory_broker_store.h"
#include "tests/support/pg_fixture.h"

namespace fastchat::test {
namespace {

using broker::PgStore;

class MemoryUnderTest : public StoreUnderTest {
 public:
  broker::Store& store() override { return store_; }
  std::unique_ptr<broker::Store> another() override { return std::make_unique<MemoryBrokerStore>(db_); }
  int64_t queue_message(const std::vector<int64_t>& dids) override {
    const int64_t mid = ++db_.last_mid;
    db_.bodies[mid].mid = mid;
    for (const int64_t did : dids) db_.queue[{did, mid}] = false;
    return mid;
  }
  std::vector<int64_t> queued_for(int64_t did) override { return db_.queued_for(did); }
  int64_t mailbox_of(const std::string& user) override { return db_.mailbox_of(db_.uid_by_name.at(user)); }
  std::vector<int64_t> devices_of(const std::string& user) override { return db_.devices_of(db_.uid_by_name.at(user)); }
  std::vector<Bytes> rekeys_of(const std::string& user) override {
    const auto& u = db_.users.at(db_.uid_by_name.at(user));
    std::vector<Bytes> out{u.first_public_key, u.public_key};
    out.insert(out.end(), u.rekeys.begin(), u.rekeys.end());
    return out;
  }
  void expire_invite(const Bytes& token_hash) override { db_.now_ms = db_.invites.at(token_hash).expires_ms; }
  void remove_device(int64_t did) override { db_.end_device(did); }
  void give_name(int64_t did, const std::string& name) override {
    db_.devices.at(did).name = name;
    db_.devices.at(did).named = true;
  }
  void make_group(const std::string& name, const std::vector<int64_t>& members) override {
    auto& group = db_.groups[name];
    group.gid = ++db_.last_gid;
    group.name = name;
    group.admin = members.at(0);
    group.epoch = 1;
    for (const int64_t uid : members) group.members[uid].push_back({1, 0});
  }
  std::vector<std::string> groups_of(int64_t uid) override {
    std::vector<std::string> out;
    for (const auto& [id, group] : db_.groups) {
      if (group.has(uid)) out.push_back(group.name);
    }
    return out;
  }
  bool has_group(const std::string& name) override { return db_.groups.at(name).name == name; }
  Bytes content_of(const std::string& user) override {
    const auto& u = db_.users.at(db_.uid_by_name.at(user));
    Bytes out = u.public_key + u.first_public_key + u.identity_blob + u.vault;
    for (const Bytes& rekey : u.rekeys) out += rekey;
    for (const auto& [pair, standing] : db_.contacts) out += pair.first == u.uid || pair.second == u.uid ? "c" : "";
    for (const auto& [uid, group] : db_.contact_groups) out += uid == u.uid ? "g" : "";
    for (const auto& [message, request] : db_.requests) {
      out += request.uid == u.uid || std::get<0>(message) == u.uid ? "r" : "";
    }
    for (const auto& [key, card] : db_.cards) out += key.first == u.uid ? "k" : "";
    return out;
  }
  void add_contacts(int64_t uid, int64_t other) override {
    db_.contacts[{uid, other}] = db_.contacts[{other, uid}] = 1;
    db_.contact_groups.emplace(uid, Bytes(32, 'g'));
    db_.requests[{other, Bytes(16, 's'), 1}] = {uid, {}};
    db_.cards[{uid, Bytes(32, 'h')}].expires_ms = INT64_MAX;
    const int64_t mid = ++db_.last_mid;
    const MemoryDb::Identity asked{uid, Bytes(16, 't'), 1};
    db_.bodies[mid] = {mid, uid, 1, 1, other, Bytes(16, 't'), 1, "e"};
    db_.mid_by_identity[asked] = mid;
    db_.requests[asked] = {other, "e"};
    db_.queue[{db_.mailbox_of(other), mid}] = false;
  }
  void add_part(int64_t uid, const Bytes& part) override { db_.vault_parts[{uid, sha256(part)}].part = part; }
  void age_devices(int64_t ms) override { db_.now_ms += ms; }

 private:
  MemoryDb db_;
  MemoryBrokerStore store_{db_};
};

// One server for the program, one database a test.
PgFixture& server() {
  static PgFixture fixture;
  return fixture;
}

class PgUnderTest : public StoreUnderTest {
 public:
  PgUnderTest() {
    static int count = 0;
    name_ = "contract" + std::to_string(++count);
    server().create_database(name_);
    pg::Database db({server().conninfo(name_), "test"});
    if (!db.open() || !pg::migrate(db)) std::abort();
    store_ = std::make_unique<PgStore>(pg::DatabaseOptions{server().conninfo(name_), "test"});
    connection_ = std::make_unique<pqxx::connection>(server().conninfo(name_));
  }
  broker::Store& store() override { return *store_; }
  std::unique_ptr<broker::Store> another() override {
    return std::make_unique<PgStore>(pg::DatabaseOptions{server().conninfo(name_), "test"});
  }
  int64_t queue_message(const std::vector<int64_t>& dids) override {
    const int64_t mid = number(
        "insert into bodies (from_uid, from_did, ref, to_uid, stream, seq, envelope) select 1, 1, 1, 1, 's', "
        "coalesce(max(seq), 0) + 1, 'e' from bodies returning mid");
    for (const int64_t did : dids) {
      number("insert into queue (did, mid) values (" + std::to_string(did) + "," + std::to_string(mid) +
             ") returning mid");
    }
    return mid;
  }
  std::vector<int64_t> queued_for(int64_t did) override {
    return numbers("select mid from queue where did = " + std::to_string(did) + " order by mid");
  }
  int64_t mailbox_of(const std::string& user) override {
    return number("select did from devices join users using (uid) where users.name = '" + user +
                  "' and device = decode(repeat('00', 16), 'hex')");
  }
  std::vector<int64_t> devices_of(const std::string& user) override {
    return numbers("select did from devices join users using (uid) where users.name = '" + user +
                   "' and device <> decode(repeat('00', 16), 'hex') order by did");
  }
  std::vector<Bytes> rekeys_of(const std::string& user) override {
    pqxx::work tx(*connection_);
    std::vector<Bytes> out;
    const std::string text = "convert_from(", as = ", 'UTF8')", from = " from users where name = '" + user + "'";
    const std::string query = "select " + text + "first_public_key" + as + from + " union all select " + text +
                              "public_key" + as + from + " union all (select " + text + "rekey" + as +
                              " from rekeys join users using (uid) where name = '" + user + "' order by number)";
    for (const auto& row : tx.exec(query)) out.push_back(row[0].as<std::string>());
    return out;
  }
  void expire_invite(const Bytes&) override {
    number("update invites set expires = now() - interval '1 second' where expires is not null returning 1");
  }
  void give_name(int64_t did, const std::string& name) override {
    number("update devices set name = '" + name + "', named = true where did = " + std::to_string(did) +
           " returning did");
  }
  void remove_device(int64_t did) override {
    const std::string where = " from devices where did = " + std::to_string(did);
    const int64_t uid = number("select uid" + where);
    pg::Session session({server().conninfo(name_), "test"}, 10'000);
    ASSERT_TRUE(session.open().ok());
    ASSERT_TRUE(session.begin().ok());
    auto id = session.read("select device from devices where did = $1", pg::Params().bigint(did));
    ASSERT_TRUE(id.ok());
    int64_t gone = 0;
    auto ended = pg::end_device(session, uid, id->bytes(0, 0), &gone);
    ASSERT_TRUE(ended.ok()) << ended.failure().text;
    ASSERT_EQ(did, gone);
    ASSERT_TRUE(session.commit().ok());
  }
  void make_group(const std::string& name, const std::vector<int64_t>& members) override {
    const auto gid =
        std::to_string(number("insert into groups (group_id, name, admin, epoch) values (sha256('" + name + "'), '" +
                              name + "', " + std::to_string(members.at(0)) + ", 1) returning gid"));
    for (const int64_t uid : members) {
      number("insert into group_members (gid, uid, since_epoch) values (" + gid + ", " + std::to_string(uid) +
             ", 1) returning gid");
    }
  }
  std::vector<std::string> groups_of(int64_t uid) override {
    pqxx::work tx(*connection_);
    std::vector<std::string> out;
    for (const auto& row : tx.exec("select name from groups join group_members using (gid) where left_epoch is null "
                                   "and uid = " +
                                   std::to_string(uid) + " order by name")) {
      out.push_back(row[0].as<std::string>());
    }
    return out;
  }
  bool has_group(const std::string& name) override {
    return number("select count(*) from groups where name = '" + name + "'") == 1;
  }
  Bytes content_of(const std::string& user) override {
    pqxx::work tx(*connection_);
    return tx.exec1(
                 "select encode(public_key || coalesce(first_public_key, '') || identity_blob || vault, 'hex') || "
                 "(select count(*) from rekeys r where r.uid = u.uid) + "
                 "(select count(*) from contacts c where c.uid = u.uid or c.other = u.uid) + "
                 "(select count(*) from contact_groups c where c.uid = u.uid) + "
                 "(select count(*) from requests c where c.uid = u.uid or c.from_uid = u.uid) + "
                 "(select count(*) from cards c where c.uid = u.uid) from users u where name = '" +
                 user + "'")[0]
                       .as<std::string>() == "0"
               ? Bytes()
               : Bytes("something");
  }
  void add_contacts(int64_t uid, int64_t other) override {
    pqxx::work tx(*connection_);
    const std::string a = std::to_string(uid), b = std::to_string(other);
    tx.exec("insert into contacts values (" + a + ", " + b + ", 1), (" + b + ", " + a + ", 1)");
    tx.exec("insert into contact_groups values (" + a + ", decode(repeat('67', 32), 'hex'))");
    tx.exec("insert into requests values (" + a + ", " + b + ", 's', 1, sha256('x'))");
    tx.exec("insert into cards (uid, token_hash, expires) values (" + a +
            ", decode(repeat('68', 32), 'hex'), 'infinity')");
    tx.exec("insert into requests values (" + b + ", " + a + ", 't', 1, sha256('e'))");
    tx.exec("with b as (insert into bodies (from_uid, from_did, ref, to_uid, stream, seq, envelope) values (" + a +
            ", 1, 1, " + b + ", 't', 1, 'e') returning mid) insert into queue (did, mid) select did, mid from b, " +
            "devices where uid = " + b + " and device = decode(repeat('00', 16), 'hex')");
    tx.commit();
  }
  void add_part(int64_t uid, const Bytes& part) override {
    number("insert into vault_parts (uid, hash, part) values (" + std::to_string(uid) + ", sha256('" + part + "'), '" +
           part + "') returning uid");
  }
  void age_devices(int64_t ms) override {
    const std::string set = " set created = created - interval '" + std::to_string(ms) + " milliseconds' returning 1";
    numbers("update devices" + set);
    numbers("update ended_devices" + set);
  }

  std::vector<int64_t> numbers(const std::string& sql) {
    pqxx::work tx(*connection_);
    std::vector<int64_t> out;
    for (const auto& row : tx.exec(sql)) out.push_back(row[0].as<int64_t>());
    tx.commit();
    return out;
  }
  int64_t number(const std::string& sql) { return numbers(sql).at(0); }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  std::unique_ptr<PgStore> store_;
  std::unique_ptr<pqxx::connection> connection_;
};

INSTANTIATE_TEST_SUITE_P(Memory, BrokerStoreContract,
                         testing::Values(StoreMaker([] { return std::make_unique<MemoryUnderTest>(); })));
INSTANTIATE_TEST_SUITE_P(PostgreSQL, BrokerStoreContract,
                         testing::Values(StoreMaker([] { return std::make_unique<PgUnderTest>(); })));
INSTANTIATE_TEST_SUITE_P(Memory, BrokerDevicesContract,
                         testing::Values(StoreMaker([] { return std::make_unique<MemoryUnderTest>(); })));
INSTANTIATE_TEST_SUITE_P(PostgreSQL, BrokerDevicesContract,
                         testing::Values(StoreMaker([] { return std::make_unique<PgUnderTest>(); })));

broker::NewUser alice() {
  return {"alice", "key", "blob", "vault", Bytes(32, 'a'), {}};
}

TEST(PgStore, GoesOnAfterItsConnectionWasEnded) {
  PgUnderTest db;
  ASSERT_TRUE(db.store().sign_up(alice()).ok());
  db.number("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'test'");
  const auto row = db.store().login_row("alice", Bytes(16, 'd'));
  ASSERT_TRUE(row.ok()) << row.error().text;
  EXPECT_GT(row->uid, 0);
}

TEST(PgStore, AnswersBusyWhileTheDatabaseIsAway) {
  PgStore store({"host=/nonexistent dbname=none", "test"});
  EXPECT_EQ(Code::kBusy, store.login_row("alice", Bytes(16, 'd')).code());
  EXPECT_EQ(Code::kBusy, store.log_in_device({1, Bytes(16, 'd'), ""}).code());
  EXPECT_EQ(Code::kBusy, store.sign_up(alice()).code());
}

TEST(PgStore, ManyProgramsEnterOneUsersDevicesAtOnce) {
  PgUnderTest db;
  ASSERT_TRUE(db.store().sign_up(alice()).ok());
  const int64_t uid = db.store().login_row("alice", Bytes(16, 'd'))->uid;
  std::vector<int64_t> mids;
  for (int i = 0; i < 50; ++i) mids.push_back(db.queue_message({db.mailbox_of("alice")}));
  std::vector<std::thread> threads;
  std::vector<int> failures(4, 0);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const auto store = db.another();
      for (int round = 0; round < 5; ++round) {
        const auto entered = store->log_in_device({uid, Bytes(16, static_cast<char>('a' + t)), "", Bytes(32, 'a')});
        if (!entered.ok() || !store->adopt_queue(uid, entered->did).ok()) ++failures[static_cast<size_t>(t)];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(std::vector<int>(4, 0), failures);
  EXPECT_TRUE(db.queued_for(db.mailbox_of("alice")).empty());
  const auto devices = db.devices_of("alice");
  ASSERT_EQ(4u, devices.size());
  for (const int64_t did : devices) EXPECT_EQ(mids, db.queued_for(did));
}

TEST(PgStore, OneTokenForOneAccountMakesOneAccount) {
  PgUnderTest db;
  const Bytes token(32, 't');
  ASSERT_TRUE(db.store().create_invite(token, 1, 0).ok());
  std::vector<std::thread> threads;
  std::vector<Code> codes(4, Code::kInternal);
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string name = "user" + std::to_string(t);
      codes[t] = db.another()->sign_up({name, "key", "blob", "vault", Bytes(32, 'a'), token}).code();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(1, std::count(codes.begin(), codes.end(), Code::kOk));
  EXPECT_EQ(3, std::count(codes.begin(), codes.end(), Code::kBadInvite));
}

}  // namespace
}  // namespace fastchat::test
