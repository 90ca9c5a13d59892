// What is left of a drain, by what has gone. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "lb/base/clock.h"

namespace stickler::cluster {

struct DrainSoFar {
  std::uint64_t then = 0;   // Sessions when it began, ...
  std::uint64_t left = 0;   // ... and now.
  Duration elapsed{};       // Since then.
  double rate = 0;          // So many a second are to move; 0: none.
  std::uint64_t moved = 0;  // That did, of those that have gone.
};

// When the last session will have gone. Those that end by themselves go on doing so at the rate at which they have:
// users who leave are as a rule a share of those who are there (exponential decay). Those that move do so at `rate`, or
// as slowly as they have: none moves before it speaks. nullopt: nobody has gone yet and nobody is moved, or it is too
// early to tell.
std::optional<Duration> time_to_empty(const DrainSoFar& drain);

}  // namespace stickler::cluster
