// The policies by name, as `pools.NAME.policy` gives them. Any thread. Adding one: docs/adding-a-policy.md.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "lb/balance/policy.h"

namespace stickler::balance {

struct PolicyEntry {
  std::string_view name;
  std::unique_ptr<Policy> (*make)(std::vector<Candidate> candidates, const PolicyOptions& options);
  bool shares_by_weight;  // Of backends that rest each gets its weight's share of many requests.

  // A weight that grows in steps only adds to that share. Not where it would move keys that were at home elsewhere.
  bool follows_slow_start = shares_by_weight;
};

std::span<const PolicyEntry> policies();

// nullptr: no policy has that name.
const PolicyEntry* find_policy(std::string_view name);
std::unique_ptr<Policy> make_policy(std::string_view name, std::vector<Candidate> candidates,
                                    const PolicyOptions& options = {});

}  // namespace stickler::balance
