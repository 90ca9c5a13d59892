#include "lb/affinity/choice.h"

#include <algorithm>

namespace stickler::affinity {
namespace {

using balance::Standing;
using balance::takes_bound;

struct Settling {
  const Exchange& exchange;
  const SettleContext& context;
};

// Where the session's backup is, if it is named and takes the sessions bound to it.
std::optional<std::size_t> usable_backup(const Opened& cookie, const PoolView& pool) {
  if (cookie.binding.backup == 0) return std::nullopt;
  const auto node = pool.nodes.find(cookie.key, cookie.binding.backup);
  if (!node || !takes_bound(pool.standings[*node])) return std::nullopt;
  return node;
}

// Whom the session's cookie is to name, now that `served` is its node. `current`: whom it names by now for this node.
std::optional<std::size_t> backup_for(std::size_t served, std::optional<std::size_t> current, std::uint64_t nonce,
                                      const Settling& settling) {
  const SettleContext& context = settling.context;
  switch (context.backup) {
    case BackupRule::none:
      return current;
    case BackupRule::announced:
      if (!settling.exchange.announces) return current;
      return settling.exchange.announced == served ? std::nullopt : settling.exchange.announced;
    case BackupRule::next:
      break;
  }
  const bool serves = current && *current != served && takes_bound(context.standings[*current]);
  if (serves && context.standings[*current] != Standing::standby) return current;
  const auto next = next_in_order(nonce, context.nodes, context.standings, served);
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

// What the session is bound to once `served` has answered. A session that moves keeps its nonce and its age.
Binding bind_to(std::size_t served, const std::optional<Opened>& cookie, const Settling& settling) {
  const SettleContext& context = settling.context;
  const std::int64_t now = unix_seconds(context.now);
  const bool known = cookie && cookie->seal == Seal::ok;
  Binding binding{.primary = context.nodes.id_of(served),
                  .issued = known ? cookie->binding.issued : now,
                  .last_seen = now,
                  .nonce = known ? cookie->binding.nonce : context.nonce};
  std::optional<std::size_t> current;
  binding.generation = settling.exchange.generation;
  if (known && stays_on(served, *cookie, context.nodes)) {
    current = context.nodes.find(cookie->key, cookie->binding.backup);
    binding.generation = generation_for(*cookie, current, settling);
  }
  if (const auto backup = backup_for(served, current, binding.nonce, settling)) {
    binding.backup = context.nodes.id_of(*backup);
  }
  return binding;
}

// Of a session that stays: whether its cookie says something else from now on, or has to be fresh.
bool must_tell(std::size_t served, const Opened& cookie, const Settling& settling) {
  const SettleContext& context = settling.context;
  const bool signed_by_older_key = cookie.key != 0;
  if (signed_by_older_key || needs_refresh(cookie.binding, context.rules, context.now)) return true;
  const auto current = context.nodes.find(cookie.key, cookie.binding.backup);
  if (generation_for(cookie, current, settling) != cookie.binding.generation) return true;
  return backup_for(served, current, cookie.binding.nonce, settling) != current;
}

Settlement settle_unserved(const Choice& choice) {
  const bool not_done =
      choice.verdict == Verdict::moved || choice.verdict == Verdict::failover || choice.verdict == Verdict::drained;
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
  if (!exchange.served) return settle_unserved(choice);
  const std::size_t served = *exchange.served;
  const Settling settling{exchange, context};

  if (choice.pinned && served != *choice.pinned) {
    if (!exchange.pinned_down) return {.verdict = Verdict::detour};
    const Verdict verdict = served == choice.backup ? Verdict::failover : Verdict::moved;
    return {.verdict = verdict, .set_cookie = bind_to(served, cookie, settling)};
  }
  if (choice.verdict == Verdict::bound && !must_tell(served, *cookie, settling)) {
    return {.verdict = Verdict::bound};
  }
  return {.verdict = choice.verdict, .set_cookie = bind_to(served, cookie, settling)};
}

}  // namespace stickler::affinity
