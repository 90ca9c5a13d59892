// Timer: one repeating or single timer for control work. The loop's thread. Many short-lived ones: see deadlines.h.
#pragma once

#include <uv.h>

#include <functional>

#include "lb/io/loop.h"

namespace stickler::io {

class Timer {
 public:
  Timer(Loop& loop, std::function<void()> fire);

  void start(Duration after, Duration every = Duration::zero());  // Replaces an earlier start; `every` 0: once.
  void stop();

 private:
  std::function<void()> fire_;
  Handle<uv_timer_t> timer_;
};

}  // namespace stickler::io
