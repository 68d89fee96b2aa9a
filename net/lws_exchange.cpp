#include "net/lws_exchange.hpp"

#include <libwebsockets.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "net/lws_connection.hpp"

namespace wirelab::net {
namespace {

/// What the library reads at once: as much of a body may have come with the header section.
constexpr std::uint64_t kReadBytes = LwsConnection::kReadBytes;

}  // namespace

LwsExchange::~LwsExchange() { core_.forget(*this); }

// -- the request ----------------------------------------------------------------------------------

int LwsExchange::on_head() {
  RequestHead head = read_head_now();
  client_keeps_ = keeps_connection(head);
  expects_continue_ = expects_continue(head);
  const auto refusal = check_head(head, core_.limits);
  request_ = std::move(head.request);
  return refusal ? refuse(refusal_answer(*refusal)) : admit();
}

int LwsExchange::on_upgrade() {
  RequestHead head = read_head_now();
  if (head.upgrade.empty())
    return -1;  // the library has answered an upgrade that it does not know, and dropped the rest
  auto refusal = check_head(head, core_.limits);
  if (!refusal) refusal = check_upgrade(head);
  if (!refusal && behind_another_) refusal = Refusal{503, "an upgrade behind another request: send it by itself", {}};
  request_ = std::move(head.request);
  if (refusal) return refuse(refusal_answer(*refusal));
  if (auto refused = core_.service.refuse(request_)) return refuse(std::move(*refused));
  phase_ = Phase::over;
  return 0;
}

int LwsExchange::on_stranger(std::string_view bytes) {
  count_received();
  ++core_.counters.requests;
  const auto method = bytes.substr(0, bytes.find(' '));
  const bool is_method = !method.empty() && method.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == method.npos;
  if (!is_method) return refuse(refusal_answer({400, "this is not HTTP/1.1", {}}));
  return refuse(refusal_answer({501, "the method is not known here", {}}));
}

RequestHead LwsExchange::read_head_now() {
  connection_.stop_waiting();
  ++core_.counters.requests;
  serial_ = core_.counters.requests;
  const std::uint64_t received = count_received();
  RequestHead head = read_head(connection_.wsi, core_.wanted_fields, table_bytes(received));
  head.header_bytes = received;
  if (head.header_bytes <= core_.limits.header_bytes) return head;
  // Perhaps not all of it is the header section: what is behind it may be unread, or a body.
  head.header_bytes -= std::min(head.header_bytes, unread_bytes(connection_.fd()));
  if (!head.content_lengths.empty()) head.header_bytes -= std::min<std::uint64_t>(head.header_bytes, kReadBytes);
  return head;
}

/// How much of the library's table a request of so many bytes, or one that was put away with the one before it, can
/// fill.
std::size_t LwsExchange::table_bytes(std::uint64_t received) const {
  constexpr std::uint64_t kMostPerByte = 4;  // a field of three bytes, "a:\n", takes eleven
  constexpr std::uint64_t kBeforeThePath = 64;
  const std::uint64_t filled = kMostPerByte * (received + (behind_another_ ? kReadBytes : 0));
  return std::min(filled, core_.header_table_bytes - kBeforeThePath);
}

/// What has come since it was counted last.
std::uint64_t LwsExchange::count_received() {
  const std::uint64_t total = std::max(received_bytes(connection_.fd()), received_bytes_);
  const std::uint64_t more = total - std::exchange(received_bytes_, total);
  core_.counters.bytes_in += more;
  return more;
}

int LwsExchange::admit() {
  if (auto refused = core_.service.refuse(request_)) return refuse(std::move(*refused));
  if (const auto refusal = check_body(request_, core_.limits)) return refuse(refusal_answer(*refusal));
  if (request_.content_length == 0 && request_.method != "POST") return ask();
  if (request_.content_length > 0 && behind_another_)
    return refuse(refusal_answer({503, "a body behind another request: send it by itself", {{"Retry-After", "0"}}}));
  request_.body.reserve(request_.content_length);
  phase_ = Phase::body;
  if (expects_continue_) send_continue();
  return 0;
}

/// Should the kernel not take it, the client sends the body all the same, after a while.
void LwsExchange::send_continue() {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  const auto sent = ::send(connection_.fd(), kContinue.data(), kContinue.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) core_.counters.bytes_out += static_cast<std::uint64_t>(sent);
}

int LwsExchange::on_body(std::string_view bytes) {
  if (phase_ == Phase::body) request_.body.append(bytes);
  return 0;
}

int LwsExchange::on_body_complete() {
  if (phase_ != Phase::body) return 0;  // the library says it again while something is behind the body
  count_received();
  return ask();
}

int LwsExchange::ask() {
  phase_ = Phase::asked;
  in_service_ = true;
  core_.service.on_request(*this);
  in_service_ = false;
  if (answer_) return settle(send(*std::exchange(answer_, std::nullopt)));
  park();
  return 0;
}

// -- waiting for the answer -----------------------------------------------------------------------

/// Reads nothing more: the library would look at what is there again and again, without taking it.
void LwsExchange::hold() {
  if (!std::exchange(held_, true)) lws_rx_flow_control(connection_.wsi, 0);
}

void LwsExchange::release() {
  if (std::exchange(held_, false)) lws_rx_flow_control(connection_.wsi, 1);
}

/// Stays when the request is answered, for the next one: to come and go would be two system calls a request.
void LwsExchange::watch_for_hangup() {
  constexpr unsigned kInterest = EventLoop::hangup | EventLoop::edge;
  if (watch_ != Watch::hangup) {
    watch_ = Watch::hangup;
    core_.loop.watch(connection_.fd(), kInterest, [this](unsigned) { on_hangup(); });
  } else if (std::exchange(peer_left_, false)) {
    core_.loop.change_watch(connection_.fd(), kInterest);  // it is said again, now that it matters
  }
}

void LwsExchange::watch_for_room() {
  watch_ = Watch::room;
  core_.loop.watch(connection_.fd(), EventLoop::writable, [this](unsigned) { on_writable(); });
}

void LwsExchange::unwatch() {
  if (std::exchange(watch_, Watch::none) != Watch::none) core_.loop.unwatch(connection_.fd());
}

void LwsExchange::park() {
  hold();
  lws_set_timeout(connection_.wsi, NO_PENDING_TIMEOUT, 0);  // or the library ends it in a few seconds
  watch_for_hangup();                                       // which it does not see while it reads nothing
}

void LwsExchange::on_hangup() {
  peer_left_ = phase_ != Phase::asked;
  if (peer_left_) return;  // the library reads, and sees it
  on_closed();
  core_.end(connection_.wsi, LwsCore::Ending::at_once);
}

void LwsExchange::before_close() const {
  const bool incomplete = phase_ == Phase::body || (phase_ == Phase::idle && has_header_table(connection_.wsi));
  if (!incomplete || core_.going_down) return;
  // Its time is over; or the peer is gone, and the kernel will not take this.
  const Answer answer = refusal_answer({408, "the request was not complete in time", {}});
  const std::string text = answer_text(answer, Then::close, Body::sent, core_.date.now());
  if (::send(connection_.fd(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
    core_.counters.bytes_out += text.size();
}

void LwsExchange::on_closed() {
  unwatch();
  if (std::exchange(phase_, Phase::over) == Phase::asked) core_.service.on_gone(*this);
}

// -- the answer -----------------------------------------------------------------------------------

void LwsExchange::answer(Answer answer) {
  if (in_service_) {
    answer_ = std::move(answer);
    return;
  }
  if (settle(send(answer)) != 0) core_.end(connection_.wsi, LwsCore::Ending::in_order);
}

int LwsExchange::refuse(Answer answer) {
  client_keeps_ = false;
  send(answer);
  phase_ = Phase::over;
  shutdown(connection_.fd(), SHUT_WR);
  const int same_connection = dup(connection_.fd());
  if (same_connection >= 0) core_.lingerer.take(same_connection);
  return -1;
}

LwsExchange::Sent LwsExchange::send(const Answer& answer) {
  then_ = client_keeps_ ? answer.then : Then::close;
  const Body body = request_.method == "HEAD" ? Body::left_out : Body::sent;
  unsent_ = answer_text(answer, then_, body, core_.date.now());
  sent_bytes_ = 0;
  return send_rest();
}

LwsExchange::Sent LwsExchange::send_rest() {
  const auto rest = std::string_view(unsent_).substr(sent_bytes_);
  const auto sent = ::send(connection_.fd(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN || errno == EINTR ? Sent::part : Sent::failed;
  core_.counters.bytes_out += static_cast<std::uint64_t>(sent);
  sent_bytes_ += static_cast<std::size_t>(sent);
  if (sent_bytes_ < unsent_.size()) return Sent::part;
  std::string().swap(unsent_);
  return Sent::all;
}

/// What follows from a write, as the library wants to hear it.
int LwsExchange::settle(Sent sent) {
  if (sent == Sent::part) {
    if (std::exchange(phase_, Phase::flushing) == Phase::flushing) return 0;
    hold();
    lws_set_timeout(connection_.wsi, NO_PENDING_TIMEOUT, 0);
    watch_for_room();
    core_.idle.wait(connection_);
    return 0;
  }
  if (watch_ == Watch::room) unwatch();
  connection_.stop_waiting();
  if (sent == Sent::failed || then_ == Then::close) {
    phase_ = Phase::over;
    return -1;
  }
  phase_ = Phase::written;
  release();
  core_.complete_later(*this);
  return 0;
}

void LwsExchange::on_writable() {
  core_.idle.wait(connection_);
  if (settle(send_rest()) != 0) core_.end(connection_.wsi, LwsCore::Ending::in_order);
}

void LwsExchange::complete() {
  if (phase_ != Phase::written) return;
  phase_ = Phase::idle;
  attachment.reset();
  request_ = Request{};
  if (lws_http_transaction_completed(connection_.wsi) != 0)
    return core_.end(connection_.wsi, LwsCore::Ending::in_order);
  behind_another_ = has_header_table(connection_.wsi);
  if (behind_another_) return;
  lws_set_timeout(connection_.wsi, NO_PENDING_TIMEOUT, 0);  // the library's list of timeouts is for few
  core_.idle.wait(connection_);
}

}  // namespace wirelab::net
