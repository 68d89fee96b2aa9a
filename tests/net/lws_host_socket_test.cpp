// WebSockets of LwsHost over real sockets: the handshake, messages both ways, and peers that break the protocol.
#include <gtest/gtest.h>

#include <ostream>

#include "net/lws_host.hpp"
#include "net/request_check.hpp"
#include "tests/net/host_rig.hpp"

namespace wirelab::tests {
namespace {

using net::SharedText;
using std::chrono::milliseconds;
using std::chrono::seconds;

using LwsHostSocket = HostTest;

// -- the handshake --------------------------------------------------------------------------------

TEST_F(LwsHostSocket, OpensAfterAValidHandshake) {
  const auto one = open_socket("/socket/news?after=k3f9-1");
  EXPECT_TRUE(one->received.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << one->received;
  EXPECT_NE(one->received.find("Sec-WebSocket-Accept: " + std::string(kAcceptKey) + "\r\n"), std::string::npos);
  EXPECT_EQ(service.opened, std::vector<std::string>{"/socket/news"});
  EXPECT_EQ(service.refuse_asked, std::vector<std::string>{"GET /socket/news"});
  EXPECT_TRUE(service.asked.empty());
}

TEST_F(LwsHostSocket, MayBeSentToWhileItOpens) {
  service.on_opened = [](net::Socket& socket) {
    EXPECT_TRUE(socket.ready());
    socket.send_text(SharedText("first"));
  };
  const auto one = client();
  one->send(handshake("/socket"));
  ASSERT_TRUE(until([&] { return frames_in(one->received).size() == 1; }));
  EXPECT_EQ(frames_in(one->received)[0].payload, "first");
}

TEST_F(LwsHostSocket, MayBeClosedWhileItOpens) {
  service.on_opened = [](net::Socket& socket) { socket.close(1001, "not now"); };
  const auto one = client();
  one->send(handshake("/socket"));
  ASSERT_TRUE(until([&] { return close_code_in(one->received) == 1001; }));
  EXPECT_EQ(service.closed, 0) << "the peer has yet to answer";
  one->send(frame(close_frame, close_payload(1001)));
  EXPECT_TRUE(until([&] { return service.closed == 1 && one->over(); }));
}

TEST_F(LwsHostSocket, TakesFramesThatCameWithTheHandshake) {
  const auto one = client();
  one->send(handshake("/socket") + frame(text, "early") + frame(text, "bird"));
  EXPECT_TRUE(until([&] { return service.texts.size() == 2; }));
  EXPECT_EQ(service.texts, (std::vector<std::string>{"early", "bird"}));
}

TEST_F(LwsHostSocket, OpensOnAConnectionThatWasKept) {
  const auto one = client();
  one->send(get("/x"));
  replies(*one, 1);
  one->received.clear();
  one->send(handshake("/socket"));
  ASSERT_TRUE(until([&] { return service.sockets.size() == 1; }));
  one->send(frame(text, "hello"));
  EXPECT_TRUE(until([&] { return service.texts.size() == 1; }));
}

struct BadHandshake {
  std::string name;
  int status;
  std::string request;
};
void PrintTo(const BadHandshake& tested, std::ostream* to) { *to << tested.name; }

std::string without(std::string request, const std::string& line) {
  return request.erase(request.find(line), line.size());
}
std::string with(std::string request, const std::string& line, const std::string& other) {
  return request.replace(request.find(line), line.size(), other);
}

const std::string kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const std::string kVersion = "Sec-WebSocket-Version: 13\r\n";

class LwsHostHandshake : public HostTest, public testing::WithParamInterface<BadHandshake> {};

TEST_P(LwsHostHandshake, IsRefusedWithAStatusAndAJsonError) {
  const auto one = client();
  one->send(GetParam().request);
  const auto got = replies_until_close(*one);
  ASSERT_EQ(got.size(), 1U) << one->received;
  EXPECT_EQ(got[0].status, GetParam().status);
  EXPECT_EQ(got[0].header("content-type"), "application/json");
  EXPECT_EQ(got[0].header("connection"), "close");
  EXPECT_TRUE(got[0].body.starts_with("{\"error\":\""));
  EXPECT_EQ(got[0].header("sec-websocket-version"), GetParam().status == 426 ? "13" : "");
  EXPECT_TRUE(one->closed) << "reset";
  EXPECT_TRUE(service.opened.empty());
  one->close();
  EXPECT_TRUE(until([&] { return host->counters().connections_open == 0; }));
}

INSTANTIATE_TEST_SUITE_P(
    Table, LwsHostHandshake,
    testing::Values(BadHandshake{"Version8", 426, with(handshake("/s"), kVersion, "Sec-WebSocket-Version: 8\r\n")},
                    BadHandshake{"NoVersion", 426, without(handshake("/s"), kVersion)},
                    BadHandshake{"NoKey", 400, without(handshake("/s"), kKey)},
                    BadHandshake{"ShortKey", 400, with(handshake("/s"), kKey, "Sec-WebSocket-Key: abc\r\n")},
                    BadHandshake{"LongKey", 400,
                                 with(handshake("/s"), kKey, "Sec-WebSocket-Key: " + std::string(300, 'A') + "\r\n")},
                    BadHandshake{"NoHost", 400, without(handshake("/s"), "Host: x\r\n")},
                    BadHandshake{"NoConnection", 400, without(handshake("/s"), "Connection: keep-alive, Upgrade\r\n")},
                    BadHandshake{"OtherConnection", 400, with(handshake("/s"), ", Upgrade\r\n", "\r\n")},
                    BadHandshake{"Post", 400, with(handshake("/s", "Content-Length: 0\r\n"), "GET", "POST")},
                    BadHandshake{"Http10", 400, with(handshake("/s"), "HTTP/1.1", "HTTP/1.0")},
                    BadHandshake{"Http20", 505, with(handshake("/s"), "HTTP/1.1", "HTTP/2.0")},
                    BadHandshake{"Body", 400, handshake("/s", "Content-Length: 5\r\n") + "hello"},
                    BadHandshake{"Subprotocol", 400, handshake("/s", "Sec-WebSocket-Protocol: chat\r\n")},
                    BadHandshake{"OurOwnNameAsSubprotocol", 400,
                                 handshake("/s", "Sec-WebSocket-Protocol: wirelab\r\n")},
                    BadHandshake{"LongTarget", 414, handshake("/" + std::string(1'024, 's'))},
                    BadHandshake{"LongHeader", 431, handshake("/s", "X-Filler: " + std::string(9'000, 'x') + "\r\n")}),
    [](const testing::TestParamInfo<BadHandshake>& tested) { return tested.param.name; });

TEST_F(LwsHostSocket, TheServiceMayRefuseAnUpgrade) {
  service.on_refuse = [](const net::Request& request) -> std::optional<net::Answer> {
    EXPECT_TRUE(request.upgrade);
    return net::refusal_answer({404, "nothing here", {}});
  };
  const auto one = client();
  one->send(handshake("/socket"));
  EXPECT_EQ(replies_until_close(*one).at(0).status, 404);
  EXPECT_TRUE(service.opened.empty());
}

TEST_F(LwsHostSocket, APlainGetIsARequestLikeAnyOther) {
  const auto one = client();
  one->send(get("/socket"));
  EXPECT_EQ(replies(*one, 1).at(0).status, 200);
  EXPECT_FALSE(service.last_request.upgrade);
}

TEST_F(LwsHostSocket, NoExtensionIsEverAgreedTo) {
  const auto one = client();
  one->send(handshake("/socket", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"));
  ASSERT_TRUE(until([&] { return service.sockets.size() == 1 && !one->received.empty(); }));
  EXPECT_EQ(one->received.find("Extensions"), std::string::npos);
  std::string compressed = frame(text, "zzz");
  compressed[0] = static_cast<char>(compressed[0] | 0x40);
  one->send(compressed);
  EXPECT_TRUE(until([&] { return close_code_in(one->received) == 1002; }));
  EXPECT_TRUE(service.texts.empty());
}

// -- down -----------------------------------------------------------------------------------------

TEST_F(LwsHostSocket, SendsFramesOfEverySize) {
  const auto one = open_socket();
  std::vector<std::size_t> sizes = {0, 1, 125, 126, 127, 65'535, 65'536, 300'000};
  for (const std::size_t size : sizes)
    service.act([&] { service.sockets[0]->send_text(SharedText(std::string(size, 's'))); });
  service.act([&] { service.sockets[0]->send_text(SharedText()); });
  sizes.push_back(0);
  ASSERT_TRUE(until([&] { return frames_in(one->received).size() == sizes.size(); }));
  const auto got = frames_in(one->received);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_EQ(got[i].opcode, text);
    EXPECT_TRUE(got[i].final);
    EXPECT_EQ(got[i].payload, std::string(sizes[i], 's'));
  }
}

TEST_F(LwsHostSocket, OneTextGoesToMany) {
  std::vector<std::unique_ptr<RawClient>> all;
  for (int i = 0; i < 20; ++i) all.push_back(open_socket());
  const SharedText shared(std::string(200, 'm'));
  net::Timer timer(loop);
  timer.set_at(loop.now(), [&] {
    for (net::Socket* const socket : service.sockets) socket->send_text(shared);
  });
  for (const auto& one : all) {
    ASSERT_TRUE(until([&] { return frames_in(one->received).size() == 1; }));
    EXPECT_EQ(frames_in(one->received)[0].payload, shared.text());
  }
  EXPECT_EQ(shared.text(), std::string(200, 'm'));
}

TEST_F(LwsHostSocket, WhatOneSaysMayBeSentToAllFromInsideTheCall) {
  const auto one = open_socket(), two = open_socket();
  service.on_message = [&](net::Socket&, std::string_view said) {
    for (net::Socket* const socket : service.sockets) socket->send_text(SharedText(said));
  };
  one->send(frame(text, "hello"));
  for (const RawClient* client : {one.get(), two.get()})
    EXPECT_TRUE(until([&] { return frames_in(client->received).size() == 1; }));
}

TEST_F(LwsHostSocket, ASlowReaderIsNotReadyUntilItHasDrainedAndLosesNothing) {
  const auto one = open_socket();
  one->read(false);
  net::Socket& socket = *service.sockets[0];
  std::size_t sent = 0;
  service.act([&] {
    for (; socket.ready() && sent < 10'000; ++sent)
      socket.send_text(SharedText(std::to_string(sent) + std::string(20'000, 's')));
  });
  ASSERT_LT(sent, 10'000U) << "the kernel takes everything";
  EXPECT_LT(turns_in(milliseconds(100)), 60) << "while nobody reads";
  EXPECT_EQ(service.ready, 0);
  service.on_readied = [&](net::Socket& readied) {
    EXPECT_TRUE(readied.ready());
    readied.send_text(SharedText("last"));
  };
  one->read(true);
  ASSERT_TRUE(until([&] { return one->received.ends_with("last"); }));
  EXPECT_EQ(service.ready, 1);
  const auto got = frames_in(one->received);
  ASSERT_EQ(got.size(), sent + 1);
  for (std::size_t i = 0; i < sent; ++i) ASSERT_TRUE(got[i].payload.starts_with(std::to_string(i) + "s"));
}

TEST_F(LwsHostSocket, APongDoesNotComeInTheMiddleOfAFrame) {
  const auto one = open_socket();
  one->read(false);
  net::Socket& socket = *service.sockets[0];
  std::size_t sent = 0;
  service.act([&] {
    for (; socket.ready() && sent < 10'000; ++sent) socket.send_text(SharedText(std::string(20'000, 's')));
  });
  ASSERT_FALSE(socket.ready()) << "the kernel has taken a part of the last frame";
  one->send(frame(ping, "are you there?"));
  turns_in(milliseconds(20));  // the library answers as soon as it may
  service.on_readied = [&](net::Socket& readied) { readied.send_text(SharedText("last")); };
  one->read(true);
  ASSERT_TRUE(until([&] { return frames_in(one->received).size() == sent + 2; }));
  std::size_t pongs = 0;
  for (const auto& got : frames_in(one->received)) {
    if (got.opcode == pong) ++pongs;
    const bool whole = got.opcode == pong ? got.payload == "are you there?"
                                          : got.payload == "last" || got.payload == std::string(20'000, 's');
    ASSERT_TRUE(whole) << got.payload.substr(0, 40);
  }
  EXPECT_EQ(pongs, 1u);
}

TEST_F(LwsHostSocket, SendingToAPeerThatHasLeftDestroysNothingInsideTheCall) {
  const auto one = open_socket();
  one->reset();
  net::Socket& socket = *service.sockets[0];
  service.act([&] {
    for (int i = 0; i < 5 && socket.ready(); ++i) socket.send_text(SharedText("into the void"));
    EXPECT_EQ(service.closed, 0);
  });
  EXPECT_TRUE(until([&] { return service.closed == 1 && service.attachments == 0; }));
}

TEST_F(LwsHostSocket, APeerThatLeavesIsToldOfOnce) {
  const auto polite = open_socket(), rude = open_socket(), gone = open_socket();
  polite->send(frame(close_frame, close_payload(1000, "bye")));
  rude->reset();
  gone->close();
  EXPECT_TRUE(until([&] { return service.closed == 3 && polite->over(); }));
  EXPECT_EQ(close_code_in(polite->received), 1000);
  EXPECT_EQ(frames_in(polite->received).back().payload, close_payload(1000, "bye"));
  EXPECT_TRUE(until([&] { return host->counters().connections_open == 0 && service.attachments == 0; }));
}

// -- up -------------------------------------------------------------------------------------------

TEST_F(LwsHostSocket, TakesMessagesWholeHoweverTheyCome) {
  const auto one = open_socket();
  const std::string umlauts = "κόσμε";
  one->send(frame(text, "plain") + frame(text, "") + frame(text, "in ", false) + frame(continuation, "three ", false) +
            frame(ping, "between") + frame(continuation, "parts") + frame(text, umlauts.substr(0, 3), false) +
            frame(continuation, umlauts.substr(3)) + frame(text, "empty end", false) + frame(continuation, ""));
  ASSERT_TRUE(until([&] { return service.texts.size() == 5; }));
  EXPECT_EQ(service.texts, (std::vector<std::string>{"plain", "", "in three parts", umlauts, "empty end"}));
  EXPECT_TRUE(until([&] { return frames_in(one->received).size() == 1; }));
  EXPECT_EQ(frames_in(one->received)[0].opcode, pong);
  EXPECT_EQ(frames_in(one->received)[0].payload, "between");
}

TEST_F(LwsHostSocket, TakesMessagesByteByByte) {
  const auto one = open_socket();
  for (const char c : frame(text, "slowly", false) + frame(continuation, " but surely")) {
    one->send(std::string_view(&c, 1));
    pass(std::chrono::microseconds(100));
  }
  ASSERT_TRUE(until([&] { return service.texts.size() == 1; }));
  EXPECT_EQ(service.texts[0], "slowly but surely");
}

TEST_F(LwsHostSocket, TakesAMessageAtTheLimit) {
  const auto one = open_socket();
  const std::string most(64 * 1024, 'm');
  one->send(frame(text, most) + frame(text, most.substr(0, 60'000), false) + frame(continuation, most.substr(60'000)));
  ASSERT_TRUE(until([&] { return service.texts.size() == 2; }));
  EXPECT_EQ(service.texts[0], most);
  EXPECT_EQ(service.texts[1], most);
}

TEST_F(LwsHostSocket, ManyMessagesInOneSegmentAreAllTaken) {
  const auto one = open_socket();
  std::string frames;
  for (int i = 0; i < 1'000; ++i) frames += frame(text, std::to_string(i));
  one->send(frames);
  ASSERT_TRUE(until([&] { return service.texts.size() == 1'000; }));
  for (std::size_t i = 0; i < 1'000; ++i) ASSERT_EQ(service.texts[i], std::to_string(i));
}

struct Offence {
  std::string name;
  int code;
  std::string bytes;
  std::size_t texts_before = 0;
};
void PrintTo(const Offence& tested, std::ostream* to) { *to << tested.name; }

class LwsHostOffence : public HostTest, public testing::WithParamInterface<Offence> {};

TEST_P(LwsHostOffence, ClosesWithTheCode) {
  const auto one = open_socket();
  one->send(GetParam().bytes);
  ASSERT_TRUE(until([&] { return close_code_in(one->received) != 0 || one->over(); }));
  EXPECT_EQ(close_code_in(one->received), GetParam().code);
  EXPECT_EQ(service.texts.size(), GetParam().texts_before);
  one->send(frame(close_frame, close_payload(static_cast<std::uint16_t>(GetParam().code))));
  one->half_close();
  EXPECT_TRUE(until([&] { return service.closed == 1; }));
  EXPECT_TRUE(until([&] { return host->counters().connections_open == 0; }));
}

INSTANTIATE_TEST_SUITE_P(
    Table, LwsHostOffence,
    testing::Values(
        Offence{"Binary", 1003, frame(binary, "01")}, Offence{"BinaryInParts", 1003, frame(binary, "01", false)},
        Offence{"BinaryAfterText", 1003, frame(text, "fine") + frame(binary, "01"), 1},
        Offence{"NotUtf8", 1007, frame(text, "\xff\xfe")}, Offence{"Surrogate", 1007, frame(text, "\xed\xa0\x80")},
        Offence{"CutOffCharacter", 1007, frame(text, "caf\xc3")},
        Offence{"CutOffCharacterInParts", 1007, frame(text, "caf", false) + frame(continuation, "\xc3")},
        Offence{"CutOffCharacterBeforeAnEmptyEnd", 1007, frame(text, "caf\xc3", false) + frame(continuation, "")},
        Offence{"TooLong", 1009, frame(text, std::string(64 * 1024 + 1, 'm'))},
        Offence{"TooLongAsPromised", 1009, frame_header(text, 64 * 1024 + 1) + "m"},
        Offence{"HugeAsPromised", 1009, frame_header(text, 1ULL << 40) + "m"},
        Offence{"TooLongInParts", 1009,
                frame(text, std::string(40'000, 'm'), false) + frame(continuation, std::string(40'000, 'm'))},
        Offence{"TooLongInPartsAsPromised", 1009,
                frame(text, std::string(40'000, 'm'), false) + frame_header(continuation, 40'000) + "m"},
        Offence{"ContinuationOfNothing", 1002, frame(continuation, "x")},
        Offence{"TextInsideAMessage", 1002, frame(text, "a", false) + frame(text, "b")},
        Offence{"ReservedOpcode", 1002, frame(3, "x")}, Offence{"PingInParts", 1002, frame(ping, "x", false)},
        Offence{"CloseCode999", 1002, frame(close_frame, close_payload(999))},
        Offence{"CloseCode1005", 1002, frame(close_frame, close_payload(1005))},
        Offence{"CloseCode1015", 1002, frame(close_frame, close_payload(1015))},
        Offence{"CloseCode2999", 1002, frame(close_frame, close_payload(2999))},
        Offence{"CloseCode5000", 1002, frame(close_frame, close_payload(5000))},
        Offence{"CloseCode65535", 1002, frame(close_frame, close_payload(65535))},
        Offence{"CloseOfOneByte", 1002, frame(close_frame, "x")},
        Offence{"CloseReasonCutOff", 1007, frame(close_frame, close_payload(1000, "caf\xc3"))},
        Offence{"CloseCode1000IsNone", 1000, frame(close_frame, close_payload(1000))},
        Offence{"CloseCode4999IsNone", 4999, frame(close_frame, close_payload(4999))},
        Offence{"CloseWithoutCodeIsNone", 1005, frame(close_frame, "")}),
    [](const testing::TestParamInfo<Offence>& tested) { return tested.param.name; });

TEST_F(LwsHostSocket, WhatComesBehindAnOffenceIsNotHeard) {
  const auto one = open_socket();
  one->send(frame(text, "before") + frame(binary, "01") + frame(text, "after"));
  ASSERT_TRUE(until([&] { return close_code_in(one->received) == 1003; }));
  one->send(frame(text, "later"));
  pass(milliseconds(20));
  EXPECT_EQ(service.texts, std::vector<std::string>{"before"});
}

TEST_F(LwsHostSocket, WhoTakesBinaryGetsItAndMaySendIt) {
  service.on_opened = [](net::Socket& socket) { socket.takes_binary = true; };
  const auto one = open_socket();
  one->send(frame(binary, "\xff", false) + frame(continuation, "\xfe") + frame(text, "text"));
  EXPECT_TRUE(until([&] { return service.texts.size() == 1; }));
  EXPECT_EQ(service.binaries, std::vector<std::string>{"\xff\xfe"});
  service.act([&] { service.sockets[0]->send_binary(SharedText("\xfd")); });
  ASSERT_TRUE(until([&] { return frames_in(one->received).size() == 1; }));
  EXPECT_EQ(frames_in(one->received)[0].opcode, binary);
  EXPECT_EQ(frames_in(one->received)[0].payload, "\xfd");
}

// -- closing --------------------------------------------------------------------------------------

TEST_F(LwsHostSocket, ClosesWithCodeAndReasonAfterWhatWasSent) {
  const auto one = open_socket();
  service.act([&] {
    net::Socket& socket = *service.sockets[0];
    socket.send_text(SharedText("last words"));
    socket.close(1013, "try again later");
    EXPECT_FALSE(socket.ready());
    socket.close(1001, "the first one counts");
  });
  ASSERT_TRUE(until([&] { return frames_in(one->received).size() == 2; }));
  EXPECT_EQ(frames_in(one->received)[0].payload, "last words");
  EXPECT_EQ(frames_in(one->received)[1].payload, close_payload(1013, "try again later"));
  one->send(frame(text, "too late") + frame(close_frame, close_payload(1013)));
  EXPECT_TRUE(until([&] { return service.closed == 1 && one->over(); }));
  EXPECT_TRUE(service.texts.empty());
}

TEST_F(LwsHostSocket, AClosedSlowReaderGetsAllThatWasSentAndThenTheClose) {
  const auto one = open_socket();
  one->read(false);
  std::size_t sent = 0;
  service.act([&] {
    for (; service.sockets[0]->ready(); ++sent) service.sockets[0]->send_text(SharedText(std::string(100'000, 's')));
    service.sockets[0]->close(1001, "the server is stopping");
  });
  one->read(true);
  ASSERT_TRUE(until([&] { return one->received.ends_with("stopping") || one->over(); }));
  EXPECT_EQ(frames_in(one->received).size(), sent + 1);
  EXPECT_EQ(close_code_in(one->received), 1001);
  EXPECT_EQ(service.ready, 0) << "there is nothing more to send";
}

TEST_F(LwsHostSocket, APeerThatDoesNotAnswerACloseIsCutOff) {
  const auto deaf = open_socket(), clogged = open_socket();
  clogged->read(false);
  service.act([&] {
    while (service.sockets[1]->ready()) service.sockets[1]->send_text(SharedText(std::string(100'000, 's')));
    for (net::Socket* const socket : service.sockets) socket->close(1001, "the server is stopping");
  });
  EXPECT_TRUE(until([&] { return service.closed == 2; }));
  EXPECT_EQ(close_code_in(deaf->received), 1001);
}

// -- whether anybody is there ---------------------------------------------------------------------

TEST_F(LwsHostSocket, ASilentPeerIsPingedAndStaysWhenItAnswers) {
  options.ping_interval = seconds(1);
  const auto answers = open_socket(), silent = open_socket(), talks = open_socket();
  std::size_t answered = 0;
  for (int tenths = 0; tenths < 27; ++tenths) {
    pass(milliseconds(100));
    const std::size_t pings = frames_in(answers->received).size();
    for (; answered < pings; ++answered) answers->send(frame(pong, frames_in(answers->received)[answered].payload));
    if (!talks->over()) talks->send(frame(text, "still here"));
  }
  EXPECT_GE(answered, 2U);
  EXPECT_EQ(frames_in(answers->received)[0].opcode, ping);
  EXPECT_FALSE(answers->over());
  EXPECT_TRUE(silent->over());
  EXPECT_FALSE(talks->over());
  EXPECT_TRUE(frames_in(talks->received).empty()) << "it was not silent";
  EXPECT_EQ(service.closed, 1);
  EXPECT_EQ(host->counters().pings, frames_in(answers->received).size() + frames_in(silent->received).size());
  EXPECT_EQ(host->counters().timeouts, 1U);
}

TEST_F(LwsHostSocket, IsNotAnIdleConnection) {
  options.idle_timeout = options.header_timeout = seconds(1);
  const auto one = open_socket();
  pass(milliseconds(1'600));
  EXPECT_FALSE(one->over());
  one->send(frame(text, "still here"));
  EXPECT_TRUE(until([&] { return service.texts.size() == 1; }));
}

// -- the rest -------------------------------------------------------------------------------------

TEST_F(LwsHostSocket, CountsEveryByteAboveTcp) {
  const auto one = open_socket();
  one->send(frame(text, "short") + frame(text, std::string(1'000, 'm')) + frame(text, std::string(40'000, 'l')) +
            frame(text, "in ", false) + frame(continuation, "parts"));
  ASSERT_TRUE(until([&] { return service.texts.size() == 4; }));
  service.act([&] {
    for (const std::size_t size : {5U, 1'000U, 70'000U})
      service.sockets[0]->send_text(SharedText(std::string(size, 's')));
    service.sockets[0]->close(1001, "enough");
  });
  ASSERT_TRUE(until([&] { return close_code_in(one->received) == 1001; }));
  EXPECT_EQ(host->counters().bytes_in, one->sent_bytes);
  EXPECT_EQ(host->counters().bytes_out, one->received.size());
}

TEST_F(LwsHostSocket, ASlowReaderThereIsNoRoomForIsCutOff) {
  constexpr std::size_t kFrameBytes = 8 * 1024 * 1024;
  options.buffered_bytes = kFrameBytes;
  const auto first = open_socket(), second = open_socket();
  for (RawClient* slow : {first.get(), second.get()}) slow->read(false);
  service.act([&] {
    for (net::Socket* socket : service.sockets) socket->send_text(SharedText(std::string(kFrameBytes, 's')));
  });
  ASSERT_TRUE(until([&] { return host->kept_out().buffering == 1; }));
  EXPECT_TRUE(until([&] { return host->counters().connections_open == 1; }));
  EXPECT_GT(host->read().buffered_bytes, 0U);
  first->read(true);
  EXPECT_TRUE(until([&] { return frames_in(first->received).size() == 1; })) << "who had its room keeps it";
  EXPECT_TRUE(until([&] { return host->read().buffered_bytes == 0; }));
}

TEST_F(LwsHostSocket, AMessageThereIsNoRoomForIsRefused) {
  options.buffered_bytes = 1'000;
  const auto one = open_socket();
  one->send(frame(0x1, std::string(2'000, 'x')));
  EXPECT_TRUE(until([&] { return close_code_in(one->received) == 1013; }));
  EXPECT_TRUE(service.texts.empty());
}

TEST_F(LwsHostSocket, WhatNobodyReadsIsMemoryOfTheKernel) {
  const auto one = open_socket(), other = open_socket();
  EXPECT_LT(host->read().socket_buffer_bytes, 64U * 1024) << "at rest";
  one->read(false);
  std::size_t sent_bytes = 0;
  service.act([&] {
    for (; service.sockets[0]->ready(); sent_bytes += 100'000)
      service.sockets[0]->send_text(SharedText(std::string(100'000, 's')));
  });
  // What is not in the server's queue is in the peer's, which is not the server's memory.
  EXPECT_GT(host->read().socket_buffer_bytes, 64U * 1024);
  EXPECT_EQ(host->read().connections_open, 2U);
  EXPECT_EQ(host->counters().connections_open, 2U);
  one->read(true);
  EXPECT_TRUE(until([&] { return host->read().socket_buffer_bytes < 64U * 1024; }));
}

TEST_F(LwsHostSocket, TheDestructorTellsOfThoseInEveryState) {
  const auto open = open_socket(), closing = open_socket(), clogged = open_socket(), part = open_socket();
  clogged->read(false);
  part->send(frame(text, "half", false));
  service.act([&] {
    service.sockets[1]->close(1001, "");
    while (service.sockets[2]->ready()) service.sockets[2]->send_text(SharedText(std::string(100'000, 's')));
  });
  pass(milliseconds(20));
  host.reset();
  EXPECT_EQ(service.closed, 4);
  EXPECT_EQ(service.attachments, 0);
}

TEST_F(LwsHostSocket, ThousandsAreServed) {
  std::vector<std::unique_ptr<RawClient>> all;
  for (int i = 0; i < 2'000; ++i) {
    all.push_back(client());
    all.back()->send(handshake("/socket"));
    if (i % 100 == 99) {
      ASSERT_TRUE(until([&] { return service.sockets.size() == all.size(); }));
    }
  }
  service.act([&] {
    for (net::Socket* const socket : service.sockets) socket->send_text(SharedText("all"));
  });
  for (const auto& one : all) ASSERT_TRUE(until([&] { return one->received.ends_with("all"); }));
  all.clear();
  EXPECT_TRUE(until([&] { return service.closed == 2'000; }));
}

}  // namespace
}  // namespace wirelab::tests
