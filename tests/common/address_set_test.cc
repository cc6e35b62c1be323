#include "common/address_set.h"

#include <gtest/gtest.h>

namespace fastchat {
namespace {

AddressSet set_of(std::string_view list) {
  auto set = AddressSet::parse(list);
  EXPECT_TRUE(set.ok()) << list;
  return set.ok() ? *set : AddressSet();
}

TEST(AddressSet, HoldsAddressesAndPrefixesOfBothFamilies) {
  const auto set = set_of("192.0.2.7, 10.0.0.0/8,172.16.0.0/12 , 2001:db8::/33, fe80::1");
  for (const char* in :
       {"192.0.2.7", "10.0.0.0", "10.255.1.2", "172.31.255.255", "2001:db8:7fff::1", "fe80::1", "::ffff:10.1.1.1"}) {
    EXPECT_TRUE(set.contains(in)) << in;
  }
  for (const char* out :
       {"192.0.2.8", "11.0.0.0", "172.32.0.0", "2001:db8:8000::1", "fe80::2", "::10.1.1.1", "", "x", "10.0.0.1:7999"}) {
    EXPECT_FALSE(set.contains(out)) << out;
  }
}

TEST(AddressSet, AllAndNone) {
  EXPECT_TRUE(set_of("").empty());
  EXPECT_TRUE(set_of(" , ").empty());
  EXPECT_FALSE(set_of("").contains("10.0.0.1"));
  EXPECT_TRUE(set_of("0.0.0.0/0").contains("203.0.113.9"));
  EXPECT_FALSE(set_of("0.0.0.0/0").contains("2001:db8::1"));
  EXPECT_TRUE(set_of("::/0").contains("2001:db8::1"));
}

TEST(AddressSet, NamesWhatItCannotRead) {
  for (const char* bad : {"10.0.0.0/33", "10.0.0/8", "2001:db8::/129", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x",
                          "host", "10.0.0.1:80"}) {
    const auto set = AddressSet::parse(std::string("192.0.2.1,") + bad);
    ASSERT_FALSE(set.ok()) << bad;
    EXPECT_NE(set.error().text.find(bad), std::string::npos) << set.error().text;
  }
}

}  // namespace
}  // namespace fastchat
