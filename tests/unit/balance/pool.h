// What the tests of policies share: candidates with loads of their own, and counting of picks.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lb/balance/registry.h"

namespace stickler::balance {

// Candidates "0", "1", ... and the loads they point to.
struct Pool {
  explicit Pool(const std::vector<std::uint32_t>& weights) {
    for (const std::uint32_t weight : weights) {
      names.push_back(std::to_string(names.size()));
      candidates.push_back({.name = names.back(), .load = &loads.emplace_back(), .weight = weight});
    }
  }

  void set_loads(const std::vector<std::uint32_t>& in_flight) {
    for (std::size_t i = 0; i < in_flight.size(); ++i) loads[i].in_flight = in_flight[i];
  }
  void set_sessions(const std::vector<std::uint32_t>& sessions) {
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      loads[i].sessions.recount([&] { return sessions[i]; });
    }
  }
  std::unique_ptr<Policy> policy(std::string_view name) const { return make_policy(name, candidates); }
  PickState state(std::uint64_t seed) const {
    PickState state(seed);
    state.remap(names);
    return state;
  }

  std::vector<std::string> names;
  std::deque<BackendLoad> loads;
  std::vector<Candidate> candidates;
};

// How often each candidate was picked in `picks` picks.
inline std::vector<std::size_t> count_picks(const Policy& policy, PickState& state, std::size_t picks,
                                            std::size_t candidates) {
  std::vector<std::size_t> counts(candidates);
  for (std::size_t i = 0; i < picks; ++i) ++counts.at(policy.pick({}, state).value());
  return counts;
}

// Pearson's statistic of what was counted against shares by weight.
inline double chi_square(const std::vector<std::size_t>& counts, const std::vector<std::uint32_t>& weights) {
  double total = 0;
  double weight_sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    total += static_cast<double>(counts[i]);
    weight_sum += weights[i];
  }
  double statistic = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = total * weights[i] / weight_sum;
    if (expected == 0) continue;
    const double difference = static_cast<double>(counts[i]) - expected;
    statistic += difference * difference / expected;
  }
  return statistic;
}

}  // namespace stickler::balance
