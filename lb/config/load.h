// From a YAML file to a Config, or to everything that is wrong with it, in one run. Any thread; no exception leaves.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lb/config/environment.h"
#include "lb/config/problem.h"
#include "lb/config/schema.h"

namespace stickler::config {

inline constexpr std::size_t file_bytes_max = 1U << 20;
inline constexpr std::size_t problems_max = 500;  // What is beyond is counted.

// What the outcome depends on beside the file; a test names its own.
struct Machine {
  Variable variable;                   // Of the environment.
  std::uint64_t descriptor_limit = 0;  // That the process may raise its own to; 0: not known.
};
Machine this_machine();

struct Loaded {
  Config config;                  // Complete only if ok().
  std::vector<Problem> problems;  // By line and column.

  bool ok() const;  // No error; there may be warnings.
};

Loaded load_file(const std::string& path, const Machine& machine = this_machine());
Loaded load_text(std::string_view yaml, const Machine& machine = this_machine());

}  // namespace stickler::config
