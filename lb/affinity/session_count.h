// SessionCount: the distinct log-in sessions that one worker has seen at one backend within `idle`: what a drain waits
// for. SessionTally: their union over all workers.
//
// Few are counted exactly, in a table of 32 KiB. Beyond exact_max it becomes eight HyperLogLogs, one for each eighth of
// `idle`, of 16 KiB each (Flajolet et al. 2007, estimated as by Ertl 2017, "New cardinality estimation algorithms for
// HyperLogLog sketches"): a standard error of 0.8 %. A session counts until seven to eight eighths of `idle` have
// passed since it was last seen.
//
// One thread calls see(), without allocating but for the one change of form; any thread may tally meanwhile.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

#include "lb/base/clock.h"

namespace stickler::affinity {

class SessionCount {
 public:
  static constexpr std::size_t exact_max = 1000;
  static constexpr std::size_t slots = 8;
  static constexpr int precision = 14;
  static constexpr std::size_t registers = std::size_t{1} << precision;

  explicit SessionCount(Duration idle);
  SessionCount(const SessionCount&) = delete;
  SessionCount& operator=(const SessionCount&) = delete;

  // `nonce`: the session's random identity; not to be chosen by who is counted.
  void see(std::uint64_t nonce, TimePoint now);

  // What was seen, for another one of the same `idle` to go on with. Times are numbers of slots since the start of the
  // machine's monotonic clock.
  struct Memory {
    Duration idle{};
    std::vector<std::pair<std::uint64_t, std::uint32_t>> seen{};               // Nonces, and when last; ...
    std::vector<std::pair<std::uint32_t, std::vector<std::uint8_t>>> ranks{};  // ... or of each slot the registers.

    friend bool operator==(const Memory&, const Memory&) = default;
  };
  Memory memory(TimePoint now) const;  // Any thread.
  void recall(const Memory& memory);   // Adds to what was seen here. Does nothing where `idle` is another.

  Duration idle() const { return idle_; }

 private:
  friend class SessionTally;
  static constexpr std::size_t table_size = 2048;

  struct Seen {
    std::atomic<std::uint64_t> nonce{0};
    std::atomic<std::uint32_t> tick{0};  // When last; 0: the place is free.
  };
  struct Sketch {
    std::atomic<std::uint32_t> tick{0};  // That it is about.
    std::array<std::atomic<std::uint8_t>, registers> ranks{};
  };
  using Sketches = std::array<Sketch, slots>;

  void see_at(std::uint64_t nonce, std::uint32_t tick);
  std::vector<std::pair<std::uint64_t, std::uint32_t>> copy_live(std::uint32_t now) const;
  std::uint32_t tick_of(TimePoint now) const;
  bool is_live(std::uint32_t tick, std::uint32_t now) const { return tick != 0 && tick + slots > now; }
  Seen& place_of(std::uint64_t nonce);
  void tidy(std::uint32_t now);
  void become_sketches();
  Sketch* sketch_of(std::uint32_t tick);
  void mark(std::uint64_t nonce, std::uint32_t tick);

  const Duration idle_;
  const Duration slot_;
  std::array<Seen, table_size> table_;
  std::size_t taken_ = 0;                  // Places of the table that are not free.
  std::atomic<std::uint32_t> version_{0};  // Of the table; odd while it is being tidied.
  std::unique_ptr<Sketches> sketches_;     // Once made it stays.
  std::atomic<Sketches*> published_{nullptr};
};

class SessionTally {
 public:
  void add(const SessionCount& count, TimePoint now);
  std::uint64_t total() const;
  // Without those that are in the other, each of which is in this one: what is left. Of few exact; else the error is
  // that of total() while many are left, and about a hundredth of the square root of total() times what is left.
  std::uint64_t without(const SessionTally& gone) const;

 private:
  std::vector<std::uint8_t> all_ranks() const;

  std::unordered_set<std::uint64_t> exact_;
  std::vector<std::uint8_t> ranks_;  // Empty: all were exact so far.
};

}  // namespace stickler::affinity
