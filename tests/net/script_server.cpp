#include "tests/net/script_server.hpp"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace wirelab::tests {

ScriptServer::ScriptServer(net::EventLoop& loop, Script on_bytes) : loop_(loop), on_bytes_(std::move(on_bytes)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof at;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), length) != 0 || ::listen(listener_, 4096) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &length) != 0)
    throw std::runtime_error("ScriptServer: cannot listen on 127.0.0.1");
  port_ = ntohs(at.sin_port);
  loop_.watch(listener_, net::EventLoop::readable, [this](unsigned) { accept_one(); });
}

ScriptServer::~ScriptServer() {
  stop_listening();
  while (!peers_.empty()) drop(peers_.begin()->first);
}

void ScriptServer::stop_listening() {
  if (listener_ < 0) return;
  loop_.unwatch(listener_);
  ::close(std::exchange(listener_, -1));
}

void ScriptServer::accept_one() {
  sockaddr_in from{};
  socklen_t length = sizeof from;
  const int fd = ::accept4(listener_, reinterpret_cast<sockaddr*>(&from), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  const int yes = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  auto peer = std::make_unique<Peer>();
  peer->server_ = this;
  peer->fd_ = fd;
  peer->number = accepted++;
  std::array<char, INET_ADDRSTRLEN> text{};
  peer->address = ::inet_ntop(AF_INET, &from.sin_addr, text.data(), text.size());
  Peer& accepted_peer = *peer;
  peers_[fd] = std::move(peer);
  loop_.watch(fd, net::EventLoop::readable, [this, fd](unsigned ready) { on_ready(fd, ready); });
  if (on_accepted) on_accepted(accepted_peer);
}

void ScriptServer::on_ready(int fd, unsigned ready) {
  if (ready & net::EventLoop::writable) peers_.at(fd)->flush();
  if (ready & net::EventLoop::readable) read_from(fd);
}

void ScriptServer::read_from(int fd) {
  std::array<char, 65536> bytes{};
  const ssize_t count = ::read(fd, bytes.data(), bytes.size());
  if (count <= 0) {
    ++gone;
    return drop(fd);
  }
  Peer& peer = *peers_.at(fd);
  peer.received.append(bytes.data(), static_cast<std::size_t>(count));
  on_bytes_(peer);
}

void ScriptServer::drop(int fd) {
  loop_.unwatch(fd);
  ::close(fd);
  peers_.erase(fd);
}

void ScriptServer::Peer::send(std::string_view bytes) {
  unsent_.append(bytes);
  flush();
}

void ScriptServer::Peer::flush() {
  const ssize_t count = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
  if (count > 0) unsent_.erase(0, static_cast<std::size_t>(count));
  const unsigned interest = net::EventLoop::readable | (unsent_.empty() ? 0u : net::EventLoop::writable);
  server_->loop_.change_watch(fd_, interest);
}

void ScriptServer::Peer::close() { server_->drop(fd_); }

void ScriptServer::Peer::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  server_->drop(fd_);
}

std::string http_answer(std::string_view body, std::string_view more_headers) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(more_headers) +
         "\r\n" + std::string(body);
}

std::string take_request(ScriptServer::Peer& peer) {
  const auto end_of_header = peer.received.find("\r\n\r\n");
  if (end_of_header == std::string::npos) return {};
  std::size_t length = end_of_header + 4;
  if (const auto field = peer.received.find("Content-Length: "); field < end_of_header)
    length += static_cast<std::size_t>(std::atol(peer.received.c_str() + field + 16));
  if (peer.received.size() < length) return {};
  std::string request = peer.received.substr(0, length);
  peer.received.erase(0, length);
  return request;
}

}  // namespace wirelab::tests
