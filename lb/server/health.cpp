// What probes and traffic say of the backends, and what follows for the workers.
#include <algorithm>
#include <utility>

#include "lb/affinity/generation.h"
#include "lb/base/log.h"
#include "lb/server/server.h"

namespace stickler::server {
namespace {

std::optional<bool> is_up(cluster::ProbeVerdict verdict) {
  if (verdict == cluster::ProbeVerdict::unknown) return std::nullopt;
  return verdict == cluster::ProbeVerdict::up;
}

health::Target target_of(const config::Pool& pool, const config::Backend& backend, const config::ActiveHealth& active) {
  return {.pool = pool.name,
          .backend = backend.name,
          .address = backend.address,
          .probe = {.type = active.type == config::ProbeType::http ? health::ProbeType::http : health::ProbeType::tcp,
                    .path = active.path,
                    .expect_first = active.expect.first,
                    .expect_last = active.expect.last,
                    .timeout = active.timeout},
          .interval = active.interval,
          .rules = {.rise = active.rise, .fall = active.fall}};
}

}  // namespace

void Server::configure_health() {
  std::vector<health::Target> targets;
  for (const config::Pool& pool : config_.pools) {
    if (!pool.health.active) continue;
    for (const config::Backend& backend : pool.backends) {
      targets.push_back(target_of(pool, backend, *pool.health.active));
      // Of a backend that the checker knows this is what it said itself; of another, what the process before this did.
      const auto view = backends_.view(pool.name, backend.name);
      if (view) targets.back().known_up = is_up(view->inputs.probes);
    }
  }
  checker_->configure(std::move(targets));
  const bool watches =
      std::ranges::any_of(config_.pools, [](const auto& pool) { return pool.health.passive.has_value(); });
  if (watches) outliers_timer_.start(cluster::OutcomeWindow::look_every, cluster::OutcomeWindow::look_every);
  if (!watches) outliers_timer_.stop();
  schedule_end();
}

void Server::on_probe_verdict(const health::TargetChange& change) {
  if (change.up) log_info("backend {}/{} is up: {}", change.pool, change.backend, change.reason);
  if (!change.up) log_warn("backend {}/{} is down: {}", change.pool, change.backend, change.reason);
  if (backends_.record_probe_verdict(change.pool, change.backend, change.up, loop_.now())) publish();
  schedule_end();
}

void Server::on_generation(const health::Target& target, std::string_view generation) {
  const auto view = backends_.view(target.pool, target.backend);
  if (!view) return;
  const std::uint32_t now = affinity::generation_of(generation);
  const std::uint32_t before = view->backend->generation.exchange(now, std::memory_order_relaxed);
  if (before != 0 && now != 0 && now != before) on_restart(view->backend);
}

void Server::on_restart(const std::shared_ptr<cluster::Backend>& backend) {
  if (backends_.record_restart(backend->pool, backend->name, loop_.now())) publish();
  schedule_end();
}

void Server::on_failure_streak(const std::shared_ptr<cluster::Backend>& backend) {
  if (!backends_.eject_failing(backend->pool, backend->name, loop_.now())) return;
  log_warn("backend {}/{} is ejected: too many failures in a row", backend->pool, backend->name);
  count_ejection(*backend, cluster::Ejected::failures);
  publish();
  schedule_end();
}

void Server::eject_outliers() {
  const auto read = [this](const cluster::Backend& backend) {
    const metrics::BackendOutcomes totals = metrics_.backend_outcomes(backend.pool, backend.name);
    return cluster::Outcomes{.good = totals.well, .bad = totals.failed};
  };
  const auto ejected = backends_.eject_outliers(read, loop_.now());
  if (ejected.empty()) return;
  for (const auto& backend : ejected) {
    log_warn("backend {}/{} is ejected: it fails far more often than the others", backend->pool, backend->name);
    count_ejection(*backend, cluster::Ejected::success_rate);
  }
  publish();
  schedule_end();
}

void Server::on_trial(const std::shared_ptr<cluster::Backend>& backend, bool ok) {
  using Trial = cluster::BackendRegistry::Trial;
  const Trial trial = backends_.record_trial(backend->pool, backend->name, ok, loop_.now());
  if (trial == Trial::goes_on) return;
  if (trial == Trial::passed) log_info("backend {}/{} is in again: its trial went well", backend->pool, backend->name);
  if (trial == Trial::failed) {
    log_warn("backend {}/{} is ejected: it failed again on trial", backend->pool, backend->name);
    count_ejection(*backend, cluster::Ejected::trial);
  }
  publish();
  schedule_end();
}

// The control thread counts as one more worker: each cell has one writer.
void Server::count_ejection(const cluster::Backend& backend, cluster::Ejected why) {
  metrics_.backend(workers_->size(), backend.pool, backend.name).ejections[static_cast<std::size_t>(why)].add();
}

void Server::end_what_is_over() {
  const auto ended = backends_.end_what_is_over(loop_.now());
  for (const auto& backend : ended.ejections) {
    log_info("backend {}/{}: its ejection is over, requests try it", backend->pool, backend->name);
  }
  for (const auto& backend : ended.stalled) {
    log_warn("backend {}/{} is ejected: it gave no answer on trial", backend->pool, backend->name);
    count_ejection(*backend, cluster::Ejected::trial);
  }
  for (const auto& backend : ended.trials) {
    log_info("backend {}/{} is in again: its trial is over", backend->pool, backend->name);
  }
  for (const auto& backend : ended.drains) {
    log_info("backend {}/{}: the deadline of its drain is over, the sessions that are left move", backend->pool,
             backend->name);
    session_counts_.forget(backend->pool, backend->name);
  }
  if (ended.any()) publish();
  schedule_end();
}

// Whom new sessions of a pool go to has changed for a reason that no single backend's line gives.
void Server::log_turns() {
  for (const config::Pool& pool : config_.pools) {
    const auto now = backends_.view(pool.name);
    const auto before = std::exchange(turns_logged_[pool.name], now);
    if (now.panics && !before.panics) {
      log_warn("pool {}: panic: fewer than {}% of its backends are healthy, so health is ignored and all are used",
               pool.name, pool.health.panic_below_percent);
    }
    if (!now.panics && before.panics) log_info("pool {}: the panic is over, health counts again", pool.name);
    if (now.on_standby && !before.on_standby) {
      log_warn("pool {}: no primary is eligible, its standbys take over", pool.name);
    }
    if (!now.on_standby && before.on_standby) log_info("pool {}: its standbys get no new sessions any more", pool.name);
  }
}

void Server::schedule_end() {
  const auto next = backends_.next_end();
  if (!next) return backends_timer_.stop();
  backends_timer_.start(std::max<Duration>(*next - loop_.now(), std::chrono::milliseconds(1)));
}

}  // namespace stickler::server
