#include "backend_stub/sessions/registry.h"

#include <algorithm>
#include <iterator>

#include "backend_stub/sessions/memory.h"

namespace stickler::stub {
namespace {

std::unique_ptr<SessionStore> make_memory(const StoreContext& context) {
  return std::make_unique<MemoryStore>(context.clock,
                                       MemoryLimits{.life = context.life, .sessions_max = context.sessions_max});
}

constexpr Strategy table[] = {
    {"memory", "this process only", make_memory},
    {"all-to-all", "every node holds a copy", nullptr},
    {"primary-backup", "this node and one other", nullptr},
    {"redis", "a shared store in memory", nullptr},
    {"memcached", "a shared store in memory", nullptr},
    {"postgres", "a shared store on disk", nullptr},
    {"sqlite", "a shared file", nullptr},
    {"hybrid", "memory first, written behind to a shared store", nullptr},
};

}  // namespace

std::span<const Strategy> strategies() { return table; }

const Strategy* find_strategy(std::string_view name) {
  const auto* found = std::ranges::find(table, name, &Strategy::name);
  return found == std::end(table) ? nullptr : found;
}

}  // namespace stickler::stub
