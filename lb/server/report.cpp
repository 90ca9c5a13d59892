// What the admin API shows: the state of the moment as plain values.
#include <unistd.h>

#include <algorithm>

#include "lb/cluster/drain.h"
#include "lb/config/render.h"
#include "lb/metrics/exposition.h"
#include "lb/proxy/outcome.h"
#include "lb/server/server.h"
#include "lb/server/version.h"

namespace stickler::server {
namespace {

static_assert(cluster::ejected_words.size() <= metrics::ejections_max);
static_assert(affinity::shared_call_count == metrics::shared_calls_max);

std::string_view word_of(cluster::ProbeVerdict verdict) {
  switch (verdict) {
    case cluster::ProbeVerdict::unknown:
      return "unknown";
    case cluster::ProbeVerdict::up:
      return "up";
    case cluster::ProbeVerdict::down:
      break;
  }
  return "down";
}

std::vector<std::string_view> refusal_words() {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < http::refusal_count; ++i) words.push_back(http::to_string(static_cast<http::Refusal>(i)));
  return words;
}

template <class Cells>
std::uint64_t total(const Cells& cells) {
  std::uint64_t sum = 0;
  for (const auto& cell : cells) sum += cell;
  return sum;
}

}  // namespace

bool Server::ready() { return !draining_; }

std::string Server::config_json() { return config::render_json(config_); }

admin::ListenerReport Server::report_listener(const config::Listener& listener) const {
  const metrics::ListenerTotals totals = metrics_.listener_totals(listener.name);
  admin::ListenerReport report;
  report.name = listener.name;
  for (const Address& address : sockets_.addresses(listener)) report.addresses.push_back(address.to_string());
  // Read while workers write: the second may be ahead of the first.
  report.connections = totals.connections_opened - std::min(totals.connections_opened, totals.connections_closed);
  report.connections_max = listener.limits.connections.value_or(compile_context_.connections_auto());
  report.connections_total = totals.connections_opened;
  report.limit_pauses = totals.limit_pauses;
  report.bytes_in = totals.bytes_in;
  report.bytes_out = totals.bytes_out;
  report.requests = totals.requests.cells;
  report.duration = {.count = totals.duration.count,
                     .p50 = totals.duration.quantile(0.5),
                     .p90 = totals.duration.quantile(0.9),
                     .p99 = totals.duration.quantile(0.99)};
  return report;
}

std::optional<admin::DrainReport> Server::report_drain(const cluster::BackendRegistry::View& view,
                                                       std::uint64_t sessions) const {
  const cluster::Order& order = *view.order;
  if (order.state != cluster::Configured::drain && order.state != cluster::Configured::drained) return std::nullopt;
  const TimePoint now = loop_.now();
  admin::DrainReport report{.since = now - order.since, .sessions_then = order.sessions, .sessions_moved = view.moved};
  if (order.deadline) report.deadline_in = std::max(Duration::zero(), *order.deadline - now);
  if (order.rate > 0) report.rate = order.rate;
  report.empty_in = cluster::time_to_empty(
      {.then = order.sessions, .left = sessions, .elapsed = report.since, .rate = order.rate, .moved = view.moved});
  return report;
}

admin::BackendReport Server::report_backend(const config::Pool& pool, const config::Backend& backend) const {
  admin::BackendReport report;
  report.name = backend.name;
  report.address = backend.address.to_string();
  report.weight = backend.weight;
  report.origin = config::name_of(backend.origin);
  const Override* said = members_.override_of(pool.name, backend.name);
  report.overridden = said != nullptr && said->said;
  report.role = config::name_of(backend.role);
  const metrics::BackendTotals totals = metrics_.backend_totals(pool.name, backend.name);
  report.connects = totals.connects;
  report.reused = totals.reused;
  report.failures = total(totals.failures);
  report.requests = totals.requests.cells;
  if (const auto view = backends_.view(pool.name, backend.name)) {
    report.state = cluster::to_string(view->state);
    report.health = word_of(view->inputs.probes);
    report.ejected = view->inputs.ejected;
    report.weight_percent = view->share * 100 / cluster::SlowStart::steps;
    if (view->inputs.ejected || view->inputs.on_trial) report.ejected_because = cluster::to_string(view->ejected_for);
    if (view->inputs.ejected) report.ejected_for = std::max(Duration::zero(), *view->ejected_until - loop_.now());
    report.in_flight = view->backend->load.in_flight.load(std::memory_order_relaxed);
    if (!pool.affinity.source().empty()) report.sessions = live_sessions(pool.name, backend.name);
    if (view->order) report.drain = report_drain(*view, report.sessions.value_or(0));
  }
  if (const auto probed = checker_ != nullptr ? checker_->view(pool.name, backend.name) : std::nullopt) {
    report.reason = probed->last_reason;
  }
  return report;
}

std::optional<bool> Server::is_shared_table_up(const config::Pool& pool) const {
  if (!pool.affinity.learns() || !pool.affinity.table.store) return std::nullopt;
  const metrics::PoolTotals totals = metrics_.pool_totals(pool.name);
  return metrics::still_open(totals.shared_opened, totals.shared_closed) >= workers_->size();
}

admin::PoolReport Server::report_pool(const config::Pool& pool) const {
  const metrics::PoolTotals totals = metrics_.pool_totals(pool.name);
  admin::PoolReport report;
  report.name = pool.name;
  report.policy = config::name_of(pool.policy);
  report.affinity = pool.affinity.source();
  const auto turn = backends_.view(pool.name);
  report.panic = turn.panics;
  report.on_standby = turn.on_standby;
  report.attempts = totals.attempts;
  report.retries = totals.retries;
  report.queued = totals.queued - std::min(totals.queued, totals.queue_left);
  report.requests = totals.requests.cells;
  if (const auto found = discoveries_.find(pool.name); found != discoveries_.end()) {
    const Discovery& discovery = found->second;
    report.discover = {.file = discovery.file,
                       .problem = discovery.problem,
                       .applied = discovery.applied,
                       .refused = discovery.refused};
  }
  report.removed = members_.removed_of(pool.name);
  for (const config::Backend& backend : pool.backends) report.backends.push_back(report_backend(pool, backend));
  return report;
}

admin::StatusReport Server::status() {
  admin::StatusReport report;
  report.version = version;
  report.pid = static_cast<std::uint64_t>(getpid());
  report.workers = workers_->size();
  report.uptime = std::chrono::steady_clock::now() - started_;
  report.config_file = config_path_;
  report.generation = 1 + reloads_applied_;
  report.draining = draining_;
  for (const config::Listener& listener : config_.listeners) report.listeners.push_back(report_listener(listener));
  for (const config::Pool& pool : config_.pools) report.pools.push_back(report_pool(pool));
  return report;
}

void Server::render_metrics(std::string& out) {
  const std::vector<std::string_view> refusals = refusal_words();
  metrics::ProcessNow now{.version = std::string(version),
                          .started = started_wall_,
                          .workers = workers_->size(),
                          .ready = ready(),
                          .reloads_applied = reloads_applied_,
                          .reloads_refused = reloads_refused_,
                          .access_log_dropped = access_log_ != nullptr ? access_log_->dropped() : 0,
                          .pools = {},
                          .backends = {}};
  for (const config::Pool& pool : config_.pools) {
    const auto turn = backends_.view(pool.name);
    now.pools.push_back({.name = pool.name,
                         .panic = turn.panics,
                         .on_standby = turn.on_standby,
                         .shared_table_up = is_shared_table_up(pool)});
    if (const auto found = discoveries_.find(pool.name); found != discoveries_.end()) {
      now.pools.back().lists = {.applied = found->second.applied, .refused = found->second.refused};
    }
    for (const config::Backend& backend : pool.backends) {
      const auto view = backends_.view(pool.name, backend.name);
      if (!view) continue;
      now.backends.push_back({.pool = pool.name,
                              .name = backend.name,
                              .state = cluster::to_string(view->state),
                              .weight = backend.weight,
                              .weight_share = static_cast<double>(view->share) / cluster::SlowStart::steps,
                              .standby = backend.role == config::Role::standby,
                              .in_flight = view->backend->load.in_flight.load(std::memory_order_relaxed)});
      if (pool.affinity.source().empty()) continue;
      now.backends.back().sessions = live_sessions(pool.name, backend.name);
    }
  }
  metrics::render(out, metrics_,
                  {.refusals = refusals,
                   .failures = proxy::failure_words,
                   .verdicts = affinity::verdict_words,
                   .ejections = cluster::ejected_words,
                   .shared_calls = affinity::shared_call_words},
                  now);
}

}  // namespace stickler::server
