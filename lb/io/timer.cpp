#include "lb/io/timer.h"

#include <utility>

namespace stickler::io {
namespace {

std::uint64_t milliseconds(Duration duration) {
  const auto count = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return count < 0 ? 0 : static_cast<std::uint64_t>(count);
}

}  // namespace

Timer::Timer(Loop& loop, std::function<void()> fire) : fire_(std::move(fire)), timer_(new uv_timer_t{}) {
  uv_timer_init(loop.uv(), timer_.get());
  timer_->data = this;
}

void Timer::start(Duration after, Duration every) {
  uv_update_time(timer_->loop);
  const auto fire = [](uv_timer_t* timer) {
    if (timer->data != nullptr) static_cast<Timer*>(timer->data)->fire_();
  };
  uv_timer_start(timer_.get(), fire, milliseconds(after), milliseconds(every));
}

void Timer::stop() { uv_timer_stop(timer_.get()); }

}  // namespace stickler::io
