// How a backend comes back from an ejection, and how its success rate ejects it: the registry's part.
#include <catch2/catch.hpp>
#include <map>

#include "lb/cluster/backend_registry.h"

namespace stickler::cluster {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;
using Trial = BackendRegistry::Trial;

constexpr TimePoint start = TimePoint{} + 1h;

struct World {
  explicit World(const Words& names) {
    PoolSettings settings{.name = "login", .active_health = true, .backends = {}};
    for (const std::string& name : names) {
      settings.backends.push_back(
          {.name = name, .address = *Address::parse("127.0.0.1:" + std::to_string(9000 + name[0]))});
    }
    configured = settings;
    registry.configure({settings}, start);
  }

  bool fail(const std::string& name, int times, TimePoint now) {
    for (int i = 0; i < times; ++i) live(name)->failures.record(false, 5);
    return registry.eject_failing("login", name, now);
  }
  void put_on_trial(const std::string& name) {
    REQUIRE(fail(name, 5, start));
    registry.end_what_is_over(start + 10s);
  }
  Trial record_trial(const std::string& name, bool ok, TimePoint now = start + 11s) {
    return registry.record_trial("login", name, ok, now);
  }
  BackendRegistry::View view(const std::string& name) const { return *registry.view("login", name); }
  std::shared_ptr<Backend> live(const std::string& name) const { return view(name).backend; }
  std::string state(const std::string& name) const { return std::string(to_string(view(name).state)); }

  // One look at the totals of all, grown by what is given.
  Words look(const std::map<std::string, Outcomes>& more, TimePoint now = start) {
    for (const auto& [name, outcomes] : more) {
      totals[name].good += outcomes.good;
      totals[name].bad += outcomes.bad;
    }
    Words names;
    for (const auto& backend : registry.eject_outliers([&](const Backend& b) { return totals[b.name]; }, now)) {
      names.push_back(backend->name);
    }
    return names;
  }

  BackendRegistry registry;
  PoolSettings configured;
  std::map<std::string, Outcomes> totals;
};

TEST_CASE("a streak that a success has ended before control decides ejects nobody") {
  World world({"a", "b"});
  for (int i = 0; i < 5; ++i) world.live("a")->failures.record(false, 5);
  world.live("a")->failures.record(true, 5);
  CHECK_FALSE(world.registry.eject_failing("login", "a", start));
  CHECK_FALSE(world.fail("a", 4, start));
  CHECK(world.fail("a", 1, start));
}

TEST_CASE("single requests try a backend that was ejected, and it is in after three good ones") {
  World world({"a", "b", "c"});
  world.put_on_trial("a");
  CHECK(world.state("a") == "trial");
  const auto set = world.registry.build("login");
  CHECK(set->eligible_count() == 2);
  REQUIRE(set->trials().size() == 1);
  CHECK(set->trials()[0] == 0);
  CHECK(world.record_trial("a", true) == Trial::goes_on);
  CHECK(world.record_trial("a", true) == Trial::goes_on);
  CHECK(world.record_trial("a", true) == Trial::passed);
  CHECK(world.state("a") == "up");
  CHECK(world.registry.build("login")->trials().empty());
  CHECK(world.registry.next_end() == std::nullopt);
  CHECK(world.record_trial("a", false) == Trial::goes_on);  // It came too late.
  CHECK(world.state("a") == "up");
}

TEST_CASE("a bad one ejects it for longer, and view says why") {
  World world({"a", "b", "c"});
  world.put_on_trial("a");
  CHECK(world.view("a").ejected_for == Ejected::failures);
  CHECK(world.record_trial("a", false) == Trial::failed);
  CHECK(world.state("a") == "ejected");
  CHECK(world.view("a").ejected_for == Ejected::trial);
  CHECK(world.view("a").ejected_until == start + 31s);
}

TEST_CASE("a backend that has come back is out again after two failures in a row, until it has stayed") {
  World world({"a", "b", "c"});
  world.put_on_trial("a");
  for (int i = 0; i < 3; ++i) world.record_trial("a", true);
  CHECK_FALSE(world.fail("a", 1, start + 12s));
  CHECK(world.fail("a", 1, start + 12s));
}

TEST_CASE("how a trial ends when its time is over") {
  using Stage = TrialTurn::Stage;
  struct Row {
    Stage stage;
    const char* state;
  };
  for (const Row& row : {Row{Stage::free, "up"}, {Stage::waiting, "ejected"}, {Stage::answered, "up"}}) {
    CAPTURE(row.state);
    World world({"a", "b", "c"});
    world.put_on_trial("a");
    if (row.stage != Stage::free) CHECK(world.live("a")->trial.take());
    if (row.stage == Stage::answered) world.live("a")->trial.note_answer();
    CHECK_FALSE(world.registry.end_what_is_over(start + 20s - 1ns).any());
    const auto ended = world.registry.end_what_is_over(start + 20s);
    CHECK(ended.trials.size() == (row.stage == Stage::waiting ? 0 : 1));
    CHECK(ended.stalled.size() == (row.stage == Stage::waiting ? 1 : 0));
    CHECK(world.state("a") == row.state);
  }
}

TEST_CASE("one on trial counts among those that are out") {
  World world({"a", "b", "c", "d"});
  world.put_on_trial("a");
  CHECK(world.fail("b", 5, start + 11s));
  CHECK_FALSE(world.fail("c", 5, start + 11s));
  CHECK(world.state("c") == "up");
  for (int i = 0; i < 3; ++i) world.record_trial("a", true);
  CHECK(world.fail("c", 5, start + 11s));
}

TEST_CASE("when nobody else is left, one on trial is in") {
  World world({"a", "b"});
  world.put_on_trial("a");
  CHECK(world.registry.record_probe_verdict("login", "b", false, start));
  CHECK(world.state("a") == "up");
}

TEST_CASE("one that drains or has no weight is on trial for the sessions bound to it alone") {
  World world({"a", "b", "c"});
  world.put_on_trial("a");
  world.configured.backends[0].weight = 0;
  world.registry.configure({world.configured}, start);
  CHECK(world.state("a") == "trial");
  CHECK(world.registry.build("login")->trials().empty());
  world.configured.backends[0].weight = 1;
  world.configured.backends[0].state = Configured::drain;
  world.registry.configure({world.configured}, start);
  CHECK(world.state("a") == "draining");
  CHECK(world.registry.build("login")->trials().empty());
}

TEST_CASE("a reload keeps a trial") {
  World world({"a", "b", "c"});
  world.put_on_trial("a");
  world.registry.configure({world.configured}, start);
  CHECK(world.state("a") == "trial");
  CHECK(world.registry.next_end() == start + 20s);
}

TEST_CASE("a backend that fails far more often than the others is ejected, though never five times in a row") {
  World world({"a", "b", "c"});
  const Outcomes good{.good = 10, .bad = 0};
  const Outcomes half{.good = 5, .bad = 5};
  CHECK(world.look({{"a", half}, {"b", good}, {"c", good}}).empty());  // The first look has nothing to compare with.
  CHECK(world.look({{"a", half}, {"b", good}, {"c", good}}).empty());  // Too few requests.
  CHECK(world.look({{"a", half}, {"b", good}, {"c", good}}) == Words{"a"});
  CHECK(world.state("a") == "ejected");
  CHECK(world.view("a").ejected_for == Ejected::success_rate);
  CHECK(world.registry.next_end() == start + 10s);
}

TEST_CASE("what was before it came back is not held against it") {
  World world({"a", "b", "c"});
  const Outcomes good{.good = 20, .bad = 0};
  world.look({});
  CHECK(world.look({{"a", {.good = 0, .bad = 20}}, {"b", good}, {"c", good}}) == Words{"a"});
  world.look({{"a", {.good = 0, .bad = 20}}, {"b", good}, {"c", good}});
  world.registry.end_what_is_over(start + 10s);
  for (int i = 0; i < 3; ++i) world.record_trial("a", true);
  world.look({{"b", good}, {"c", good}});
  CHECK(world.look({{"a", good}, {"b", good}, {"c", good}}).empty());
  CHECK(world.state("a") == "up");
}

TEST_CASE("success rates eject under the same conditions as failures in a row") {
  const Outcomes good{.good = 20, .bad = 0};
  const Outcomes bad{.good = 5, .bad = 15};
  World world({"a", "b", "c", "d", "e"});
  world.look({});
  CHECK(world.look({{"a", bad}, {"b", bad}, {"c", bad}, {"d", good}, {"e", good}}).empty());  // Most fail: who is odd?
  CHECK(world.fail("a", 5, start));
  CHECK(world.fail("b", 5, start));
  CHECK(world.look({{"c", bad}, {"d", good}, {"e", good}}).empty());  // Half of five, rounded down, are out.
  CHECK(world.state("c") == "up");
  world.configured.passive.reset();
  world.registry.configure({world.configured}, start);
  CHECK(world.look({{"c", bad}, {"d", good}, {"e", good}}).empty());
}

}  // namespace
}  // namespace stickler::cluster
