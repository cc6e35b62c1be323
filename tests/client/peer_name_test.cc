// PeerName: the typed and shown name of a user and of a group.
#include "client/runtime/peer_name.h"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <unordered_set>

#include "client/store/conversation_id.h"

namespace fastchat::client {
namespace {

// A text becomes a PeerName only explicitly. A ConversationId, the store's name of a conversation, never becomes one.
static_assert(!std::is_convertible_v<std::string, PeerName>);
static_assert(!std::is_convertible_v<PeerName, std::string>);
static_assert(!std::is_constructible_v<PeerName, store::ConversationId>);
static_assert(!std::is_constructible_v<store::ConversationId, PeerName>);

TEST(PeerName, AUserIsTypedByName) {
  const PeerName bob("bob");
  EXPECT_FALSE(bob.empty());
  EXPECT_FALSE(bob.is_group());
  EXPECT_EQ(bob.user(), "bob");
  EXPECT_EQ(bob.group(), "");
  EXPECT_EQ(bob.text(), "bob");
}

TEST(PeerName, AGroupIsTypedWithAHash) {
  const PeerName team("#team");
  EXPECT_TRUE(team.is_group());
  EXPECT_EQ(team.group(), "team");
  EXPECT_EQ(team.user(), "");
  EXPECT_EQ(team.text(), "#team");
}

TEST(PeerName, AGroupIsNamedWithOrWithoutTheHash) {
  EXPECT_EQ(PeerName::of_group("team"), PeerName("#team"));
  EXPECT_EQ(PeerName::of_group("#team"), PeerName("#team"));
  for (const char* none : {"", "#"}) {
    EXPECT_TRUE(PeerName::of_group(none).is_group());
    EXPECT_EQ(PeerName::of_group(none).group(), "");
  }
}

TEST(PeerName, NoneIsEmptyAndNoGroup) {
  for (const PeerName& none : {PeerName(), PeerName("")}) {
    EXPECT_TRUE(none.empty());
    EXPECT_FALSE(none.is_group());
    EXPECT_EQ(none.user(), "");
    EXPECT_EQ(none.group(), "");
  }
}

TEST(PeerName, IsComparedAndHashedByItsText) {
  EXPECT_LT(PeerName("#team"), PeerName("bob"));
  EXPECT_NE(PeerName("team"), PeerName::of_group("team"));
  const std::unordered_set<PeerName> set{PeerName("bob"), PeerName("#bob"), PeerName("bob")};
  EXPECT_EQ(set.size(), 2u);
}

}  // namespace
}  // namespace fastchat::client
