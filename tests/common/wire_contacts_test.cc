// The parser on contacts and cards: one standing for each user or group, in order; tokens and hashes of their sizes;
// and what peers of earlier versions are told.
#include <gtest/gtest.h>

#include "common/wire.h"
#include "tests/common/frame_codes.h"

namespace fastchat {
namespace {

v1::Contact user(const Bytes& name, v1::Standing standing = v1::ACCEPTED) {
  v1::Contact c;
  c.set_user(name);
  c.set_standing(standing);
  return c;
}

v1::Contact group(char byte, v1::Standing standing = v1::ACCEPTED, size_t size = 32) {
  v1::Contact c;
  c.set_group(Bytes(size, byte));
  c.set_standing(standing);
  return c;
}

Code put(std::initializer_list<v1::Contact> contacts) {
  v1::ClientFrame f;
  f.set_request(1);
  f.mutable_put_contacts();
  for (const auto& c : contacts) *f.mutable_put_contacts()->add_contacts() = c;
  return parse(f);
}

Code page(std::initializer_list<v1::Contact> contacts, v1::Strangers strangers = v1::ASK) {
  v1::ServerFrame f;
  f.set_request(1);
  f.mutable_contacts()->set_strangers(strangers);
  for (const auto& c : contacts) *f.mutable_contacts()->add_contacts() = c;
  return parse(f);
}

TEST(WireContacts, ChangesNameUsersThenGroupsInOrder) {
  EXPECT_EQ(put({}), Code::kOk);
  EXPECT_EQ(put({user("ann"), user("bob", v1::BLOCKED), user("cat", v1::NONE), group('a'), group('b', v1::NONE)}),
            Code::kOk);
  EXPECT_EQ(put({user("bob"), user("ann")}), Code::kMalformed);
  EXPECT_EQ(put({user("ann"), user("ann", v1::NONE)}), Code::kMalformed) << "twice";
  EXPECT_EQ(put({group('b'), group('a')}), Code::kMalformed);
  EXPECT_EQ(put({group('a'), group('a')}), Code::kMalformed);
  EXPECT_EQ(put({group('a'), user("zoe")}), Code::kMalformed) << "users come first";
  EXPECT_EQ(put({user("An")}), Code::kMalformed) << "no name of a user";
  EXPECT_EQ(put({v1::Contact()}), Code::kMalformed) << "neither";
  auto both = user("ann");
  both.set_group(Bytes(32, 'g'));
  EXPECT_EQ(put({both}), Code::kMalformed);
  EXPECT_EQ(put({group('a', v1::BLOCKED)}), Code::kMalformed) << "nobody blocks a group";
  EXPECT_EQ(put({group('a', v1::ACCEPTED, 31)}), Code::kMalformed);
  EXPECT_EQ(put({user("ann", static_cast<v1::Standing>(3))}), Code::kMalformed) << "not listed";
}

TEST(WireContacts, ChangesAndPagesHaveABound) {
  const auto name = [](size_t i) {
    const std::string n = std::to_string(100'000 + i);
    return "u" + n;
  };
  v1::ClientFrame f;
  f.set_request(1);
  for (size_t i = 0; i < wire::kMaxContactChanges; ++i) *f.mutable_put_contacts()->add_contacts() = user(name(i));
  EXPECT_EQ(parse(f), Code::kOk);
  *f.mutable_put_contacts()->add_contacts() = user("zoe");
  EXPECT_EQ(parse(f), Code::kMalformed);

  v1::ServerFrame answer;
  answer.set_request(1);
  auto* m = answer.mutable_contacts();
  m->set_strangers(v1::TAKE);
  for (size_t i = 0; i < wire::kMaxContactsPerPage; ++i) *m->add_contacts() = user(name(i));
  EXPECT_EQ(parse(answer), Code::kOk);
  *m->add_contacts() = user("zoe");
  EXPECT_EQ(parse(answer), Code::kMalformed);
}

TEST(WireContacts, ThePolicyIsOneOfThree) {
  v1::ClientFrame f;
  f.set_request(1);
  f.mutable_put_contacts()->set_strangers(v1::REFUSE);
  EXPECT_EQ(parse(f), Code::kOk);
  f.mutable_put_contacts()->set_strangers(static_cast<v1::Strangers>(4));
  EXPECT_EQ(parse(f), Code::kMalformed);
  EXPECT_EQ(page({}), Code::kOk);
  EXPECT_EQ(page({}, v1::STRANGERS_NOT_SET), Code::kMalformed);
  EXPECT_EQ(page({user("ann", v1::NONE)}), Code::kMalformed) << "a list has no strangers";
}

TEST(WireContacts, APageBeginsAfterAUserOrAGroup) {
  const auto get = [](const Bytes& after, const Bytes& after_group) {
    v1::ClientFrame f;
    f.set_request(1);
    f.mutable_get_contacts()->set_after(after);
    f.mutable_get_contacts()->set_after_group(after_group);
    return parse(f);
  };
  EXPECT_EQ(get("", ""), Code::kOk);
  EXPECT_EQ(get("ann", ""), Code::kOk);
  EXPECT_EQ(get("", Bytes(32, 'g')), Code::kOk);
  EXPECT_EQ(get("ann", Bytes(32, 'g')), Code::kMalformed);
  EXPECT_EQ(get("A", ""), Code::kMalformed);
  EXPECT_EQ(get("", Bytes(33, 'g')), Code::kMalformed);
}

TEST(WireContacts, CardsHaveAHashATimeAndAToken) {
  const auto card = [](size_t hash, int64_t until_ms) {
    v1::ClientFrame f;
    f.set_request(1);
    f.mutable_put_card()->set_token_hash(Bytes(hash, 'h'));
    f.mutable_put_card()->set_until_ms(until_ms);
    return parse(f);
  };
  EXPECT_EQ(card(32, 1), Code::kOk);
  EXPECT_EQ(card(31, 1), Code::kMalformed);
  EXPECT_EQ(card(32, 0), Code::kMalformed);
  EXPECT_EQ(card(32, -1), Code::kMalformed);
  const auto redeem = [](const Bytes& name, size_t token) {
    v1::ClientFrame f;
    f.set_request(1);
    f.mutable_redeem_card()->set_user(name);
    f.mutable_redeem_card()->set_token(Bytes(token, 't'));
    return parse(f);
  };
  EXPECT_EQ(redeem("ann", 16), Code::kOk);
  EXPECT_EQ(redeem("no name", 16), Code::kOk) << "answered as an unknown card";
  EXPECT_EQ(redeem("", 16), Code::kMalformed);
  EXPECT_EQ(redeem(Bytes(129, 'a'), 16), Code::kMalformed);
  EXPECT_EQ(redeem("ann", 15), Code::kMalformed);
}

TEST(WireContacts, EarlierVersionsGetTheNearestCode) {
  for (const uint32_t version : {1u, 2u, 3u}) {
    EXPECT_EQ(wire::code_for(version, Code::kRefused), Code::kNotAllowed);
    EXPECT_EQ(wire::code_for(version, Code::kNotAcceptedYet), Code::kRecipientFull);
  }
  EXPECT_EQ(wire::code_for(4, Code::kRefused), Code::kRefused);
  EXPECT_EQ(wire::code_for(4, Code::kNotAcceptedYet), Code::kNotAcceptedYet);
}

}  // namespace
}  // namespace fastchat
