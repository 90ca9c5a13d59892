// RelativeLoad: exchanges in flight per weight, compared without a division. A value; any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "lb/balance/policy.h"

namespace stickler::balance {

struct RelativeLoad {
  std::uint64_t in_flight = 0;
  std::uint64_t weight = 1;

  static RelativeLoad of(const Candidate& candidate) {
    return {candidate.load->in_flight.load(std::memory_order_relaxed), candidate.weight};
  }
  friend bool operator<(const RelativeLoad& a, const RelativeLoad& b) {
    return a.in_flight * b.weight < b.in_flight * a.weight;
  }
};

}  // namespace stickler::balance
