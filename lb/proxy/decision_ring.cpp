#include "lb/proxy/decision_ring.h"

#include <algorithm>
#include <utility>

#include "lb/base/hash.h"

namespace stickler::proxy {
namespace {

// In panic whom it ignores the health of is not written down.
std::optional<cluster::State> state_of(cluster::Exclusion exclusion, bool panics) {
  switch (exclusion) {
    case cluster::Exclusion::trial:
      return cluster::State::trial;
    case cluster::Exclusion::draining:
      return cluster::State::draining;
    case cluster::Exclusion::drained:
      return cluster::State::drained;
    case cluster::Exclusion::ejected:
      return cluster::State::ejected;
    case cluster::Exclusion::down:
      return cluster::State::down;
    case cluster::Exclusion::none:
    case cluster::Exclusion::weight_0:
    case cluster::Exclusion::standby:
      break;
  }
  return panics ? std::nullopt : std::optional(cluster::State::up);
}

}  // namespace

DecisionRing::Era DecisionRing::names_of(const Epoch& epoch) {
  Era era;
  for (const EpochListener& listener : epoch.listeners) {
    NamedListener& named = era.listeners.emplace_back();
    named.name = listener.settings->name;
    for (const Route& route : listener.settings->routes) named.routes.push_back(route.name);
  }
  for (const EpochPool& pool : epoch.pools) {
    NamedPool& named = era.pools.emplace_back();
    named.name = pool.settings->name;
    named.policy = pool.settings->policy;
    named.has_affinity = pool.settings->affinity.has_value();
    for (const cluster::Member& member : pool.set->members()) {
      named.members.push_back({.name = member.backend->name, .weight = member.weight});
    }
  }
  return era;
}

std::uint32_t DecisionRing::era_of(const Epoch& epoch) {
  Era era = names_of(epoch);
  if (eras_.empty() || eras_.back() != era) {
    eras_.push_back(std::move(era));
    if (eras_.size() > eras_max) {
      eras_.pop_front();
      ++first_era_;
    }
  }
  return first_era_ + static_cast<std::uint32_t>(eras_.size()) - 1;
}

void DecisionRing::add(const DecisionRecord& record) {
  if (records_.size() < records_max) {
    records_.push_back(record);
  } else {
    records_[added_ % records_max] = record;
  }
  ++added_;
  // It has long left the cache when its turn comes; by the next request it is back.
  const auto* next = reinterpret_cast<const char*>(records_.data() + added_ % records_max);
  __builtin_prefetch(next, 1);
  __builtin_prefetch(next + 64, 1);
}

std::optional<Decision> DecisionRing::find(std::string_view request_id, const Clock& clock) const {
  const std::uint64_t id = hash_bytes(request_id);
  for (std::uint64_t back = 1; back <= records_.size(); ++back) {
    const DecisionRecord& record = records_[(added_ - back) % records_max];
    if (record.id != id) continue;
    if (record.era < first_era_) return std::nullopt;
    return decision_of(record, eras_[record.era - first_era_], clock);
  }
  return std::nullopt;
}

Decision DecisionRing::decision_of(const DecisionRecord& record, const Era& era, const Clock& clock) {
  const NamedListener& listener = era.listeners[record.listener];
  Decision decision{.listener = listener.name,
                    .verdict = record.verdict,
                    .sets_cookie = record.sets_cookie,
                    .refusal = record.refusal,
                    .by = record.by,
                    .waits = record.waits};
  Decision::Served& served = decision.served.emplace();
  served.at = clock.wall() - (clock.now() - TimePoint{Duration(record.started_ns)});
  served.taken = std::chrono::microseconds(record.taken_us);
  served.status = record.status;
  served.failure = record.failure;
  if (record.pool == DecisionRecord::none16) return decision;

  const NamedPool& pool = era.pools[record.pool];
  const auto name = [&](std::uint32_t node) {
    return node < pool.members.size() ? pool.members[node].name : std::string();
  };
  decision.route = listener.routes[record.route];
  decision.pool = pool.name;
  decision.policy = pool.policy->name;
  decision.panics = record.panics;
  decision.backend = name(record.node);
  decision.waited_at = name(record.waited_at);
  if (pool.has_affinity) {
    decision.cookie = SessionFound{.state = record.session,
                                   .primary = name(record.primary),
                                   .backup = name(record.backup),
                                   .home = name(record.home)};
  }
  for (std::size_t i = 0; i < record.attempts; ++i) {
    served.attempts.push_back(
        {.backend = name(record.tried[i]), .by = record.chosen_by[i], .failure = record.failures[i]});
  }
  add_members(decision, record, pool);
  return decision;
}

void DecisionRing::add_members(Decision& decision, const DecisionRecord& record, const NamedPool& pool) {
  const Judging judging{.by = record.by, .decided_by = pool.policy->decided_by, .has_key = record.has_key};
  const auto load_of = [&](std::size_t node) {
    const bool known = record.has_loads && node < record.loads.size();
    return known ? std::optional<std::uint32_t>(record.loads[node]) : std::nullopt;
  };
  const auto has_failed = [&](std::size_t node) {
    for (std::size_t i = 0; i < record.attempts; ++i) {
      if (record.tried[i] == node && record.failures[i] != Failure::none) return true;
    }
    return false;
  };
  const std::size_t told = std::min(pool.members.size(), DecisionRecord::members_max);
  decision.members_left_out = pool.members.size() - told;
  for (std::size_t i = 0; i < told; ++i) {
    const bool is_chosen = i == record.node;
    Considered considered{.name = pool.members[i].name,
                          .weight = pool.members[i].weight,
                          .in_flight = load_of(i),
                          .state = state_of(record.exclusions[i], record.panics),
                          .exclusion = record.exclusions[i],
                          .is_chosen = is_chosen};
    if (!is_chosen) {
      const bool chosen_is_told = record.node < told;
      considered.why_not = why_not({.exclusion = considered.exclusion,
                                    .has_failed = has_failed(i),
                                    .was_waited_for = i == record.waited_at,
                                    .load = considered.in_flight,
                                    .load_of_chosen = chosen_is_told ? load_of(record.node) : std::nullopt,
                                    .weight = pool.members[i].weight,
                                    .weight_of_chosen = chosen_is_told ? pool.members[record.node].weight : 1},
                                   judging);
    }
    decision.members.push_back(std::move(considered));
  }
}

}  // namespace stickler::proxy
