#include "lb/cluster/backend_set.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "lb/balance/registry.h"

namespace stickler::cluster {

BackendSet::BackendSet(std::vector<Member> members, std::string_view policy, const balance::PolicyOptions& options)
    : members_(std::move(members)) {
  std::vector<balance::Candidate> candidates;
  candidates.reserve(members_.size());
  for (const Member& member : members_) {
    const balance::Standing standing = standing_of(member.state, member.weight);
    const bool eligible = standing == balance::Standing::eligible;
    names_.push_back(member.backend->name);
    standings_.push_back(standing);
    eligible_count_ += eligible ? 1 : 0;
    candidates.push_back({member.backend->name, &member.backend->load, eligible ? member.weight : 0});
  }
  policy_ = balance::make_policy(policy, candidates, options);
  assert(policy_ != nullptr);
  if (policy_ == nullptr) policy_ = balance::policies().front().make(std::move(candidates), options);
}

std::optional<std::size_t> BackendSet::find(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names_.begin());
}

}  // namespace stickler::cluster
