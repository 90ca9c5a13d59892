#include "lb/io/deadlines.h"

#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <vector>

#include "lb/base/random.h"
#include "tests/unit/io/run_until.h"

namespace stickler::io {
namespace {

using namespace std::chrono_literals;

// A wheel whose time is moved by hand. The loop turns it; only how often is real.
struct World {
  Loop loop;
  ManualClock clock;
  Deadlines wheel{loop, clock};

  // Lets `by` pass and the wheel turn. Less than a tick may leave it where it was.
  void pass(Duration by) {
    bool turned = false;
    Deadline sentinel(
        wheel, [](void* flag) { *static_cast<bool*>(flag) = true; }, &turned);
    sentinel.arm(0s);
    clock.advance(by);
    run_until(loop, [&] { return turned; });
  }
};

// A deadline that notes when it fired.
struct Alarm {
  explicit Alarm(World& in) : world(in), deadline(in.wheel, &Alarm::fire, this) {}
  static void fire(void* alarm) {
    auto& self = *static_cast<Alarm*>(alarm);
    ++self.fired;
    self.fired_at = self.world.clock.now();
    if (self.then) self.then();
  }
  void arm(Duration after) {
    due = world.clock.now() + after;
    deadline.arm(after);
  }

  World& world;
  Deadline deadline;
  TimePoint due{};
  TimePoint fired_at{};
  int fired = 0;
  std::function<void()> then;
};

TEST_CASE("a deadline never fires early, and at the latest with the turn that is a tick behind it") {
  World world;
  Random random(1);
  std::deque<Alarm> alarms;
  for (int step = 0; step < 60; ++step) {
    for (int i = 0; i < 20; ++i) {
      world.clock.advance(std::chrono::nanoseconds(random.below(300'000)));
      alarms.emplace_back(world).arm(std::chrono::nanoseconds(random.below(400'000'000)));
    }
    world.pass(10ms + std::chrono::microseconds(random.below(20'000)));
    const TimePoint now = world.clock.now();
    for (const Alarm& alarm : alarms) {
      REQUIRE(alarm.fired <= 1);
      if (alarm.fired == 1) REQUIRE(alarm.fired_at >= alarm.due);
      if (now >= alarm.due + Deadlines::tick) REQUIRE(alarm.fired == 1);
    }
  }
}

TEST_CASE("durations that are no whole ticks are not cut short") {
  World world;
  world.clock.advance(9ms);
  Alarm alarm(world);
  alarm.arm(19ms);
  world.pass(11ms);  // 20 of 28 ms: the second tick begins.
  CHECK(alarm.fired == 0);
  world.pass(10ms);
  CHECK(alarm.fired == 1);
}

TEST_CASE("zero and negative durations fire with the next tick") {
  World world;
  Alarm zero(world);
  Alarm negative(world);
  zero.arm(0s);
  negative.arm(-1h);
  CHECK(zero.deadline.armed());
  world.pass(10ms);
  CHECK(zero.fired == 1);
  CHECK(negative.fired == 1);
  CHECK_FALSE(zero.deadline.armed());
}

TEST_CASE("a deadline further than the wheel goes round fires once its time has come, not when its slot passes") {
  World world;
  Alarm soon(world);
  Alarm far(world);
  Alarm farther(world);
  soon.arm(1s);
  far.arm(11s + 240ms);  // One revolution of 1024 ticks after `soon`.
  farther.arm(1h);
  world.pass(1s + 10ms);
  CHECK(soon.fired == 1);
  CHECK(far.fired == 0);
  for (int i = 0; i < 10; ++i) world.pass(1s);
  CHECK(far.fired == 0);
  world.pass(240ms);
  CHECK(far.fired == 1);
  CHECK(farther.fired == 0);
  world.pass(1h);
  CHECK(farther.fired == 1);
}

TEST_CASE("after a stall longer than a revolution everything that is due fires, once") {
  World world;
  std::deque<Alarm> alarms;
  for (int i = 0; i < 3000; ++i) alarms.emplace_back(world).arm(i * 10ms);
  world.pass(25s);
  int fired = 0;
  for (const Alarm& alarm : alarms) fired += alarm.fired;
  CHECK(fired == 2500);  // Those armed for up to 24.99 s.
  world.pass(6s);
  for (const Alarm& alarm : alarms) REQUIRE(alarm.fired == 1);
}

TEST_CASE("arming again replaces the earlier arming, later or sooner") {
  World world;
  Alarm later(world);
  Alarm sooner(world);
  later.arm(20ms);
  later.arm(200ms);
  sooner.arm(200ms);
  sooner.arm(20ms);
  world.pass(50ms);
  CHECK(later.fired == 0);
  CHECK(sooner.fired == 1);
  world.pass(200ms);
  CHECK(later.fired == 1);
  CHECK(sooner.fired == 1);
}

TEST_CASE("a disarmed deadline does not fire, nor does one that is gone") {
  World world;
  Alarm disarmed(world);
  auto gone = std::make_unique<Alarm>(world);
  int fired = 0;
  gone->then = [&] { ++fired; };
  disarmed.arm(10ms);
  gone->arm(10ms);
  disarmed.deadline.disarm();
  gone.reset();
  world.pass(1s);
  CHECK(disarmed.fired == 0);
  CHECK(fired == 0);
}

TEST_CASE("what fires may arm itself and others, disarm those that are due with it, and destroy them") {
  World world;
  Alarm first(world);
  Alarm disarmed(world);
  Alarm postponed(world);
  auto destroyed = std::make_unique<Alarm>(world);
  Alarm armed_by_it(world);
  first.then = [&] {
    if (first.fired > 1) return;
    first.arm(0s);
    armed_by_it.arm(30ms);
    disarmed.deadline.disarm();
    postponed.arm(50ms);
    destroyed.reset();
  };
  first.arm(10ms);
  disarmed.arm(10ms);
  postponed.arm(10ms);
  destroyed->arm(10ms);
  world.pass(20ms);
  CHECK(first.fired == 1);  // Armed again within its own turn, it waits for the next.
  CHECK(destroyed == nullptr);
  world.pass(20ms);
  CHECK(first.fired == 2);
  CHECK(armed_by_it.fired == 0);
  world.pass(20ms);
  CHECK(armed_by_it.fired == 1);
  world.pass(100ms);
  CHECK(disarmed.fired == 0);
  CHECK(postponed.fired == 1);
}

TEST_CASE("a deadline that keeps arming itself fires once a turn") {
  World world;
  Alarm alarm(world);
  alarm.then = [&] { alarm.arm(0s); };
  alarm.arm(0s);
  for (int turn = 1; turn <= 20; ++turn) {
    world.pass(10ms);
    REQUIRE(alarm.fired == turn);
  }
}

TEST_CASE("an idle wheel stands still, and goes on in the present when it is needed again") {
  World world;
  Alarm alarm(world);
  alarm.arm(10ms);
  world.pass(20ms);
  CHECK(alarm.fired == 1);
  run_what_is_ready(world.loop);
  CHECK(uv_backend_timeout(world.loop.uv()) == -1);  // Nothing is waited for.
  world.clock.advance(1h);
  alarm.arm(30ms);
  world.pass(20ms);
  CHECK(alarm.fired == 1);
  world.pass(30ms);
  CHECK(alarm.fired == 2);
}

TEST_CASE("a wheel that goes away takes its deadlines along") {
  Loop loop;
  bool fired = false;
  {
    Deadlines wheel(loop);
    Deadline deadline(
        wheel, [](void* flag) { *static_cast<bool*>(flag) = true; }, &fired);
    deadline.arm(0s);
  }
  run_what_is_ready(loop);
  CHECK_FALSE(fired);
}

TEST_CASE("by the loop's own time a deadline does not fire early either") {
  Loop loop;
  Deadlines wheel(loop);
  bool fired = false;
  Deadline deadline(
      wheel, [](void* flag) { *static_cast<bool*>(flag) = true; }, &fired);
  const TimePoint start = loop.now();
  deadline.arm(35ms);
  run_until(loop, [&] { return fired; });
  CHECK(loop.now() - start >= 35ms);
}

}  // namespace
}  // namespace stickler::io
