#include <catch2/catch.hpp>

#include "tests/unit/balance/pool.h"

namespace stickler::balance {
namespace {

using namespace std::chrono_literals;

const TimePoint start = ManualClock().now();

// Shares of 10,000 picks by `now`.
std::vector<std::size_t> shares(const Pool& pool, TimePoint now) {
  const auto policy = pool.policy("least_time");
  PickState state = pool.state(3);
  std::vector<std::size_t> counts(pool.candidates.size());
  for (int i = 0; i < 10'000; ++i) ++counts.at(policy->pick({.now = now}, state).value());
  return counts;
}

TEST_CASE("an old figure falls to a third in ten seconds, a worse one counts at once") {
  PeakEwma time;
  CHECK_FALSE(time.measured());
  CHECK(time.value(start) == Duration::zero());
  time.record(10ms, start);
  CHECK(time.measured());
  CHECK(time.value(start) == 10ms);
  time.record(80ms, start + 1s);
  CHECK(time.value(start + 1s) == 80ms);
  CHECK(time.value(start + 11s).count() == Approx(80e6 / 2.718281828));
  time.record(20ms, start + 11s);
  CHECK(time.value(start + 11s).count() == Approx(80e6 * 0.36788 + 20e6 * 0.63212).epsilon(0.001));
  time.reset();
  CHECK_FALSE(time.measured());
}

TEST_CASE("samples of no time and out of order are taken, and change no figure to nothing") {
  PeakEwma time;
  time.record(Duration::zero(), start);
  CHECK(time.measured());
  time.record(5ms, start + 2s);
  time.record(1ms, start + 1s);
  CHECK(time.value(start + 1s) == 5ms);
}

TEST_CASE("of two backends the one that answers faster gets the request") {
  Pool pool({1, 1});
  pool.loads[0].answer_time.record(20ms, start);
  pool.loads[1].answer_time.record(2ms, start);
  CHECK(shares(pool, start)[0] == 0);
  pool.set_loads({0, 9});
  CHECK(shares(pool, start)[1] == 0);  // Ten times 2 ms are no better than one time 20 ms.
}

TEST_CASE("a backend that was slow is asked again when that is long ago") {
  Pool pool({1, 1});
  pool.loads[0].answer_time.record(5s, start);
  pool.loads[1].answer_time.record(1ms, start);
  CHECK(shares(pool, start + 1s)[0] == 0);
  pool.loads[1].answer_time.record(1ms, start + 120s);
  CHECK(shares(pool, start + 120s)[0] > 0);
}

TEST_CASE("one that has not answered yet is tried, but not by everybody at once") {
  Pool pool({1, 1});
  pool.loads[1].answer_time.record(2ms, start);
  CHECK(shares(pool, start)[1] == 0);
  pool.set_loads({1, 0});
  CHECK(shares(pool, start)[0] == 0);
}

TEST_CASE("more weight bears more exchanges in the same time") {
  Pool pool({4, 1});
  for (BackendLoad& load : pool.loads) load.answer_time.record(10ms, start);
  pool.set_loads({4, 2});
  CHECK(shares(pool, start)[1] == 0);
  pool.set_loads({5, 1});
  CHECK(shares(pool, start)[0] == 0);
}

}  // namespace
}  // namespace stickler::balance
