#include "net/http_connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace wirelab::net {
namespace {

/// Until then others wait. As much as a few of the longest payloads.
constexpr int kReadsPerTurn = 16;

/// Of a connection that waits, no more memory than this stays for its next request's sake.
constexpr std::size_t kSpareBytes = 1'024;

constexpr unsigned kInterest = EventLoop::readable | EventLoop::hangup | EventLoop::edge;

void empty(std::string& text) {
  text.clear();
  if (text.capacity() > kSpareBytes) text.shrink_to_fit();
}

/// For the next one, which takes its strings over.
void clear(Request& request) {
  request.method.clear();
  empty(request.path);
  empty(request.query);
  request.headers.clear();
  empty(request.body);
  request.content_length = 0;
  request.has_content_length = request.upgrade = false;
}

}  // namespace

HttpConnection::HttpConnection(HostCore& core, int fd, bool counted) : core_(core), fd_(fd), counted_(counted) {
  if (!counted_) ++core_.turned_away;
  if (core_.options.tls) tls_ = std::make_unique<TlsSession>(core_.options.tls);
  core_.loop.watch(fd_, kInterest, [this](unsigned ready) { on_ready(ready); });
  clock_ = Clock::reading;
  core_.reading.wait(*this);
}

HttpConnection::~HttpConnection() {
  if (counted_)
    core_.count_out();
  else
    --core_.turned_away;
  if (going_on_) core_.forget(*this);
  if (held_bytes_ > 0) core_.hold(held_bytes_, 0);
  if (phase_ == Phase::asked) core_.service.on_gone(*this);
  close();
}

void HttpConnection::close() {
  const int fd = std::exchange(fd_, -1);
  if (fd < 0) return;
  core_.loop.unwatch_closing(fd);
  ::close(fd);
}

// -- what comes -----------------------------------------------------------------------------------

void HttpConnection::on_ready(unsigned ready) {
  if (ready & EventLoop::hangup) peer_left_ = true;
  if (ready & EventLoop::readable) unread_ = true;
  if (!unsent_.empty() && (ready & EventLoop::writable)) flush();
  run();
}

/// Goes on for as long as there is something to do; then waits, or ends the connection.
void HttpConnection::run() {
  input_ = kept_;
  consume();
  int reads = 0;
  while (wants_bytes() && unread_ && unsent_.empty() && reads++ < kReadsPerTurn) {
    keep_rest();
    if (receive()) consume();
  }
  keep_rest();
  if (body_drips()) refuse_late("the body was not complete in time");
  if (phase_ == Phase::asked && peer_left_) return core_.drop(*this);
  if (!hold_what_waits()) {
    if (!wants_bytes()) return core_.drop(*this);  // it is slow to read: it resumes at its cursor
    refuse(refusal_answer({503, "too much waits for slow peers", {{"Retry-After", "1"}}}));
  }
  if (phase_ == Phase::upgrading || phase_ == Phase::over) return finish();
  if (wants_bytes() && unread_ && unsent_.empty()) core_.go_on_later(*this);
  set_deadline();
}

/// Counts what is neither taken nor sent yet; false: there is no room for more of it. Mostly there is none of it.
bool HttpConnection::hold_what_waits() {
  std::size_t bytes = 0;
  for (const std::string* waits : {&kept_, &request_.body, &unsent_})
    if (waits->capacity() > kSpareBytes) bytes += waits->capacity();
  return bytes == held_bytes_ || core_.hold(held_bytes_, bytes);
}

void HttpConnection::refuse_late(const char* why) {
  core_.late.fetch_add(1, std::memory_order_relaxed);
  refuse(refusal_answer({408, why, {}}));
}

/// Asked whenever a part of one came: the next part has its own time (set_deadline()).
bool HttpConnection::body_drips() const {
  return phase_ == Phase::body && core_.loop.now() - body_began_ >= core_.options.body_timeout;
}

bool HttpConnection::receive() {
  if (tls_ && tls_->state() == TlsSession::State::ended) {
    unread_ = false;
    on_end();
    return false;
  }
  const auto got = ::recv(fd_, core_.read_buffer.data(), core_.read_buffer.size(), MSG_DONTWAIT);
  if (got <= 0) {
    unread_ = got < 0 && errno == EINTR;
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) on_end();
    return false;
  }
  std::string_view bytes(core_.read_buffer.data(), static_cast<std::size_t>(got));
  // Less than there was room for: that was all, unless the end is behind it, which is not told again (epoll(7)).
  unread_ = bytes.size() == core_.read_buffer.size() || peer_left_;
  if (tls_) decrypt(bytes);
  core_.counters.bytes_in += bytes.size();
  if (bytes.empty()) return false;
  if (kept_.empty()) {
    input_ = bytes;
  } else {
    kept_ += bytes;
    input_ = kept_;
  }
  return true;
}

/// Turns records into what they say.
void HttpConnection::decrypt(std::string_view& bytes) {
  using State = TlsSession::State;
  const State before = tls_->state();
  const bool first = before == State::handshaking && !std::exchange(shaking_, true);
  if (first && !TlsSession::begins_with_tls(bytes)) {
    bytes = {};
    return on_not_tls();
  }
  core_.plain.clear();
  core_.records.clear();
  const State state = tls_->take(bytes, core_.plain, core_.records);
  bytes = core_.plain;
  push_records();
  if (before == State::handshaking && (state == State::open || state == State::ended)) {
    ++core_.counters.tls_handshakes;
    core_.counters.tls_resumed += tls_->resumed() ? 1 : 0;
  }
  if (state == State::ended) peer_left_ = unread_ = true;
  if (state != State::failed) return;
  if (before == State::handshaking) ++core_.options.tls->failed;
  bytes = {};
  linger_ = true;  // for the alert to be read
  phase_ = Phase::over;
}

/// It is told in the clear, as it asked: there is no other way that it would understand.
void HttpConnection::on_not_tls() {
  ++core_.options.tls->not_tls;
  tls_.reset();
  refuse(refusal_answer({400, "this port speaks TLS: use https:// or wss://", {}}));
}

/// Nothing more will come.
void HttpConnection::on_end() {
  if (tls_ && shaking_ && tls_->state() == TlsSession::State::handshaking) ++core_.options.tls->failed;
  if (phase_ == Phase::body || !kept_.empty()) return refuse(refusal_answer({400, "the request was cut off", {}}));
  phase_ = Phase::over;
}

void HttpConnection::consume() {
  while (!input_.empty() && wants_bytes())
    if (!(phase_ == Phase::head ? take_head() : take_body())) return;
}

/// What is left of the input stays until there is more of it, or the present request is answered.
void HttpConnection::keep_rest() {
  if (input_.empty()) {
    empty(kept_);
  } else if (kept_.empty()) {
    kept_.assign(input_);
  } else {
    kept_.erase(0, kept_.size() - input_.size());
  }
  input_ = kept_;
}

void HttpConnection::set_deadline() {
  const bool new_request = std::exchange(timed_requests_, requests_) != requests_;
  const bool incomplete = phase_ == Phase::body || !kept_.empty();
  if (phase_ == Phase::asked) {
    stop_waiting();
    clock_ = Clock::none;
  } else if (phase_ == Phase::flushing ? new_request || clock_ != Clock::idle : !incomplete && new_request) {
    core_.idle.wait(*this);
    clock_ = Clock::idle;
  } else if (phase_ == Phase::body || (incomplete && (new_request || clock_ != Clock::reading))) {
    core_.reading.wait(*this);
    clock_ = Clock::reading;
  }
}

void HttpConnection::on_slow() {
  if (tls_ && tls_->state() == TlsSession::State::handshaking) {
    ++core_.options.tls->too_slow;
    return core_.drop(*this);
  }
  refuse_late("the request was not complete in time");
  run();
}

void HttpConnection::on_idle() {
  ++core_.counters.timeouts;
  core_.drop(*this);
}

/// The end of it: as a WebSocket, lingering, or at once.
void HttpConnection::finish() {
  if (phase_ == Phase::upgrading) {
    core_.loop.unwatch(fd_);
    Upgrade upgrade{std::exchange(fd_, -1), std::move(request_), std::move(websocket_key_),
                    std::move(kept_),       std::move(tls_),     unsent_.substr(sent_bytes_)};
    HostCore& core = core_;
    core.drop(*this);
    return core.open_socket(std::move(upgrade));
  }
  // Who has said goodbye is not answered: he has closed, and would answer with a reset. Who has not, is going to, and
  // is not to get one from us.
  if (tls_ && tls_->state() == TlsSession::State::open && unsent_.empty()) {
    core_.records.clear();
    tls_->close(core_.records);
    push_records();
    linger_ = true;
  }
  if (linger_ || unread_ || !kept_.empty()) {
    shutdown(fd_, SHUT_WR);
    core_.lingerer.take(std::exchange(fd_, -1));
  }
  core_.drop(*this);
}

// -- the request ----------------------------------------------------------------------------------

/// False: not all of it is there.
bool HttpConnection::take_head() {
  input_.remove_prefix(line_ends_before(input_));
  const auto length = find_head_end(input_, std::min(searched_, input_.size()));
  if (!length) {
    searched_ = input_.size();
    const auto refusal = check_beginning(input_, core_.limits.header_bytes);
    if (!refusal) return false;
    ++core_.counters.requests;
    refuse(refusal_answer(*refusal));
    return true;
  }
  ++core_.counters.requests;
  searched_ = 0;
  RequestHead head;
  head.request = std::move(request_);
  head.header_bytes = *length;
  const auto section = input_.substr(0, *length);
  input_.remove_prefix(*length);
  auto refusal = parse_head(section, core_.options.headers, head);
  if (!refusal) refusal = check_head(head, core_.limits);
  client_keeps_ = keeps_connection(head);
  if (!counted_) refusal = Refusal{503, "the server is full", {{"Retry-After", "1"}}};
  if (refusal) {
    request_ = std::move(head.request);
    refuse(refusal_answer(*refusal));
  } else {
    on_head(head);
  }
  return true;
}

void HttpConnection::on_head(RequestHead& head) {
  if (!head.upgrade.empty()) return on_upgrade(head);
  admit(head);
}

void HttpConnection::on_upgrade(RequestHead& head) {
  const auto refusal = check_upgrade(head);
  request_ = std::move(head.request);
  if (refusal) return refuse(refusal_answer(*refusal));
  if (const auto refused = core_.service.refuse(request_)) return refuse(*refused);
  websocket_key_ = std::move(head.websocket_key);
  phase_ = Phase::upgrading;
}

void HttpConnection::admit(RequestHead& head) {
  const auto refusal = check_body(head, core_.limits);
  request_ = std::move(head.request);
  if (const auto refused = core_.service.refuse(request_)) return refuse(*refused);
  if (refusal) return refuse(refusal_answer(*refusal));
  if (request_.content_length == 0 && !head.chunked) return ask();
  phase_ = Phase::body;
  body_began_ = core_.loop.now();
  if (head.chunked) chunks_.emplace(core_.limits.payload_bytes);
  if (expects_continue(head) && input_.empty()) send_continue();
}

/// Should the kernel not take it, the client sends the body all the same, after a while.
void HttpConnection::send_continue() {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  if (tls_) {
    core_.records.clear();
    tls_->seal(kContinue, core_.records);
    push_records();
    core_.counters.bytes_out += kContinue.size();
    return;
  }
  const auto sent = ::send(fd_, kContinue.data(), kContinue.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) core_.counters.bytes_out += static_cast<std::uint64_t>(sent);
}

/// False: not all of it is there.
bool HttpConnection::take_body() {
  if (chunks_) return take_chunks();
  const auto piece = input_.substr(0, request_.content_length - request_.body.size());
  request_.body.append(piece);
  input_.remove_prefix(piece.size());
  if (request_.body.size() < request_.content_length) return false;
  ask();
  return true;
}

bool HttpConnection::take_chunks() {
  using State = ChunkedBody::State;
  const State state = chunks_->take(input_, request_.body);
  if (state == State::more) return false;
  chunks_.reset();
  if (state == State::whole) {
    request_.content_length = request_.body.size();
    ask();
  } else if (state == State::too_long) {
    refuse(refusal_answer(
        {413, "the payload is longer than " + std::to_string(core_.limits.payload_bytes) + " bytes", {}}));
  } else {
    refuse(refusal_answer({400, "the chunks of the body are malformed", {}}));
  }
  return true;
}

void HttpConnection::ask() {
  attachment.reset();  // of the request before, if its answer was given from elsewhere in this turn
  phase_ = Phase::asked;
  in_service_ = true;
  core_.service.on_request(*this);
  in_service_ = false;
  if (!answer_) return;
  send(*answer_);
  answer_.reset();
  attachment.reset();
}

// -- the answer -----------------------------------------------------------------------------------

void HttpConnection::answer(Answer answer) {
  if (in_service_) {
    answer_ = std::move(answer);
    return;
  }
  send(answer);
  core_.go_on_later(*this);
}

void HttpConnection::be_patient() {
  if (!std::exchange(patient_, true)) core_.loop.be_patient(fd_);
}

void HttpConnection::go_on() {
  if (phase_ != Phase::asked) attachment.reset();  // else the next request was there already, and this is its own
  run();
}

void HttpConnection::refuse(const Answer& answer) {
  client_keeps_ = false;
  linger_ = true;
  send(answer);
}

void HttpConnection::send(const Answer& answer) {
  ++requests_;
  if (answer.then == Then::close || core_.letting_go) client_keeps_ = false;
  const Body body = request_.method == "HEAD" ? Body::left_out : Body::sent;
  const Then then = client_keeps_ ? Then::keep : Then::close;
  if (tls_) return send_encrypted(answer, then, body);
  auto sent = core_.writer.send(fd_, answer, then, body);
  core_.counters.bytes_out += sent.bytes;
  if (sent.failed) client_keeps_ = false;
  if (sent.rest.empty()) return settle();
  unsent_ = std::move(sent.rest);
  sent_bytes_ = 0;
  phase_ = Phase::flushing;
  core_.loop.change_watch(fd_, kInterest | EventLoop::writable);
}

/// Head and body in one record, if they fit (RFC 8446 §5.1: 16 KiB), and in one system call.
void HttpConnection::send_encrypted(const Answer& answer, Then then, Body body) {
  core_.plain_answer.clear();
  core_.writer.append(core_.plain_answer, answer, then, body);
  core_.records.clear();
  tls_->seal(core_.plain_answer, core_.records);
  core_.counters.bytes_out += core_.plain_answer.size();
  push_records();
  if (unsent_.empty()) return settle();
  phase_ = Phase::flushing;
}

/// What is in HostCore::records goes to the kernel, and what it does not take comes behind what it did not take before.
void HttpConnection::push_records() {
  std::string_view rest = core_.records;
  if (rest.empty()) return;
  const bool was_empty = unsent_.empty();
  if (was_empty) {
    const auto sent = ::send(fd_, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      client_keeps_ = false;
      return;
    }
    rest.remove_prefix(sent > 0 ? static_cast<std::size_t>(sent) : 0);
  }
  if (rest.empty()) return;
  unsent_.append(rest);
  if (was_empty) core_.loop.change_watch(fd_, kInterest | EventLoop::writable);
}

/// The answer is with the kernel.
void HttpConnection::settle() {
  phase_ = client_keeps_ ? Phase::head : Phase::over;
  clear(request_);
}

void HttpConnection::flush() {
  const auto rest = std::string_view(unsent_).substr(sent_bytes_);
  const auto sent = ::send(fd_, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (sent > 0) {
    if (!tls_) core_.counters.bytes_out += static_cast<std::uint64_t>(sent);  // else it is counted, as text
    sent_bytes_ += static_cast<std::size_t>(sent);
    core_.idle.wait(*this);
    if (sent_bytes_ < unsent_.size()) return;
  } else {
    client_keeps_ = false;
  }
  std::string().swap(unsent_);
  sent_bytes_ = 0;
  core_.loop.change_watch(fd_, kInterest);
  if (phase_ == Phase::flushing) settle();
}

}  // namespace wirelab::net
