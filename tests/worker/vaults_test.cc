// The requests about the vault and its parts (PROTOCOL.md, section 4).
#include "common/hash.h"
#include "tests/worker/engine_fixture.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using namespace worker;

class WorkerVaults : public WorkerEngineTest {
 protected:
  static constexpr uint64_t kRidA = 1, kRidOther = 2;
  WorkerVaults() {
    live(kRidA, kAlice, "alice", kA1, 1, 5);
    ports->requests.clear();
  }
  static v1::ClientFrame parts(std::vector<Bytes> all) {
    v1::ClientFrame f;
    for (Bytes& part : all) f.mutable_put_vault_parts()->add_parts(std::move(part));
    return f;
  }
  static v1::ClientFrame head(uint64_t version, const std::vector<Bytes>& hashes) {
    v1::ClientFrame f;
    f.mutable_put_vault()->set_version(version);
    f.mutable_put_vault()->set_blob("head");
    for (const Bytes& hash : hashes) f.mutable_put_vault()->add_parts(hash);
    return f;
  }
  static v1::ClientFrame wanted(const Bytes& hash) {
    v1::ClientFrame f;
    f.mutable_get_vault_parts()->add_hashes(hash);
    return f;
  }
};

TEST_F(WorkerVaults, PartsGoToTheStoreAndAreAnsweredOnce) {
  ask(kRidA, kA1, 7, parts({"one", "two"}));
  const auto put = take<PutVaultParts>();
  EXPECT_EQ(put.uid, kAlice);
  EXPECT_THAT(put.parts, ElementsAre("one", "two"));
  EXPECT_EQ(put.most, 32u << 20);
  engine->on_store_reply(now, VaultPartsPut{put.session, put.request, Code::kOk});
  ask(kRidA, kA1, 8, wanted(sha256("one")));
  const auto asked = take<GetVaultParts>();
  EXPECT_THAT(asked.hashes, ElementsAre(sha256("one")));
  engine->on_store_reply(now, VaultPartRows{asked.session, asked.request, Code::kOk, 1, {"one"}});
  turn();
  const auto got = received(kRidA);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_TRUE(got[0].has_vault_parts_stored());
  EXPECT_EQ(got[1].vault_parts().looked(), 1u);
  EXPECT_THAT(got[1].vault_parts().parts(), ElementsAre("one"));
}

TEST_F(WorkerVaults, AHeadIsStoredWithItsHashesAndRefusalsSayWhatToDo) {
  for (const Code code : {Code::kConflict, Code::kMissingPart, Code::kStorageFull, Code::kBusy}) {
    ask(kRidA, kA1, 7, head(2, {Bytes(32, 'a'), Bytes(32, 'b')}));
    const auto put = take<PutVault>();
    EXPECT_THAT(put.parts, ElementsAre(Bytes(32, 'a'), Bytes(32, 'b')));
    engine->on_store_reply(now, VaultPut{put.session, put.request, put.uid, put.version, code});
    EXPECT_THAT(errors(kRidA), ElementsAre(wire::to_wire(code)));
  }
  EXPECT_EQ(engine->counters().vaults_full, 1u);
}

TEST_F(WorkerVaults, BytesOfPartsCountAsSeveralRequests) {
  for (uint64_t i = 1; i <= 3; ++i) ask(kRidA, kA1, i, parts(std::vector<Bytes>(3, Bytes(256 << 10, 'p'))));
  EXPECT_THAT(errors(kRidA), ElementsAre(v1::BUSY));
}

TEST_F(WorkerVaults, AnOlderLinkHasNoParts) {
  live(kRidOther, kBob, "bob", kB1, 1, 4);
  for (const auto& frame : {parts({"one"}), wanted(Bytes(32, 'h')), head(2, {Bytes(32, 'h')})}) {
    ask(kRidOther, kB1, 7, frame);
    EXPECT_THAT(errors(kRidOther), ElementsAre(v1::NOT_ALLOWED));
  }
  ask(kRidOther, kB1, 8, head(2, {}));
  EXPECT_TRUE(take<PutVault>().parts.empty());
}

}  // namespace
}  // namespace fastchat::test
