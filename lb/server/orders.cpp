// What operators order of single backends while the process runs. Orders outlive reloads (BackendRegistry).
#include <algorithm>

#include "lb/base/log.h"
#include "lb/config/units.h"
#include "lb/server/server.h"

namespace stickler::server {
namespace {

std::string_view word_of(admin::OrderKind kind) {
  switch (kind) {
    case admin::OrderKind::drain:
      return "drains";
    case admin::OrderKind::undrain:
      return "drains no more";
    case admin::OrderKind::disable:
      return "is disabled";
    case admin::OrderKind::enable:
      break;
  }
  return "is enabled";
}

cluster::Configured state_of(admin::OrderKind kind) {
  switch (kind) {
    case admin::OrderKind::drain:
      return cluster::Configured::drain;
    case admin::OrderKind::disable:
      return cluster::Configured::down;
    case admin::OrderKind::undrain:
    case admin::OrderKind::enable:
      break;
  }
  return cluster::Configured::up;
}

}  // namespace

// Why the sessions of a pool cannot move at a rate; "": they can.
std::string_view Server::why_no_rate(const std::string& pool) const {
  const auto settings = std::ranges::find_if(snapshot_->pools, [&](const auto& each) { return each->name == pool; });
  if (settings == snapshot_->pools.end() || !(*settings)->affinity) {
    return "its pool has no affinity, so it has no sessions that could move at a rate";
  }
  const auto& app_session = (*settings)->affinity->app_session;
  if (!app_session || app_session->table != nullptr) return {};
  return "the sessions of its pool say themselves which node they are of, so none can move before all do; give a "
         "deadline without a rate";
}

admin::OrderReport Server::order(const admin::BackendOrder& order) {
  if (stepped_aside_) return {.obeyed = false, .message = "another process has taken over"};
  // What the new process knows of orders may be told already.
  if (is_upgrading()) return {.obeyed = false, .message = "an upgrade is under way, ask again in a moment"};
  const auto view = backends_.view(order.pool, order.backend);
  if (!view) return {.obeyed = false, .message = "there is no such backend"};
  const bool is_disabled = view->inputs.configured == cluster::Configured::down;
  if (is_disabled && order.kind == admin::OrderKind::undrain) {
    return {.obeyed = false, .message = "it is disabled and does not drain; enable puts it back"};
  }
  if (is_disabled && order.kind == admin::OrderKind::drain) {
    return {.obeyed = false, .message = "it is disabled, so there is nothing to drain; enable it first"};
  }
  if (const auto why = order.rate ? why_no_rate(order.pool) : std::string_view(); !why.empty()) {
    return {.obeyed = false, .message = std::string(why)};
  }
  const TimePoint now = loop_.now();
  cluster::Order wanted{.state = state_of(order.kind), .since = now};
  if (order.kind == admin::OrderKind::drain) {
    const bool drains = view->order && view->order->state == cluster::Configured::drain;
    wanted.since = drains ? view->order->since : now;  // What has gone since is the ground of the forecast.
    wanted.sessions = drains ? view->order->sessions : live_sessions(order.pool, order.backend);
    wanted.moved = drains ? view->moved : 0;
    if (order.deadline) wanted.deadline = now + *order.deadline;
    wanted.rate = order.rate.value_or(0);
  } else if (view->order && view->order->rate > 0 && live_sessions(order.pool, order.backend) == 0) {
    session_counts_.forget(order.pool, order.backend);  // Who has left may come back, and counts again then.
  }
  if (!backends_.order(order.pool, order.backend, wanted, now)) return {.obeyed = true, .message = {}};
  log_info("backend {}/{} {}{}{}", order.pool, order.backend, word_of(order.kind),
           order.rate ? ", " + config::spell_decimal(*order.rate) + " sessions a second" : "",
           order.deadline ? ", for " + config::spell_duration(*order.deadline) : "");
  publish();
  schedule_end();
  return {.obeyed = true, .message = {}};
}

}  // namespace stickler::server
