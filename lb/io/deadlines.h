// Deadlines: many coarse timers on one uv_timer: a hashed wheel (Varghese and Lauck 1987, scheme 6). Arming and
// disarming are list operations, so every request may do several. The loop's thread.
//
// A deadline fires late by up to two ticks, never early. It is disarmed when it fires and when it is destroyed.
#pragma once

#include <uv.h>

#include <array>

#include "lb/base/clock.h"
#include "lb/base/intrusive_list.h"
#include "lb/io/loop.h"

namespace stickler::io {

class Deadlines;

class Deadline : public ListNode<Deadline> {
 public:
  using Fire = void (*)(void* owner);

  // `fire(owner)` may destroy the owner's things but must leave destruction of *this to Loop::bury.
  Deadline(Deadlines& wheel, Fire fire, void* owner) : wheel_(wheel), fire_(fire), owner_(owner) {}

  // Replaces an earlier arming. A negative or zero duration fires at the next tick. Requires: at most a century.
  void arm(Duration after);
  void disarm() { unlink(); }
  bool armed() const { return linked(); }

 private:
  friend class Deadlines;
  Deadlines& wheel_;
  Fire fire_;
  void* owner_;
  std::uint64_t due_tick_ = 0;
};

class Deadlines {
 public:
  static constexpr std::chrono::milliseconds tick{10};

  explicit Deadlines(Loop& loop) : Deadlines(loop, loop) {}
  Deadlines(Loop& loop, const Clock& clock);  // Turned by the loop, by the clock's time: for tests of long times.

 private:
  friend class Deadline;
  static constexpr std::size_t slots = 1024;

  std::uint64_t tick_of(TimePoint time) const;
  void insert(Deadline& deadline);
  void turn();

  const Clock& clock_;
  Handle<uv_timer_t> timer_;
  TimePoint start_;
  std::uint64_t turned_to_ = 0;  // Ticks up to this one have fired.
  std::array<IntrusiveList<Deadline>, slots> wheel_;
};

}  // namespace stickler::io
