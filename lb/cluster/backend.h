// Backend: the live side of one machine of one pool. Owned by BackendRegistry, shared with the BackendSets that name
// it; keyed by pool and name, it outlives reloads. Address and weight, which a reload may change, are in the set.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "lb/balance/load.h"
#include "lb/cluster/breaker.h"
#include "lb/cluster/drain_pace.h"
#include "lb/cluster/outlier.h"

namespace stickler::cluster {

struct Backend {
  Backend(std::string pool_name, std::string backend_name)
      : pool(std::move(pool_name)), name(std::move(backend_name)) {}

  const std::string pool;
  const std::string name;

  // Written by all workers.
  balance::BackendLoad load;
  FailureStreak failures;
  TrialTurn trial;
  std::atomic<std::uint32_t> generation{0};  // affinity::generation_of its last answer or probe; 0: none is known.

  // Control's, made with the first drain at a rate. Workers find it in the sets of which it is in force (Member::pace);
  // requests hold on to it no longer than to this.
  std::unique_ptr<DrainPace> pace;
};

}  // namespace stickler::cluster
