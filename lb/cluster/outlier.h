// Passive health: the rules, and what workers count for them. Pure.
//
// Workers count (FailureStreak), the control thread decides (Breaker): no message is sent for an exchange that went
// well, and a success on any worker ends the streak for all of them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "lb/base/clock.h"

namespace stickler::cluster {

struct OutlierRules {
  std::uint32_t consecutive_failures = 5;
  Duration eject = std::chrono::seconds(10);
  std::uint32_t max_ejected_percent = 50;
};

// Any thread; an atomic, because "in a row" is only true over all workers. Relaxed: a streak that two racing workers
// see one off does no harm. A success costs one load.
class FailureStreak {
 public:
  // The shortest streak that may matter: what is enough for a backend that has just come back (Breaker).
  static constexpr std::uint32_t told_from = 2;

  // True for a failure after which control is to look whether the streak is long enough: it goes on until a success
  // ends it, so that control, which decides a moment later, does not eject a backend that has answered well since.
  // Failures: connect error, timeout, reset or cut body, 502-504 from the backend.
  bool record(bool ok, std::uint32_t limit);
  void reset() { in_a_row_.store(0, std::memory_order_relaxed); }
  std::uint32_t in_a_row() const { return in_a_row_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> in_a_row_{0};
};

// How many of `members` may be ejected at a time. Rounds down; a single backend is never ejected.
std::size_t ejected_max(std::size_t members, const OutlierRules& rules);

}  // namespace stickler::cluster
