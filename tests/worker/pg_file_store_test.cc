// The file store on a real PostgreSQL, with the bytes in its rows and in a directory: order, quota, the users for whom
// a file is kept, and its removal.
#include "worker/store/pg_file_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/pg/database.h"
#include "common/pg/migrate.h"
#include "proto/client.pb.h"
#include "tests/common/temporary.h"
#include "tests/support/pg_fixture.h"
#include "worker/store/file_statements.h"
#include "worker/store/pg_store.h"

namespace fastchat::test {
namespace {

using worker::PutChunks;

PgFixture& server() {
  static PgFixture pg;
  return pg;
}

constexpr uint64_t kFull = 262'144 + 81;

enum class Bodies { kRows, kDirectory };

class PgFileStoreTest : public testing::TestWithParam<Bodies> {
 protected:
  PgFileStoreTest() {
    static int n = 0;
    name_ = "files" + std::to_string(++n);
    server().create_database(name_);
    EXPECT_TRUE(worker::prepare_database(server().conninfo(name_), Bytes(16, 'r')).ok());
    options_.conninfo = server().conninfo(name_);
    options_.limits.sender_bytes = 10 * kFull;
    options_.remember_us = 0;
    if (GetParam() == Bodies::kDirectory) {
      options_.directory = folder_ / "files";
      EXPECT_TRUE(worker::prepare_files(options_.conninfo, options_.directory).ok());
    }
    store_ = std::make_unique<worker::PgFileStore>(options_);
    alice_ = add_user("alice");
    bob_ = add_user("bob");
    a1_ = add_device(alice_, 'a');
    b1_ = add_device(bob_, 'b');
  }

  uint64_t add_user(const std::string& name) {
    sql("with u as (insert into users (name, public_key, identity_blob, verifier, vault) values ('" + name +
        "', 'k', 'i', decode(repeat('00', 32), 'hex'), 'v') returning uid) "
        "insert into devices (uid, device) select uid, decode(repeat('00', 16), 'hex') from u");
    return number("select uid from users where name = '" + name + "'");
  }
  uint64_t add_device(uint64_t uid, char tag) {
    sql("insert into devices (uid, device) values (" + std::to_string(uid) + ", decode('" + to_hex(Bytes(16, tag)) +
        "', 'hex'))");
    return number("select max(did) from devices");
  }
  void sql(const std::string& text) { server().sql(name_, text); }
  uint64_t number(const std::string& query) {
    pg::Database db({.conninfo = options_.conninfo, .application = "test"});
    EXPECT_TRUE(db.open().ok());
    auto value = db.transaction([&](pqxx::work& tx) { return tx.exec1(query)[0].as<uint64_t>(); });
    EXPECT_TRUE(value.ok());
    return value.ok() ? *value : 0;
  }
  uint64_t wants() { return number("select count(*) from file_wants"); }
  // Returns the number of files of which any byte is kept.
  uint64_t bodies() {
    if (options_.directory.empty()) return number("select count(distinct fid) from file_pieces");
    uint64_t out = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(options_.directory)) {
      out += entry.is_regular_file() && entry.path().filename().string().size() == 32;
    }
    return out;
  }
  std::string body(char id) const {
    const std::string name = to_hex(Bytes(16, id));
    return options_.directory + "/" + name.substr(0, 2) + "/" + name;
  }

  worker::FileOpened open(char id, uint64_t chunks, const std::string& to = "bob", uint64_t uid = 0) {
    worker::OpenFile r;
    r.uid = uid == 0 ? alice_ : uid;
    r.did = a1_;
    r.file_id = Bytes(16, id);
    r.chunks = chunks;
    r.size = chunks * kFull;
    r.to = to;
    const auto opened = std::get<worker::FileOpened>(store_->run(r));
    if (opened.fid != 0) ids_[id] = opened.fid;
    return opened;
  }
  Bytes id_of(uint64_t fid) {
    for (const auto& [id, known] : ids_) {
      if (known == fid) return Bytes(16, id);
    }
    return Bytes(16, 'x');
  }
  static HeldBytes chunk_of(char byte) { return HeldBytes(Bytes(kFull, byte)); }
  std::vector<Code> put(uint64_t fid, uint64_t place, uint64_t n, uint64_t chunks) {
    PutChunks batch;
    for (uint64_t i = place; i < place + n; ++i) {
      batch.items.push_back({{1, i}, id_of(fid), fid, i, i + 1 == chunks, chunk_of(static_cast<char>('0' + i))});
    }
    const auto done = std::get<worker::ChunksPut>(store_->run(std::move(batch)));
    std::vector<Code> codes;
    for (const auto& o : done.outcomes) codes.push_back(o.code);
    return codes;
  }
  struct Got {
    Code code;
    Bytes data;
  };
  // Reads a chunk as the client does, out of the answer's frame.
  Got get(char id, uint64_t place) {
    const auto read = std::get<worker::ChunkRead>(store_->run(worker::ReadChunk{{1, 30}, Bytes(16, id), place}));
    if (read.code != Code::kOk) return {read.code, {}};
    v1::ServerFrame frame;
    EXPECT_TRUE(frame.ParseFromString(read.frame) && frame.request() == 30 && frame.has_chunk());
    return {read.code, frame.chunk().data()};
  }
  void done(char id, uint64_t uid, uint64_t did) {
    EXPECT_EQ(std::get<worker::FileWasDone>(store_->run(worker::DoneFile{{}, uid, did, Bytes(16, id)})).code,
              Code::kOk);
  }
  void reap() {
    while (std::get<worker::FilesReaped>(store_->run(worker::ReapFiles{})).more) {
    }
  }
  // Stores one complete file of one chunk with these bytes.
  void whole_of(char id, const Bytes& data) {
    worker::OpenFile r;
    r.uid = alice_;
    r.did = a1_;
    r.file_id = Bytes(16, id);
    r.chunks = 1;
    r.size = data.size();
    r.to = "bob";
    const auto opened = std::get<worker::FileOpened>(store_->run(r));
    PutChunks batch;
    batch.items.push_back({{1, 1}, r.file_id, opened.fid, 0, true, HeldBytes(Bytes(data))});
    store_->run(std::move(batch));
  }
  // Stores a complete file of one chunk.
  void whole(char id, const std::string& to = "bob") { put(open(id, 1, to).fid, 0, 1, 1); }

  Temporary folder_;
  std::string name_;
  std::map<char, uint64_t> ids_;
  worker::PgFileStoreOptions options_;
  std::unique_ptr<worker::PgFileStore> store_;
  uint64_t alice_ = 0, bob_ = 0, a1_ = 0, b1_ = 0;
};

class PgFileStoreInRows : public PgFileStoreTest {};
class PgFileStoreInADirectory : public PgFileStoreTest {};

std::string name_of(const testing::TestParamInfo<Bodies>& info) {
  return info.param == Bodies::kRows ? "Rows" : "Directory";
}
INSTANTIATE_TEST_SUITE_P(All, PgFileStoreTest, testing::Values(Bodies::kRows, Bodies::kDirectory), name_of);
INSTANTIATE_TEST_SUITE_P(All, PgFileStoreInRows, testing::Values(Bodies::kRows), name_of);
INSTANTIATE_TEST_SUITE_P(All, PgFileStoreInADirectory, testing::Values(Bodies::kDirectory), name_of);

TEST_P(PgFileStoreTest, StoresInOrderAndGivesBackOnlyWhatIsComplete) {
  const auto opened = open('f', 3);
  ASSERT_EQ(opened.code, Code::kOk);
  EXPECT_THAT(put(opened.fid, 0, 2, 3), testing::Each(Code::kOk));
  EXPECT_EQ(get('f', 0).code, Code::kUnknownFile) << "not complete yet";
  EXPECT_EQ(open('f', 3).next, 2u);
  EXPECT_THAT(put(opened.fid, 2, 1, 3), testing::Each(Code::kOk));
  EXPECT_TRUE(get('f', 1).data == Bytes(kFull, '1'));
  EXPECT_EQ(get('f', 3).code, Code::kUnknownFile);
  EXPECT_EQ(open('f', 3).next, 3u);
}

Bytes bytes_that_differ(size_t size) {
  Bytes out(size, ' ');
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i * 2654435761u >> 13);
  return out;
}

TEST_P(PgFileStoreTest, GivesAChunkBackAsItWasWhateverItsSize) {
  char id = 'a';
  for (const size_t size :
       {size_t{1}, size_t{81}, size_t{8'099}, size_t{8'100}, size_t{8'101}, size_t{16'200}, kFull}) {
    const Bytes data = bytes_that_differ(size);
    whole_of(id, data);
    EXPECT_TRUE(get(id++, 0).data == data) << size;
  }
}

TEST_P(PgFileStoreInRows, NeitherReadsNorSortsMoreThanItNeeds) {
  whole('f');
  pg::Session session({.conninfo = options_.conninfo, .application = "test"}, 30'000);
  ASSERT_TRUE(session.open());
  ASSERT_TRUE(session.read(worker::sql::kPlanWell, pg::Params()));
  const auto plan = [&](const char* statement, const pg::Params& params) {
    std::string out;
    const auto rows = session.read(std::string("explain (costs off) ") + statement, params);
    for (int i = 0; rows && i < rows->size(); ++i) out += std::string(rows->bytes(i, 0)) + "\n";
    return out;
  };
  // Checks before the table has been analysed, and after.
  for (int round = 0; round < 2; ++round) {
    for (const std::string& text : {plan(worker::sql::kReadChunk, pg::Params().bigint(1).integer(0)),
                                    plan(worker::sql::kDropPieces, pg::Params().bigint(1).integer(0).integer(9))}) {
      EXPECT_THAT(text, testing::HasSubstr("Index Scan using file_pieces_pkey")) << round;
      EXPECT_THAT(text, testing::Not(testing::HasSubstr("Sort"))) << round;
    }
    sql("analyze");
  }
}

TEST_P(PgFileStoreInRows, FilesOfAnOlderSchemaAreKept) {
  const std::string old = name_ + "old";
  server().create_database(old);
  pg::Database db({.conninfo = server().conninfo(old), .application = "test"});
  ASSERT_TRUE(db.open());
  const auto& all = sql::migrations();
  const auto pieces =
      std::find_if(all.begin(), all.end(), [](const auto& m) { return m.name.ends_with("file_pieces"); });
  ASSERT_NE(pieces, all.end());
  ASSERT_TRUE(pg::migrate(db, {all.begin(), pieces}));
  const Bytes first = bytes_that_differ(kFull), last = bytes_that_differ(16'200);
  const auto filled = db.transaction([&](pqxx::work& tx) {
    tx.exec(
        "insert into files (file_id, from_uid, from_did, size, chunks, stored, expires) "
        "select decode(repeat('66', 16), 'hex'), 1, 1, 0, 2, 2, now() + interval '1 day'");
    for (const Bytes* data : {&first, &last}) {
      tx.exec("insert into file_chunks select fid, (select count(*) from file_chunks), decode('" + to_hex(*data) +
              "', 'hex') from files");
    }
  });
  ASSERT_TRUE(filled);
  ASSERT_TRUE(worker::prepare_database(server().conninfo(old), Bytes(16, 'r')).ok());
  options_.conninfo = server().conninfo(old);
  store_ = std::make_unique<worker::PgFileStore>(options_);
  EXPECT_TRUE(get('f', 0).data == first);
  EXPECT_TRUE(get('f', 1).data == last);
}

TEST_P(PgFileStoreTest, RefusesChunksThatAreNotTheNext) {
  const auto opened = open('f', 3);
  EXPECT_THAT(put(opened.fid, 1, 1, 3), testing::Each(Code::kConflict));
  put(opened.fid, 0, 2, 3);
  EXPECT_THAT(put(opened.fid, 0, 2, 3), testing::Each(Code::kConflict)) << "as after a commit in doubt";
  EXPECT_EQ(open('f', 3).next, 2u);
}

TEST_P(PgFileStoreTest, OneUploadThatDoesNotStandThereDoesNotHinderAnother) {
  const auto f = open('f', 2), g = open('g', 2);
  PutChunks batch;
  batch.items.push_back({{1, 1}, Bytes(16, 'f'), f.fid, 1, true, chunk_of('d')});
  batch.items.push_back({{1, 2}, Bytes(16, 'g'), g.fid, 0, false, chunk_of('d')});
  const auto done = std::get<worker::ChunksPut>(store_->run(std::move(batch)));
  EXPECT_EQ(done.outcomes[0].code, Code::kConflict);
  EXPECT_EQ(done.outcomes[1].code, Code::kOk);
  EXPECT_EQ(open('g', 2).next, 1u);
}

TEST_P(PgFileStoreTest, AnIdBelongsToOneUpload) {
  open('f', 3);
  EXPECT_EQ(open('f', 2).code, Code::kConflict);
  EXPECT_EQ(open('f', 3, "alice").code, Code::kConflict);
  EXPECT_EQ(open('f', 3, "bob", bob_).code, Code::kConflict);
  EXPECT_EQ(open('f', 3).code, Code::kOk);
  EXPECT_EQ(open('g', 1, "nobody").code, Code::kUnknownUser);
}

TEST_P(PgFileStoreTest, CountsUnfinishedUploadsAgainstTheSendersShare) {
  EXPECT_EQ(open('f', 6).code, Code::kOk);
  EXPECT_EQ(open('g', 5).code, Code::kStorageFull);
  EXPECT_EQ(open('h', 5, "alice", bob_).code, Code::kOk) << "another sender has a share of his own";
  done('f', alice_, a1_);  // given up
  EXPECT_EQ(open('g', 5).code, Code::kOk);
}

TEST_P(PgFileStoreTest, IsKeptForEveryDeviceThatIsToHaveIt) {
  const uint64_t a2 = add_device(alice_, 'c'), b2 = add_device(bob_, 'd');
  whole('f');
  EXPECT_EQ(wants(), 3u) << "two of the recipient, the sender's other one";
  done('f', bob_, b1_);
  done('f', alice_, a1_);
  done('f', alice_, a2);
  reap();
  EXPECT_EQ(get('f', 0).code, Code::kOk);
  done('f', bob_, b2);
  EXPECT_EQ(get('f', 0).code, Code::kUnknownFile);
  reap();
  EXPECT_EQ(bodies(), 0u);
  EXPECT_EQ(number("select count(*) from files"), 0u);
}

TEST_P(PgFileStoreTest, IsKeptForTheMailboxOfWhomHasNoDevice) {
  add_user("carol");
  whole('f', "carol");
  EXPECT_EQ(number("select did from file_wants"), number("select did from devices where uid = (select uid from users "
                                                         "where name = 'carol')"));
}

TEST_P(PgFileStoreTest, TheLastDeviceLeavesItsFilesToTheMailbox) {
  whole('f');
  worker::PgStore messages({.conninfo = options_.conninfo, .quota = {}});
  messages.run(worker::RemoveDevice{1, 2, bob_, Bytes(16, 'b')});
  reap();
  EXPECT_EQ(wants(), 1u);
  EXPECT_EQ(get('f', 0).code, Code::kOk);
}

TEST_P(PgFileStoreTest, ADeviceThatIsGoneKeepsNoFile) {
  add_device(bob_, 'd');
  whole('f');
  worker::PgStore messages({.conninfo = options_.conninfo, .quota = {}});
  messages.run(worker::RemoveDevice{1, 2, bob_, Bytes(16, 'b')});
  EXPECT_EQ(wants(), 1u);
}

TEST_P(PgFileStoreTest, WhatIsForOneselfIsKeptForTheOneDevice) {
  whole('f', "alice");
  reap();
  EXPECT_EQ(get('f', 0).code, Code::kOk);
}

TEST_P(PgFileStoreTest, OfAGroupIsKeptForThoseWhoWereInItsEpochAndStillAre) {
  const uint64_t carol = add_user("carol"), dave = add_user("dave"), erin = add_user("erin");
  const uint64_t c1 = add_device(carol, 'c');
  add_device(dave, 'd');
  add_device(erin, 'e');
  const auto id = [](uint64_t n) { return std::to_string(n); };
  sql("insert into groups (group_id, name, admin, epoch) values (decode(repeat('67', 32), 'hex'), 'team', " +
      id(alice_) + ", 3)");
  // alice and bob are members all the time, carol since epoch 2, dave since 3; erin left before 3.
  sql("insert into group_members (gid, uid, since_epoch, left_epoch) select gid, v.* from groups cross join (values (" +
      id(alice_) + ", 1, null::int), (" + id(bob_) + ", 1, null), (" + id(carol) + ", 2, null), (" + id(dave) +
      ", 3, null), (" + id(erin) + ", 1, 3)) as v");
  worker::OpenFile r;
  r.uid = alice_;
  r.did = a1_;
  r.file_id = Bytes(16, 'f');
  r.chunks = 1;
  r.size = kFull;
  r.group = Bytes(32, 'g');
  r.epoch = 2;
  const auto opened = std::get<worker::FileOpened>(store_->run(r));
  ASSERT_EQ(opened.code, Code::kOk);
  EXPECT_EQ(std::get<worker::FileOpened>(store_->run(r)).fid, opened.fid) << "the same upload";
  EXPECT_THAT(put(opened.fid, 0, 1, 1), testing::Each(Code::kOk));
  EXPECT_EQ(wants(), 2u);
  EXPECT_EQ(number("select count(*) from file_wants where did in (" + id(b1_) + ", " + id(c1) + ")"), 2u);
  r.file_id = Bytes(16, 'h');
  r.uid = dave;
  EXPECT_EQ(std::get<worker::FileOpened>(store_->run(r)).code, Code::kNotAllowed) << "not in that epoch";
  r.uid = erin;
  EXPECT_EQ(std::get<worker::FileOpened>(store_->run(r)).code, Code::kNotAllowed) << "not any more";
  r.uid = add_user("frank");
  EXPECT_EQ(std::get<worker::FileOpened>(store_->run(r)).code, Code::kUnknownGroup);
}

TEST_P(PgFileStoreTest, ExpiresAndIsSweptAway) {
  whole('f');
  sql("update files set expires = now() - interval '1 second'");
  EXPECT_EQ(get('f', 0).code, Code::kUnknownFile);
  EXPECT_EQ(open('f', 1).code, Code::kUnknownFile);
  reap();
  EXPECT_EQ(number("select count(*) from files"), 0u);
  EXPECT_EQ(wants(), 0u);
}

TEST_P(PgFileStoreInRows, ALargeFileIsSweptInPartsAndItsNeighboursStay) {
  constexpr uint64_t kChunks = 300;
  whole('a');
  const auto large = open('f', 3);
  put(large.fid, 0, 3, 3);
  whole('z');
  sql("update files set chunks = " + std::to_string(kChunks) + ", stored = " + std::to_string(kChunks) +
      " where fid = " + std::to_string(large.fid));
  sql("update file_pieces set place = place * 149 where fid = " + std::to_string(large.fid));  // 0, 149, 298
  sql("update files set expires = now() where fid = " + std::to_string(large.fid));
  const std::string pieces = "select count(distinct place) from file_pieces where fid = " + std::to_string(large.fid);
  for (const uint64_t left : {2u, 1u, 0u}) {
    EXPECT_TRUE(std::get<worker::FilesReaped>(store_->run(worker::ReapFiles{})).more);
    EXPECT_EQ(number(pieces), left);
  }
  EXPECT_FALSE(std::get<worker::FilesReaped>(store_->run(worker::ReapFiles{})).more);
  EXPECT_EQ(number("select count(*) from files"), 2u);
  EXPECT_EQ(get('a', 0).code, Code::kOk);
  EXPECT_EQ(get('z', 0).code, Code::kOk);
}

TEST_P(PgFileStoreTest, AnUploadThatStoppedGoesAfterADay) {
  put(open('f', 2).fid, 0, 1, 2);
  reap();
  EXPECT_EQ(open('f', 2).next, 1u);
  sql("update files set touched = now() - interval '25 hours'");
  reap();
  EXPECT_EQ(bodies(), 0u);
  EXPECT_EQ(open('f', 2).next, 0u) << "a new one";
}

TEST_P(PgFileStoreTest, ACompleteFileOutlivesACrashAndAnUnfinishedUploadGoesOnWhereItStands) {
  const auto opened = open('f', 2);
  put(opened.fid, 0, 1, 2);
  whole('g');
  const auto later = open('h', 2);
  put(later.fid, 0, 1, 2);
  server().kill_hard();
  EXPECT_THAT(put(opened.fid, 1, 1, 2), testing::Each(Code::kBusy));
  EXPECT_EQ(get('g', 0).code, Code::kBusy);
  EXPECT_EQ(open('f', 2).code, Code::kBusy);
  server().start();
  EXPECT_TRUE(get('g', 0).data == Bytes(kFull, '0'));
  EXPECT_EQ(open('f', 2).next, 1u) << "it was before what is on disk";
  EXPECT_THAT(put(opened.fid, 1, 1, 2), testing::Each(Code::kOk));
  EXPECT_TRUE(get('f', 0).data == Bytes(kFull, '0'));
  EXPECT_TRUE(get('f', 1).data == Bytes(kFull, '1'));
  const auto stands = open('h', 2);
  ASSERT_EQ(stands.code, Code::kOk);
  EXPECT_LE(stands.next, 1u) << "the last commits may be gone";
  EXPECT_THAT(put(stands.fid, stands.next, 2 - stands.next, 2), testing::Each(Code::kOk));
  EXPECT_TRUE(get('h', 0).data == Bytes(kFull, '0'));
}

TEST_P(PgFileStoreTest, ACompleteFileIsRememberedForAWhile) {
  options_.remember_us = 3'600'000'000;
  store_ = std::make_unique<worker::PgFileStore>(options_);
  whole('f');
  EXPECT_EQ(get('g', 0).code, Code::kUnknownFile);
  whole('g');
  EXPECT_EQ(get('g', 0).code, Code::kOk) << "that there was none is not remembered";
  EXPECT_EQ(get('f', 0).code, Code::kOk);
  sql("update files set expires = now()");
  EXPECT_EQ(get('f', 0).code, Code::kOk);
  reap();
  EXPECT_EQ(get('f', 0).code, Code::kUnknownFile);
}

TEST_P(PgFileStoreInADirectory, WhatAnotherBootBeganStartsAgain) {
  const auto f = open('f', 3);
  put(f.fid, 0, 2, 3);
  whole('g');
  EXPECT_EQ(open('f', 3).next, 2u) << "another process, the same boot";
  sql("update files set boot = 'another'");
  EXPECT_EQ(open('f', 3).next, 0u);
  EXPECT_THAT(put(f.fid, 2, 1, 3), testing::Each(Code::kConflict)) << "a worker of the other machine that wakes up";
  EXPECT_THAT(put(f.fid, 0, 3, 3), testing::Each(Code::kOk));
  EXPECT_EQ(open('g', 1).next, 1u) << "complete is complete";
  EXPECT_TRUE(get('f', 2).data == Bytes(kFull, '2'));
}

TEST_P(PgFileStoreInADirectory, AnUploadWhoseBodyIsGoneOrCutStartsAgain) {
  const auto f = open('f', 3), g = open('g', 3);
  put(f.fid, 0, 2, 3);
  put(g.fid, 0, 2, 3);
  std::filesystem::remove(body('f'));
  std::filesystem::resize_file(body('g'), kFull);
  EXPECT_THAT(put(f.fid, 2, 1, 3), testing::Each(Code::kBusy)) << "no hole where the first two were";
  EXPECT_EQ(open('f', 3).next, 0u);
  EXPECT_EQ(open('g', 3).next, 0u);
  EXPECT_THAT(put(f.fid, 0, 3, 3), testing::Each(Code::kOk));
  EXPECT_TRUE(get('f', 1).data == Bytes(kFull, '1'));
}

TEST_P(PgFileStoreInADirectory, HoldsNothingOfAFileInTheDatabase) {
  whole('f');
  EXPECT_EQ(number("select count(*) from file_pieces"), 0u);
  EXPECT_EQ(std::filesystem::file_size(body('f')), kFull);
  EXPECT_EQ(std::filesystem::status(body('f')).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_P(PgFileStoreInADirectory, ABodyThatIsGoneOrCutIsAnUnknownFile) {
  whole('f');
  whole('g');
  std::filesystem::remove(body('f'));
  std::filesystem::resize_file(body('g'), kFull - 1);
  EXPECT_EQ(get('f', 0).code, Code::kUnknownFile);
  EXPECT_EQ(get('g', 0).code, Code::kUnknownFile);
  sql("update files set expires = now()");
  reap();
  EXPECT_EQ(number("select count(*) from files"), 0u) << "it goes although its body is gone already";
}

TEST_P(PgFileStoreInADirectory, WhatTheDirectoryDoesNotTakeIsNotCounted) {
  const auto f = open('f', 2);
  const std::string in_the_way = options_.directory + "/66";
  std::ofstream(in_the_way) << "a file where a folder should be";
  EXPECT_THAT(put(f.fid, 0, 1, 2), testing::Each(Code::kBusy));
  EXPECT_EQ(open('f', 2).next, 0u);
  std::filesystem::remove(in_the_way);
  EXPECT_THAT(put(f.fid, 0, 2, 2), testing::Each(Code::kOk));
  EXPECT_TRUE(get('f', 1).data == Bytes(kFull, '1'));
}

TEST_P(PgFileStoreInADirectory, FilesInRowsAreKeptWhenADirectoryComes) {
  worker::PgFileStoreOptions without = options_;
  without.directory.clear();
  auto with = std::exchange(store_, std::make_unique<worker::PgFileStore>(without));
  whole('f');
  const auto half = open('g', 2);
  put(half.fid, 0, 1, 2);
  store_ = std::move(with);
  EXPECT_TRUE(get('f', 0).data == Bytes(kFull, '0'));
  EXPECT_EQ(open('g', 2).next, 1u);
  EXPECT_THAT(put(half.fid, 1, 1, 2), testing::Each(Code::kOk));
  EXPECT_TRUE(get('g', 1).data == Bytes(kFull, '1'));
  // A worker whose options do not name the directory yet loses nothing.
  whole('h');
  const auto begun = open('i', 2);
  put(begun.fid, 0, 1, 2);
  store_ = std::make_unique<worker::PgFileStore>(without);
  EXPECT_EQ(get('h', 0).code, Code::kBusy);
  EXPECT_EQ(open('i', 2).code, Code::kBusy);
  EXPECT_THAT(put(begun.fid, 1, 1, 2), testing::Each(Code::kBusy));
  sql("update files set expires = now() where fid = " + std::to_string(begun.fid));
  reap();
  EXPECT_EQ(bodies(), 2u);
}

TEST_P(PgFileStoreInADirectory, AnInstallationHasOneDirectory) {
  const std::string other = folder_ / "other";
  EXPECT_TRUE(worker::prepare_files(options_.conninfo, options_.directory).ok()) << "each worker says it";
  const auto refused = worker::prepare_files(options_.conninfo, other);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().text, testing::HasSubstr("is not the directory"));
  EXPECT_FALSE(worker::prepare_files(options_.conninfo, "").ok());
  EXPECT_FALSE(worker::prepare_files(options_.conninfo, body('f')).ok()) << "its folder is not there";
  std::ofstream(options_.directory + "/fastchat-files") << "zz";
  const auto damaged = worker::prepare_files(options_.conninfo, options_.directory);
  ASSERT_FALSE(damaged.ok());
  EXPECT_THAT(damaged.error().text, testing::HasSubstr("damaged"));
}

TEST_P(PgFileStoreInRows, NeedsNoDirectory) {
  EXPECT_TRUE(worker::prepare_files(options_.conninfo, "").ok());
  EXPECT_EQ(number("select count(*) from file_directory"), 0u);
}

}  // namespace
}  // namespace fastchat::test
