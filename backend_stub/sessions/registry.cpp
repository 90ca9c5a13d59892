#include "backend_stub/sessions/registry.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "backend_stub/sessions/memory.h"

namespace stickler::stub {
namespace {

std::unique_ptr<SessionStore> make_memory(StoreContext context) {
  return std::make_unique<MemoryStore>(context.clock,
                                       MemoryLimits{.life = context.life, .sessions_max = context.sessions_max});
}

std::unique_ptr<SessionStore> make_replicated(StoreContext context, Placement placement) {
  Membership& membership = *context.membership;
  return std::make_unique<ReplicatedStore>(
      ReplicatedStore::World{.loop = membership.loop, .clock = context.clock, .real = membership.real},
      ReplicatedSettings{
          .placement = placement, .sync = membership.sync, .life = context.life, .sessions_max = context.sessions_max},
      std::move(membership.peers));
}

std::unique_ptr<SessionStore> make_all_to_all(StoreContext context) {
  return make_replicated(std::move(context), Placement::all_to_all);
}

std::unique_ptr<SessionStore> make_primary_backup(StoreContext context) {
  return make_replicated(std::move(context), Placement::primary_backup);
}

constexpr Strategy table[] = {
    {"memory", "this process only", make_memory},
    {"all-to-all", "every node holds a copy", make_all_to_all, true},
    {"primary-backup", "this node and one other", make_primary_backup, true},
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
