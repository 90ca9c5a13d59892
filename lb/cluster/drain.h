// What is left of a drain, by what has gone. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "lb/base/clock.h"

namespace stickler::cluster {

// When the last of `left` sessions will have ended, if they go on ending at the rate at which `then` became `left`
// within `elapsed`: users who leave are as a rule a share of those who are there (exponential decay). nullopt: none has
// ended yet, or it is too early to tell.
std::optional<Duration> time_to_empty(std::uint64_t then, std::uint64_t left, Duration elapsed);

}  // namespace stickler::cluster
