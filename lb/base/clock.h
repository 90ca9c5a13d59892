// The only door to time. Any thread.
//
// Logic takes a TimePoint as an argument; only what must ask for the time later holds a Clock. Tests hold a
// ManualClock. Monotonic time orders events inside a process; wall time is for cookies and logs, which leave it.
#pragma once

#include <chrono>

namespace stickler {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  virtual WallTime wall() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override { return std::chrono::steady_clock::now(); }
  WallTime wall() const override { return std::chrono::system_clock::now(); }
};

// Stands still until told to move. One thread.
class ManualClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint{} + std::chrono::hours(1) + elapsed_; }
  WallTime wall() const override { return WallTime{} + std::chrono::hours(24 * 365 * 50) + elapsed_; }
  void advance(Duration by) { elapsed_ += by; }

 private:
  Duration elapsed_{};
};

}  // namespace stickler
