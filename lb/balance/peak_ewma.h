// PeakEwma: a smoothed time that rises at once and falls slowly (Finagle's "peak EWMA", 2014): a backend that turned
// slow is seen by the first answer that says so, and forgiven as time passes, with answers or without.
//
// Any thread. Every worker records. The two figures are not written as one: workers that record in the same moment may
// lose one sample, which smoothing forgives.
#pragma once

#include <atomic>
#include <cstdint>

#include "lb/base/clock.h"

namespace stickler::balance {

class PeakEwma {
 public:
  static constexpr std::chrono::seconds decay_time{10};  // In which an old figure falls to 1/e.

  void record(Duration sample, TimePoint now);

  // As it has decayed by `now`; zero: nothing was recorded, or long ago.
  Duration value(TimePoint now) const;

  // As it was recorded and when, for another process: the loops' clock is the machine's.
  struct Figure {
    Duration value{};
    TimePoint at{};
  };
  Figure figure() const;
  void resume(const Figure& figure);

  bool measured() const { return value_ns_.load(std::memory_order_relaxed) != 0; }
  void reset() { value_ns_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_ns_{0};  // 0: not measured.
  std::atomic<std::int64_t> at_ns_{0};     // When, by the loops' clock.
};

}  // namespace stickler::balance
