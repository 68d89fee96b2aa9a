// Bodies in chunks, by a table; each read at once and byte by byte, with the same outcome.
#include "net/chunked_body.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace wirelab::net {
namespace {

using State = ChunkedBody::State;

constexpr std::size_t kBodyBytes = 20;

struct ChunkCase {
  std::string name;
  std::string sent;
  State state;
  std::string body;    // of a whole one
  std::string behind;  // what is none of it
};
void PrintTo(const ChunkCase& tested, std::ostream* to) { *to << tested.name; }

class ChunkedBodies : public testing::TestWithParam<ChunkCase> {
 protected:
  static void expect_taken(const std::string& input_left, State state, const std::string& body) {
    EXPECT_EQ(state, GetParam().state);
    if (GetParam().state != State::whole) return;
    EXPECT_EQ(body, GetParam().body);
    EXPECT_EQ(input_left, GetParam().behind);
  }
};

TEST_P(ChunkedBodies, AtOnce) {
  ChunkedBody chunks(kBodyBytes);
  std::string body;
  std::string_view input = GetParam().sent;
  const State state = chunks.take(input, body);
  expect_taken(std::string(input), state, body);
}

TEST_P(ChunkedBodies, ByteByByte) {
  ChunkedBody chunks(kBodyBytes);
  std::string body;
  std::string_view rest = GetParam().sent;
  State state = State::more;
  while (state == State::more && !rest.empty()) {
    std::string_view one = rest.substr(0, 1);
    state = chunks.take(one, body);
    rest.remove_prefix(1 - one.size());
  }
  expect_taken(std::string(rest), state, body);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ChunkedBodies,
    testing::Values(ChunkCase{"One", "5\r\nhello\r\n0\r\n\r\n", State::whole, "hello", ""},
                    ChunkCase{"Three", "1\r\nh\r\n3\r\nell\r\n1\r\no\r\n0\r\n\r\n", State::whole, "hello", ""},
                    ChunkCase{"None", "0\r\n\r\nGET", State::whole, "", "GET"},
                    ChunkCase{"Hex", "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", State::whole,
                              "01234567890123456789", ""},
                    ChunkCase{"LineEndsInside", "4\r\n\r\n\r\n\r\n0\r\n\r\n", State::whole, "\r\n\r\n", ""},
                    ChunkCase{"Zeros", "0005\r\nhello\r\n000\r\n\r\n", State::whole, "hello", ""},
                    ChunkCase{"Extensions", "5;a=\"b;c\"\r\nhello\r\n0;d\r\n\r\n", State::whole, "hello", ""},
                    ChunkCase{"Trailers", "1\r\nh\r\n0\r\nA: b\r\nC: d\r\n\r\nGET", State::whole, "h", "GET"},
                    ChunkCase{"Incomplete", "5\r\nhel", State::more, "", ""},
                    ChunkCase{"WithoutTheLastLine", "0\r\n", State::more, "", ""},
                    ChunkCase{"TooLong", "15\r\n", State::too_long, "", ""},
                    ChunkCase{"TooLongTogether", "14\r\n01234567890123456789\r\n1\r\n", State::too_long, "", ""},
                    ChunkCase{"Huge", "ffffffffffffffff\r\n", State::too_long, "", ""},
                    ChunkCase{"BeyondANumber", "00000000000000001\r\n", State::malformed, "", ""},
                    ChunkCase{"NoSize", "\r\nhello", State::malformed, "", ""},
                    ChunkCase{"Blank", " 5\r\n", State::malformed, "", ""},
                    ChunkCase{"BlankBehind", "5 \r\n", State::malformed, "", ""},
                    ChunkCase{"Plus", "+5\r\n", State::malformed, "", ""},
                    ChunkCase{"Prefix", "0x5\r\n", State::malformed, "", ""},
                    ChunkCase{"BareLf", "5\nhello", State::malformed, "", ""},
                    ChunkCase{"BareCr", "5\rhello", State::malformed, "", ""},
                    ChunkCase{"DataTooLong", "4\r\nhello\r\n", State::malformed, "", ""},
                    ChunkCase{"NoLineEndBehindData", "5\r\nhello0\r\n", State::malformed, "", ""},
                    ChunkCase{"BareLfBehindData", "5\r\nhello\n", State::malformed, "", ""},
                    ChunkCase{"NulInExtension", std::string("5;\0\r\n", 5), State::malformed, "", ""},
                    ChunkCase{"EndlessExtension", "5;" + std::string(5'000, 'x'), State::malformed, "", ""},
                    ChunkCase{"EndlessTrailer", "0\r\nA: " + std::string(5'000, 'x'), State::malformed, "", ""},
                    ChunkCase{"BareLfInTrailer", "0\r\nA: b\nC", State::malformed, "", ""},
                    ChunkCase{"NoLfAtTheEnd", "0\r\n\rGET", State::malformed, "", ""}),
    [](const testing::TestParamInfo<ChunkCase>& tested) { return tested.param.name; });

}  // namespace
}  // namespace wirelab::net
