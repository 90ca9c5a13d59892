// BackendLoad: what a backend carries now, summed over all workers. Owned by cluster::Backend, so it outlives reloads.
//
// Any thread. Every worker adds and subtracts; control counts the sessions. A policy reads relaxed: it wants a fresh
// figure, not an ordering. Two cache lines of its own, because the adjacent-line prefetcher would make neighbours
// share.
#pragma once

#include <atomic>
#include <cstdint>

#include "lb/balance/peak_ewma.h"
#include "lb/balance/session_load.h"

namespace stickler::balance {

struct alignas(128) BackendLoad {
  std::atomic<std::uint32_t> in_flight{0};    // Exchanges open: HTTP requests or TCP sessions.
  std::atomic<std::uint32_t> waiting{0};      // Requests that wait for a place, in the queues of all workers.
  std::atomic<std::uint32_t> connections{0};  // Upstream connections open, idle ones included.
  SessionLoad sessions;                       // For policies that ask for it.
  PeakEwma answer_time;                       // To the first byte of the answer. For policies that ask for it.
};

}  // namespace stickler::balance
