#include "lb/cluster/backend_registry.h"

#include <algorithm>
#include <utility>

#include "lb/balance/registry.h"

namespace stickler::cluster {

HealthInputs BackendRegistry::Entry::inputs() const {
  return {.configured = order ? order->state : settings.state,
          .probes = probes,
          .ejected = breaker.state() == Breaker::State::open,
          .on_trial = breaker.state() == Breaker::State::half_open};
}

bool BackendRegistry::Entry::eligible() const {
  return standing_of(effective_state(inputs()), settings.weight) == balance::Standing::eligible;
}

// A standby is tried when it would serve; in panic nobody waits for a trial.
bool BackendRegistry::Entry::is_tried(const PoolView& pool) const {
  if (effective_state(inputs()) != State::trial || standing != balance::Standing::bound_only) return false;
  return settings.weight > 0 && (settings.role == Role::primary || pool.on_standby);
}

void BackendRegistry::Entry::come_back() {
  breaker.close();
  if (standing == balance::Standing::bound_only) standing = balance::Standing::down;  // On trial, until now.
  forget_traffic();
}

// What was of the time before it went out.
void BackendRegistry::Entry::forget_traffic() {
  backend->failures.reset();
  outcomes.forget();
}

// One on trial carries next to nothing: it is out as well.
std::size_t BackendRegistry::Pool::ejected() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(entries, [](const Entry& e) { return !e.breaker.is_closed(); }));
}

bool BackendRegistry::Pool::can_spare(const Entry& entry) const {
  if (!settings.passive || !entry.breaker.is_closed()) return false;
  if (effective_state(entry.inputs()) == State::down || ejected() >= ejected_max(entries.size(), *settings.passive)) {
    return false;
  }
  return std::ranges::any_of(entries, [&](const Entry& other) { return &other != &entry && other.eligible(); });
}

void BackendRegistry::configure(std::vector<PoolSettings> pools, TimePoint now) {
  std::map<std::string, Pool, std::less<>> configured;
  for (PoolSettings& settings : pools) {
    const std::string name = settings.name;
    Pool* before = find_pool(name);
    Pool& pool = configured[name];
    for (BackendSettings& backend : settings.backends) {
      pool.entries.push_back(carry_over(before, settings, std::move(backend)));
    }
    settings.backends.clear();
    pool.outcomes.resize(pool.entries.size());
    const balance::PolicyEntry* policy = balance::find_policy(settings.policy);
    if (policy != nullptr && !policy->follows_slow_start) settings.slow_start = {};
    pool.settings = std::move(settings);
    readmit(pool);
    review(pool, now);
  }
  pools_ = std::move(configured);
}

BackendRegistry::Entry BackendRegistry::carry_over(Pool* before, const PoolSettings& pool, BackendSettings backend) {
  Entry* known = before == nullptr ? nullptr : find_entry(*before, backend.name);
  Entry entry;
  if (known == nullptr) {
    entry.backend = std::make_shared<Backend>(pool.name, backend.name);
    if (before != nullptr) entry.standing = balance::Standing::down;  // Until now.
  } else if (known->settings.address == backend.address) {
    entry = *known;
    entry.order.reset();
  } else {
    entry.backend = known->backend;
    entry.standing = balance::Standing::down;
    entry.forget_traffic();
    entry.backend->load.answer_time.reset();
    entry.backend->generation.store(0, std::memory_order_relaxed);
  }
  if (known != nullptr && known->settings.state == backend.state) entry.order = known->order;
  forget_unwatched(entry, pool);
  entry.settings = std::move(backend);
  return entry;
}

// What is no longer watched must not stay out because of what it once was.
void BackendRegistry::forget_unwatched(Entry& entry, const PoolSettings& pool) {
  if (!pool.active_health) entry.probes = ProbeVerdict::unknown;
  if (!pool.passive) entry.breaker = Breaker{};
}

// Ejection is a choice among backends. Where the list or the health of the others has left none to choose, those that
// are out come back, the one that would have been next first.
void BackendRegistry::readmit(Pool& pool) {
  while (pool.ejected() > 0) {
    const bool allowed =
        pool.settings.passive && pool.ejected() <= ejected_max(pool.entries.size(), *pool.settings.passive);
    if (allowed && std::ranges::any_of(pool.entries, &Entry::eligible)) break;
    const auto ends = [](const Entry& entry) { return entry.breaker.until().value_or(TimePoint::max()); };
    std::ranges::min_element(pool.entries, {}, ends)->come_back();
  }
}

void BackendRegistry::Entry::warm_up(const SlowStart& slow_start, TimePoint now) {
  share = came_up ? slow_start.share(*came_up, now) : SlowStart::steps;
  next_step = came_up ? slow_start.next_step(*came_up, now) : std::nullopt;
  if (!next_step) came_up.reset();
}

void BackendRegistry::Entry::weigh_steadiness(Duration first, TimePoint now) {
  const HealthInputs now_in = inputs();
  const State state = effective_state(now_in);
  if (state == State::up || state == State::draining || state == State::drained) {
    steadiness.come_in(now);
  } else {
    const bool failed = now_in.probes == ProbeVerdict::down || !breaker.is_closed();
    steadiness.go_out(failed ? Steadiness::Out::failed : Steadiness::Out::ordered, first, now);
  }
  const bool is_steady = first > Duration::zero() && steadiness.is_steady(first, now);
  steady_since = is_steady ? *steadiness.history().well_since : balance::not_steady;
  steady_at = first > Duration::zero() ? steadiness.steady_at(first, now) : std::nullopt;
}

// What follows for each from what is known of all. True: for one at least, something else than before.
bool BackendRegistry::review(Pool& pool, TimePoint now) {
  std::vector<Footing> members;
  for (const Entry& entry : pool.entries) {
    members.push_back({.health = entry.inputs(), .weight = entry.settings.weight, .role = entry.settings.role});
  }
  const Turn turn = turn_of(members, pool.settings.panic_below_percent);
  const SlowStart slow_start(pool.settings.slow_start);
  bool changed = turn.panics != pool.view.panics || turn.on_standby != pool.view.on_standby;
  for (std::size_t i = 0; i < pool.entries.size(); ++i) {
    Entry& entry = pool.entries[i];
    const auto standing = std::exchange(entry.standing, turn.standings[i]);
    const auto share = entry.share;
    const auto steady_since = entry.steady_since;
    // In panic everybody is needed whole.
    if (entry.standing == balance::Standing::down || turn.panics) {
      entry.came_up.reset();
    } else if (standing == balance::Standing::down) {
      entry.came_up = now;
    }
    entry.warm_up(slow_start, now);
    entry.weigh_steadiness(pool.settings.steady_after, now);
    changed |= entry.standing != standing || entry.share != share || entry.steady_since != steady_since;
  }
  pool.view = {.panics = turn.panics, .on_standby = turn.on_standby};
  return changed;
}

bool BackendRegistry::record_probe_verdict(std::string_view pool_name, std::string_view backend, bool up,
                                           TimePoint now) {
  Pool* pool = find_pool(pool_name);
  Entry* entry = pool == nullptr ? nullptr : find_entry(*pool, backend);
  if (entry == nullptr) return false;
  const State before = effective_state(entry->inputs());
  // A node that probes have seen go and come back is not the one that was ejected.
  if (up && entry->probes == ProbeVerdict::down) entry->come_back();
  entry->probes = up ? ProbeVerdict::up : ProbeVerdict::down;
  if (!up) readmit(*pool);
  const bool reviewed = review(*pool, now);
  return reviewed || effective_state(entry->inputs()) != before;
}

bool BackendRegistry::eject_failing(std::string_view pool_name, std::string_view backend, TimePoint now) {
  Pool* pool = find_pool(pool_name);
  Entry* entry = pool == nullptr ? nullptr : find_entry(*pool, backend);
  if (entry == nullptr || !pool->can_spare(*entry)) return false;
  const OutlierRules& rules = *pool->settings.passive;
  if (entry->backend->failures.in_a_row() < entry->breaker.failures_max(rules, now)) return false;
  entry->breaker.open(Ejected::failures, rules, now);
  review(*pool, now);
  return true;
}

std::vector<std::shared_ptr<Backend>> BackendRegistry::eject_outliers(const ReadOutcomes& read, TimePoint now) {
  std::vector<std::shared_ptr<Backend>> ejected;
  for (auto& [name, pool] : pools_) {
    if (!pool.settings.passive) continue;
    for (Entry& entry : pool.entries) {
      if (entry.eligible()) {
        entry.outcomes.look(read(*entry.backend));
      } else {
        entry.outcomes.forget();
      }
    }
    Entry* outlier = pool.find_outlier();
    if (outlier == nullptr || !pool.can_spare(*outlier)) continue;
    outlier->breaker.open(Ejected::success_rate, *pool.settings.passive, now);
    outlier->outcomes.forget();
    review(pool, now);
    ejected.push_back(outlier->backend);
  }
  return ejected;
}

BackendRegistry::Entry* BackendRegistry::Pool::find_outlier() {
  for (const std::size_t looks : {OutcomeWindow::looks_short, OutcomeWindow::looks_long}) {
    for (std::size_t i = 0; i < entries.size(); ++i) outcomes[i] = entries[i].outcomes.last(looks);
    if (const auto found = cluster::find_outlier(outcomes)) return &entries[*found];
  }
  return nullptr;
}

BackendRegistry::Trial BackendRegistry::record_trial(std::string_view pool_name, std::string_view backend, bool ok,
                                                     TimePoint now) {
  Pool* pool = find_pool(pool_name);
  Entry* entry = pool == nullptr ? nullptr : find_entry(*pool, backend);
  if (entry == nullptr || entry->breaker.state() != Breaker::State::half_open) return Trial::goes_on;
  entry->breaker.record_trial(ok, *pool->settings.passive, now);
  if (entry->breaker.state() == Breaker::State::half_open) return Trial::goes_on;
  const bool passed = entry->breaker.is_closed();
  if (passed) entry->come_back();
  review(*pool, now);
  return passed ? Trial::passed : Trial::failed;
}

bool BackendRegistry::record_restart(std::string_view pool_name, std::string_view backend, TimePoint now) {
  Pool* pool = find_pool(pool_name);
  Entry* entry = pool == nullptr ? nullptr : find_entry(*pool, backend);
  if (entry == nullptr) return false;
  entry->steadiness.restart(pool->settings.steady_after, now);
  return review(*pool, now);
}

bool BackendRegistry::order(std::string_view pool_name, std::string_view backend, const Order& order, TimePoint now) {
  Pool* pool = find_pool(pool_name);
  Entry* entry = pool == nullptr ? nullptr : find_entry(*pool, backend);
  if (entry == nullptr) return false;
  const auto before = std::exchange(entry->order, order);
  entry->start_pace(now);
  if (order.state == entry->settings.state && order.state != Configured::drain) entry->order.reset();
  readmit(*pool);
  const bool reviewed = review(*pool, now);
  return reviewed || entry->order != before;
}

std::optional<TimePoint> BackendRegistry::Entry::end_of_drain() const {
  return order && order->state == Configured::drain ? order->deadline : std::nullopt;
}

// nullptr: no session moves before the deadline.
DrainPace* BackendRegistry::Entry::pace() const {
  const bool drains = order && order->state == Configured::drain && order->rate > 0;
  return drains ? backend->pace.get() : nullptr;
}

void BackendRegistry::Entry::start_pace(TimePoint now) {
  if (!order || order->state != Configured::drain || order->rate <= 0) return;
  if (backend->pace == nullptr) backend->pace = std::make_unique<DrainPace>();
  backend->pace->start(order->rate, now);
}

std::uint64_t BackendRegistry::Entry::moved() const {
  if (!order) return 0;
  return order->moved + (order->rate > 0 && backend->pace != nullptr ? backend->pace->moved() : 0);
}

std::optional<TimePoint> BackendRegistry::Entry::next_end() const {
  std::optional<TimePoint> next;
  for (const auto end : {breaker.until(), end_of_drain(), next_step, steady_at}) {
    if (end && (!next || *end < *next)) next = end;
  }
  return next;
}

// What is over by its time: being out, and then being tried. A trial whose request still waits for an answer has
// failed; where nobody has asked, e.g. because no request may be sent twice, nothing speaks against it.
void BackendRegistry::Entry::turn_breaker(const OutlierRules& rules, TimePoint now, Ended& ended) {
  if (breaker.state() == Breaker::State::open) {
    breaker.half_open(rules, now);
    forget_traffic();
    ended.ejections.push_back(backend);
  } else if (backend->trial.stage() == TrialTurn::Stage::waiting) {
    breaker.record_trial(false, rules, now);
    ended.stalled.push_back(backend);
  } else {
    come_back();
    ended.trials.push_back(backend);
  }
}

BackendRegistry::Ended BackendRegistry::end_what_is_over(TimePoint now) {
  Ended ended;
  for (auto& [name, pool] : pools_) {
    for (Entry& entry : pool.entries) {
      const auto turns = entry.breaker.until();
      if (turns && *turns <= now) entry.turn_breaker(*pool.settings.passive, now, ended);
      if (const auto end = entry.end_of_drain(); end && *end <= now) {
        entry.order->state = Configured::drained;
        ended.drains.push_back(entry.backend);
      }
    }
    ended.steps |= review(pool, now);
  }
  return ended;
}

std::optional<TimePoint> BackendRegistry::next_end() const {
  std::optional<TimePoint> next;
  for (const auto& [name, pool] : pools_) {
    for (const Entry& entry : pool.entries) {
      const auto ends = entry.next_end();
      if (ends && (!next || *ends < *next)) next = ends;
    }
  }
  return next;
}

std::shared_ptr<const BackendSet> BackendRegistry::build(std::string_view pool_name) const {
  const auto pool = pools_.find(pool_name);
  if (pool == pools_.end()) return nullptr;
  std::vector<Member> members;
  members.reserve(pool->second.entries.size());
  for (const Entry& entry : pool->second.entries) {
    members.push_back({.backend = entry.backend,
                       .address = entry.settings.address,
                       .weight = entry.settings.weight,
                       .state = effective_state(entry.inputs()),
                       .standing = entry.standing,
                       .share = entry.share,
                       .on_trial = entry.is_tried(pool->second.view),
                       .pace = entry.pace(),
                       .steady_since = entry.steady_since});
  }
  const PoolSettings& settings = pool->second.settings;
  balance::PolicyOptions options = settings.policy_options;
  options.weight_unit = settings.slow_start > Duration::zero() ? SlowStart::steps : 1;
  return std::make_shared<const BackendSet>(std::move(members), settings.policy, options);
}

std::optional<BackendRegistry::View> BackendRegistry::view(std::string_view pool_name, std::string_view backend) const {
  const auto pool = pools_.find(pool_name);
  if (pool == pools_.end()) return std::nullopt;
  for (const Entry& entry : pool->second.entries) {
    if (entry.settings.name != backend) continue;
    return View{.inputs = entry.inputs(),
                .state = effective_state(entry.inputs()),
                .ejected_for = entry.breaker.why(),
                .ejected_until = entry.breaker.until(),
                .order = entry.order,
                .moved = entry.moved(),
                .share = entry.share,
                .backend = entry.backend};
  }
  return std::nullopt;
}

BackendRegistry::PoolView BackendRegistry::view(std::string_view pool_name) const {
  const auto pool = pools_.find(pool_name);
  return pool == pools_.end() ? PoolView{} : pool->second.view;
}

BackendRegistry::Pool* BackendRegistry::find_pool(std::string_view name) {
  const auto found = pools_.find(name);
  return found == pools_.end() ? nullptr : &found->second;
}

BackendRegistry::Entry* BackendRegistry::find_entry(Pool& pool, std::string_view name) {
  for (Entry& entry : pool.entries) {
    if (entry.settings.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace stickler::cluster
