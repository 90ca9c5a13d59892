// Address: where a socket listens or connects: IPv4, IPv6 or a unix path. A value; any thread.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/error.h"

namespace stickler {

class Address {
 public:
  Address() = default;

  // "127.0.0.1:80", "[::1]:80", "unix:/path". Names are not resolved. The error says what was expected.
  static Result<Address> parse(std::string_view text);
  static Address from_sockaddr(const sockaddr* address, socklen_t length);

  bool is_unix() const { return storage_.ss_family == AF_UNIX; }
  bool is_loopback() const;  // 127.0.0.0/8, ::1; never a unix path.
  int family() const { return storage_.ss_family; }
  std::uint16_t port() const;                   // 0 for a unix path.
  Address with_port(std::uint16_t port) const;  // Requires: not is_unix().
  std::string ip() const;                       // "127.0.0.1", "::1"; "unix" for a unix path.
  std::string to_string() const;                // What parse() takes.

  // The address in network order: 4 or 16 bytes, an IPv4-mapped IPv6 address as its 4; empty for a unix path.
  std::span<const std::uint8_t> ip_bytes() const;

  const sockaddr* sockaddr_ptr() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t sockaddr_size() const { return size_; }

  friend bool operator==(const Address& a, const Address& b) { return a.to_string() == b.to_string(); }

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

// A network in CIDR notation, e.g. "10.0.0.0/8", "::1/128"; a bare address is a network of one. A value; any thread.
class Network {
 public:
  static Result<Network> parse(std::string_view text);
  bool contains(const Address& address) const;
  std::string to_string() const;  // "10.0.0.0/8"

  friend bool operator==(const Network&, const Network&) = default;

 private:
  std::vector<std::uint8_t> prefix_;
  unsigned bits_ = 0;
};

}  // namespace stickler
