#include "link/rights.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace wirelab::link {
namespace {

constexpr const char* kTunDevice = "/dev/net/tun";

bool may_make_links() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  const auto has = [&](unsigned capability) { return (data[capability / 32].effective >> (capability % 32) & 1) != 0; };
  return has(CAP_SYS_ADMIN) && has(CAP_NET_ADMIN);
}

/// Whether a kernel setting exists and is `value`.
bool setting_is(const char* file, long value) {
  std::ifstream in(file);
  long is = 0;
  return in >> is && is == value;
}

/// Which of the switches that there are keeps users from namespaces of their own; the call's own error if none.
std::string why_no_namespace(int error) {
  if (setting_is("/proc/sys/kernel/unprivileged_userns_clone", 0))
    return "kernel.unprivileged_userns_clone is 0; as root: sysctl kernel.unprivileged_userns_clone=1";
  if (setting_is("/proc/sys/user/max_user_namespaces", 0))
    return "user.max_user_namespaces is 0; as root: sysctl user.max_user_namespaces=10000";
  if (setting_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1))
    return "kernel.apparmor_restrict_unprivileged_userns is 1; as root: sysctl "
           "kernel.apparmor_restrict_unprivileged_userns=0";
  return std::string("unshare(CLONE_NEWUSER): ") + std::strerror(error) +
         "; in a container it takes --cap-add SYS_ADMIN --cap-add NET_ADMIN --device /dev/net/tun";
}

[[noreturn]] void miss(const std::string& what) {
  throw MissingRights("an emulated link needs root, or a user namespace and /dev/net/tun open to you: " + what);
}

void write_file(const char* file, const std::string& text) {
  const int fd = open(file, O_WRONLY | O_CLOEXEC);
  const bool written = fd >= 0 && write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  if (fd >= 0) close(fd);
  if (!written) miss(std::string(file) + ": " + std::strerror(error));
}

/// Root inside, and outside who we are: programs that we execute keep the right (capabilities(7)).
void become_root_of_own_namespace() {
  const std::string user = std::to_string(geteuid()), group = std::to_string(getegid());
  if (unshare(CLONE_NEWUSER) != 0) miss(why_no_namespace(errno));
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", "0 " + user + " 1");
  write_file("/proc/self/gid_map", "0 " + group + " 1");
}

/// Before anything else: who may not open it is not helped by a namespace.
void check_tun_device() {
  const int fd = open(kTunDevice, O_RDWR | O_CLOEXEC);
  const int error = errno;
  if (fd >= 0) {
    close(fd);
    return;
  }
  const std::string what = std::string(kTunDevice) + ": " + std::strerror(error);
  if (error == EACCES || error == EPERM) miss(what + "; run it as root, or as root: chmod 666 " + kTunDevice);
  miss(what + "; as root: modprobe tun; in a container: --device " + kTunDevice);
}

}  // namespace

void gain_rights() {
  check_tun_device();
  if (may_make_links()) return;
  become_root_of_own_namespace();
  // Some systems let one in and then give no right in there.
  if (!may_make_links()) miss(why_no_namespace(EPERM));
}

}  // namespace wirelab::link
