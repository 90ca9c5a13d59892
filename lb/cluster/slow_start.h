// Slow start: a backend that came up gets its weight in steps, so that it can warm up. Pure, time passed in.
//
// Steps are taken on a common grid of time, for all backends of a pool at once: however many come up, a pool has no
// more than one new set of weights a tick.
#pragma once

#include <cstdint>
#include <optional>

#include "lb/base/clock.h"

namespace stickler::cluster {

class SlowStart {
 public:
  static constexpr std::uint32_t steps = 10;
  static constexpr Duration tick_min = std::chrono::milliseconds(100);  // Each step is a message to every worker.

  explicit SlowStart(Duration length);  // Zero: full weight at once.

  // How many steps of its weight a backend has `now` that came up at `since`: 1 at first, `steps` when the length is
  // over, or up to a tick later.
  std::uint32_t share(TimePoint since, TimePoint now) const;

  // The next time to ask; nullopt: it has all.
  std::optional<TimePoint> next_step(TimePoint since, TimePoint now) const;

 private:
  Duration length_;
  Duration tick_;
};

}  // namespace stickler::cluster
