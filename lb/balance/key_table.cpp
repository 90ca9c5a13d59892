#include "lb/balance/key_table.h"

#include <algorithm>
#include <limits>

#include "lb/base/hash.h"

namespace stickler::balance {
namespace {

constexpr std::uint32_t nobody = std::numeric_limits<std::uint32_t>::max();

// Primes. A hundred slots for each candidate and more keep the shares within a percent.
constexpr std::size_t slots_small = 65'537;
constexpr std::size_t slots_large = 655'373;
constexpr std::size_t candidates_small = 600;

constexpr std::uint64_t ring_points_of_one = 256;   // A unit of weight has so many, ...
constexpr std::uint64_t ring_points_max = 1 << 22;  // ... and fewer where there would be more than this.

// A candidate's own order of all slots (3.4: offset and skip), and how far it has come.
struct Preference {
  std::uint32_t index;
  std::size_t next;
  std::size_t skip;
  double turns;  // Earned, and not yet taken.
  double share;  // Earned in a round; the heaviest earns one turn.
};

std::vector<Preference> preferences_of(const std::vector<Candidate>& candidates, std::size_t slots) {
  std::uint32_t heaviest = 0;
  for (const Candidate& candidate : candidates) heaviest = std::max(heaviest, candidate.weight);
  std::vector<Preference> preferences;
  for (std::uint32_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].weight == 0) continue;
    preferences.push_back({.index = i,
                           .next = hash_bytes(candidates[i].name, 1) % slots,
                           .skip = hash_bytes(candidates[i].name, 2) % (slots - 1) + 1,
                           .turns = 0,
                           .share = static_cast<double>(candidates[i].weight) / heaviest});
  }
  return preferences;
}

std::uint64_t weight_of_all(const std::vector<Candidate>& candidates) {
  std::uint64_t sum = 0;
  for (const Candidate& candidate : candidates) sum += candidate.weight;
  return sum;
}

}  // namespace

KeyTable KeyTable::maglev(const std::vector<Candidate>& candidates) {
  KeyTable table;
  const std::size_t slots = candidates.size() <= candidates_small ? slots_small : slots_large;
  std::vector<Preference> preferences = preferences_of(candidates, slots);
  if (preferences.empty()) return table;
  // The order of the list must not matter.
  std::ranges::sort(preferences, {}, [&](const Preference& p) { return std::string_view(candidates[p.index].name); });
  table.owners_.assign(slots, nobody);
  for (std::size_t taken = 0; taken < slots;) {
    for (Preference& preference : preferences) {
      preference.turns += preference.share;
      if (preference.turns < 1) continue;
      preference.turns -= 1;
      while (table.owners_[preference.next] != nobody) preference.next = (preference.next + preference.skip) % slots;
      table.owners_[preference.next] = preference.index;
      if (++taken == slots) break;
    }
  }
  return table;
}

KeyTable KeyTable::ring(const std::vector<Candidate>& candidates) {
  struct Point {
    std::uint64_t at;
    std::uint32_t owner;
  };
  const std::uint64_t weight = std::max<std::uint64_t>(weight_of_all(candidates), 1);
  const std::uint64_t of_one = std::clamp<std::uint64_t>(ring_points_max / weight, 1, ring_points_of_one);
  std::vector<Point> points;
  points.reserve(weight * of_one);
  for (std::uint32_t i = 0; i < candidates.size(); ++i) {
    // The points of more weight include those of less: a change of weight moves its difference only.
    for (std::uint64_t n = 0; n < candidates[i].weight * of_one; ++n) {
      points.push_back({mix64(hash_bytes(candidates[i].name, 3) + n * 0x9e3779b97f4a7c15), i});
    }
  }
  std::ranges::sort(points, [&](const Point& a, const Point& b) {
    return a.at != b.at ? a.at < b.at : candidates[a.owner].name < candidates[b.owner].name;
  });
  KeyTable table;
  for (const Point& point : points) {
    table.points_.push_back(point.at);
    table.owners_.push_back(point.owner);
  }
  return table;
}

std::size_t KeyTable::slot_of(std::uint64_t key) const {
  if (points_.empty()) return key % owners_.size();
  const auto found = std::ranges::lower_bound(points_, key);
  return found == points_.end() ? 0 : static_cast<std::size_t>(found - points_.begin());
}

}  // namespace stickler::balance
