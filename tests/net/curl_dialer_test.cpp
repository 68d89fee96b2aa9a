#include "net/curl_dialer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <map>
#include <set>
#include <vector>

#include "net/request_text.hpp"
#include "tests/net/full_listener.hpp"
#include "tests/net/kernel_observer.hpp"
#include "tests/net/script_server.hpp"

namespace wirelab::net {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using tests::FullListener;
using tests::http_answer;
using tests::KernelObserver;
using tests::ScriptServer;
using tests::take_request;
using Peer = ScriptServer::Peer;

constexpr Nanos kCurlGiveUp = std::chrono::seconds(20);

/// Answers every whole request with the same bytes.
ScriptServer::Script always(const std::string& answer) {
  return [answer](Peer& peer) {
    while (!take_request(peer).empty()) peer.send(answer);
  };
}

class CurlDialerTest : public testing::Test {
 protected:
  DialerOptions options(const ScriptServer& server) {
    DialerOptions options;
    options.url = server.url();
    options.observer = &observer;
    return options;
  }

  /// A copy of the reply, body included, for after the callback.
  struct Heard {
    HttpReply reply;
    std::string body;
    int times = 0;
  };
  OnReply into(Heard& heard) {
    return [&heard](const HttpReply& reply) {
      heard.reply = reply;
      heard.body = std::string(reply.body);
      ++heard.times;
    };
  }
  Heard get(HttpLine& line, std::string_view target) {
    Heard heard;
    line.get(target, into(heard));
    EXPECT_EQ(heard.times, 0) << "called back from inside get()";
    EXPECT_TRUE(loop.run_until([&] { return heard.times > 0; }, kCurlGiveUp));
    return heard;
  }
  Heard post(HttpLine& line, std::string_view target, std::string body, const Headers& headers = {}) {
    Heard heard;
    line.post(target, std::move(body), headers, into(heard));
    EXPECT_EQ(heard.times, 0) << "called back from inside post()";
    EXPECT_TRUE(loop.run_until([&] { return heard.times > 0; }, kCurlGiveUp));
    return heard;
  }
  /// Lets everything happen that is going to.
  void settle() {
    loop.run_until([] { return false; }, milliseconds(20));
  }

  KernelObserver observer;
  EventLoop loop;
};

TEST_F(CurlDialerTest, AnExchangeBringsStatusBodyAndTimes) {
  ScriptServer server(loop, always(http_answer("hello")));
  CurlDialer dialer(loop, options(server));
  const auto line = dialer.line(Reuse::keep_alive);
  const Nanos before = loop.now();
  const auto heard = get(*line, "/keep-alive/bench");
  EXPECT_EQ(heard.reply.status, 200);
  EXPECT_EQ(heard.body, "hello");
  EXPECT_EQ(heard.reply.error, "");
  EXPECT_GE(heard.reply.sent_at, before);
  EXPECT_GT(heard.reply.received_at, heard.reply.sent_at);
  EXPECT_LE(heard.reply.received_at, loop.now());
}

TEST_F(CurlDialerTest, SaysNoMoreThanItMust) {
  std::vector<std::string> requests;
  ScriptServer server(loop, [&](Peer& peer) {
    requests.push_back(take_request(peer));
    peer.send(http_answer(""));
  });
  auto with_header = options(server);
  with_header.request_headers = {{"X-Lab", "yes"}, {"X-Empty", ""}};
  CurlDialer dialer(loop, with_header);
  const auto line = dialer.line(Reuse::keep_alive);
  get(*line, "/a/b?after=c-1");
  post(*line, "/publish/b", "text", {{"Content-Type", "text/plain"}, {"Idempotency-Key", "k-1"}});
  post(*line, "/publish/b", "text");
  get(*line, "/a/../b");
  const std::string host = server.url().substr(7);
  const std::string common = "Host: " + host + "\r\nUser-Agent: wirelab\r\nAccept: */*\r\n";
  EXPECT_EQ(requests.at(0), "GET /a/b?after=c-1 HTTP/1.1\r\n" + common + "X-Lab: yes\r\nX-Empty:\r\n\r\n");
  EXPECT_EQ(requests.at(0), get_text("/a/b?after=c-1", with_header.request_headers, host));
  EXPECT_EQ(requests.at(1), "POST /publish/b HTTP/1.1\r\n" + common +
                                "Content-Type: text/plain\r\nIdempotency-Key: k-1\r\nX-Lab: yes\r\nX-Empty:\r\n"
                                "Content-Length: 4\r\n\r\ntext");
  EXPECT_EQ(requests.at(2),
            "POST /publish/b HTTP/1.1\r\n" + common + "X-Lab: yes\r\nX-Empty:\r\nContent-Length: 4\r\n\r\ntext");
  EXPECT_EQ(requests.at(3), "GET /a/../b HTTP/1.1\r\n" + common + "X-Lab: yes\r\nX-Empty:\r\n\r\n");
}

TEST_F(CurlDialerTest, HandsOnTheFieldsItIsAskedFor) {
  ScriptServer server(loop, always("HTTP/1.1 103 Early Hints\r\nETag: early\r\n\r\n" +
                                   http_answer("", "ETAG:  7 \r\nLast-Modified: now\r\nX-Other: 1\r\n")));
  auto asking = options(server);
  asking.response_headers = {"etag", "last-modified"};
  CurlDialer dialer(loop, asking);
  const auto line = dialer.line(Reuse::keep_alive);
  const Headers wanted = {{"etag", "7"}, {"last-modified", "now"}};
  EXPECT_EQ(get(*line, "/a").reply.headers, wanted);
  EXPECT_EQ(get(*line, "/a").reply.headers, wanted) << "of this answer, not of the last one too";
  CurlDialer indifferent(loop, options(server));
  EXPECT_TRUE(get(*indifferent.line(Reuse::keep_alive), "/a").reply.headers.empty());
}

TEST_F(CurlDialerTest, ALargeBodyIsNotPrecededByAQuestion) {
  std::string request;
  ScriptServer server(loop, [&](Peer& peer) {
    request = take_request(peer);
    if (!request.empty()) peer.send(http_answer(""));
  });
  CurlDialer dialer(loop, options(server));
  const auto line = dialer.line(Reuse::keep_alive);
  EXPECT_EQ(post(*line, "/publish/b", std::string(3'000'000, 'x')).reply.status, 200);
  EXPECT_EQ(request.find("Expect"), std::string::npos);
}

TEST_F(CurlDialerTest, EachLineHasAConnectionOfItsOwn) {
  std::map<std::size_t, std::set<std::string>> targets_by_connection;
  ScriptServer server(loop, [&](Peer& peer) {
    const std::string request = take_request(peer);
    targets_by_connection[peer.number].insert(request.substr(0, request.find(" HTTP")));
    peer.send(http_answer(""));
  });
  CurlDialer dialer(loop, options(server));
  std::vector<std::unique_ptr<HttpLine>> lines;
  for (int i = 0; i < 20; ++i) lines.push_back(dialer.line(Reuse::keep_alive));
  for (int round = 0; round < 3;
       ++round)  // one after the other: a common pool would serve them all with one connection
    for (std::size_t i = 0; i < lines.size(); ++i) get(*lines[i], "/" + std::to_string(i));
  EXPECT_EQ(server.accepted, lines.size());
  for (const auto& [connection, targets] : targets_by_connection) EXPECT_EQ(targets.size(), 1u) << connection;
}

TEST_F(CurlDialerTest, KeptAliveOpensOnce) {
  ScriptServer server(loop, always(http_answer("")));
  CurlDialer dialer(loop, options(server));
  const auto line = dialer.line(Reuse::keep_alive);
  EXPECT_TRUE(get(*line, "/").reply.opened_connection);
  EXPECT_FALSE(get(*line, "/").reply.opened_connection);
  EXPECT_FALSE(post(*line, "/", "x").reply.opened_connection);
  EXPECT_EQ(server.accepted, 1u);
}

TEST_F(CurlDialerTest, NewConnectionOpensOneForEachRequestAndClosesIt) {
  ScriptServer server(loop, always(http_answer("")));
  CurlDialer dialer(loop, options(server));
  const auto line = dialer.line(Reuse::new_connection);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(get(*line, "/").reply.opened_connection);
  EXPECT_TRUE(loop.run_until([&] { return server.gone == 5; }, kCurlGiveUp));
  EXPECT_EQ(server.accepted, 5u);
  EXPECT_EQ(observer.opened, 5u);
  EXPECT_EQ(observer.closed, 5u);
}

/// The bytes of the exchanges, as the dialer counted them, are the kernel's, to the last one.
TEST_F(CurlDialerTest, BytesAgreeWithTheKernel) {
  const std::string answer = http_answer(std::string(100'000, 'y'), "Content-Type: text/plain\r\n");
  ScriptServer server(loop, always(answer));
  {
    CurlDialer dialer(loop, options(server));
    std::uint64_t sent = 0, received = 0;
    const auto add = [&](const Heard& heard) {
      EXPECT_EQ(heard.reply.status, 200);
      EXPECT_EQ(heard.reply.bytes.response_body, 100'000u);
      EXPECT_EQ(heard.reply.bytes.response_header, answer.size() - 100'000);
      sent += heard.reply.bytes.request_header + heard.reply.bytes.request_body;
      received += heard.reply.bytes.response_header + heard.reply.bytes.response_body;
    };
    const auto line = dialer.line(Reuse::keep_alive);
    add(get(*line, "/keep-alive/bench?after=k-1"));
    for (const std::size_t size : {0u, 1u, 128u, 4'095u, 4'096u, 4'097u, 65'535u, 65'536u, 65'537u, 2'000'000u}) {
      const auto heard = post(*line, "/publish/bench", std::string(size, 'x'), {{"Idempotency-Key", "a-b-c"}});
      EXPECT_EQ(heard.reply.bytes.request_body, size);
      add(heard);
    }
    observer.read_open_sockets();
    EXPECT_EQ(observer.bytes_sent, sent);
    EXPECT_EQ(observer.bytes_received, received);
  }
}

TEST_F(CurlDialerTest, ReceivedAtIsTheLastByte) {
  Nanos last_byte_sent{};
  const std::string answer = http_answer("abc");
  ScriptServer server(loop, [&](Peer& peer) {
    take_request(peer);
    for (std::size_t i = 0; i < answer.size(); ++i)
      loop.call_at(loop.now() + i * milliseconds(1), [&, i] {
        last_byte_sent = loop.now();
        peer.send(answer.substr(i, 1));
      });
  });
  CurlDialer dialer(loop, options(server));
  const auto line = dialer.line(Reuse::keep_alive);
  const auto heard = get(*line, "/");
  EXPECT_EQ(heard.body, "abc");
  EXPECT_GT(heard.reply.received_at, last_byte_sent);
}

TEST_F(CurlDialerTest, RefusalIsToldLaterAndByName) {
  ScriptServer server(loop, always(""));
  CurlDialer dialer(loop, options(server));
  server.stop_listening();
  const auto line = dialer.line(Reuse::keep_alive);
  for (int i = 0; i < 3; ++i) {
    const auto heard = get(*line, "/");
    EXPECT_EQ(heard.times, 1);
    EXPECT_EQ(heard.reply.status, 0);
    EXPECT_EQ(heard.reply.error, "Couldn't connect to server: Connection refused");
  }
  EXPECT_EQ(observer.opened, observer.closed);
}

TEST_F(CurlDialerTest, ASourceThatCannotBeUsedIsAFailedExchange) {
  ScriptServer server(loop, always(""));
  auto from_elsewhere = options(server);
  from_elsewhere.sources = {"192.0.2.1"};  // RFC 5737: nobody's
  CurlDialer dialer(loop, from_elsewhere);
  const auto line = dialer.line(Reuse::keep_alive);
  const auto heard = get(*line, "/");
  EXPECT_EQ(heard.reply.status, 0);
  EXPECT_THAT(heard.reply.error, HasSubstr("192.0.2.1"));
  EXPECT_THAT(heard.reply.error, HasSubstr("Cannot assign requested address"));
}

TEST_F(CurlDialerTest, SourcesAreDialledFromInTurn) {
  std::vector<std::string> from;
  ScriptServer server(loop, always(http_answer("")));
  server.on_accepted = [&](Peer& peer) { from.push_back(peer.address); };
  auto many = options(server);
  many.sources = {"127.0.0.2", "127.0.0.3"};
  CurlDialer dialer(loop, many);
  const auto line = dialer.line(Reuse::new_connection);
  for (int i = 0; i < 3; ++i) get(*line, "/");
  EXPECT_THAT(from, ElementsAre("127.0.0.2", "127.0.0.3", "127.0.0.2"));
}

TEST_F(CurlDialerTest, NoConnectionInTimeIsAFailureAndItsSocketIsClosed) {
  FullListener listener;
  DialerOptions impatient;
  impatient.url = listener.url();
  impatient.connect_timeout = milliseconds(30);
  impatient.observer = &observer;
  CurlDialer dialer(loop, impatient);
  const auto line = dialer.line(Reuse::keep_alive);
  for (std::size_t i = 1; i <= 2; ++i) {
    const auto heard = get(*line, "/");
    EXPECT_EQ(heard.reply.status, 0);
    EXPECT_EQ(heard.reply.error, "no connection within 30 ms");
    EXPECT_EQ(observer.opened, i);
    EXPECT_EQ(observer.closed, i);
  }
}

TEST_F(CurlDialerTest, ALineDestroyedWhileConnectingLeavesNothingBehind) {
  FullListener listener;
  DialerOptions patient;
  patient.url = listener.url();
  patient.observer = &observer;
  CurlDialer dialer(loop, patient);
  auto line = dialer.line(Reuse::keep_alive);
  line->get("/", [](const HttpReply&) { FAIL() << "its line is gone"; });
  settle();
  line.reset();
  settle();
  EXPECT_EQ(observer.opened, 1u);
  EXPECT_EQ(observer.closed, 1u);
}

TEST_F(CurlDialerTest, NoAnswerInTimeIsAFailureAndTheNextRequestStartsAfresh) {
  ScriptServer server(loop, [](Peer& peer) {
    if (peer.number > 0 && !take_request(peer).empty()) peer.send(http_answer("awake"));
  });
  auto impatient = options(server);
  impatient.exchange_timeout = milliseconds(30);
  CurlDialer dialer(loop, impatient);
  const auto line = dialer.line(Reuse::keep_alive);
  const auto heard = get(*line, "/");
  EXPECT_EQ(heard.reply.error, "no answer within 30 ms");
  EXPECT_GE(heard.reply.received_at - heard.reply.sent_at, milliseconds(30));
  EXPECT_EQ(get(*line, "/").body, "awake");
  EXPECT_EQ(server.accepted, 2u);
}

TEST_F(CurlDialerTest, AnAnswerThatIsCutAnywhereIsNoAnswer) {
  const std::string whole = http_answer("hello");
  std::size_t sent = 0;
  ScriptServer server(loop, [&](Peer& peer) {
    if (take_request(peer).empty()) return;
    peer.send(whole.substr(0, sent));
    peer.close();
  });
  CurlDialer dialer(loop, options(server));
  const auto line = dialer.line(Reuse::keep_alive);
  for (sent = 1; sent < whole.size(); ++sent) {
    const auto heard = get(*line, "/");
    ASSERT_EQ(heard.reply.status, 0) << whole.substr(0, sent);
    ASSERT_NE(heard.reply.error, "");
  }
  EXPECT_EQ(get(*line, "/").body, "hello");
}

TEST_F(CurlDialerTest, AnAnswerMayBeAsLongAsTheLimitAndNoLonger) {
  std::size_t size = 1000;
  ScriptServer server(loop, [&](Peer& peer) {
    take_request(peer);
    peer.send(http_answer(std::string(size, 'x')));
  });
  auto limited = options(server);
  limited.response_bytes = 1000;
  CurlDialer dialer(loop, limited);
  const auto line = dialer.line(Reuse::keep_alive);
  EXPECT_EQ(get(*line, "/").body.size(), 1000u);
  size = 1001;
  const auto heard = get(*line, "/");
  EXPECT_EQ(heard.reply.status, 0);
  EXPECT_EQ(heard.reply.error, "the answer is longer than 1000 bytes");
  size = 1;
  EXPECT_EQ(get(*line, "/").body, "x");
}

TEST_F(CurlDialerTest, AnEndlessAnswerIsCutOff) {
  ScriptServer server(loop, [&](Peer& peer) {
    take_request(peer);
    peer.send("HTTP/1.1 200 OK\r\n\r\n" + std::string(2'000'000, 'x'));
  });
  CurlDialer dialer(loop, options(server));
  const auto line = dialer.line(Reuse::keep_alive);
  EXPECT_EQ(get(*line, "/").reply.error, "the answer is longer than 1048576 bytes");
}

TEST_F(CurlDialerTest, AnIdleConnectionThatTheServerClosedIsReplacedUnnoticed) {
  Peer* first = nullptr;
  ScriptServer server(loop, always(http_answer("")));
  server.on_accepted = [&](Peer& peer) {
    if (peer.number == 0) first = &peer;
  };
  CurlDialer dialer(loop, options(server));
  const auto line = dialer.line(Reuse::keep_alive);
  get(*line, "/");
  first->close();
  settle();
  const auto heard = get(*line, "/");
  EXPECT_EQ(heard.reply.status, 200);
  EXPECT_TRUE(heard.reply.opened_connection);
  EXPECT_EQ(observer.opened, 2u);
  EXPECT_EQ(observer.closed, 1u);
}

TEST_F(CurlDialerTest, AnIdleConnectionThatTheServerClosedDoesNotKeepTheLoopBusy) {
  Peer* first = nullptr;
  ScriptServer server(loop, always(http_answer("")));
  server.on_accepted = [&](Peer& peer) { first = &peer; };
  CurlDialer dialer(loop, options(server));
  const auto line = dialer.line(Reuse::keep_alive);
  get(*line, "/");
  first->close();
  settle();
  int turns = 0;
  loop.run_until([&turns] { return ++turns == 1'000; }, milliseconds(20));
  EXPECT_LT(turns, 20);
}

/// What libcurl does by itself, and why a publisher needs an idempotency key.
TEST_F(CurlDialerTest, APostWhoseKeptConnectionDiesIsSentAgain) {
  std::size_t posts = 0;
  ScriptServer server(loop, [&](Peer& peer) {
    if (take_request(peer).empty()) return;
    ++posts;
    if (peer.answers++ == 0) return peer.send(http_answer(""));
    peer.close();  // it was heard, and the answer is lost
  });
  CurlDialer dialer(loop, options(server));
  const auto line = dialer.line(Reuse::keep_alive);
  post(*line, "/publish/b", "one");
  const auto heard = post(*line, "/publish/b", "two");
  EXPECT_EQ(heard.reply.status, 200);
  EXPECT_EQ(heard.times, 1);
  EXPECT_EQ(posts, 3u);
}

TEST_F(CurlDialerTest, AResetIsAFailureByName) {
  ScriptServer server(loop, [](Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    peer.reset();
  });
  CurlDialer dialer(loop, options(server));
  const auto line = dialer.line(Reuse::keep_alive);
  const auto heard = get(*line, "/");
  EXPECT_EQ(heard.reply.status, 0);
  EXPECT_THAT(heard.reply.error, HasSubstr("Connection reset by peer"));
}

TEST_F(CurlDialerTest, AShortAnswerAndNoAnswerAreFailures) {
  ScriptServer server(loop, [](Peer& peer) {
    if (peer.number == 0) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    peer.close();
  });
  CurlDialer dialer(loop, options(server));
  const auto line = dialer.line(Reuse::keep_alive);
  EXPECT_EQ(get(*line, "/").reply.status, 0);
  EXPECT_EQ(get(*line, "/").reply.status, 0);
}

TEST_F(CurlDialerTest, ErrorStatusesAreAnswers) {
  ScriptServer server(loop, [](Peer& peer) {
    take_request(peer);
    peer.send("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nfull");
  });
  CurlDialer dialer(loop, options(server));
  const auto line = dialer.line(Reuse::keep_alive);
  const auto heard = get(*line, "/");
  EXPECT_EQ(heard.reply.status, 503);
  EXPECT_EQ(heard.reply.retry_after, std::chrono::seconds(7));
  EXPECT_EQ(heard.body, "full");
  EXPECT_FALSE(heard.reply.opened_connection == false);
}

TEST_F(CurlDialerTest, RedirectsAreNotFollowed) {
  ScriptServer server(loop, always("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"));
  CurlDialer dialer(loop, options(server));
  const auto line = dialer.line(Reuse::keep_alive);
  EXPECT_EQ(get(*line, "/").reply.status, 302);
}

TEST_F(CurlDialerTest, ACallbackMayDestroyItsOwnLineAndOthers) {
  ScriptServer server(loop, always(http_answer("hello")));
  CurlDialer dialer(loop, options(server));
  auto first = dialer.line(Reuse::keep_alive);
  auto second = dialer.line(Reuse::keep_alive);
  get(*first, "/");
  get(*second, "/");
  int called = 0;
  const auto destroy_both = [&](const HttpReply& reply) {
    first.reset();
    second.reset();
    EXPECT_EQ(reply.body, "hello");  // still there
    ++called;
  };
  first->get("/", destroy_both);
  second->get("/", destroy_both);
  EXPECT_TRUE(loop.run_until([&] { return server.gone == 2; }, kCurlGiveUp));
  EXPECT_EQ(called, 1);
}

TEST_F(CurlDialerTest, ACallbackMayAskAgainAtOnce) {
  ScriptServer server(loop, always(http_answer("hello")));
  CurlDialer dialer(loop, options(server));
  const auto line = dialer.line(Reuse::keep_alive);
  int asked = 0;
  OnReply again = [&](const HttpReply& reply) {
    if (++asked < 1'000) line->get("/", again);
    EXPECT_EQ(reply.body, "hello");
  };
  line->get("/", again);
  EXPECT_TRUE(loop.run_until([&] { return asked == 1'000; }, kCurlGiveUp));
  EXPECT_EQ(server.accepted, 1u);
}

TEST_F(CurlDialerTest, ALineDestroyedWithARequestUnderWayIsSilentAndHangsUp) {
  bool asked = false;
  ScriptServer server(loop, [&](Peer&) { asked = true; });
  CurlDialer dialer(loop, options(server));
  auto line = dialer.line(Reuse::keep_alive);
  line->get("/", [](const HttpReply&) { FAIL() << "its line is gone"; });
  EXPECT_TRUE(loop.run_until([&] { return asked; }, kCurlGiveUp));
  line.reset();
  EXPECT_TRUE(loop.run_until([&] { return server.gone == 1; }, kCurlGiveUp));
  EXPECT_EQ(observer.closed, 1u);
}

TEST_F(CurlDialerTest, AThousandLinesKeepTheirConnections) {
  ScriptServer server(loop, always(http_answer("")));
  CurlDialer dialer(loop, options(server));
  std::vector<std::unique_ptr<HttpLine>> lines;
  for (int i = 0; i < 1'000; ++i) lines.push_back(dialer.line(Reuse::keep_alive));
  for (int round = 0; round < 3; ++round) {
    std::size_t answers = 0, opened = 0;
    for (const auto& line : lines)
      line->get("/", [&](const HttpReply& reply) {
        EXPECT_EQ(reply.status, 200) << reply.error;
        ++answers;
        opened += reply.opened_connection ? 1 : 0;
      });
    ASSERT_TRUE(loop.run_until([&] { return answers == lines.size(); }, kCurlGiveUp));
    EXPECT_EQ(opened, round == 0 ? lines.size() : 0u);
  }
  EXPECT_EQ(server.accepted, lines.size());
}

TEST_F(CurlDialerTest, BadOptionsAreRefused) {
  DialerOptions bad;
  bad.url = "ftp://127.0.0.1:1";
  EXPECT_THROW(CurlDialer(loop, bad), std::invalid_argument);
  bad.url = "http://127.0.0.1:1";
  bad.sources = {"nowhere"};
  EXPECT_THROW(CurlDialer(loop, bad), std::invalid_argument);
  bad.sources = {};
  for (const auto& [name, value] : Headers{{"", "x"}, {"a", "x\r\nb: c"}, {"a\n", "x"}, {"a: b", "x"}}) {
    bad.request_headers = {{name, value}};
    EXPECT_THROW(CurlDialer(loop, bad), std::invalid_argument) << name << value;
  }
}

}  // namespace
}  // namespace wirelab::net
