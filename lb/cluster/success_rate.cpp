#include "lb/cluster/success_rate.h"

#include <algorithm>
#include <cmath>

namespace stickler::cluster {
namespace {

bool counts(const Outcomes& outcomes) { return outcomes.all() >= success_rate_requests_min; }

struct Moments {
  double mean = 0;
  double variance = 0;
};

std::optional<Moments> of_others(std::span<const Outcomes> pool, std::size_t self) {
  double sum = 0;
  double squares = 0;
  double count = 0;
  for (std::size_t i = 0; i < pool.size(); ++i) {
    if (i == self || !counts(pool[i])) continue;
    const double rate = pool[i].rate();
    sum += rate;
    squares += rate * rate;
    ++count;
  }
  if (count == 0) return std::nullopt;
  const double mean = sum / count;
  return Moments{.mean = mean, .variance = std::max(squares / count - mean * mean, 0.0)};
}

// The least rate that is no outlier.
double threshold(const Moments& others, std::uint64_t requests) {
  const double by_chance = std::sqrt(std::max(others.mean * (1 - others.mean), 0.0) / static_cast<double>(requests));
  return others.mean - std::max({success_rate_gap_min, success_rate_deviations * std::sqrt(others.variance),
                                 success_rate_chances * by_chance});
}

}  // namespace

void OutcomeWindow::look(Outcomes totals) {
  totals_[next_] = totals;
  next_ = (next_ + 1) % totals_.size();
  size_ = std::min(size_ + 1, totals_.size());
}

Outcomes OutcomeWindow::last(std::size_t looks) const {
  if (size_ == 0) return {};
  const std::size_t back = std::min(looks, size_ - 1);
  const Outcomes& to = totals_[(next_ + totals_.size() - 1) % totals_.size()];
  const Outcomes& from = totals_[(next_ + totals_.size() - 1 - back) % totals_.size()];
  return {.good = to.good - from.good, .bad = to.bad - from.bad};
}

std::optional<std::size_t> find_outlier(std::span<const Outcomes> pool) {
  std::optional<std::size_t> worst;
  for (std::size_t i = 0; i < pool.size(); ++i) {
    if (!counts(pool[i]) || (worst && pool[i].rate() >= pool[*worst].rate())) continue;
    const auto others = of_others(pool, i);
    if (others && pool[i].rate() < threshold(*others, pool[i].all())) worst = i;
  }
  return worst;
}

}  // namespace stickler::cluster
