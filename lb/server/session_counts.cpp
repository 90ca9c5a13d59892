#include "lb/server/session_counts.h"

namespace stickler::server {

std::shared_ptr<affinity::SessionCount> SessionCounts::of(std::uint32_t worker, OfWorkers& counts, Duration idle) {
  if (counts.size() <= worker) counts.resize(worker + 1);
  auto& count = counts[worker];
  if (count == nullptr || count->idle() != idle) count = std::make_shared<affinity::SessionCount>(idle);
  return count;
}

std::shared_ptr<affinity::SessionCount> SessionCounts::of(std::uint32_t worker, const std::string& pool,
                                                          const std::string& backend, Duration idle) {
  return of(worker, counts_[{pool, backend}].seen, idle);
}

std::shared_ptr<affinity::SessionCount> SessionCounts::left_of(std::uint32_t worker, const std::string& pool,
                                                               const std::string& backend, Duration idle) {
  return of(worker, counts_[{pool, backend}].left, idle);
}

std::vector<CountMemory> SessionCounts::memories(TimePoint now) const {
  std::vector<CountMemory> all;
  for (const auto& [of, counts] : counts_) {
    // Who leaves is seen before: by this order nobody is found to have left who was not seen.
    for (const bool have_left : {true, false}) {
      for (const auto& count : have_left ? counts.left : counts.seen) {
        if (count == nullptr) continue;
        all.push_back({.pool = of.first, .backend = of.second, .have_left = have_left, .count = count->memory(now)});
      }
    }
  }
  return all;
}

void SessionCounts::recall(const std::vector<CountMemory>& memories) {
  for (const CountMemory& memory : memories) {
    OfBackend& counts = counts_[{memory.pool, memory.backend}];
    of(0, memory.have_left ? counts.left : counts.seen, memory.count.idle)->recall(memory.count);
  }
}

std::uint64_t SessionCounts::learned(const Learned& learned, affinity::NodeId node) const {
  if (memo_.table != &learned.table || memo_.now != learned.now) {
    memo_ = {.table = &learned.table, .now = learned.now, .counts = learned.table.count(learned.now, learned.idle)};
  }
  const auto found = memo_.counts.find(node);
  return found == memo_.counts.end() ? 0 : found->second;
}

affinity::SessionTally SessionCounts::tally(const OfWorkers& counts, TimePoint now) {
  affinity::SessionTally tally;
  for (const auto& count : counts) {
    if (count != nullptr) tally.add(*count, now);
  }
  return tally;
}

std::uint64_t SessionCounts::total(const std::string& pool, const std::string& backend, TimePoint now) const {
  const auto found = counts_.find({pool, backend});
  if (found == counts_.end()) return 0;
  const affinity::SessionTally left = tally(found->second.left, now);  // First, as in memories().
  const affinity::SessionTally seen = tally(found->second.seen, now);
  return found->second.left.empty() ? seen.total() : seen.without(left);
}

}  // namespace stickler::server
