#include <catch2/catch.hpp>
#include <cerrno>
#include <thread>

#include "lb/base/clock.h"
#include "lb/base/counter.h"
#include "lb/base/error.h"

namespace stickler {
namespace {

TEST_CASE("a counter adds up, and another thread reads it without tearing or going back") {
  Counter counter;
  CHECK(counter.value() == 0);
  std::thread reader([&counter] {
    std::uint64_t last = 0;
    while (last < 200'000) {
      const std::uint64_t now = counter.value();
      if (now < last) std::abort();
      last = now;
    }
  });
  for (int i = 0; i < 100'000; ++i) counter.add(2);
  reader.join();
  counter.add();
  CHECK(counter.value() == 200'001);
}

TEST_CASE("an error carries its sentence, and errno where one led there") {
  const Result<int> plain = fail("no such pool");
  REQUIRE_FALSE(plain.has_value());
  CHECK(plain.error().message == "no such pool");
  CHECK(plain.error().code == 0);
  const Result<void> system = fail_errno("bind 127.0.0.1:80", EACCES);
  CHECK(system.error().message == "bind 127.0.0.1:80: Permission denied");
  CHECK(system.error().code == EACCES);
}

TEST_CASE("a manual clock moves both of its times only when told, and starts away from zero") {
  ManualClock clock;
  const TimePoint start = clock.now();
  const WallTime wall = clock.wall();
  CHECK(start > TimePoint{});
  CHECK(wall > WallTime{});
  CHECK(clock.now() == start);
  clock.advance(std::chrono::milliseconds(1500));
  CHECK(clock.now() - start == std::chrono::milliseconds(1500));
  CHECK(clock.wall() - wall == std::chrono::milliseconds(1500));
}

}  // namespace
}  // namespace stickler
