// SessionLoad: the log-in sessions of one backend, for policies that place by them: those that were there when they
// were last counted, and those that have been sent there since, so that log-ins between two counts do not all go to the
// same backend. Part of BackendLoad.
//
// Any thread. Workers place, withdraw and begin; the control thread counts.
#pragma once

#include <atomic>
#include <cstdint>

namespace stickler::balance {

class SessionLoad {
 public:
  // What a policy compares: fresh, not ordered.
  std::uint32_t now() const {
    return counted_.load(std::memory_order_relaxed) + placed_.load(std::memory_order_relaxed);
  }

  // --- Workers. Each place() is followed by one of the others.
  void place() { placed_.fetch_add(1, std::memory_order_relaxed); }     // A request that was not bound here comes here.
  void withdraw() { placed_.fetch_sub(1, std::memory_order_relaxed); }  // It has ended, and left no session here.
  void begin() { begun_.fetch_add(1, std::memory_order_release); }      // Its session is here: the next count has it.

  // --- Control. `count()`: how many there are. One that begins meanwhile may stand twice until the next time.
  template <class Count>
  void recount(Count count) {
    const std::uint32_t begun = begun_.exchange(0, std::memory_order_acquire);
    counted_.store(count(), std::memory_order_relaxed);
    placed_.fetch_sub(begun, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint32_t> counted_{0};
  std::atomic<std::uint32_t> placed_{0};  // And not yet counted.
  std::atomic<std::uint32_t> begun_{0};   // Of those.
};

}  // namespace stickler::balance
