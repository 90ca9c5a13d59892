// What a file may say key by key and still be wrong as a whole, and the traps that deserve a warning. Pure; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "lb/config/field.h"
#include "lb/config/schema.h"

namespace stickler::config {

struct CheckInput {
  const Config& config;
  const Reading& reading;              // What is already known to be wrong is no second problem.
  std::uint64_t descriptor_limit = 0;  // 0: not known.
};

std::vector<Problem> check(const CheckInput& input);

}  // namespace stickler::config
