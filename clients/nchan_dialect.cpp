// nginx with the nchan module (https://nchan.io), version 1.3. What its documentation says and what was seen of 1.3.6:
//
// - A message's id is "<Last-Modified, as seconds>:<Etag>"; a subscriber sends it back as last_event_id, and is given
//   what came after. With nchan_subscriber_compound_etag_message_id the whole id is in Etag.
// - interval-poll: 200 with ONE message, or 304 with the id of the newest. More that are waiting need more polls.
// - long-poll: held until there is news; 200 with one message or, with nchan_longpoll_multipart_response, all of them
// as
//   multipart/mixed (RFC 2046 §5.1); 304 or 408 when nchan_subscriber_timeout is over. The hold is the server's to set.
// - WebSocket: a text frame a message, without its id. A subscriber that lost its connection is told all that is
//   buffered again, which then counts as duplicated.
// - Nobody who asks about an empty channel is told an id: an interval-poll gets a 304 without one, a long poll is held.
#include <ctime>

#include "clients/dialect.hpp"
#include "clients/generator.hpp"
#include "clients/publisher.hpp"

namespace wirelab::clients {
namespace {

constexpr std::string_view kPrimer = "the channel is open";

bool is_poll(std::string_view route) {
  return route == messages::name(messages::Transport::short_poll) ||
         route == messages::name(messages::Transport::keep_alive);
}

std::string_view header(const net::HttpReply& reply, std::string_view lower_case_name) {
  for (const auto& [name, value] : reply.headers)
    if (name == lower_case_name) return value;
  return {};
}

/// Empty when there is none.
std::string message_id(const net::HttpReply& reply) {
  const std::string etag(header(reply, "etag")), modified(header(reply, "last-modified"));
  if (modified.empty() || etag.empty()) return etag;
  std::tm utc{};  // RFC 9110 §5.6.7: always GMT
  const char* const end = strptime(modified.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return end != nullptr && *end == '\0' ? std::to_string(timegm(&utc)) + ":" + etag : "";
}

/// The bodies between the boundaries. Nullopt when the last boundary is missing: then something is.
std::optional<std::vector<std::string>> parts(std::string_view body, std::string_view boundary) {
  const std::string delimiter = "\r\n--" + std::string(boundary);
  if (!body.starts_with(std::string_view(delimiter).substr(2))) return std::nullopt;
  std::vector<std::string> found;
  body.remove_prefix(delimiter.size() - 2);
  while (!body.starts_with("--")) {
    const std::size_t end = body.find(delimiter), blank = body.find("\r\n\r\n");
    if (end == std::string_view::npos || blank == std::string_view::npos || blank >= end + 2) return std::nullopt;
    // A message without bytes shares a line end between the blank line and the delimiter.
    const std::size_t begin = std::min(blank + 4, end);
    found.emplace_back(body.substr(begin, end - begin));
    body.remove_prefix(end + delimiter.size());
  }
  return found;
}

class NchanDialect final : public Dialect {
 public:
  explicit NchanDialect(const Targets& targets)
      : publish_(targets.publish.empty() ? "/pub/{channel}" : targets.publish),
        poll_(targets.subscribe.empty() ? "/poll/{channel}" : targets.subscribe),
        subscribe_(targets.subscribe.empty() ? "/sub/{channel}" : targets.subscribe) {}

  std::string_view name() const override { return "nchan"; }

  void check(const LoadPlan& plan) const override {
    if (Publisher::is_native(plan))
      throw std::invalid_argument(
          "--publish-via native with --dialect nchan: its publishers are heard on a location of their own; leave it "
          "out, "
          "to publish by POST");
    const double per_channel = plan.publish.rate_per_second / static_cast<double>(plan.channels);
    const double polls = 1 / std::chrono::duration<double>(plan.client.poll_interval).count();
    if (is_poll(messages::name(plan.transport)) && per_channel > polls)
      throw std::invalid_argument(
          "--rate and --poll-interval with --dialect nchan: it answers a poll with one message, so that a subscriber "
          "of "
          "whose channel there are more never catches up; lower one of them");
  }

  std::vector<std::string> response_headers() const override { return {"last-modified", "etag", "content-type"}; }

  std::string target(std::string_view route, std::string_view channel, std::string_view cursor,
                     std::string_view) const override {
    std::string target = (is_poll(route) ? poll_ : subscribe_).of(channel);
    if (!cursor.empty())
      target.append(1, target.find('?') == std::string::npos ? '?' : '&').append("last_event_id=").append(cursor);
    return target;
  }

  std::optional<Told> hear(const net::HttpReply& reply, std::string& wrong) const override {
    Told told;
    told.envelope.cursor = message_id(reply);
    told.established = !told.envelope.cursor.empty();
    if (reply.status == 304 || reply.status == 408) return told;  // nothing new, nothing new while it was held
    if (reply.status == 200 && told.established) return with_messages(std::move(told), reply, wrong);
    wrong =
        reply.status == 200 ? "no message id: neither Last-Modified nor Etag" : "HTTP " + std::to_string(reply.status);
    return std::nullopt;
  }

  std::optional<Told> hear_frame(std::string_view text, std::string_view, std::string&) const override {
    Told told;
    told.envelope.messages.emplace_back(text);
    return told;
  }

  std::string_view primer() const override { return kPrimer; }

  Publication publication(std::string_view channel, const std::string&) const override {
    return {publish_.of(channel), {{"Content-Type", "text/plain"}}};
  }

  /// 201: to subscribers; 202: there were none.
  bool published(int status) const override { return status == 200 || status == 201 || status == 202; }

 private:
  static std::optional<Told> with_messages(Told told, const net::HttpReply& reply, std::string& wrong) {
    constexpr std::string_view kMultipart = "multipart/mixed; boundary=";
    const std::string_view type = header(reply, "content-type");
    if (!type.starts_with(kMultipart)) {
      told.envelope.messages.emplace_back(reply.body);
      return told;
    }
    auto bodies = parts(reply.body, type.substr(kMultipart.size()));
    if (!bodies) {
      wrong = "a multipart answer without its end";
      return std::nullopt;
    }
    told.envelope.messages = std::move(*bodies);
    return told;
  }

  const Target publish_, poll_, subscribe_;
};

}  // namespace

std::shared_ptr<const Dialect> nchan_dialect(const Targets& targets) { return std::make_shared<NchanDialect>(targets); }

}  // namespace wirelab::clients
