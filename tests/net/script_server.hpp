#pragma once
// A TCP server that says exactly what a test tells it to, byte by byte, on the test's own EventLoop: what the dialers
// are tested against. It knows no HTTP.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "net/event_loop.hpp"

namespace wirelab::tests {

class ScriptServer {
 public:
  class Peer {
   public:
    void send(std::string_view bytes);
    void close();
    /// Closes with a reset instead of a FIN.
    void reset();
    std::string received;     ///< and not taken by the script yet
    std::string address;      ///< where it came from
    std::size_t number = 0;   ///< 0 for the first one accepted
    std::size_t answers = 0;  ///< for the script's use

   private:
    friend class ScriptServer;
    void flush();
    ScriptServer* server_ = nullptr;
    int fd_ = -1;
    std::string unsent_;
  };
  using Script = std::function<void(Peer&)>;

  /// `on_bytes` is called whenever a peer has sent something.
  ScriptServer(net::EventLoop& loop, Script on_bytes);
  ~ScriptServer();
  ScriptServer(const ScriptServer&) = delete;
  ScriptServer& operator=(const ScriptServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// Nobody listens any more; what is open stays open.
  void stop_listening();

  std::size_t accepted = 0;
  std::size_t gone = 0;  ///< peers that closed their end
  std::function<void(Peer&)> on_accepted;

 private:
  void accept_one();
  void on_ready(int fd, unsigned ready);
  void read_from(int fd);
  void drop(int fd);

  net::EventLoop& loop_;
  Script on_bytes_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::map<int, std::unique_ptr<Peer>> peers_;
};

/// "HTTP/1.1 200 OK" with the body and its length.
std::string http_answer(std::string_view body, std::string_view more_headers = "");

/// Takes one whole HTTP request off the front of what was received; empty when it is not complete.
std::string take_request(ScriptServer::Peer& peer);

}  // namespace wirelab::tests
