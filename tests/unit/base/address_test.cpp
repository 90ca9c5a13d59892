#include "lb/base/address.h"

#include <netinet/in.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <cstring>

namespace stickler {
namespace {

Address address(std::string_view text) {
  const auto parsed = Address::parse(text);
  INFO(text);
  REQUIRE(parsed.has_value());
  return *parsed;
}

std::string message_of(std::string_view text) {
  const auto parsed = Address::parse(text);
  INFO(text);
  REQUIRE_FALSE(parsed.has_value());
  return parsed.error().message;
}

TEST_CASE("an address is read, taken apart and written back") {
  struct Row {
    std::string_view text, ip;
    std::uint16_t port;
    int family;
    bool loopback;
    std::string_view written;
  };
  for (const Row& row :
       {Row{"127.0.0.1:80", "127.0.0.1", 80, AF_INET, true, "127.0.0.1:80"},
        Row{"127.255.0.9:1", "127.255.0.9", 1, AF_INET, true, "127.255.0.9:1"},
        Row{"0.0.0.0:0", "0.0.0.0", 0, AF_INET, false, "0.0.0.0:0"},
        Row{"128.0.0.1:65535", "128.0.0.1", 65535, AF_INET, false, "128.0.0.1:65535"},
        Row{"[::1]:443", "::1", 443, AF_INET6, true, "[::1]:443"}, Row{"[::]:80", "::", 80, AF_INET6, false, "[::]:80"},
        Row{"[2001:DB8:0::1]:9", "2001:db8::1", 9, AF_INET6, false, "[2001:db8::1]:9"},
        Row{"[::ffff:127.0.0.1]:9", "127.0.0.1", 9, AF_INET6, true, "127.0.0.1:9"},
        Row{"unix:/run/x.sock", "unix", 0, AF_UNIX, false, "unix:/run/x.sock"}}) {
    INFO(row.text);
    const Address read = address(row.text);
    CHECK(read.ip() == row.ip);
    CHECK(read.port() == row.port);
    CHECK(read.family() == row.family);
    CHECK(read.is_unix() == (row.family == AF_UNIX));
    CHECK(read.is_loopback() == row.loopback);
    CHECK(read.to_string() == row.written);
    CHECK(address(read.to_string()) == read);
  }
}

TEST_CASE("what is no address is refused with the form that was expected") {
  for (const std::string_view text :
       {"", "127.0.0.1", "localhost:80", "1.2.3:80", "1.2.3.4.5:80", "256.0.0.1:80", ":80", "::1:80", "[::1]", "[]:80",
        "[127.0.0.1]:80", "[::1:80", "::1]:80", "[g::]:80", " 127.0.0.1:80", "127.0.0.1 :80", "[fe80::1%lo]:80"}) {
    const std::string message = message_of(text);
    if (message.find("expected a port") == std::string::npos) {
      CHECK_THAT(message, Catch::Contains("expected HOST:PORT") && Catch::EndsWith("'" + std::string(text) + "'"));
    }
  }
  for (const std::string_view port : {"", "65536", "-1", "+1", " 80", "80 ", "8o", "99999999999999999999"}) {
    const std::string message = message_of("127.0.0.1:" + std::string(port));
    CHECK(message == "expected a port in 0..65535, got '" + std::string(port) + "'");
  }
}

TEST_CASE("a NUL byte does not hide the rest of an address") {
  using namespace std::string_view_literals;
  for (const std::string_view text : {"127.0.0.1\0.evil:80"sv, "[::1\0]:80"sv, "unix:/a\0b"sv}) {
    CHECK_FALSE(Address::parse(text).has_value());
  }
}

TEST_CASE("a unix path fits the system's limit or is refused") {
  const std::string longest(sizeof(sockaddr_un::sun_path) - 1, 'x');
  CHECK(address("unix:" + longest).to_string() == "unix:" + longest);
  CHECK_THAT(message_of("unix:" + longest + "x"), Catch::Contains("1 to 107 bytes"));
  CHECK_THAT(message_of("unix:"), Catch::Contains("1 to 107 bytes"));
}

TEST_CASE("with_port changes the port and nothing else") {
  CHECK(address("10.1.2.3:80").with_port(0) == address("10.1.2.3:0"));
  CHECK(address("[::1]:80").with_port(8080) == address("[::1]:8080"));
}

TEST_CASE("a socket address makes the round trip, and an unnamed unix peer is unix") {
  const Address v6 = address("[2001:db8::1]:443");
  CHECK(Address::from_sockaddr(v6.sockaddr_ptr(), v6.sockaddr_size()) == v6);
  sockaddr_un unnamed{};
  unnamed.sun_family = AF_UNIX;
  const Address peer = Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&unnamed), sizeof(sa_family_t));
  CHECK(peer.is_unix());
  CHECK(peer.ip() == "unix");
  CHECK(peer.ip_bytes().empty());
}

TEST_CASE("an address that was never set is empty and equals no real one") {
  const Address none;
  CHECK(none.to_string().empty());
  CHECK(none.port() == 0);
  CHECK_FALSE(none.is_loopback());
  CHECK_FALSE(none == address("0.0.0.0:0"));
}

TEST_CASE("the bytes of an IPv4-mapped address are those of the IPv4 address") {
  const Address mapped = address("[::ffff:10.1.2.3]:1");
  const Address plain = address("10.1.2.3:1");
  REQUIRE(mapped.ip_bytes().size() == 4);
  CHECK(std::memcmp(mapped.ip_bytes().data(), plain.ip_bytes().data(), 4) == 0);
  CHECK(address("[2001:db8::1]:1").ip_bytes().size() == 16);
}

}  // namespace
}  // namespace stickler
