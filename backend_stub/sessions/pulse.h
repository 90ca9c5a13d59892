// Pulse: notices that this process stood still (SIGSTOP, a machine without time for it). Others have passed it over
// then, and what it remembers of sessions may be out of date. Its owner's thread; owned by a Group.
#pragma once

#include <algorithm>
#include <utility>

#include "lb/base/clock.h"

namespace stickler::stub {

class Pulse {
 public:
  static constexpr std::chrono::milliseconds interval{50};     // feel() is to be called as often,
  static constexpr std::chrono::milliseconds standstill{150};  // and a gap above this is one.

  // `clock` must be the real one, not a loop's: that is read before a batch of events, perhaps before the standstill in
  // whose queues this process finds requests. Requires: it outlives this.
  explicit Pulse(const Clock& clock) : clock_(clock), last_(clock.now()) {}

  void feel() {
    const TimePoint now = clock_.now();
    if (now - std::exchange(last_, now) <= standstill) return;
    ++standstills_;
    doubted_until_ = now + interval;
  }

  unsigned standstills() const { return standstills_; }
  TimePoint now() const { return clock_.now(); }

  // What came before it may have changed hands meanwhile: what was there, and what was found in the queues.
  TimePoint doubted_until() const { return doubted_until_; }
  // For what has just been made here, or what all others have been asked about.
  TimePoint now_beyond_doubt() const { return std::max(clock_.now(), doubted_until_); }

 private:
  const Clock& clock_;
  TimePoint last_;
  TimePoint doubted_until_{};
  unsigned standstills_ = 0;
};

}  // namespace stickler::stub
