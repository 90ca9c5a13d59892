// What the command line asks for. Written by main() before the test runs, then only read; any thread.
#pragma once

#include <string>

namespace stickler::faults {

struct Options {
  int seconds = 50;
  std::string only{};     // Faults with this in their name; empty: all.
  std::string haproxy{};  // A program to run instead of Stickler; its figures are printed and not judged.
};

// Catch's test cases take no arguments.
inline Options& options() {
  static Options chosen;
  return chosen;
}

}  // namespace stickler::faults
