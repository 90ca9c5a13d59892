// What operators order of single backends.
#include <catch2/catch.hpp>

#include "lb/cluster/backend_registry.h"

namespace stickler::cluster {
namespace {

using namespace std::chrono_literals;
using Backends = std::vector<std::shared_ptr<const Backend>>;

constexpr TimePoint start = TimePoint{} + 1h;
constexpr auto up = Configured::up;
constexpr auto drain = Configured::drain;
constexpr auto down = Configured::down;

struct World {
  World() { configure(); }

  void configure() {
    PoolSettings settings{.name = "login", .backends = {}};
    for (std::size_t i = 0; i < names.size(); ++i) {
      const Address address = *Address::parse("127.0.0.1:" + std::to_string(ports[i]));
      settings.backends.push_back({.name = names[i], .address = address, .state = configured[i]});
    }
    registry.configure({std::move(settings)}, start);
  }

  bool order(const std::string& name, Configured state, std::optional<Duration> deadline = {}) {
    Order wanted{.state = state, .since = start};
    if (deadline) wanted.deadline = start + *deadline;
    return registry.order("login", name, wanted, start);
  }

  State state(const std::string& name) { return registry.view("login", name)->state; }

  std::vector<std::string> names = {"a", "b"};
  std::vector<Configured> configured = {up, up};
  std::vector<int> ports = {9001, 9002};
  BackendRegistry registry;
};

TEST_CASE("an order stands over the configuration") {
  struct Row {
    Configured configured, order;
    State state;
  };
  const Row rows[] = {
      {up, drain, State::draining},   {up, down, State::down},    {up, up, State::up},
      {drain, up, State::up},         {drain, down, State::down}, {drain, drain, State::draining},
      {down, drain, State::draining}, {down, up, State::up},      {down, down, State::down},
  };
  for (const Row& row : rows) {
    CAPTURE(&row - rows);
    World world;
    world.configured[0] = row.configured;
    world.configure();
    world.order("a", row.order);
    CHECK(world.state("a") == row.state);
    CHECK(world.registry.view("login", "a")->order.has_value() == (row.configured != row.order || row.order == drain));
    CHECK(world.registry.build("login")->members()[0].state == row.state);
    CHECK(world.state("b") == State::up);
  }
}

TEST_CASE("an order says whether it changes anything") {
  World world;
  CHECK_FALSE(world.order("x", drain));
  CHECK_FALSE(world.registry.order("other", "a", {.state = drain}, start));
  CHECK_FALSE(world.order("a", up));
  CHECK(world.order("a", drain));
  CHECK_FALSE(world.order("a", drain));
  CHECK(world.order("a", drain, 5min));
  CHECK(world.order("a", up));
  CHECK(world.registry.view("login", "a")->order == std::nullopt);
}

TEST_CASE("at its deadline a drain comes to an end, and not before") {
  World world;
  world.order("a", drain, 30min);
  CHECK(world.registry.next_end() == start + 30min);
  CHECK(world.registry.end_what_is_over(start + 30min - 1ns).drains.empty());
  CHECK(world.state("a") == State::draining);
  CHECK(world.registry.end_what_is_over(start + 30min).drains == Backends{world.registry.view("login", "a")->backend});
  CHECK(world.state("a") == State::drained);
  CHECK(world.registry.next_end() == std::nullopt);
  CHECK(world.registry.end_what_is_over(start + 1h).drains.empty());
  SECTION("a drain ordered again lets its sessions be once more") {
    CHECK(world.order("a", drain));
    CHECK(world.state("a") == State::draining);
  }
  SECTION("and undrain puts it back") {
    CHECK(world.order("a", up));
    CHECK(world.state("a") == State::up);
  }
}

DrainPace* pace(const World& world) { return world.registry.build("login")->members()[0].pace; }

TEST_CASE("a drain at a rate has a pace, over reloads and other orders of the kind, until it ends") {
  World world;
  CHECK(pace(world) == nullptr);
  CHECK_FALSE(world.registry.build("login")->drains_at_a_rate());
  Order wanted{.state = drain, .since = start, .deadline = start + 30min, .rate = 20};
  CHECK(world.registry.order("login", "a", wanted, start));
  DrainPace* const first = pace(world);
  REQUIRE(first != nullptr);
  CHECK(world.registry.build("login")->drains_at_a_rate());
  CHECK(world.registry.build("login")->members()[1].pace == nullptr);
  const DrainPace::Visit visit{.session = 7, .binding = 7, .silent = 1h};
  CHECK(first->would_move(visit, start + 1s));
  world.configure();
  CHECK(pace(world) == first);
  CHECK(first->would_move(visit, start + 1s));  // It goes on where it was.
  wanted.rate = 50;
  CHECK(world.registry.order("login", "a", wanted, start + 1min));
  CHECK(pace(world) == first);
  CHECK_FALSE(first->would_move(visit, start + 1min));
  CHECK(first->would_move(visit, start + 1min + 1s));
  SECTION("at the deadline the rest moves by itself") {
    CHECK(world.registry.end_what_is_over(start + 30min).drains.size() == 1);
    CHECK(pace(world) == nullptr);
  }
  SECTION("a drain without a rate moves nobody before") {
    wanted.rate = 0;
    CHECK(world.registry.order("login", "a", wanted, start + 2min));
    CHECK(world.state("a") == State::draining);
    CHECK(pace(world) == nullptr);
  }
  SECTION("undrain ends it") {
    CHECK(world.order("a", up));
    CHECK(pace(world) == nullptr);
  }
}

TEST_CASE("another process goes on with a drain at its rate, and knows how many have moved") {
  World before;
  REQUIRE(before.registry.order("login", "a", {.state = drain, .since = start, .rate = 20, .moved = 5}, start));
  CHECK_FALSE(pace(before)->admit({.session = 7, .binding = 7}, start + 1s));
  CHECK(before.registry.view("login", "a")->moved == 6);
  World after;
  after.registry.recall(before.registry.memories(), start + 10s);
  REQUIRE(pace(after) != nullptr);
  CHECK(after.registry.view("login", "a")->order->rate == 20);
  CHECK(after.registry.view("login", "a")->moved == 6);
  CHECK_FALSE(pace(after)->would_move({.session = 8, .binding = 8}, start + 10s));
  CHECK(pace(after)->would_move({.session = 8, .binding = 8}, start + 11s));
}

TEST_CASE("a drain without a deadline, and one that was ended, never come to an end") {
  World world;
  world.order("a", drain);
  world.order("b", drain, 1s);
  world.order("b", up);
  CHECK(world.registry.next_end() == std::nullopt);
  CHECK(world.registry.end_what_is_over(start + 24h).drains.empty());
}

TEST_CASE("what ends first is next, of ejections and drains") {
  World world;
  world.names = {"a", "b", "c"};
  world.configured = {up, up, up};
  world.ports = {9001, 9002, 9003};
  world.configure();
  for (int i = 0; i < 5; ++i) world.registry.view("login", "b")->backend->failures.record(false, 5);
  world.registry.eject_failing("login", "b", start);
  world.order("a", drain, 5s);
  CHECK(world.registry.next_end() == start + 5s);
  world.order("a", drain, 20s);
  CHECK(world.registry.next_end() == start + 10s);
}

TEST_CASE("an order outlives reloads, until the configuration changes its mind about that backend") {
  World world;
  world.order("a", drain, 30min);
  world.names = {"c", "b", "a"};
  world.configured = {up, drain, up};
  world.ports = {9003, 9002, 9099};
  world.configure();
  CHECK(world.state("a") == State::draining);  // At another address, too.
  CHECK(world.registry.next_end() == start + 30min);
  world.configured[2] = down;
  world.configure();
  CHECK(world.state("a") == State::down);
  world.configured[2] = up;
  world.configure();
  CHECK(world.state("a") == State::up);
}

TEST_CASE("where an order takes the last eligible backend, those that are ejected come back") {
  World world;
  for (int i = 0; i < 5; ++i) world.registry.view("login", "a")->backend->failures.record(false, 5);
  world.registry.eject_failing("login", "a", start);
  CHECK(world.state("a") == State::ejected);
  world.order("b", down);
  CHECK(world.state("a") == State::up);
}

}  // namespace
}  // namespace stickler::cluster
