// Clients of addresses other than 127.0.0.1. The test's thread.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "tests/integration/harness/wire.h"

namespace stickler::integration {

template <class SocketAddress>
Wire connect_with(const SocketAddress& address) {
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  Fd fd(::socket(generic->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), generic, sizeof address) != 0) {
    throw std::system_error(errno, std::generic_category(), "connect");
  }
  return Wire(std::move(fd));
}

inline Wire connect_to_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return connect_with(address);
}

inline Wire connect_to_ipv6(std::uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = in6addr_loopback;
  return connect_with(address);
}

inline bool has_ipv6() {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  const Fd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return fd && ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace stickler::integration
