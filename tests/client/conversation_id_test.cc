// ConversationId: its stored form for a user and for a group, and the result of a damaged row.
#include "client/store/conversation_id.h"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <unordered_set>

namespace fastchat::store {
namespace {

// A text (such as a shown name or a user's name) never converts to a ConversationId, nor a ConversationId to a text.
static_assert(!std::is_convertible_v<std::string, ConversationId>);
static_assert(!std::is_constructible_v<ConversationId, std::string>);
static_assert(!std::is_convertible_v<ConversationId, std::string>);

TEST(ConversationId, AUserIsStoredByName) {
  const auto bob = ConversationId::direct("bob");
  EXPECT_FALSE(bob.empty());
  EXPECT_FALSE(bob.is_group());
  EXPECT_EQ(bob.user(), "bob");
  EXPECT_EQ(bob.group_id(), "");
  EXPECT_EQ(bob.stored(), "bob");
}

TEST(ConversationId, AGroupIsStoredByItsId) {
  const Bytes id = std::string(31, '\xab') + '\0';
  const auto group = ConversationId::group(id);
  EXPECT_TRUE(group.is_group());
  EXPECT_EQ(group.group_id(), id);
  EXPECT_EQ(group.user(), "");
  std::string digits = "#";
  for (int i = 0; i < 31; ++i) digits += "ab";
  EXPECT_EQ(group.stored(), digits + "00");
}

TEST(ConversationId, IsReadAsItWasStored) {
  for (const auto& one : {ConversationId::direct("bob"), ConversationId::group(Bytes(32, 'g')), ConversationId()}) {
    EXPECT_EQ(ConversationId::from_stored(one.stored()), one);
  }
}

TEST(ConversationId, ADamagedGroupHasNoId) {
  for (const char* text : {"#", "#team", "#abc"}) {
    const auto damaged = ConversationId::from_stored(text);
    EXPECT_TRUE(damaged.is_group()) << text;
    EXPECT_EQ(damaged.group_id(), "") << text;
    EXPECT_EQ(damaged.user(), "") << text;
    EXPECT_EQ(damaged.stored(), text);
  }
}

TEST(ConversationId, NoneIsEmptyAndNoGroup) {
  const ConversationId none;
  EXPECT_TRUE(none.empty());
  EXPECT_FALSE(none.is_group());
  EXPECT_EQ(none.user(), "");
}

TEST(ConversationId, IsComparedAndHashedByWhatIsStored) {
  const auto bob = ConversationId::direct("bob"), carol = ConversationId::direct("carol");
  EXPECT_LT(bob, carol);
  EXPECT_NE(bob, carol);
  const std::unordered_set<ConversationId> set{bob, carol, ConversationId::direct("bob")};
  EXPECT_EQ(set.size(), 2u);
}

}  // namespace
}  // namespace fastchat::store
