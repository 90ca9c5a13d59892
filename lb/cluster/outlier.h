// Passive health: backends whose traffic fails are ejected from their pool for a while. Pure, time passed in.
//
// Workers count (FailureStreak), the control thread decides (Ejections): no message is sent for an exchange that
// went well, and a success on any worker ends the streak for all of them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "lb/base/clock.h"

namespace stickler::cluster {

struct OutlierRules {
  std::uint32_t consecutive_failures = 5;
  Duration eject = std::chrono::seconds(10);
  std::uint32_t max_ejected_percent = 50;
};

// Any thread; an atomic, because "in a row" is only true over all workers. Relaxed: a streak that two racing workers
// see one off does no harm. A success costs one load.
class FailureStreak {
 public:
  // True for the failure that completes a streak of `limit` (which then begins anew): tell the control thread.
  // Failures: connect error, timeout, reset or cut body, 502-504 from the backend.
  bool record(bool ok, std::uint32_t limit);
  void reset() { in_a_row_.store(0, std::memory_order_relaxed); }
  std::uint32_t in_a_row() const { return in_a_row_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> in_a_row_{0};
};

// How many of `members` may be ejected at a time. Rounds down; a single backend is never ejected.
std::size_t ejected_max(std::size_t members, const OutlierRules& rules);

// One backend's ejections: each lasts one `eject` longer than the one before, up to growth_max of them; a backend
// that has stayed for as long as its last ejection begins anew. Control thread.
class Ejection {
 public:
  static constexpr std::uint32_t growth_max = 5;

  // Returns when it ends.
  TimePoint start(const OutlierRules& rules, TimePoint now);
  void end() { until_.reset(); }  // Early, e.g. because probes found the backend up again.

  bool active() const { return until_.has_value(); }
  std::optional<TimePoint> until() const { return until_; }

 private:
  std::optional<TimePoint> until_;
  TimePoint last_end_{};
  Duration last_length_{};
  std::uint32_t in_a_row_ = 0;
};

}  // namespace stickler::cluster
