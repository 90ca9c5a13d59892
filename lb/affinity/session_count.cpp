#include "lb/affinity/session_count.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <thread>

namespace stickler::affinity {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr int rank_bits = 64 - SessionCount::precision;

std::size_t register_of(std::uint64_t nonce) { return nonce % SessionCount::registers; }

std::uint8_t rank_of(std::uint64_t nonce) {
  const std::uint64_t rest = nonce >> SessionCount::precision;
  return static_cast<std::uint8_t>(std::countl_zero(rest) - SessionCount::precision + 1);
}

// Ertl 2017, algorithms 6 and 5: what registers without a session, and full ones, stand for.
double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1;
  double sum = x;
  for (double before = -1; sum != before; y += y) {
    x *= x;
    before = sum;
    sum += x * y;
  }
  return sum;
}

double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1;
  double sum = 1 - x;
  for (double before = -1; sum != before;) {
    x = std::sqrt(x);
    before = sum;
    y *= 0.5;
    sum -= (1 - x) * (1 - x) * y;
  }
  return sum / 3;
}

std::uint64_t estimate(const std::vector<std::uint8_t>& ranks) {
  std::array<double, rank_bits + 2> of_rank{};
  for (const std::uint8_t rank : ranks) of_rank[rank] += 1;
  const auto m = static_cast<double>(ranks.size());
  double z = m * tau(1 - of_rank[rank_bits + 1] / m);
  for (int k = rank_bits; k >= 1; --k) z = 0.5 * (z + of_rank[static_cast<std::size_t>(k)]);
  z += m * sigma(of_rank[0] / m);
  return static_cast<std::uint64_t>(std::llround(m * m / (2 * std::log(2.0) * z)));
}

}  // namespace

SessionCount::SessionCount(Duration idle)
    : idle_(idle), slot_(std::max<Duration>(idle / slots, std::chrono::milliseconds(1))) {}

std::uint32_t SessionCount::tick_of(TimePoint now) const {
  return static_cast<std::uint32_t>(now.time_since_epoch() / slot_) + slots + 1;
}

void SessionCount::see(std::uint64_t nonce, TimePoint now) { see_at(nonce, tick_of(now)); }

void SessionCount::see_at(std::uint64_t nonce, std::uint32_t tick) {
  if (sketches_ != nullptr) return mark(nonce, tick);
  Seen* place = &place_of(nonce);
  if (place->tick.load(relaxed) == 0) {
    if (taken_ >= exact_max) {
      tidy(tick);
      if (sketches_ != nullptr) return mark(nonce, tick);
      place = &place_of(nonce);
    }
    ++taken_;
    place->nonce.store(nonce, relaxed);
  }
  place->tick.store(tick, std::memory_order_release);  // Behind the nonce: who sees the one sees the other.
}

// Where it is, or would be. There is always a free one.
SessionCount::Seen& SessionCount::place_of(std::uint64_t nonce) {
  std::size_t at = nonce % table_size;
  while (table_[at].tick.load(relaxed) != 0 && table_[at].nonce.load(relaxed) != nonce) at = (at + 1) % table_size;
  return table_[at];
}

// Gives up the places of sessions that are over, or the table where it is still full of others.
void SessionCount::tidy(std::uint32_t now) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> live;
  for (const Seen& seen : table_) {
    if (is_live(seen.tick.load(relaxed), now)) live.emplace_back(seen.nonce.load(relaxed), seen.tick.load(relaxed));
  }
  // Tidied again soon it would cost more than it holds.
  if (live.size() > exact_max * 3 / 4) return become_sketches();
  version_.fetch_add(1, std::memory_order_acq_rel);
  for (Seen& seen : table_) seen.tick.store(0, std::memory_order_release);
  for (const auto& [nonce, tick] : live) {
    Seen& place = place_of(nonce);
    place.nonce.store(nonce, relaxed);
    place.tick.store(tick, std::memory_order_release);
  }
  taken_ = live.size();
  version_.fetch_add(1, std::memory_order_release);
}

void SessionCount::become_sketches() {
  sketches_ = std::make_unique<Sketches>();
  std::vector<std::pair<std::uint32_t, std::uint64_t>> in_order;
  for (const Seen& seen : table_) {
    if (const std::uint32_t tick = seen.tick.load(relaxed)) in_order.emplace_back(tick, seen.nonce.load(relaxed));
  }
  std::ranges::sort(in_order);
  for (const auto& [tick, nonce] : in_order) mark(nonce, tick);
  published_.store(sketches_.get(), std::memory_order_release);
}

// nullptr: what it was about is over.
SessionCount::Sketch* SessionCount::sketch_of(std::uint32_t tick) {
  Sketch& sketch = (*sketches_)[tick % slots];
  const std::uint32_t before = sketch.tick.load(relaxed);
  if (before > tick) return nullptr;
  if (before < tick) {
    for (auto& rank : sketch.ranks) rank.store(0, relaxed);
    sketch.tick.store(tick, std::memory_order_release);
  }
  return &sketch;
}

void SessionCount::mark(std::uint64_t nonce, std::uint32_t tick) {
  Sketch* sketch = sketch_of(tick);
  if (sketch == nullptr) return;
  auto& known = sketch->ranks[register_of(nonce)];
  const std::uint8_t rank = rank_of(nonce);
  if (rank > known.load(relaxed)) known.store(rank, relaxed);
}

// As it was at one moment: amid a tidying it would look emptier than it is.
std::vector<std::pair<std::uint64_t, std::uint32_t>> SessionCount::copy_live(std::uint32_t now) const {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> live;
  for (;;) {
    const std::uint32_t before = version_.load(std::memory_order_acquire);
    live.clear();
    for (const Seen& seen : table_) {
      const std::uint32_t tick = seen.tick.load(std::memory_order_acquire);
      if (is_live(tick, now)) live.emplace_back(seen.nonce.load(std::memory_order_acquire), tick);
    }
    if (before % 2 == 0 && version_.load(relaxed) == before) return live;
    std::this_thread::yield();
  }
}

SessionCount::Memory SessionCount::memory(TimePoint time) const {
  Memory memory{.idle = idle_};
  const std::uint32_t now = tick_of(time);
  const Sketches* sketches = published_.load(std::memory_order_acquire);
  if (sketches == nullptr) {
    memory.seen = copy_live(now);
    return memory;
  }
  for (const Sketch& sketch : *sketches) {
    const std::uint32_t tick = sketch.tick.load(std::memory_order_acquire);
    if (!is_live(tick, now)) continue;
    std::vector<std::uint8_t>& ranks = memory.ranks.emplace_back(tick, registers).second;
    std::ranges::transform(sketch.ranks, ranks.begin(), [](const auto& rank) { return rank.load(relaxed); });
  }
  return memory;
}

void SessionCount::recall(const Memory& memory) {
  if (memory.idle != idle_) return;
  for (const auto& [nonce, tick] : memory.seen) see_at(nonce, tick);
  if (memory.ranks.empty()) return;
  if (sketches_ == nullptr) become_sketches();
  for (const auto& [tick, ranks] : memory.ranks) {
    if (Sketch* sketch = sketch_of(tick); sketch != nullptr) {
      for (std::size_t i = 0; i < std::min(ranks.size(), registers); ++i) {
        const std::uint8_t rank = std::min<std::uint8_t>(ranks[i], rank_bits + 1);
        if (rank > sketch->ranks[i].load(relaxed)) sketch->ranks[i].store(rank, relaxed);
      }
    }
  }
}

void SessionTally::add(const SessionCount& count, TimePoint time) {
  const std::uint32_t now = count.tick_of(time);
  const auto* sketches = count.published_.load(std::memory_order_acquire);
  if (sketches == nullptr) {
    for (const auto& [nonce, tick] : count.copy_live(now)) exact_.insert(nonce);
    return;
  }
  if (ranks_.empty()) ranks_.resize(SessionCount::registers);
  for (const SessionCount::Sketch& sketch : *sketches) {
    if (!count.is_live(sketch.tick.load(std::memory_order_acquire), now)) continue;
    for (std::size_t i = 0; i < ranks_.size(); ++i) ranks_[i] = std::max(ranks_[i], sketch.ranks[i].load(relaxed));
  }
}

std::uint64_t SessionTally::total() const { return ranks_.empty() ? exact_.size() : estimate(all_ranks()); }

// The union of both against the other: where all of this are in the other, the two are the same to the register.
std::uint64_t SessionTally::without(const SessionTally& gone) const {
  if (ranks_.empty() && gone.ranks_.empty()) {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(exact_, [&](std::uint64_t nonce) { return !gone.exact_.contains(nonce); }));
  }
  const std::vector<std::uint8_t> theirs = gone.all_ranks();
  std::vector<std::uint8_t> both = all_ranks();
  for (std::size_t i = 0; i < both.size(); ++i) both[i] = std::max(both[i], theirs[i]);
  const std::uint64_t all = estimate(both);
  return all - std::min(all, estimate(theirs));
}

std::vector<std::uint8_t> SessionTally::all_ranks() const {
  std::vector<std::uint8_t> ranks = ranks_;
  ranks.resize(SessionCount::registers);
  for (const std::uint64_t nonce : exact_) {
    std::uint8_t& known = ranks[register_of(nonce)];
    known = std::max(known, rank_of(nonce));
  }
  return ranks;
}

}  // namespace stickler::affinity
