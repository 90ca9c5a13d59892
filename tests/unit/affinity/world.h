// A pool of three nodes as the tests of affinity's decisions meet it. A value; one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lb/affinity/choice.h"
#include "tests/unit/affinity/fixtures.h"

namespace stickler::affinity {

using balance::not_steady;
using balance::Standing;
using Place = std::optional<std::size_t>;

inline constexpr Standing up = Standing::eligible;
inline constexpr Standing draining = Standing::bound_only;
inline constexpr Standing drained = Standing::drained;
inline constexpr Standing standby = Standing::standby;
inline constexpr Standing down = Standing::down;

inline constexpr std::size_t a = 0, b = 1, c = 2;  // Places of the nodes of these names.

// A pool of a, b and c under two keys, and what a request that came with a cookie meets there.
struct World {
  CookieKeys keys = keys_of({key_a, key_b});
  std::vector<std::string> names = {"a", "b", "c"};
  NodeTable nodes{names, keys};
  CookieRules rules = rules_of();
  std::vector<Standing> standings = {up, up, up};
  WhenUnavailable when_unavailable = WhenUnavailable::redispatch;
  BackupRule backup_rule = BackupRule::none;
  FailbackRule failback_rule = FailbackRule::never;
  TimePoint now_here = TimePoint{} + 100h;  // When it is `noon`.
  std::vector<TimePoint> steady_since = {now_here - 1h, now_here - 1h, now_here - 1h};

  Opened cookie(const std::string& primary, const std::string& backup = "", std::size_t key = 0) const {
    Binding binding = some_binding();
    binding.primary = keys.all()[key].node_id(primary);
    binding.backup = backup.empty() ? 0 : keys.all()[key].node_id(backup);
    return {.seal = Seal::ok, .binding = binding, .key = key};
  }

  Failback failback(WallTime now) const {
    return {.rule = failback_rule, .steady_since = steady_since, .now = now_here + (now - noon), .wall = now};
  }

  Choice choose(const std::optional<Opened>& cookie, WallTime now = noon) const {
    return affinity::choose(cookie, {.nodes = nodes,
                                     .standings = standings,
                                     .when_unavailable = when_unavailable,
                                     .failback = failback(now),
                                     .idle = rules.idle});
  }

  Settlement settle(const std::optional<Opened>& cookie, const Choice& choice, const Exchange& exchange,
                    WallTime now = noon) const {
    return affinity::settle(cookie, choice, exchange,
                            {.nodes = nodes,
                             .rules = rules,
                             .now = now,
                             .nonce = 4711,
                             .backup = backup_rule,
                             .standings = standings,
                             .failback = failback(now)});
  }
};

}  // namespace stickler::affinity
