// When a backend is probed. Pure; chance passed in.
#pragma once

#include <algorithm>

#include "lb/base/clock.h"
#include "lb/base/random.h"

namespace stickler::health {

// Anywhere within one interval, so that the backends of a pool are not probed all at once.
inline Duration first_delay(Duration interval, Random& random) {
  return std::chrono::duration_cast<Duration>(interval * random.unit());
}

// Until the next probe, after one that took `elapsed`. Intervals vary by 5 % either way, so that several balancers
// do not fall into step; a probe that took longer than its interval is followed by the next at once.
inline Duration next_delay(Duration interval, Duration elapsed, Random& random) {
  const auto varied = std::chrono::duration_cast<Duration>(interval * (0.95 + 0.1 * random.unit()));
  return std::max(varied - elapsed, Duration::zero());
}

}  // namespace stickler::health
