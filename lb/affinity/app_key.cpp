#include "lb/affinity/app_key.h"

#include <cassert>

namespace stickler::affinity {
namespace {

using balance::Standing;

std::optional<std::size_t> next_of(const AppKey& key, const PoolView& pool) {
  const std::size_t nobody = pool.standings.size();
  return key.next ? key.next : next_in_order(key.session, pool.nodes, pool.standings, key.node.value_or(nobody));
}

Verdict settle_unserved(const Choice& choice, const AppExchange& exchange) {
  const bool not_done = exchange.overflows || choice.verdict == Verdict::moved || choice.verdict == Verdict::failover ||
                        choice.verdict == Verdict::drained;
  return not_done ? Verdict::refused : choice.verdict;
}

}  // namespace

Choice choose(const std::optional<AppKey>& key, const PoolView& pool, BackupRule backup_rule) {
  assert(backup_rule != BackupRule::announced);
  if (!key) return {.verdict = Verdict::none};
  const auto backup = backup_rule == BackupRule::next ? next_of(*key, pool) : std::nullopt;
  if (!key->node) {
    // With `next` a session whose node has left the pool goes where it would have gone when that node was down.
    const bool had_node = key->unbound == Verdict::unknown_node;
    return {.verdict = key->unbound, .pinned = had_node ? backup : std::nullopt};
  }
  if (may_stay(*key->node, pool.standings)) {
    return {.verdict = Verdict::bound, .pinned = key->node, .backup = backup};
  }
  const bool drained = pool.standings[*key->node] == Standing::drained;
  if (backup) return {.verdict = drained ? Verdict::drained : Verdict::failover, .pinned = backup};
  if (pool.when_unavailable == WhenUnavailable::redispatch) {
    return {.verdict = drained ? Verdict::drained : Verdict::moved};
  }
  return {.verdict = Verdict::refused, .refused = true};
}

std::optional<Choice> leave(const AppKey& key, const PoolView& pool, BackupRule backup_rule) {
  const auto backup = backup_rule == BackupRule::next ? next_of(key, pool) : std::nullopt;
  if (backup) return Choice{.verdict = Verdict::drained, .pinned = backup, .backup = key.node};
  if (!has_room_elsewhere(pool)) return std::nullopt;
  return Choice{.verdict = Verdict::drained};
}

Verdict settle(const Choice& choice, const AppExchange& exchange) {
  if (!exchange.served) return settle_unserved(choice, exchange);
  const bool left = choice.pinned && exchange.served != choice.pinned;
  if (left && choice.verdict != Verdict::unknown_node) {
    if (exchange.overflows) return Verdict::overflow;
    if (!exchange.pinned_down) return Verdict::detour;
    return exchange.served == choice.backup ? Verdict::failover : Verdict::moved;
  }
  if (choice.verdict == Verdict::none && exchange.begins_session) return Verdict::fresh;
  return choice.verdict;
}

}  // namespace stickler::affinity
