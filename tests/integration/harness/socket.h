// Blocking loopback sockets for tests. Every descriptor is close-on-exec, so that a program under test inherits none.
// Any thread; a Fd is closed by its owner. Failures of the test machine itself throw std::system_error.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "tests/integration/harness/deadline.h"

namespace stickler::integration {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { close(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
};

Fd listen_on(std::uint16_t port = 0);  // 127.0.0.1; 0: any free port
std::uint16_t port_of(const Fd& socket);

// `receive_buffer_bytes` 0: the system's default. Small buffers make back-pressure show early.
Fd connect_to(std::uint16_t port, int receive_buffer_bytes = 0);

void send_without_delay(const Fd& socket);  // Each send is a segment of its own (TCP_NODELAY).

// False when the deadline passed before any of `events` (poll(2)) was there.
bool wait_for(int fd, short events, Deadline deadline = Deadline{});

// False when the peer has gone or the deadline passed before everything was written.
bool send_all(int fd, std::string_view bytes, Deadline deadline = Deadline{});

// Closes with a reset (SO_LINGER 0) instead of a FIN.
void reset(Fd& socket);

}  // namespace stickler::integration
