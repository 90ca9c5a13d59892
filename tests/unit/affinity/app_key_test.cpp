// The rows of "What happens when" of docs/affinity.md for sessions that are known by the application's own key.
#include "lb/affinity/app_key.h"

#include <catch2/catch.hpp>
#include <map>

#include "tests/unit/affinity/fixtures.h"

namespace stickler::affinity {
namespace {

using balance::Standing;
using Place = std::optional<std::size_t>;

constexpr Standing up = Standing::eligible;
constexpr Standing draining = Standing::bound_only;
constexpr Standing drained = Standing::drained;
constexpr Standing down = Standing::down;

constexpr std::size_t a = 0, b = 1, c = 2;
constexpr std::uint64_t some_session = 4711;

// A pool of a, b and c. Node ids are of no consequence here, the names are.
struct World {
  std::vector<std::string> names = {"a", "b", "c"};
  NodeTable nodes{names, keys_of({key_a})};
  std::vector<Standing> standings = {up, up, up};
  WhenUnavailable when_unavailable = WhenUnavailable::redispatch;
  BackupRule backup = BackupRule::none;

  Choice choose(const std::optional<AppKey>& key) const {
    return affinity::choose(
        key, {.nodes = nodes, .standings = standings, .when_unavailable = when_unavailable, .primary_generation = 0},
        backup);
  }
};

AppKey of_node(Place node, std::uint64_t session = some_session) { return {.session = session, .node = node}; }

TEST_CASE("what the application's key names decides where a request goes") {
  struct Row {
    const char* what;
    std::optional<AppKey> key;
    std::vector<Standing> standings;
    WhenUnavailable when_unavailable;
    Verdict verdict;
    Place pinned;
  };
  constexpr auto redispatch = WhenUnavailable::redispatch;
  constexpr auto backup_only = WhenUnavailable::backup_only;
  constexpr auto fail = WhenUnavailable::fail;
  const std::vector<Row> rows = {
      {"it is of no session", {}, {up, up, up}, redispatch, Verdict::none, {}},
      {"its node is up", of_node(b), {up, up, up}, redispatch, Verdict::bound, b},
      {"its node drains, or has weight 0", of_node(b), {up, draining, up}, fail, Verdict::bound, b},
      {"its node's drain is over", of_node(b), {up, drained, up}, redispatch, Verdict::drained, {}},
      {"its node's drain is over", of_node(b), {up, drained, up}, backup_only, Verdict::refused, {}},
      {"its node's drain is over", of_node(b), {up, drained, up}, fail, Verdict::refused, {}},
      {"its node's drain is over, and no other takes it",
       of_node(b),
       {down, drained, drained},
       fail,
       Verdict::bound,
       b},
      {"its node is down", of_node(b), {up, down, up}, redispatch, Verdict::moved, {}},
      {"its node is down", of_node(b), {up, down, up}, backup_only, Verdict::refused, {}},
      {"its node is down", of_node(b), {up, down, up}, fail, Verdict::refused, {}},
      {"its node has left the pool", of_node({}), {up, up, up}, fail, Verdict::unknown_node, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what, static_cast<int>(row.when_unavailable));
    World world;
    world.standings = row.standings;
    world.when_unavailable = row.when_unavailable;
    const Choice choice = world.choose(row.key);
    CHECK(choice.verdict == row.verdict);
    CHECK(choice.pinned == row.pinned);
    CHECK(choice.backup == Place{});
    CHECK(choice.refused == (row.verdict == Verdict::refused));
  }
}

TEST_CASE("with `next` a session has one backup, where it goes when its node is down or has left the pool") {
  World world;
  world.backup = BackupRule::next;
  std::map<std::size_t, int> backups;
  for (std::uint64_t session = 0; session < 300; ++session) {
    world.standings = {up, up, up};
    const Choice well = world.choose(of_node(a, session));
    CHECK(well.verdict == Verdict::bound);
    REQUIRE(well.backup);
    CHECK(well.backup != Place(a));
    ++backups[*well.backup];

    for (const auto rule : {WhenUnavailable::redispatch, WhenUnavailable::backup_only, WhenUnavailable::fail}) {
      world.when_unavailable = rule;
      world.standings[a] = down;
      const Choice failed_over = world.choose(of_node(a, session));
      CHECK(failed_over.verdict == Verdict::failover);
      CHECK(failed_over.pinned == well.backup);
      world.standings[a] = drained;
      const Choice moved_off = world.choose(of_node(a, session));
      CHECK(moved_off.verdict == Verdict::drained);
      CHECK(moved_off.pinned == well.backup);
      const Choice removed = world.choose(of_node({}, session));
      CHECK(removed.verdict == Verdict::unknown_node);
      CHECK(removed.pinned == well.backup);
    }
  }
  CHECK(backups[b] > 100);  // Of 300, evenly.
  CHECK(backups[c] > 100);
}

TEST_CASE("with `next` a session that has an order of its own follows that") {
  World world;
  world.backup = BackupRule::next;
  for (const std::size_t next : {b, c}) {
    const Choice choice = world.choose(AppKey{.session = some_session, .node = a, .next = next});
    CHECK(choice.pinned == Place(a));
    CHECK(choice.backup == Place(next));
  }
}

TEST_CASE("with `next` and nobody else up, when_unavailable decides") {
  World world;
  world.backup = BackupRule::next;
  world.standings = {down, down, draining};
  CHECK(world.choose(of_node(a)).verdict == Verdict::moved);
  world.when_unavailable = WhenUnavailable::backup_only;
  CHECK(world.choose(of_node(a)).refused);
}

TEST_CASE("a session whose node nobody knows yet is for the policy, whatever the backup rule") {
  World world;
  world.backup = BackupRule::next;
  const Choice choice = world.choose(AppKey{.session = some_session, .node = {}, .unbound = Verdict::fresh});
  CHECK(choice.verdict == Verdict::fresh);
  CHECK(choice.pinned == Place{});
}

TEST_CASE("what was done wins over what was found") {
  struct Row {
    const char* what;
    Choice choice;
    AppExchange exchange;
    Verdict verdict;
  };
  const Choice none{.verdict = Verdict::none};
  const Choice bound{.verdict = Verdict::bound, .pinned = a, .backup = b};
  const Choice failover{.verdict = Verdict::failover, .pinned = b};
  const Choice moved{.verdict = Verdict::moved};
  const Choice refused{.verdict = Verdict::refused, .refused = true};
  const Choice drained_choice{.verdict = Verdict::drained, .pinned = b};
  const Choice gone{.verdict = Verdict::unknown_node, .pinned = b};
  const Row rows[] = {
      {"no session, none begun", none, {.served = a}, Verdict::none},
      {"no session, one begun", none, {.served = a, .begins_session = true}, Verdict::fresh},
      {"its node answered", bound, {.served = a}, Verdict::bound},
      {"its node answered with another key", bound, {.served = a, .begins_session = true}, Verdict::bound},
      {"a connect failed, its backup answered", bound, {.served = b}, Verdict::detour},
      {"a connect failed, another answered", bound, {.served = c}, Verdict::detour},
      {"its node is down by now, its backup answered", bound, {.served = b, .pinned_down = true}, Verdict::failover},
      {"its node is down by now, another answered", bound, {.served = c, .pinned_down = true}, Verdict::moved},
      {"its node is down, its backup answered", failover, {.served = b}, Verdict::failover},
      {"its node is down, a connect to the backup failed", failover, {.served = c}, Verdict::detour},
      {"its node is down, another answered", moved, {.served = c}, Verdict::moved},
      {"its node has left the pool", gone, {.served = b}, Verdict::unknown_node},
      {"its node has left the pool, another than its next answered", gone, {.served = c}, Verdict::unknown_node},
      {"nobody answered", none, {}, Verdict::none},
      {"nobody answered", bound, {}, Verdict::bound},
      {"its node is down, nobody answered", moved, {}, Verdict::refused},
      {"its node is down, its backup did not answer", failover, {}, Verdict::refused},
      {"its node is down and it must not move", refused, {}, Verdict::refused},
      {"its node's drain is over, its backup answered", drained_choice, {.served = b}, Verdict::drained},
      {"its node's drain is over, its backup did not answer", drained_choice, {}, Verdict::refused},
      {"its node has left the pool, nobody answered", gone, {}, Verdict::unknown_node},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(settle(row.choice, row.exchange) == row.verdict);
  }
}

TEST_CASE("a learned session that leaves its node goes to the next one of its order, and back if that fails") {
  World world;
  world.standings = {draining, up, up};
  const auto leave_a = [&] {
    return leave(of_node(a),
                 {.nodes = world.nodes,
                  .standings = world.standings,
                  .when_unavailable = world.when_unavailable,
                  .primary_generation = 0},
                 world.backup);
  };
  world.backup = BackupRule::next;
  const auto next = leave_a();
  REQUIRE(next);
  CHECK(next->verdict == Verdict::drained);
  CHECK(next->pinned == next_in_order(some_session, world.nodes, world.standings, a));
  CHECK(next->backup == a);
  CHECK(settle(*next, {.served = next->pinned}) == Verdict::drained);
  CHECK(settle(*next, {.served = a}) == Verdict::detour);

  world.backup = BackupRule::none;
  REQUIRE(leave_a());
  CHECK(leave_a()->verdict == Verdict::drained);
  CHECK(leave_a()->pinned == std::nullopt);
  world.when_unavailable = WhenUnavailable::fail;
  CHECK_FALSE(leave_a());
  world.backup = BackupRule::next;
  world.standings = {draining, down, down};
  CHECK_FALSE(leave_a());
}

}  // namespace
}  // namespace stickler::affinity
