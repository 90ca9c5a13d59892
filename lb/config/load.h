// From a YAML file to a Config, or to everything that is wrong with it, in one run. Any thread; no exception leaves.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lb/config/environment.h"
#include "lb/config/problem.h"
#include "lb/config/read_text.h"
#include "lb/config/schema.h"

namespace stickler::config {

// What the outcome depends on beside the file; a test names its own.
struct Machine {
  Variable variable;                   // Of the environment.
  std::uint64_t descriptor_limit = 0;  // That the process may raise its own to; 0: not known.
};
Machine this_machine();

struct Loaded {
  Config config;                  // Complete only if ok().
  std::vector<Problem> problems;  // By line and column; those of the files that it names follow.

  bool ok() const { return !has_error(problems); }  // There may be warnings.
};

// With the files that it names (discover.file), whose paths are relative to its own directory.
Loaded load_file(const std::string& path, const Machine& machine = this_machine());

// Without them.
Loaded load_text(std::string_view yaml, const Machine& machine = this_machine());

}  // namespace stickler::config
