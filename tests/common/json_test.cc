#include "common/json.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace fastchat {
namespace {

TEST(Json, KeepsTheOrderOfFieldsAndEveryNumber) {
  Json j;
  j.add("b", "say \"hi\"\\\n\t\x01\x7f").add_number("a", 18446744073709551615u).add_number("n", int64_t{-5});
  j.add_bool("yes", true).add_bool("no", false).add("b2", std::string("é \U0001F389"));
  EXPECT_EQ(j.str(),
            "{\"b\":\"say \\\"hi\\\"\\\\\\n\\t\\u0001\x7f\",\"a\":18446744073709551615,\"n\":-5,\"yes\":true,"
            "\"no\":false,\"b2\":\"é \U0001F389\"}");
  EXPECT_EQ(Json().str(), "{}");
}

TEST(Json, RoundsDecimals) {
  Json j;
  j.add_decimal("c", 1.2345, 2).add_decimal("d", 0.1 + 0.2).add_decimal("e", 2, 1).add_decimal("f", -0.0049, 2);
  EXPECT_EQ(j.str(), R"({"c":1.23,"d":0.3,"e":2.0,"f":-0.0})");
  for (const double odd : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN(), 1e308}) {
    EXPECT_TRUE(nlohmann::json::accept(Json().add_decimal("x", odd).str())) << odd;
  }
}

TEST(Json, HoldsListsAndObjects) {
  std::vector<Json> list(2);
  list[0].add("x", "1");
  Json inner;
  inner.add_list("none", std::vector<std::string>{}).add_list("some", std::vector<std::string>{"a", "b"});
  EXPECT_EQ(Json().add("in", inner).add_list("l", list).add_list("e", std::vector<Json>{}).str(),
            R"({"in":{"none":[],"some":["a","b"]},"l":[{"x":"1"},{}],"e":[]})");
}

TEST(Json, IsUtf8WhateverItHolds) {
  for (const std::string text : {"\xff", "a\xc3", "\xed\xa0\x80", "\xf0\x9f\x98"}) {
    Json j;
    j.add(text, text).add_list("list", std::vector<std::string>{text});
    const std::string line = j.str();
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace fastchat
