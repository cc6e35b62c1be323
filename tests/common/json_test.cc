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

std::string again(std::string_view text, size_t depth = 16) {
  const Result<JsonValue> value = parse_json(text, depth);
  return value.ok() ? value->str() : "refused: " + value.error().text;
}

TEST(JsonReader, ReadsEveryKindAsItIsWritten) {
  for (const char* text : {"null", "true", "false", "0", "-12", "18446744073709551615", "1.50", "2e-3", "\"\"", "[]",
                           "{}", R"("a\"b\\ é")", R"([1,"x",[null],{"a":{"b":[]}}])", R"({"b":1,"a":[true,{}]})"}) {
    EXPECT_EQ(again(text), text);
  }
  EXPECT_EQ(again(" {\t\"a\" :\r\n1 } "), R"({"a":1})");
  EXPECT_EQ(again("\"\\u00e9\\ud83c\\udf89\\n\""), "\"\u00e9\U0001F389\\n\"");
}

TEST(JsonReader, FindsFieldsAndWholeNumbers) {
  const Result<JsonValue> value = parse_json(R"({"n":-5,"f":1.0,"big":9223372036854775808,"s":"7","o":{"x":null}})");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(value->find("n")->whole(), -5);
  for (const char* name : {"f", "big", "s", "o"}) EXPECT_EQ(value->find(name)->whole(), std::nullopt) << name;
  EXPECT_EQ(value->find("x"), nullptr);
  EXPECT_TRUE(value->find("o")->find("x")->is(JsonValue::Kind::kNull));
}

TEST(JsonReader, RefusesEverythingElseWithOneLine) {
  using namespace std::string_literals;
  for (const std::string& text : {""s,
                                  " "s,
                                  "{"s,
                                  "[1,]"s,
                                  "{\"a\":1,}"s,
                                  "{a:1}"s,
                                  "'a'"s,
                                  "01"s,
                                  "+1"s,
                                  "1."s,
                                  "NaN"s,
                                  "1e999"s,
                                  "nul"s,
                                  "{} {}"s,
                                  "1 2"s,
                                  "\"\xff\""s,
                                  "\"\xc0\xaf\""s,
                                  "\"a\nb\""s,
                                  R"("\ud800")"s,
                                  "\xef\xbb\xbf[]\xef"s,
                                  "{}\0{}"s,
                                  "/**/1"s,
                                  R"({"a":1,"a":2})"s,
                                  R"([{"x":{"y":0,"y":0}}])"s}) {
    const Result<JsonValue> value = parse_json(text);
    ASSERT_FALSE(value.ok()) << text;
    EXPECT_EQ(value.code(), Code::kMalformed);
    EXPECT_EQ(value.error().text.find('\n'), std::string::npos);
    EXPECT_NE(value.error().text, "");
  }
}

TEST(JsonReader, BoundsTheDepth) {
  EXPECT_EQ(again("[[{}]]", 3), "[[{}]]");
  EXPECT_EQ(again("[[{\"a\":[]}]]", 3), "refused: more than 3 levels");
  EXPECT_EQ(again(std::string(1'000'000, '['), 16), "refused: more than 16 levels");
  std::string wide = "[";
  for (int i = 0; i < 10'000; ++i) wide += "[[]],";
  EXPECT_EQ(again(wide + "0]", 3), wide + "0]");
}

TEST(JsonReader, QuotesTexts) {
  EXPECT_EQ(json_quoted("a\"\n\xff"), "\"a\\\"\\n\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace fastchat
