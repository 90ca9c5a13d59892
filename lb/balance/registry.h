// The policies by name, as `pools.NAME.policy` gives them. Any thread. Adding one: docs/adding-a-policy.md.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "lb/balance/policy.h"

namespace stickler::balance {

// What decides between those that may be picked, in the words of explain.
enum class DecidedBy : std::uint8_t { turn, load, sessions, draw, draw_and_load, key, place_in_list };

constexpr bool looks_at_load(DecidedBy by) { return by == DecidedBy::load || by == DecidedBy::draw_and_load; }

struct PolicyEntry {
  std::string_view name;
  std::unique_ptr<Policy> (*make)(std::vector<Candidate> candidates, const PolicyOptions& options);
  bool shares_by_weight;  // Of backends that rest each gets its weight's share of many requests.
  DecidedBy decided_by = DecidedBy::turn;

  // A weight that grows in steps only adds to that share. Not where it would move keys that were at home elsewhere.
  bool follows_slow_start = shares_by_weight;
};

std::span<const PolicyEntry> policies();

// nullptr: no policy has that name. Points into policies().
const PolicyEntry* find_policy(std::string_view name);

// nullptr: no policy has that name.
std::unique_ptr<Policy> make_policy(std::string_view name, std::vector<Candidate> candidates,
                                    const PolicyOptions& options = {});

}  // namespace stickler::balance
