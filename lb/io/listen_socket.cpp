#include "lb/io/listen_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace stickler::io {
namespace {

const char* path_of(const Address& address) {
  return reinterpret_cast<const sockaddr_un*>(address.sockaddr_ptr())->sun_path;
}

std::string advice(const Address& address, int code) {
  switch (code) {
    case EADDRINUSE:
      if (address.is_unix()) return "; another process listens there, or a file that is no socket has that name";
      return "; another process listens there: stop it or choose another port";
    case EACCES:
      return "; ports below 1024 need root or CAP_NET_BIND_SERVICE, a unix path needs a writable directory";
    case EADDRNOTAVAIL:
      return "; no interface of this machine has that address";
    default:
      return "";
  }
}

tl::unexpected<Error> refuse(const Address& address, int code) {
  Error error = fail_errno("cannot listen on " + address.to_string(), code).value();
  error.message += advice(address, code);
  return tl::unexpected(std::move(error));
}

void set_option(int fd, int level, int name, int value) { setsockopt(fd, level, name, &value, sizeof(value)); }

// The options that accepted sockets inherit are set here once instead of on each of them.
void set_tcp_options(int fd, const Address& address, const ListenOptions& options) {
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (options.reuse_port && !options.exclusive) set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (address.family() == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (options.tcp_keepalive_seconds > 0) {
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, options.tcp_keepalive_seconds);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, options.tcp_keepalive_seconds / 4));
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
  }
}

// A socket left behind by a process that died refuses connections; a living one takes them, or is too busy to, and is
// left alone. So is whatever is no socket: connecting to it is refused as well.
void remove_stale_unix_socket(const Address& address) {
  struct stat status {};
  if (::lstat(path_of(address), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return;
  const int result = ::connect(probe, address.sockaddr_ptr(), address.sockaddr_size());
  if (result != 0 && errno == ECONNREFUSED) ::unlink(path_of(address));
  ::close(probe);
}

}  // namespace

Result<ListenSocket> ListenSocket::bind(const Address& address, const ListenOptions& options) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return refuse(address, errno);
  ListenSocket socket(fd, address);
  if (address.is_unix()) {
    remove_stale_unix_socket(address);
  } else {
    set_tcp_options(fd, address, options);
  }
  if (::bind(fd, address.sockaddr_ptr(), address.sockaddr_size()) != 0) return refuse(address, errno);
  if (address.is_unix()) socket.file_ = socket.find_file();
  // Bound alone; from here on others may join.
  if (options.reuse_port && options.exclusive) set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (::listen(fd, options.backlog) != 0) return refuse(address, errno);
  if (!address.is_unix()) {
    sockaddr_storage bound{};
    socklen_t size = sizeof(bound);
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) == 0) {
      socket.address_ = Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&bound), size);
    }
  }
  return socket;
}

Result<ListenSocket> ListenSocket::adopt(int fd) {
  int listens = 0;
  socklen_t size = sizeof(listens);
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) {
    return fail("descriptor " + std::to_string(fd) + " is no listening socket");
  }
  sockaddr_storage bound{};
  size = sizeof(bound);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return fail_errno("getsockname", errno);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  return ListenSocket(fd, Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&bound), size));
}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), address_(other.address_), file_(std::exchange(other.file_, std::nullopt)) {}

ListenSocket& ListenSocket::operator=(ListenSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(address_, other.address_);
  std::swap(file_, other.file_);
  return *this;
}

ListenSocket::~ListenSocket() {
  if (file_ && find_file() == file_) ::unlink(path_of(address_));
  if (fd_ >= 0) ::close(fd_);
}

void ListenSocket::own_file() {
  if (address_.is_unix()) file_ = find_file();
}

// The kernel compares who made the sockets, which for one that is inherited was another process, perhaps another user.
void ListenSocket::give_to(uid_t user) const {
  if (address_.is_unix()) return;
  [[maybe_unused]] const int result = ::fchown(fd_, user, static_cast<gid_t>(-1));
}

std::optional<ListenSocket::File> ListenSocket::find_file() const {
  struct stat status {};
  if (::lstat(path_of(address_), &status) != 0) return std::nullopt;
  return File{.device = status.st_dev, .inode = status.st_ino};
}

Result<ListenSocket> ListenSocket::duplicate() const {
  const int copy = fcntl(fd_, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return fail_errno("cannot duplicate the socket of " + address_.to_string(), errno);
  return ListenSocket(copy, address_);
}

}  // namespace stickler::io
