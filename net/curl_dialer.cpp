#include "net/curl_dialer.hpp"

#include <curl/curl.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "net/field_text.hpp"
#include "net/header_lines.hpp"
#include "net/openssl.hpp"
#include "net/tls_trust.hpp"
#include "net/url.hpp"

// How libcurl is made to serve thousands of lines from one thread:
//
// - curl_multi_socket_action(): work per event, not per handle. libcurl says which descriptor it wants watched for
// what,
//   and EventLoop watches it.
// - Each line has a connection pool of its own (a CURLSH that shares connections with nobody). In the multi handle's
//   common pool the lines would borrow each other's connections, and each finished exchange would walk through half
//   the pool (curl_multi_remove_handle() looks there for connections to close).
// - When an exchange ends libcurl drops the descriptor, and wants it back at the next. The watch stays as it is in the
//   meantime, which saves two system calls a request; it ends when the idle descriptor becomes readable, for then the
//   server has closed it.
// - The URL is read once, into a handle that all lines share: as a text each exchange would read it again, and write it
//   out again, which is a seventh of all that libcurl does for a poll (docs/internals/generator.md).
// - Time-outs are ours. libcurl's would close a socket that is still connecting without a word to its user (only
//   connected ones go through CURLOPT_CLOSESOCKETFUNCTION), who would go on watching a number that is soon another's.

namespace wirelab::net {
namespace {

using EasyHandle = std::unique_ptr<CURL, CallOn<curl_easy_cleanup>>;
using MultiHandle = std::unique_ptr<CURLM, CallOn<curl_multi_cleanup>>;
using ShareHandle = std::unique_ptr<CURLSH, CallOn<curl_share_cleanup>>;
using UrlHandle = std::unique_ptr<CURLU, CallOn<curl_url_cleanup>>;

/// Once for the process, before any thread uses libcurl.
void initialise_libcurl() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_SSL);
  if (done != CURLE_OK) throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(done));
}

template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
  if (const CURLcode result = (curl_easy_setopt)(easy, option, value); result != CURLE_OK)
    throw std::runtime_error(std::string("libcurl refused an option: ") + curl_easy_strerror(result));
}

template <typename Value>
Value info(CURL* easy, CURLINFO what) {
  Value value{};
  (curl_easy_getinfo)(easy, what, &value);
  return value;
}

/// A header list as libcurl takes it. May end in another one, which it does not own.
class HeaderList {
 public:
  explicit HeaderList(const Headers& headers, curl_slist* then = nullptr) {
    check_header_lines(headers);
    lines_.reserve(headers.size());
    for (const auto& [name, value] : headers) lines_.push_back(line(name, value));
    nodes_.resize(lines_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      nodes_[i] = {lines_[i].data(), i + 1 < nodes_.size() ? &nodes_[i + 1] : then};
    first_ = nodes_.empty() ? then : nodes_.data();
  }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;

  curl_slist* get() const { return first_; }

 private:
  static std::string line(const std::string& name, const std::string& value) {
    return value.empty() ? name + ";" : name + ": " + value;
  }

  std::vector<std::string> lines_;
  std::vector<curl_slist> nodes_;
  curl_slist* first_ = nullptr;
};

Headers common_headers(const Headers& wished, const std::string& authority) {
  Headers headers = wished;
  const auto has = [&](std::string_view name) {
    return std::any_of(wished.begin(), wished.end(),
                       [&](const auto& header) { return equals_ignoring_case(header.first, name); });
  };
  if (!has("Host")) headers.insert(headers.begin(), {"Host", authority});
  return headers;
}

/// A body up to this goes out in one write with its header section, and CURLINFO_REQUEST_SIZE is the sum of both. Of a
/// longer one it counts what the first write happened to take; for those the header section is counted as it is sent.
constexpr std::size_t kOneWriteBytes = 4096;

}  // namespace

struct CurlDialer::Impl {
  class Line;

  /// What libcurl and the loop each know of a descriptor.
  struct Descriptor {
    unsigned watched = EventLoop::none;
    bool wanted = false;      // an exchange is on it
    bool announced = false;   // the observer knows
    Line* dialing = nullptr;  // whose exchange waits for it to be connected
    Line* line = nullptr;     // whose connection it is
    ParsedBytes parsed;       // on it, but for the exchange under way
  };

  EventLoop& loop;
  DialerOptions options;
  Url url;
  std::string address;
  Sources sources;
  std::optional<TlsTrust> trust;  // without, no TLS is spoken
  TlsMeter tls_meter;
  // A name without a value takes the field out that libcurl would add to a POST: one before a large body, waiting for
  // a 100, the other naming a type that is for the caller to name.
  curl_slist no_expect{const_cast<char*>("Expect:"), nullptr};
  curl_slist no_additions{const_cast<char*>("Content-Type:"), &no_expect};
  HeaderList get_list, post_list;
  std::string address_entry;  // owned by
  curl_slist address_list;    // what libcurl is told of the name's address
  UrlHandle server;           // what all lines dial
  MultiHandle multi;
  std::vector<Descriptor> descriptors;  // by number: the kernel hands out small ones
  Timer curl_timer, finish_timer;
  Nanos curl_due{}, armed_for{};  // when libcurl wants to be called; when the loop's timer is set to
  std::size_t under_way = 0;      // exchanges begun and not told of
  int running = 0;                // of those, the ones libcurl still works on
  Nanos entered_at{};             // when the event that libcurl now works on was seen; 0: it works unasked
  std::string delivered_body;     // of the reply being told of; lends its memory to the next

  Impl(EventLoop& loop_, DialerOptions options_)
      : loop(loop_),
        options(std::move(options_)),
        url(parse_url(options.url)),
        address(numeric_address(url)),
        sources(options.sources, address),
        get_list(common_headers(options.request_headers, url.authority)),
        post_list(common_headers(options.request_headers, url.authority), &no_additions),
        address_list{make_address_entry(), nullptr},
        curl_timer(loop),
        finish_timer(loop) {
    initialise_libcurl();
    if (url.tls) trust.emplace(options.tls_ca, url.host);
    server.reset(curl_url());
    if (!server || curl_url_set(server.get(), CURLUPART_URL, base_url().c_str(), 0) != CURLUE_OK)
      throw std::runtime_error("libcurl refused the URL " + base_url());
    multi.reset(curl_multi_init());
    if (!multi) throw std::runtime_error("libcurl: no multi handle");
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, &Impl::on_interest);
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, &Impl::on_timer_wish);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERDATA, this);
  }

  /// By address: no name is looked up again. Of a server with a certificate by the name that is in it.
  std::string base_url() const {
    const std::string& host = url.tls ? url.host : address;
    const bool v6 = host.find(':') != std::string::npos;
    return (url.tls ? "https://" : "http://") + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(url.port);
  }

  char* make_address_entry() {
    address_entry = url.host + ":" + std::to_string(url.port) + ":" + address;
    return address_entry.data();
  }

  Descriptor& descriptor(int fd) {
    const auto index = static_cast<std::size_t>(fd);
    if (index >= descriptors.size()) descriptors.resize(index + 1);
    return descriptors[index];
  }

  // -- the loop tells libcurl -----------------------------------------------------------------------------------------

  void on_ready(int fd, unsigned ready) {
    if (!descriptor(fd).wanted) return stop_watching(fd);
    int events = 0;
    if (ready & EventLoop::readable) events |= CURL_CSELECT_IN;
    if (ready & EventLoop::writable) events |= CURL_CSELECT_OUT;
    entered_at = loop.now();
    act(fd, events);
    entered_at = Nanos::zero();
    finish_exchanges();
  }

  void on_curl_timer() {
    if (curl_due == Nanos::zero()) return;
    if (loop.now() < curl_due) return arm();
    act(CURL_SOCKET_TIMEOUT, 0);
    finish_exchanges();
  }

  void act(curl_socket_t fd, int events) {
    if (fd == CURL_SOCKET_TIMEOUT) curl_due = Nanos::zero();  // it says so again if there is more to wait for
    curl_multi_socket_action(multi.get(), fd, events, &running);
    if (curl_due != Nanos::zero()) arm();
  }

  /// Lets libcurl begin what was just added, now: a loop's turn later would be a delay of our making.
  void begin() {
    act(CURL_SOCKET_TIMEOUT, 0);
    // An exchange may have failed at once; nobody is told of it from inside get() or post().
    const bool some_are_over = static_cast<std::size_t>(running) < under_way;
    if (some_are_over && !finish_timer.armed()) finish_timer.set_at(loop.now(), [this] { finish_exchanges(); });
  }

  // -- libcurl tells us -----------------------------------------------------------------------------------------------

  static int on_interest(CURL*, curl_socket_t fd, int what, void* self, void*) noexcept {
    static_cast<Impl*>(self)->want(fd, what);
    return 0;
  }

  void want(int fd, int what) {
    Descriptor& state = descriptor(fd);
    state.wanted = what != CURL_POLL_REMOVE;
    if (!state.wanted) {
      if (state.watched & EventLoop::writable) stop_watching(fd);
      return;
    }
    if (!std::exchange(state.announced, true) && options.observer != nullptr) options.observer->on_opened(fd);
    if (state.dialing != nullptr && (what & CURL_POLL_IN)) on_connected(state);  // before that it only waits to write
    unsigned interest = EventLoop::none;
    if (what & CURL_POLL_IN) interest |= EventLoop::readable;
    if (what & CURL_POLL_OUT) interest |= EventLoop::writable;
    if (interest == state.watched) return;
    if (state.watched == EventLoop::none)
      loop.watch(fd, interest, [this, fd](unsigned ready) { on_ready(fd, ready); });
    else
      loop.change_watch(fd, interest);
    state.watched = interest;
  }

  void stop_watching(int fd) {
    if (std::exchange(descriptor(fd).watched, EventLoop::none) != EventLoop::none) loop.unwatch(fd);
  }

  static int on_timer_wish(CURLM*, long timeout_ms, void* self) noexcept {
    auto& dialer = *static_cast<Impl*>(self);
    dialer.curl_due = timeout_ms < 0 ? Nanos::zero() : dialer.loop.now() + std::chrono::milliseconds(timeout_ms);
    if (timeout_ms > 0) dialer.arm();  // 0 is wished for by adding a handle, and begin() follows
    return 0;
  }

  /// Most wishes are taken back before their time: the loop's timer is set only to an earlier time than it has, and
  /// looks again when it fires.
  void arm() {
    if (curl_timer.armed() && armed_for <= curl_due) return;
    armed_for = curl_due;
    curl_timer.set_at(armed_for, [this] { on_curl_timer(); });
  }

  /// A new socket, bound to its source address if there is one; -1, and why in `error`, when that cannot be. The port
  /// is chosen at connect(), when the whole four-tuple is known: else ports run out much sooner.
  int open_socket(const curl_sockaddr& to, std::string& error) {
    const int fd = ::socket(to.family, to.socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, to.protocol);
    if (fd < 0) error = std::string("no socket: ") + std::strerror(errno);
    const SourceAddress* source = sources.next();
    if (fd < 0 || source == nullptr) return fd;
    const int yes = 1;
    setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&source->address), source->length) == 0) return fd;
    error = "cannot dial from " + source->text + ": " + std::strerror(errno);
    ::close(fd);
    return -1;
  }

  static int on_close_socket(void* self, curl_socket_t fd) noexcept {
    static_cast<Impl*>(self)->forget(fd);
    return ::close(fd);
  }

  /// Last before a descriptor is closed.
  void forget(int fd) {
    stop_watching(fd);
    settle_account(fd);
    Descriptor& state = descriptor(fd);
    state.parsed.tls = tls_meter.of(fd);
    if (state.announced && options.observer != nullptr) options.observer->on_closing(fd, state.parsed);
    tls_meter.forget(fd);
    if (state.dialing != nullptr) on_connected(state);
    leave_line(state, fd);
    state = {};
  }

  // -- exchanges end --------------------------------------------------------------------------------------------------

  void on_connected(Descriptor& state);
  void settle_account(int fd);
  static void leave_line(Descriptor& state, int fd);
  void finish_exchanges();
};

/// One easy handle and its private pool, used again for each exchange.
class CurlDialer::Impl::Line final : public HttpLine {
 public:
  Line(Impl& dialer, Reuse reuse)
      : dialer_(dialer), pool_(curl_share_init()), easy_(curl_easy_init()), deadline_(dialer.loop) {
    if (!pool_ || !easy_) throw std::runtime_error("libcurl: out of memory");
    curl_share_setopt(pool_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
    set_up_connection(reuse);
    set_up_exchange();
  }

  ~Line() override {
    if (on_reply_) leave();
    if (fd_ >= 0) dialer_.descriptor(fd_).line = nullptr;  // libcurl closes it when the pool goes
  }

  void get(std::string_view target, OnReply on_reply) override {
    set(easy_.get(), CURLOPT_HTTPGET, 1L);
    set(easy_.get(), CURLOPT_HTTPHEADER, dialer_.get_list.get());
    count_header_as_sent(false);
    sent_body_.clear();
    start(target, std::move(on_reply));
  }

  void post(std::string_view target, std::string body, const Headers& headers, OnReply on_reply) override {
    sent_body_ = std::move(body);
    sent_headers_.emplace(headers, dialer_.post_list.get());
    set(easy_.get(), CURLOPT_POST, 1L);
    set(easy_.get(), CURLOPT_POSTFIELDS, sent_body_.data());
    set(easy_.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(sent_body_.size()));
    set(easy_.get(), CURLOPT_HTTPHEADER, sent_headers_->get());
    count_header_as_sent(sent_body_.size() > kOneWriteBytes);
    start(target, std::move(on_reply));
  }

  /// The socket that the exchange waited for is connected, or gone.
  void on_connected() {
    connecting_ = -1;
    set_deadline(sent_at_ + dialer_.options.exchange_timeout);
  }

  /// What the exchange under way has sent and received since it was last asked. An exchange may use up two connections:
  /// libcurl asks again when one that was kept alive turns out to be dead.
  ParsedBytes take_account() {
    if (!on_reply_) return {};
    const HttpBytes bytes = count_bytes();
    ParsedBytes now;
    now.out = bytes.request_header + bytes.request_body;
    now.in = bytes.response_header + bytes.response_body;
    const ParsedBytes before = std::exchange(accounted_, now);
    now.out -= before.out;
    now.in -= before.in;
    return now;
  }

  void on_gone(int fd) {
    if (fd_ == fd) fd_ = -1;
  }

  /// The exchange is over.
  void finish(CURLcode result) {
    HttpReply reply = make_reply();
    if (result == CURLE_OK && header_complete_) {
      read_status(reply);
    } else {
      reply.received_at = dialer_.loop.now();
      // libcurl takes an answer that ends within its fields for a whole one (RFC 9112 §8).
      reply.error = result == CURLE_OK ? "the answer broke off in its header" : describe(result);
    }
    tell(std::move(reply));
  }

 private:
  void set_up_connection(Reuse reuse) {
    CURL* easy = easy_.get();
    set(easy, CURLOPT_SHARE, pool_.get());
    set(easy, CURLOPT_CURLU, dialer_.server.get());
    set(easy, CURLOPT_PROTOCOLS_STR, dialer_.url.tls ? "https" : "http");
    if (dialer_.url.tls) set_up_tls();
    set(easy, CURLOPT_PROXY, "");
    set(easy, CURLOPT_NOPROXY, "*");  // else the environment is searched for one, each time
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(easy, CURLOPT_TCP_NODELAY, 1L);
    set(easy, CURLOPT_NOSIGNAL, 1L);
    const long fresh = reuse == Reuse::new_connection ? 1 : 0;
    set(easy, CURLOPT_FRESH_CONNECT, fresh);
    set(easy, CURLOPT_FORBID_REUSE, fresh);
    set(easy, CURLOPT_MAXAGE_CONN, 24 * 3600L);  // how long an idle connection lives is the server's decision
    set(easy, CURLOPT_CONNECTTIMEOUT, 24 * 3600L);
    set(easy, CURLOPT_OPENSOCKETFUNCTION, &Line::on_open_socket);
    set(easy, CURLOPT_OPENSOCKETDATA, this);
    set(easy, CURLOPT_CLOSESOCKETFUNCTION, &Impl::on_close_socket);
    set(easy, CURLOPT_CLOSESOCKETDATA, &dialer_);
  }

  /// libcurl verifies by itself, unless it is told not to. What else is asked is asked in on_tls_context().
  void set_up_tls() {
    CURL* easy = easy_.get();
    const std::string& authorities = dialer_.trust->authority_file();
    if (!authorities.empty()) {
      set(easy, CURLOPT_CAINFO, authorities.c_str());
      set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
    if (dialer_.url.host != dialer_.address) set(easy, CURLOPT_RESOLVE, &dialer_.address_list);
    set(easy, CURLOPT_SSL_CTX_FUNCTION, &Line::on_tls_context);
    set(easy, CURLOPT_SSL_CTX_DATA, this);
  }

  static CURLcode on_tls_context(CURL*, void* context, void* self) noexcept {
    auto& line = *static_cast<Line*>(self);
    auto* const native = static_cast<ssl_ctx_st*>(context);
    line.dialer_.trust->prepare(native);
    line.dialer_.tls_meter.watch(native, line.fd_);
    return CURLE_OK;
  }

  void set_up_exchange() {
    CURL* easy = easy_.get();
    set(easy, CURLOPT_PRIVATE, this);
    set(easy, CURLOPT_USERAGENT, "wirelab");
    set(easy, CURLOPT_WRITEFUNCTION, &Line::on_body);
    set(easy, CURLOPT_WRITEDATA, this);
    set(easy, CURLOPT_HEADERFUNCTION, &Line::on_header);
    set(easy, CURLOPT_HEADERDATA, this);
    set(easy, CURLOPT_DEBUGFUNCTION, &Line::on_trace);
    set(easy, CURLOPT_DEBUGDATA, this);
  }

  void start(std::string_view target, OnReply on_reply) {
    on_reply_ = std::move(on_reply);
    body_.clear();
    headers_.clear();
    too_long_ = header_complete_ = false;
    no_socket_.clear();
    header_bytes_sent_ = 0;
    accounted_ = {};
    set(easy_.get(), CURLOPT_REQUEST_TARGET, std::string(target).c_str());
    sent_at_ = dialer_.loop.now();
    set_deadline(sent_at_ + dialer_.options.exchange_timeout);
    curl_multi_add_handle(dialer_.multi.get(), easy_.get());
    ++dialer_.under_way;
    dialer_.begin();
  }

  static curl_socket_t on_open_socket(void* self, curlsocktype, curl_sockaddr* to) noexcept {
    auto& line = *static_cast<Line*>(self);
    line.connecting_ = line.dialer_.open_socket(*to, line.no_socket_);
    if (line.connecting_ < 0) return CURL_SOCKET_BAD;
    line.dialer_.descriptor(line.connecting_).dialing = &line;
    line.dialer_.descriptor(line.connecting_).line = &line;
    line.fd_ = line.connecting_;
    line.set_deadline(line.dialer_.loop.now() + line.dialer_.options.connect_timeout);
    return line.connecting_;
  }

  void set_deadline(Nanos due) {
    deadline_.set_at(due, [this] { on_deadline(); });
  }

  void on_deadline() {
    const auto limit = connecting_ >= 0 ? dialer_.options.connect_timeout : dialer_.options.exchange_timeout;
    HttpReply reply = make_reply();
    reply.received_at = dialer_.loop.now();
    reply.error = std::string(connecting_ >= 0 ? "no connection" : "no answer") + " within " +
                  std::to_string(limit.count()) + " ms";
    tell(std::move(reply));
  }

  /// The callback may destroy this line, so nothing of it is touched afterwards.
  void tell(HttpReply reply) {
    leave();
    dialer_.delivered_body.swap(body_);
    reply.body = dialer_.delivered_body;
    reply.headers = std::move(headers_);
    const OnReply on_reply = std::exchange(on_reply_, nullptr);
    on_reply(reply);
  }

  void leave() {
    // Not only when its end is told: libcurl may have ended an exchange already, on a connection that it keeps, when
    // its line is destroyed.
    if (fd_ >= 0) dialer_.settle_account(fd_);
    if (connecting_ >= 0) dialer_.forget(connecting_);  // which libcurl is about to close without notice
    deadline_.cancel();
    curl_multi_remove_handle(dialer_.multi.get(), easy_.get());
    --dialer_.under_way;
  }

  void count_header_as_sent(bool yes) { set(easy_.get(), CURLOPT_VERBOSE, yes ? 1L : 0L); }

  static int on_trace(CURL*, curl_infotype type, char*, std::size_t size, void* self) noexcept {
    if (type == CURLINFO_HEADER_OUT) static_cast<Line*>(self)->header_bytes_sent_ += size;
    return 0;
  }

  /// A line of the header at a time; the last is empty.
  static std::size_t on_header(char* text, std::size_t, std::size_t size, void* self) noexcept {
    auto& line = *static_cast<Line*>(self);
    line.note_arrival();
    const std::string_view field(text, size);
    if (field.starts_with("HTTP/")) line.header_complete_ = false;  // after a 100 (Continue), say
    if (field.find_first_not_of("\r\n") == std::string_view::npos) line.header_complete_ = true;
    if (!line.dialer_.options.response_headers.empty()) line.keep_header(field);
    return size;
  }

  /// A whole line of the header section (RFC 9112 §2.1). A status line begins a new one: what came before was interim.
  void keep_header(std::string_view field_line) {
    if (field_line.starts_with("HTTP/")) return headers_.clear();
    field_line = field_line.substr(0, field_line.find_first_of("\r\n"));
    const std::size_t colon = field_line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view name = field_line.substr(0, colon);
    for (const std::string& wanted : dialer_.options.response_headers)
      if (equals_ignoring_case(name, wanted)) headers_.emplace_back(wanted, trimmed(field_line.substr(colon + 1)));
  }

  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) noexcept {
    auto& line = *static_cast<Line*>(self);
    line.note_arrival();
    line.too_long_ = line.body_.size() + size > line.dialer_.options.response_bytes;
    if (line.too_long_) return 0;  // fewer than given: libcurl breaks off
    line.body_.append(data, size);
    return size;
  }

  void note_arrival() { received_at_ = dialer_.entered_at != Nanos::zero() ? dialer_.entered_at : dialer_.loop.now(); }

  HttpReply make_reply() const {
    HttpReply reply;
    reply.sent_at = sent_at_;
    reply.received_at = received_at_;
    reply.opened_connection = info<long>(easy_.get(), CURLINFO_NUM_CONNECTS) > 0;
    reply.bytes = count_bytes();
    return reply;
  }

  void read_status(HttpReply& reply) const {
    reply.status = static_cast<int>(info<long>(easy_.get(), CURLINFO_RESPONSE_CODE));
    if (const auto seconds = info<curl_off_t>(easy_.get(), CURLINFO_RETRY_AFTER); seconds > 0)
      reply.retry_after = std::chrono::seconds(seconds);
  }

  HttpBytes count_bytes() const {
    CURL* easy = easy_.get();
    HttpBytes bytes;
    const auto sent = static_cast<std::uint64_t>(info<long>(easy, CURLINFO_REQUEST_SIZE));
    bytes.request_body = static_cast<std::uint64_t>(info<curl_off_t>(easy, CURLINFO_SIZE_UPLOAD_T));
    bytes.request_header = header_bytes_sent_ != 0 ? header_bytes_sent_ : sent - std::min(sent, bytes.request_body);
    bytes.response_header = static_cast<std::uint64_t>(info<long>(easy, CURLINFO_HEADER_SIZE));
    bytes.response_body = body_.size();
    return bytes;
  }

  /// The same words for the same failure, so that failures can be counted by them.
  std::string describe(CURLcode result) const {
    if (too_long_) return "the answer is longer than " + std::to_string(dialer_.options.response_bytes) + " bytes";
    if (!no_socket_.empty()) return no_socket_;
    if (result == CURLE_PEER_FAILED_VERIFICATION && dialer_.trust)
      return dialer_.trust->refusal(info<long>(easy_.get(), CURLINFO_SSL_VERIFYRESULT));
    if (result == CURLE_SSL_CONNECT_ERROR)
      return "no TLS connection: the server speaks none there, or none that is known";
    std::string text = curl_easy_strerror(result);
    const bool of_the_system =
        result == CURLE_COULDNT_CONNECT || result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR;
    if (const long error = info<long>(easy_.get(), CURLINFO_OS_ERRNO); of_the_system && error != 0)
      text += std::string(": ") + std::strerror(static_cast<int>(error));
    return text;
  }

  Impl& dialer_;
  ShareHandle pool_;  // before the handle that uses it: it must go last
  EasyHandle easy_;
  Timer deadline_;
  int connecting_ = -1;  // the socket that the exchange waits for
  int fd_ = -1;          // the one it has
  ParsedBytes accounted_;
  OnReply on_reply_;  // set while an exchange is under way
  std::string sent_body_, body_;
  std::optional<HeaderList> sent_headers_;
  Headers headers_;  // of the answer so far, the ones to hand on
  std::size_t header_bytes_sent_ = 0;
  bool too_long_ = false;
  bool header_complete_ = false;  // of the answer
  std::string no_socket_;         // why there was none
  Nanos sent_at_{}, received_at_{};
};

void CurlDialer::Impl::on_connected(Descriptor& state) { std::exchange(state.dialing, nullptr)->on_connected(); }

void CurlDialer::Impl::leave_line(Descriptor& state, int fd) {
  if (state.line != nullptr) state.line->on_gone(fd);
}

/// What its line's exchange did on this connection is put down to it.
void CurlDialer::Impl::settle_account(int fd) {
  Descriptor& state = descriptor(fd);
  if (state.line == nullptr) return;
  const ParsedBytes part = state.line->take_account();
  state.parsed.out += part.out;
  state.parsed.in += part.in;
}

void CurlDialer::Impl::finish_exchanges() {
  int left = 0;
  // Asked again after each: a callback may destroy lines, and their messages go with them.
  while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode result = message->data.result;
    info<Line*>(message->easy_handle, CURLINFO_PRIVATE)->finish(result);
  }
}

CurlDialer::CurlDialer(EventLoop& loop, DialerOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
CurlDialer::~CurlDialer() = default;

const TlsTotals* CurlDialer::tls() const { return impl_->url.tls ? &impl_->tls_meter.totals() : nullptr; }

std::unique_ptr<HttpLine> CurlDialer::line(Reuse reuse) { return std::make_unique<Impl::Line>(*impl_, reuse); }

}  // namespace wirelab::net
