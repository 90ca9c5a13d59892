// How many log-in sessions each backend has: for reports when they are asked for, for the policy that places by them
// now and again.
#include <algorithm>

#include "lb/server/server.h"

namespace stickler::server {
namespace {

constexpr std::chrono::seconds recount_every{1};
constexpr int recount_share_max = 50;  // Of the control thread's time: one part of so many.

}  // namespace

std::uint64_t Server::live_sessions(const std::string& pool, const std::string& backend) const {
  const auto settings = std::ranges::find_if(snapshot_->pools, [&](const auto& each) { return each->name == pool; });
  if (settings == snapshot_->pools.end()) return 0;
  const auto& affinity = (*settings)->affinity;
  if (!affinity || !affinity->app_session || affinity->app_session->table == nullptr) {
    return session_counts_.total(pool, backend, loop_.now());
  }
  const proxy::AppSessionSource& source = *affinity->app_session;
  return session_counts_.learned({.table = *source.table, .now = loop_.now(), .idle = source.idle},
                                 affinity->keys.signing().node_id(backend));
}

// In between, sessions are counted as they are placed: see SessionLoad.
void Server::recount_sessions() {
  const TimePoint began = std::chrono::steady_clock::now();
  bool any = false;
  for (const config::Pool& pool : config_.pools) {
    if (pool.policy != config::Policy::least_sessions) continue;
    any = true;
    for (const config::Backend& backend : pool.backends) {
      const auto view = backends_.view(pool.name, backend.name);
      if (!view) continue;
      view->backend->load.sessions.recount(
          [&] { return static_cast<std::uint32_t>(live_sessions(pool.name, backend.name)); });
    }
  }
  if (!any) return recount_timer_.stop();
  const Duration taken = std::chrono::steady_clock::now() - began;
  recount_timer_.start(std::max<Duration>(recount_every, taken * recount_share_max));
}

}  // namespace stickler::server
