#include "lb/balance/hash.h"

#include <utility>

namespace stickler::balance {
namespace {

// Enough to meet a second owner in nearly every table; who meets none is found by going through the candidates.
constexpr std::size_t slots_tried_max = 1024;

KeyTable make_table(const std::vector<Candidate>& candidates, HashTable kind) {
  return kind == HashTable::ring ? KeyTable::ring(candidates) : KeyTable::maglev(candidates);
}

}  // namespace

Hash::Hash(std::vector<Candidate> candidates, const PolicyOptions& options)
    : candidates_(std::move(candidates)),
      table_(make_table(candidates_, options.hash_table)),
      bounded_load_(options.bounded_load) {}

// Counts the exchange to come.
double Hash::open_per_weight() const {
  std::uint64_t open = 1;
  std::uint64_t weight = 0;
  for (const Candidate& candidate : candidates_) {
    if (candidate.weight == 0) continue;
    open += candidate.load->in_flight.load(std::memory_order_relaxed);
    weight += candidate.weight;
  }
  return static_cast<double>(open) / static_cast<double>(weight);
}

bool Hash::has_room(std::size_t index, double open_per_weight) const {
  const Candidate& candidate = candidates_[index];
  const std::uint32_t open = candidate.load->in_flight.load(std::memory_order_relaxed);
  // Rounded up, as in the paper: one exchange is always allowed.
  return open < bounded_load_ * open_per_weight * candidate.weight;
}

Pick Hash::pick(const PickContext& context, PickState& state) const {
  if (table_.size() == 0) return std::nullopt;
  const double open = bounded_load_ > 0 ? open_per_weight() : 0;
  const std::size_t first = table_.slot_of(context.key ? *context.key : state.random.next());
  Pick full;
  for (std::size_t step = 0; step < slots_tried_max; ++step) {
    const std::size_t owner = table_.owner((first + step) % table_.size());
    if (was_tried(context, owner)) continue;
    if (bounded_load_ == 0 || has_room(owner, open)) return owner;
    if (!full) full = owner;
  }
  return full ? full : first_left(candidates_, context);
}

}  // namespace stickler::balance
