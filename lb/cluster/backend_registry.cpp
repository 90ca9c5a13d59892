#include "lb/cluster/backend_registry.h"

#include <algorithm>
#include <utility>

namespace stickler::cluster {

HealthInputs BackendRegistry::Entry::inputs() const {
  return {.configured = order ? order->state : settings.state, .probes = probes, .ejected = ejection.active()};
}

bool BackendRegistry::Entry::eligible() const {
  return standing_of(effective_state(inputs()), settings.weight) == balance::Standing::eligible;
}

void BackendRegistry::Entry::end_ejection() {
  ejection.end();
  backend->failures.reset();
}

std::size_t BackendRegistry::Pool::ejected() const {
  return static_cast<std::size_t>(std::ranges::count_if(entries, [](const Entry& e) { return e.ejection.active(); }));
}

void BackendRegistry::configure(std::vector<PoolSettings> pools) {
  std::map<std::string, Pool, std::less<>> configured;
  for (PoolSettings& settings : pools) {
    const std::string name = settings.name;
    Pool* before = find_pool(name);
    Pool& pool = configured[name];
    for (BackendSettings& backend : settings.backends) {
      pool.entries.push_back(carry_over(before, settings, std::move(backend)));
    }
    settings.backends.clear();
    pool.settings = std::move(settings);
    readmit(pool);
  }
  pools_ = std::move(configured);
}

BackendRegistry::Entry BackendRegistry::carry_over(Pool* before, const PoolSettings& pool, BackendSettings backend) {
  Entry* known = before == nullptr ? nullptr : find_entry(*before, backend.name);
  Entry entry;
  if (known == nullptr) {
    entry.backend = std::make_shared<Backend>(pool.name, backend.name);
  } else if (known->settings.address == backend.address) {
    entry = *known;
    entry.order.reset();
  } else {
    entry.backend = known->backend;
    entry.backend->failures.reset();
    entry.backend->load.answer_time.reset();
    entry.backend->generation.store(0, std::memory_order_relaxed);
  }
  if (known != nullptr && known->settings.state == backend.state) entry.order = known->order;
  // What is no longer watched must not stay out because of what it once was.
  if (!pool.active_health) entry.probes = ProbeVerdict::unknown;
  if (!pool.passive) entry.ejection = Ejection{};
  entry.settings = std::move(backend);
  return entry;
}

// Ejection is a choice among backends. Where the list or the health of the others has left none to choose, those that
// are out come back, the one that would have been next first.
bool BackendRegistry::readmit(Pool& pool) {
  bool any = false;
  while (pool.ejected() > 0) {
    const bool allowed =
        pool.settings.passive && pool.ejected() <= ejected_max(pool.entries.size(), *pool.settings.passive);
    if (allowed && std::ranges::any_of(pool.entries, &Entry::eligible)) break;
    const auto ends = [](const Entry& entry) { return entry.ejection.until().value_or(TimePoint::max()); };
    std::ranges::min_element(pool.entries, {}, ends)->end_ejection();
    any = true;
  }
  return any;
}

bool BackendRegistry::record_probe_verdict(std::string_view pool_name, std::string_view backend, bool up) {
  Pool* pool = find_pool(pool_name);
  Entry* entry = pool == nullptr ? nullptr : find_entry(*pool, backend);
  if (entry == nullptr) return false;
  const State before = effective_state(entry->inputs());
  // A node that probes have seen go and come back is not the one that was ejected.
  if (up && entry->probes == ProbeVerdict::down) entry->end_ejection();
  entry->probes = up ? ProbeVerdict::up : ProbeVerdict::down;
  const bool readmitted = !up && readmit(*pool);
  return readmitted || effective_state(entry->inputs()) != before;
}

bool BackendRegistry::eject(std::string_view pool_name, std::string_view backend, TimePoint now) {
  Pool* pool = find_pool(pool_name);
  Entry* entry = pool == nullptr ? nullptr : find_entry(*pool, backend);
  if (entry == nullptr || !pool->settings.passive) return false;
  const State before = effective_state(entry->inputs());
  if (before == State::down || before == State::ejected) return false;

  if (pool->ejected() >= ejected_max(pool->entries.size(), *pool->settings.passive)) return false;
  const auto could_take_over = [&](const Entry& other) { return &other != entry && other.eligible(); };
  if (std::ranges::none_of(pool->entries, could_take_over)) return false;
  entry->ejection.start(*pool->settings.passive, now);
  return true;
}

bool BackendRegistry::order(std::string_view pool_name, std::string_view backend, const Order& order) {
  Pool* pool = find_pool(pool_name);
  Entry* entry = pool == nullptr ? nullptr : find_entry(*pool, backend);
  if (entry == nullptr) return false;
  const auto before = std::exchange(entry->order, order);
  if (order.state == entry->settings.state && order.state != Configured::drain) entry->order.reset();
  const bool readmitted = readmit(*pool);
  return readmitted || entry->order != before;
}

std::optional<TimePoint> BackendRegistry::Entry::next_end() const {
  std::optional<TimePoint> next = ejection.until();
  const bool is_timed = order && order->state == Configured::drain && order->deadline;
  if (is_timed && (!next || *order->deadline < *next)) next = order->deadline;
  return next;
}

BackendRegistry::Ended BackendRegistry::end_what_is_over(TimePoint now) {
  Ended ended;
  for (auto& [name, pool] : pools_) {
    for (Entry& entry : pool.entries) {
      if (entry.ejection.active() && *entry.ejection.until() <= now) {
        entry.end_ejection();
        ended.ejections.push_back(entry.backend);
      }
      if (const auto next = entry.next_end(); next && *next <= now) {
        entry.order->state = Configured::drained;
        ended.drains.push_back(entry.backend);
      }
    }
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
                       .state = effective_state(entry.inputs())});
  }
  const PoolSettings& settings = pool->second.settings;
  return std::make_shared<const BackendSet>(std::move(members), settings.policy, settings.policy_options);
}

std::optional<BackendRegistry::View> BackendRegistry::view(std::string_view pool_name, std::string_view backend) const {
  const auto pool = pools_.find(pool_name);
  if (pool == pools_.end()) return std::nullopt;
  for (const Entry& entry : pool->second.entries) {
    if (entry.settings.name != backend) continue;
    return View{.inputs = entry.inputs(),
                .state = effective_state(entry.inputs()),
                .ejected_until = entry.ejection.until(),
                .order = entry.order,
                .backend = entry.backend};
  }
  return std::nullopt;
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
