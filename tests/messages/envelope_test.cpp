#include "messages/envelope.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wirelab::messages {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Envelope, IsByteForByteWhatTheContractSays) {
  Store store({}, 42);
  EXPECT_EQ(encode(store.after("a", store.newest("a"))), R"({"cursor":"16-0","messages":[]})");
  store.append("a", "one");
  store.append("a", "a \"quoted\" two");
  EXPECT_EQ(encode(store.after("a", {42, 0})), R"({"cursor":"16-2","messages":["one","a \"quoted\" two"]})");
  EXPECT_EQ(encode(store.after("a", {41, 0})), R"({"cursor":"16-2","messages":["one","a \"quoted\" two"],"gap":true})");
}

TEST(Envelope, KnowsItsLengthBeforehand) {
  Store store({}, 42);
  for (const auto& cursor : {Cursor{42, 0}, Cursor{1, 0}})
    EXPECT_EQ(encoded_bytes(store.after("a", cursor)), encode(store.after("a", cursor)).size());
  for (int i = 0; i < 12; ++i) {
    store.append("a", std::string(static_cast<std::size_t>(i), '"'));
    for (const auto& cursor : {Cursor{42, 0}, Cursor{1, 0}})
      EXPECT_EQ(encoded_bytes(store.after("a", cursor)), encode(store.after("a", cursor)).size());
  }
}

TEST(Envelope, ReadsBackWhatWasWritten) {
  Store store({}, 42);
  const std::vector<std::string> texts = {"", "\"\\/\b\f\n\r\t", std::string(1, '\0'), "\u00e9\u4e2d\U0001f600",
                                          "plain"};
  for (const auto& text : texts) store.append("a", text);
  const auto envelope = decode(encode(store.after("a", {7, 0})));
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->messages, texts);
  EXPECT_EQ(envelope->cursor, "16-5");
  EXPECT_TRUE(envelope->gap);
}

/// What encode() writes is read by a shorter way than any other JSON (a space in front is enough): nobody may notice.
TEST(Envelope, IsReadAlikeByBothWays) {
  const char* texts[] = {
      R"({"cursor":"16-0","messages":[]})",
      R"({"cursor":"16-2","messages":["one","two"],"gap":true})",
      R"({"cursor":"16-2","messages":["one","a \"quoted\" two"]})",
      R"({"cursor":"","messages":["\u00e9","\ud83d\ude00","\\"]})",
      "{\"cursor\":\"c\",\"messages\":[\"\u00e9\u4e2d\U0001f600\",\"\x7f\"]}",
      "{\"cursor\":\"c\",\"messages\":[\"a\tb\"]}",
      "{\"cursor\":\"c\",\"messages\":[\"\xff\"]}",
      R"({"cursor":"c","messages":["a",]})",
      R"({"cursor":"c","messages":["a" "b"]})",
      R"({"cursor":"c","messages":["a"],"gap":false})",
      R"({"cursor":"c","messages":["a"],"gap":true} )",
      R"({"cursor":"c","messages":["a"]}})",
      R"({"cursor":"c","messages":["a)",
      R"({"cursor":"c","messages":["a"])",
      R"({"cursor":"c","messages":[,"a"]})",
      R"({"cursor":"c)",
      R"({"cursor":"c","messages":["a"],"n":1})",
  };
  for (const std::string text : texts) {
    const auto plain = decode(text), parsed = decode(" " + text);
    ASSERT_EQ(plain.has_value(), parsed.has_value()) << text;
    if (!plain) continue;
    EXPECT_EQ(plain->cursor, parsed->cursor) << text;
    EXPECT_EQ(plain->messages, parsed->messages) << text;
    EXPECT_EQ(plain->gap, parsed->gap) << text;
  }
}

TEST(Envelope, IgnoresWhatItDoesNotKnow) {
  const auto envelope = decode(
      R"( {"server":{"a":[1,{"messages":["no"],"cursor":"no"}]},"messages":["yes"],"gap":false,"cursor":"c","n":1} )");
  ASSERT_TRUE(envelope);
  EXPECT_THAT(envelope->messages, ElementsAre("yes"));
  EXPECT_EQ(envelope->cursor, "c");
  EXPECT_FALSE(envelope->gap);
}

TEST(Envelope, SaysWhatIsWrong) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "parse error"},
      {"{", "parse error"},
      {R"({"cursor":"c","messages":[]} x)", "parse error"},
      {"[]", "must be an object, not an array"},
      {"\"text\"", "must be an object, not a string"},
      {"{}", "no \"cursor\""},
      {R"({"cursor":"c"})", "no \"messages\""},
      {R"({"messages":[]})", "no \"cursor\""},
      {R"({"cursor":1,"messages":[]})", "\"cursor\" must be a string"},
      {R"({"cursor":"c","messages":"m"})", "\"messages\" must be an array"},
      {R"({"cursor":"c","messages":[1]})", "\"messages\" must hold strings, not a number"},
      {R"({"cursor":"c","messages":[["m"]]})", "\"messages\" must hold strings, not an array"},
      {R"({"cursor":"c","messages":["m",{}]})", "\"messages\" must hold strings, not an object"},
      {std::string(100'000, '['), "must be an object"},
      {R"({"cursor":"c","messages":["\ud800"]})", "parse error"},
      {"{\"cursor\":\"c\",\"messages\":[\"\xff\"]}", "parse error"},
  };
  for (const auto& [text, why] : cases) {
    std::string error;
    EXPECT_FALSE(decode(text, &error)) << text;
    EXPECT_THAT(error, HasSubstr(why)) << text.substr(0, 60);
  }
}

TEST(Envelope, DoesNotFollowAStrangerDownForEver) {
  std::string deep = R"({"cursor":"c","messages":[],"x":)";
  deep += std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_FALSE(decode(deep));
}

}  // namespace
}  // namespace wirelab::messages
