#include "lb/base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace stickler {
namespace {

constexpr std::string_view expected_form = "expected HOST:PORT with a numeric address, [IPV6]:PORT or unix:/path";

Result<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || port > 65535) {
    return fail("expected a port in 0..65535, got '" + std::string(text) + "'");
  }
  return static_cast<std::uint16_t>(port);
}

Result<Address> parse_unix(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return fail("expected a unix socket path of 1 to " + std::to_string(sizeof(address.sun_path) - 1) + " bytes");
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace

Result<Address> Address::parse(std::string_view text) {
  // The C functions below would stop at a NUL and take what stands before it.
  if (text.find('\0') != std::string_view::npos) return fail("expected an address without NUL bytes");
  if (text.starts_with("unix:")) return parse_unix(text.substr(5));
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail(std::string(expected_form) + ", got '" + std::string(text) + "'");
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return tl::unexpected(port.error());
  const std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(*port);
    if (inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), &v6.sin6_addr) == 1) {
      return from_sockaddr(reinterpret_cast<const sockaddr*>(&v6), sizeof(v6));
    }
  } else {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(*port);
    if (inet_pton(AF_INET, std::string(host).c_str(), &v4.sin_addr) == 1) {
      return from_sockaddr(reinterpret_cast<const sockaddr*>(&v4), sizeof(v4));
    }
  }
  return fail(std::string(expected_form) + ", got '" + std::string(text) + "'");
}

Address Address::from_sockaddr(const sockaddr* address, socklen_t length) {
  Address result;
  result.size_ = std::min<socklen_t>(length, sizeof(result.storage_));
  std::memcpy(&result.storage_, address, result.size_);
  return result;
}

std::uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_port);
  return 0;
}

Address Address::with_port(std::uint16_t port) const {
  Address result = *this;
  if (family() == AF_INET) reinterpret_cast<sockaddr_in*>(&result.storage_)->sin_port = htons(port);
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6*>(&result.storage_)->sin6_port = htons(port);
  return result;
}

std::span<const std::uint8_t> Address::ip_bytes() const {
  if (family() == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage_);
    return {reinterpret_cast<const std::uint8_t*>(&v4->sin_addr), 4};
  }
  if (family() == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage_);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&v6->sin6_addr);
    if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) return {bytes + 12, 4};
    return {bytes, 16};
  }
  return {};
}

bool Address::is_loopback() const {
  const auto bytes = ip_bytes();
  if (bytes.size() == 4) return bytes[0] == 127;
  return bytes.size() == 16 && bytes[15] == 1 &&
         std::all_of(bytes.begin(), bytes.begin() + 15, [](auto b) { return b == 0; });
}

std::string Address::ip() const {
  const auto bytes = ip_bytes();
  if (bytes.empty()) return "unix";
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof(text)) ? text : "";
}

std::string Address::to_string() const {
  if (is_unix()) return std::string("unix:") + reinterpret_cast<const sockaddr_un*>(&storage_)->sun_path;
  if (size_ == 0) return "";
  const std::string host = ip_bytes().size() == 4 ? ip() : "[" + ip() + "]";
  return host + ":" + std::to_string(port());
}

Result<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string host(text.substr(0, slash));
  std::uint8_t bytes[16];
  std::size_t length = 0;
  if (host.find('\0') == std::string::npos) {
    if (inet_pton(AF_INET, host.c_str(), bytes) == 1) length = 4;
    if (inet_pton(AF_INET6, host.c_str(), bytes) == 1) length = 16;
  }
  if (length == 0) {
    return fail("expected a network such as 10.0.0.0/8 or ::1/128, got '" + std::string(text) + "'");
  }
  unsigned bits = static_cast<unsigned>(length) * 8;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    unsigned given = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), given);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() || given > bits) {
      return fail("expected a prefix length of 0 to " + std::to_string(bits) + ", got '" + std::string(digits) + "'");
    }
    bits = given;
  }
  Network network;
  network.prefix_.assign(bytes, bytes + length);
  network.bits_ = bits;
  for (unsigned bit = bits; bit < length * 8; ++bit) {
    network.prefix_[bit / 8] = static_cast<std::uint8_t>(network.prefix_[bit / 8] & ~(0x80U >> (bit % 8)));
  }
  // Address shows an IPv4-mapped address as IPv4, so a network of such addresses has to be one of IPv4 too.
  constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (length == 16 && bits >= 96 && std::equal(std::begin(mapped), std::end(mapped), bytes)) {
    network.prefix_.erase(network.prefix_.begin(), network.prefix_.begin() + 12);
    network.bits_ -= 96;
  }
  return network;
}

bool Network::contains(const Address& address) const {
  const auto bytes = address.ip_bytes();
  if (bytes.size() != prefix_.size()) return false;
  const std::size_t whole = bits_ / 8;
  if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(whole), prefix_.begin())) return false;
  const unsigned rest = bits_ % 8;
  return rest == 0 || ((bytes[whole] ^ prefix_[whole]) >> (8 - rest)) == 0;
}

std::string Network::to_string() const {
  char text[INET6_ADDRSTRLEN];
  const char* host = inet_ntop(prefix_.size() == 4 ? AF_INET : AF_INET6, prefix_.data(), text, sizeof(text));
  return std::string(host ? host : "") + "/" + std::to_string(bits_);
}

}  // namespace stickler
