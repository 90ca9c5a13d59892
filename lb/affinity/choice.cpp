#include "lb/affinity/choice.h"

#include <algorithm>

namespace stickler::affinity {
namespace {

using balance::Standing;
using balance::takes_bound;

struct Settling {
  const Choice& choice;
  const Exchange& exchange;
  const SettleContext& context;
};

// Who may take new sessions, and has been well for long enough, may take those that left it.
bool takes_back(std::size_t node, std::span<const Standing> standings, const Failback& failback) {
  if (failback.rule == FailbackRule::never || standings[node] != Standing::eligible) return false;
  return failback.steady_since[node] != balance::not_steady;
}

// Whether a cookie that was written then, in seconds that were rounded up, was written since the node has been well:
// what it says of the node is not about the one that died. Requires: takes_back().
bool is_known_since(std::int64_t written, std::size_t node, const Failback& failback) {
  const WallTime well_since = failback.wall - (failback.now - failback.steady_since[node]);
  return WallTime{std::chrono::seconds(written - 1)} >= well_since;
}

// Whether a cookie that is written now names the home so that the session may go there.
bool can_name(std::size_t home, const SettleContext& context) {
  return takes_back(home, context.standings, context.failback) &&
         is_known_since(unix_seconds(context.now), home, context.failback);
}

// Where the session goes back to with this request; nullopt: it stays.
std::optional<std::size_t> goes_back_to(const Opened& cookie, const PoolView& pool) {
  if (cookie.binding.home == 0 || cookie.binding.home != cookie.binding.backup) return std::nullopt;
  const auto home = home_of(cookie, pool.nodes);
  if (!home || !takes_back(*home, pool.standings, pool.failback)) return std::nullopt;
  if (!is_known_since(cookie.binding.last_seen, *home, pool.failback)) return std::nullopt;
  const bool waits =
      pool.failback.rule == FailbackRule::when_idle && !was_silent(cookie.binding, pool.idle, pool.failback.wall);
  return waits ? std::nullopt : home;
}

// Where the session's backup is, if it is named and takes the sessions bound to it.
std::optional<std::size_t> usable_backup(const Opened& cookie, const PoolView& pool) {
  if (cookie.binding.backup == 0) return std::nullopt;
  const auto node = pool.nodes.find(cookie.key, cookie.binding.backup);
  if (!node || !takes_bound(pool.standings[*node])) return std::nullopt;
  return node;
}

// Whom a session is of, and whom its cookie names by now.
struct Names {
  std::uint64_t nonce = 0;
  std::optional<std::size_t> backup{};  // For the node that has served.
  std::optional<std::size_t> home{};
};

// Whom the session's cookie is to name as its backup, now that `served` is its node.
std::optional<std::size_t> backup_for(std::size_t served, const Names& names, const Settling& settling) {
  const SettleContext& context = settling.context;
  const auto current = names.backup;
  switch (context.backup) {
    case BackupRule::none:
      return current;
    case BackupRule::announced:
      if (!settling.exchange.announces) return current;
      return settling.exchange.announced == served ? std::nullopt : settling.exchange.announced;
    case BackupRule::next:
      break;
  }
  // All nodes are alike to this rule, so that nothing but this keeps a session from going home.
  if (names.home && *names.home != served && can_name(*names.home, context)) return names.home;
  const bool serves = current && *current != served && takes_bound(context.standings[*current]);
  if (serves && context.standings[*current] != Standing::standby) return current;
  const auto next = next_in_order(names.nonce, context.nodes, context.standings, served);
  const bool is_better = next && (!serves || context.standings[*next] != Standing::standby);
  return is_better ? next : current;
}

// Of a session that stays. A node that has started anew since has lost it, unless its answer announces a backup, as one
// that holds the session does: the cookie keeps the old generation, by which the next request goes to the backup.
std::uint32_t generation_for(const Opened& cookie, std::optional<std::size_t> backup, const Settling& settling) {
  const std::uint32_t before = cookie.binding.generation;
  const std::uint32_t now = settling.exchange.generation;
  if (now == 0 || now == before) return before;
  const bool can_fail_over = backup && takes_bound(settling.context.standings[*backup]);
  return before != 0 && can_fail_over && !settling.exchange.announces ? before : now;
}

bool stays_on(std::size_t served, const Opened& cookie, const NodeTable& nodes) {
  return nodes.find(cookie.key, cookie.binding.primary) == served;
}

// Home is where the session was before its first failover. It stays that while the session moves from one replica to
// another; where it went on without one, nobody has anything of it to go back to.
std::optional<std::size_t> home_after(Verdict verdict, std::size_t served, const std::optional<Opened>& cookie,
                                      const Settling& settling) {
  const SettleContext& context = settling.context;
  if (context.failback.rule == FailbackRule::never || !cookie || cookie->seal != Seal::ok) return std::nullopt;
  auto home = home_of(*cookie, context.nodes);
  if (verdict == Verdict::failover && !home) home = primary_of(cookie, context.nodes);
  const bool took_replica = verdict == Verdict::bound || verdict == Verdict::failover ||
                            (verdict == Verdict::drained && settling.choice.pinned == served);
  return took_replica && home != served ? home : std::nullopt;
}

// What the session is bound to once `served` has answered. A session that moves keeps its nonce and its age.
Binding bind_to(std::size_t served, Verdict verdict, const std::optional<Opened>& cookie, const Settling& settling) {
  const SettleContext& context = settling.context;
  const std::int64_t now = unix_seconds(context.now);
  const bool known = cookie && cookie->seal == Seal::ok;
  Binding binding{.primary = context.nodes.id_of(served),
                  .issued = known ? cookie->binding.issued : now,
                  .last_seen = now,
                  .nonce = known ? cookie->binding.nonce : context.nonce};
  Names names{.nonce = binding.nonce, .home = home_after(verdict, served, cookie, settling)};
  binding.generation = settling.exchange.generation;
  if (known && stays_on(served, *cookie, context.nodes)) {
    names.backup = context.nodes.find(cookie->key, cookie->binding.backup);
    binding.generation = generation_for(*cookie, names.backup, settling);
  }
  if (const auto backup = backup_for(served, names, settling)) binding.backup = context.nodes.id_of(*backup);
  if (names.home) binding.home = context.nodes.id_of(*names.home);
  return binding;
}

// The home is the backup still, or again: only a cookie that is written now can say that it is not meant as it was.
bool confirms(std::size_t home, const Opened& cookie, const SettleContext& context) {
  return can_name(home, context) && !is_known_since(cookie.binding.last_seen, home, context.failback);
}

// Of a session that stays: whether its cookie says something else from now on, or has to be fresh.
bool must_tell(std::size_t served, const Opened& cookie, const Settling& settling) {
  const SettleContext& context = settling.context;
  const bool signed_by_older_key = cookie.key != 0;
  if (signed_by_older_key || needs_refresh(cookie.binding, context.rules, context.now)) return true;
  const auto current = context.nodes.find(cookie.key, cookie.binding.backup);
  if (generation_for(cookie, current, settling) != cookie.binding.generation) return true;
  const Names names{.nonce = cookie.binding.nonce, .backup = current, .home = home_of(cookie, context.nodes)};
  const auto backup = backup_for(served, names, settling);
  return backup != current || (backup && backup == names.home && confirms(*backup, cookie, context));
}

Settlement settle_unserved(const Choice& choice, const Exchange& exchange) {
  if (choice.returns && !exchange.overflows) return {.verdict = Verdict::bound};
  const bool not_done = exchange.overflows || choice.verdict == Verdict::moved || choice.verdict == Verdict::failover ||
                        choice.verdict == Verdict::drained;
  return {.verdict = not_done ? Verdict::refused : choice.verdict};
}

}  // namespace

bool may_stay(std::size_t node, std::span<const Standing> standings) {
  const Standing standing = standings[node];
  if (standing != Standing::drained) return takes_bound(standing);
  return std::ranges::none_of(standings, [](Standing other) { return takes_bound(other); });
}

// A session that may stay is not sent into a refusal.
bool has_room_elsewhere(const PoolView& pool) {
  return pool.when_unavailable == WhenUnavailable::redispatch &&
         std::ranges::find(pool.standings, Standing::eligible) != pool.standings.end();
}

std::optional<std::size_t> primary_of(const std::optional<Opened>& cookie, const NodeTable& nodes) {
  if (!cookie || cookie->seal != Seal::ok) return std::nullopt;
  return nodes.find(cookie->key, cookie->binding.primary);
}

std::optional<std::size_t> home_of(const Opened& cookie, const NodeTable& nodes) {
  return cookie.binding.home == 0 ? std::nullopt : nodes.find(cookie.key, cookie.binding.home);
}

Choice choose(const std::optional<Opened>& cookie, const PoolView& pool) {
  if (!cookie) return {.verdict = Verdict::fresh};
  if (cookie->seal == Seal::forged) return {.verdict = Verdict::forged};
  if (cookie->seal == Seal::expired) return {.verdict = Verdict::expired};

  const auto backup = usable_backup(*cookie, pool);
  const auto primary = primary_of(cookie, pool.nodes);
  // A node that has started anew has lost the session; who else may have it is worth more than its good health.
  const bool restarted = cookie->binding.generation != 0 && pool.primary_generation != 0 &&
                         cookie->binding.generation != pool.primary_generation;
  if (primary && may_stay(*primary, pool.standings) && !(restarted && backup && backup != primary)) {
    const auto home = goes_back_to(*cookie, pool);
    if (home && home != primary) {
      return {.verdict = Verdict::moved, .pinned = home, .backup = primary, .returns = true};
    }
    return {.verdict = Verdict::bound, .pinned = primary, .backup = backup};
  }
  const bool drained = primary && pool.standings[*primary] == Standing::drained;
  if (backup) return {.verdict = drained ? Verdict::drained : Verdict::failover, .pinned = backup};
  if (!primary) return {.verdict = Verdict::unknown_node};
  if (pool.when_unavailable == WhenUnavailable::redispatch)
    return {.verdict = drained ? Verdict::drained : Verdict::moved};
  return {.verdict = Verdict::refused, .refused = true};
}

std::optional<Choice> leave(const Opened& cookie, const PoolView& pool) {
  const auto primary = primary_of(cookie, pool.nodes);
  const auto backup = usable_backup(cookie, pool);
  if (backup && backup != primary) return Choice{.verdict = Verdict::drained, .pinned = backup, .backup = primary};
  if (!has_room_elsewhere(pool)) return std::nullopt;
  return Choice{.verdict = Verdict::drained};
}

Settlement settle(const std::optional<Opened>& cookie, const Choice& choice, const Exchange& exchange,
                  const SettleContext& context) {
  if (!exchange.served) return settle_unserved(choice, exchange);
  const std::size_t served = *exchange.served;
  const Settling settling{choice, exchange, context};

  const bool stays = choice.returns && served == choice.backup;  // Its home has failed, its node has not.
  const Verdict found = stays ? Verdict::bound : choice.verdict;
  if (choice.pinned && served != *choice.pinned && !stays) {
    if (exchange.overflows) return {.verdict = Verdict::overflow};
    if (!exchange.pinned_down || choice.returns) return {.verdict = Verdict::detour};
    const Verdict verdict = served == choice.backup ? Verdict::failover : Verdict::moved;
    return {.verdict = verdict, .set_cookie = bind_to(served, verdict, cookie, settling)};
  }
  if (found == Verdict::bound && !must_tell(served, *cookie, settling)) return {.verdict = found};
  return {.verdict = found, .set_cookie = bind_to(served, found, cookie, settling)};
}

}  // namespace stickler::affinity
