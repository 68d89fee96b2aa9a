#include "messages/header_set.hpp"

#include <gtest/gtest.h>

namespace wirelab::messages {
namespace {

std::size_t characters(std::string_view first_line, const HeaderSet::Fields& fields) {
  std::size_t sum = first_line.size();
  for (const auto& [name, value] : fields) sum += name.size() + 2 + value.size();
  return sum;
}

/// A line end for each line, and the blank one.
std::size_t as_sent(std::string_view first_line, const HeaderSet::Fields& fields) {
  return characters(first_line, fields) + 2 * (1 + fields.size()) + 2;
}

TEST(HeaderSet, TheFamous871BytesAre909OnTheWire) {
  const HeaderSet& set = *find_header_set("lg2009");
  auto request = set.request;
  request.insert(request.begin(), {"Host", "localhost:8080"});
  auto response = set.response;
  response.insert(
      response.end(),
      {{"Content-Type", set.content_type}, {"Content-Length", "21"}, {"Date", "Sat, 07 Nov 2009 00:32:46 GMT"}});
  constexpr std::string_view kRequestLine = "GET /PollingStock//PollingStock HTTP/1.1";
  constexpr std::string_view kStatusLine = "HTTP/1.x 200 OK";
  EXPECT_EQ(characters(kRequestLine, request), 692u);
  EXPECT_EQ(characters(kStatusLine, response), 179u);
  EXPECT_EQ(characters(kRequestLine, request) + characters(kStatusLine, response), 871u);
  EXPECT_EQ(as_sent(kRequestLine, request) + as_sent(kStatusLine, response), 909u);
}

TEST(HeaderSet, ABrowserSends500To800BytesAsTheTextbookSays) {
  const HeaderSet& set = *find_header_set("browser");
  const auto bytes = as_sent("GET /long-poll/bench?after=k3f9x1-17 HTTP/1.1", set.request) +
                     std::string_view("Host: 127.0.0.1:9000\r\n").size();
  EXPECT_GE(bytes, 500u);
  EXPECT_LE(bytes, 800u);
}

TEST(HeaderSet, IsFoundByName) {
  for (const char* name : {"minimal", "browser", "lg2009"}) EXPECT_EQ(find_header_set(name)->name, name);
  EXPECT_EQ(find_header_set("huge"), nullptr);
}

}  // namespace
}  // namespace wirelab::messages
