// Failback: a session that failed over goes home, and only where that is safe.
#include <catch2/catch.hpp>

#include "lb/affinity/choice.h"
#include "tests/unit/affinity/world.h"

namespace stickler::affinity {
namespace {

constexpr auto never = FailbackRule::never;
constexpr auto when_idle = FailbackRule::when_idle;
constexpr auto immediate = FailbackRule::immediate;

// Of a session that has gone from a to b.
Opened away(const World& world, const std::string& backup, const std::string& home = "a", std::size_t key = 0) {
  Opened cookie = world.cookie("b", backup, key);
  cookie.binding.home = home.empty() ? 0 : world.keys.all()[key].node_id(home);
  cookie.binding.last_seen = unix_seconds(noon);
  return cookie;
}

TEST_CASE("a session goes home when its home is up, steady and its named backup") {
  struct Row {
    const char* what;
    FailbackRule rule;
    std::string home, backup;
    Standing of_home;
    bool steady;
    WallTime now;
    Verdict verdict;
    Place pinned;
  };
  constexpr bool no = false;
  constexpr bool yes = true;
  const std::vector<Row> rows = {
      {"all is well", immediate, "a", "a", up, yes, noon, Verdict::moved, a},
      {"it is not to go back", never, "a", "a", up, yes, noon, Verdict::bound, b},
      {"it never failed over", immediate, "", "a", up, yes, noon, Verdict::bound, b},
      {"its home is not its backup: it may hold a stale copy", immediate, "a", "c", up, yes, noon, Verdict::bound, b},
      {"it has no backup", immediate, "a", "", up, yes, noon, Verdict::bound, b},
      {"its home has left the pool", immediate, "x", "x", up, yes, noon, Verdict::bound, b},
      {"its home is not steady yet", immediate, "a", "a", up, no, noon, Verdict::bound, b},
      {"its home is down", immediate, "a", "a", down, no, noon, Verdict::bound, b},
      {"its home drains", immediate, "a", "a", draining, yes, noon, Verdict::bound, b},
      {"its home is drained", immediate, "a", "a", drained, yes, noon, Verdict::bound, b},
      {"its home is a standby that waits", immediate, "a", "a", standby, yes, noon, Verdict::bound, b},
      {"it is in use", when_idle, "a", "a", up, yes, noon + 15min, Verdict::bound, b},
      {"it was silent for half of idle", when_idle, "a", "a", up, yes, noon + 15min + 1s, Verdict::moved, a},
      {"silence alone is not enough", when_idle, "a", "a", up, no, noon + 20min, Verdict::bound, b},
      {"nobody is silent for immediate", immediate, "a", "a", up, yes, noon, Verdict::moved, a},
  };
  World world;
  for (const std::size_t key : {0U, 1U}) {
    for (const Row& row : rows) {
      CAPTURE(row.what, key);
      world.failback_rule = row.rule;
      world.standings = {row.of_home, up, up};
      world.steady_since[a] = row.steady ? world.now_here - 1h : not_steady;
      const Opened cookie = away(world, row.backup, row.home, key);
      const Choice choice = world.choose(cookie, row.now);
      CHECK(choice.verdict == row.verdict);
      CHECK(choice.pinned == row.pinned);
      CHECK(choice.returns == (row.verdict == Verdict::moved));
      if (choice.returns) CHECK(choice.backup == b);
    }
  }
}

TEST_CASE("a failover notes where the session came from, if it may go back, and home again nothing is noted") {
  World world;
  world.backup_rule = BackupRule::announced;
  for (const auto rule : {never, when_idle, immediate}) {
    for (const std::size_t key : {0U, 1U}) {
      CAPTURE(key);
      world.failback_rule = rule;
      world.standings = {down, up, up};
      const Opened before = world.cookie("a", "b", key);
      const Settlement left =
          world.settle(before, world.choose(before), {.served = b, .announces = true, .announced = c});
      CHECK(left.verdict == Verdict::failover);
      CHECK(left.set_cookie->home == (rule == never ? 0 : world.nodes.id_of(a)));
    }
  }
  world.standings = {up, up, up};
  const Opened there = away(world, "a");
  const Settlement back = world.settle(there, world.choose(there), {.served = a, .announces = true, .announced = b});
  CHECK(back.verdict == Verdict::moved);
  REQUIRE(back.set_cookie);
  CHECK(back.set_cookie->primary == world.nodes.id_of(a));
  CHECK(back.set_cookie->backup == world.nodes.id_of(b));
  CHECK(back.set_cookie->home == 0);
  CHECK(back.set_cookie->nonce == there.binding.nonce);
  CHECK(back.set_cookie->issued == there.binding.issued);
}

TEST_CASE("home is where a session was before its first failover, as long as it has gone on by replicas") {
  struct Row {
    const char* what;
    std::string primary, backup, home;
    std::vector<Standing> standings;
    std::size_t served;
    std::string home_after;
  };
  const std::vector<Row> rows = {
      {"the second failover", "b", "c", "a", {down, down, up}, c, "a"},
      {"a failover to its home", "b", "a", "a", {up, down, up}, a, ""},
      {"its home has left: where it has been is home now", "b", "c", "x", {up, down, up}, c, "b"},
      {"its node was drained, its backup has it", "b", "c", "a", {down, drained, up}, c, "a"},
      {"its node was drained, nobody had it", "b", "", "a", {up, drained, up}, c, ""},
      {"a drain is no failover", "b", "c", "", {up, drained, up}, c, ""},
      {"nobody had it", "b", "", "a", {up, down, up}, c, ""},
      {"nor another that was chosen", "b", "", "", {up, down, up}, c, ""},
      {"its node has left the pool, its backup has it", "x", "c", "a", {up, up, up}, c, "a"},
      {"there is no home in a pool that does not have its node", "x", "c", "", {up, up, up}, c, ""},
  };
  World world;
  world.failback_rule = immediate;
  for (const Row& row : rows) {
    CAPTURE(row.what);
    world.standings = row.standings;
    Opened cookie = world.cookie(row.primary, row.backup);
    if (!row.home.empty()) cookie.binding.home = world.keys.signing().node_id(row.home);
    const Settlement settlement = world.settle(cookie, world.choose(cookie), {.served = row.served});
    REQUIRE(settlement.set_cookie);
    const NodeId expected = row.home_after.empty() ? 0 : world.keys.signing().node_id(row.home_after);
    CHECK(settlement.set_cookie->home == expected);
  }
}

TEST_CASE(
    "a home survives that the cookie is written again, also by another key, and is dropped where it may not count") {
  World world;
  world.failback_rule = when_idle;
  const WallTime later = noon + 8min;
  for (const std::size_t key : {0U, 1U}) {
    const Opened cookie = away(world, "c", "a", key);
    const Settlement settlement = world.settle(cookie, world.choose(cookie, later), {.served = b}, later);
    CHECK(settlement.verdict == Verdict::bound);
    REQUIRE(settlement.set_cookie);
    CHECK(settlement.set_cookie->home == world.nodes.id_of(a));
  }
  const Opened cookie = away(world, "c");
  CHECK_FALSE(world.settle(cookie, world.choose(cookie), {.served = b}).set_cookie);
  world.failback_rule = never;  // No reason to write it, but once it is written it is as before.
  CHECK_FALSE(world.settle(cookie, world.choose(cookie), {.served = b}).set_cookie);
  CHECK(world.settle(cookie, world.choose(cookie, later), {.served = b}, later).set_cookie->home == 0);
}

TEST_CASE("with next a session's home is named as its backup once that is steady, and told once") {
  World world;
  world.backup_rule = BackupRule::next;
  world.failback_rule = immediate;
  const Opened cookie = away(world, "c");
  const std::vector<std::pair<Standing, bool>> not_yet = {
      {down, false}, {up, false}, {draining, true}, {standby, true}};
  for (const auto& [standing, steady] : not_yet) {
    world.standings = {standing, up, up};
    world.steady_since[a] = steady ? world.now_here - 1h : not_steady;
    CHECK_FALSE(world.settle(cookie, world.choose(cookie), {.served = b}).set_cookie);
  }
  world.standings = {up, up, up};
  world.steady_since[a] = world.now_here - 1h;
  const Settlement named = world.settle(cookie, world.choose(cookie), {.served = b});
  CHECK(named.verdict == Verdict::bound);
  REQUIRE(named.set_cookie);
  CHECK(named.set_cookie->backup == world.nodes.id_of(a));
  const Opened next{.seal = Seal::ok, .binding = *named.set_cookie, .key = 0};
  CHECK(world.choose(next).returns);
  world.failback_rule = when_idle;
  CHECK_FALSE(world.settle(next, world.choose(next), {.served = b}).set_cookie);
}

TEST_CASE("a home that died since it was named is none: it is named anew first, by an answer since it is back") {
  struct Row {
    const char* what;
    Duration named_ago, well_for;
    bool goes, tells;
  };
  const std::vector<Row> rows = {
      {"it was well when it was named", 10s, 1min, true, true},
      {"just so", 59s, 1min, true, true},
      {"by seconds that are rounded up it may have been dead", 60s, 1min, false, true},
      {"it has been dead since", 2min, 1min, false, true},
      {"an answer of now would not tell it from then", 1s, 500ms, false, false},
  };
  for (const auto rule : {BackupRule::announced, BackupRule::next}) {
    World world;
    world.failback_rule = immediate;
    world.backup_rule = rule;
    for (const Row& row : rows) {
      CAPTURE(row.what);
      Opened cookie = away(world, "a");
      cookie.binding.last_seen = unix_seconds(noon - row.named_ago);
      world.steady_since[a] = world.now_here - row.well_for;
      const Choice choice = world.choose(cookie);
      CHECK(choice.returns == row.goes);
      if (row.goes) continue;
      const Exchange names_a{.served = b, .announces = true, .announced = a};
      const Settlement named = world.settle(cookie, choice, names_a);
      CHECK(named.verdict == Verdict::bound);
      CHECK(named.set_cookie.has_value() == row.tells);
      if (!row.tells) continue;
      const Opened next{.seal = Seal::ok, .binding = *named.set_cookie, .key = 0};
      CHECK(world.choose(next).returns);
      // The home's successor is another: the answer says so, and nobody goes to the home.
      if (rule == BackupRule::next) continue;
      const Settlement other = world.settle(cookie, choice, {.served = b, .announces = true, .announced = c});
      CHECK(other.set_cookie->backup == world.nodes.id_of(c));
    }
  }
}

TEST_CASE("a home that cannot be connected to costs the session nothing: its node serves it, and it tries again") {
  struct Row {
    const char* what;
    Place served;
    bool home_down;
    bool overflows;
    Verdict verdict;
  };
  const std::vector<Row> rows = {
      {"its node serves it", b, false, false, Verdict::bound},
      {"its node serves it, and its home is confirmed down by now", b, true, false, Verdict::bound},
      {"neither does, another serves it this once", c, false, false, Verdict::detour},
      {"the same, and its home is confirmed down by now", c, true, false, Verdict::detour},
      {"nobody does", {}, false, false, Verdict::bound},
      {"its node is full as well, another serves it", c, false, true, Verdict::overflow},
      {"its node is full as well, and nobody serves it", {}, false, true, Verdict::refused},
  };
  World world;
  world.failback_rule = immediate;
  const Opened cookie = away(world, "a");
  const Choice choice = world.choose(cookie);
  REQUIRE(choice.returns);
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const Exchange exchange{.served = row.served, .pinned_down = row.home_down, .overflows = row.overflows};
    const Settlement settlement = world.settle(cookie, choice, exchange);
    CHECK(settlement.verdict == row.verdict);
    CHECK_FALSE(settlement.set_cookie);
  }
}

TEST_CASE("a node that started anew under its sessions is their home, to which they go back once it holds them again") {
  World world;
  world.failback_rule = immediate;
  world.backup_rule = BackupRule::announced;
  Opened cookie = world.cookie("a", "b");
  cookie.binding.generation = 1;
  const PoolView restarted{.nodes = world.nodes,
                           .standings = world.standings,
                           .primary_generation = 2,
                           .failback = world.failback(noon),
                           .idle = world.rules.idle};
  const Choice left = choose(cookie, restarted);
  CHECK(left.verdict == Verdict::failover);
  const Settlement settlement = world.settle(cookie, left, {.served = b, .announces = true, .announced = c});
  CHECK(settlement.set_cookie->home == world.nodes.id_of(a));
  const Opened there{.seal = Seal::ok, .binding = *settlement.set_cookie, .key = 0};
  CHECK(world.choose(there).verdict == Verdict::bound);
  const Settlement announced =
      world.settle(there, world.choose(there), {.served = b, .announces = true, .announced = a});
  const Opened holds{.seal = Seal::ok, .binding = *announced.set_cookie, .key = 0};
  CHECK(world.choose(holds).returns);
}

}  // namespace
}  // namespace stickler::affinity
