#include "lb/health/checker.h"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/unit/health/origin.h"

namespace stickler::health {
namespace {

using namespace std::chrono_literals;

const std::string well = "HTTP/1.1 200 OK\r\nX-Node-Generation: g1\r\nContent-Length: 0\r\n\r\n";
const std::string ill = "HTTP/1.1 503 Ill\r\nContent-Length: 0\r\n\r\n";

// A checker whose changes are kept as words: "login/a up status 200".
struct World {
  std::string last() const { return changes.empty() ? "" : changes.back(); }
  void await_changes(std::size_t count) {
    io::run_until(loop, [&] { return changes.size() >= count; });
  }
  void await_probes(std::uint64_t count, const std::string& backend = "a") {
    io::run_until(loop, [&] { return checker.view("login", backend)->probes >= count; });
  }
  Target target(const std::string& backend, const Origin& origin, VerdictRules rules = {.rise = 2, .fall = 2}) {
    return {.pool = "login",
            .backend = backend,
            .address = origin.address(),
            .probe = {.timeout = 5s},
            .interval = 1ms,
            .rules = rules};
  }
  void note(const TargetChange& change) {
    changes.push_back(change.pool + "/" + change.backend + (change.up ? " up " : " down ") + change.reason);
    if (on_change) on_change(change);
  }

  io::Loop loop;
  std::vector<std::string> changes;
  std::function<void(const TargetChange&)> on_change;
  Checker checker{loop, 1, [this](const TargetChange& change) { note(change); }};
};

using Changes = std::vector<std::string>;

TEST_CASE("that a backend is up is said once, going down and coming back each time") {
  World world;
  Origin origin(world.loop, io::loopback(), {.answer = well});
  world.checker.configure({world.target("a", origin)});
  CHECK(world.checker.view("login", "a")->up);
  CHECK(world.checker.view("login", "a")->last_reason.empty());
  world.await_probes(5);
  CHECK(world.changes == Changes{"login/a up status 200"});
  origin.script.answer = ill;
  world.await_changes(2);
  CHECK(world.last() == "login/a down status 503");
  CHECK_FALSE(world.checker.view("login", "a")->up);
  origin.script.answer = well;
  world.await_changes(3);
  CHECK(world.last() == "login/a up status 200");
  world.await_probes(world.checker.view("login", "a")->probes + 3);
  CHECK(world.changes.size() == 3);

  const auto view = world.checker.view("login", "a");
  CHECK(view->up);
  CHECK(view->failures == 2);
  CHECK(view->last_reason == "status 200");
  CHECK(view->generation == "g1");
}

TEST_CASE("a backend that is down from the start is said to be down, without having been up") {
  World world;
  Origin origin(world.loop, io::loopback(), {.answer = ill});
  world.checker.configure({world.target("a", origin, {.rise = 1, .fall = 3})});
  world.await_changes(1);
  CHECK(world.last() == "login/a down status 503");
  CHECK(world.checker.view("login", "a")->probes == 3);
}

TEST_CASE("a streak that is broken does not take a backend down") {
  World world;
  Origin origin(world.loop, io::loopback(), {.answer = well});
  world.checker.configure({world.target("a", origin)});
  world.await_probes(1);
  // Every second answer is a failure.
  for (int i = 0; i < 10; ++i) {
    origin.script.answer = i % 2 == 0 ? ill : well;
    world.await_probes(world.checker.view("login", "a")->probes + 1);
  }
  CHECK(world.changes == Changes{"login/a up status 200"});
  CHECK(world.checker.view("login", "a")->failures == 5);
}

TEST_CASE("every target is probed by itself, and each pool's by its own") {
  World world;
  Origin healthy(world.loop, io::loopback(), {.answer = well});
  Origin sick(world.loop, io::loopback(), {.answer = ill});
  Target other = world.target("a", sick);
  other.pool = "other";
  world.checker.configure({world.target("a", healthy), world.target("b", sick), other});
  world.await_changes(3);
  CHECK(world.checker.view("login", "a")->up);
  CHECK_FALSE(world.checker.view("login", "b")->up);
  CHECK_FALSE(world.checker.view("other", "a")->up);
  CHECK(world.checker.view("other", "b") == std::nullopt);
  CHECK(world.checker.view("", "a") == std::nullopt);
}

TEST_CASE("a target that is configured again keeps its verdict, its streak and its figures") {
  World world;
  Origin origin(world.loop, io::loopback(), {.answer = ill});
  const Target target = world.target("a", origin, {.rise = 2, .fall = 200});
  world.checker.configure({target});
  world.await_probes(3);
  for (std::uint64_t reload = 1; reload <= 200; ++reload) {
    if (!world.changes.empty()) break;
    world.checker.configure({target});
    const auto view = world.checker.view("login", "a");
    world.await_probes(view->probes + 1);
  }
  CHECK(world.changes == Changes{"login/a down status 503"});
  CHECK(world.checker.view("login", "a")->probes == 200);
}

TEST_CASE("other rules or another probe keep the verdict and begin a new streak") {
  World world;
  Origin origin(world.loop, io::loopback(), {.answer = ill});
  Target target = world.target("a", origin, {.rise = 2, .fall = 2});
  world.checker.configure({target});
  world.await_changes(1);
  target.rules = {.rise = 3, .fall = 2};
  origin.script.answer = well;
  world.checker.configure({target});
  CHECK_FALSE(world.checker.view("login", "a")->up);
  world.await_changes(2);
  CHECK(world.last() == "login/a up status 200");
  target.probe.path = "/other";
  world.checker.configure({target});
  CHECK(world.checker.view("login", "a")->up);
  origin.requests.clear();
  world.await_probes(world.checker.view("login", "a")->probes + 2);
  CHECK(origin.requests.back().starts_with("GET /other "));
  CHECK(world.changes.size() == 2);
}

TEST_CASE("a probe under way when its target changes is not counted") {
  World world;
  Origin origin(world.loop, io::loopback(), {});  // Silent.
  Target target = world.target("a", origin, {.rise = 1, .fall = 1});
  world.checker.configure({target});
  io::run_until(world.loop, [&] { return !origin.requests.empty(); });
  target.interval = 2ms;
  world.checker.configure({target});
  origin.script.answer = well;
  world.await_changes(1);
  CHECK(world.changes == Changes{"login/a up status 200"});
  CHECK(world.checker.view("login", "a")->failures == 0);
}

TEST_CASE("a backend at another address is another backend") {
  World world;
  Origin sick(world.loop, io::loopback(), {.answer = ill});
  Origin healthy(world.loop, io::loopback(), {.answer = well});
  world.checker.configure({world.target("a", sick)});
  world.await_changes(1);
  world.checker.configure({world.target("a", healthy)});
  CHECK(world.checker.view("login", "a")->up);
  CHECK(world.checker.view("login", "a")->probes == 0);
  world.await_changes(2);
  CHECK(world.last() == "login/a up status 200");
}

TEST_CASE("a target that is gone is asked no more, and nothing more is said of it") {
  World world;
  Origin origin(world.loop, io::loopback(), {});  // Silent: its probe is under way.
  Origin other(world.loop, io::loopback(), {.answer = well});
  world.checker.configure({world.target("a", origin, {.rise = 1, .fall = 1}), world.target("b", other)});
  io::run_until(world.loop, [&] { return !origin.requests.empty(); });
  world.checker.configure({world.target("b", other)});
  CHECK(world.checker.view("login", "a") == std::nullopt);
  world.await_probes(5, "b");
  CHECK(origin.requests.size() == 1);
  CHECK(world.changes == Changes{"login/b up status 200"});
}

TEST_CASE("who is told of a change may configure the checker, also without the target it is told of") {
  World world;
  Origin origin(world.loop, io::loopback(), {.answer = ill});
  Origin other(world.loop, io::loopback(), {.answer = well});
  world.on_change = [&](const TargetChange& change) {
    if (change.backend == "a") world.checker.configure({world.target("b", other)});
  };
  world.checker.configure({world.target("a", origin)});
  world.await_changes(2);
  CHECK(world.changes == Changes{"login/a down status 503", "login/b up status 200"});
}

TEST_CASE("a checker that ends takes its probes along") {
  io::Loop loop;
  Origin origin(loop, io::loopback(), {});
  int told = 0;
  {
    Checker checker(loop, 1, [&](const TargetChange&) { ++told; });
    Target target{
        .pool = "login", .backend = "a", .address = origin.address(), .probe = {}, .interval = 1ms, .rules = {}};
    checker.configure({target});
    io::run_until(loop, [&] { return !origin.requests.empty(); });
  }
  io::run_what_is_ready(loop);
  CHECK(told == 0);
}

}  // namespace
}  // namespace stickler::health
