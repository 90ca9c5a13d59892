// How long a test waits for something to happen. Deadlines are generous, because sanitizer builds share two busy cores;
// a test never asserts how long something took, only that it happened.
// Any thread.
#pragma once

#include <chrono>
#include <thread>

namespace stickler::integration {

using namespace std::chrono_literals;

class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds span = 30s) : end_(std::chrono::steady_clock::now() + span) {}

  bool passed() const { return std::chrono::steady_clock::now() >= end_; }

  // What is left, for poll(2); never negative.
  int remaining_ms() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
    return left.count() > 0 ? static_cast<int>(left.count()) : 0;
  }

 private:
  std::chrono::steady_clock::time_point end_;
};

// For conditions that no descriptor announces: polls until `condition()` is true; false when the deadline passed first.
template <class Condition>
bool eventually(Condition condition, Deadline deadline = Deadline{}) {
  while (!condition()) {
    if (deadline.passed()) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

}  // namespace stickler::integration
