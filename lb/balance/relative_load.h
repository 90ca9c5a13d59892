// RelativeLoad: exchanges in flight, or log-in sessions, per weight, compared without a division. A value; any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "lb/balance/policy.h"

namespace stickler::balance {

struct RelativeLoad {
  std::uint64_t load = 0;
  std::uint64_t weight = 1;

  static RelativeLoad of(const Candidate& candidate) {
    return {candidate.load->in_flight.load(std::memory_order_relaxed), candidate.weight};
  }
  static RelativeLoad of_sessions(const Candidate& candidate) {
    return {candidate.load->sessions.now(), candidate.weight};
  }
  friend bool operator<(const RelativeLoad& a, const RelativeLoad& b) { return a.load * b.weight < b.load * a.weight; }
};

}  // namespace stickler::balance
