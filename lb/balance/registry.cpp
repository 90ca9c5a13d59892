#include "lb/balance/registry.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "lb/balance/first.h"
#include "lb/balance/hash.h"
#include "lb/balance/least_connections.h"
#include "lb/balance/least_sessions.h"
#include "lb/balance/least_time.h"
#include "lb/balance/random.h"
#include "lb/balance/round_robin.h"
#include "lb/balance/two_choices.h"

namespace stickler::balance {
namespace {

template <class Kind>
std::unique_ptr<Policy> make(std::vector<Candidate> candidates, const PolicyOptions& options) {
  if constexpr (std::is_constructible_v<Kind, std::vector<Candidate>, const PolicyOptions&>) {
    return std::make_unique<Kind>(std::move(candidates), options);
  } else {
    return std::make_unique<Kind>(std::move(candidates));
  }
}

constexpr bool by_weight = true;
constexpr bool not_by_weight = false;
constexpr bool no_slow_start = false;

constexpr std::array entries{
    PolicyEntry{"round_robin", make<RoundRobin>, by_weight, DecidedBy::turn},
    PolicyEntry{"least_connections", make<LeastConnections>, by_weight, DecidedBy::load},
    PolicyEntry{"least_sessions", make<LeastSessions>, by_weight, DecidedBy::sessions},
    PolicyEntry{"random", make<RandomChoice>, by_weight, DecidedBy::draw},
    PolicyEntry{"two_choices", make<TwoChoices>, by_weight, DecidedBy::draw_and_load},
    PolicyEntry{"least_time", make<LeastTime>, by_weight, DecidedBy::draw_and_load},
    PolicyEntry{"hash", make<Hash>, by_weight, DecidedBy::key, no_slow_start},
    PolicyEntry{"first", make<First>, not_by_weight, DecidedBy::place_in_list},
};

}  // namespace

std::span<const PolicyEntry> policies() { return entries; }

const PolicyEntry* find_policy(std::string_view name) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

std::unique_ptr<Policy> make_policy(std::string_view name, std::vector<Candidate> candidates,
                                    const PolicyOptions& options) {
  const PolicyEntry* found = find_policy(name);
  return found == nullptr ? nullptr : found->make(std::move(candidates), options);
}

}  // namespace stickler::balance
