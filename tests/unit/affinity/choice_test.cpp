// The table "What happens when" of docs/affinity.md, row by row.
#include "lb/affinity/choice.h"

#include <catch2/catch.hpp>

#include "tests/unit/affinity/world.h"

namespace stickler::affinity {
namespace {

TEST_CASE("what is found decides where a request goes") {
  struct Row {
    const char* what;
    std::string primary, backup;
    std::vector<Standing> standings;
    WhenUnavailable when_unavailable;
    Verdict verdict;
    Place pinned, detour;
  };
  constexpr auto redispatch = WhenUnavailable::redispatch;
  constexpr auto backup_only = WhenUnavailable::backup_only;
  constexpr auto fail = WhenUnavailable::fail;
  const std::vector<Row> rows = {
      {"its node is up", "a", "", {up, up, up}, redispatch, Verdict::bound, a, {}},
      {"its node and its backup are up", "a", "b", {up, up, up}, redispatch, Verdict::bound, a, b},
      {"its backup is down", "a", "b", {up, down, up}, redispatch, Verdict::bound, a, {}},
      {"its backup drains", "a", "b", {up, draining, up}, redispatch, Verdict::bound, a, b},
      {"its backup has left the pool", "a", "x", {up, up, up}, redispatch, Verdict::bound, a, {}},
      {"its node drains, or has weight 0", "c", "", {up, up, draining}, redispatch, Verdict::bound, c, {}},
      {"its node drains, nobody else is up", "c", "", {down, down, draining}, fail, Verdict::bound, c, {}},
      {"its node is drained", "a", "", {drained, up, up}, redispatch, Verdict::drained, {}, {}},
      {"its node is drained, its backup up", "a", "b", {drained, up, up}, fail, Verdict::drained, b, {}},
      {"its node is drained, its backup drains", "a", "b", {drained, draining, up}, fail, Verdict::drained, b, {}},
      {"its node and its backup are drained", "a", "b", {drained, drained, up}, redispatch, Verdict::drained, {}, {}},
      {"its node is drained, and no other will do", "a", "", {drained, up, up}, fail, Verdict::refused, {}, {}},
      {"its node is drained, nobody takes sessions", "a", "", {drained, down, drained}, fail, Verdict::bound, a, {}},
      {"its backup is drained", "a", "b", {up, drained, up}, redispatch, Verdict::bound, a, {}},
      {"its node is down, its backup drained", "a", "b", {down, drained, up}, redispatch, Verdict::moved, {}, {}},
      {"its node is down", "a", "", {down, up, up}, redispatch, Verdict::moved, {}, {}},
      {"its node is down, its backup up", "a", "b", {down, up, up}, redispatch, Verdict::failover, b, {}},
      {"its node is down, its backup drains", "a", "b", {down, draining, up}, fail, Verdict::failover, b, {}},
      {"its node and its backup are down", "a", "b", {down, down, up}, redispatch, Verdict::moved, {}, {}},
      {"its node is down, and no other will do", "a", "", {down, up, up}, fail, Verdict::refused, {}, {}},
      {"its node is down, and it has no backup", "a", "", {down, up, up}, backup_only, Verdict::refused, {}, {}},
      {"its node and its backup are down", "a", "b", {down, down, up}, backup_only, Verdict::refused, {}, {}},
      {"its node is down, its backup will do", "a", "b", {down, up, up}, backup_only, Verdict::failover, b, {}},
      {"its node is a standby, and primaries serve", "c", "", {up, up, standby}, redispatch, Verdict::bound, c, {}},
      {"its backup is a standby", "a", "c", {up, up, standby}, redispatch, Verdict::bound, a, c},
      {"its node is down, its backup a standby", "a", "c", {down, up, standby}, fail, Verdict::failover, c, {}},
      {"its node has left the pool", "x", "", {up, up, up}, redispatch, Verdict::unknown_node, {}, {}},
      {"its node has left the pool", "x", "", {up, up, up}, fail, Verdict::unknown_node, {}, {}},
      {"its node has left, its backup is up", "x", "c", {up, up, up}, redispatch, Verdict::failover, c, {}},
      {"its node has left, its backup is down", "x", "c", {up, up, down}, redispatch, Verdict::unknown_node, {}, {}},
  };
  World world;
  for (const std::size_t key : {0U, 1U}) {
    for (const Row& row : rows) {
      CAPTURE(row.what, key);
      world.standings = row.standings;
      world.when_unavailable = row.when_unavailable;
      const Choice choice = world.choose(world.cookie(row.primary, row.backup, key));
      CHECK(choice.verdict == row.verdict);
      CHECK(choice.pinned == row.pinned);
      CHECK(choice.backup == row.detour);
      CHECK(choice.refused == (row.verdict == Verdict::refused));
    }
  }
}

TEST_CASE("a session that leaves a node which drains at a rate goes to its backup, or where it is well received") {
  struct Row {
    const char* what;
    std::string backup;
    std::vector<Standing> standings;
    WhenUnavailable when_unavailable;
    bool leaves;
    Place pinned;
  };
  constexpr auto redispatch = WhenUnavailable::redispatch;
  constexpr auto backup_only = WhenUnavailable::backup_only;
  constexpr auto fail = WhenUnavailable::fail;
  const std::vector<Row> rows = {
      {"its backup is up", "b", {draining, up, up}, redispatch, true, b},
      {"its backup is up", "b", {draining, up, up}, fail, true, b},
      {"its backup drains as well", "b", {draining, draining, up}, backup_only, true, b},
      {"its backup is a standby", "c", {draining, up, standby}, redispatch, true, c},
      {"its backup is down", "b", {draining, down, up}, redispatch, true, {}},
      {"its backup is down", "b", {draining, down, up}, backup_only, false, {}},
      {"its backup is drained", "b", {draining, drained, up}, fail, false, {}},
      {"its backup has left the pool", "x", {draining, up, up}, redispatch, true, {}},
      {"it has none", "", {draining, up, up}, redispatch, true, {}},
      {"it has none", "", {draining, up, up}, backup_only, false, {}},
      {"it has none", "", {draining, up, up}, fail, false, {}},
      {"it has none, and nobody takes new sessions", "", {draining, down, standby}, redispatch, false, {}},
      {"its backup is its node", "a", {draining, up, up}, redispatch, true, {}},
  };
  World world;
  for (const Row& row : rows) {
    CAPTURE(row.what, row.when_unavailable);
    world.standings = row.standings;
    world.when_unavailable = row.when_unavailable;
    const Opened cookie = world.cookie("a", row.backup);
    REQUIRE(world.choose(cookie).verdict == Verdict::bound);
    const auto choice =
        leave(cookie, {.nodes = world.nodes, .standings = world.standings, .when_unavailable = world.when_unavailable});
    REQUIRE(choice.has_value() == row.leaves);
    if (!choice) continue;
    CHECK(choice->verdict == Verdict::drained);
    CHECK(choice->pinned == row.pinned);
    CHECK(choice->backup == (row.pinned ? Place(a) : Place()));
    CHECK_FALSE(choice->refused);

    const std::size_t served = row.pinned.value_or(b);
    const Settlement settlement = world.settle(cookie, *choice, {.served = served});
    CHECK(settlement.verdict == Verdict::drained);
    REQUIRE(settlement.set_cookie);
    CHECK(settlement.set_cookie->primary == world.nodes.id_of(served));
    CHECK(settlement.set_cookie->nonce == cookie.binding.nonce);
    if (!row.pinned) continue;
    const Settlement at_home = world.settle(cookie, *choice, {.served = a});  // The backup refused a connect.
    CHECK(at_home.verdict == Verdict::detour);
    CHECK_FALSE(at_home.set_cookie);
  }
}

TEST_CASE("a request without a binding that counts goes where the policy says") {
  World world;
  for (const auto unavailable : {WhenUnavailable::redispatch, WhenUnavailable::backup_only, WhenUnavailable::fail}) {
    world.when_unavailable = unavailable;
    Opened expired = world.cookie("a", "b");
    expired.seal = Seal::expired;
    CHECK(world.choose(std::nullopt).verdict == Verdict::fresh);
    CHECK(world.choose(Opened{}).verdict == Verdict::forged);
    CHECK(world.choose(expired).verdict == Verdict::expired);
    for (const auto& cookie : {std::optional<Opened>(), std::optional<Opened>(Opened{}), std::optional(expired)}) {
      const Choice choice = world.choose(cookie);
      CHECK(choice.pinned == std::nullopt);
      CHECK(choice.backup == std::nullopt);
      CHECK_FALSE(choice.refused);
    }
  }
}

TEST_CASE("the table is stable: a reordered list of nodes, and new addresses, keep every session where it is") {
  World world;
  const Opened cookie = world.cookie("a", "c");
  world.names = {"c", "x", "a", "b"};
  world.nodes = NodeTable(world.names, world.keys);
  world.standings.assign(4, up);
  CHECK(world.choose(cookie).pinned == 2);
  CHECK(world.choose(cookie).backup == 0);
}

TEST_CASE("a first answer binds the session to the node that gave it") {
  const World world;
  Opened expired = world.cookie("a", "b");
  expired.seal = Seal::expired;
  for (const auto& cookie : {std::optional<Opened>(), std::optional<Opened>(Opened{}), std::optional(expired)}) {
    const Choice choice = world.choose(cookie);
    const Settlement settlement = world.settle(cookie, choice, {.served = c});
    CHECK(settlement.verdict == choice.verdict);
    CHECK(settlement.set_cookie == Binding{.primary = world.nodes.id_of(c),
                                           .issued = unix_seconds(noon),
                                           .last_seen = unix_seconds(noon),
                                           .nonce = 4711});
  }
}

TEST_CASE("an answer of the bound node changes nothing, and says so by no cookie") {
  const World world;
  const Opened cookie = world.cookie("a", "b");
  const Settlement settlement = world.settle(cookie, world.choose(cookie), {.served = a});
  CHECK(settlement.verdict == Verdict::bound);
  CHECK(settlement.set_cookie == std::nullopt);
}

TEST_CASE("a cookie last written idle/4 ago is written again, with only that time changed") {
  const World world;
  Opened cookie = world.cookie("a", "b");
  cookie.binding.last_seen = unix_seconds(noon);
  const WallTime later = noon + 7min + 30s;
  CHECK_FALSE(world.settle(cookie, world.choose(cookie), {.served = a}, later).set_cookie);
  const Settlement settlement = world.settle(cookie, world.choose(cookie), {.served = a}, later + 1s);
  CHECK(settlement.verdict == Verdict::bound);
  Binding expected = cookie.binding;
  expected.last_seen = unix_seconds(later + 1s);
  CHECK(settlement.set_cookie == expected);
}

TEST_CASE("a cookie of an older key is signed again, once, for the same node and the same backup") {
  const World world;
  const Opened old = world.cookie("a", "b", 1);
  const Settlement settlement = world.settle(old, world.choose(old), {.served = a});
  CHECK(settlement.verdict == Verdict::bound);
  Binding expected = world.cookie("a", "b", 0).binding;
  expected.last_seen = unix_seconds(noon);
  REQUIRE(settlement.set_cookie == expected);

  const auto text = seal(*settlement.set_cookie, world.keys, "login");
  const Opened again = open(as_text(text), world.keys, world.rules, noon);
  CHECK(again.key == 0);
  CHECK_FALSE(world.settle(again, world.choose(again), {.served = a}).set_cookie);
}

TEST_CASE("a backup that has left the pool is not named again") {
  const World world;
  const Opened old = world.cookie("a", "x", 1);
  CHECK(world.settle(old, world.choose(old), {.served = a}).set_cookie->backup == 0);
}

TEST_CASE("a failed connect detours the request and leaves the cookie alone, whatever else would rewrite it") {
  const World world;
  for (const std::size_t key : {0U, 1U}) {
    Opened cookie = world.cookie("a", "b", key);
    cookie.binding.last_seen = unix_seconds(noon - 20min);  // Due to be written again.
    for (const std::size_t served : {b, c}) {
      const Settlement settlement = world.settle(cookie, world.choose(cookie), {.served = served});
      CHECK(settlement.verdict == Verdict::detour);
      CHECK(settlement.set_cookie == std::nullopt);
    }
  }
}

TEST_CASE("a session whose node is down is bound to the one that served, and stays the same session") {
  World world;
  world.standings = {down, up, up};
  for (const std::size_t key : {0U, 1U}) {
    const Opened cookie = world.cookie("a", "", key);
    const Choice choice = world.choose(cookie);
    const Settlement settlement = world.settle(cookie, choice, {.served = c});
    CHECK(settlement.verdict == Verdict::moved);
    CHECK(settlement.set_cookie == Binding{.primary = world.nodes.id_of(c),
                                           .issued = cookie.binding.issued,
                                           .last_seen = unix_seconds(noon),
                                           .nonce = cookie.binding.nonce});
  }
}

TEST_CASE("a session whose node has left is bound anew, and stays the same session") {
  const World world;
  const Opened cookie = world.cookie("x");
  const Settlement settlement = world.settle(cookie, world.choose(cookie), {.served = b});
  CHECK(settlement.verdict == Verdict::unknown_node);
  REQUIRE(settlement.set_cookie);
  CHECK(settlement.set_cookie->primary == world.nodes.id_of(b));
  CHECK(settlement.set_cookie->nonce == cookie.binding.nonce);
  CHECK(settlement.set_cookie->generation == 0);  // It was another node's.
}

TEST_CASE("a node that is found down while its request waits moves the session: what was done wins") {
  const World world;
  const Opened cookie = world.cookie("a", "b");
  const Choice choice = world.choose(cookie);
  REQUIRE(choice.verdict == Verdict::bound);
  const Settlement to_backup = world.settle(cookie, choice, {.served = b, .pinned_down = true});
  CHECK(to_backup.verdict == Verdict::failover);
  CHECK(to_backup.set_cookie->primary == world.nodes.id_of(b));
  CHECK(to_backup.set_cookie->backup == 0);
  const Settlement elsewhere = world.settle(cookie, choice, {.served = c, .pinned_down = true});
  CHECK(elsewhere.verdict == Verdict::moved);
  CHECK(elsewhere.set_cookie->primary == world.nodes.id_of(c));
  CHECK(elsewhere.set_cookie->nonce == cookie.binding.nonce);
}

TEST_CASE("failover to the backup makes it the primary") {
  World world;
  world.standings = {down, up, up};
  const Opened cookie = world.cookie("a", "b");
  const Settlement settlement = world.settle(cookie, world.choose(cookie), {.served = b});
  CHECK(settlement.verdict == Verdict::failover);
  CHECK(settlement.set_cookie->primary == world.nodes.id_of(b));
  CHECK(settlement.set_cookie->nonce == cookie.binding.nonce);
}

TEST_CASE("a failover whose backup refuses one connect is a detour: the next request tries the backup again") {
  World world;
  world.standings = {down, up, up};
  const Opened cookie = world.cookie("a", "b");
  const Settlement settlement = world.settle(cookie, world.choose(cookie), {.served = c});
  CHECK(settlement.verdict == Verdict::detour);
  CHECK(settlement.set_cookie == std::nullopt);
}

TEST_CASE("where nobody answered, no cookie is set, and the verdict claims nothing that was not done") {
  struct Row {
    const char* what;
    std::optional<Opened> cookie;
    std::vector<Standing> standings;
    Verdict verdict;
  };
  World world;
  Opened expired = world.cookie("a");
  expired.seal = Seal::expired;
  const std::vector<Standing> all_up = {up, up, up};
  const std::vector<Standing> a_down = {down, up, up};
  const std::vector<Row> rows = {
      {"new", std::nullopt, all_up, Verdict::fresh},
      {"expired", expired, all_up, Verdict::expired},
      {"forged", Opened{}, all_up, Verdict::forged},
      {"unknown node", world.cookie("x"), all_up, Verdict::unknown_node},
      {"bound", world.cookie("a"), all_up, Verdict::bound},
      {"to be moved", world.cookie("a"), a_down, Verdict::refused},
      {"to fail over", world.cookie("a", "b"), a_down, Verdict::refused},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    world.standings = row.standings;
    const Settlement settlement = world.settle(row.cookie, world.choose(row.cookie), {});
    CHECK(settlement.verdict == row.verdict);
    CHECK(settlement.set_cookie == std::nullopt);
  }
  world.when_unavailable = WhenUnavailable::fail;
  CHECK(world.settle(world.cookie("a"), world.choose(world.cookie("a")), {}).verdict == Verdict::refused);
}

TEST_CASE("a request whose node was full went elsewhere or nowhere: the session stays, and its cookie is left alone") {
  struct Row {
    const char* what;
    std::string backup;
    std::vector<Standing> standings;
    Place served;
    bool pinned_down;
    Verdict verdict;
    bool tells;
  };
  const std::vector<Row> rows = {
      {"its backup has served it", "b", {up, up, up}, b, false, Verdict::overflow, false},
      {"another has served it", "b", {up, up, up}, c, false, Verdict::overflow, false},
      {"its node went down meanwhile: the next request finds that",
       "b",
       {up, up, up},
       b,
       true,
       Verdict::overflow,
       false},
      {"a place of its node became free after all", "b", {up, up, up}, a, false, Verdict::bound, false},
      {"nobody had a place", "b", {up, up, up}, {}, false, Verdict::refused, false},
      {"its node is down, and its backup is full", "b", {down, up, up}, c, false, Verdict::overflow, false},
      {"the same, and nobody had a place", "b", {down, up, up}, {}, false, Verdict::refused, false},
      {"a place of its backup became free after all", "b", {down, up, up}, b, false, Verdict::failover, true},
  };
  World world;
  for (const Row& row : rows) {
    CAPTURE(row.what);
    world.standings = row.standings;
    Opened cookie = world.cookie("a", row.backup);
    cookie.binding.last_seen = unix_seconds(noon);
    const Exchange exchange{.served = row.served, .pinned_down = row.pinned_down, .overflows = true};
    const Settlement settlement = world.settle(cookie, world.choose(cookie), exchange);
    CHECK(settlement.verdict == row.verdict);
    CHECK(settlement.set_cookie.has_value() == row.tells);
  }
}

TEST_CASE("a verdict is one word") {
  const std::vector<std::pair<Verdict, std::string_view>> rows = {
      {Verdict::none, "none"},       {Verdict::fresh, "new"},         {Verdict::bound, "bound"},
      {Verdict::expired, "expired"}, {Verdict::forged, "forged"},     {Verdict::unknown_node, "unknown_node"},
      {Verdict::detour, "detour"},   {Verdict::failover, "failover"}, {Verdict::moved, "moved"},
      {Verdict::drained, "drained"}, {Verdict::overflow, "overflow"}, {Verdict::refused, "refused"}};
  CHECK(rows.size() == verdict_count);
  for (const auto& [verdict, word] : rows) CHECK(to_string(verdict) == word);
}

TEST_CASE("whom a cookie names as the backup, by rule, by what it named, and by what the answer says") {
  struct Row {
    const char* what;
    BackupRule rule;
    std::string named;  // By the cookie that came, whose node is a; "-": it was a first request.
    std::vector<Standing> standings;
    bool announces;
    Place announced;
    Place backup;
    bool tells;
  };
  constexpr auto none = BackupRule::none;
  constexpr auto next = BackupRule::next;
  constexpr auto announced = BackupRule::announced;
  // The order of this session after a: c, b. Of the one without a cookie: b, c.
  const std::vector<Row> rows = {
      {"nobody is to be named", none, "-", {up, up, up}, false, {}, {}, true},
      {"nobody is named any more, but who was named is left alone", none, "b", {up, up, up}, true, c, b, false},
      {"the next in order", next, "-", {up, up, up}, false, {}, b, true},
      {"the next but one, as the next is down", next, "-", {up, down, up}, false, {}, c, true},
      {"the next but one, as the next drains", next, "-", {up, draining, up}, false, {}, c, true},
      {"there is no other", next, "-", {up, down, down}, false, {}, {}, true},
      {"the session had none", next, "", {up, up, up}, false, {}, c, true},
      {"who is named stays, next or not", next, "b", {up, up, up}, false, {}, b, false},
      {"who is named stays while it drains", next, "b", {up, draining, up}, false, {}, b, false},
      {"who is named went down", next, "b", {up, down, up}, false, {}, c, true},
      {"who is named went down, and there is no other", next, "b", {up, down, down}, false, {}, b, false},
      {"who is named has left", next, "x", {up, up, up}, false, {}, c, true},
      {"who is named is the node itself", next, "a", {up, up, up}, false, {}, c, true},
      {"a primary before a standby, whatever the order", next, "", {up, up, standby}, false, {}, b, true},
      {"a standby where there is no other primary", next, "", {up, down, standby}, false, {}, c, true},
      {"the first of the standbys", next, "", {up, standby, standby}, false, {}, c, true},
      {"a primary for a session of a standby", next, "-", {standby, up, down}, false, {}, b, true},
      {"a standby that is named stays while there is no other primary",
       next,
       "b",
       {up, standby, standby},
       false,
       {},
       b,
       false},
      {"a standby that is named gives way to a primary", next, "c", {up, up, standby}, false, {}, b, true},
      {"a standby that the answer names", announced, "b", {up, up, standby}, true, c, c, true},
      {"the answer names one", announced, "-", {up, up, up}, true, c, c, true},
      {"the answer names nobody", announced, "-", {up, up, up}, false, {}, {}, true},
      {"the answer names another", announced, "b", {up, up, up}, true, c, c, true},
      {"the answer names the same", announced, "b", {up, up, up}, true, b, b, false},
      {"the answer names one that is down: it knows", announced, "b", {up, up, down}, true, c, c, true},
      {"the answer says nothing", announced, "b", {up, up, up}, false, {}, b, false},
      {"the answer names one that is not of the pool", announced, "b", {up, up, up}, true, {}, {}, true},
      {"the answer names its own node", announced, "b", {up, up, up}, true, a, {}, true},
  };
  World world;
  for (const Row& row : rows) {
    CAPTURE(row.what);
    world.backup_rule = row.rule;
    world.standings = row.standings;
    std::optional<Opened> cookie;
    if (row.named != "-") cookie = world.cookie("a", row.named);
    const Exchange exchange{.served = a, .announces = row.announces, .announced = row.announced};
    const Settlement settlement = world.settle(cookie, world.choose(cookie), exchange);
    CHECK(settlement.set_cookie.has_value() == row.tells);
    if (!settlement.set_cookie) continue;
    CHECK(settlement.set_cookie->primary == world.nodes.id_of(a));
    CHECK(settlement.set_cookie->backup == (row.backup ? world.nodes.id_of(*row.backup) : 0));
    if (cookie) CHECK(settlement.set_cookie->nonce == cookie->binding.nonce);
  }
}

TEST_CASE("after a failover the backup is the node, and another is named: not the one that died") {
  World world;
  world.backup_rule = BackupRule::next;
  world.standings = {down, up, up};
  const Opened cookie = world.cookie("a", "b");
  const Settlement next = world.settle(cookie, world.choose(cookie), {.served = b});
  CHECK(next.verdict == Verdict::failover);
  CHECK(next.set_cookie->primary == world.nodes.id_of(b));
  CHECK(next.set_cookie->backup == world.nodes.id_of(c));

  world.backup_rule = BackupRule::announced;
  const Settlement said = world.settle(cookie, world.choose(cookie), {.served = b, .announces = true, .announced = c});
  CHECK(said.set_cookie->backup == world.nodes.id_of(c));
}

TEST_CASE("the backup that is named is told once, and not again") {
  World world;
  for (const BackupRule rule : {BackupRule::next, BackupRule::announced}) {
    world.backup_rule = rule;
    const Exchange exchange{.served = a, .announces = true, .announced = c};
    const Settlement first = world.settle(std::nullopt, world.choose(std::nullopt), exchange);
    const Opened cookie{.seal = Seal::ok, .binding = *first.set_cookie, .key = 0};
    CHECK_FALSE(world.settle(cookie, world.choose(cookie), exchange).set_cookie);
  }
}

TEST_CASE("the sessions of a node that dies are spread over all others, in an order that does not depend on the keys") {
  std::vector<std::string> names;
  for (int i = 0; i < 8; ++i) names.push_back("node-" + std::to_string(i));
  const NodeTable nodes(names, keys_of({key_a}));
  const NodeTable rotated(names, keys_of({key_b, key_a}));
  const std::vector<Standing> standings(8, up);
  std::vector<int> named(8);
  for (std::uint64_t nonce = 0; nonce < 7000; ++nonce) {
    const Place next = next_in_order(nonce * 0x9e3779b97f4a7c15, nodes, standings, 3);
    REQUIRE(next == next_in_order(nonce * 0x9e3779b97f4a7c15, rotated, standings, 3));
    ++named[next.value()];
  }
  CHECK(named[3] == 0);
  for (std::size_t i = 0; i < 8; ++i) {
    if (i != 3) CHECK(std::abs(named[i] - 1000) < 150);
  }
}

TEST_CASE("a node that has started anew counts as down for a session that has a backup, and for no other") {
  struct Row {
    const char* what;
    std::string backup;
    std::vector<Standing> standings;
    std::uint32_t cookie, now;
    Verdict verdict;
    Place pinned;
  };
  const std::vector<Row> rows = {
      {"it has started anew", "b", {up, up, up}, 1, 2, Verdict::failover, b},
      {"it has started anew, but there is no backup", "", {up, up, up}, 1, 2, Verdict::bound, a},
      {"it has started anew, but the backup is down", "b", {up, down, up}, 1, 2, Verdict::bound, a},
      {"it has started anew, but the backup is the node itself", "a", {up, up, up}, 1, 2, Verdict::bound, a},
      {"it is the same", "b", {up, up, up}, 1, 1, Verdict::bound, a},
      {"it has not been heard of since the balancer started", "b", {up, up, up}, 1, 0, Verdict::bound, a},
      {"it named no generation when the session was bound", "b", {up, up, up}, 0, 2, Verdict::bound, a},
  };
  World world;
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Opened cookie = world.cookie("a", row.backup);
    cookie.binding.generation = row.cookie;
    const Choice choice =
        affinity::choose(cookie, {.nodes = world.nodes, .standings = row.standings, .primary_generation = row.now});
    CHECK(choice.verdict == row.verdict);
    CHECK(choice.pinned == row.pinned);
  }
}

TEST_CASE("a cookie holds the generation of the node that it is bound to") {
  struct Row {
    const char* what;
    std::string backup;
    Standing of_backup;
    std::uint32_t cookie, answer;
    bool announces;
    std::uint32_t generation;
    bool tells;
  };
  const std::vector<Row> rows = {
      {"the same", "b", up, 1, 1, false, 1, false},
      {"the answer names none", "b", up, 1, 0, false, 1, false},
      {"the first that is named", "b", up, 0, 2, false, 2, true},
      {"another, and nobody else has the session", "", up, 1, 2, false, 2, true},
      {"another, and who else has the session is down", "b", down, 1, 2, false, 2, true},
      {"another: by the old one the next request goes to the backup", "b", up, 1, 2, false, 1, false},
      {"another, but it holds the session: it names its backup", "b", up, 1, 2, true, 2, true},
  };
  World world;
  world.backup_rule = BackupRule::announced;
  for (const Row& row : rows) {
    CAPTURE(row.what);
    world.standings = {up, row.of_backup, up};
    Opened cookie = world.cookie("a", row.backup);
    cookie.binding.generation = row.cookie;
    const Exchange exchange{.served = a, .generation = row.answer, .announces = row.announces, .announced = b};
    const Settlement settlement = world.settle(cookie, world.choose(cookie), exchange);
    CHECK(settlement.set_cookie.has_value() == row.tells);
    if (settlement.set_cookie) CHECK(settlement.set_cookie->generation == row.generation);
  }
  const Settlement first = world.settle(std::nullopt, {.verdict = Verdict::fresh}, {.served = c, .generation = 7});
  CHECK(first.set_cookie->generation == 7);
}

}  // namespace
}  // namespace stickler::affinity
