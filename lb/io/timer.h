// Timer: one repeating or single timer for control work. The loop's thread. Many short-lived ones: see deadlines.h.
#pragma once

#include <uv.h>

#include <functional>

#include "lb/io/loop.h"

namespace stickler::io {

class Timer {
 public:
  Timer(Loop& loop, std::function<void()> fire);

  // Replaces an earlier start. `every` 0: once. `fire` may start and stop this, and must leave its destruction to
  // Loop::bury.
  void start(Duration after, Duration every = Duration::zero());
  void stop();

 private:
  std::function<void()> fire_;
  Handle<uv_timer_t> timer_;
};

}  // namespace stickler::io
