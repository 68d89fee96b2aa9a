#include "messages/envelope.hpp"

#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>

namespace wirelab::messages {
namespace {

constexpr std::string_view kCursor = R"({"cursor":")";
constexpr std::string_view kMessages = R"(","messages":[)";
constexpr std::string_view kGap = R"(],"gap":true})";
constexpr std::string_view kEnd = "]}";

/// Reads an envelope in one pass, without a tree. Returning false from a callback stops the parser: the shape is wrong.
class Reader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Envelope envelope;
  std::string wrong;

  bool null() override { return value("null"); }
  bool boolean(bool yes) override {
    if (at_top("gap")) envelope.gap = yes;
    return value("a boolean");
  }
  bool number_integer(number_integer_t) override { return value("a number"); }
  bool number_unsigned(number_unsigned_t) override { return value("a number"); }
  bool number_float(number_float_t, const string_t&) override { return value("a number"); }
  bool binary(binary_t&) override { return value("binary"); }
  bool string(string_t& text) override {
    if (in_messages_ && depth_ == 2) return envelope.messages.push_back(std::move(text)), true;
    if (at_top("cursor")) return has_cursor_ = true, envelope.cursor = std::move(text), true;
    return value("a string");
  }
  bool start_object(std::size_t) override { return depth_ == 0 ? go_down() : value("an object") && go_down(); }
  bool end_object() override { return --depth_, true; }
  bool start_array(std::size_t) override {
    if (depth_ == 0) return fail("the whole must be an object, not an array");
    if (at_top("messages") && !has_messages_) return has_messages_ = in_messages_ = true, ++depth_, true;
    return value("an array") && go_down();
  }
  bool end_array() override {
    if (--depth_ == 1) in_messages_ = false;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& why) override {
    return fail(why.what());
  }

  bool complete() {
    if (wrong.empty() && !has_cursor_) fail("no \"cursor\"");
    if (wrong.empty() && !has_messages_) fail("no \"messages\"");
    return wrong.empty();
  }

 private:
  static constexpr int kDepthMax = 16;  ///< of values we skip; nobody nests extra keys deeper in good faith

  bool go_down() { return ++depth_ <= kDepthMax || fail("nested more than " + std::to_string(kDepthMax) + " deep"); }
  bool at_top(std::string_view name) const { return depth_ == 1 && key_ == name; }
  /// A value that is nothing to us is fine, unless it stands where an envelope's own must.
  bool value(std::string_view kind) {
    if (depth_ == 0) return fail("the whole must be an object, not " + std::string(kind));
    if (in_messages_) return fail("\"messages\" must hold strings, not " + std::string(kind));
    if (at_top("cursor")) return fail("\"cursor\" must be a string, not " + std::string(kind));
    if (at_top("messages")) return fail("\"messages\" must be an array, not " + std::string(kind));
    return true;
  }
  bool fail(std::string why) {
    if (wrong.empty()) wrong = std::move(why);
    return false;
  }

  int depth_ = 0;
  bool in_messages_ = false, has_cursor_ = false, has_messages_ = false;
  std::string key_;
};

// -- as encode() writes it -----------------------------------------------------------------------------------------

/// Takes `prefix` off the front, if it is there.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Whether each byte of a JSON string stands for itself: ASCII from the space on, and no backslash. Eight at a time:
/// bit 7 of a byte in `odd` tells of one that does not (and perhaps of the one behind it, which makes no difference).
bool stands_for_itself(std::string_view text) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  std::uint64_t odd = 0;
  const auto look_at = [&odd](std::uint64_t eight) {
    odd |= eight | (eight - 0x20 * kEach) | ((eight ^ '\\' * kEach) - kEach);
  };
  std::uint64_t eight = 0;
  for (; text.size() >= sizeof eight; text.remove_prefix(sizeof eight)) {
    std::memcpy(&eight, text.data(), sizeof eight);
    look_at(eight);
  }
  eight = ' ' * kEach;
  std::memcpy(&eight, text.data(), text.size());
  look_at(eight);
  return (odd & 0x80 * kEach) == 0;
}

/// Up to the next quotation mark, which it takes too. Nullopt if there is anything in it that only the parser can
/// judge.
std::optional<std::string_view> take_plain(std::string_view& text) {
  const std::string_view plain = text.substr(0, text.find('"'));
  if (plain.size() == text.size() || !stands_for_itself(plain)) return std::nullopt;
  text.remove_prefix(plain.size() + 1);
  return plain;
}

/// An envelope just as encode() writes one, of plain texts: nearly all that a client ever hears, for a tenth of the
/// instructions. Nullopt says nothing of it: the parser must look.
std::optional<Envelope> decode_plain(std::string_view text) {
  if (!take(text, kCursor)) return std::nullopt;
  const auto cursor = take_plain(text);
  if (!cursor || !take(text, kMessages.substr(1))) return std::nullopt;
  Envelope envelope;
  envelope.cursor = *cursor;
  for (bool more = take(text, "\""); more; more = take(text, ",\"")) {
    const auto message = take_plain(text);
    if (!message) return std::nullopt;
    envelope.messages.emplace_back(*message);
  }
  envelope.gap = text == kGap;
  return envelope.gap || text == kEnd ? std::optional(std::move(envelope)) : std::nullopt;
}

}  // namespace

std::optional<std::string> encode_literal(std::string_view payload) {
  try {
    return nlohmann::json(payload).dump();
  } catch (const nlohmann::json::type_error&) {  // 316: invalid UTF-8
    return std::nullopt;
  }
}

std::size_t encoded_bytes(const Slice& slice) {
  std::size_t bytes = kCursor.size() + to_text(slice.to).size() + kMessages.size() + (slice.gap ? kGap : kEnd).size();
  for (auto message = slice.first; message != slice.last; ++message) bytes += message->literal.size() + 1;
  return bytes - (slice.count() > 0 ? 1 : 0);
}

void encode(const Slice& slice, std::string& out) {
  out.reserve(out.size() + encoded_bytes(slice));
  out.append(kCursor).append(to_text(slice.to)).append(kMessages);
  for (auto message = slice.first; message != slice.last; ++message) {
    if (message != slice.first) out.push_back(',');
    out.append(message->literal);
  }
  out.append(slice.gap ? kGap : kEnd);
}

std::string encode(const Slice& slice) {
  std::string out;
  encode(slice, out);
  return out;
}

std::optional<Envelope> decode(std::string_view text, std::string* error) {
  if (auto plain = decode_plain(text)) return plain;
  Reader reader;
  nlohmann::json::sax_parse(text, &reader);
  if (reader.complete()) return std::move(reader.envelope);
  if (error) *error = "not an envelope: " + reader.wrong;
  return std::nullopt;
}

}  // namespace wirelab::messages
