#include "lb/io/deadlines.h"

#include <algorithm>

namespace stickler::io {

void Deadline::arm(Duration after) {
  // The first tick that begins once `after` is over.
  due_tick_ = wheel_.tick_of(wheel_.clock_.now() + std::max(after, Duration::zero())) + 1;
  wheel_.insert(*this);
}

Deadlines::Deadlines(Loop& loop, const Clock& clock) : clock_(clock), timer_(new uv_timer_t{}), start_(clock.now()) {
  uv_timer_init(loop.uv(), timer_.get());
  timer_->data = this;
}

std::uint64_t Deadlines::tick_of(TimePoint time) const { return static_cast<std::uint64_t>((time - start_) / tick); }

void Deadlines::insert(Deadline& deadline) {
  if (deadline.due_tick_ <= turned_to_) deadline.due_tick_ = turned_to_ + 1;
  wheel_[deadline.due_tick_ % slots].push_back(deadline);
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(timer_.get())) != 0) return;
  // An idle wheel does not turn. It goes on from here; nothing older is armed.
  turned_to_ = std::max(turned_to_, tick_of(clock_.now()));
  const auto period = static_cast<std::uint64_t>(tick.count());
  uv_timer_start(
      timer_.get(), [](uv_timer_t* timer) { static_cast<Deadlines*>(timer->data)->turn(); }, period, period);
}

void Deadlines::turn() {
  const std::uint64_t now = tick_of(clock_.now());
  IntrusiveList<Deadline> due;
  // After a long stall every slot is visited once, not once per missed tick.
  const std::uint64_t first = now - turned_to_ > slots ? now - slots : turned_to_;
  for (std::uint64_t t = first + 1; t <= now; ++t) {
    wheel_[t % slots].for_each([&](Deadline& deadline) {
      if (deadline.due_tick_ <= now) due.push_back(deadline);
    });
  }
  turned_to_ = now;
  while (Deadline* deadline = due.pop_front()) deadline->fire_(deadline->owner_);

  for (const auto& slot : wheel_) {
    if (!slot.empty()) return;
  }
  uv_timer_stop(timer_.get());
}

}  // namespace stickler::io
