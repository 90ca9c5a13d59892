#include <catch2/catch.hpp>

#include "lb/base/address.h"

namespace stickler {
namespace {

bool contains(std::string_view network, std::string_view address) {
  const auto parsed_network = Network::parse(network);
  const auto parsed_address = Address::parse(address);
  INFO(network << " and " << address);
  REQUIRE(parsed_network.has_value());
  REQUIRE(parsed_address.has_value());
  return parsed_network->contains(*parsed_address);
}

TEST_CASE("a network contains the addresses that share its prefix") {
  struct Row {
    std::string_view network, address;
    bool inside;
  };
  for (const Row& row : {Row{"10.0.0.0/8", "10.255.255.255:1", true},
                         Row{"10.0.0.0/8", "11.0.0.0:1", false},
                         Row{"10.0.0.0/8", "9.255.255.255:1", false},
                         Row{"192.168.4.0/22", "192.168.7.255:1", true},
                         Row{"192.168.4.0/22", "192.168.8.0:1", false},
                         Row{"192.168.4.0/22", "192.168.3.255:1", false},
                         Row{"127.0.0.1", "127.0.0.1:9", true},
                         Row{"127.0.0.1", "127.0.0.2:9", false},
                         Row{"127.0.0.1/32", "127.0.0.1:9", true},
                         Row{"128.0.0.0/1", "255.1.1.1:9", true},
                         Row{"128.0.0.0/1", "127.1.1.1:9", false},
                         Row{"0.0.0.0/0", "203.0.113.9:1", true},
                         Row{"0.0.0.0/0", "[2001:db8::1]:1", false},
                         Row{"::/0", "[2001:db8::1]:1", true},
                         Row{"::/0", "10.0.0.1:1", false},
                         Row{"2001:db8::/33", "[2001:db8:7fff::1]:1", true},
                         Row{"2001:db8::/33", "[2001:db8:8000::1]:1", false},
                         Row{"::1/128", "[::1]:1", true},
                         Row{"::1", "[::2]:1", false},
                         Row{"10.0.0.0/8", "unix:/x", false},
                         Row{"::/0", "unix:/x", false},
                         Row{"10.0.0.0/8", "[::ffff:10.1.1.1]:1", true},
                         Row{"::ffff:10.0.0.0/104", "10.9.9.9:1", true},
                         Row{"::ffff:10.0.0.0/104", "[::ffff:10.9.9.9]:1", true},
                         Row{"::ffff:10.0.0.0/104", "11.0.0.0:1", false}}) {
    INFO(row.network << " and " << row.address);
    CHECK(contains(row.network, row.address) == row.inside);
  }
}

TEST_CASE("a network is written as its prefix, whatever the host bits said") {
  CHECK(Network::parse("10.0.0.0/8")->to_string() == "10.0.0.0/8");
  CHECK(Network::parse("10.1.2.3/8")->to_string() == "10.0.0.0/8");
  CHECK(*Network::parse("10.1.2.3/8") == *Network::parse("10.0.0.0/8"));
  CHECK(Network::parse("192.168.7.255/22")->to_string() == "192.168.4.0/22");
  CHECK(Network::parse("10.1.2.3")->to_string() == "10.1.2.3/32");
  CHECK(Network::parse("2001:DB8::1/32")->to_string() == "2001:db8::/32");
  CHECK(Network::parse("::1")->to_string() == "::1/128");
  CHECK_FALSE(*Network::parse("10.0.0.0/8") == *Network::parse("10.0.0.0/9"));
}

TEST_CASE("what is no network is refused with what was expected") {
  for (const std::string_view text :
       {"", "/8", "10.0.0/8", "localhost", "10.0.0.0:80", "[::1]/128", "unix:/x", "a/b"}) {
    const auto parsed = Network::parse(text);
    INFO(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK_THAT(parsed.error().message, Catch::StartsWith("expected a network such as 10.0.0.0/8"));
  }
  for (const std::string_view bits : {"", "33", "-1", "+8", "8 ", " 8", "x", "4294967304"}) {
    const auto parsed = Network::parse("10.0.0.0/" + std::string(bits));
    INFO(bits);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().message == "expected a prefix length of 0 to 32, got '" + std::string(bits) + "'");
  }
  CHECK_THAT(Network::parse("::/129").error().message, Catch::Contains("0 to 128"));
  CHECK_FALSE(Network::parse(std::string_view("10.0.0.0\0x/8", 12)).has_value());
}

}  // namespace
}  // namespace stickler
