// The steps by which a request finds its backend, as functions of what they look at. The stream takes them with what is
// in force, explain (explain.h) with copies: so what is explained is what is done. What changes is passed in; any
// thread that may touch that.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "lb/affinity/app_key.h"
#include "lb/affinity/choice.h"
#include "lb/balance/policy.h"
#include "lb/base/clock.h"
#include "lb/http/message.h"
#include "lb/http/refusal.h"
#include "lb/proxy/app_session.h"
#include "lb/proxy/epoch.h"

namespace stickler::proxy {

inline constexpr std::size_t attempts_max = 8;

// What is not for a backend: 405, 501, 413 and what Max-Forwards asks of us. none: it is.
http::Refusal refuse_unserved(const http::RequestHead& head, const ListenerSettings& listener);

struct Routed {
  http::Refusal refusal = http::Refusal::none;  // Unless none, there is no route.
  std::size_t route = 0;                        // ListenerSettings::routes.
  PoolIndex pool{};
};

// `path`: the head's, normalised.
Routed find_route(const http::RequestHead& head, std::string_view path, const ListenerSettings& listener);

struct Moment {
  TimePoint now;
  WallTime wall;
  SessionUse use = SessionUse::counts;
};

// The session that a request is of, by our cookie or by what the application says of it, as the pool has it.
struct Session {
  std::optional<affinity::Opened> cookie{};
  std::optional<affinity::AppKey> app_key{};
  affinity::Choice choice{};        // Where it belongs.
  cluster::DrainPace::Stay stay{};  // While it stays at a node that drains at a rate.
};

// Without affinity: nothing is found, and nobody is pinned. Where the use counts, a session whose node drains at a rate
// may be told to leave it.
Session find_session(const http::RequestHead& head, const EpochPool& pool, const Moment& moment);

// Of the pool as it stands. Requires: it has affinity.
affinity::Failback failback_of(const EpochPool& pool, const Moment& moment);

// What DrainPace knows the session by; nullopt: it is none that can be bound anew.
std::optional<std::uint64_t> identity_of(const Session& session);

// The node that it was bound to before this request; nullopt: none of the pool.
std::optional<std::size_t> primary_of(const Session& session, const EpochPool& pool);

// A request on its way to a backend.
struct Seeking {
  const EpochPool& pool;
  const http::RequestHead& head;
  std::string_view path;  // Normalised.
  std::string_view client_ip;
  const affinity::Choice& choice;
  std::span<const std::size_t> tried{};
  bool can_be_resent = false;  // All of it is here, and kept.
  // The node of its session at which it has waited for a place for as long as it may.
  std::optional<std::size_t> full{};
  TimePoint now;

  bool has_tried(std::size_t node) const { return std::ranges::find(tried, node) != tried.end(); }
};

// By what it comes to a backend. `backup`: of a session whose node has just failed. `trial`: it is bound to nobody, and
// tries a backend that was ejected.
enum class ChosenBy : std::uint8_t { nobody, session, backup, policy, trial };

struct Target {
  ChosenBy by = ChosenBy::nobody;  // nobody: no backend is left that may have it.
  std::size_t node = 0;
  bool has_place = false;  // Else every place of it is taken, and the request waits for one.
  bool has_key = false;    // The policy was given the request's key.
};

// The node of the session first, and when it failed its backup.
Target bound_node(const Seeking& seeking);

// Whether it is chosen since a session is bound to it, so that the request waits there by the rules of affinity.
constexpr bool is_of_session(ChosenBy by) { return by == ChosenBy::session || by == ChosenBy::backup; }

std::optional<std::uint64_t> key_of(const Seeking& seeking);  // For the policy `hash`.

// Whether a request that is bound to nobody may try a backend: if it fails, it can go to another.
bool may_try(const Seeking& seeking);

// One request at a time tries a backend.
template <class Places>
std::optional<std::size_t> find_trial(const Seeking& seeking, const Places& places) {
  const cluster::BackendSet& set = *seeking.pool.set;
  if (set.trials().empty() || !may_try(seeking)) return std::nullopt;
  for (const std::size_t node : set.trials()) {
    cluster::Backend& backend = *set[node].backend;
    if (!places.take_trial(backend)) continue;
    if (places.take(backend)) return node;
    places.leave_trial(backend);
  }
  return std::nullopt;
}

// By the policy, one that has a place; else the first that it would have been.
template <class Places>
Target pick_by_policy(const Seeking& seeking, balance::PickState& state, const Places& places) {
  const cluster::BackendSet& set = *seeking.pool.set;
  std::array<std::size_t, 2 * attempts_max> passed_over;
  std::size_t count = 0;
  for (const std::size_t node : seeking.tried) passed_over[count++] = node;
  if (seeking.full) passed_over[count++] = *seeking.full;
  Target full;
  const auto key = key_of(seeking);
  while (count < passed_over.size()) {
    const auto picked = set.pick({.tried = {passed_over.data(), count}, .key = key, .now = seeking.now}, state);
    if (!picked) break;
    const bool has_place = places.take(*set[*picked].backend);
    const Target target{.by = ChosenBy::policy, .node = *picked, .has_place = has_place, .has_key = key.has_value()};
    if (target.has_place) return target;
    if (full.by == ChosenBy::nobody) full = target;
    passed_over[count++] = *picked;
  }
  return full;
}

// Whom a request is sent to that has waited at its session's node, which is full: one that has a place, for it waits
// once only. That node comes first, since a place of it may have become free.
template <class Places>
Target overflow_target(const Seeking& seeking, balance::PickState& state, const Places& places) {
  const cluster::BackendSet& set = *seeking.pool.set;
  const auto take = [&](std::size_t node, ChosenBy by) {
    const bool may = balance::takes_bound(set.standings()[node]) && !seeking.has_tried(node);
    return may && places.take(*set[node].backend) ? Target{.by = by, .node = node, .has_place = true} : Target{};
  };
  const affinity::Choice& choice = seeking.choice;
  const ChosenBy by = seeking.full == choice.pinned ? ChosenBy::session : ChosenBy::backup;
  if (const Target after_all = take(*seeking.full, by); after_all.has_place) return after_all;
  switch (seeking.pool.settings->affinity->overload.then) {
    case affinity::OverloadThen::backup:
      return choice.backup ? take(*choice.backup, ChosenBy::backup) : Target{};
    case affinity::OverloadThen::redispatch: {
      const Target picked = pick_by_policy(seeking, state, places);
      return picked.has_place ? picked : Target{};
    }
    case affinity::OverloadThen::reject:
      break;
  }
  return {};
}

// Whom the request is sent to next. `places`: PlacesInForce (wait_queue.h), or what takes nothing and says the same.
// A request that is bound to nobody waits only where every backend is full.
template <class Places>
Target next_target(const Seeking& seeking, balance::PickState& state, const Places& places) {
  const cluster::BackendSet& set = *seeking.pool.set;
  if (seeking.full) return overflow_target(seeking, state, places);
  if (Target bound = bound_node(seeking); bound.by != ChosenBy::nobody) {
    bound.has_place = places.take(*set[bound.node].backend);
    // Nobody waits for a place at his home who is well where he is.
    if (bound.has_place || !seeking.choice.returns || bound.by != ChosenBy::session) return bound;
    const std::size_t stays = *seeking.choice.backup;
    return {.by = ChosenBy::backup, .node = stays, .has_place = places.take(*set[stays].backend)};
  }
  const bool stays = seeking.choice.pinned &&
                     seeking.pool.settings->affinity->when_unavailable == affinity::WhenUnavailable::backup_only;
  if (stays) return {};
  if (const auto tried = find_trial(seeking, places)) return {.by = ChosenBy::trial, .node = *tried, .has_place = true};
  return pick_by_policy(seeking, state, places);
}

}  // namespace stickler::proxy
