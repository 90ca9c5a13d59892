// DrainPace: which sessions leave a backend that drains at a rate: so many a second, those first that were silent
// longest, and none while a request of it is in flight there.
//
// A session can only move when it speaks, so each request asks, and two things decide. Moves fall due one after the
// other, at the rate; what nobody took is kept for a tenth of a second, no longer. And a session must have been silent
// for as long as the threshold says, which follows what was asked in the window before: as high as it can be with
// enough sessions above it to use up the rate. The first window moves nobody: it is there to see who speaks, and for
// every worker to name what is in flight.
//
// 32 KiB of places, by the session's identity; each counts the requests in flight of all sessions that meet in it, and
// remembers the one that moved last: what a client sends before it has its new cookie must not go back. Sessions that
// meet in one place wait for each other; none moves too early. A session that speaks often is one that speaks: it is
// noted once a window.
//
// Owned by its Backend, once made for as long as that lives. Any thread, without locks; control starts it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "lb/base/clock.h"

namespace stickler::cluster {

class DrainPace {
 public:
  static constexpr double per_second_max = 1e6;

  DrainPace() : places_(place_count) {}
  DrainPace(const DrainPace&) = delete;
  DrainPace& operator=(const DrainPace&) = delete;

  // A request of a session that stays is in flight, until this goes.
  class Stay {
   public:
    Stay() = default;
    Stay(Stay&& other) noexcept : place_(std::exchange(other.place_, nullptr)) {}
    Stay& operator=(Stay&& other) noexcept {
      std::swap(place_, other.place_);
      return *this;
    }
    ~Stay() {
      if (place_ != nullptr) place_->fetch_sub(1, std::memory_order_release);
    }
    explicit operator bool() const { return place_ != nullptr; }

   private:
    friend class DrainPace;
    explicit Stay(std::atomic<std::uint64_t>& place) : place_(&place) {}
    std::atomic<std::uint64_t>* place_ = nullptr;
  };

  // A request of a session that is bound to the backend.
  struct Visit {
    std::uint64_t session = 0;  // Whose.
    std::uint64_t binding = 0;  // As it came: another once the session was bound anew.
    Duration silent{};          // Since the last one.
    bool may_leave = true;      // There is somebody else to have it.
  };

  // Anew, whatever it was before. Requires: 0 < per_second <= per_second_max.
  void start(double per_second, TimePoint now);

  // Empty: the session moves. Else it stays, this time.
  Stay admit(const Visit& visit, TimePoint now);
  bool would_move(const Visit& visit, TimePoint now) const;  // What admit() would say, and nothing is taken.

  // A request that was in flight before anybody asked.
  Stay enter(std::uint64_t session);

  std::uint64_t moved() const { return moved_.load(std::memory_order_relaxed); }  // Sessions, since the start.

 private:
  using Place = std::atomic<std::uint64_t>;  // See the .cpp.

  static constexpr std::size_t place_count = 4096;
  static constexpr std::size_t bucket_count = 72;  // Of silence, four an octave from 4 s to 36 h.

  static std::size_t bucket_of(Duration silent);
  Place& place_of(std::uint64_t session);
  const Place& place_of(std::uint64_t session) const;
  bool is_due(TimePoint now) const;
  bool take(TimePoint now);
  void turn_window(TimePoint now);

  std::vector<Place> places_;

  // Nanoseconds; written by control at the start. The following by whichever worker comes first.
  std::atomic<std::int64_t> interval_{1};  // Between two moves.
  std::atomic<std::int64_t> window_{1};
  std::atomic<std::int64_t> due_{0};  // The next move.
  std::atomic<std::int64_t> window_began_{0};
  std::atomic<std::uint64_t> window_number_{1};
  std::atomic<std::size_t> threshold_{0};  // The least bucket that moves.
  std::atomic<std::uint64_t> moved_{0};
  std::array<std::atomic<std::uint32_t>, bucket_count> asked_{};  // In this window.
};

}  // namespace stickler::cluster
