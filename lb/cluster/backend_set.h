// BackendSet: one pool's members as they stand now, and the policy built over them. Immutable; a new one per change
// of health or list; owned by epochs and the server; any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lb/balance/policy.h"
#include "lb/balance/standing.h"
#include "lb/base/address.h"
#include "lb/cluster/backend.h"
#include "lb/cluster/health_state.h"
#include "lb/cluster/slow_start.h"

namespace stickler::cluster {

struct Member {
  std::shared_ptr<Backend> backend;
  Address address;
  std::uint32_t weight = 1;
  State state = State::up;
  balance::Standing standing = balance::Standing::eligible;
  std::uint32_t share = SlowStart::steps;  // Of its weight, while it starts slowly.
  bool on_trial = false;                   // Single requests try it, beside those that are bound to it.
  DrainPace* pace = nullptr;               // Of a drain at a rate: `backend` has it.
  TimePoint steady_since = balance::not_steady;
};

// An index is a place in the configured list of backends, whatever their health.
class BackendSet {
 public:
  // Requires: `policy` is in balance::policies(); names are unique; `options.weight_unit` is SlowStart::steps where the
  // pool starts slowly, else 1.
  BackendSet(std::vector<Member> members, std::string_view policy, balance::PolicyOptions options = {});

  std::size_t size() const { return members_.size(); }
  const Member& operator[](std::size_t index) const { return members_[index]; }
  std::span<const Member> members() const { return members_; }
  std::span<const std::string> names() const { return names_; }  // For PickState::remap and affinity::NodeTable.
  std::span<const balance::Standing> standings() const { return standings_; }
  std::span<const TimePoint> steady_since() const { return steady_since_; }
  std::span<const Exclusion> exclusions() const { return exclusions_; }
  std::size_t eligible_count() const { return eligible_count_; }
  bool drains_at_a_rate() const { return drains_at_a_rate_; }      // One at least does.
  std::span<const std::size_t> trials() const { return trials_; }  // Where single requests may be tried.
  std::optional<std::size_t> find(std::string_view name) const;

  // An eligible member that was not tried; nullopt: none is left. Requests that began with an older set may pick in
  // turn with those of a newer one. Requires: `state` was remapped to names() when this set came; what is asked here is
  // where the names stand, which may be where those of a set that is gone stood.
  balance::Pick pick(const balance::PickContext& context, balance::PickState& state) const {
    if (!state.follows(names_)) state.remap(names_);
    return policy_->pick(context, state);
  }

 private:
  std::vector<Member> members_;
  std::vector<std::string> names_;
  std::vector<balance::Standing> standings_;
  std::vector<TimePoint> steady_since_;
  std::vector<Exclusion> exclusions_;
  std::size_t eligible_count_ = 0;
  bool drains_at_a_rate_ = false;
  std::vector<std::size_t> trials_;
  std::unique_ptr<const balance::Policy> policy_;
};

}  // namespace stickler::cluster
