#include "lab/result/own_exchange.hpp"

#include <algorithm>

#include "clients/inbox.hpp"
#include "messages/envelope.hpp"
#include "messages/store.hpp"
#include "net/answer_text.hpp"
#include "net/request_text.hpp"

namespace wirelab::lab {
namespace {

using messages::Transport;

/// Of six characters, as half of all epochs that are drawn at random; and a number of one.
constexpr std::uint32_t kUsualEpoch = 2'000'000'000;
constexpr double kDigits = 1;

struct OneEnvelope {
  std::string without_message, with_message;
};

OneEnvelope one_envelope(std::uint64_t payload_bytes) {
  messages::Store store({}, kUsualEpoch);
  const messages::Cursor before = store.newest("");
  OneEnvelope one{messages::encode(store.after("", before)), {}};
  store.append("", std::string(payload_bytes, '.'));
  one.with_message = messages::encode(store.after("", before));
  return one;
}

std::string request_target(Transport transport, const OwnExchange& exchange, const std::string& envelope) {
  struct Deaf final : clients::Listener {
    void on_message(std::uint32_t, std::string_view, net::Nanos) override {}
  } deaf;
  clients::Inbox inbox(deaf, 0);
  net::HttpReply reply;
  reply.status = 200;
  reply.body = envelope;
  inbox.take(reply);
  const std::string hold = transport == Transport::long_poll ? "hold=" + exchange.hold_s : "";
  return inbox.target(messages::name(transport), exchange.channel, hold);
}

std::size_t answer_header_bytes(Transport transport, const OwnExchange& exchange, const std::string& envelope) {
  net::Answer answer;
  answer.content_type = exchange.headers->content_type;
  answer.headers = exchange.headers->response;
  answer.body = net::SharedText(envelope);
  const net::Then then = transport == Transport::short_poll ? net::Then::close : net::Then::keep;
  return net::answer_text(answer, then, net::Body::left_out, net::HttpDate::of({})).size();
}

/// On average over the whole numbers of a range.
double mean_digits(double first, double last) {
  double digits = 1;
  for (double power = 10; power <= last; power *= 10)
    digits += (last - std::max(power, first) + 1) / (last - first + 1);
  return digits;
}

}  // namespace

void set_sizes(model::Situation& s, Transport transport, const OwnExchange& exchange) {
  const OneEnvelope envelope = one_envelope(exchange.payload_bytes);
  const double more =
      mean_digits(exchange.published_first, std::max(exchange.published_first, exchange.published_last)) - kDigits;
  const std::string target = request_target(transport, exchange, envelope.with_message);
  s.payload_bytes = static_cast<double>(exchange.payload_bytes);
  s.envelope_bytes = static_cast<double>(envelope.with_message.size()) - s.payload_bytes + more;
  s.empty_envelope_bytes = static_cast<double>(envelope.without_message.size()) + more;
  s.envelope_bytes_per_message = s.envelope_bytes - s.empty_envelope_bytes + 1;  // and a comma
  s.request_header_bytes =
      static_cast<double>(net::get_text(target, exchange.headers->request, exchange.authority).size()) + more;
  s.response_header_bytes = static_cast<double>(answer_header_bytes(transport, exchange, envelope.with_message));
}

}  // namespace wirelab::lab
