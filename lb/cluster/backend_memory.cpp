// What a registry knows of its backends, for that of another process to go on with.
#include "lb/cluster/backend_registry.h"

namespace stickler::cluster {

std::vector<BackendMemory> BackendRegistry::memories() const {
  std::vector<BackendMemory> all;
  for (const auto& [name, pool] : pools_) {
    for (const Entry& entry : pool.entries) {
      all.push_back({.pool = name,
                     .name = entry.settings.name,
                     .address = entry.settings.address,
                     .probes = entry.probes,
                     .breaker = entry.breaker.history(),
                     .generation = entry.backend->generation.load(std::memory_order_relaxed),
                     .answer_time = entry.backend->load.answer_time.figure(),
                     .came_up = entry.came_up,
                     .configured = entry.settings.state,
                     .order = entry.order,
                     .steadiness = entry.steadiness.history()});
      if (entry.order) all.back().order->moved = entry.moved();
    }
  }
  return all;
}

void BackendRegistry::recall(const std::vector<BackendMemory>& memories, TimePoint now) {
  for (const BackendMemory& memory : memories) {
    Pool* pool = find_pool(memory.pool);
    Entry* entry = pool == nullptr ? nullptr : find_entry(*pool, memory.name);
    if (entry == nullptr) continue;
    if (entry->settings.state == memory.configured) entry->order = memory.order;
    entry->start_pace(now);
    if (entry->settings.address != memory.address) continue;
    entry->probes = memory.probes;
    entry->came_up = memory.came_up;
    entry->breaker = Breaker(memory.breaker);
    forget_unwatched(*entry, pool->settings);
    entry->steadiness = Steadiness(memory.steadiness);
    entry->backend->generation.store(memory.generation, std::memory_order_relaxed);
    entry->backend->load.answer_time.resume(memory.answer_time);
  }
  for (auto& [name, pool] : pools_) {
    readmit(pool);
    review(pool, now);
  }
}

}  // namespace stickler::cluster
