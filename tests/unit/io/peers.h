// The other ends of the tests of sockets: a listening socket on loopback or a unix path, a peer that is a plain
// blocking descriptor, and a recorder of what a transport reports.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "lb/io/listen_socket.h"
#include "lb/io/socket.h"
#include "tests/unit/io/run_until.h"

namespace stickler::io {

// A directory of its own, short enough for a unix socket's path.
struct Directory {
  Directory() {
    std::string pattern = std::filesystem::temp_directory_path() / "stickler-io-XXXXXX";
    path = mkdtemp(pattern.data());
  }
  ~Directory() { std::filesystem::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  Address socket(const std::string& name = "socket") const { return *Address::parse("unix:" + (path / name).string()); }
  std::filesystem::path path;
};

inline Address loopback() { return *Address::parse("127.0.0.1:0"); }

inline ListenSocket listen_on(const Address& address, const ListenOptions& options = {}) {
  auto socket = ListenSocket::bind(address, options);
  REQUIRE(socket);
  return *std::move(socket);
}

// A descriptor that closes itself, with blocking calls that do not block long: the kernel of this machine is the peer.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }

  int fd() const { return fd_; }
  int give_up() { return std::exchange(fd_, -1); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  // The other end sees a reset (TCP).
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close();
  }
  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      REQUIRE(sent > 0);
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // What is there now; "" if nothing or the end.
  std::string receive_ready() const {
    std::string bytes(1 << 20, '\0');
    const ssize_t length = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    bytes.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    return bytes;
  }
  bool at_end() const {
    char byte = 0;
    return ::recv(fd_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
  }
  bool readable(int limit_ms = 0) const {
    pollfd poll{.fd = fd_, .events = POLLIN, .revents = 0};
    return ::poll(&poll, 1, limit_ms) == 1;
  }
  void await_readable() const { REQUIRE(readable(30'000)); }

 private:
  int fd_;
};

inline Descriptor connect_to(const Address& address) {
  Descriptor descriptor(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(descriptor.fd(), address.sockaddr_ptr(), address.sockaddr_size()) == 0);
  return descriptor;
}

// Non-blocking listening sockets are waited for.
inline Descriptor accept_from(const ListenSocket& socket, int flags = 0) {
  pollfd poll{.fd = socket.fd(), .events = POLLIN, .revents = 0};
  REQUIRE(::poll(&poll, 1, 30'000) == 1);
  Descriptor descriptor(::accept4(socket.fd(), nullptr, nullptr, SOCK_CLOEXEC | flags));
  REQUIRE(descriptor.fd() >= 0);
  return descriptor;
}

// Notes what a transport reports, in order: "connected data:abc drained eof broken:104".
struct Recorder final : TransportEvents {
  void on_connected() override { note("connected"); }
  void on_data(std::span<const char> bytes) override {
    data.append(bytes.data(), bytes.size());
    if (log.size() < 4096 && bytes.size() < 100) note("data:" + std::string(bytes.data(), bytes.size()));
    if (in_data) in_data();
  }
  void on_eof() override {
    eof = true;
    note("eof");
  }
  void on_drained() override { ++drained; }
  void on_broken(const Error& error) override {
    broken = error.code;
    note("broken:" + std::to_string(error.code));
  }
  void note(const std::string& what) { log += (log.empty() ? "" : " ") + what; }

  std::string log;
  std::string data;
  bool eof = false;
  int drained = 0;
  int broken = 0;
  std::function<void()> in_data;
};

// A Socket of ours and the plain end it talks to.
struct Pair {
  explicit Pair(bool is_unix = false) {
    signal(SIGPIPE, SIG_IGN);
    const ListenSocket listening = listen_on(is_unix ? directory.socket() : loopback());
    peer = connect_to(listening.address());
    socket = Socket::adopt(loop, accept_from(listening, SOCK_NONBLOCK).give_up(), is_unix);
    socket->set_events(events);
  }
  ~Pair() {
    socket.reset();
    run_what_is_ready(loop);
  }

  Directory directory;
  Loop loop;
  Recorder events;
  Descriptor peer;
  std::unique_ptr<Socket> socket;
};

}  // namespace stickler::io
