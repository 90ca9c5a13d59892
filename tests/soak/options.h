// What the command line asks for: how long, and the seed that everything random follows from. Written by main() before
// the test runs, then only read; any thread.
#pragma once

#include <cstdint>

namespace stickler::soak {

struct Options {
  int seconds = 60;
  std::uint64_t seed = 0;  // 0: a random one
};

// Catch's test cases take no arguments.
inline Options& options() {
  static Options chosen;
  return chosen;
}

}  // namespace stickler::soak
