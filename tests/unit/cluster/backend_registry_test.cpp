#include "lb/cluster/backend_registry.h"

#include <catch2/catch.hpp>

namespace stickler::cluster {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;
using Backends = std::vector<std::shared_ptr<const Backend>>;

constexpr TimePoint start = TimePoint{} + 1h;

BackendSettings backend(const std::string& name) {
  return {.name = name, .address = *Address::parse("127.0.0.1:" + std::to_string(9000 + name[0]))};
}

PoolSettings pool_of(const Words& names) {
  PoolSettings settings{.name = "login", .active_health = true, .backends = {}};
  for (const std::string& name : names) settings.backends.push_back(backend(name));
  return settings;
}

// A registry with one pool, and its states as words: "a:up b:ejected".
struct World {
  explicit World(PoolSettings settings) { configure(std::move(settings)); }
  void configure(PoolSettings settings) { registry.configure({std::move(settings)}, start); }
  bool eject(const std::string& name, TimePoint now = start) {
    for (int i = 0; i < 5; ++i) live(name)->failures.record(false, 5);
    return registry.eject_failing("login", name, now);
  }
  bool probe(const std::string& name, bool up) { return registry.record_probe_verdict("login", name, up, start); }
  std::shared_ptr<Backend> live(const std::string& name) { return registry.view("login", name)->backend; }

  std::string states() {
    std::string text;
    const auto set = registry.build("login");
    for (const Member& member : set->members()) {
      text += (text.empty() ? "" : " ") + member.backend->name + ":" + std::string(to_string(member.state));
    }
    return text;
  }

  BackendRegistry registry;
};

TEST_CASE("a backend is up until somebody says otherwise") {
  World world(pool_of({"a", "b"}));
  CHECK(world.states() == "a:up b:up");
  const auto view = world.registry.view("login", "a");
  CHECK(view->inputs.probes == ProbeVerdict::unknown);
  CHECK(view->state == State::up);
  CHECK(view->ejected_until == std::nullopt);
  CHECK(view->backend->pool == "login");
}

TEST_CASE("what is not configured is not there") {
  World world(pool_of({"a"}));
  CHECK(world.registry.build("other") == nullptr);
  CHECK(world.registry.view("other", "a") == std::nullopt);
  CHECK(world.registry.view("login", "x") == std::nullopt);
  CHECK_FALSE(world.registry.record_probe_verdict("other", "a", false, start));
  CHECK_FALSE(world.registry.record_probe_verdict("login", "x", false, start));
  CHECK_FALSE(world.registry.eject_failing("other", "a", start));
  CHECK_FALSE(world.registry.eject_failing("login", "x", start));
}

TEST_CASE("a probe's verdict changes a state, and says whether it did") {
  World world(pool_of({"a", "b"}));
  CHECK_FALSE(world.probe("a", true));  // Up it was.
  CHECK(world.probe("a", false));
  CHECK(world.states() == "a:down b:up");
  CHECK_FALSE(world.probe("a", false));
  CHECK(world.probe("a", true));
  CHECK(world.states() == "a:up b:up");
}

TEST_CASE("configured states and weights reach the set") {
  auto settings = pool_of({"a", "b", "c", "d"});
  settings.backends[1].state = Configured::drain;
  settings.backends[2].state = Configured::down;
  settings.backends[3].weight = 0;
  World world(settings);
  CHECK(world.states() == "a:up b:draining c:down d:up");
  CHECK(world.registry.build("login")->eligible_count() == 1);
  CHECK(world.registry.build("login")->members()[3].weight == 0);
}

TEST_CASE("an ejection ends when its time has come, and not before") {
  World world(pool_of({"a", "b", "c"}));
  const auto a = world.live("a");
  a->failures.record(false, 9);
  CHECK(world.registry.next_end() == std::nullopt);
  CHECK(world.eject("a"));
  CHECK(world.states() == "a:ejected b:up c:up");
  CHECK(world.registry.next_end() == start + 10s);
  CHECK(world.registry.view("login", "a")->ejected_until == start + 10s);
  CHECK_FALSE(world.registry.end_what_is_over(start + 10s - 1ns).any());
  CHECK(world.registry.end_what_is_over(start + 10s).ejections == Backends{a});
  CHECK(world.states() == "a:trial b:up c:up");
  CHECK(world.live("a")->failures.in_a_row() == 0);
  CHECK(world.registry.next_end() == start + 20s);
}

TEST_CASE("who may be ejected") {
  struct Row {
    const char* what;
    Words names;
    std::uint32_t percent;
    Words eject;  // In this order.
    std::string states;
  };
  const std::vector<Row> rows = {
      {"half of four, no more", {"a", "b", "c", "d"}, 50, {"a", "b", "c"}, "a:ejected b:ejected c:up d:up"},
      {"half of three is one", {"a", "b", "c"}, 50, {"c", "a"}, "a:up b:up c:ejected"},
      {"half of two is one", {"a", "b"}, 50, {"a", "b"}, "a:ejected b:up"},
      {"less than half of two is none", {"a", "b"}, 49, {"a", "b"}, "a:up b:up"},
      {"a single backend never", {"a"}, 100, {"a"}, "a:up"},
      {"the last eligible one never", {"a", "b", "c"}, 100, {"a", "b", "c"}, "a:ejected b:ejected c:up"},
      {"one that is out already not again", {"a", "b", "c", "d"}, 50, {"a", "a", "b"}, "a:ejected b:ejected c:up d:up"},
      {"nobody where the rules say so", {"a", "b"}, 0, {"a"}, "a:up b:up"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    auto settings = pool_of(row.names);
    settings.passive->max_ejected_percent = row.percent;
    World world(settings);
    for (const std::string& name : row.eject) world.eject(name);
    CHECK(world.states() == row.states);
  }
}

TEST_CASE("the last eligible backend is what it is by everything that is known, not by ejections alone") {
  auto settings = pool_of({"a", "b", "c", "d"});
  settings.passive->max_ejected_percent = 100;
  settings.backends[1].state = Configured::drain;
  settings.backends[2].weight = 0;
  World world(settings);
  world.probe("d", false);
  CHECK_FALSE(world.eject("a"));
  CHECK(world.eject("b"));  // It takes no new sessions, but its bound ones fail.
  world.probe("d", true);
  CHECK(world.eject("a"));
}

TEST_CASE("a backend that is down is not ejected as well, and takes no place from those that might be") {
  World world(pool_of({"a", "b", "c", "d"}));
  world.probe("a", false);
  world.probe("b", false);
  CHECK_FALSE(world.eject("a"));
  CHECK_FALSE(world.eject("b"));
  CHECK(world.eject("c"));
  world.probe("a", true);
  CHECK(world.states() == "a:up b:down c:ejected d:up");
}

TEST_CASE("without passive health nobody is ejected, and who is out comes back") {
  auto settings = pool_of({"a", "b"});
  World world(settings);
  CHECK(world.eject("a"));
  settings.passive.reset();
  world.configure(settings);
  CHECK(world.states() == "a:up b:up");
  CHECK_FALSE(world.eject("a"));
}

TEST_CASE("an ejected backend that probes saw go and come back is another one") {
  World world(pool_of({"a", "b", "c"}));
  world.eject("a");
  CHECK(world.probe("a", false));
  CHECK(world.states() == "a:down b:up c:up");
  CHECK(world.probe("a", true));
  CHECK(world.states() == "a:up b:up c:up");
}

TEST_CASE("a probe that goes on succeeding does not overrule what traffic found") {
  World world(pool_of({"a", "b", "c"}));
  world.probe("a", true);
  world.eject("a");
  CHECK_FALSE(world.probe("a", true));
  CHECK(world.states() == "a:ejected b:up c:up");
}

TEST_CASE("when the last eligible backend goes down, those that are ejected come back") {
  World world(pool_of({"a", "b", "c"}));
  world.eject("a");
  CHECK(world.probe("b", false));
  CHECK(world.states() == "a:ejected b:down c:up");
  CHECK(world.probe("c", false));
  CHECK(world.states() == "a:up b:down c:down");
  CHECK(world.registry.next_end() == std::nullopt);
}

TEST_CASE("a reload keeps what is known of every name, in whatever order and among whatever others") {
  World world(pool_of({"a", "b", "c", "d"}));
  world.eject("a");
  world.probe("b", false);
  world.live("c")->load.in_flight = 7;
  const auto c = world.live("c");
  world.configure(pool_of({"x", "c", "b", "a", "d"}));
  CHECK(world.states() == "x:up c:up b:down a:ejected d:up");
  CHECK(world.live("c") == c);
  CHECK(world.live("c")->load.in_flight == 7);
  CHECK(world.registry.next_end() == start + 10s);
}

TEST_CASE("another weight or state is taken over, and what is known stays") {
  auto settings = pool_of({"a", "b", "c"});
  World world(settings);
  world.eject("a");
  world.probe("b", false);
  settings.backends[0].weight = 5;
  settings.backends[2].state = Configured::drain;
  settings.backends.push_back(backend("d"));
  world.configure(settings);
  CHECK(world.states() == "a:ejected b:down c:draining d:up");
  CHECK(world.registry.build("login")->members()[0].weight == 5);
}

TEST_CASE("a backend at another address keeps its load alone") {
  World world(pool_of({"a", "b", "c"}));
  world.eject("a");
  world.probe("b", false);
  const auto a = world.live("a");
  a->load.in_flight = 3;
  a->failures.record(false, 9);
  auto settings = pool_of({"a", "b", "c"});
  settings.backends[0].address = *Address::parse("127.0.0.1:1");
  settings.backends[1].address = *Address::parse("[::1]:1");
  world.configure(settings);
  CHECK(world.states() == "a:up b:up c:up");
  CHECK(world.registry.view("login", "b")->inputs.probes == ProbeVerdict::unknown);
  CHECK(world.live("a") == a);
  CHECK(a->load.in_flight == 3);
  CHECK(a->failures.in_a_row() == 0);
  CHECK(world.registry.build("login")->members()[0].address.to_string() == "127.0.0.1:1");
}

TEST_CASE("a name that leaves is forgotten, and lives on only in what still uses it") {
  World world(pool_of({"a", "b"}));
  const auto before = world.registry.build("login");
  std::weak_ptr<Backend> a = world.live("a");
  world.probe("a", false);
  world.configure(pool_of({"b"}));
  CHECK_FALSE(a.expired());  // The old set has it.
  CHECK(before->members()[0].backend == a.lock());
  world.configure(pool_of({"a", "b"}));
  CHECK(world.states() == "a:up b:up");
  CHECK(world.live("a") != a.lock());
}

TEST_CASE("the same name in another pool is another backend") {
  BackendRegistry registry;
  auto other = pool_of({"a", "b"});
  other.name = "other";
  registry.configure({pool_of({"a", "b"}), other}, start);
  registry.record_probe_verdict("login", "a", false, start);
  CHECK(registry.view("login", "a")->state == State::down);
  CHECK(registry.view("other", "a")->state == State::up);
  CHECK(registry.view("login", "a")->backend != registry.view("other", "a")->backend);
  for (int i = 0; i < 5; ++i) registry.view("other", "b")->backend->failures.record(false, 5);
  registry.eject_failing("other", "b", start);
  CHECK(registry.end_what_is_over(start + 10s).ejections == Backends{registry.view("other", "b")->backend});
}

TEST_CASE("when active health is switched off, its verdicts go with it") {
  auto settings = pool_of({"a", "b"});
  World world(settings);
  world.probe("a", false);
  settings.active_health = false;
  world.configure(settings);
  CHECK(world.states() == "a:up b:up");
  settings.active_health = true;
  world.configure(settings);
  CHECK(world.registry.view("login", "a")->inputs.probes == ProbeVerdict::unknown);
}

TEST_CASE(
    "a reload that leaves too few backends for those that are ejected takes them back, the next to return first") {
  World world(pool_of({"a", "b", "c", "d"}));
  world.eject("b");
  world.eject("a", start + 1s);
  world.configure(pool_of({"a", "b", "d"}));
  CHECK(world.states() == "a:ejected b:up d:up");
  world.configure(pool_of({"a"}));
  CHECK(world.states() == "a:up");
}

TEST_CASE("a reload that drains the last eligible backend takes back the ejected ones") {
  auto settings = pool_of({"a", "b"});
  World world(settings);
  world.eject("a");
  settings.backends[1].state = Configured::drain;
  world.configure(settings);
  CHECK(world.states() == "a:up b:draining");
}

TEST_CASE("another policy is in force with the next set") {
  auto settings = pool_of({"a", "b"});
  World world(settings);
  settings.policy = "least_connections";
  world.configure(settings);
  world.live("a")->load.in_flight = 5;
  const auto set = world.registry.build("login");
  balance::PickState state(1);
  state.remap(set->names());
  for (int i = 0; i < 10; ++i) CHECK(set->pick({}, state) == 1);
}

TEST_CASE("another registry goes on with what is known: verdicts, ejections, generations, answer times") {
  World before(pool_of({"a", "b", "c"}));
  before.probe("a", false);
  REQUIRE(before.eject("b"));
  before.live("b")->generation = 7;
  before.live("c")->load.answer_time.record(20ms, start);
  World after(pool_of({"a", "b", "c", "new"}));
  after.registry.recall(before.registry.memories(), start);
  CHECK(after.states() == "a:down b:ejected c:up new:up");
  CHECK(after.registry.view("login", "b")->ejected_until == before.registry.view("login", "b")->ejected_until);
  CHECK(after.live("b")->generation == 7);
  CHECK(after.live("c")->load.answer_time.value(start) == 20ms);

  // The next ejection is longer, as it would have been.
  CHECK(after.registry.end_what_is_over(start + 10s).ejections.size() == 1);
  CHECK(after.registry.record_trial("login", "b", false, start + 11s) == BackendRegistry::Trial::failed);
  CHECK(after.registry.view("login", "b")->ejected_until == start + 31s);
}

TEST_CASE("a slow start goes on where it was when it is recalled") {
  PoolSettings settings = pool_of({"a", "b"});
  settings.slow_start = 10s;
  World before(settings);
  before.probe("a", false);
  before.probe("a", true);
  before.registry.end_what_is_over(start + 5s);
  const std::uint32_t share = before.registry.view("login", "a")->share;
  REQUIRE(share < SlowStart::steps);
  World after(settings);
  after.registry.recall(before.registry.memories(), start + 5s);
  CHECK(after.registry.view("login", "a")->share == share);
  CHECK(after.registry.view("login", "b")->share == SlowStart::steps);
  CHECK(after.registry.next_end() == before.registry.next_end());
  after.registry.end_what_is_over(start + 11s);
  CHECK(after.registry.view("login", "a")->share == SlowStart::steps);
}

TEST_CASE("an order is recalled unless the configuration says another state by now") {
  World before(pool_of({"a", "b", "c"}));
  const Order drain{.state = Configured::drain, .since = start, .deadline = start + 5s, .sessions = 9};
  for (const char* name : {"a", "b", "c"}) REQUIRE(before.registry.order("login", name, drain, start));
  PoolSettings settings = pool_of({"a", "b", "c"});
  settings.backends[1].state = Configured::down;
  settings.backends[2].address = *Address::parse("127.0.0.1:1");
  World after(settings);
  after.registry.recall(before.registry.memories(), start);
  CHECK(after.states() == "a:draining b:down c:draining");
  CHECK(after.registry.view("login", "a")->order == drain);
  CHECK_FALSE(after.registry.view("login", "b")->order);
  CHECK(after.registry.next_end() == start + 5s);
}

TEST_CASE("what was known of another address, or is not watched any more, is not recalled") {
  World before(pool_of({"a", "b", "c", "d"}));
  before.probe("a", false);
  before.probe("b", false);
  REQUIRE(before.eject("c"));
  PoolSettings settings = pool_of({"a", "b", "c", "d"});
  settings.backends[0].address = *Address::parse("127.0.0.1:1");
  settings.passive.reset();
  World after(settings);
  after.registry.recall(before.registry.memories(), start);
  CHECK(after.states() == "a:up b:down c:up d:up");

  World gone(pool_of({"x"}));
  gone.registry.recall(before.registry.memories(), start);
  CHECK(gone.states() == "x:up");
}

TEST_CASE("an ejection that the pool as it is now does not allow is over when it is recalled") {
  World before(pool_of({"a", "b"}));
  REQUIRE(before.eject("a"));
  World after(pool_of({"a"}));
  after.registry.recall(before.registry.memories(), start);
  CHECK(after.states() == "a:up");
}

}  // namespace
}  // namespace stickler::cluster
