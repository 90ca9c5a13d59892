#include "bench/load/precise_timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace stickler::bench {

PreciseTimer::PreciseTimer(io::Loop& loop, std::function<void()> fire)
    : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      fire_(std::move(fire)),
      watcher_(loop, fd_, [this](bool, bool) {
        std::uint64_t expirations = 0;
        if (::read(fd_, &expirations, sizeof(expirations)) > 0) fire_();
      }) {
  watcher_.watch(true, false);
}

PreciseTimer::~PreciseTimer() {
  watcher_.watch(false, false);
  ::close(fd_);
}

void PreciseTimer::arm_at(TimePoint instant) {
  const auto nanoseconds = std::max<std::int64_t>(instant.time_since_epoch().count(), 1);  // 0 would disarm.
  const itimerspec when{.it_interval = {},
                        .it_value = {.tv_sec = nanoseconds / 1'000'000'000, .tv_nsec = nanoseconds % 1'000'000'000}};
  timerfd_settime(fd_, TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace stickler::bench
