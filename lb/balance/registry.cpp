#include "lb/balance/registry.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lb/balance/least_connections.h"
#include "lb/balance/random.h"
#include "lb/balance/round_robin.h"
#include "lb/balance/two_choices.h"

namespace stickler::balance {
namespace {

template <class Kind>
std::unique_ptr<Policy> make(std::vector<Candidate> candidates) {
  return std::make_unique<Kind>(std::move(candidates));
}

constexpr std::array entries{
    PolicyEntry{"round_robin", make<RoundRobin>},
    PolicyEntry{"least_connections", make<LeastConnections>},
    PolicyEntry{"random", make<RandomChoice>},
    PolicyEntry{"two_choices", make<TwoChoices>},
};

}  // namespace

std::span<const PolicyEntry> policies() { return entries; }

std::unique_ptr<Policy> make_policy(std::string_view name, std::vector<Candidate> candidates) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : found->make(std::move(candidates));
}

}  // namespace stickler::balance
