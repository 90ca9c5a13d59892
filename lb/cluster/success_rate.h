// Outliers by success rate: a backend that spoils every second request never fails five times in a row. Who serves far
// less of its requests than the others of its pool is found by comparing them. Pure; control thread.
//
// Envoy (success_rate outlier detection) ejects below mean - 1.9 stdev of all hosts, and needs five of them: among n no
// single one can lie further than sqrt(n-1) stdev below a mean that it is part of. Here each is compared with the mean
// of the others, so that two are enough, and chance, which may do much to few requests, has a bound of its own.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace stickler::cluster {

// Attempts that ended well, and such that FailureStreak calls failures.
struct Outcomes {
  std::uint64_t good = 0;
  std::uint64_t bad = 0;

  std::uint64_t all() const { return good + bad; }
  double rate() const { return static_cast<double>(good) / static_cast<double>(all()); }
  friend bool operator==(const Outcomes&, const Outcomes&) = default;
};

// What one backend did in the last few looks, from totals that only grow.
class OutcomeWindow {
 public:
  static constexpr std::chrono::milliseconds look_every{250};
  static constexpr std::size_t looks_short = 4;  // Finds at once what has broken under load,
  static constexpr std::size_t looks_long = 40;  // and this one what is asked little.

  void look(Outcomes totals);
  void forget() { size_ = 0; }  // What was: what counts begins with the next look.

  Outcomes last(std::size_t looks) const;  // All there are, if they are less.

 private:
  std::array<Outcomes, looks_long + 1> totals_{};  // A ring.
  std::size_t size_ = 0;
  std::size_t next_ = 0;
};

inline constexpr std::uint64_t success_rate_requests_min = 20;  // Who had less is neither judged nor a measure.
// All three below the mean of the others:
inline constexpr double success_rate_gap_min = 0.2;
inline constexpr double success_rate_deviations = 1.9;  // As far as they are from each other (stdev).
inline constexpr double success_rate_chances = 5;       // As far as chance takes so many requests (binomial).

// The worst of those that are outliers; nullopt: none is. An index is a place in `pool`, where those that are not to be
// judged have no requests.
std::optional<std::size_t> find_outlier(std::span<const Outcomes> pool);

}  // namespace stickler::cluster
