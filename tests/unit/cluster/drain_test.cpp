#include "lb/cluster/drain.h"

#include <catch2/catch.hpp>
#include <chrono>

namespace stickler::cluster {
namespace {

using namespace std::chrono_literals;

TEST_CASE("sessions that halve in a minute halve on, until none is left") {
  CHECK(time_to_empty({.then = 1024, .left = 512, .elapsed = 1min}) == 10min);
  CHECK(time_to_empty({.then = 2, .left = 1, .elapsed = 1min}) == 1min);
}

TEST_CASE("a backend without sessions is empty now") {
  CHECK(time_to_empty({.then = 100, .left = 0, .elapsed = 1min}) == Duration::zero());
  CHECK(time_to_empty({}) == Duration::zero());
  CHECK(time_to_empty({.then = 100, .left = 0, .elapsed = 1min, .rate = 5, .moved = 100}) == Duration::zero());
}

TEST_CASE("where none has ended there is nothing to tell by") {
  CHECK(time_to_empty({.then = 100, .left = 100, .elapsed = 1min}) == std::nullopt);
  CHECK(time_to_empty({.then = 100, .left = 120, .elapsed = 1min}) == std::nullopt);
  CHECK(time_to_empty({.then = 100, .left = 50}) == std::nullopt);
}

TEST_CASE("a forecast is bounded") {
  CHECK(time_to_empty({.then = 1'000'000'000, .left = 999'999'999, .elapsed = 1h}) == 24h * 365);
  CHECK(time_to_empty({.then = 1'000'000'000, .left = 1'000'000'000, .rate = 0.001}) == 24h * 365);
}

TEST_CASE("sessions that are moved at a rate are gone when all have moved") {
  struct Row {
    DrainSoFar drain;
    std::optional<Duration> empty_in;
  };
  const Row rows[] = {
      {{.then = 1000, .left = 1000, .rate = 20}, 50s},                                // Told at once.
      {{.then = 1000, .left = 1000, .elapsed = 5s, .rate = 20}, 50s},                 // The first window.
      {{.then = 1000, .left = 600, .elapsed = 20s, .rate = 20, .moved = 400}, 30s},   // As ordered.
      {{.then = 1000, .left = 900, .elapsed = 20s, .rate = 20, .moved = 100}, 180s},  // Few speak.
      {{.then = 1000, .left = 1000, .elapsed = 1min, .rate = 20}, std::nullopt},      // Nobody does.
      {{.then = 1000, .left = 500, .elapsed = 10s, .rate = 100, .moved = 1000}, 5s},  // Others were there, too.
      {{.then = 1024, .left = 512, .elapsed = 1min, .rate = 20, .moved = 0}, 10min},  // They only end.
  };
  for (const Row& row : rows) {
    CAPTURE(&row - rows);
    const auto told = time_to_empty(row.drain);
    REQUIRE(told.has_value() == row.empty_in.has_value());
    if (told) CHECK(std::chrono::abs(*told - *row.empty_in) < 1us);
  }
}

TEST_CASE("sessions that end by themselves shorten a drain at a rate, and the rate shortens theirs") {
  const auto both = time_to_empty({.then = 1000, .left = 600, .elapsed = 20s, .rate = 10, .moved = 200});
  REQUIRE(both);
  CHECK(*both < 60s);  // Of 600 at 10 a second.
  CHECK(*both > 20s);
  CHECK(*both < *time_to_empty({.then = 800, .left = 600, .elapsed = 20s}));
}

}  // namespace
}  // namespace stickler::cluster
