#include "lb/server/session_counts.h"

namespace stickler::server {

std::shared_ptr<affinity::SessionCount> SessionCounts::of(std::uint32_t worker, const std::string& pool,
                                                          const std::string& backend, Duration idle) {
  auto& of_workers = counts_[{pool, backend}];
  if (of_workers.size() <= worker) of_workers.resize(worker + 1);
  auto& count = of_workers[worker];
  if (count != nullptr && count->idle() == idle) return count;
  count = std::make_shared<affinity::SessionCount>(idle);
  std::erase_if(inherited_, [&](const CountMemory& memory) {
    const bool is_of_it = memory.pool == pool && memory.backend == backend;
    if (is_of_it) count->recall(memory.count);
    return is_of_it;
  });
  return count;
}

std::vector<CountMemory> SessionCounts::memories(TimePoint now) const {
  std::vector<CountMemory> all;
  for (const auto& [of, counts] : counts_) {
    for (const auto& count : counts) {
      if (count != nullptr) all.push_back({.pool = of.first, .backend = of.second, .count = count->memory(now)});
    }
  }
  return all;
}

std::uint64_t SessionCounts::learned(const Learned& learned, affinity::NodeId node) const {
  if (memo_.table != &learned.table || memo_.now != learned.now) {
    memo_ = {.table = &learned.table, .now = learned.now, .counts = learned.table.count(learned.now, learned.idle)};
  }
  const auto found = memo_.counts.find(node);
  return found == memo_.counts.end() ? 0 : found->second;
}

std::uint64_t SessionCounts::total(const std::string& pool, const std::string& backend, TimePoint now) const {
  const auto found = counts_.find({pool, backend});
  if (found == counts_.end()) return 0;
  affinity::SessionTally tally;
  for (const auto& count : found->second) {
    if (count != nullptr) tally.add(*count, now);
  }
  return tally.total();
}

}  // namespace stickler::server
