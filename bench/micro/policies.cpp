// A pick of every policy among 10 to 10,000 backends of unequal weight and load.
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "bench/micro/suite.h"
#include "lb/balance/registry.h"

namespace stickler::bench::micro {
namespace {

class PickBackend {
 public:
  PickBackend(std::string_view policy, std::uint32_t backends) {
    std::vector<balance::Candidate> candidates;
    for (std::uint32_t i = 0; i < backends; ++i) {
      names_.push_back("backend-" + std::to_string(i));
      balance::BackendLoad& load = loads_.emplace_back();
      load.in_flight = i * 7 % 31;
      load.sessions.recount([i] { return i * 7 % 31; });
      candidates.push_back({.name = names_.back(), .load = &loads_.back(), .weight = 1 + i % 4});
    }
    policy_ = balance::make_policy(policy, std::move(candidates));
    state_.remap(names_);
  }

  std::size_t operator()() { return policy_->pick({}, state_).value(); }

 private:
  std::vector<std::string> names_;
  std::deque<balance::BackendLoad> loads_;
  std::unique_ptr<balance::Policy> policy_;
  balance::PickState state_{1};
};

}  // namespace

void add_policies(Suite& suite) {
  for (const balance::PolicyEntry& entry : balance::policies()) {
    for (const std::uint32_t backends : {10, 100, 1'000, 10'000}) {
      suite.add<PickBackend>("pick/" + std::string(entry.name) + "/" + std::to_string(backends), entry.name, backends);
    }
  }
}

}  // namespace stickler::bench::micro
