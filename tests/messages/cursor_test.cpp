#include "messages/cursor.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace wirelab::messages {
namespace {

TEST(Cursor, IsWrittenAndReadBack) {
  for (const Cursor cursor :
       {Cursor{1, 0}, Cursor{947'829, 17},
        Cursor{std::numeric_limits<std::uint32_t>::max(), std::numeric_limits<std::uint64_t>::max()}})
    EXPECT_EQ(parse_cursor(to_text(cursor)), cursor) << to_text(cursor);
  EXPECT_EQ(to_text({947'829, 17}), "kbcl-17");
}

TEST(Cursor, AnythingElseIsRefused) {
  for (const char* text :
       {"", "-", "k3f9", "k3f9-", "-17", "k3f9-017", "0k3f9-1", "K3F9-17", "k3f9-+17", "k3f9--17", " k3f9-17",
        "k3f9-17 ", "k3f9-1x", "0-1", "1z141z4-1", "k-18446744073709551616", "k-1-1", "earliest", "k%2D1"})
    EXPECT_FALSE(parse_cursor(text)) << text;
}

TEST(ChannelName, IsPlain) {
  for (const char* name : {"a", "bench-12", "A.b_c-9"}) EXPECT_TRUE(is_channel_name(name, 64)) << name;
  for (const char* name : {"", ".", "..", ".hidden", "a/b", "a b", "a%20b", "\xc3\xa9", "a\n", "a?b"})
    EXPECT_FALSE(is_channel_name(name, 64)) << name;
  EXPECT_TRUE(is_channel_name(std::string(64, 'a'), 64)) << "at the limit";
  EXPECT_FALSE(is_channel_name(std::string(65, 'a'), 64)) << "one beyond";
}

}  // namespace
}  // namespace wirelab::messages
