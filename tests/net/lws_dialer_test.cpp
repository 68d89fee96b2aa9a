#include "net/lws_dialer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "net/curl_dialer.hpp"
#include "tests/net/full_listener.hpp"
#include "tests/net/kernel_observer.hpp"
#include "tests/net/script_server.hpp"
#include "tests/net/websocket_wire.hpp"

namespace wirelab::net {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using tests::accept_upgrade;
using tests::close_frame;
using tests::frame;
using tests::FullListener;
using tests::KernelObserver;
using tests::Opcode;
using tests::ScriptServer;
using tests::take_frame;
using tests::take_request;
using Peer = ScriptServer::Peer;

constexpr Nanos kSocketGiveUp = std::chrono::seconds(20);

/// Notes what it hears, and does what the test wants done at each.
struct Ear final : SocketListener {
  void on_open(std::uint64_t) override {
    ++opened;
    if (then_open) then_open();
  }
  void on_text(std::string_view text, Nanos received_at, FrameBytes bytes) override {
    texts.emplace_back(text);
    received.push_back(received_at);
    frames.push_back(bytes);
    if (then_text) then_text();
  }
  void on_close(std::string_view reason) override {
    closed.emplace_back(reason);
    if (then_close) then_close();
  }
  void on_retry_after(std::chrono::seconds wait) override {
    EXPECT_THAT(closed, ElementsAre()) << "before the end is told";
    retry_after = wait;
  }
  int opened = 0;
  std::optional<std::chrono::seconds> retry_after;
  std::vector<std::string> texts, closed;
  std::vector<Nanos> received;
  std::vector<FrameBytes> frames;
  std::function<void()> then_open, then_text, then_close;
};

/// Accepts the upgrade, sends `greeting` with it in one go, and hands what comes after it to `then`.
ScriptServer::Script websocket(std::string greeting = "", ScriptServer::Script then = {}) {
  return [greeting = std::move(greeting), then = std::move(then)](Peer& peer) {
    if (peer.answers == 0) {
      const std::string request = take_request(peer);
      if (request.empty()) return;
      ++peer.answers;
      peer.send(accept_upgrade(request) + greeting);
    }
    if (then) then(peer);
  };
}

class LwsDialerTest : public testing::Test {
 protected:
  DialerOptions options(const std::string& url) {
    DialerOptions options;
    options.url = url;
    options.observer = &observer;
    return options;
  }
  bool until(const std::function<bool()>& done) { return loop.run_until(done, kSocketGiveUp); }
  /// Sooner than the library would come to think of it by itself.
  bool soon(const std::function<bool()>& done) { return loop.run_until(done, std::chrono::seconds(5)); }
  /// Lets everything happen that is going to.
  void settle() {
    loop.run_until([] { return false; }, milliseconds(20));
  }

  KernelObserver observer;
  EventLoop loop;
  Ear ear;
};

TEST_F(LwsDialerTest, OpensAndHears) {
  ScriptServer server(loop, websocket(frame("one") + frame("two")));
  LwsDialer dialer(loop, options(server.url()));
  const Nanos before = loop.now();
  const auto line = dialer.dial("/websocket/bench", ear);
  EXPECT_EQ(ear.opened, 0) << "called back from inside dial()";
  ASSERT_TRUE(until([&] { return ear.texts.size() == 2; }));
  EXPECT_EQ(ear.opened, 1);
  EXPECT_THAT(ear.texts, ElementsAre("one", "two"));
  EXPECT_GT(ear.received[0], before);
  EXPECT_LE(ear.received[0], ear.received[1]);
  EXPECT_THAT(ear.closed, ElementsAre());
}

TEST_F(LwsDialerTest, AsksForNoExtensionAndNoSubprotocol) {
  std::string request;
  ScriptServer server(loop, [&](Peer& peer) { request = take_request(peer); });
  auto with_headers = options(server.url());
  with_headers.request_headers = {{"X-Lab", "yes"}, {"Cookie", "a=b"}};
  LwsDialer dialer(loop, with_headers);
  const auto line = dialer.dial("/websocket/bench?after=k3f9-17", ear);
  ASSERT_TRUE(until([&] { return !request.empty(); }));
  EXPECT_TRUE(request.starts_with("GET /websocket/bench?after=k3f9-17 HTTP/1.1\r\n")) << request;
  EXPECT_THAT(request, HasSubstr("\r\nHost: " + server.url().substr(7) + "\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nSec-WebSocket-Version: 13\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nX-Lab: yes\r\nCookie: a=b\r\n"));
  EXPECT_EQ(request.find("Extensions"), std::string::npos);
  EXPECT_EQ(request.find("Protocol:"), std::string::npos);
  EXPECT_EQ(request.find("Origin"), std::string::npos);
}

TEST_F(LwsDialerTest, TheEnvironmentsProxyIsNotAsked) {
  setenv("http_proxy", "http://127.0.0.1:9", 1);
  ScriptServer server(loop, websocket());
  LwsDialer dialer(loop, options(server.url()));
  unsetenv("http_proxy");
  const auto line = dialer.dial("/", ear);
  EXPECT_TRUE(until([&] { return ear.opened == 1; }));
}

/// Frames of every length of length, whole and in fragments: their bytes, and the answer's, are the kernel's.
TEST_F(LwsDialerTest, BytesAgreeWithTheKernel) {
  std::string greeting;
  std::uint64_t header = 0, payload = 0;
  const auto add = [&](std::size_t size, Opcode opcode, bool final) {
    greeting += frame(std::string(size, 'x'), opcode, final);
    header += size < 126 ? 2 : size < 65'536 ? 4 : 10;
    payload += size;
  };
  for (const std::size_t size : {0u, 1u, 125u, 126u, 4'096u, 65'535u, 65'536u, 300'000u}) add(size, Opcode::text, true);
  add(10, Opcode::text, false);
  add(0, Opcode::continuation, false);
  add(70'000, Opcode::continuation, false);
  add(200, Opcode::continuation, true);
  std::size_t answer = 0;
  ScriptServer server(loop, [&](Peer& peer) {
    const std::string accepted = accept_upgrade(take_request(peer));
    answer = accepted.size();
    peer.send(accepted + greeting);
  });
  LwsDialer dialer(loop, options(server.url()));
  const auto line = dialer.dial("/", ear);
  ASSERT_TRUE(until([&] { return ear.texts.size() == 9; }));
  FrameBytes sum;
  for (const FrameBytes& one : ear.frames) sum = {sum.header + one.header, sum.payload + one.payload};
  EXPECT_EQ(sum.header, header);
  EXPECT_EQ(sum.payload, payload);
  EXPECT_EQ(ear.texts.back().size(), 70'210u);
  EXPECT_EQ(ear.frames.back().header, 2u + 2 + 10 + 4);
  observer.read_open_sockets();
  EXPECT_EQ(observer.bytes_received, answer + header + payload);
}

TEST_F(LwsDialerTest, WhatIsSentArrivesMaskedAndIsCountedToTheByte) {
  std::vector<std::string> texts;
  std::uint64_t bytes = 0, handshake = 0;
  ScriptServer server(loop, [&](Peer& peer) {
    if (peer.answers++ == 0) {
      handshake = peer.received.size();
      return peer.send(accept_upgrade(take_request(peer)));
    }
    while (const auto received = take_frame(peer)) {
      EXPECT_TRUE(received->masked);
      EXPECT_EQ(received->opcode, Opcode::text);
      texts.push_back(received->payload);
      bytes += received->bytes;
    }
  });
  LwsDialer dialer(loop, options(server.url()));
  const auto line = dialer.dial("/", ear);
  ASSERT_TRUE(until([&] { return ear.opened == 1; }));
  std::uint64_t counted = 0;
  std::vector<std::string> sent;
  for (const std::size_t size : {0u, 1u, 125u, 126u, 65'535u, 65'536u, 100'000u}) {
    sent.push_back(std::string(size, static_cast<char>('a' + size % 26)));
    const FrameBytes one = line->send_text(sent.back());
    EXPECT_EQ(one.payload, size);
    counted += one.header + one.payload;
  }
  ASSERT_TRUE(until([&] { return texts.size() == sent.size(); }));
  EXPECT_EQ(texts, sent);
  EXPECT_EQ(counted, bytes);
  observer.read_open_sockets();
  EXPECT_EQ(observer.bytes_sent, handshake + counted);
}

TEST_F(LwsDialerTest, FragmentsWithAPingAmongThemAreOneMessage) {
  std::string pong;
  ScriptServer server(loop, websocket(frame("Hel", Opcode::text, false) + frame("are you there", Opcode::ping) +
                                          frame("lo", Opcode::continuation, true),
                                      [&](Peer& peer) {
                                        if (const auto received = take_frame(peer))
                                          if (received->opcode == Opcode::pong) pong = received->payload;
                                      }));
  LwsDialer dialer(loop, options(server.url()));
  const auto line = dialer.dial("/", ear);
  ASSERT_TRUE(until([&] { return ear.texts.size() == 1 && !pong.empty(); }));
  EXPECT_EQ(ear.texts[0], "Hello");
  EXPECT_EQ(pong, "are you there");
}

TEST_F(LwsDialerTest, AMessageThatDripsInIsWholeAndReceivedAtItsLastByte) {
  Nanos last_byte_sent{};
  const std::string bytes = frame(std::string(130, 'x'));
  ScriptServer server(loop, [&](Peer& peer) {
    peer.send(accept_upgrade(take_request(peer)));
    for (std::size_t i = 0; i < bytes.size(); ++i)
      loop.call_at(loop.now() + i * milliseconds(1) / 10, [&, i] {
        last_byte_sent = loop.now();
        peer.send(bytes.substr(i, 1));
      });
  });
  LwsDialer dialer(loop, options(server.url()));
  const auto line = dialer.dial("/", ear);
  ASSERT_TRUE(until([&] { return ear.texts.size() == 1; }));
  EXPECT_EQ(ear.texts[0], std::string(130, 'x'));
  EXPECT_GT(ear.received[0], last_byte_sent);
}

TEST_F(LwsDialerTest, AMessageMayBeAsLongAsTheLimitAndNoLonger) {
  int code = 0;
  ScriptServer server(loop,
                      websocket(frame(std::string(1000, 'x')) + frame(std::string(600, 'x'), Opcode::text, false) +
                                    frame(std::string(401, 'x'), Opcode::continuation),
                                [&](Peer& peer) {
                                  if (const auto received = take_frame(peer))
                                    code = static_cast<unsigned char>(received->payload[0]) << 8 |
                                           static_cast<unsigned char>(received->payload[1]);
                                }));
  auto limited = options(server.url());
  limited.response_bytes = 1000;
  LwsDialer dialer(loop, limited);
  const auto line = dialer.dial("/", ear);
  ASSERT_TRUE(until([&] { return code != 0 && ear.closed.size() == 1; }));
  EXPECT_THAT(ear.closed, ElementsAre("the server sent a message longer than 1000 bytes"));
  EXPECT_EQ(ear.texts.size(), 1u);
  EXPECT_EQ(code, 1009);
}

TEST_F(LwsDialerTest, AFrameThatDeclaresTooMuchIsRefusedAtOnce) {
  const std::string half_a_terabyte("\x81\x7f\x00\x00\x00\x7f\xff\xff\xff\xff", 10);
  ScriptServer server(loop, websocket(half_a_terabyte + std::string(20'000, 'x')));
  LwsDialer dialer(loop, options(server.url()));
  const auto line = dialer.dial("/", ear);
  ASSERT_TRUE(until([&] { return !ear.closed.empty(); }));
  EXPECT_THAT(ear.closed, ElementsAre("the server sent a message longer than 1048576 bytes"));
  EXPECT_EQ(observer.closed, 0u) << "it waited for the server's goodbye, which does not come";
}

TEST_F(LwsDialerTest, BinaryMessagesAreRefused) {
  ScriptServer server(loop, websocket(frame("x", Opcode::binary), [](Peer& peer) {
                        if (take_frame(peer)) peer.close();
                      }));
  LwsDialer dialer(loop, options(server.url()));
  const auto line = dialer.dial("/", ear);
  ASSERT_TRUE(until([&] { return !ear.closed.empty(); }));
  EXPECT_THAT(ear.closed, ElementsAre("the server sent a binary message"));
  EXPECT_THAT(ear.texts, ElementsAre());
}

TEST_F(LwsDialerTest, ARefusedUpgradeNamesItsStatus) {
  for (const char* status :
       {"503 Service Unavailable", "401 Unauthorized", "200 OK", "302 Found\r\nLocation: /other"}) {
    Ear each;
    ScriptServer server(loop, [status](Peer& peer) {
      if (!take_request(peer).empty()) peer.send("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 2\r\n\r\nno");
    });
    LwsDialer dialer(loop, options(server.url()));
    const auto line = dialer.dial("/", each);
    ASSERT_TRUE(until([&] { return !each.closed.empty(); }));
    EXPECT_THAT(each.closed, ElementsAre("HTTP " + std::string(status).substr(0, 3)));
    EXPECT_EQ(each.opened, 0);
  }
  settle();
  EXPECT_EQ(observer.opened, 4u);
  EXPECT_EQ(observer.closed, 4u);
}

TEST_F(LwsDialerTest, ARefusedUpgradeSaysWhenToComeBack) {
  using Field = std::pair<const char*, std::optional<std::chrono::seconds>>;
  for (const auto& [field, expected] : {Field{"Retry-After: 7\r\n", std::chrono::seconds(7)}, Field{"", std::nullopt},
                                        Field{"Retry-After: soon\r\n", std::nullopt},
                                        Field{"Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n", std::nullopt}}) {
    Ear each;
    ScriptServer server(loop, [field = field](Peer& peer) {
      if (!take_request(peer).empty())
        peer.send("HTTP/1.1 503 Service Unavailable\r\n" + std::string(field) + "Content-Length: 2\r\n\r\nno");
    });
    LwsDialer dialer(loop, options(server.url()));
    const auto line = dialer.dial("/", each);
    ASSERT_TRUE(until([&] { return !each.closed.empty(); }));
    EXPECT_EQ(each.retry_after, expected) << field;
  }
}

TEST_F(LwsDialerTest, AWrongAcceptKeyIsRefused) {
  ScriptServer server(loop, [](Peer& peer) {
    take_request(peer);
    peer.send(accept_upgrade("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="));
  });
  LwsDialer dialer(loop, options(server.url()));
  const auto line = dialer.dial("/", ear);
  ASSERT_TRUE(until([&] { return !ear.closed.empty(); }));
  EXPECT_EQ(ear.opened, 0);
}

TEST_F(LwsDialerTest, RefusedConnectionsAreToldLaterAndLeaveNothingOnTheLoop) {
  ScriptServer server(loop, websocket());
  LwsDialer dialer(loop, options(server.url()));
  server.stop_listening();
  for (int i = 0; i < 5; ++i) {
    Ear each;
    const auto line = dialer.dial("/", each);
    EXPECT_TRUE(each.closed.empty()) << "called back from inside dial()";
    ASSERT_TRUE(until([&] { return !each.closed.empty(); }));
    EXPECT_THAT(each.closed, ElementsAre("cannot connect: Connection refused"));
  }
  EXPECT_EQ(observer.opened, 0u);
}

TEST_F(LwsDialerTest, ASourceThatCannotBeUsedIsNamed) {
  ScriptServer server(loop, websocket());
  auto from_elsewhere = options(server.url());
  from_elsewhere.sources = {"192.0.2.1"};  // RFC 5737: nobody's
  LwsDialer dialer(loop, from_elsewhere);
  const auto line = dialer.dial("/", ear);
  EXPECT_TRUE(ear.closed.empty()) << "called back from inside dial()";
  ASSERT_TRUE(until([&] { return !ear.closed.empty(); }));
  EXPECT_THAT(ear.closed, ElementsAre("cannot connect from 192.0.2.1"));
}

TEST_F(LwsDialerTest, ALineMayGoBeforeItIsToldOfItsEnd) {
  EventLoop own;
  ScriptServer server(own, websocket());
  auto from_nowhere = options(server.url());
  from_nowhere.sources = {"192.0.2.1"};
  LwsDialer dialer(own, from_nowhere);
  dialer.dial("/", ear).reset();
}  // and the loop never turns

TEST_F(LwsDialerTest, SourcesAreDialledFromInTurn) {
  std::vector<std::string> from;
  ScriptServer server(loop, websocket());
  server.on_accepted = [&](Peer& peer) { from.push_back(peer.address); };
  auto many = options(server.url());
  many.sources = {"127.0.0.2", "127.0.0.3"};
  LwsDialer dialer(loop, many);
  std::vector<std::unique_ptr<SocketLine>> lines;
  for (std::size_t i = 1; i <= 3; ++i) {
    lines.push_back(dialer.dial("/", ear));
    ASSERT_TRUE(until([&] { return from.size() == i; }));
  }
  EXPECT_THAT(from, ElementsAre("127.0.0.2", "127.0.0.3", "127.0.0.2"));
}

TEST_F(LwsDialerTest, NoConnectionInTimeIsTheEnd) {
  FullListener listener;
  auto impatient = options(listener.url());
  impatient.connect_timeout = milliseconds(30);
  LwsDialer dialer(loop, impatient);
  const auto line = dialer.dial("/", ear);
  ASSERT_TRUE(soon([&] { return !ear.closed.empty(); }));
  EXPECT_THAT(ear.closed, ElementsAre("no connection within 30 ms"));
}

TEST_F(LwsDialerTest, NoUpgradeInTimeIsTheEnd) {
  ScriptServer server(loop, [](Peer&) {});
  auto impatient = options(server.url());
  impatient.connect_timeout = milliseconds(30);
  LwsDialer dialer(loop, impatient);
  const auto line = dialer.dial("/", ear);
  ASSERT_TRUE(soon([&] { return !ear.closed.empty() && server.gone == 1; }));
  EXPECT_THAT(ear.closed, ElementsAre("no connection within 30 ms"));
  EXPECT_EQ(observer.opened, 1u);
  EXPECT_EQ(observer.closed, 1u);
}

TEST_F(LwsDialerTest, TheEndHasTheServersReason) {
  const auto end_of = [&](ScriptServer::Script then) {
    Ear each;
    ScriptServer server(loop, websocket(frame("x"), std::move(then)));
    LwsDialer dialer(loop, options(server.url()));
    const auto line = dialer.dial("/", each);
    EXPECT_TRUE(until([&] { return !each.closed.empty(); }));
    settle();
    EXPECT_EQ(each.closed.size(), 1u);
    return each.closed.at(0);
  };
  EXPECT_EQ(end_of([](Peer& peer) { peer.send(close_frame(1001, "going away")); }),
            "closed by the server: 1001 going away");
  EXPECT_EQ(end_of([](Peer& peer) { peer.send(close_frame(1000)); }), "closed by the server: 1000");
  EXPECT_EQ(end_of([](Peer& peer) { peer.send(frame("", Opcode::close)); }), "closed by the server");
  EXPECT_EQ(end_of([](Peer& peer) { peer.close(); }), "the connection was lost");
  EXPECT_EQ(end_of([](Peer& peer) { peer.reset(); }), "the connection was lost");
  EXPECT_EQ(observer.opened, 5u);
  EXPECT_EQ(observer.closed, 5u);
}

/// Half-open: the peer is gone and no FIN says so. Whoever answers a ping is there.
TEST_F(LwsDialerTest, AServerThatFallsSilentIsPingedAndThenGivenUp) {
  int pings = 0;
  ScriptServer server(loop, websocket(frame("x"), [&](Peer& peer) {
                        while (const auto received = take_frame(peer)) {
                          ASSERT_EQ(received->opcode, Opcode::ping);
                          ASSERT_TRUE(received->masked);
                          if (++pings == 1) peer.send(frame(received->payload, Opcode::pong));
                        }
                      }));
  auto impatient = options(server.url());
  impatient.silence_timeout = milliseconds(400);
  LwsDialer dialer(loop, impatient);
  const auto line = dialer.dial("/", ear);
  ASSERT_TRUE(until([&] { return !ear.closed.empty(); }));
  EXPECT_EQ(pings, 2) << "the first was answered, the second not";
  EXPECT_THAT(ear.closed, ElementsAre(HasSubstr("nothing came for")));
}

TEST_F(LwsDialerTest, DestroyingALineClosesPolitelyAndSilently) {
  int code = 0;
  std::string more;
  ScriptServer server(loop, websocket(frame("x"), [&](Peer& peer) {
                        while (const auto received = take_frame(peer)) {
                          ASSERT_EQ(received->opcode, Opcode::close);
                          code = static_cast<unsigned char>(received->payload[0]) << 8 |
                                 static_cast<unsigned char>(received->payload[1]);
                          peer.send(frame("too late") + close_frame(1000));
                        }
                      }));
  LwsDialer dialer(loop, options(server.url()));
  auto line = dialer.dial("/", ear);
  ASSERT_TRUE(until([&] { return ear.texts.size() == 1; }));
  line.reset();
  ASSERT_TRUE(until([&] { return server.gone == 1; }));
  EXPECT_EQ(code, 1000);
  EXPECT_EQ(ear.texts.size(), 1u);
  EXPECT_TRUE(ear.closed.empty());
  EXPECT_EQ(observer.closed, 1u);
}

TEST_F(LwsDialerTest, DestroyingALineBeforeItIsOpenIsSilent) {
  FullListener full;
  ScriptServer silent(loop, [](Peer&) {});
  LwsDialer to_full(loop, options(full.url()));
  LwsDialer to_silent(loop, options(silent.url()));
  to_full.dial("/", ear).reset();
  to_silent.dial("/", ear).reset();
  auto connecting = to_full.dial("/", ear);
  auto connected = to_silent.dial("/", ear);
  settle();
  connecting.reset();
  connected.reset();
  ASSERT_TRUE(until([&] { return silent.gone == silent.accepted; }));
  EXPECT_TRUE(ear.closed.empty());
  EXPECT_EQ(observer.closed, observer.opened);
}

TEST_F(LwsDialerTest, ALineMayBeDestroyedInAnyOfItsCallbacks) {
  ScriptServer server(loop, websocket(frame("one") + frame("two"), [](Peer& peer) {
                        if (take_frame(peer)) peer.close();
                      }));
  LwsDialer dialer(loop, options(server.url()));
  Ear at_open, at_text, at_close;
  std::unique_ptr<SocketLine> open_line, text_line, close_line;
  at_open.then_open = [&] { open_line.reset(); };
  at_text.then_text = [&] { text_line.reset(); };
  at_close.then_close = [&] { close_line.reset(); };
  open_line = dialer.dial("/", at_open);
  text_line = dialer.dial("/", at_text);
  close_line = dialer.dial("/", at_close);
  ASSERT_TRUE(until([&] { return at_close.texts.size() == 2; }));
  close_line->send_text("close me");
  ASSERT_TRUE(until([&] { return at_close.closed.size() == 1 && observer.closed == 3; }));
  settle();
  EXPECT_THAT(at_open.texts, ElementsAre());
  EXPECT_THAT(at_text.texts, ElementsAre("one"));
  EXPECT_TRUE(at_open.closed.empty());
  EXPECT_TRUE(at_text.closed.empty());
}

TEST_F(LwsDialerTest, ALineMayBeDialledAgainWhenTheLastOneEnds) {
  ScriptServer server(loop, websocket(frame("x"), [](Peer& peer) { peer.close(); }));
  LwsDialer dialer(loop, options(server.url()));
  std::unique_ptr<SocketLine> line;
  ear.then_close = [&] {
    if (ear.closed.size() < 50) line = dialer.dial("/", ear);
  };
  line = dialer.dial("/", ear);
  ASSERT_TRUE(until([&] { return ear.closed.size() == 50; }));
  EXPECT_EQ(ear.opened, 50);
  EXPECT_EQ(server.accepted, 50u);
}

TEST_F(LwsDialerTest, WhatTheKernelDoesNotTakeIsSentLaterInOrder) {
  bool reading = false;
  Peer* slow = nullptr;
  std::vector<std::string> texts;
  const auto read = [&](Peer& peer) {
    slow = &peer;
    if (!reading) return;
    while (const auto received = take_frame(peer)) texts.push_back(received->payload);
  };
  ScriptServer server(loop, websocket("", read));
  LwsDialer dialer(loop, options(server.url()));
  const auto line = dialer.dial("/", ear);
  ASSERT_TRUE(until([&] { return ear.opened == 1; }));
  std::vector<std::string> sent;
  for (int round = 0; round < 2; ++round) {  // together more than may wait at once
    reading = false;
    for (int i = 0; i < 60; ++i) {  // within one turn of the loop: the server cannot read in between
      sent.push_back(std::to_string(sent.size()) + std::string(60'000, 'x'));
      line->send_text(sent.back());
    }
    reading = true;
    ASSERT_TRUE(until([&] { return texts.size() == sent.size(); }));
  }
  EXPECT_EQ(texts, sent);
}

TEST_F(LwsDialerTest, WhatIsSentWhileOthersWaitWaitsBehindThem) {
  std::vector<std::string> texts;
  ScriptServer server(loop, websocket("", [&](Peer& peer) {
                        while (const auto received = take_frame(peer)) texts.push_back(received->payload);
                      }));
  LwsDialer dialer(loop, options(server.url()));
  const auto line = dialer.dial("/", ear);
  ASSERT_TRUE(until([&] { return ear.opened == 1; }));
  std::vector<std::string> sent;
  std::function<void()> send_some = [&] {
    for (int i = 0; i < 6; ++i) {
      sent.push_back(std::to_string(sent.size()) + std::string(60'000, 'x'));
      line->send_text(sent.back());
    }
    if (sent.size() < 60) loop.call_at(loop.now(), send_some);  // while the server reads
  };
  send_some();
  ASSERT_TRUE(until([&] { return texts.size() == 60; }));
  EXPECT_EQ(texts, sent);
}

TEST_F(LwsDialerTest, AServerThatDoesNotReadIsGivenUp) {
  ScriptServer server(loop, websocket());
  LwsDialer dialer(loop, options(server.url()));
  const auto line = dialer.dial("/", ear);
  ASSERT_TRUE(until([&] { return ear.opened == 1; }));
  for (int i = 0; i < 200; ++i) line->send_text(std::string(60'000, 'x'));  // 12 MB in one turn of the loop
  ASSERT_TRUE(until([&] { return !ear.closed.empty(); }));
  EXPECT_THAT(ear.closed, ElementsAre("the server does not read: 4194304 bytes wait to be sent"));
  line->send_text("nobody hears this");
}

TEST_F(LwsDialerTest, ADialerThatGoesClosesWhatIsLeft) {
  ScriptServer server(loop, websocket(frame("x")));
  auto dialer = std::make_unique<LwsDialer>(loop, options(server.url()));
  std::vector<std::unique_ptr<SocketLine>> lines;
  for (int i = 0; i < 10; ++i) lines.push_back(dialer->dial("/", ear));
  ASSERT_TRUE(until([&] { return ear.texts.size() == 10; }));
  for (int i = 0; i < 10; ++i) lines.push_back(dialer->dial("/", ear));
  lines.clear();
  dialer.reset();
  EXPECT_EQ(observer.closed, observer.opened);
  ASSERT_TRUE(until([&] { return server.gone == server.accepted; }));
  EXPECT_TRUE(ear.closed.empty());
}

TEST_F(LwsDialerTest, BothDialersShareALoop) {
  ScriptServer sockets(loop, websocket(frame("x")));
  ScriptServer web(loop, [](Peer& peer) {
    while (!take_request(peer).empty()) peer.send(tests::http_answer("y"));
  });
  CurlDialer http(loop, options(web.url()));
  LwsDialer first(loop, options(sockets.url()));
  LwsDialer second(loop, options(sockets.url()));
  const auto a = first.dial("/", ear);
  const auto b = second.dial("/", ear);
  const auto c = http.line(Reuse::keep_alive);
  std::string body;
  c->get("/", [&](const HttpReply& reply) { body = std::string(reply.body); });
  ASSERT_TRUE(until([&] { return ear.texts.size() == 2 && body == "y"; }));
}

TEST_F(LwsDialerTest, AThousandSockets) {
  ScriptServer server(loop, websocket(frame("x")));
  LwsDialer dialer(loop, options(server.url()));
  std::vector<std::unique_ptr<SocketLine>> lines;
  for (int i = 0; i < 1'000; ++i) lines.push_back(dialer.dial("/", ear));
  ASSERT_TRUE(until([&] { return ear.texts.size() == 1'000; }));
  EXPECT_EQ(server.accepted, 1'000u);
  EXPECT_TRUE(ear.closed.empty());
}

TEST_F(LwsDialerTest, BadOptionsAreRefused) {
  EXPECT_THROW(LwsDialer(loop, options("ws://127.0.0.1:1")), std::invalid_argument);
  auto bad = options("http://127.0.0.1:1");
  bad.sources = {"nowhere"};
  EXPECT_THROW(LwsDialer(loop, bad), std::invalid_argument);
  bad.sources = {};
  bad.request_headers = {{"a", "x\r\nb: c"}};
  EXPECT_THROW(LwsDialer(loop, bad), std::invalid_argument);
}

}  // namespace
}  // namespace wirelab::net
