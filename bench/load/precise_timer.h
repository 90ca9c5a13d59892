// PreciseTimer: fires at an instant, to the microsecond: libuv's own timers know only milliseconds, which would be most
// of the latency that is measured. The loop's thread.
#pragma once

#include <functional>

#include "lb/base/clock.h"
#include "lb/io/fd_watcher.h"

namespace stickler::bench {

class PreciseTimer {
 public:
  PreciseTimer(io::Loop& loop, std::function<void()> fire);
  ~PreciseTimer();
  PreciseTimer(const PreciseTimer&) = delete;
  PreciseTimer& operator=(const PreciseTimer&) = delete;

  void arm_at(TimePoint instant);  // Replaces an earlier arming; one that has passed fires at once.

 private:
  int fd_;
  std::function<void()> fire_;
  io::FdWatcher watcher_;
};

}  // namespace stickler::bench
