#include "link/device.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

#include "link/impairment.hpp"

namespace wirelab::link {
namespace {

constexpr const char* kDevice = "link0";

/// Packets that the kernel keeps for a reader who is not there yet: at 50,000 a second, 0.2 s. The default of 500 would
/// lose some without a word when the relay has to wait for its processor.
constexpr std::uint32_t kQueuePackets = 10'000;

[[noreturn]] void fail_device(const std::string& call) {
  throw std::system_error(errno, std::generic_category(), call);
}

/// A socket to talk to the kernel about devices; it is in the thread's namespace.
class Control {
 public:
  explicit Control(const char* device) : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0) fail_device("socket");
    std::strncpy(request_.ifr_name, device, IFNAMSIZ - 1);
  }
  ~Control() { close(fd_); }
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  void set_address(unsigned long what, const char* call, const std::string& address) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    if (inet_pton(AF_INET, address.c_str(), &four.sin_addr) != 1)
      throw std::system_error(EINVAL, std::generic_category(), address);
    std::memcpy(&request_.ifr_addr, &four, sizeof four);
    ask(what, call);
  }
  void set_mtu(int bytes) {
    request_.ifr_mtu = bytes;
    ask(SIOCSIFMTU, "SIOCSIFMTU");
  }
  void bring_up() {
    ask(SIOCGIFFLAGS, "SIOCGIFFLAGS");
    request_.ifr_flags = static_cast<short>(request_.ifr_flags | IFF_UP | IFF_RUNNING);
    ask(SIOCSIFFLAGS, "SIOCSIFFLAGS");
  }

 private:
  void ask(unsigned long what, const char* call) {
    if (ioctl(fd_, what, &request_) != 0) fail_device(std::string(call) + " of " + request_.ifr_name);
  }

  int fd_;
  ifreq request_{};
};

/// By rtnetlink(7), which asks for rights in the namespace; ioctl(SIOCSIFTXQLEN) asks for the whole machine's.
void set_queue(const char* device, std::uint32_t packets) {
  struct {
    nlmsghdr header{};
    ifinfomsg link{};
    rtattr attribute{};
    std::uint32_t packets = 0;
  } request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_NEWLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  request.link.ifi_index = static_cast<int>(if_nametoindex(device));
  request.attribute.rta_type = IFLA_TXQLEN;
  request.attribute.rta_len = RTA_LENGTH(sizeof request.packets);
  request.packets = packets;
  struct {
    nlmsghdr header{};
    nlmsgerr error{};
    char rest[256]{};
  } answer;
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) fail_device("socket(AF_NETLINK)");
  const bool asked = send(fd, &request, sizeof request, 0) == static_cast<ssize_t>(sizeof request) &&
                     recv(fd, &answer, sizeof answer, 0) > 0;
  if (asked) errno = -answer.error.error;
  const int error = errno;
  close(fd);
  errno = error;
  if (!asked || error != 0) fail_device("IFLA_TXQLEN");
}

}  // namespace

void bring_up_loopback() { Control("lo").bring_up(); }

TunDevice::TunDevice(const std::string& address, const std::string& peer)
    : fd_(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK)) {
  if (fd_ < 0) fail_device("/dev/net/tun");
  try {
    ifreq request{};
    std::strncpy(request.ifr_name, kDevice, IFNAMSIZ - 1);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (ioctl(fd_, TUNSETIFF, &request) != 0) fail_device("TUNSETIFF");
    Control device(kDevice);
    device.set_mtu(static_cast<int>(kPacketBytesMax));
    set_queue(kDevice, kQueuePackets);
    device.set_address(SIOCSIFADDR, "SIOCSIFADDR", address);
    device.set_address(SIOCSIFDSTADDR, "SIOCSIFDSTADDR", peer);
    device.bring_up();  // and the kernel routes what is for the peer into it
  } catch (...) {
    close(fd_);
    throw;
  }
}

TunDevice::~TunDevice() { close(fd_); }

std::uint64_t packets_not_taken() {
  std::ifstream devices("/proc/thread-self/net/dev");
  for (std::string line; std::getline(devices, line);) {
    const auto name = line.find(kDevice), colon = line.find(':');
    if (name == std::string::npos || colon == std::string::npos) continue;
    std::istringstream counters(line.substr(colon + 1));
    // Eight counters of what was received, then of what was sent: bytes, packets, errors, drop.
    std::uint64_t counter = 0;
    for (int i = 0; i < 12; ++i) counters >> counter;
    return counter;
  }
  return 0;
}

}  // namespace wirelab::link
