// Files through the worker's engine: its answers, its requests to the store, and the requests that it refuses to hold.
#include "worker/core/files.h"

#include "common/frames.h"
#include "tests/worker/engine_fixture.h"

namespace fastchat::test {
namespace {

using worker::ChunkRead;
using worker::ChunksPut;
using worker::FileOpened;
using worker::OpenFile;
using worker::PutChunks;
using worker::ReadChunk;

const Bytes kId(16, 'f');
constexpr uint64_t kFull = wire::kMaxFileChunk;

class FilesTest : public WorkerEngineTest {
 protected:
  FilesTest() { live(kRid, kAlice, "alice", kA1); }

  void frame(v1::ClientFrame f, uint64_t request) {
    f.set_request(request);
    engine->on_client_frame(now, kRid, user_id(kA1), f.SerializeAsString());
  }
  void open(uint64_t size, uint64_t chunks, const std::string& to = "bob") {
    v1::ClientFrame f;
    auto* m = f.mutable_open_upload();
    m->set_file_id(kId);
    m->set_size(size);
    m->set_chunks(chunks);
    m->set_to(to);
    frame(f, 20);
    turn();
  }
  // Opens an upload for which the store reports `next`.
  void opened(uint64_t chunks, uint64_t next = 0) {
    const uint64_t size = (chunks - 1) * kFull + 100;
    open(size, chunks);
    const auto asked = taken<OpenFile>();
    reply(FileOpened{asked.ask, kId, size, chunks, Code::kOk, 5, next});
    ports->clients[kRid].clear();
  }
  void put(uint64_t index, size_t length, uint64_t request) {
    v1::ClientFrame f;
    f.mutable_put_chunk()->set_file_id(kId);
    f.mutable_put_chunk()->set_index(index);
    f.mutable_put_chunk()->set_data(Bytes(length, 'd'));
    frame(f, request);
  }
  void get(uint64_t index, uint64_t request) {
    v1::ClientFrame f;
    f.mutable_get_chunk()->set_file_id(kId);
    f.mutable_get_chunk()->set_index(index);
    frame(f, request);
  }
  void reply(worker::FileReply r) {
    engine->on_file_reply(now, std::move(r));
    turn();
  }
  ChunksPut outcome_of(const PutChunks& batch, Code code) {
    ChunksPut done;
    for (const auto& i : batch.items) done.outcomes.push_back({i.ask, i.file_id, i.place, i.data.size(), code});
    return done;
  }
  template <class T>
  T taken() {
    EXPECT_FALSE(ports->file_requests.empty());
    EXPECT_TRUE(std::holds_alternative<T>(ports->file_requests.front()));
    T r = std::get<T>(std::move(ports->file_requests.front()));
    ports->file_requests.pop_front();
    return r;
  }
  v1::ServerFrame answer() {
    v1::ServerFrame f;
    EXPECT_FALSE(ports->clients[kRid].empty());
    if (ports->clients[kRid].empty()) return f;
    EXPECT_TRUE(f.ParseFromString(ports->clients[kRid].front()));
    ports->clients[kRid].pop_front();
    return f;
  }
  v1::ErrorCode error() { return answer().error().code(); }

  static constexpr uint64_t kRid = 1;
};

TEST_F(FilesTest, OpensAnUploadAndSaysWhereItGoesOn) {
  open(2 * kFull + 100, 3);
  const auto asked = taken<OpenFile>();
  EXPECT_EQ(asked.uid, kAlice);
  EXPECT_EQ(asked.did, kA1);
  EXPECT_EQ(asked.to, "bob");
  EXPECT_EQ(asked.size, 2 * kFull + 100);
  reply(FileOpened{asked.ask, kId, asked.size, 3, Code::kOk, 5, 1});
  const auto got = answer();
  EXPECT_EQ(got.request(), 20u);
  EXPECT_EQ(got.upload_open().next_chunk(), 1u);
}

TEST_F(FilesTest, RefusesWhatIsTooLargeWithoutAskingTheStore) {
  const uint64_t chunks = 401;  // 100 MiB and one byte
  open(400 * kFull + 82, chunks);
  EXPECT_EQ(error(), v1::TOO_LARGE);
  open(400 * kFull, 400);
  EXPECT_EQ(taken<OpenFile>().chunks, 400u) << "exactly 100 MiB fit";
}

TEST_F(FilesTest, PassesTheStoresRefusalsOn) {
  for (const Code code : {Code::kStorageFull, Code::kUnknownUser, Code::kUnknownFile, Code::kConflict, Code::kBusy}) {
    open(200, 1);
    const auto asked = taken<OpenFile>();
    reply(FileOpened{asked.ask, kId, 200, 1, code, 0, 0});
    const auto got = answer();
    EXPECT_EQ(got.error().code(), wire::to_wire(code));
    EXPECT_EQ(got.error().retry_after_ms() > 0, code == Code::kBusy);
  }
  open(200, 1, "No Name");
  EXPECT_EQ(error(), v1::UNKNOWN_USER);
}

TEST_F(FilesTest, AStrangersFileEndsForClientsOfEveryVersion) {
  for (const Code code : {Code::kNotAcceptedYet, Code::kRefused}) {
    open(500, 1);
    const auto asked = taken<OpenFile>();
    reply(FileOpened{asked.ask, kId, asked.size, 1, code, 0, 0});
    EXPECT_EQ(error(), v1::NOT_ALLOWED) << "the session is of an earlier version";
  }
}

TEST_F(FilesTest, StoresTheChunksOfATurnInOneBatchAndAnswersEachAfterTheCommit) {
  opened(3);
  put(0, kFull, 30);
  put(1, kFull, 31);
  put(2, 100, 32);
  EXPECT_TRUE(ports->file_requests.empty()) << "nothing before the turn's end";
  turn();
  const auto batch = taken<PutChunks>();
  ASSERT_EQ(batch.items.size(), 3u);
  EXPECT_EQ(batch.items[0].fid, 5u);
  EXPECT_FALSE(batch.items[1].last);
  EXPECT_TRUE(batch.items[2].last);
  EXPECT_TRUE(ports->clients[kRid].empty());
  EXPECT_EQ(engine->file_bytes_in_hand(), 2 * kFull + 100);
  reply(outcome_of(batch, Code::kOk));
  EXPECT_EQ(engine->file_bytes_in_hand(), 0u);
  for (uint64_t i = 0; i < 3; ++i) {
    const auto got = answer();
    EXPECT_EQ(got.request(), 30 + i);
    EXPECT_EQ(got.chunk_stored().upto(), i + 1);
  }
}

TEST_F(FilesTest, AChunkWaitsAMomentForOthers) {
  opened(40, 10);
  for (uint64_t i = 10; i < 17; ++i) put(i, kFull, 30 + i);
  turn();
  EXPECT_TRUE(ports->file_requests.empty());
  EXPECT_EQ(engine->tick(now), now + 5'000) << "the loop wakes for it";
  put(17, kFull, 47);
  turn();
  EXPECT_EQ(taken<PutChunks>().items.size(), 8u) << "eight are worth a commit";
  put(18, kFull, 48);
  later(4'999);
  EXPECT_TRUE(ports->file_requests.empty());
  later(1);
  EXPECT_EQ(taken<PutChunks>().items.size(), 1u) << "one has waited long enough";
  put(19, kFull, 49);
  later(5'000);
  EXPECT_TRUE(ports->file_requests.empty()) << "two are under way";
}

TEST_F(FilesTest, TheFirstChunksOfAFileWaitForNothing) {
  opened(40);
  put(0, kFull, 30);
  turn();
  EXPECT_EQ(taken<PutChunks>().items.size(), 1u);
  for (uint64_t i = 1; i < 4; ++i) put(i, kFull, 30 + i);
  turn();
  EXPECT_EQ(taken<PutChunks>().items.size(), 3u);
}

TEST_F(FilesTest, TheLastChunkWaitsForNothing) {
  opened(2);
  put(0, kFull, 30);
  put(1, 100, 31);
  turn();
  EXPECT_EQ(taken<PutChunks>().items.size(), 2u);
}

TEST_F(FilesTest, TakesChunksInOrderOnly) {
  opened(3, 1);
  put(0, kFull, 30);
  EXPECT_EQ(error(), v1::CONFLICT);
  put(2, 100, 31);
  EXPECT_EQ(error(), v1::CONFLICT);
  put(1, kFull, 32);
  later(2'000);
  EXPECT_EQ(taken<PutChunks>().items[0].place, 1u);
  put(1, kFull, 33);
  EXPECT_EQ(error(), v1::CONFLICT) << "it is on its way already";
}

TEST_F(FilesTest, TakesNoChunkOfAnotherLengthOrOfAnUploadThatIsNotOpen) {
  put(0, kFull, 30);
  EXPECT_EQ(error(), v1::CONFLICT);
  opened(2);
  put(0, kFull - 1, 31);
  EXPECT_EQ(error(), v1::NOT_ALLOWED);
  put(0, kFull, 32);
  put(1, 101, 33);
  EXPECT_EQ(error(), v1::NOT_ALLOWED);
}

TEST_F(FilesTest, AnUploadThatTheStoreDidNotTakeHasToBeOpenedAgain) {
  opened(3);
  put(0, kFull, 30);
  later(2'000);
  reply(outcome_of(taken<PutChunks>(), Code::kBusy));
  EXPECT_EQ(error(), v1::BUSY);
  put(1, kFull, 31);
  EXPECT_EQ(error(), v1::CONFLICT);
  EXPECT_EQ(engine->file_bytes_in_hand(), 0u);
}

TEST_F(FilesTest, HoldsABoundedNumberOfRequestsOfASession) {
  for (uint64_t i = 0; i < 64; ++i) get(i, 100 + i);
  EXPECT_TRUE(ports->clients[kRid].empty());
  get(64, 200);
  EXPECT_EQ(error(), v1::BUSY);
  const auto asked = taken<ReadChunk>();
  EXPECT_EQ(asked.place, 0u);
  reply(ChunkRead{asked.ask, Code::kOk, chunk_head(asked.ask.request, 200) + Bytes(200, 'c')});
  EXPECT_EQ(answer().chunk().data(), Bytes(200, 'c'));
  get(64, 201);
  EXPECT_TRUE(ports->clients[kRid].empty()) << "there is room again";
}

TEST_F(FilesTest, ReadsAFewChunksAtATimeAndForEachInTurn) {
  live(50, 1050, "user50", 60);
  for (uint64_t i = 0; i < 32; ++i) get(i, 30 + i);
  v1::ClientFrame f;
  f.mutable_get_chunk()->set_file_id(kId);
  ask(50, 60, 7, f);
  EXPECT_LE(ports->file_requests.size(), 4u) << "the others are not in memory";
  std::vector<uint64_t> served;
  while (!ports->file_requests.empty()) {
    const auto asked = taken<ReadChunk>();
    served.push_back(asked.ask.uid);
    reply(ChunkRead{asked.ask, Code::kOk, chunk_head(asked.ask.request, 1) + "c"});
  }
  EXPECT_EQ(served.size(), 33u);
  EXPECT_LE(std::find(served.begin(), served.end(), 1050u) - served.begin(), 4);
}

TEST_F(FilesTest, ReadsNoChunkForALinkThatIsFull) {
  ports->waiting[kRid] = (4 << 20) + 1;
  get(0, 30);
  EXPECT_TRUE(ports->file_requests.empty());
  ports->waiting[kRid] = 4 << 20;
  now += 5'000;
  turn();
  EXPECT_EQ(ports->file_requests.size(), 1u);
}

TEST_F(FilesTest, OneUserHoldsAtMostAThirdOfTheMemoryForChunks) {
  uint64_t refused = 0;
  for (uint64_t i = 0; i < 4; ++i) {
    const uint64_t rid = 50 + i, did = 60 + i;
    live(rid, kAlice, "alice", did);
    v1::ClientFrame f;
    f.mutable_open_upload()->set_file_id(Bytes(16, static_cast<char>('a' + i)));
    f.mutable_open_upload()->set_size(100 * kFull + 100);
    f.mutable_open_upload()->set_chunks(101);
    f.mutable_open_upload()->set_to("bob");
    ask(rid, did, 20, f);
    turn();
    while (!std::holds_alternative<OpenFile>(ports->file_requests.front())) ports->file_requests.pop_front();
    const auto asked = taken<OpenFile>();
    reply(FileOpened{asked.ask, asked.file_id, asked.size, asked.chunks, Code::kOk, 5 + i, 0});
    ports->clients[rid].clear();
    for (uint64_t c = 0; c < 32; ++c) {
      v1::ClientFrame put;
      put.mutable_put_chunk()->set_file_id(asked.file_id);
      put.mutable_put_chunk()->set_index(c);
      put.mutable_put_chunk()->set_data(Bytes(kFull, 'd'));
      ask(rid, did, 30 + c, put);
    }
    for (const auto code : errors(rid)) refused += code == v1::BUSY ? 1 : 0;
  }
  EXPECT_GT(refused, 0u);
  EXPECT_LE(engine->file_bytes_in_hand(), (uint64_t{32} << 20) / 3 + kFull);
}

TEST_F(FilesTest, ForgetsASessionThatEndedButNotItsBytes) {
  opened(100);
  put(0, kFull, 30);
  turn();
  const auto batch = taken<PutChunks>();
  engine->on_client_gone(now, kRid);
  turn();
  EXPECT_EQ(engine->file_bytes_in_hand(), kFull);
  reply(outcome_of(batch, Code::kOk));
  EXPECT_EQ(engine->file_bytes_in_hand(), 0u);
}

TEST_F(FilesTest, AnswersThatTheDeviceHasAFile) {
  v1::ClientFrame f;
  f.mutable_file_done()->set_file_id(kId);
  frame(f, 40);
  const auto asked = taken<worker::DoneFile>();
  EXPECT_EQ(asked.did, kA1);
  reply(worker::FileWasDone{asked.ask, Code::kOk});
  EXPECT_TRUE(answer().has_file_released());
}

TEST_F(FilesTest, SweepsAgainAtOnceWhileThereIsMore) {
  later(31'000'000);
  ASSERT_FALSE(ports->file_requests.empty());
  (void)taken<worker::ReapFiles>();
  reply(worker::FilesReaped{true});
  (void)taken<worker::ReapFiles>();
  reply(worker::FilesReaped{false});
  EXPECT_TRUE(ports->file_requests.empty());
}

}  // namespace
}  // namespace fastchat::test
