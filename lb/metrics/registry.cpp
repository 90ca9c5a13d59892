#include "lb/metrics/registry.h"

namespace stickler::metrics {
namespace {

template <class Counters>
Counters& slot(std::vector<std::unique_ptr<Counters>>& workers, std::uint32_t worker) {
  if (workers.size() <= worker) workers.resize(worker + 1);
  if (!workers[worker]) workers[worker] = std::make_unique<Counters>();
  return *workers[worker];
}

template <class Totals, class Map, class Key>
Totals totals_of(const Map& map, const Key& key) {
  Totals totals{};
  const auto found = map.find(key);
  if (found == map.end()) return totals;
  for (const auto& counters : found->second) {
    if (counters) add(totals, *counters);
  }
  return totals;
}

template <class Map>
std::vector<typename Map::key_type> keys_of(const Map& map) {
  std::vector<typename Map::key_type> keys;
  keys.reserve(map.size());
  for (const auto& [key, counters] : map) keys.push_back(key);
  return keys;
}

}  // namespace

ListenerCounters& Registry::listener(std::uint32_t worker, std::string_view name) {
  return slot(listeners_[std::string(name)], worker);
}

PoolCounters& Registry::pool(std::uint32_t worker, std::string_view name) {
  return slot(pools_[std::string(name)], worker);
}

BackendCounters& Registry::backend(std::uint32_t worker, std::string_view pool, std::string_view name) {
  return slot(backends_[{std::string(pool), std::string(name)}], worker);
}

ListenerTotals Registry::listener_totals(std::string_view name) const {
  return totals_of<ListenerTotals>(listeners_, std::string(name));
}

PoolTotals Registry::pool_totals(std::string_view name) const {
  return totals_of<PoolTotals>(pools_, std::string(name));
}

BackendTotals Registry::backend_totals(std::string_view pool, std::string_view name) const {
  return totals_of<BackendTotals>(backends_, std::pair(std::string(pool), std::string(name)));
}

BackendOutcomes Registry::backend_outcomes(std::string_view pool, std::string_view name) const {
  BackendOutcomes outcomes;
  const auto found = backends_.find(std::pair(std::string(pool), std::string(name)));
  if (found == backends_.end()) return outcomes;
  for (const auto& counters : found->second) {
    if (!counters) continue;
    outcomes.well += counters->well.value();
    outcomes.failed += counters->failed.value();
  }
  return outcomes;
}

std::vector<std::string> Registry::listeners() const { return keys_of(listeners_); }
std::vector<std::string> Registry::pools() const { return keys_of(pools_); }
std::vector<std::pair<std::string, std::string>> Registry::backends() const { return keys_of(backends_); }

}  // namespace stickler::metrics
