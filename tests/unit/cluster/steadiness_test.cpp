#include "lb/cluster/steadiness.h"

#include <catch2/catch.hpp>

#include "lb/cluster/backend_registry.h"

namespace stickler::cluster {
namespace {

using namespace std::chrono_literals;
using balance::not_steady;
using Out = Steadiness::Out;

constexpr TimePoint start = TimePoint{} + 1h;
constexpr Duration first = 10s;

// Well from `from`, then failing `times` in a row, each time well again at once and for `well`.
Steadiness flapping(int times, Duration well) {
  Steadiness steadiness;
  TimePoint now = start;
  steadiness.come_in(now);
  for (int i = 0; i < times; ++i) {
    now += well;
    steadiness.go_out(Out::failed, first, now);
    steadiness.come_in(now);
  }
  return steadiness;
}

TEST_CASE("a backend is steady when it has been well for a while") {
  Steadiness steadiness;
  CHECK_FALSE(steadiness.is_steady(first, start + 1h));
  CHECK(steadiness.steady_at(first, start) == std::nullopt);
  steadiness.come_in(start);
  CHECK_FALSE(steadiness.is_steady(first, start + first - 1ns));
  CHECK(steadiness.steady_at(first, start + 5s) == start + first);
  steadiness.come_in(start + 5s);  // It is in already.
  CHECK(steadiness.is_steady(first, start + first));
  CHECK(steadiness.steady_at(first, start + first) == std::nullopt);
  steadiness.go_out(Out::failed, first, start + first);
  CHECK_FALSE(steadiness.is_steady(first, start + 1h));
}

TEST_CASE("the while doubles with each failure, up to 64 times, and is the first again after twice as long") {
  const Duration waits[] = {10s, 10s, 20s, 40s, 80s, 160s, 320s, 640s, 640s};
  for (int failures = 0; failures < 9; ++failures) {
    CAPTURE(failures);
    CHECK(flapping(failures, 1s).wait(first) == waits[failures]);
  }
  Steadiness steadiness = flapping(3, 1s);
  const TimePoint since = *steadiness.history().well_since;
  steadiness.go_out(Out::failed, first, since + 80s - 1ns);
  CHECK(steadiness.wait(first) == 80s);
  steadiness.come_in(since + 100s);
  steadiness.go_out(Out::failed, first, since + 100s + 160s);
  CHECK(steadiness.wait(first) == 10s);
}

TEST_CASE("what goes out twice fails once, what an operator orders is no failure, and a restart is one") {
  Steadiness steadiness = flapping(1, 1s);
  steadiness.go_out(Out::failed, first, start + 2s);
  steadiness.go_out(Out::failed, first, start + 3s);
  CHECK(steadiness.wait(first) == 20s);
  steadiness.restart(first, start + 4s);  // It is out.
  CHECK(steadiness.wait(first) == 20s);
  steadiness.come_in(start + 5s);
  steadiness.go_out(Out::ordered, first, start + 6s);
  steadiness.come_in(start + 7s);
  CHECK(steadiness.wait(first) == 20s);
  CHECK(steadiness.steady_at(first, start + 7s) == start + 27s);
  steadiness.restart(first, start + 8s);
  CHECK(steadiness.steady_at(first, start + 8s) == start + 48s);
}

// A registry with a pool of a and b, and its clock.
struct World {
  explicit World(Duration steady_after = first) { configure(steady_after); }

  void configure(Duration steady_after, std::uint16_t port_of_a = 9001) {
    PoolSettings pool{.name = "login", .active_health = true, .steady_after = steady_after, .backends = {}};
    pool.backends = {{.name = "a", .address = *Address::parse("127.0.0.1:" + std::to_string(port_of_a))},
                     {.name = "b", .address = *Address::parse("127.0.0.1:9102")}};
    registry.configure({pool}, now);
  }
  bool probe(bool up) { return registry.record_probe_verdict("login", "a", up, now); }
  TimePoint of_a() const { return registry.build("login")->steady_since()[0]; }
  // As the server's timer does. True: a set was published.
  bool pass(Duration time) {
    now += time;
    const auto end = registry.next_end();
    return end && *end <= now && registry.end_what_is_over(now).any();
  }

  TimePoint now = start;
  BackendRegistry registry;
};

TEST_CASE("a registry tells when its backends are steady, where a pool asks for it, and wakes for nothing else") {
  World world;
  CHECK(world.of_a() == not_steady);
  CHECK(world.registry.next_end() == start + first);
  CHECK(world.pass(first));
  CHECK(world.of_a() == world.now - first);
  CHECK(world.registry.next_end() == std::nullopt);
  world.probe(false);
  CHECK(world.of_a() == not_steady);
  world.now += 1h;
  world.probe(true);
  CHECK(world.of_a() == not_steady);
  CHECK(world.pass(first));
  CHECK(world.of_a() == world.now - first);

  World indifferent(Duration::zero());
  CHECK(indifferent.registry.next_end() == std::nullopt);
  indifferent.now += 1h;
  indifferent.registry.end_what_is_over(indifferent.now);
  CHECK(indifferent.of_a() == not_steady);
}

TEST_CASE("how often a backend has failed outlives reloads, and is handed on; of another machine nothing is known") {
  World world;
  const auto fail_at_once = [&] {
    world.probe(false);
    world.probe(true);
  };
  for (int i = 0; i < 3; ++i) fail_at_once();
  world.configure(first);
  CHECK(world.pass(first));  // b is steady.
  CHECK(world.of_a() == not_steady);
  CHECK(world.registry.next_end() == start + 40s);

  World successor;
  successor.now = world.now;
  successor.registry.recall(world.registry.memories(), successor.now);
  CHECK(successor.registry.next_end() == start + 40s);

  world.configure(first, 9999);
  CHECK(world.registry.next_end() == world.now + first);
}

TEST_CASE("ejections are failures and orders are not; a restart that nobody saw is one") {
  World world;
  CHECK(world.pass(first));
  for (int i = 0; i < 5; ++i) world.registry.view("login", "a")->backend->failures.record(false, 5);
  REQUIRE(world.registry.eject_failing("login", "a", world.now));
  CHECK(world.of_a() == not_steady);
  world.probe(false);
  world.probe(true);
  CHECK(world.registry.next_end() == world.now + first);  // The first failure.
  CHECK(world.pass(first));
  CHECK(world.of_a() == world.now - first);
  const auto order = [&](Configured state) {
    world.registry.order("login", "a", {.state = state, .since = world.now}, world.now);
  };
  order(Configured::down);
  CHECK(world.of_a() == not_steady);
  order(Configured::up);
  CHECK(world.registry.next_end() == world.now + first);
  order(Configured::drain);  // It is well.
  CHECK(world.pass(first));
  CHECK(world.of_a() == world.now - first);
  CHECK(world.registry.record_restart("login", "a", world.now));
  CHECK(world.of_a() == not_steady);
  CHECK(world.registry.next_end() == world.now + 2 * first);
}

}  // namespace
}  // namespace stickler::cluster
