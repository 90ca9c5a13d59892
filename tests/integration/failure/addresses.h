// Addresses of this machine that refuse, or do not answer. The test's thread owns them.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/integration/harness/socket.h"

namespace stickler::integration {

inline Fd bound_socket(std::uint16_t port = 0) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot bind a port");
  }
  return fd;
}

// A port that refuses connections, and that nobody else is given meanwhile: it is bound, and nobody listens. Who knows
// it may listen there all the same.
class ReservedPort {
 public:
  ReservedPort() : socket_(bound_socket()) {}
  std::uint16_t number() const { return port_of(socket_); }
  std::string address() const { return "127.0.0.1:" + std::to_string(number()); }

 private:
  Fd socket_;
};

// Listens, but its queue is full and nobody accepts: to a client it is a machine that does not answer.
class SilentAddress {
 public:
  SilentAddress() : listener_(bound_socket()) {
    if (::listen(listener_.get(), 0) != 0) throw std::runtime_error("cannot listen");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_of(listener_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 4; ++i) {
      Fd& filler = fillers_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(filler.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_of(listener_)); }

 private:
  Fd listener_;
  std::vector<Fd> fillers_;
};

}  // namespace stickler::integration
