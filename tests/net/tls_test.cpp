// TLS between our own server and our own clients, and what comes to a port that speaks it from those that do not.
#include "net/tls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "net/certificate.hpp"
#include "net/curl_dialer.hpp"
#include "net/lws_dialer.hpp"
#include "tests/net/host_rig.hpp"
#include "tests/net/kernel_observer.hpp"
#include "tests/own_temp.hpp"

namespace wirelab::tests {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// Notes what it hears.
struct TlsEar final : net::SocketListener {
  void on_open(std::uint64_t) override { ++opened; }
  void on_text(std::string_view text, net::Nanos, net::FrameBytes) override { texts.emplace_back(text); }
  void on_close(std::string_view reason) override { closed.emplace_back(reason); }
  int opened = 0;
  std::vector<std::string> texts, closed;
};

/// A ClientHello (RFC 5246 §7.4.1.2) that offers no more than `minor`: 2 is TLS 1.1, 3 is 1.2.
std::string client_hello(char minor) {
  std::string body = {3, minor};
  body.append(32, 'r').append(1, '\0');                                 // random; no session
  body += std::string("\x00\x04\xc0\x2b\xc0\x09", 6);                   // ECDHE-ECDSA with AES-128: GCM, CBC
  body += std::string("\x01\x00", 2);                                   // no compression
  const std::string groups("\x00\x0a\x00\x04\x00\x02\x00\x17", 8);      // P-256
  const std::string signatures("\x00\x0d\x00\x04\x00\x02\x04\x03", 8);  // ECDSA with SHA-256
  body += std::string("\x00\x10", 2) + groups + signatures;
  const auto size = static_cast<char>(body.size());
  const std::string handshake = std::string("\x01\x00\x00", 3) + size + body;
  return std::string("\x16\x03\x01\x00", 4) + static_cast<char>(handshake.size()) + handshake;
}

class TlsTest : public HostTest {
 protected:
  void TearDown() override {
    for (const std::string& file : files_) std::filesystem::remove(file);
  }
  std::string file(const std::string& name, const std::string& text) {
    files_.push_back(own_temp(name));
    std::ofstream(files_.back()) << text;
    return files_.back();
  }
  /// A server with such a certificate; its authority's goes into `authority`.
  void start_tls(const net::CertificateWish& wish = {}) {
    const net::Certificate made = net::make_certificate(wish);
    options.tls = net::TlsServer::from_texts(made.certificate, made.key);
    authority = file("authority.pem", made.authority);
    start();
  }
  net::DialerOptions dialer_options(const std::string& name = "127.0.0.1") {
    net::DialerOptions wish;
    wish.url = "https://" + name + ":" + std::to_string(host->port());
    wish.tls_ca = authority;
    wish.observer = &observer;
    return wish;
  }
  std::pair<int, std::string> ask(net::HttpLine& line, const std::string& target = "/x") {
    std::optional<std::pair<int, std::string>> heard;
    line.get(target, [&](const net::HttpReply& reply) {
      heard = {reply.status, reply.status == 0 ? reply.error : std::string(reply.body)};
    });
    EXPECT_TRUE(until([&] { return heard.has_value(); }));
    return heard.value_or(std::pair(0, ""));
  }
  /// Both kinds of client say the same of the server: the words.
  std::string refused_by_both(const net::DialerOptions& wish) {
    net::CurlDialer curl(loop, wish);
    const auto [status, why] = ask(*curl.line(net::Reuse::keep_alive));
    EXPECT_EQ(status, 0);
    net::LwsDialer lws(loop, wish);
    TlsEar ear;
    const auto line = lws.dial("/socket", ear);
    EXPECT_TRUE(until([&] { return !ear.closed.empty(); }));
    EXPECT_EQ(ear.opened, 0);
    EXPECT_THAT(ear.closed, testing::ElementsAre(why));
    EXPECT_THAT(service.asked, IsEmpty()) << "nothing is said to a server that is not believed";
    EXPECT_THAT(service.opened, IsEmpty());
    return why;
  }

  KernelObserver observer;
  std::string authority;

 private:
  std::vector<std::string> files_;
};

TEST_F(TlsTest, BothClientsSpeakToWhoeverShowsWhatTheyTrust) {
  start_tls();
  for (const std::string name : {"127.0.0.1", "localhost"}) {
    net::CurlDialer curl(loop, dialer_options(name));
    EXPECT_EQ(ask(*curl.line(net::Reuse::keep_alive)).second, "GET /x ");
    net::LwsDialer lws(loop, dialer_options(name));
    TlsEar ear;
    const auto line = lws.dial("/socket", ear);
    ASSERT_TRUE(until([&] { return ear.opened == 1 && service.sockets.size() == 1; }));
    line->send_text("up");
    ASSERT_TRUE(until([&] { return service.texts.size() == 1; }));
    service.act([&] { service.sockets[0]->send_text(net::SharedText("down")); });
    ASSERT_TRUE(until([&] { return ear.texts.size() == 1; }));
    service.act([&] { service.sockets[0]->close(1001, "bye"); });
    ASSERT_TRUE(until([&] { return !ear.closed.empty() && service.closed == 1; }));
    EXPECT_THAT(ear.closed.front(), HasSubstr("1001 bye"));
    service.texts.clear();
    service.closed = 0;
    EXPECT_EQ(curl.tls()->version, "TLSv1.3");
    EXPECT_EQ(lws.tls()->handshakes, 1U);
  }
  EXPECT_EQ(host->counters().tls_handshakes, 4U);
  EXPECT_EQ(options.tls->failed, 0U);
}

TEST_F(TlsTest, AnExpiredCertificateIsRefused) {
  start_tls({.until = -60s});
  EXPECT_THAT(refused_by_both(dialer_options()), HasSubstr("127.0.0.1 has expired"));
}

TEST_F(TlsTest, AnotherAuthoritysCertificateIsRefused) {
  start_tls();
  authority = file("other.pem", net::make_certificate().authority);
  EXPECT_THAT(refused_by_both(dialer_options()),
              HasSubstr("signed by nobody who is trusted here: give its authority's with --tls-ca"));
  EXPECT_EQ(options.tls->failed, 2U) << "the log counts them";
}

TEST_F(TlsTest, TheSystemsAuthoritiesDoNotKnowIt) {
  start_tls();
  authority.clear();
  EXPECT_THAT(refused_by_both(dialer_options()), HasSubstr("signed by nobody who is trusted here"));
}

TEST_F(TlsTest, AnotherNamesCertificateIsRefused) {
  start_tls({.names = {"example.org", "10.0.0.1"}});
  EXPECT_THAT(refused_by_both(dialer_options("127.0.0.1")), HasSubstr("127.0.0.1 is of another name"));
  EXPECT_THAT(refused_by_both(dialer_options("localhost")), HasSubstr("localhost is of another name"));
}

TEST_F(TlsTest, APlainPortIsNoTlsServer) {
  start_tls();
  options.tls = nullptr;
  start();
  EXPECT_THAT(refused_by_both(dialer_options()), HasSubstr("no TLS connection"));
}

TEST_F(TlsTest, AHelloOnAPlainPortGetsA400) {
  const auto stranger = client();
  stranger->send(client_hello(3));
  const auto heard = replies_until_close(*stranger);
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].status, 400);
}

TEST_F(TlsTest, APlainRequestIsToldSoInTheClear) {
  start_tls();
  const auto stranger = client();
  stranger->send(get("/x"));
  const auto heard = replies_until_close(*stranger);
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].status, 400);
  EXPECT_THAT(heard[0].body, HasSubstr("https://"));
  EXPECT_EQ(options.tls->not_tls, 1U);
  EXPECT_THAT(service.asked, IsEmpty());
}

TEST_F(TlsTest, OldVersionsAreRefused) {
  start_tls();
  const auto old = client(), newer = client();
  old->send(client_hello(2));
  ASSERT_TRUE(until([&] { return old->over(); }));
  EXPECT_EQ(old->received, std::string("\x15\x03\x02\x00\x02\x02\x46", 7)) << "a fatal alert, protocol_version";
  EXPECT_EQ(options.tls->failed, 1U);
  newer->send(client_hello(3));
  ASSERT_TRUE(until([&] { return newer->received.size() > 5; }));
  EXPECT_THAT(newer->received, StartsWith("\x16\x03\x03")) << "the same hello of TLS 1.2 is answered";
}

TEST_F(TlsTest, GarbageAfterTheFirstByteEndsIt) {
  start_tls();
  const auto stranger = client();
  stranger->send("\x16 is not all that TLS begins with, and this is not the rest of it");
  ASSERT_TRUE(until([&] { return stranger->over(); }));
  EXPECT_EQ(options.tls->failed, 1U);
  EXPECT_EQ(host->counters().connections_open, 0U);
}

TEST_F(TlsTest, ASlowHandshakeEndsWhenItsTimeIsOver) {
  options.header_timeout = 1s;
  start_tls();
  const auto silent = client(), slow = client(), late = client();
  const std::string hello = client_hello(3);
  slow->send(hello.substr(0, 20));
  late->send(hello);  // answered, and then says nothing more
  ASSERT_TRUE(until([&] { return silent->over() && slow->over() && late->over(); }));
  EXPECT_THAT(slow->received, IsEmpty());
  EXPECT_EQ(options.tls->too_slow, 3U);
  EXPECT_EQ(host->counters().connections_open, 0U);
}

TEST_F(TlsTest, AFullHostSaysSoInTls) {
  options.connections = 1;
  start_tls();
  net::CurlDialer curl(loop, dialer_options());
  const auto first = curl.line(net::Reuse::keep_alive), second = curl.line(net::Reuse::keep_alive);
  EXPECT_EQ(ask(*first).first, 200);
  const auto [status, body] = ask(*second);
  EXPECT_EQ(status, 503);
  EXPECT_THAT(body, HasSubstr("full"));
  EXPECT_EQ(ask(*first).first, 200) << "whom there is room for is served on";
  EXPECT_EQ(host->counters().connections_open, 1U);
}

TEST_F(TlsTest, ATicketMakesTheNextHandshakeShort) {
  start_tls();
  net::CurlDialer curl(loop, dialer_options());
  const auto line = curl.line(net::Reuse::new_connection);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(*line).first, 200);
  EXPECT_EQ(curl.tls()->handshakes, 3U);
  EXPECT_EQ(curl.tls()->resumed, 2U);
  EXPECT_EQ(host->counters().tls_resumed, 2U);
}

TEST_F(TlsTest, LongAnswersAndLongRequestsAreWhole) {
  start_tls();
  service.on_asked = [](net::Exchange& exchange) {
    exchange.answer(RecordingService::echo(exchange.request().body + exchange.request().body));
  };
  net::CurlDialer curl(loop, dialer_options());
  const auto line = curl.line(net::Reuse::keep_alive);
  const std::string body(60'000, 'b');
  std::string heard;
  line->post("/x", body, {}, [&](const net::HttpReply& reply) { heard = reply.body; });
  ASSERT_TRUE(until([&] { return !heard.empty(); }));
  EXPECT_EQ(heard, body + body);
}

/// More than the kernel takes at once, while the client talks: no frame is cut by another, none is lost.
TEST_F(TlsTest, FramesDownAreWholeWhileOthersComeUp) {
  start_tls();
  constexpr std::size_t kFrames = 100;
  std::size_t sent = 0;
  const auto send_on = [&](net::Socket& socket) {
    for (; sent < kFrames && socket.ready(); ++sent)
      socket.send_text(net::SharedText(std::string(60'000, static_cast<char>('a' + sent % 26))));
  };
  service.on_opened = service.on_readied = send_on;
  net::LwsDialer lws(loop, dialer_options());
  TlsEar ear;
  const auto line = lws.dial("/socket", ear);
  ASSERT_TRUE(until([&] { return ear.opened == 1; }));
  for (int i = 0; i < 50; ++i) line->send_text(std::string(10'000, 'u') + std::to_string(i));
  ASSERT_TRUE(until([&] { return ear.texts.size() == kFrames && service.texts.size() == 50; }));
  for (std::size_t i = 0; i < kFrames; ++i)
    EXPECT_EQ(ear.texts[i], std::string(60'000, static_cast<char>('a' + i % 26)));
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(service.texts[i], std::string(10'000, 'u') + std::to_string(i));
  EXPECT_GT(service.ready, 0) << "the kernel took all at once: nothing was shown";
  EXPECT_THAT(ear.closed, IsEmpty());
}

/// Every byte that the kernel counted is one that was said, or one that TLS added.
TEST_F(TlsTest, EveryByteIsAccountedFor) {
  start_tls();
  {
    net::CurlDialer curl(loop, dialer_options());
    const auto line = curl.line(net::Reuse::keep_alive);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(*line).first, 200);
  }
  EXPECT_EQ(observer.closed, 1U);
  EXPECT_GT(observer.tls.in, 1'000U) << "a handshake with a certificate";
  EXPECT_EQ(observer.bytes_sent, observer.parsed_out + observer.tls.out);
  EXPECT_EQ(observer.bytes_received, observer.parsed_in + observer.tls.in);
}

TEST_F(TlsTest, AHostThatGoesTakesItsSocketsWithIt) {
  start_tls();
  net::LwsDialer lws(loop, dialer_options());
  TlsEar ear;
  const auto line = lws.dial("/socket", ear);
  ASSERT_TRUE(until([&] { return ear.opened == 1; }));
  host.reset();
  ASSERT_TRUE(until([&] { return !ear.closed.empty(); }));
  EXPECT_EQ(service.closed, 1);
  EXPECT_EQ(service.attachments, 0);
}

// -- what is wrong with a certificate is said at the start ------------------------------------------------------------

class TlsFiles : public TlsTest {
 protected:
  std::string complaint(const std::string& certificate, const std::string& key) {
    try {
      net::TlsServer::from_files(certificate, key);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "none";
  }
};

TEST_F(TlsFiles, AreNamedWithTheRemedy) {
  const net::Certificate made = net::make_certificate(), other = net::make_certificate();
  const net::Certificate expired = net::make_certificate({.until = -60s}), early = net::make_certificate({.from = 1h});
  const std::string good = file("good.pem", made.certificate), key = file("key.pem", made.key);
  EXPECT_EQ(complaint(good, key), "none");
  EXPECT_THAT(complaint("/no/such.pem", key), HasSubstr("--tls-cert /no/such.pem: No such file"));
  EXPECT_THAT(complaint(good, "/no/such.pem"), HasSubstr("--tls-key /no/such.pem: No such file"));
  EXPECT_THAT(complaint(key, key), HasSubstr("has no certificate in PEM"));
  EXPECT_THAT(complaint(good, good), HasSubstr("has no private key in PEM"));
  EXPECT_THAT(complaint(good, file("other.pem", other.key)), HasSubstr("is not the key of the first certificate"));
  EXPECT_THAT(complaint(file("expired.pem", expired.certificate), file("k1.pem", expired.key)),
              HasSubstr("has expired on"));
  EXPECT_THAT(complaint(file("early.pem", early.certificate), file("k2.pem", early.key)),
              HasSubstr("is not valid before"));
}

TEST_F(TlsFiles, OfAuthoritiesAreNamedWithTheRemedy) {
  net::DialerOptions wish;
  wish.url = "https://127.0.0.1:9";
  wish.tls_ca = file("no.pem", "not a certificate");
  for (const bool curl : {true, false}) try {
      curl ? static_cast<void>(net::CurlDialer(loop, wish)) : static_cast<void>(net::LwsDialer(loop, wish));
      ADD_FAILURE() << "taken";
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), StartsWith("--tls-ca " + wish.tls_ca));
    }
}

}  // namespace
}  // namespace wirelab::tests
