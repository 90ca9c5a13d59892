// Server: the process: control loop, the configuration in force, backends, probes, workers and the admin API. The
// thread that calls run() is the control thread; everything here happens on it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lb/admin/server.h"
#include "lb/cluster/backend_registry.h"
#include "lb/config/load.h"
#include "lb/health/checker.h"
#include "lb/io/loop.h"
#include "lb/io/signals.h"
#include "lb/io/timer.h"
#include "lb/metrics/registry.h"
#include "lb/proxy/log_writer.h"
#include "lb/server/compile.h"
#include "lb/server/listener_sockets.h"
#include "lb/server/session_counts.h"
#include "lb/server/worker_group.h"

namespace stickler::server {

class Server final : private admin::AdminSource {
 public:
  // `config` was loaded from `config_path` without errors.
  Server(std::string config_path, config::Config config);
  ~Server() override;

  // Binds, starts and serves until a signal ends it. An error is one of starting: nothing was served.
  Result<void> run();

 private:
  // server.cpp
  Result<void> start();
  Result<void> start_access_log();
  Result<void> start_admin();
  void start_workers();
  void announce() const;
  std::vector<proxy::EpochPool> build_pools() const;
  std::shared_ptr<proxy::Epoch> make_epoch(std::uint32_t worker, std::vector<proxy::EpochPool> pools);
  void publish();

  // reload.cpp
  Result<void> apply(config::Config config);  // On an error nothing has changed.
  admin::ReloadReport reload() override;
  admin::ReloadReport refuse_reload(std::string why);

  // orders.cpp
  admin::OrderReport order(const admin::BackendOrder& order) override;

  // shutdown.cpp
  void begin_shutdown();
  void on_worker_idle();

  // health.cpp
  void configure_health();
  void on_probe_verdict(const health::TargetChange& change);
  void on_generation(const health::Target& target, std::string_view generation);
  void on_failure_streak(const std::shared_ptr<cluster::Backend>& backend);
  void eject_outliers();
  void on_trial(const std::shared_ptr<cluster::Backend>& backend, bool ok);
  void count_ejection(const cluster::Backend& backend, cluster::Ejected why);
  void end_what_is_over();
  void log_turns();
  void schedule_end();

  // report.cpp
  admin::StatusReport status() override;
  std::string config_json() override;
  void render_metrics(std::string& out) override;
  bool ready() override;
  admin::ListenerReport report_listener(const config::Listener& listener) const;
  admin::PoolReport report_pool(const config::Pool& pool) const;
  std::uint64_t live_sessions(const std::string& pool, const std::string& backend) const;
  std::optional<admin::DrainReport> report_drain(const cluster::Order& order, std::uint64_t sessions) const;
  admin::BackendReport report_backend(const config::Pool& pool, const config::Backend& backend) const;

  const std::string config_path_;
  config::Config config_;
  const TimePoint started_;
  const WallTime started_wall_;
  io::Loop loop_;
  io::Signals signals_;
  io::Timer backends_timer_;
  io::Timer outliers_timer_;
  io::Timer grace_timer_;
  CompileContext compile_context_;
  metrics::Registry metrics_;
  cluster::BackendRegistry backends_;
  std::map<std::string, cluster::BackendRegistry::PoolView, std::less<>> turns_logged_;
  SessionCounts session_counts_;
  ListenerSockets sockets_;
  std::shared_ptr<const proxy::Snapshot> snapshot_;
  std::unique_ptr<proxy::LogWriter> access_log_;
  std::unique_ptr<health::Checker> checker_;
  std::unique_ptr<admin::AdminServer> admin_;
  std::unique_ptr<WorkerGroup> workers_;
  std::uint64_t reloads_applied_ = 0;
  std::uint64_t reloads_refused_ = 0;
  std::uint32_t idle_workers_ = 0;
  bool draining_ = false;
};

}  // namespace stickler::server
