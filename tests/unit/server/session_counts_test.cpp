#include "lb/server/session_counts.h"

#include <catch2/catch.hpp>

namespace stickler::server {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{100h};
constexpr Duration idle = 8min;

TEST_CASE("a session that several workers have seen is counted once, and at each backend by itself") {
  SessionCounts counts;
  for (std::uint64_t nonce = 1; nonce <= 10; ++nonce) {
    counts.of(0, "app", "a", idle)->see(nonce, start);
    counts.of(1, "app", "a", idle)->see(nonce + 5, start);
  }
  CHECK(counts.total("app", "a", start) == 15);
  CHECK(counts.total("app", "b", start) == 0);
  CHECK(counts.total("other", "a", start) == 0);
}

TEST_CASE("a session that has left counts no more, whichever worker saw it leave") {
  SessionCounts counts;
  for (std::uint64_t nonce = 1; nonce <= 10; ++nonce) counts.of(nonce % 2, "app", "a", idle)->see(nonce, start);
  for (std::uint64_t nonce = 1; nonce <= 4; ++nonce) {
    counts.of(0, "app", "a", idle)->see(nonce, start + 3min);
    counts.left_of(0, "app", "a", idle)->see(nonce, start + 3min);
  }
  CHECK(counts.total("app", "a", start + 3min) == 6);
  CHECK(counts.total("app", "a", start + 8min) == 0);  // The others have been idle; those have left all the same.
}

TEST_CASE("what is forgotten begins at nothing, with nobody who has left") {
  SessionCounts counts;
  counts.of(0, "app", "a", idle)->see(1, start);
  counts.left_of(0, "app", "a", idle)->see(1, start);
  CHECK(counts.total("app", "a", start) == 0);
  counts.forget("app", "a");
  counts.of(0, "app", "a", idle)->see(1, start);
  CHECK(counts.total("app", "a", start) == 1);
}

}  // namespace
}  // namespace stickler::server
