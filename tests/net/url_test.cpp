#include "net/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/frame_bytes.hpp"

namespace wirelab::net {
namespace {

using testing::HasSubstr;
using testing::Throws;
using testing::ThrowsMessage;

TEST(Url, IsHostAndPort) {
  EXPECT_EQ(parse_url("http://127.0.0.1:9000").host, "127.0.0.1");
  EXPECT_EQ(parse_url("http://127.0.0.1:9000").port, 9000);
  EXPECT_EQ(parse_url("http://localhost").port, 80);
  EXPECT_EQ(parse_url("http://lab-1.example:65535/").port, 65535);
  EXPECT_EQ(parse_url("http://[::1]:9000").host, "::1");
  EXPECT_EQ(parse_url("http://[::1]:9000").port, 9000);
  EXPECT_EQ(parse_url("http://[::1]").port, 80);
  EXPECT_FALSE(parse_url("http://localhost").tls);
}

TEST(Url, OfHttpsHasAPortOfItsOwn) {
  EXPECT_TRUE(parse_url("https://localhost").tls);
  EXPECT_EQ(parse_url("https://localhost").port, 443);
  EXPECT_EQ(parse_url("https://[::1]").port, 443);
  EXPECT_EQ(parse_url("https://localhost:9443").port, 9443);
}

TEST(Url, KeepsTheAuthorityAsGivenForTheHostField) {
  EXPECT_EQ(parse_url("http://localhost:9000/").authority, "localhost:9000");
  EXPECT_EQ(parse_url("http://[::1]:9000").authority, "[::1]:9000");
}

TEST(Url, AnythingElseIsRefusedByName) {
  for (const char* wrong : {"",
                            "127.0.0.1:9000",
                            "wss://127.0.0.1:9000",
                            "HTTP//x",
                            "https://",
                            "https://a/b",
                            "http://",
                            "http://:80",
                            "http://a:0",
                            "http://a:65536",
                            "http://a:",
                            "http://a:9x",
                            "http://a:-1",
                            "http://a/b",
                            "http://a?b",
                            "http://a#b",
                            "http://u@a:1",
                            "http://[::1",
                            "http://[::1]9",
                            "http://[zz]:1",
                            "http://a b:1",
                            "http://::1:9000",
                            "http://a:9000//"})
    EXPECT_THAT([wrong] { parse_url(wrong); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("\"" + std::string(wrong) + "\"")))
        << wrong;
}

TEST(Url, NamesAreResolvedToIPv4First) {
  EXPECT_EQ(numeric_address(parse_url("http://localhost:1")), "127.0.0.1");
  EXPECT_EQ(numeric_address(parse_url("http://127.0.0.9:1")), "127.0.0.9");
  EXPECT_EQ(numeric_address(parse_url("http://[::1]:1")), "::1");
  EXPECT_THAT([] { numeric_address(parse_url("http://no-such-host.invalid:1")); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("no-such-host.invalid")));
}

TEST(Sources, AreHandedOutInTurn) {
  Sources sources({"127.0.0.2", "127.0.0.3"}, "127.0.0.1");
  EXPECT_EQ(sources.next()->text, "127.0.0.2");
  EXPECT_EQ(sources.next()->text, "127.0.0.3");
  EXPECT_EQ(sources.next()->text, "127.0.0.2");
  EXPECT_EQ(Sources({}, "127.0.0.1").next(), nullptr);
}

TEST(Sources, MustBeNumericAndOfTheServersKind) {
  for (const char* wrong : {"localhost", "", "::1", "127.0.0.256", "lo"})
    EXPECT_THAT([wrong] { Sources({wrong}, "127.0.0.1"); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("\"" + std::string(wrong) + "\"")))
        << wrong;
  EXPECT_THAT([] { Sources({"127.0.0.1"}, "::1"); }, Throws<std::invalid_argument>());
  EXPECT_NO_THROW(Sources({"::1"}, "::1"));
}

TEST(FrameBytes, AreThoseOfRfc6455) {
  EXPECT_EQ(frame_header_bytes(0, Masked::no), 2u);
  EXPECT_EQ(frame_header_bytes(125, Masked::no), 2u);
  EXPECT_EQ(frame_header_bytes(126, Masked::no), 4u);
  EXPECT_EQ(frame_header_bytes(65'535, Masked::no), 4u);
  EXPECT_EQ(frame_header_bytes(65'536, Masked::no), 10u);
  EXPECT_EQ(frame_header_bytes(125, Masked::yes), 6u);
  EXPECT_EQ(frame_header_bytes(126, Masked::yes), 8u);
  EXPECT_EQ(frame_header_bytes(65'536, Masked::yes), 14u);
}

}  // namespace
}  // namespace wirelab::net
