// Registry: all counters of the process, by worker and name. Owned by the server; control thread. What it hands out
// stays where it is until the registry dies, over all reloads, and is written by the worker it is handed to.
//
// Counters of a name that is no longer configured are kept and shown: a counter that vanished and came back would
// read as a restart.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/metrics/counters.h"

namespace stickler::metrics {

class Registry {
 public:
  // The same object for the same arguments; made on the first call.
  ListenerCounters& listener(std::uint32_t worker, std::string_view name);
  PoolCounters& pool(std::uint32_t worker, std::string_view name);
  BackendCounters& backend(std::uint32_t worker, std::string_view pool, std::string_view name);

  // Sums over the workers; zeros for a name that was never counted.
  ListenerTotals listener_totals(std::string_view name) const;
  PoolTotals pool_totals(std::string_view name) const;
  BackendTotals backend_totals(std::string_view pool, std::string_view name) const;

  // Those two of the totals alone: asked for all backends every moment.
  BackendOutcomes backend_outcomes(std::string_view pool, std::string_view name) const;

  // In the order of their names.
  std::vector<std::string> listeners() const;
  std::vector<std::string> pools() const;
  std::vector<std::pair<std::string, std::string>> backends() const;  // Pool, backend.

 private:
  template <class Counters>
  using PerWorker = std::vector<std::unique_ptr<Counters>>;

  std::map<std::string, PerWorker<ListenerCounters>> listeners_;
  std::map<std::string, PerWorker<PoolCounters>> pools_;
  std::map<std::pair<std::string, std::string>, PerWorker<BackendCounters>> backends_;
};

}  // namespace stickler::metrics
