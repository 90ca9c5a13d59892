// What a registry makes of backends that come and go where a pool has standbys, a slow start or a panic threshold.
#include <catch2/catch.hpp>

#include "lb/balance/registry.h"
#include "lb/base/random.h"
#include "lb/cluster/backend_registry.h"

namespace stickler::cluster {
namespace {

using namespace std::chrono_literals;
using balance::Standing;

BackendSettings backend(char name, Role role = Role::primary) {
  return {.name = std::string(1, name),
          .address = *Address::parse("127.0.0.1:" + std::to_string(9000 + name)),
          .role = role};
}

// Small letters are primaries, capitals standbys.
PoolSettings pool_of(const std::string& names) {
  PoolSettings settings{.name = "login", .active_health = true, .backends = {}};
  for (const char name : names) {
    settings.backends.push_back(backend(name, name < 'a' ? Role::standby : Role::primary));
  }
  return settings;
}

// A registry with one pool and its clock, and what its set says in words: "a:10 b:3 C:standby d:down", a number for
// how many steps of its weight an eligible member has.
struct World {
  explicit World(PoolSettings settings) { configure(std::move(settings)); }

  void configure(PoolSettings settings) { registry.configure({std::move(settings)}, clock.now()); }
  bool probe(char name, bool up) {
    return registry.record_probe_verdict("login", std::string(1, name), up, clock.now());
  }
  bool eject(char name) {
    const std::string backend(1, name);
    for (int i = 0; i < 5; ++i) registry.view("login", backend)->backend->failures.record(false, 5);
    return registry.eject_failing("login", backend, clock.now());
  }
  bool order(char name, Configured state) {
    return registry.order("login", std::string(1, name), {.state = state, .since = clock.now()}, clock.now());
  }

  // As the server's timer does; returns how many sets were published.
  int pass(Duration time) {
    int published = 0;
    const TimePoint end = clock.now() + time;
    for (auto next = registry.next_end(); next && *next <= end; next = registry.next_end()) {
      REQUIRE(*next > clock.now());
      clock.advance(*next - clock.now());
      const auto ended = registry.end_what_is_over(clock.now());
      published += ended.any() ? 1 : 0;
    }
    clock.advance(end - clock.now());
    return published;
  }

  std::string said() const {
    std::string text;
    const auto set = registry.build("login");
    for (const Member& member : set->members()) {
      constexpr const char* names[] = {"", "standby", "bound", "drained", "down"};
      const bool eligible = member.standing == Standing::eligible;
      text += (text.empty() ? "" : " ") + member.backend->name + ":" +
              (eligible ? std::to_string(member.share) : names[static_cast<std::size_t>(member.standing)]);
    }
    const auto view = registry.view("login");
    return text + (view.panics ? " panic" : "") + (view.on_standby ? " on standby" : "");
  }

  ManualClock clock;
  BackendRegistry registry;
};

TEST_CASE("a standby takes over when the last primary goes down, and gives back when the first returns") {
  World world(pool_of("abXY"));
  CHECK(world.said() == "a:10 b:10 X:standby Y:standby");
  CHECK(world.probe('a', false));
  CHECK(world.said() == "a:down b:10 X:standby Y:standby");
  CHECK(world.probe('b', false));
  CHECK(world.said() == "a:down b:down X:10 Y:10 on standby");
  CHECK(world.probe('X', false));
  CHECK(world.said() == "a:down b:down X:down Y:10 on standby");
  CHECK(world.probe('b', true));
  CHECK(world.said() == "a:down b:10 X:down Y:standby");
}

TEST_CASE("every reason for which no primary gets new sessions wakes the standby, and its end lets it rest") {
  struct Row {
    const char* what;
    bool (*begin)(World&);
    bool (*end)(World&);
    const char* meanwhile;
  };
  const Row rows[] = {
      {"down", [](World& w) { return w.probe('a', false); }, [](World& w) { return w.probe('a', true); },
       "a:down X:10 on standby"},
      {"ejected", [](World& w) { return w.eject('a'); },
       [](World& w) { return w.pass(20s) == 2; },  // The second ten on trial.
       "a:down X:10 on standby"},
      {"drained by order", [](World& w) { return w.order('a', Configured::drain); },
       [](World& w) { return w.order('a', Configured::up); }, "a:bound X:10 on standby"},
      {"disabled by order", [](World& w) { return w.order('a', Configured::down); },
       [](World& w) { return w.order('a', Configured::up); }, "a:down X:10 on standby"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    World world(pool_of("aX"));
    CHECK(row.begin(world));
    CHECK(world.said() == row.meanwhile);
    CHECK(row.end(world));
    CHECK(world.said() == "a:10 X:standby");
  }
}

TEST_CASE("the last primary is ejected where a standby can take over, and stays out when the standby is all there is") {
  World world(pool_of("aX"));
  CHECK(world.eject('a'));
  CHECK(world.said() == "a:down X:10 on standby");
  CHECK(world.probe('X', false));  // Now nobody else is left.
  CHECK(world.said() == "a:10 X:down");
}

TEST_CASE("a role is what the configuration says last") {
  World world(pool_of("aX"));
  auto settings = pool_of("aX");
  settings.backends[1].role = Role::primary;
  world.configure(settings);
  CHECK(world.said() == "a:10 X:10");
  settings.backends[0].role = Role::standby;
  world.configure(settings);
  CHECK(world.said() == "a:standby X:10");
}

PoolSettings slowly(const std::string& names, Duration length = 10s) {
  PoolSettings settings = pool_of(names);
  settings.slow_start = length;
  return settings;
}

TEST_CASE("when the process starts, all have their whole weight") {
  World world(slowly("abX"));
  CHECK(world.said() == "a:10 b:10 X:standby");
  CHECK(world.registry.next_end() == std::nullopt);
}

TEST_CASE("a backend that comes up gets its weight in ten steps, each one set") {
  World world(slowly("ab"));
  world.probe('b', false);
  CHECK(world.said() == "a:10 b:down");
  CHECK(world.registry.next_end() == std::nullopt);
  world.pass(1h + 300ms);
  CHECK(world.probe('b', true));
  CHECK(world.said() == "a:10 b:1");
  CHECK(world.registry.view("login", "b")->share == 1);
  world.pass(5s);
  CHECK(world.said() == "a:10 b:4");  // Steps are taken on full seconds.
  world.pass(700ms);
  CHECK(world.said() == "a:10 b:5");
  world.pass(5s);
  CHECK(world.said() == "a:10 b:10");
  CHECK(world.registry.next_end() == std::nullopt);
}

TEST_CASE("a slow start costs nine sets, however many backends come up meanwhile") {
  const std::string names = "abcdefghij";
  World world(slowly(names));
  for (const char name : names) world.probe(name, false);
  world.pass(1ms);  // They come up between two ticks.
  int published = 0;
  for (const char name : names) {
    world.probe(name, true);
    published += world.pass(70ms);
  }
  published += world.pass(1h);
  CHECK(world.said() == "a:10 b:10 c:10 d:10 e:10 f:10 g:10 h:10 i:10 j:10");
  CHECK(published == 9);
}

TEST_CASE("who starts slowly, and who does not") {
  struct Row {
    const char* what;
    void (*act)(World&);
    const char* said;
  };
  const Row rows[] = {
      {"an ejection that is over",
       [](World& w) {
         w.eject('b');
         w.pass(20s);  // The second ten on trial.
       },
       "a:10 b:1 c:10"},
      {"an ejection that a probe has ended",
       [](World& w) {
         w.eject('b');
         w.probe('b', false);
         w.probe('b', true);
       },
       "a:10 b:1 c:10"},
      {"enabled again",
       [](World& w) {
         w.order('b', Configured::down);
         w.order('b', Configured::up);
       },
       "a:10 b:1 c:10"},
      {"enabled by a reload",
       [](World& w) {
         auto settings = slowly("abc");
         settings.backends[1].state = Configured::down;
         w.configure(settings);
         w.configure(slowly("abc"));
       },
       "a:10 b:1 c:10"},
      {"added by a reload", [](World& w) { w.configure(slowly("abcd")); }, "a:10 b:10 c:10 d:1"},
      {"moved to another machine by a reload",
       [](World& w) {
         auto settings = slowly("abc");
         settings.backends[1].address = *Address::parse("127.0.0.1:1");
         w.configure(settings);
       },
       "a:10 b:1 c:10"},
      {"not one that drained: it has served its sessions all the time",
       [](World& w) {
         w.order('b', Configured::drain);
         w.order('b', Configured::up);
       },
       "a:10 b:10 c:10"},
      {"nor one whose weight was 0",
       [](World& w) {
         auto settings = slowly("abc");
         settings.backends[1].weight = 0;
         w.configure(settings);
         w.configure(slowly("abc"));
       },
       "a:10 b:10 c:10"},
      {"nor one that a probe confirms", [](World& w) { w.probe('b', true); }, "a:10 b:10 c:10"},
      {"nor one whose pool is new",
       [](World& w) {
         w.registry.configure({}, w.clock.now());
         w.configure(slowly("abc"));
       },
       "a:10 b:10 c:10"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    World world(slowly("abc"));
    row.act(world);
    CHECK(world.said() == row.said);
  }
}

TEST_CASE("where the policy does not follow, nobody starts slowly, and no set is built for it") {
  for (const char* policy : {"hash", "first"}) {
    auto settings = slowly("ab");
    settings.policy = policy;
    World world(settings);
    world.probe('b', false);
    world.probe('b', true);
    CHECK(world.said() == "a:10 b:10");
    CHECK(world.registry.next_end() == std::nullopt);
  }
}

TEST_CASE("a backend that goes down while it starts slowly starts anew") {
  World world(slowly("ab"));
  world.probe('b', false);
  world.probe('b', true);
  world.pass(7s);
  CHECK(world.said() == "a:10 b:7");
  world.probe('b', false);
  CHECK(world.registry.next_end() == std::nullopt);
  world.pass(20s);
  world.probe('b', true);
  CHECK(world.said() == "a:10 b:1");
}

TEST_CASE("a slow start goes on over reloads, at the pace of the new configuration") {
  World world(slowly("ab"));
  world.probe('b', false);
  world.probe('b', true);
  world.pass(4s);
  CHECK(world.said() == "a:10 b:4");
  world.configure(slowly("ba"));
  CHECK(world.said() == "b:4 a:10");
  world.configure(slowly("ab", 20s));
  CHECK(world.said() == "a:10 b:2");
  world.configure(slowly("ab", 0s));
  CHECK(world.said() == "a:10 b:10");
  CHECK(world.registry.next_end() == std::nullopt);
}

PoolSettings panicky(const std::string& names, std::uint32_t below = 50) {
  PoolSettings settings = slowly(names);
  settings.panic_below_percent = below;
  return settings;
}

TEST_CASE("when fewer than the threshold are healthy, all are used at once, and each verdict counts again after it") {
  World world(panicky("abcd"));
  CHECK(world.probe('a', false));
  CHECK(world.probe('b', false));
  CHECK(world.said() == "a:down b:down c:10 d:10");
  CHECK(world.probe('c', false));
  CHECK(world.said() == "a:10 b:10 c:10 d:10 panic");
  CHECK(world.registry.view("login", "c")->state == State::down);  // What is known of it is shown still.
  CHECK(world.probe('d', false));
  CHECK(world.said() == "a:10 b:10 c:10 d:10 panic");
  CHECK(world.probe('a', true));
  CHECK(world.said() == "a:10 b:10 c:10 d:10 panic");
  CHECK(world.probe('d', true));
  // They served all the time, so that neither starts slowly.
  CHECK(world.said() == "a:10 b:down c:down d:10");
  CHECK(world.probe('b', true));
  CHECK(world.said() == "a:10 b:1 c:down d:10");
}

TEST_CASE("in panic nobody starts slowly") {
  World world(panicky("abcd"));
  world.probe('a', false);
  world.probe('a', true);
  world.probe('b', false);
  world.probe('c', false);
  CHECK(world.said() == "a:1 b:down c:down d:10");
  world.probe('d', false);
  CHECK(world.said() == "a:10 b:10 c:10 d:10 panic");
  CHECK(world.registry.next_end() == std::nullopt);
}

TEST_CASE("what the operator takes out stays out in panic") {
  World world(panicky("abcd"));
  for (const char name : std::string("abc")) world.probe(name, false);
  CHECK(world.order('a', Configured::down));
  CHECK(world.order('b', Configured::drain));
  CHECK(world.said() == "a:down b:down c:down d:10");  // One of the two that are left is healthy.
  CHECK(world.probe('d', false));
  CHECK(world.said() == "a:down b:down c:10 d:10 panic");
}

TEST_CASE("a panic comes and goes with a reload of its threshold") {
  World world(panicky("abc", 0));
  world.probe('a', false);
  world.probe('b', false);
  CHECK(world.said() == "a:down b:down c:10");
  world.configure(panicky("abc", 34));
  CHECK(world.said() == "a:10 b:10 c:10 panic");
  world.configure(panicky("abc", 33));
  CHECK(world.said() == "a:down b:down c:10");
}

TEST_CASE("ejections alone may lead to a panic") {
  auto settings = panicky("abc", 90);
  settings.passive->max_ejected_percent = 100;
  World world(settings);
  CHECK(world.eject('a'));
  CHECK(world.said() == "a:10 b:10 c:10 panic");
  CHECK(world.pass(10s) == 1);
  CHECK(world.said() == "a:10 b:10 c:10 panic");  // On trial.
  CHECK(world.pass(10s) == 1);
  CHECK(world.said() == "a:10 b:10 c:10");
}

TEST_CASE("whatever happens to a pool, its sets pick by every policy only who is eligible and untried") {
  const std::string names = "abcdXY";
  for (const balance::PolicyEntry& entry : balance::policies()) {
    const std::string policy(entry.name);
    CAPTURE(policy);
    auto settings = panicky(names, 30);
    settings.policy = policy;
    World world(settings);
    Random random(7);
    balance::PickState state(3);
    for (int round = 0; round < 400; ++round) {
      const char name = names[random.below(6)];
      switch (random.below(6)) {
        case 0:
          world.eject(name);
          break;
        case 1:
          world.order(name, static_cast<Configured>(random.below(4)));
          break;
        case 2:
          world.pass(std::chrono::milliseconds(random.below(9000)));
          break;
        default:
          world.probe(name, random.below(2) == 0);
      }
      const auto set = world.registry.build("login");
      std::vector<std::size_t> tried;
      while (const balance::Pick pick =
                 set->pick({.tried = tried, .key = random.next(), .now = world.clock.now()}, state)) {
        REQUIRE((*set).standings()[*pick] == Standing::eligible);
        REQUIRE(std::ranges::find(tried, *pick) == tried.end());
        const bool is_standby = *pick >= 4;
        REQUIRE(is_standby == world.registry.view("login").on_standby);
        tried.push_back(*pick);
      }
      REQUIRE(tried.size() == set->eligible_count());
    }
  }
}

}  // namespace
}  // namespace stickler::cluster
