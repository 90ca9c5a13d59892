#include "lb/balance/weighted_draw.h"

#include <algorithm>

namespace stickler::balance {

WeightedDraw::WeightedDraw(const std::vector<Candidate>& candidates) {
  std::uint32_t sum = 0;
  ends_.reserve(candidates.size());
  for (const Candidate& candidate : candidates) ends_.push_back(sum += candidate.weight);
}

Pick WeightedDraw::draw(const PickContext& context, Random& random, Pick other_than) const {
  if (ends_.empty() || ends_.back() == 0) return std::nullopt;
  const auto excluded = [&](std::size_t index) { return index == other_than || was_tried(context, index); };

  // Nearly always the first draw is good. Where the excluded ones hold most of the weight, one exact pass ends it.
  constexpr int draws_max = 4;
  for (int attempt = 0; attempt < draws_max; ++attempt) {
    const auto found = std::upper_bound(ends_.begin(), ends_.end(), random.below(ends_.back()));
    const auto index = static_cast<std::size_t>(found - ends_.begin());
    if (!excluded(index)) return index;
  }

  std::uint32_t left = 0;
  for (std::size_t i = 0; i < ends_.size(); ++i) left += excluded(i) ? 0 : weight_of(i);
  if (left == 0) return std::nullopt;
  std::uint32_t at = random.below(left);
  for (std::size_t i = 0; i < ends_.size(); ++i) {
    if (excluded(i)) continue;
    if (at < weight_of(i)) return i;
    at -= weight_of(i);
  }
  return std::nullopt;
}

}  // namespace stickler::balance
