#include "lb/cluster/backend_set.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "lb/balance/registry.h"

namespace stickler::cluster {

BackendSet::BackendSet(std::vector<Member> members, std::string_view policy, balance::PolicyOptions options)
    : members_(std::move(members)) {
  const balance::PolicyEntry* entry = balance::find_policy(policy);
  assert(entry != nullptr);
  if (entry == nullptr) entry = &balance::policies().front();
  if (!entry->follows_slow_start) options.weight_unit = 1;
  std::vector<balance::Candidate> candidates;
  candidates.reserve(members_.size());
  for (const Member& member : members_) {
    const bool eligible = member.standing == balance::Standing::eligible;
    const std::uint32_t weight = options.weight_unit == 1 ? member.weight : member.weight * member.share;
    drains_at_a_rate_ |= member.pace != nullptr;
    if (member.on_trial) trials_.push_back(names_.size());
    names_.push_back(member.backend->name);
    standings_.push_back(member.standing);
    steady_since_.push_back(member.steady_since);
    exclusions_.push_back(exclusion_of(member.state, member.standing));
    eligible_count_ += eligible ? 1 : 0;
    candidates.push_back({member.backend->name, &member.backend->load, eligible ? weight : 0});
  }
  policy_ = entry->make(std::move(candidates), options);
}

std::optional<std::size_t> BackendSet::find(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names_.begin());
}

}  // namespace stickler::cluster
