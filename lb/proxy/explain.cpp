#include "lb/proxy/explain.h"

#include <algorithm>

#include "lb/http/path.h"
#include "lb/proxy/worker.h"

namespace stickler::proxy {
namespace {

bool has_room(const cluster::Backend& backend, const PoolSettings& pool) {
  return backend.load.in_flight.load(std::memory_order_relaxed) < pool.connections_per_backend_max;
}

// Takes nothing, and says whether it could.
struct PlacesAsTheyAre {
  const PoolSettings& pool;

  bool take(const cluster::Backend& backend) const { return has_room(backend, pool); }
  static bool take_trial(const cluster::Backend& backend) {
    return backend.trial.stage() == cluster::TrialTurn::Stage::free;
  }
  static void leave_trial(const cluster::Backend&) {}
};

SessionFound session_found(const Session& session, const EpochPool& pool, WallTime wall) {
  SessionFound found{.state = state_of(session)};
  if (session.app_key) {
    const auto name = [&](const std::optional<std::size_t>& node) {
      return node ? pool.set->names()[*node] : std::string();
    };
    const bool stays = session.choice.verdict == affinity::Verdict::bound;
    found.primary = name(session.app_key->node);
    found.backup = name(stays ? session.choice.backup : session.choice.pinned);
    return found;
  }
  if (found.state == SessionFound::State::absent || found.state == SessionFound::State::forged) return found;
  const affinity::Opened& cookie = *session.cookie;
  const auto since = [&](std::int64_t seconds) {
    return std::max(Duration::zero(), wall - WallTime{std::chrono::seconds(seconds)});
  };
  const auto name = [&](affinity::NodeId id) {
    const auto node = id == 0 ? std::nullopt : pool.nodes->find(cookie.key, id);
    return node ? pool.set->names()[*node] : std::string();
  };
  found.primary = name(cookie.binding.primary);
  found.backup = name(cookie.binding.backup);
  found.home = name(cookie.binding.home);
  found.age = since(cookie.binding.issued);
  found.unused = since(cookie.binding.last_seen);
  return found;
}

// How the choice came out, in the pool that the request was routed to.
struct Chosen {
  static constexpr std::size_t none = SIZE_MAX;

  const EpochPool& pool;
  const Session& session;
  Target target{};
  // The session's node, which had no place. No std::optional: GCC 12 takes that for uninitialised under -O3.
  std::size_t full = none;

  bool is_any() const { return target.by != ChosenBy::nobody; }
};

// As it is settled if the backend answers: the last word is its own.
affinity::Settlement settle_as_answered(const Chosen& chosen, const ExplainPlace& place) {
  const EpochPool& pool = chosen.pool;
  const Session& session = chosen.session;
  const auto served = chosen.is_any() ? std::optional(chosen.target.node) : std::nullopt;
  const bool overflows = chosen.full != Chosen::none;
  if (pool.settings->affinity->app_session) {
    return {.verdict =
                affinity::settle(session.choice, affinity::AppExchange{.served = served, .overflows = overflows})};
  }
  return affinity::settle(session.cookie, session.choice, affinity::Exchange{.served = served, .overflows = overflows},
                          {.nodes = *pool.nodes,
                           .rules = pool.settings->affinity->rules,
                           .now = place.wall,
                           .backup = pool.settings->affinity->backup,
                           .standings = pool.set->standings(),
                           .failback = failback_of(pool, {.now = place.now, .wall = place.wall})});
}

std::vector<Considered> consider(const Chosen& chosen) {
  const EpochPool& pool = chosen.pool;
  const Target& target = chosen.target;
  const bool is_any = chosen.is_any();
  const Judging judging{.by = target.by, .decided_by = pool.settings->policy->decided_by, .has_key = target.has_key};
  const auto load = [&](std::size_t node) {
    return (*pool.set)[node].backend->load.in_flight.load(std::memory_order_relaxed);
  };
  std::vector<Considered> members;
  for (std::size_t i = 0; i < pool.set->size(); ++i) {
    const cluster::Member& member = (*pool.set)[i];
    Considered considered{.name = member.backend->name,
                          .address = member.address.to_string(),
                          .weight = member.weight,
                          .in_flight = load(i),
                          .state = member.state,
                          .exclusion = pool.set->exclusions()[i],
                          .is_chosen = is_any && i == target.node};
    if (!considered.is_chosen) {
      considered.why_not = why_not({.exclusion = considered.exclusion,
                                    .was_waited_for = i == chosen.full,
                                    .is_full = !has_room(*member.backend, *pool.settings),
                                    .load = considered.in_flight,
                                    .load_of_chosen = is_any ? std::optional(load(target.node)) : std::nullopt,
                                    .weight = member.weight,
                                    .weight_of_chosen = is_any ? (*pool.set)[target.node].weight : 1},
                                   judging);
    }
    members.push_back(std::move(considered));
  }
  return members;
}

bool has_room_to_wait(const cluster::Backend& backend, const PoolSettings& pool) {
  return pool.affinity->overload.queue > Duration::zero() &&
         backend.load.waiting.load(std::memory_order_relaxed) < pool.queue_max;
}

// What Stream::attempt() and, where there is no place and none to be waited for, Stream::give_up_waiting() make of it.
void find_target(Chosen& chosen, Decision& decision, Seeking seeking, balance::PickState& state) {
  const PoolSettings& pool = *seeking.pool.settings;
  const auto next = [&] { return next_target(seeking, state, PlacesAsTheyAre{pool}); };
  chosen.target = next();
  if (!chosen.is_any()) decision.refusal = http::Refusal::no_backend;
  if (!chosen.is_any() || chosen.target.has_place) return;
  if (!is_of_session(chosen.target.by)) {
    decision.waits = true;
    decision.gives_up = GivingUp{.after = pool.queue_timeout, .refusal = http::Refusal::queue_timeout};
    return;
  }
  seeking.full = chosen.target.node;
  const Target then = next();
  const auto refusal = then.by == ChosenBy::nobody ? http::Refusal::node_full : http::Refusal::none;
  if (has_room_to_wait(*(*seeking.pool.set)[chosen.target.node].backend, pool)) {
    decision.waits = true;
    decision.gives_up = GivingUp{.after = pool.affinity->overload.queue, .by = then.by, .refusal = refusal};
    if (refusal == http::Refusal::none) decision.gives_up->backend = seeking.pool.set->names()[then.node];
    return;
  }
  decision.waited_at = seeking.pool.set->names()[chosen.target.node];
  decision.refusal = refusal;
  chosen.full = *seeking.full;
  chosen.target = then;
}

// In the pool that the request was routed to.
struct InPool {
  const EpochPool& pool;
  const http::RequestHead& head;
  std::string_view path;
  std::string_view client_ip;
};

void choose(Decision& decision, const InPool& in, const ExplainPlace& place) {
  const EpochPool& pool = in.pool;
  const Session session =
      find_session(in.head, pool, {.now = place.now, .wall = place.wall, .use = SessionUse::is_none});
  const Seeking seeking{.pool = pool,
                        .head = in.head,
                        .path = in.path,
                        .client_ip = in.client_ip,
                        .choice = session.choice,
                        .can_be_resent = in.head.framing.empty(),
                        .now = place.now};
  Chosen chosen{.pool = pool, .session = session};
  if (session.choice.refused) {
    decision.refusal = http::Refusal::node_down;
  } else {
    balance::PickState state = pool.runtime != nullptr ? pool.runtime->pick_state : balance::PickState(place.seed);
    find_target(chosen, decision, seeking, state);
  }
  decision.by = chosen.target.by;
  if (chosen.is_any()) decision.backend = pool.set->names()[chosen.target.node];
  decision.members = consider(chosen);
  if (!pool.settings->affinity) return;
  const affinity::Settlement settlement = settle_as_answered(chosen, place);
  decision.cookie = session_found(session, pool, place.wall);
  decision.verdict = settlement.verdict;
  decision.sets_cookie = settlement.set_cookie.has_value();
}

}  // namespace

Decision explain(const ExplainRequest& request, const ExplainPlace& place) {
  Decision decision{.listener = place.listener.name};
  const auto refused = [&](http::Refusal refusal) {
    decision.refusal = refusal;
    return decision;
  };
  http::RequestHead head;
  const http::ScanResult scan = http::scan_request(request.head, place.listener.head_limits, head);
  if (scan.outcome != http::ScanResult::Outcome::complete) return refused(scan.refusal);
  if (const auto refusal = refuse_unserved(head, place.listener); refusal != http::Refusal::none) {
    return refused(refusal);
  }
  std::string path;
  if (!http::normalise_path(head.path(), path)) return refused(http::Refusal::path_climbs_out);
  const Routed routed = find_route(head, path, place.listener);
  if (routed.refusal != http::Refusal::none) return refused(routed.refusal);

  const EpochPool& pool = place.pools[routed.pool.value];
  decision.route = place.listener.routes[routed.route].name;
  decision.pool = pool.settings->name;
  decision.policy = pool.settings->policy->name;
  decision.panics = pool.panics;
  choose(decision, {.pool = pool, .head = head, .path = path, .client_ip = request.client_ip}, place);
  return decision;
}

}  // namespace stickler::proxy
