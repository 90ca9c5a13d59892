#include "lb/cluster/drain.h"

#include <catch2/catch.hpp>
#include <chrono>

namespace stickler::cluster {
namespace {

using namespace std::chrono_literals;

TEST_CASE("sessions that halve in a minute halve on, until none is left") {
  CHECK(time_to_empty(1024, 512, 1min) == 10min);
  CHECK(time_to_empty(2, 1, 1min) == 1min);
}

TEST_CASE("a backend without sessions is empty now") {
  CHECK(time_to_empty(100, 0, 1min) == Duration::zero());
  CHECK(time_to_empty(0, 0, Duration::zero()) == Duration::zero());
}

TEST_CASE("where none has ended there is nothing to tell by") {
  CHECK(time_to_empty(100, 100, 1min) == std::nullopt);
  CHECK(time_to_empty(100, 120, 1min) == std::nullopt);
  CHECK(time_to_empty(100, 50, Duration::zero()) == std::nullopt);
}

TEST_CASE("a forecast is bounded") { CHECK(time_to_empty(1'000'000'000, 999'999'999, 1h) == 24h * 365); }

}  // namespace
}  // namespace stickler::cluster
