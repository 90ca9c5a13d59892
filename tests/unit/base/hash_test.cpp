#include "lb/base/hash.h"

#include <bit>

#include <catch2/catch.hpp>

namespace stickler {
namespace {

// These values stand in cookies and hash tables of running balancers: a change would move every client.
TEST_CASE("hashes are the same in every release") {
  CHECK(hash_bytes("") == 0x2d06800538d394c2);
  CHECK(hash_bytes("a") == 0xe6c632b61e964e1f);
  CHECK(hash_bytes("backend-a") == 0xe109203403922bbe);
  CHECK(hash_bytes("backend-a", 1) == 0xdddff6b8a3af3061);
  CHECK(hash_bytes(std::string(300, 'x'), 42) == 0x3d7bd01799f47492);
  CHECK(mix64(0) == 0xe220a8397b1dcdaf);
  CHECK(mix64(1) == 0x910a2dec89025cc1);
}

TEST_CASE("another seed gives another hash, and zero bytes count") {
  CHECK(hash_bytes("login", 1) != hash_bytes("login", 2));
  CHECK(hash_bytes(std::string_view("a\0", 2)) != hash_bytes("a"));
}

TEST_CASE("one changed input bit changes about half of the output bits of mix64") {
  for (unsigned bit = 0; bit < 64; ++bit) {
    int changed = 0;
    for (std::uint64_t x = 0; x < 256; ++x) changed += std::popcount(mix64(x) ^ mix64(x ^ (std::uint64_t{1} << bit)));
    CHECK(changed / 256.0 == Approx(32).margin(2));
  }
}

}  // namespace
}  // namespace stickler
