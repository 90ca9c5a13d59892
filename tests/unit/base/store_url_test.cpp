#include "lb/base/store_url.h"

#include <catch2/catch.hpp>

namespace stickler {
namespace {

TEST_CASE("a store's URL says where it is, with which password, and which database") {
  struct Row {
    std::string text;
    std::string address;
    std::string password;
    std::uint32_t database;
    std::string again;
    std::string masked;
  };
  const Row rows[] = {
      {"redis://127.0.0.1:6379", "127.0.0.1:6379", "", 0, "redis://127.0.0.1:6379", "redis://127.0.0.1:6379"},
      {"redis://127.0.0.1:6379/", "127.0.0.1:6379", "", 0, "redis://127.0.0.1:6379", "redis://127.0.0.1:6379"},
      {"redis://[::1]:1/15", "[::1]:1", "", 15, "redis://[::1]:1/15", "redis://[::1]:1/15"},
      {"redis://:geheim@10.0.0.1:2/3", "10.0.0.1:2", "geheim", 3, "redis://:geheim@10.0.0.1:2/3",
       "redis://:***@10.0.0.1:2/3"},
      {"redis://:a%40b%2Fc@10.0.0.1:2", "10.0.0.1:2", "a@b/c", 0, "redis://:a%40b%2Fc@10.0.0.1:2",
       "redis://:***@10.0.0.1:2"},
      {"redis://:a@b/c:d@10.0.0.1:2", "10.0.0.1:2", "a@b/c:d", 0, "redis://:a%40b%2Fc%3Ad@10.0.0.1:2",
       "redis://:***@10.0.0.1:2"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto url = StoreUrl::parse(row.text);
    REQUIRE(url);
    CHECK(url->address.to_string() == row.address);
    CHECK(url->password == row.password);
    CHECK(url->database == row.database);
    CHECK(url->to_string() == row.again);
    CHECK(url->masked() == row.masked);
    CHECK(*StoreUrl::parse(row.again) == *url);
  }
}

TEST_CASE("a URL that is none says what is wrong, and shows nothing that may be a password") {
  struct Row {
    const char* text;
    const char* says;
  };
  const Row rows[] = {
      {"", "redis://"},
      {"rediss://127.0.0.1:1", "redis://"},
      {"redis://", "IP address and a port"},
      {"redis://127.0.0.1", "IP address and a port"},
      {"redis://127.0.0.1:0", "IP address and a port"},
      {"redis://127.0.0.1:70000", "IP address and a port"},
      {"redis://redis.example.com:6379", "not resolved"},
      {"redis://unix:redis", "IP address and a port"},
      {"redis://geheim@127.0.0.1:1", "users"},
      {"redis://user:geheim@127.0.0.1:1", "users"},
      {"redis://:@127.0.0.1:1", "empty"},
      {"redis://:geheim%@127.0.0.1:1", "%25"},
      {"redis://:geheim%4@127.0.0.1:1", "%25"},
      {"redis://:geheim%4x@127.0.0.1:1", "%25"},
      {"redis://:geheim@127.0.0.1:1/x", "database"},
      {"redis://:geheim@127.0.0.1:1/-1", "database"},
      {"redis://:geheim@127.0.0.1:1/99999999", "database"},
      {"redis://:geheim@127.0.0.1:1/1/2", "database"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto url = StoreUrl::parse(row.text);
    REQUIRE_FALSE(url);
    CHECK(url.error().message.find(row.says) != std::string::npos);
    CHECK(url.error().message.find("geheim") == std::string::npos);
  }
}

}  // namespace
}  // namespace stickler
