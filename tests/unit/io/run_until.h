// Runs a loop in the test's own thread until something has come to pass. A test waits for events, never for time: the
// limit is there to fail.
#pragma once

#include <uv.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <functional>

#include "lb/io/loop.h"
#include "lb/io/timer.h"

namespace stickler::io {

inline void run_until(Loop& loop, const std::function<bool()>& done) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  // What is awaited may be no event of this loop, but something that the kernel or a peer has: look again soon.
  Timer look_again(loop, [] {});
  look_again.start(std::chrono::milliseconds(1), std::chrono::milliseconds(1));
  while (!done()) {
    REQUIRE(std::chrono::steady_clock::now() < limit);
    uv_run(loop.uv(), UV_RUN_ONCE);
  }
}

// Several iterations with whatever is ready: for what must not happen. Not a wait: nothing is slept for.
inline void run_what_is_ready(Loop& loop) {
  for (int i = 0; i < 20; ++i) uv_run(loop.uv(), UV_RUN_NOWAIT);
}

}  // namespace stickler::io
