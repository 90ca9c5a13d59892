#include "lb/cluster/drain_pace.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <chrono>

#include "lb/base/hash.h"

namespace stickler::cluster {
namespace {

using namespace std::chrono_literals;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr std::int64_t kept = Duration(100ms).count();
constexpr std::int64_t window_min = Duration(1s).count();
constexpr std::int64_t window_max = Duration(60s).count();
constexpr std::int64_t moves_per_window = 4;  // At least, between the two: fewer say nothing.
constexpr double enough = 1.25;               // Times the moves of a window: no two windows are alike.

// A place: a mark of the binding that moved last, in 36 bits; the window in which somebody asked last, in 8; how many
// requests are in flight, in 20.
constexpr std::uint64_t count_mask = (std::uint64_t{1} << 20) - 1;
constexpr std::uint64_t window_mask = std::uint64_t{0xff} << 20;
constexpr std::uint64_t mark_mask = ~(window_mask | count_mask);

// Never 0, which is what a place begins with.
std::uint64_t mark_of(std::uint64_t binding) { return (mix64(binding) | std::uint64_t{1} << 63) & mark_mask; }

bool has_guests(std::uint64_t place) { return (place & count_mask) != 0; }

std::int64_t count_of(TimePoint time) { return Duration(time.time_since_epoch()).count(); }

}  // namespace

void DrainPace::start(double per_second, TimePoint now) {
  assert(per_second > 0 && per_second <= per_second_max);
  const auto interval = static_cast<std::int64_t>(1e9 / per_second);
  const std::int64_t window = std::clamp(interval * moves_per_window, window_min, window_max);
  interval_.store(interval, relaxed);
  window_.store(window, relaxed);
  window_began_.store(count_of(now), relaxed);
  due_.store(count_of(now) + window, relaxed);
  moved_.store(0, relaxed);
  for (auto& asked : asked_) asked.store(0, relaxed);
}

DrainPace::Stay DrainPace::admit(const Visit& visit, TimePoint now) {
  Place& place = place_of(visit.session);
  const std::uint64_t mark = mark_of(visit.binding);
  turn_window(now);
  const std::size_t bucket = bucket_of(visit.silent);
  const std::uint64_t window = (window_number_.load(relaxed) << 20) & window_mask;
  std::uint64_t known = place.load(std::memory_order_acquire);
  bool taken = false;
  bool moves = false;
  std::uint64_t next = 0;
  do {
    if (visit.may_leave && (known & mark_mask) == mark) return {};
    const bool has_turn = visit.may_leave && !has_guests(known) && bucket >= threshold_.load(relaxed);
    moves = has_turn && (taken || (taken = take(now)));
    next = moves ? mark : (known & (mark_mask | count_mask)) + 1;
  } while (!place.compare_exchange_weak(known, next | window, std::memory_order_acq_rel));
  if (visit.may_leave && (known & window_mask) != window) asked_[bucket].fetch_add(1, relaxed);
  if (!moves) return Stay(place);
  moved_.fetch_add(1, relaxed);
  return {};
}

bool DrainPace::would_move(const Visit& visit, TimePoint now) const {
  if (!visit.may_leave) return false;
  const std::uint64_t known = place_of(visit.session).load(std::memory_order_acquire);
  if ((known & mark_mask) == mark_of(visit.binding)) return true;
  return !has_guests(known) && bucket_of(visit.silent) >= threshold_.load(relaxed) && is_due(now);
}

DrainPace::Stay DrainPace::enter(std::uint64_t session) {
  Place& place = place_of(session);
  place.fetch_add(1, std::memory_order_acq_rel);
  return Stay(place);
}

// Whole up to 4 s, then four steps for each doubling.
std::size_t DrainPace::bucket_of(Duration silent) {
  const auto seconds = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(silent).count()));
  if (seconds < 4) return seconds;
  const auto octave = static_cast<std::size_t>(std::bit_width(seconds)) - 3;
  const std::size_t bucket = 4 + 4 * octave + ((seconds >> octave) & 3);
  return std::min(bucket, bucket_count - 1);
}

DrainPace::Place& DrainPace::place_of(std::uint64_t session) { return places_[mix64(session) % place_count]; }

const DrainPace::Place& DrainPace::place_of(std::uint64_t session) const {
  return places_[mix64(session) % place_count];
}

bool DrainPace::is_due(TimePoint now) const { return due_.load(relaxed) <= count_of(now); }

bool DrainPace::take(TimePoint now) {
  const std::int64_t time = count_of(now);
  std::int64_t due = due_.load(relaxed);
  while (due <= time) {
    const std::int64_t next = std::max(due, time - kept) + interval_.load(relaxed);
    if (due_.compare_exchange_weak(due, next, relaxed)) return true;
  }
  return false;
}

void DrainPace::turn_window(TimePoint now) {
  const std::int64_t time = count_of(now);
  std::int64_t began = window_began_.load(relaxed);
  if (time - began < window_.load(relaxed)) return;
  if (!window_began_.compare_exchange_strong(began, time, relaxed)) return;  // Another worker is at it.
  const double wanted = enough * static_cast<double>(time - began) / static_cast<double>(interval_.load(relaxed));
  double longer = 0;  // Have been silent for at least as long as the bucket says.
  std::size_t threshold = 0;
  for (std::size_t bucket = bucket_count; bucket-- > 0;) {
    longer += asked_[bucket].exchange(0, relaxed);
    if (threshold == 0 && longer >= wanted) threshold = bucket;
  }
  threshold_.store(threshold, relaxed);
  window_number_.fetch_add(1, relaxed);
}

}  // namespace stickler::cluster
