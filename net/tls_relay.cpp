#include "net/tls_relay.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "net/host_core.hpp"

namespace wirelab::net {
namespace {

/// What the library does not read is not read from the peer either.
constexpr std::size_t kForLibraryBytes = 64 * 1024;

bool is_for_later(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

TlsRelay::TlsRelay(HostCore& core, int fd, std::unique_ptr<TlsSession> tls, int library_end, std::string unsent)
    : core_(core), fd_(fd), library_end_(library_end), tls_(std::move(tls)), unsent_(std::move(unsent)) {
  watch();
}

TlsRelay::~TlsRelay() {
  if (library_watched_ != 0) core_.loop.unwatch(library_end_);
  ::close(library_end_);
  if (fd_ < 0) return;
  if (wire_watched_ != 0) core_.loop.unwatch(fd_);
  ::close(fd_);
}

// -- the peer to the library ----------------------------------------------------------------------

void TlsRelay::on_wire(unsigned ready) {
  if (ready & EventLoop::writable) flush();
  if ((ready & EventLoop::readable) && !wire_over_) read_wire();
  watch();
  leave_if_done();
}

void TlsRelay::read_wire() {
  const auto got = ::recv(fd_, core_.read_buffer.data(), core_.read_buffer.size(), MSG_DONTWAIT);
  if (got < 0 && is_for_later(errno)) return;
  if (got < 0) return break_off();
  if (got == 0) return end_of_wire();
  core_.records.clear();
  const auto state = tls_->take({core_.read_buffer.data(), static_cast<std::size_t>(got)}, for_library_, core_.records);
  push();
  hand_over();
  if (state == TlsSession::State::failed) break_off();
  if (state == TlsSession::State::ended) end_of_wire();
}

/// The library hears of it when it has read what came before.
void TlsRelay::end_of_wire() {
  wire_over_ = true;
  if (for_library_.empty()) shutdown(library_end_, SHUT_WR);
}

void TlsRelay::hand_over() {
  if (for_library_.empty() || library_gone_) return;
  const auto taken = ::send(library_end_, for_library_.data(), for_library_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (taken > 0) for_library_.erase(0, static_cast<std::size_t>(taken));
  if (taken < 0 && !is_for_later(errno)) for_library_.clear();  // it has gone, which its end tells
  if (for_library_.empty() && wire_over_) shutdown(library_end_, SHUT_WR);
  if (for_library_.empty()) for_library_.shrink_to_fit();
}

/// Both directions at once: a peer that is not there, or not sane.
void TlsRelay::break_off() {
  wire_over_ = broken_ = true;
  unsent_.clear();
  for_library_.clear();
  shutdown(library_end_, SHUT_WR);
}

// -- the library to the peer ----------------------------------------------------------------------

void TlsRelay::on_library(unsigned ready) {
  if (ready & EventLoop::writable) hand_over();
  if (ready & EventLoop::readable) take_from_library();
  watch();
  leave_if_done();
}

void TlsRelay::take_from_library() {
  while (!library_gone_ && unsent_.empty()) {
    const auto got = ::recv(library_end_, core_.library_buffer.data(), core_.library_buffer.size(), MSG_DONTWAIT);
    if (got < 0 && is_for_later(errno)) return;
    library_gone_ = got <= 0;
    if (!library_gone_) send({core_.library_buffer.data(), static_cast<std::size_t>(got)});
  }
}

bool TlsRelay::send(std::string_view frames) {
  if (broken_) return true;  // into the void: its end is told of
  core_.records.clear();
  tls_->seal(frames, core_.records);
  push();
  return unsent_.empty();
}

/// What is in HostCore::records.
void TlsRelay::push() {
  std::string_view rest = core_.records;
  if (rest.empty() || broken_) return;
  if (unsent_.empty()) {
    const auto sent = ::send(fd_, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && !is_for_later(errno)) return break_off();
    rest.remove_prefix(sent > 0 ? static_cast<std::size_t>(sent) : 0);
  }
  if (rest.empty()) return;
  unsent_.append(rest);
  watch();
}

void TlsRelay::flush() {
  if (unsent_.empty()) return;
  const auto sent = ::send(fd_, unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && is_for_later(errno)) return;
  if (sent < 0) return break_off();
  unsent_.erase(0, static_cast<std::size_t>(sent));
  if (!unsent_.empty()) return;
  unsent_.shrink_to_fit();
  if (on_drained) on_drained();
}

// -- both -----------------------------------------------------------------------------------------

/// Who is slow at one end is not read from at the other.
void TlsRelay::watch() {
  unsigned wire = EventLoop::none, library = EventLoop::none;
  if (!wire_over_ && for_library_.size() < kForLibraryBytes && unsent_.size() < kForLibraryBytes)
    wire |= EventLoop::readable;
  if (!unsent_.empty()) wire |= EventLoop::writable;
  if (!library_gone_ && unsent_.empty()) library |= EventLoop::readable;
  if (!library_gone_ && !for_library_.empty()) library |= EventLoop::writable;
  const auto change = [this](int fd, unsigned& watched, unsigned wanted, void (TlsRelay::*on_ready)(unsigned)) {
    if (watched == wanted) return;
    if (wanted == EventLoop::none)
      core_.loop.unwatch(fd);
    else if (watched == EventLoop::none)
      core_.loop.watch(fd, wanted, [this, on_ready](unsigned ready) { (this->*on_ready)(ready); });
    else
      core_.loop.change_watch(fd, wanted);
    watched = wanted;
  };
  change(fd_, wire_watched_, wire, &TlsRelay::on_wire);
  change(library_end_, library_watched_, library, &TlsRelay::on_library);
}

/// The library has closed its end, and all that it and we had to say is said.
void TlsRelay::leave_if_done() {
  if (!library_gone_ || !library_left_ || !unsent_.empty()) return;
  if (!broken_) {
    core_.records.clear();
    tls_->close(core_.records);
    push();
  }
  if (!broken_ && !wire_over_) {
    shutdown(fd_, SHUT_WR);
    if (wire_watched_ != 0) core_.loop.unwatch(fd_);
    wire_watched_ = 0;
    core_.lingerer.take(std::exchange(fd_, -1));
  }
  core_.drop(*this);
}

void TlsRelay::library_left() {
  library_left_ = true;
  on_drained = nullptr;
  core_.leaving.wait(*this);
  leave_if_done();
}

void TlsRelay::on_late() { core_.drop(*this); }

}  // namespace wirelab::net
