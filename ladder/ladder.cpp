#include "ladder/ladder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "ladder/connection.hpp"
#include "ladder/spans.hpp"

namespace wirelab::ladder {
namespace {

/// Of "GET /long-poll/news?after=k3f9-17": "long-poll" and "news".
struct Route {
  std::string method, name, channel;
};

Route route_of(const Connection& connection) {
  if (connection.from_client.empty()) return {};
  const std::string& request = connection.from_client.front().item.name;
  const std::size_t space = request.find(' '), name = request.find('/'), channel = request.find('/', name + 1);
  if (space == std::string::npos || name == std::string::npos || channel == std::string::npos) return {};
  return {request.substr(0, space), request.substr(name + 1, channel - name - 1),
          request.substr(channel + 1, request.find_first_of("?", channel) - channel - 1)};
}

/// What was published, in order; and what became of it.
class Messages {
 public:
  explicit Messages(const PublishedAt& published_at) : published_at_(published_at) {}

  void publish(const std::string& payload, std::optional<Nanos> at) { log_.push_back({payload, at, {}, {}}); }

  /// The numbers of these, the earliest undelivered one of that text each; one that nobody was seen to publish joins.
  std::string deliver(const Said& said) {
    if (said.item.messages.empty()) return "no message";
    std::vector<std::string> numbers;
    for (const std::string& payload : said.item.messages) numbers.push_back(std::to_string(deliver_one(payload, said)));
    return fmt::format("message{} {}", numbers.size() == 1 ? "" : "s", fmt::join(numbers, ", "));
  }

  std::vector<Message> all(const ToMicros& to_us) const {
    std::vector<Message> messages;
    const auto micros = [&](std::optional<Nanos> at) { return at ? std::optional(to_us(*at)) : std::nullopt; };
    for (const Entry& entry : log_)
      messages.push_back(
          {messages.size() + 1, micros(entry.published), micros(entry.answered), micros(entry.delivered)});
    return messages;
  }

 private:
  struct Entry {
    std::string payload;
    std::optional<Nanos> published, answered, delivered;
  };

  std::size_t deliver_one(const std::string& payload, const Said& said) {
    auto entry = std::find_if(log_.begin(), log_.end(), [&](const Entry& candidate) {
      return candidate.payload == payload && !candidate.answered;
    });
    if (entry == log_.end())
      entry = log_.insert(log_.end(), {payload, published_at_ ? published_at_(payload) : std::nullopt, {}, {}});
    entry->answered = said.sent;
    entry->delivered = said.arrived;
    return static_cast<std::size_t>(entry - log_.begin()) + 1;
  }

  const PublishedAt& published_at_;
  std::vector<Entry> log_;
};

const char* kind_of(const Transit& transit) {
  const link::TcpSegment& segment = transit.segment;
  if (segment.rst) return "rst";
  if (segment.syn) return "syn";
  if (!segment.payload.empty()) return "data";
  return segment.fin ? "fin" : "ack";
}

const char* flags_of(const link::TcpSegment& segment) {
  if (segment.rst) return "RST";
  if (segment.syn) return segment.ack ? "SYN ACK" : "SYN";
  return segment.fin ? "FIN" : "ACK";
}

/// The names of what begins in this segment or, if nothing does, of what goes on in it.
std::string label_of(const Transit& transit, const std::vector<Said>& all, const std::vector<std::string>& names) {
  if (transit.segment.payload.empty()) return flags_of(transit.segment);
  std::vector<std::string> begun;
  std::string going_on = "data";
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Item& item = all[i].item;
    if (item.begin >= transit.begin && item.begin < transit.end) begun.push_back(names[i]);
    if (item.begin < transit.begin && item.end > transit.begin) going_on = "more of " + names[i];
  }
  std::string text = begun.empty() ? going_on : fmt::format("{}", fmt::join(begun, ", "));
  if (transit.segment.fin) text += ", FIN";
  return text;
}

/// What is drawn of one subscriber.
class Drawing {
 public:
  Drawing(messages::Transport transport, const std::vector<const Connection*>& connections, Nanos round_trip,
          const PublishedAt& published_at)
      : connections_(connections), start_(connections.front()->transits.front().sent), messages_(published_at) {
    ladder_.transport = messages::name(transport);
    ladder_.round_trip_us = micros(round_trip);
  }

  void publish(const Connection& publisher) {
    for (const Said& said : publisher.from_client)
      if (!said.item.messages.empty()) published_.push_back(&said);
  }

  Ladder draw() {
    std::stable_sort(published_.begin(), published_.end(),
                     [](const Said* a, const Said* b) { return a->arrived < b->arrived; });
    for (const Said* said : published_) messages_.publish(said->item.messages.front(), said->arrived);
    const ToMicros to_us = [this](Nanos at) { return micros(at - start_); };
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      add_arrows(*connections_[i], i + 1);
      add_spans(*connections_[i], i + 1, to_us, ladder_);
    }
    std::stable_sort(ladder_.arrows.begin(), ladder_.arrows.end(),
                     [](const Arrow& a, const Arrow& b) { return a.sent_us < b.sent_us; });
    ladder_.messages = messages_.all(to_us);
    add_message_spans(ladder_);
    if (ladder_.arrows.size() > kArrows)
      throw std::runtime_error(
          fmt::format("{}: {} packets, and a ladder of more than {} nobody reads: record fewer messages",
                      ladder_.transport, ladder_.arrows.size(), kArrows));
    return std::move(ladder_);
  }

 private:
  static double micros(Nanos time) { return static_cast<double>(time.count()) / 1000; }

  std::vector<std::string> name(const std::vector<Said>& all) {
    std::vector<std::string> names;
    for (const Said& said : all)
      names.push_back(said.item.is_envelope ? said.item.name + ": " + messages_.deliver(said) : said.item.name);
    return names;
  }

  void add_arrows(const Connection& connection, std::uint64_t number) {
    const auto client_names = name(connection.from_client), server_names = name(connection.from_server);
    for (const Transit& transit : connection.transits) {
      const bool client = transit.from == Side::client;
      Arrow arrow;
      arrow.connection = number;
      arrow.from = client ? "client" : "server";
      arrow.kind = kind_of(transit);
      arrow.sent_us = micros(transit.sent - start_);
      if (transit.arrives) arrow.arrives_us = micros(*transit.arrives - start_);
      arrow.payload_bytes = transit.segment.payload.size();
      arrow.packet_bytes = transit.segment.header_bytes + arrow.payload_bytes;
      arrow.retransmission = transit.retransmission;
      arrow.text = label_of(transit, client ? connection.from_client : connection.from_server,
                            client ? client_names : server_names);
      ladder_.arrows.push_back(std::move(arrow));
    }
  }

  const std::vector<const Connection*>& connections_;
  Nanos start_;
  std::vector<const Said*> published_;
  Messages messages_;
  Ladder ladder_;
};

}  // namespace

std::vector<Ladder> ladders_of(const std::vector<Passage>& passages, Nanos round_trip,
                               const PublishedAt& published_at) {
  const std::vector<Connection> connections = connections_of(passages);
  std::map<messages::Transport, std::vector<const Connection*>> subscribers;
  for (const Connection& connection : connections)
    if (const auto transport = messages::parse_transport(route_of(connection).name))
      subscribers[*transport].push_back(&connection);
  if (subscribers.empty())
    throw std::runtime_error(
        fmt::format("{} TCP connections, and nobody subscribes on any of them: record a subscriber from its "
                    "first connection on, without TLS",
                    connections.size()));
  std::vector<Ladder> ladders;
  for (const auto& [transport, its] : subscribers) {
    Drawing drawing(transport, its, round_trip, published_at);
    const std::string channel = route_of(*its.front()).channel;
    for (const Connection& connection : connections) {
      const Route route = route_of(connection);
      if (route.method == "POST" && route.name == "publish" && route.channel == channel) drawing.publish(connection);
    }
    ladders.push_back(drawing.draw());
    ladders.back().connections_left_out = connections.size() - its.size();
  }
  return ladders;
}

}  // namespace wirelab::ladder
