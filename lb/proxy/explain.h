// explain: what would become of a request, by the code that serves requests (choosing.h), on copies of what it changes.
// On the thread that owns the pools: a worker's for its epoch, any for pools of its own.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lb/balance/policy.h"
#include "lb/base/clock.h"
#include "lb/http/head_scan.h"
#include "lb/proxy/decision.h"
#include "lb/proxy/epoch.h"

namespace stickler::proxy {

// What is asked about.
struct ExplainRequest {
  std::string listener;  // Its name.
  std::string head;      // Raw, with the empty line behind it.
  std::string client_ip;
};

// Where it is asked.
struct ExplainPlace {
  const ListenerSettings& listener;
  std::span<const EpochPool> pools;  // PoolIndex.
  TimePoint now;
  WallTime wall;
  // Of a pool in which no worker has picked yet: the seed of a new PickState.
  std::uint64_t seed = 0;
};

// Nothing is changed by it. A head that the listener's limits or the scan refuse is a Decision with that refusal.
Decision explain(const ExplainRequest& request, const ExplainPlace& place);

}  // namespace stickler::proxy
