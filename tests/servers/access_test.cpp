#include "servers/access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "sim/network.hpp"

namespace wirelab::servers {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kPublisher = "publisher-0123456789", kListener = "listener-0123456789";

net::Request asked(const std::string& method, const std::string& target, net::Headers headers) {
  auto request = sim::make_request(method, target);
  request.headers = std::move(headers);
  request.upgrade = target.starts_with("/websocket") || target == "/echo";
  return request;
}

std::string field(const net::Answer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers)
    if (key == name) return value;
  return {};
}

struct Verdict {
  int status = 0;  ///< 0: let in
  std::string challenge, body;
};

Verdict knock(const Access& access, const std::string& method, const std::string& target,
              const std::string& authorization) {
  const auto request =
      asked(method, target, authorization.empty() ? net::Headers{} : net::Headers{{"authorization", authorization}});
  const auto route = std::get<Route>(parse_route(request, {}, {true, true, true, true}, true));
  const auto refusal = refuse_without_token(request, route, access);
  if (!refusal) return {};
  return {refusal->status, field(*refusal, "WWW-Authenticate"), std::string(refusal->body.text())};
}

TEST(Token, IsNotAskedForUnlessThereIsOne) {
  for (const char* target : {"/", "/load", "/metrics", "/echo", "/short-poll/news", "/websocket/news"})
    EXPECT_EQ(knock({}, "GET", target, "").status, 0) << target;
  EXPECT_EQ(knock({}, "POST", "/publish/news", "").status, 0);
}

TEST(Token, EachIsForItsOwn) {
  const Access both{kPublisher, kListener, {}};
  for (const char* target : {"/short-poll/news", "/keep-alive/news", "/long-poll/news", "/websocket/news"}) {
    EXPECT_EQ(knock(both, "GET", target, "").status, 401) << target;
    EXPECT_EQ(knock(both, "GET", target, "Bearer " + kListener).status, 0) << target;
    EXPECT_EQ(knock(both, "GET", target, "Bearer " + kPublisher).status, 403) << target;
  }
  EXPECT_EQ(knock(both, "POST", "/publish/news", "").status, 401);
  EXPECT_EQ(knock(both, "POST", "/publish/news", "Bearer " + kPublisher).status, 0);
  EXPECT_EQ(knock(both, "POST", "/publish/news", "Bearer " + kListener).status, 403);
  for (const char* target : {"/load", "/metrics", "/echo"}) {
    EXPECT_EQ(knock(both, "GET", target, "").status, 401) << target;
    EXPECT_EQ(knock(both, "GET", target, "Bearer " + kPublisher).status, 0) << target;
    EXPECT_EQ(knock(both, "GET", target, "Bearer " + kListener).status, 0) << target;
  }
  EXPECT_EQ(knock(both, "GET", "/", "").status, 0) << "a page for people";
  const Access publishing{kPublisher, "", {}};
  EXPECT_EQ(knock(publishing, "GET", "/short-poll/news", "").status, 0);
  EXPECT_EQ(knock(publishing, "GET", "/load", "").status, 401);
}

TEST(Token, ARefusalSaysWhatIsWrongAsRfc6750Does) {
  const Access both{kPublisher, kListener, {}};
  const std::string realm = "Bearer realm=\"wirelab\"";
  EXPECT_EQ(knock(both, "POST", "/publish/news", "").challenge, realm);
  EXPECT_EQ(knock(both, "POST", "/publish/news", "Basic abc").challenge, realm);
  EXPECT_EQ(knock(both, "POST", "/publish/news", "Bearer abc").challenge, realm + ", error=\"invalid_token\"");
  EXPECT_EQ(knock(both, "POST", "/publish/news", "Bearer " + kListener).challenge,
            realm + ", error=\"insufficient_scope\"");
  EXPECT_THAT(knock(both, "POST", "/publish/news", "Bearer abc").body, Not(HasSubstr("abc")));
}

TEST(Token, TheSchemeHasNoCaseAndTheTokenHas) {
  const Access one{kPublisher, "", {}};
  EXPECT_EQ(knock(one, "POST", "/publish/news", "bearer  " + kPublisher).status, 0);
  std::string shouted = kPublisher;
  std::transform(shouted.begin(), shouted.end(), shouted.begin(), [](unsigned char c) { return std::toupper(c); });
  for (const std::string& wrong : {shouted, kPublisher + "x", kPublisher.substr(1), kPublisher + kPublisher,
                                   std::string(), kPublisher + ", " + kPublisher})
    EXPECT_EQ(knock(one, "POST", "/publish/news", "Bearer " + wrong).status, 401) << wrong;
}

TEST(Token, WithoutAPublishersAWebSocketOnlyListens) {
  const Access both{kPublisher, kListener, {}};
  EXPECT_FALSE(may_publish(asked("GET", "/websocket/news", {{"authorization", "Bearer " + kListener}}), both));
  EXPECT_TRUE(may_publish(asked("GET", "/websocket/news", {{"authorization", "Bearer " + kPublisher}}), both));
  EXPECT_TRUE(may_publish(asked("GET", "/websocket/news", {}), {"", kListener, {}}));
}

TEST(Token, IsComparedWhole) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  for (const char* wrong : {"", "a", "ab", "abd", "bbc", "abcabc", "abca"})
    EXPECT_FALSE(equal_in_constant_time(wrong, "abc")) << wrong;
  EXPECT_FALSE(equal_in_constant_time("abc", ""));
}

int stranger(const Access& access, const std::string& host, const std::string& origin) {
  net::Headers headers{{"host", host}};
  if (!origin.empty()) headers.emplace_back("origin", origin);
  const auto refusal = refuse_stranger(asked("GET", "/load", headers), access);
  return refusal ? refusal->status : 0;
}

TEST(Origin, ItsOwnAndThoseListedAndNoPageAtAll) {
  const Access listed{"", "", {"https://app.example", "http://other.example:81"}};
  EXPECT_EQ(stranger(listed, "127.0.0.1:9000", ""), 0);
  EXPECT_EQ(stranger(listed, "127.0.0.1:9000", "http://127.0.0.1:9000"), 0);
  EXPECT_EQ(stranger(listed, "localhost:9000", "http://LOCALHOST:9000"), 0);
  EXPECT_EQ(stranger(listed, "[::1]:9000", "http://[::1]:9000"), 0);
  EXPECT_EQ(stranger(listed, "127.0.0.1:9000", "https://app.example"), 0);
  EXPECT_EQ(stranger(listed, "127.0.0.1:9000", "http://other.example:81"), 0);
  for (const char* wrong : {"http://app.example", "https://app.example.evil.example", "https://app.example:444",
                            "https://app.example/", "http://127.0.0.1:9001", "http://127.0.0.1", "null", "file://",
                            "ws://127.0.0.1:9000", "https://app.example,https://app.example", "http://"})
    EXPECT_EQ(stranger(listed, "127.0.0.1:9000", wrong), 403) << wrong;
  EXPECT_EQ(stranger({"", "", {"*"}}, "127.0.0.1:9000", "null"), 0);
}

TEST(Origin, ANameThatAnybodyCouldGiveUsIsNotOurs) {
  EXPECT_EQ(stranger({}, "evil.example:9000", "http://evil.example:9000"), 403) << "DNS rebinding";
  EXPECT_EQ(stranger({"", "", {"http://lab.example:9000"}}, "lab.example:9000", "http://lab.example:9000"), 0);
}

TEST(Host, ANameIsTakenOnlyWhereNobodyElseCanBeMeant) {
  const Access checked{"", "", {"https://app.example:444"}, true};
  for (const char* good : {"", "127.0.0.1", "127.0.0.1:9000", "[::1]:9000", "localhost", "LocalHost:1", "app.example"})
    EXPECT_EQ(stranger(checked, good, ""), 0) << good;
  for (const char* wrong : {"evil.example", "evil.example:9000", "localhost.evil.example", "127.0.0.1.evil.example"})
    EXPECT_EQ(stranger(checked, wrong, ""), 421) << wrong;
  EXPECT_EQ(stranger({}, "evil.example", ""), 0) << "not checked";
  EXPECT_EQ(stranger({"", "", {"*"}, true}, "evil.example", ""), 0) << "everybody is welcome";
}

TEST(Origin, OnlyAListedPageMayReadTheAnswer) {
  const Access listed{"", "", {"https://app.example"}};
  EXPECT_TRUE(allow_origin(asked("GET", "/load", {}), listed).empty()) << "what is measured is no longer for it";
  EXPECT_TRUE(allow_origin(asked("GET", "/load", {{"origin", "https://other.example"}}), listed).empty());
  const net::Headers allowed = allow_origin(asked("GET", "/load", {{"origin", "https://app.example"}}), listed);
  ASSERT_EQ(allowed.size(), 2u);
  EXPECT_EQ(allowed[0].second, "https://app.example");
  EXPECT_EQ(allowed[1].first, "Vary");
}

TEST(Origin, APageThatIsListedMayAskWhetherItMaySend) {
  const Access listed{"", "", {"https://app.example"}};
  const auto yes = answer_preflight(asked("OPTIONS", "/publish/news", {{"origin", "https://app.example"}}), listed);
  ASSERT_TRUE(yes);
  EXPECT_EQ(yes->status, 200);
  EXPECT_THAT(field(*yes, "Access-Control-Allow-Headers"), HasSubstr("authorization"));
  EXPECT_FALSE(answer_preflight(asked("OPTIONS", "/publish/news", {{"origin", "https://other.example"}}), listed));
  EXPECT_FALSE(answer_preflight(asked("OPTIONS", "/publish/news", {}), listed));
  EXPECT_FALSE(answer_preflight(asked("GET", "/load", {{"origin", "https://app.example"}}), listed));
}

TEST(Origin, WhatIsNoneIsRefusedWhenItIsGiven) {
  for (const char* good : {"*", "http://localhost:8080", "https://app.example", "http://[::1]:80"})
    EXPECT_NO_THROW(check_origin(good)) << good;
  for (const char* wrong :
       {"", "app.example", "https://", "https://app.example/", "ws://app.example", "null", "http://a b"})
    EXPECT_THROW(check_origin(wrong), std::invalid_argument) << wrong;
}

}  // namespace
}  // namespace wirelab::servers
