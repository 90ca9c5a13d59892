#include "lb/balance/policy.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace stickler::balance {

bool was_tried(const PickContext& context, std::size_t index) {
  return std::find(context.tried.begin(), context.tried.end(), index) != context.tried.end();
}

Pick first_left(const std::vector<Candidate>& candidates, const PickContext& context) {
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].weight > 0 && !was_tried(context, i)) return i;
  }
  return std::nullopt;
}

void PickState::resume(Turns turns) {
  followed_ = nullptr;
  names_ = std::move(turns.names);
  credits = std::move(turns.credits);
  credits.resize(names_.size(), credit_unset);
}

void PickState::remap(std::span<const std::string> names) {
  followed_ = names.data();
  if (std::equal(names.begin(), names.end(), names_.begin(), names_.end())) return;
  std::unordered_map<std::string_view, std::int64_t> known;
  for (std::size_t i = 0; i < names_.size(); ++i) known.emplace(names_[i], credits[i]);
  std::vector<std::int64_t> remapped;
  remapped.reserve(names.size());
  for (const std::string& name : names) {
    const auto found = known.find(name);
    remapped.push_back(found == known.end() ? credit_unset : found->second);
  }
  credits = std::move(remapped);
  names_.assign(names.begin(), names.end());
}

}  // namespace stickler::balance
