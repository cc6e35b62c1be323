// The vault in parts, between a device and a server of version 5 that this test plays: what one change writes, and what
// becomes of parts that are missing, exchanged, or of a later version.
#include "tests/client/parts_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace pb = v1::content;
class VaultPartsTest : public PartsFixture {};

TEST_F(VaultPartsTest, AVaultOfBeforeIsMovedWithTheNextChange) {
  make({"bob"});
  EXPECT_EQ(server_.version, 2u);
  EXPECT_EQ(server_.listed.size(), 1u);
  start();
  EXPECT_EQ(account_->profile().vault_version, 2u);
  ASSERT_TRUE(log_in_now().ok());
  EXPECT_EQ(fetched_, 0) << "the profile has the parts";
  serve();
  EXPECT_EQ(server_.version, 2u) << "nothing to store";
}

TEST_F(VaultPartsTest, AnOlderWorkerGetsAVaultOfOneBoxAndNoneInPlaceOfAHead) {
  worker_version_ = 4;
  start();
  ASSERT_TRUE(log_in_now().ok());
  learn("bob");
  serve();
  EXPECT_TRUE(e2e::open_vault(vault_key(), "alice", 2, 0, server_.head).ok());
  worker_version_ = 5;
  learn("carol");
  serve();
  EXPECT_EQ(head().parts_size(), 1);
  worker_version_ = 4;
  learn("dave");
  serve();
  EXPECT_EQ(server_.version, 3u);
  EXPECT_TRUE(keeper_->settled(true)) << "a command does not wait for an update of the server";
  worker_version_ = 5;
  serve();
  EXPECT_EQ(server_.version, 4u) << "nothing is forgotten";
}

TEST_F(VaultPartsTest, ANewDeviceAsksForThePartsAndStartsWithoutThemNextTime) {
  groups_.Clear();
  for (char c = 'a'; c < 'k'; ++c) {
    pb::VaultGroup& group = *groups_.Add();
    group.set_state(Bytes(100, c));
    group.set_previous_state(Bytes(40 << 10, c));
    group.set_signer_fpr(Bytes(32, 'f'));
  }
  make({"bob", "carol"});
  ASSERT_GT(head().parts_size(), 6);
  forget();
  start();
  ASSERT_TRUE(log_in_now(false).ok());
  EXPECT_EQ(pins_->get("bob"), nullptr);
  EXPECT_EQ(keeper_->wanted_parts().size(), 8u) << "as many as a slow line brings";
  begin();
  ASSERT_TRUE(keeper_->on_parts(server_.read(keeper_->wanted_parts())).ok());
  end();  // killed after the first answer
  start();
  ASSERT_TRUE(log_in_now(false).ok());
  EXPECT_EQ(keeper_->wanted_parts().size(), static_cast<size_t>(head().parts_size()) - 3) << "the rest";
  ASSERT_TRUE(log_in_now().ok());
  EXPECT_NE(pins_->get("bob"), nullptr);
  EXPECT_NE(pins_->get("carol"), nullptr);
  EXPECT_EQ(account_->profile().vault_version, server_.version);
  end();
  start();
  fetched_ = 0;
  ASSERT_TRUE(log_in_now().ok());
  EXPECT_EQ(fetched_, 0);
  EXPECT_TRUE(told_.empty());
}

// The measure of the whole: an account of 10,000 people and 1,000 groups.
TEST_F(VaultPartsTest, OneChangedPinOfTenThousandWritesOnePartAndTheHead) {
  start();
  ASSERT_TRUE(log_in_now().ok());
  for (int i = 0; i < 1'000; ++i) {
    pb::SignedGroupState outer;
    pb::GroupState state;
    state.set_group_id(e2e::sha256(std::to_string(i)));
    state.set_name(Bytes(1'000, 'n'));
    outer.set_state(state.SerializeAsString());
    pb::VaultGroup& group = *groups_.Add();
    group.set_state(outer.SerializeAsString());
    group.set_previous_state(outer.state());
    group.set_pkcs8(Bytes(1'800, 'k'));
    group.set_previous_pkcs8(Bytes(1'800, 'k'));
    group.set_signer_fpr(Bytes(32, 'f'));
  }
  for (int i = 0; i < 10'000; ++i) learn("somebody-" + std::to_string(i));
  serve();
  const e2e::VaultHead before = head();
  EXPECT_LE(before.parts_size(), 600);
  EXPECT_EQ(server_.put, static_cast<size_t>(before.parts_size()));
  EXPECT_GT(server_.bytes, 8u << 20);
  server_.put = server_.bytes = 0;
  ASSERT_TRUE(pins_->mark_verified("somebody-77").ok());
  serve();
  EXPECT_EQ(server_.version, 3u);
  EXPECT_EQ(server_.put, 1u);
  EXPECT_LE(server_.bytes, 100u << 10);
  const e2e::VaultHead after = head();
  int changed = 0;
  for (int i = 0; i < after.parts_size(); ++i) changed += after.parts(i).hash() != before.parts(i).hash() ? 1 : 0;
  EXPECT_EQ(changed, 1);
  end();
  forget();
  start();
  ASSERT_TRUE(log_in_now().ok());
  EXPECT_EQ(pins_->all().size(), 10'000u);
  EXPECT_EQ(pins_->get("somebody-77")->trust, Trust::kVerified);
}

TEST_F(VaultPartsTest, AServerThatLacksAPartGetsAllOfThemAgain) {
  groups_.Add()->set_state(Bytes(100, 's'));
  groups_.Mutable(0)->set_signer_fpr(Bytes(32, 'f'));
  make({"bob"});
  start();
  ASSERT_TRUE(log_in_now().ok());
  server_.parts.clear();  // restored without them
  ASSERT_TRUE(pins_->mark_verified("bob").ok());
  serve();
  EXPECT_EQ(server_.version, 3u);
  EXPECT_EQ(server_.listed.size(), 2u);
  for (const Bytes& hash : server_.listed) EXPECT_TRUE(server_.parts.contains(hash));
}

TEST_F(VaultPartsTest, APartThatIsLostIsSaidTheOthersCountAndThisDeviceStoresWhatItKnows) {
  groups_.Add()->set_state(Bytes(100, 's'));
  groups_.Mutable(0)->set_signer_fpr(Bytes(32, 'f'));
  make({"bob"});
  const e2e::VaultHead whole = head();
  ASSERT_EQ(whole.parts_size(), 2);
  forget();
  groups_.Clear();
  server_.parts.erase(whole.parts(1).hash());  // the groups
  start();
  ASSERT_TRUE(log_in_now().ok());
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_THAT(told_[0], HasSubstr("the server lacks 1 of 2 parts of your vault"));
  EXPECT_NE(pins_->get("bob"), nullptr) << "the other part counts";
  EXPECT_EQ(account_->profile().vault_version, 0u) << "not taken as the newest";
  EXPECT_FALSE(keeper_->is_newest());
  serve();
  EXPECT_EQ(server_.version, 3u);
  EXPECT_EQ(head().parts_size(), 1);
  EXPECT_TRUE(keeper_->is_newest());
  EXPECT_EQ(account_->profile().vault_version, 3u);
}

TEST_F(VaultPartsTest, AnExchangedPartIsALostOne) {
  make({"bob"});
  const Bytes old = server_.parts.at(*server_.listed.begin());
  start();
  ASSERT_TRUE(log_in_now().ok());
  ASSERT_TRUE(pins_->mark_verified("bob").ok());
  serve();
  end();
  forget();
  server_.parts[*server_.listed.begin()] = old;  // a part of before under the name of the present one
  start();
  ASSERT_TRUE(log_in_now().ok());
  EXPECT_EQ(told_.size(), 1u);
  EXPECT_EQ(pins_->get("bob"), nullptr);
}

TEST_F(VaultPartsTest, APartOfALaterKindStaysAsItIs) {
  make({"bob"});
  e2e::VaultHead later = head();
  e2e::VaultPartEntry& entry = *later.add_parts();
  entry.set_kind(99);
  entry.set_bucket(1);
  entry.set_hash(e2e::sha256("of a later version"));
  entry.set_key(Bytes(32, 'k'));
  later.set_version(3);
  server_.parts[entry.hash()] = "of a later version";
  server_.head = e2e::seal_vault_head(vault_key(), "alice", later).value();
  server_.version = 3;
  start();
  ASSERT_TRUE(log_in_now().ok());
  EXPECT_TRUE(told_.empty());
  learn("carol");
  serve();
  EXPECT_EQ(server_.version, 4u);
  ASSERT_EQ(head().parts_size(), 2);
  EXPECT_EQ(head().parts(1).SerializeAsString(), entry.SerializeAsString());
  server_.parts.clear();
  learn("dave");
  serve();
  EXPECT_TRUE(server_.parts.contains(entry.hash())) << "this device has the part";
}

TEST_F(VaultPartsTest, ARestoredServerGetsTheNewerPartsBack) {
  make({"bob"});
  const PartsServer before = server_;
  start();
  ASSERT_TRUE(log_in_now().ok());
  learn("carol");
  serve();
  ASSERT_TRUE(pins_->mark_verified("bob").ok());
  serve();
  end();
  ASSERT_EQ(server_.version, 4u);
  server_ = before;
  start();
  ASSERT_TRUE(log_in_now().ok());
  EXPECT_EQ(pins_->get("bob")->trust, Trust::kVerified);
  EXPECT_EQ(account_->profile().vault_version, 4u) << "until it is stored";
  EXPECT_EQ(keeper_->next_vault().code(), Code::kNotAllowed) << "a change of the password would drop the newer parts";
  serve();
  EXPECT_TRUE(keeper_->next_vault().ok());
  EXPECT_EQ(server_.version, 3u);
  EXPECT_THAT(restored_, ElementsAre(std::pair<uint64_t, uint64_t>{2, 4}));
  end();
  forget();
  start();
  ASSERT_TRUE(log_in_now().ok());
  EXPECT_NE(pins_->get("carol"), nullptr);
  EXPECT_EQ(pins_->get("bob")->trust, Trust::kVerified);
}

TEST_F(VaultPartsTest, AnotherDeviceThatWasFirstIsMerged) {
  make({"bob"});
  start();
  ASSERT_TRUE(log_in_now().ok());
  learn("carol");
  // The other device has the same vault, and stores one with dave.
  PinBook others(store_->pins(), realm());
  ASSERT_TRUE(others.load().ok());
  e2e::VaultContent theirs;
  others.write(theirs);
  theirs.mutable_pins(0)->set_user("dave");
  const e2e::PeerKey key = e2e::peer_key(realm(), "dave", theirs.pins(0).spki()).value();
  theirs.mutable_pins(0)->set_fpr(key.fpr);
  e2e::VaultPart part;
  *part.add_pins() = theirs.pins(0);
  auto sealed = e2e::seal_vault_part("alice", pb::VAULT_PINS, 1, part).value();
  e2e::VaultHead next = head();
  next.set_version(3);
  *next.mutable_parts(0) = sealed.entry;
  server_.parts[sealed.entry.hash()] = sealed.box;
  server_.head = e2e::seal_vault_head(vault_key(), "alice", next).value();
  server_.version = 3;
  serve();
  EXPECT_EQ(server_.version, 4u) << "after the conflict";
  EXPECT_NE(pins_->get("dave"), nullptr);
  end();
  forget();
  start();
  ASSERT_TRUE(log_in_now().ok());
  for (const char* user : {"bob", "carol", "dave"}) EXPECT_NE(pins_->get(user), nullptr) << user;
}

TEST_F(VaultPartsTest, AChangeOfThePasswordSealsTheHeadAlone) {
  make({"bob"});
  start();
  ASSERT_TRUE(log_in_now().ok());
  learn("carol");  // not stored yet
  const e2e::VaultHead before = head();
  const e2e::OpenedVault next = keeper_->next_vault().value();
  const auto change = change_->prepare(keys("next"), next);
  ASSERT_TRUE(change.ok());
  server_.head = change->vault;  // the broker's part
  server_.version = change->vault_version;
  ASSERT_TRUE(change_->finish().ok());
  ASSERT_TRUE(keeper_->on_changed(next).ok());
  EXPECT_EQ(head().parts(0).SerializeAsString(), before.parts(0).SerializeAsString());
  serve();
  EXPECT_EQ(server_.version, 4u);
  EXPECT_NE(head().parts(0).key(), before.parts(0).key()) << "whoever knows the old head reads no new part";
  end();
  start();
  ASSERT_TRUE(log_in_now().ok());
  EXPECT_NE(pins_->get("carol"), nullptr);
}

TEST_F(VaultPartsTest, AServerWithoutRoomIsNotAskedForEver) {
  make({"bob"});
  start();
  ASSERT_TRUE(log_in_now().ok());
  learn("carol");
  for (int i = 0; i < 20 && told_.empty(); ++i) {
    server_.refuses = Code::kStorageFull;
    now_ += 10'000;
    keeper_->turn(now_, false);
    while (!asked_.empty()) {
      auto [frame, answer] = std::move(asked_.front());
      asked_.erase(asked_.begin());
      Result<v1::ServerFrame> result = server_.answer(frame);
      answer(result.ok() ? Result<v1::ServerFrame*>(&*result) : Result<v1::ServerFrame*>(result.error()));
    }
  }
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_THAT(told_[0], HasSubstr("no room for your vault"));
  EXPECT_TRUE(keeper_->settled(true));
  serve();
  EXPECT_EQ(server_.version, 2u);
}

TEST_F(VaultPartsTest, PartsThatCannotBeFetchedAreAskedForLater) {
  make({"bob"});
  forget();
  start();
  core::LoggedIn in;
  in.vault = e2e::seal_vault(vault_key(), "alice", content(1)).value();
  in.vault_version = 1;
  begin();
  ASSERT_TRUE(keeper_->on_logged_in(in).ok());
  keeper_->on_version(2);
  now_ += 10'000;
  keeper_->turn(now_, false);
  ASSERT_EQ(asked_.size(), 1u);
  v1::ServerFrame vault = *server_.answer(asked_[0].first);
  auto first = std::move(asked_[0].second);
  asked_.clear();
  first(&vault);
  ASSERT_EQ(asked_.size(), 1u);
  ASSERT_TRUE(asked_[0].first.has_get_vault_parts());
  auto second = std::move(asked_[0].second);
  asked_.clear();
  second(err(Code::kBusy, "no"));
  EXPECT_FALSE(keeper_->is_newest());
  EXPECT_EQ(account_->profile().vault_version, 1u);
  serve();
  EXPECT_TRUE(keeper_->is_newest());
  EXPECT_NE(pins_->get("bob"), nullptr);
}

}  // namespace
}  // namespace fastchat::client
