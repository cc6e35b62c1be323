// Contact cards in a session: made, used, the note to the maker, and servers that lie.
#include "client/messages/cards.h"

#include "client/e2e/rekey.h"
#include "tests/client/rooms_fixture.h"

namespace fastchat::client {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CardsTest : public RoomsFixture {
 protected:
  CardsTest() {
    begin();
    EXPECT_TRUE(standings_.decide_strangers(Strangers::kAsk).ok());
    commit();
    (void)pins_.take_dirty();
    worker_version_ = 4;
  }
  void live_now() {
    live();
    standings_.attached();
    for (const v1::ClientFrame& frame : asks()) answer_contacts(frame);
    turn_.run();
  }
  // Answers a question about the server's copy of the contacts, which has `accepted`.
  void answer_contacts(const v1::ClientFrame& frame, const std::string& accepted = "") {
    if (frame.has_put_contacts()) feed(frame.request(), [](auto& f) { f.mutable_contacts_stored(); });
    if (!frame.has_get_contacts()) return;
    feed(frame.request(), [&](auto& f) {
      f.mutable_contacts()->set_strangers(v1::ASK);
      if (accepted.empty()) return;
      f.mutable_contacts()->add_contacts()->set_user(accepted);
      f.mutable_contacts()->mutable_contacts(0)->set_standing(v1::ACCEPTED);
    });
  }

  // ---- this user makes a card
  // Returns the line of a new card, which the server takes.
  std::string made() {
    cards_.make([this](const Result<CardInfo>& r) { answers_.push_back(r.ok() ? r->line : r.error().text); });
    bool asked = false;
    for (const v1::ClientFrame& frame : asks()) {
      if (!frame.has_put_card()) continue;
      asked = true;
      put_hash_ = frame.put_card().token_hash();
      feed(frame.request(), [](auto& f) { f.mutable_card_stored(); });
    }
    EXPECT_TRUE(asked);
    turn_.run();
    turn_.run();
    return answers_.back();
  }
  void bob_uses(const Bytes& token) {
    deliver(sealed(e2e::CardUse{token}));
    for (int i = 0; i < 3; ++i) turn_.run();
  }
  Standing bobs() const { return standings_.book().of(store::ConversationId::direct("bob")); }

  // ---- this user has a card of bob
  static e2e::Card bobs_card() { return {"bob", bob().fpr(), Bytes(16, 't')}; }
  void use(const e2e::Card& card) { use(e2e::format_card(card)); }
  void use(const std::string& line) {
    cards_.use(line,
               [this](const Result<std::string>& r) { answers_.push_back(r.ok() ? "used " + *r : r.error().text); });
    turn_.run();
  }
  // Plays the server until the client asks nothing more: `key` is bob's key, `rekeys` its changes from the key `first`
  // on. Returns the tokens that the client redeemed.
  std::vector<Bytes> serve(size_t key, size_t first = 1, const std::vector<Bytes>& rekeys = {},
                           v1::ErrorCode refused = v1::OK) {
    std::vector<Bytes> redeemed;
    for (int round = 0; round < 6; ++round) {
      for (const v1::ClientFrame& frame : asks()) {
        answer_contacts(frame);
        if (frame.has_get_users()) {
          feed(frame.request(), [&](auto& f) {
            v1::User& user = *f.mutable_users()->add_users();
            user.set_name("bob");
            user.set_public_key(spki(key));
          });
        }
        if (frame.has_get_rekeys()) {
          feed(frame.request(), [&](auto& f) {
            f.mutable_rekeys()->set_first_public_key(spki(first));
            for (const Bytes& rekey : rekeys) f.mutable_rekeys()->add_rekeys(rekey);
          });
        }
        if (frame.has_redeem_card()) {
          redeemed.push_back(frame.redeem_card().token());
          feed(frame.request(), [&](auto& f) {
            if (refused == v1::OK) {
              f.mutable_card_redeemed();
            } else {
              f.mutable_error()->set_code(refused);
            }
          });
        }
      }
    }
    return redeemed;
  }
  // Returns the tokens of the notes in the outbox.
  std::vector<Bytes> notes() {
    std::vector<Bytes> out;
    const auto entries = store_->outbox().all();
    for (const auto& entry : *entries) {
      const auto content = e2e::reopen_own_message(*store_->outbox().envelope(entry.ref).value(), me(), nullptr);
      if (const auto* use = std::get_if<e2e::CardUse>(&*content)) out.push_back(use->token);
    }
    return out;
  }
  Trust trust() const { return pins_.get("bob")->trust; }

  Bytes put_hash_;
};

// ---- the maker

TEST_F(CardsTest, ACardOfThisUserIsOnDiskAndInTheVaultBeforeItIsGivenOut) {
  live_now();
  const e2e::Card card = e2e::parse_card(made()).value();
  EXPECT_EQ(card.user, "alice");
  EXPECT_EQ(card.fpr, me().fpr());
  EXPECT_EQ(put_hash_, e2e::server_card_hash(card.token));
  EXPECT_TRUE(pins_.dirty());
  e2e::VaultContent vault;
  cards_.write(vault);
  ASSERT_EQ(vault.cards_size(), 1);
  EXPECT_EQ(vault.cards(0).hash(), e2e::open_card_hash(card.token));
  ASSERT_THAT(*store_->standings().cards().all(), SizeIs(1));
}

TEST_F(CardsTest, WhoeverProvesTheCardIsAContactOnce) {
  live_now();
  const e2e::Card card = e2e::parse_card(made()).value();
  heard_.take();
  bob_uses(Bytes(16, 'x'));
  EXPECT_EQ(bobs(), Standing::kNone) << "another token";
  EXPECT_THAT(heard_.take(), IsEmpty());
  bob_uses(card.token);
  EXPECT_EQ(bobs(), Standing::kAccepted);
  EXPECT_EQ(trust(), Trust::kFirstContact) << "the card proves the maker's key, not the bearer's";
  EXPECT_THAT(heard_.take(), Contains("notice: bob used your card: bob is a contact now"));
  EXPECT_THAT(sees("bob"), ElementsAre("bob: bob used your card: bob is a contact now"));
  EXPECT_FALSE(cards_.awaits_use());
  begin();
  ASSERT_TRUE(standings_.decide(store::ConversationId::direct("bob"), Standing::kNone).ok());
  commit();
  bob_uses(card.token);
  EXPECT_EQ(bobs(), Standing::kNone) << "the card is gone";
}

TEST_F(CardsTest, ANoteWaitsForTheNewestVaultAndSurvivesARestart) {
  live_now();
  const e2e::Card card = e2e::parse_card(made()).value();
  newest_vault_ = false;
  bob_uses(card.token);
  EXPECT_EQ(bobs(), Standing::kNone);
  ASSERT_TRUE(cards_.load().ok());  // as the next process does
  newest_vault_ = true;
  for (int i = 0; i < 3; ++i) turn_.run();
  EXPECT_EQ(bobs(), Standing::kAccepted);
  EXPECT_THAT(*store_->standings().cards().uses(), IsEmpty());
}

// Notes of one sender leave room for those of others.
TEST_F(CardsTest, ManyNotesOfOneSenderCrowdNobodyOut) {
  live_now();
  const e2e::Card card = e2e::parse_card(made()).value();
  newest_vault_ = false;
  begin();
  for (char i = 0; i < 100; ++i) ASSERT_TRUE(cards_.on_use("mallory", {Bytes(16, i)}, turn_.wall_ms()));
  commit();
  EXPECT_THAT(*store_->standings().cards().uses(), SizeIs(Cards::kMaxUsesOfOne));
  bob_uses(card.token);
  newest_vault_ = true;
  for (int i = 0; i < 3; ++i) turn_.run();
  EXPECT_EQ(bobs(), Standing::kAccepted);
}

TEST_F(CardsTest, ABlockOfAnotherDeviceAfterTheUseHolds) {
  live_now();
  const e2e::Card card = e2e::parse_card(made()).value();
  newest_vault_ = false;
  bob_uses(card.token);
  StandingBook other;
  ASSERT_TRUE(other.decide(store::ConversationId::direct("bob"), Standing::kBlocked, 5).ok());
  e2e::VaultContent vault;
  other.write(vault);
  begin();
  ASSERT_TRUE(standings_.merge(vault).ok());
  ASSERT_TRUE(cards_.merge(vault).ok());
  commit();
  newest_vault_ = true;
  for (int i = 0; i < 3; ++i) turn_.run();
  EXPECT_EQ(bobs(), Standing::kBlocked);
  EXPECT_FALSE(cards_.awaits_use()) << "the card is used all the same";
}

TEST_F(CardsTest, ABlockedBearersNoteIsDropped) {
  live_now();
  const e2e::Card card = e2e::parse_card(made()).value();
  begin();
  ASSERT_TRUE(standings_.decide(store::ConversationId::direct("bob"), Standing::kBlocked).ok());
  commit();
  bob_uses(card.token);
  EXPECT_EQ(bobs(), Standing::kBlocked);
  EXPECT_THAT(*store_->standings().cards().uses(), IsEmpty());
}

TEST_F(CardsTest, AStandingThatOnlyTheServerHasStaysWhileACardIsOpen) {
  live_now();
  const e2e::Card card = e2e::parse_card(made()).value();
  const auto compare = [&] {
    std::vector<std::string> told;
    machine_.later_us += 10'500'000;
    standings_.server_changed();
    for (int i = 0; i < 3; ++i) {
      for (const v1::ClientFrame& frame : asks()) {
        answer_contacts(frame, "carol");
        for (const v1::Contact& c : frame.put_contacts().contacts()) told.push_back(c.user());
      }
    }
    return told;
  };
  EXPECT_THAT(compare(), IsEmpty()) << "carol's note may be on its way";
  EXPECT_TRUE(standings_.settled());
  bob_uses(card.token);
  EXPECT_THAT(compare(), Contains("carol")) << "no card is open any more";
}

TEST_F(CardsTest, TooManyOpenCardsAreOneLineWithTheTimeOfTheFirstEnd) {
  live_now();
  made();
  cards_.make([this](const Result<CardInfo>& r) { answers_.push_back(r.ok() ? r->line : r.error().text); });
  for (const v1::ClientFrame& frame : asks()) {
    if (frame.has_put_card()) feed(frame.request(), [](auto& f) { f.mutable_error()->set_code(v1::TOO_LARGE); });
  }
  turn_.run();
  EXPECT_THAT(answers_.back(), HasSubstr("16 cards are open: the oldest ends on 20"));
}

TEST_F(CardsTest, ACardThatIsNotOnDiskIsNotGivenOut) {
  live_now();
  cards_.make([this](const Result<CardInfo>& r) { answers_.push_back(r.ok() ? "card" : r.error().text); });
  for (const v1::ClientFrame& frame : asks()) {
    if (frame.has_put_card()) feed(frame.request(), [](auto& f) { f.mutable_card_stored(); });
  }
  refuse_turn();
  EXPECT_THAT(answers_, ElementsAre("the disk is full"));
  EXPECT_FALSE(cards_.awaits_use());
}

TEST_F(CardsTest, NobodyMakesOrUsesACardOfAnOlderServer) {
  worker_version_ = 3;
  live();
  cards_.make([this](const Result<CardInfo>& r) { answers_.push_back(r.ok() ? r->line : r.error().text); });
  use(bobs_card());
  EXPECT_THAT(answers_, ElementsAre(HasSubstr("earlier version, which knows no contact cards"),
                                    HasSubstr("earlier version, which knows no contact cards")));
}

TEST_F(CardsTest, WithoutASessionThereIsOneLine) {
  use(bobs_card());
  EXPECT_THAT(answers_, ElementsAre("not connected"));
}

// ---- the bearer

TEST_F(CardsTest, TheRightKeyMakesAVerifiedContactAndTellsTheMaker) {
  live_now();
  use(bobs_card());
  EXPECT_THAT(serve(1), ElementsAre(e2e::server_card_token(bobs_card().token)));
  EXPECT_THAT(answers_, ElementsAre("used bob"));
  EXPECT_EQ(bobs(), Standing::kAccepted);
  EXPECT_EQ(trust(), Trust::kVerified);
  EXPECT_THAT(notes(), ElementsAre(bobs_card().token));
  EXPECT_TRUE(pins_.dirty());
  EXPECT_THAT(heard_.trusted, Contains("bob"));
  EXPECT_THAT(sees("bob"), IsEmpty()) << "the note has no line";
}

TEST_F(CardsTest, AnotherKeyOfTheServerRedeemsNothing) {
  live_now();
  e2e::Card card = bobs_card();
  card.fpr = Bytes(32, 'x');
  use(card);
  EXPECT_THAT(serve(1), IsEmpty());
  EXPECT_THAT(answers_, ElementsAre("the server shows another key for bob than the card: do not use it; tell bob"));
  EXPECT_EQ(bobs(), Standing::kNone);
  EXPECT_THAT(notes(), IsEmpty());
}

TEST_F(CardsTest, AKeyThatTheServerMadeUpIsNotPinned) {
  begin();
  ASSERT_TRUE(store_->sql().script("DELETE FROM pins").ok());
  ASSERT_TRUE(pins_.load().ok());
  commit();
  AttachedFixture::live();
  use(bobs_card());
  EXPECT_THAT(serve(3), IsEmpty());
  EXPECT_THAT(answers_, ElementsAre("the server shows another key for bob than the card: do not use it; tell bob"));
  EXPECT_EQ(pins_.get("bob"), nullptr);
}

TEST_F(CardsTest, ACardOfBeforeAChangeOfTheKeyIsRefused) {
  live_now();
  const e2e::Identity now(realm(), "bob", {tests::test_key(2), tests::test_key(1)});
  const Bytes rekey = e2e::encode_rekey(e2e::make_rekey(bob(), now, 1));
  use(bobs_card());
  EXPECT_THAT(serve(2, 1, {rekey}), IsEmpty());
  EXPECT_THAT(answers_, ElementsAre("bob has a new key since this card was made: ask for a new card"));
}

TEST_F(CardsTest, AUsedCardIsOneLine) {
  live_now();
  use(bobs_card());
  serve(1, 1, {}, v1::BAD_INVITE);
  EXPECT_THAT(answers_, ElementsAre("this card was used, has ended, or is not of this server: ask bob for a new one"));
  EXPECT_EQ(bobs(), Standing::kNone);
  EXPECT_EQ(trust(), Trust::kFirstContact);
  answers_.clear();
  use(bobs_card());
  serve(1, 1, {}, v1::THROTTLED);
  EXPECT_THAT(answers_, ElementsAre(HasSubstr("too many cards were tried")));
}

TEST_F(CardsTest, AfterALostTurnTheSameCardEndsTheWork) {
  live_now();
  use(bobs_card());
  for (int round = 0; round < 4; ++round) {
    for (const v1::ClientFrame& frame : asks()) {
      if (frame.has_get_users()) {
        feed(frame.request(), [](auto& f) {
          f.mutable_users()->add_users()->set_name("bob");
          f.mutable_users()->mutable_users(0)->set_public_key(spki(1));
        });
      }
      if (!frame.has_redeem_card()) continue;
      feed(frame.request(), [](auto& f) { f.mutable_card_redeemed(); });
      refuse_turn();
    }
  }
  EXPECT_THAT(answers_, ElementsAre("the disk is full"));
  EXPECT_EQ(bobs(), Standing::kNone);
  EXPECT_EQ(trust(), Trust::kFirstContact);
  EXPECT_THAT(notes(), IsEmpty());
  live_now();
  use(bobs_card());
  EXPECT_THAT(serve(1), SizeIs(1));
  EXPECT_EQ(answers_.back(), "used bob");
  EXPECT_EQ(trust(), Trust::kVerified);
  EXPECT_THAT(notes(), SizeIs(1));
}

TEST_F(CardsTest, WrongCardsAreRefusedHere) {
  live_now();
  use("fastchat-card:bob:broken");
  EXPECT_THAT(answers_.back(), HasSubstr("not a contact card: a part is missing"));
  use(e2e::Card{"alice", me().fpr(), Bytes(16, 't')});
  EXPECT_EQ(answers_.back(), "this is your own card: give it to somebody else");
  begin();
  ASSERT_TRUE(standings_.decide(store::ConversationId::direct("bob"), Standing::kBlocked).ok());
  commit();
  use(bobs_card());
  EXPECT_EQ(answers_.back(), "you blocked bob: unblock bob first");
  for (const v1::ClientFrame& frame : asks()) EXPECT_FALSE(frame.has_redeem_card());
}

}  // namespace
}  // namespace fastchat::client
