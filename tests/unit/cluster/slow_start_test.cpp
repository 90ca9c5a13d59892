#include "lb/cluster/slow_start.h"

#include <catch2/catch.hpp>
#include <vector>

namespace stickler::cluster {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a backend that came up has a tenth of its weight, and a tenth more with each tenth of the time") {
  struct Row {
    Duration elapsed;
    std::uint32_t share;
  };
  const Row rows[] = {{0s, 1},  {5s, 1},        {6s - 1ns, 1}, {6s, 2},        {9s, 3},  {15s, 5},
                      {29s, 9}, {30s - 1ns, 9}, {30s, 10},     {30s + 1h, 10}, {1ns, 1}, {27s, 9}};
  const SlowStart slow_start(30s);
  for (const TimePoint since : {TimePoint{}, TimePoint{} + 90s}) {
    for (const Row& row : rows) {
      CAPTURE(row.elapsed.count());
      CHECK(slow_start.share(since, since + row.elapsed) == row.share);
    }
  }
}

TEST_CASE("without a slow start a backend has its whole weight at once") {
  for (const TimePoint now : {TimePoint{}, TimePoint{} + 1ns, TimePoint{} + 250ms}) {
    CHECK(SlowStart(0s).share(now, now) == SlowStart::steps);
    CHECK(SlowStart(0s).next_step(now, now) == std::nullopt);
  }
}

TEST_CASE("backends that came up at whatever times take their steps at the same ones") {
  const SlowStart slow_start(10s);
  const TimePoint base = TimePoint{} + 100s;
  const TimePoint now = base + 1500ms;
  for (const Duration since : {0ms, 1ms, 700ms, 1499ms}) {
    CHECK(slow_start.next_step(base + since, now) == base + 2s);
  }
  CHECK(slow_start.next_step(base - 10s, now) == std::nullopt);
}

TEST_CASE("a slow start ends, by steps of which none takes anything back, and not before its time") {
  for (const Duration length : std::initializer_list<Duration>{1ms, 99ms, 100ms, 250ms, 999ms, 1s, 7s, 30s, 1h}) {
    for (const Duration offset : std::initializer_list<Duration>{0ns, 1ns, 33ms, 99'999'999ns, 12s + 345ms}) {
      CAPTURE(length.count(), offset.count());
      const SlowStart slow_start(length);
      const TimePoint since = TimePoint{} + 1h + offset;
      TimePoint now = since;
      std::uint32_t share = slow_start.share(since, now);
      CHECK(share == 1);
      int steps = 0;
      while (const auto next = slow_start.next_step(since, now)) {
        REQUIRE(++steps <= 12);
        REQUIRE(*next > now);
        now = *next;
        CHECK(slow_start.share(since, now) >= share);
        share = slow_start.share(since, now);
      }
      CHECK(share == SlowStart::steps);
      CHECK(now - since >= length);
      CHECK(now - since <= length + std::max<Duration>(length / 10, SlowStart::tick_min) * 2);
    }
  }
}

}  // namespace
}  // namespace stickler::cluster
