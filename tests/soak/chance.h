// What the soak decides by lot. One thread.
#pragma once

#include <chrono>
#include <thread>

#include "tests/integration/harness/chance.h"

namespace stickler::soak {

class Chance : public integration::Chance {
 public:
  using integration::Chance::Chance;

  std::size_t size() { return integration::Chance::size(70, 90); }  // Mostly small.

  void pause(std::size_t milliseconds_max) {
    std::this_thread::sleep_for(std::chrono::milliseconds(below(milliseconds_max + 1)));
  }
};

}  // namespace stickler::soak
