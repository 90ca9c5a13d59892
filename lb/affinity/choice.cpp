#include "lb/affinity/choice.h"

namespace stickler::affinity {
namespace {

using balance::Standing;

// Where the session's backup is, if it is named and takes the sessions bound to it.
std::optional<std::size_t> usable_backup(const Opened& cookie, const PoolView& pool) {
  if (cookie.binding.backup == 0) return std::nullopt;
  const auto node = pool.nodes.find(cookie.key, cookie.binding.backup);
  if (!node || pool.standings[*node] == Standing::down) return std::nullopt;
  return node;
}

// What the session is bound to once `served` has answered. A session that moves keeps its nonce and its age.
Binding bind_to(std::size_t served, const std::optional<Opened>& cookie, const SettleContext& context) {
  const std::int64_t now = unix_seconds(context.now);
  const bool known = cookie && cookie->seal == Seal::ok;
  Binding binding{.primary = context.nodes.id_of(served),
                  .issued = known ? cookie->binding.issued : now,
                  .last_seen = now,
                  .nonce = known ? cookie->binding.nonce : context.nonce};
  if (!known || context.nodes.find(cookie->key, cookie->binding.primary) != served) return binding;
  binding.generation = cookie->binding.generation;
  if (const auto backup = context.nodes.find(cookie->key, cookie->binding.backup)) {
    binding.backup = context.nodes.id_of(*backup);
  }
  return binding;
}

bool must_tell(const Opened& cookie, const SettleContext& context) {
  const bool signed_by_older_key = cookie.key != 0;
  return signed_by_older_key || needs_refresh(cookie.binding, context.rules, context.now);
}

Settlement settle_unserved(const Choice& choice) {
  const bool not_done = choice.verdict == Verdict::moved || choice.verdict == Verdict::failover;
  return {.verdict = not_done ? Verdict::refused : choice.verdict};
}

}  // namespace

Choice choose(const std::optional<Opened>& cookie, const PoolView& pool) {
  if (!cookie) return {.verdict = Verdict::fresh};
  if (cookie->seal == Seal::forged) return {.verdict = Verdict::forged};
  if (cookie->seal == Seal::expired) return {.verdict = Verdict::expired};

  const auto backup = usable_backup(*cookie, pool);
  const auto primary = pool.nodes.find(cookie->key, cookie->binding.primary);
  if (primary && pool.standings[*primary] != Standing::down) {
    return {.verdict = Verdict::bound, .pinned = primary, .backup = backup};
  }
  if (backup) return {.verdict = Verdict::failover, .pinned = backup};
  if (!primary) return {.verdict = Verdict::unknown_node};
  if (pool.when_unavailable == WhenUnavailable::redispatch) return {.verdict = Verdict::moved};
  return {.verdict = Verdict::refused, .refused = true};
}

Settlement settle(const std::optional<Opened>& cookie, const Choice& choice, const Exchange& exchange,
                  const SettleContext& context) {
  if (!exchange.served) return settle_unserved(choice);
  const std::size_t served = *exchange.served;

  if (choice.pinned && served != *choice.pinned) {
    if (!exchange.pinned_down) return {.verdict = Verdict::detour};
    const Verdict verdict = served == choice.backup ? Verdict::failover : Verdict::moved;
    return {.verdict = verdict, .set_cookie = bind_to(served, cookie, context)};
  }
  if (choice.verdict == Verdict::bound && !must_tell(*cookie, context)) {
    return {.verdict = Verdict::bound};
  }
  return {.verdict = choice.verdict, .set_cookie = bind_to(served, cookie, context)};
}

}  // namespace stickler::affinity
