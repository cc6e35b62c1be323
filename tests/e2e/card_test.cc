// The lines of contact cards, and what is derived from their token.
#include "client/e2e/card.h"

#include <gtest/gtest.h>

#include <set>

#include "client/e2e/hash.h"

namespace fastchat::tests {
namespace {

using namespace e2e;

const Card kCard{"alice", Bytes(32, 'f'), Bytes(16, 't')};

std::string why(const std::string& line) {
  const Result<Card> card = parse_card(line);
  return card.ok() ? "ok" : card.error().text;
}

TEST(CardLine, GoesThereAndBackAndFitsASmallCode) {
  const std::string line = format_card(kCard);
  EXPECT_EQ(line, "fastchat-card:alice:ZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY:dHR0dHR0dHR0dHR0dHR0dA");
  const Card card = parse_card(line).value();
  EXPECT_EQ(card.user, kCard.user);
  EXPECT_EQ(card.fpr, kCard.fpr);
  EXPECT_EQ(card.token, kCard.token);
  EXPECT_LE(format_card({Bytes(32, 'n'), kCard.fpr, kCard.token}).size(), 134u) << "a QR code of version 6";
}

TEST(CardLine, MayBeWrappedByMailAndShells) {
  const std::string line = format_card(kCard);
  for (const std::string& form :
       {"  " + line + "\r\n", "<" + line + ">", "'" + line + "'", line.substr(0, 40) + "\n  " + line.substr(40)}) {
    EXPECT_EQ(why(form), "ok") << form;
  }
}

TEST(CardLine, IsExactOtherwise) {
  const std::string line = format_card(kCard);
  EXPECT_EQ(why(""), "not a contact card: it does not begin with fastchat-card:");
  EXPECT_EQ(why("fastchat://host:1/?key=x"), "not a contact card: it does not begin with fastchat-card:");
  EXPECT_EQ(why("Fastchat-card" + line.substr(13)), "not a contact card: it does not begin with fastchat-card:");
  EXPECT_EQ(why(line + ":"), "not a contact card: a part is missing or too many");
  EXPECT_EQ(why(line.substr(0, line.rfind(':'))), "not a contact card: a part is missing or too many");
  EXPECT_EQ(why("fastchat-card:Al:" + line.substr(20)), "not a contact card: the name is damaged");
  EXPECT_EQ(why("fastchat-card::" + line.substr(20)), "not a contact card: the name is damaged");
  EXPECT_EQ(why("fastchat-card:alice:A" + line.substr(20)), "not a contact card: the fingerprint is damaged");
  EXPECT_EQ(why("fastchat-card:alice::" + to_base64url(kCard.token)), "not a contact card: the fingerprint is damaged");
  EXPECT_EQ(why(line + "A"), "not a contact card: the token is damaged");
  EXPECT_EQ(why(line + " A"), "not a contact card: the token is damaged");
  EXPECT_EQ(why(line.substr(0, line.size() - 1)), "not a contact card: the token is damaged");
  EXPECT_EQ(why(line.substr(0, line.size() - 1) + "B"), "not a contact card: the token is damaged") << "spare bits";
  EXPECT_EQ(why(Bytes(5000, 'x')), "not a contact card: it is too long");
}

TEST(CardToken, TheServersPartsDoNotShowIt) {
  const Bytes& token = kCard.token;
  EXPECT_EQ(server_card_token(token), sha256(label("card-server") + token).substr(0, 16));
  EXPECT_EQ(server_card_hash(token), sha256(label("card") + server_card_token(token)));
  EXPECT_EQ(open_card_hash(token), sha256(label("card-open") + token));
  EXPECT_EQ(std::set<Bytes>({server_card_token(token), server_card_hash(token).substr(0, 16),
                             open_card_hash(token).substr(0, 16), token})
                .size(),
            4u);
}

}  // namespace
}  // namespace fastchat::tests
