// Server: the process: control loop, the configuration in force, backends, probes, workers and the admin API. The
// thread that calls run() is the control thread; everything here happens on it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lb/admin/server.h"
#include "lb/cluster/backend_registry.h"
#include "lb/config/load.h"
#include "lb/discover/file_watch.h"
#include "lb/health/checker.h"
#include "lb/io/loop.h"
#include "lb/io/signals.h"
#include "lb/io/timer.h"
#include "lb/metrics/registry.h"
#include "lb/proxy/log_writer.h"
#include "lb/server/compile.h"
#include "lb/server/handover.h"
#include "lb/server/late_news.h"
#include "lb/server/listener_sockets.h"
#include "lb/server/members.h"
#include "lb/server/predecessor.h"
#include "lb/server/session_counts.h"
#include "lb/server/successor.h"
#include "lb/server/worker_group.h"

namespace stickler::server {

struct ServerOptions {
  std::string config_path;
  config::Config config;  // Was loaded from there without errors.

  // For SIGUSR2: what this process was started with, the program first.
  std::vector<std::string> arguments{};
  Predecessor* predecessor = nullptr;  // Hands over to this one; nullptr: there is none. Outlives the server.
};

class Server final : private admin::AdminSource {
 public:
  explicit Server(ServerOptions options);
  ~Server() override;

  // Binds, starts and serves until a signal ends it. An error is one of starting: nothing was served.
  Result<void> run();

 private:
  // server.cpp
  Result<void> start();
  Result<void> start_access_log();
  Result<void> start_admin();
  void start_workers();
  void announce();
  std::shared_ptr<proxy::Epoch> make_epoch(std::uint32_t worker, std::vector<proxy::EpochPool> pools);
  void publish();

  // reload.cpp
  Result<void> apply(config::Config config, Members members);  // On an error nothing has changed.
  admin::ReloadReport reload() override;
  admin::ReloadReport refuse_reload(std::string why);

  // orders.cpp
  admin::OrderReport order(const admin::BackendOrder& order) override;
  std::string_view why_no_rate(const std::string& pool) const;

  // decisions.cpp
  void explain(const admin::ExplainQuery& query, std::function<void(const admin::Explained&)> done) override;
  void decision_of(const std::string& request_id, OnDecision done) override;
  // membership.cpp
  static Result<void> settle_members(config::Config& config, const Members& members);
  Result<std::vector<std::string>> apply_members(Members members);  // What has changed. On an error nothing has.
  void take_members(config::Config config, Members members);
  void forget_sessions_of_removed(const config::Config& next);
  admin::MemberReport change(const admin::MemberChange& change) override;

  // discovery.cpp
  void watch_lists();
  void read_list(const std::string& pool);
  void refuse_list(const std::string& pool, const std::string& why);

  // shutdown.cpp
  void begin_shutdown();
  void on_worker_idle();
  void end_grace();

  // upgrade.cpp
  void begin_upgrade();
  void hand_over();
  std::map<std::string, LearnedMemory> hand_over_learned();
  void step_aside();
  void end_tunnels();
  bool is_upgrading() const { return successor_ != nullptr && !stepped_aside_; }
  void fail_upgrade(const std::string& why);
  Result<void> take_over();
  void finish_take_over();

  // health.cpp
  void configure_health();
  void on_probe_verdict(const health::TargetChange& change);
  void on_generation(const health::Target& target, std::string_view generation);
  void on_restart(const std::shared_ptr<cluster::Backend>& backend);
  void on_failure_streak(const std::shared_ptr<cluster::Backend>& backend);
  void eject_outliers();
  void on_trial(const std::shared_ptr<cluster::Backend>& backend, bool ok);
  void count_ejection(const cluster::Backend& backend, cluster::Ejected why);
  void end_what_is_over();
  void log_turns();
  void schedule_end();

  // recount.cpp
  void recount_sessions();
  std::uint64_t live_sessions(const std::string& pool, const std::string& backend) const;

  // report.cpp
  admin::StatusReport status() override;
  std::string config_json() override;
  void render_metrics(std::string& out) override;
  bool ready() override;
  admin::ListenerReport report_listener(const config::Listener& listener) const;
  admin::PoolReport report_pool(const config::Pool& pool) const;
  std::optional<admin::DrainReport> report_drain(const cluster::BackendRegistry::View& view,
                                                 std::uint64_t sessions) const;
  std::optional<bool> is_shared_table_up(const config::Pool& pool) const;
  admin::BackendReport report_backend(const config::Pool& pool, const config::Backend& backend) const;

  // Of a pool that has discover.file.
  struct Discovery {
    std::string file;
    std::unique_ptr<discover::FileWatch> watch;
    std::string problem;  // Why the list as it is now is not used; "": it is.
    std::uint64_t applied = 0;
    std::uint64_t refused = 0;
  };

  const std::string config_path_;
  const std::vector<std::string> arguments_;
  config::Config config_;  // In force: its pools have the backends of members_.
  Members members_;
  const TimePoint started_;
  const WallTime started_wall_;
  io::Loop loop_;
  io::Signals signals_;
  io::Timer backends_timer_;
  io::Timer outliers_timer_;
  io::Timer recount_timer_;
  io::Timer grace_timer_;
  io::Timer tunnel_timer_;
  CompileContext compile_context_;
  metrics::Registry metrics_;
  cluster::BackendRegistry backends_;
  std::map<std::string, cluster::BackendRegistry::PoolView, std::less<>> turns_logged_;
  std::map<std::string, Discovery> discoveries_;  // By pool.
  SessionCounts session_counts_;
  ListenerSockets sockets_;
  std::shared_ptr<const proxy::Snapshot> snapshot_;
  std::unique_ptr<proxy::LogWriter> access_log_;
  std::unique_ptr<health::Checker> checker_;
  std::unique_ptr<admin::AdminServer> admin_;
  std::unique_ptr<WorkerGroup> workers_;
  Predecessor* predecessor_;                         // Until this process is ready.
  ListenerSockets inherited_;                        // Until then.
  LiveState inherited_state_;                        // Until the workers are made.
  std::optional<io::ListenSocket> inherited_admin_;  // Until the admin API is started on it, ...
  std::optional<io::ListenSocket> unwanted_admin_;   // ... or, where that is elsewhere by now, until this is ready.
  std::unique_ptr<LateNews> late_news_;              // nullptr: there is no process before this one.
  std::unique_ptr<Successor> successor_;             // nullptr: no upgrade is under way, and none was.
  std::uint64_t reloads_applied_ = 0;
  std::uint64_t reloads_refused_ = 0;
  std::uint32_t idle_workers_ = 0;
  bool draining_ = false;
  bool stepped_aside_ = false;    // Another process has taken over.
  bool is_a_grace_over_ = false;  // That of exchanges or that of tunnels, after stepping aside.
};

}  // namespace stickler::server
