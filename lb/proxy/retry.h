// When a failed attempt may be made again: the rule and the budget. Pure; RetryBudget belongs to one worker's thread.
#pragma once

#include <array>
#include <cstdint>

#include "lb/base/clock.h"

namespace stickler::proxy {

// What is known of an attempt that failed.
struct FailedAttempt {
  bool connected = false;       // The connect completed; before that nothing can have reached the backend.
  bool answer_began = false;    // A byte of the answer was seen.
  bool timed_out = false;       // Waiting for the answer: the backend may still be at work on it.
  bool idempotent = false;      // The method (RFC 9110 9.2.2).
  bool body_replayable = true;  // All of the body seen so far is still in the window.
};

// Nothing is sent twice that may have been done once: either nothing reached the wire, or doing it again is harmless.
constexpr bool may_retry(const FailedAttempt& attempt) {
  if (attempt.answer_began || !attempt.body_replayable) return false;
  if (!attempt.connected) return true;
  return attempt.idempotent && !attempt.timed_out;
}

// Retries as a share of the pool's requests in the last ten seconds, so that a pool in trouble is not given twice the
// load; a small floor keeps a quiet pool able to retry at all.
class RetryBudget {
 public:
  static constexpr std::uint64_t floor_per_second = 10;  // Per pool; each of `workers` has its part.

  explicit RetryBudget(std::uint32_t workers) : workers_(workers) {}

  void count_request(TimePoint now) { ++bucket(now).requests; }

  // Takes one retry from the budget, or says no. `percent`: of the requests.
  bool take(TimePoint now, std::uint32_t percent);

 private:
  static constexpr std::size_t seconds = 10;
  struct Bucket {
    std::int64_t second = -1;
    std::uint64_t requests = 0;
    std::uint64_t retries = 0;
  };

  Bucket& bucket(TimePoint now);

  std::uint32_t workers_;
  std::array<Bucket, seconds> buckets_;
};

}  // namespace stickler::proxy
