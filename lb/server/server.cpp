#include "lb/server/server.h"

#include <cerrno>
#include <csignal>
#include <random>
#include <utility>

#include "lb/base/log.h"
#include "lb/redis/session_table.h"
#include "lb/server/explaining.h"
#include "lb/server/machine.h"

namespace stickler::server {
namespace {

// Descriptors that are not for clients and their backends: listeners, admin, log files, libraries.
constexpr std::uint64_t reserved_descriptors = 64;

std::uint64_t connections_auto() {
  const std::uint64_t limit = raise_descriptor_limit();
  return limit > 4 * reserved_descriptors ? (limit - reserved_descriptors) / 2 : limit / 4;
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

proxy::FormatLine format_of(config::AccessLogFormat format) {
  switch (format) {
    case config::AccessLogFormat::json:
      return proxy::format_json;
    case config::AccessLogFormat::common:
      return proxy::format_common;
    case config::AccessLogFormat::combined:
      break;
  }
  return proxy::format_combined;
}

std::unique_ptr<affinity::SharedTable> make_shared_table(const proxy::SharedTablePlace& place) {
  return std::make_unique<redis::SessionTable>(
      redis::Client::Place{.loop = place.loop, .deadlines = place.deadlines, .clock = place.loop},
      redis::SessionTable::Options{.settings = place.settings,
                                   .counters = {.calls = place.counters.shared_calls,
                                                .opened = place.counters.shared_opened,
                                                .closed = place.counters.shared_closed,
                                                .evicted = place.counters.sessions_evicted},
                                   .logs = place.worker == 0});
}

}  // namespace

Server::Server(ServerOptions options)
    : config_path_(std::move(options.config_path)),
      arguments_(std::move(options.arguments)),
      config_(std::move(options.config)),
      started_(std::chrono::steady_clock::now()),
      started_wall_(std::chrono::system_clock::now()),
      signals_(loop_),
      backends_timer_(loop_, [this] { end_what_is_over(); }),
      outliers_timer_(loop_, [this] { eject_outliers(); }),
      recount_timer_(loop_, [this] { recount_sessions(); }),
      grace_timer_(loop_, [this] { end_grace(); }),
      tunnel_timer_(loop_, [this] { end_tunnels(); }),
      compile_context_(connections_auto()),
      predecessor_(options.predecessor) {}

Server::~Server() = default;

Result<void> Server::run() {
  io::Signals::ignore_broken_pipes();
  if (auto started = start(); !started) return started;
  const auto shutdown = [this] { begin_shutdown(); };
  signals_.on(SIGTERM, shutdown);
  signals_.on(SIGINT, shutdown);
  signals_.on(SIGHUP, [this] { reload(); });
  signals_.on(SIGUSR2, [this] { begin_upgrade(); });
  // By the running loop: who has read "ready" is heard.
  workers_->visit(
      loop_, [](proxy::Worker&) {}, [this] { announce(); });
  loop_.run();
  successor_.reset();
  workers_.reset();  // Before what they point to.
  access_log_.reset();
  log_info("stopped");
  return {};
}

Result<void> Server::start() {
  const std::uint32_t workers = config_.process.workers.value_or(usable_cpus());
  members_.follow(config_.pools);
  if (auto taken = take_over(); !taken) return taken;
  if (auto settled = settle_members(config_, members_); !settled) return settled;
  auto snapshot = compile(config_, compile_context_);
  if (!snapshot) return tl::unexpected(snapshot.error());
  snapshot_ = *std::move(snapshot);
  auto sockets = ListenerSockets::bind(config_, workers, inherited_);
  if (!sockets) return tl::unexpected(sockets.error());
  sockets_ = *std::move(sockets);
  if (auto admin = start_admin(); !admin) return admin;
  if (!config_.process.user.empty()) {
    const auto user = find_user(config_.process.user);
    if (!user) return tl::unexpected(user.error());
    sockets_.give_to(*user);
    if (auto switched = switch_user(config_.process.user); !switched) return switched;
  }
  if (auto log = start_access_log(); !log) return log;
  backends_.configure(registry_pools(config_), loop_.now());
  backends_.recall(inherited_state_.backends, loop_.now());
  sockets_.add_missing(config_);
  start_workers();
  checker_ = std::make_unique<health::Checker>(
      loop_, random_seed(), [this](const health::TargetChange& change) { on_probe_verdict(change); },
      [this](const health::Target& target, std::string_view generation) { on_generation(target, generation); });
  configure_health();
  watch_lists();
  recount_sessions();
  return {};
}

Result<void> Server::start_access_log() {
  if (!config_.access_log.file) return {};
  auto writer = proxy::LogWriter::start({.file = *config_.access_log.file,
                                         .format = format_of(config_.access_log.format),
                                         .workers = config_.process.workers.value_or(usable_cpus())});
  if (!writer) {
    const std::string& user = config_.process.user;
    const bool by_switch = writer.error().code == EACCES && !user.empty();
    return fail("access_log.file: " + writer.error().message +
                    (by_switch ? "; it is opened as '" + user + "' (process.user)" : ""),
                writer.error().code);
  }
  access_log_ = *std::move(writer);
  return {};
}

Result<void> Server::start_admin() {
  if (!config_.admin.listen) return {};
  std::string token;
  if (!config_.admin.token_file.empty()) {
    auto read = admin::read_token(config_.admin.token_file);
    if (!read) return fail("admin.token_file: " + read.error().message, read.error().code);
    token = *std::move(read);
  }
  auto server = admin::AdminServer::start(loop_, {.listen = *config_.admin.listen, .token = token}, *this,
                                          std::exchange(inherited_admin_, std::nullopt));
  if (!server) return fail("admin.listen: " + server.error().message, server.error().code);
  admin_ = *std::move(server);
  return {};
}

void Server::start_workers() {
  const std::uint32_t count = config_.process.workers.value_or(usable_cpus());
  std::vector<proxy::WorkerOptions> options;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto to_control = [this](auto handle) {
      return [this, handle](const std::shared_ptr<cluster::Backend>& backend) {
        loop_.post([handle, backend] { handle(backend); });
      };
    };
    options.push_back(
        {.index = i,
         .workers = count,
         .seed = random_seed(),
         .access_log = access_log_ != nullptr ? &access_log_->buffer(i) : nullptr,
         .turns = i < inherited_state_.turns.size() ? std::move(inherited_state_.turns[i]) : proxy::PoolTurns{},
         .make_shared_table = make_shared_table,
         .control = {
             .on_failure_streak = to_control([this](const auto& backend) { on_failure_streak(backend); }),
             .on_trial = [this](const std::shared_ptr<cluster::Backend>& backend,
                                bool ok) { loop_.post([this, backend, ok] { on_trial(backend, ok); }); },
             .on_restart = to_control([this](const auto& backend) { on_restart(backend); }),
             .on_place_free = to_control([this](const auto& backend) { workers_->serve_waiting(backend); }),
             .on_room = [this](const auto* load) { loop_.post([this, load] { workers_->resume_accepting(load); }); },
             .on_idle = [this] { loop_.post([this] { on_worker_idle(); }); }}});
  }
  workers_ = std::make_unique<WorkerGroup>(std::move(options));
  publish();
  workers_->start();
}

void Server::announce() {
  for (const config::Listener& listener : config_.listeners) {
    for (const Address& address : sockets_.addresses(listener)) {
      log_info("listening {} {}", listener.name, address.to_string());
    }
  }
  if (admin_ != nullptr) log_info("listening admin {}", admin_->address().to_string());
  log_info("ready");
  finish_take_over();
}

std::shared_ptr<proxy::Epoch> Server::make_epoch(std::uint32_t worker, std::vector<proxy::EpochPool> pools) {
  auto epoch = std::make_shared<proxy::Epoch>();
  epoch->snapshot = snapshot_;
  epoch->retire = [this](std::shared_ptr<const proxy::Snapshot> snapshot) {
    loop_.post([snapshot = std::move(snapshot)] {});  // Its last owner frees it; let that be this thread.
  };
  epoch->pools = std::move(pools);
  for (proxy::EpochPool& pool : epoch->pools) {
    pool.counters = &metrics_.pool(worker, pool.settings->name);
    for (const cluster::Member& member : pool.set->members()) {
      const std::string& name = member.backend->name;
      pool.backend_counters.push_back(&metrics_.backend(worker, pool.settings->name, name));
      if (!pool.settings->affinity) continue;
      const auto& app_session = pool.settings->affinity->app_session;
      if (app_session && app_session->table != nullptr) continue;
      const Duration idle = app_session ? app_session->idle : pool.settings->affinity->rules.idle;
      pool.session_counts.push_back(session_counts_.of(worker, pool.settings->name, name, idle));
      if (!pool.set->drains_at_a_rate()) continue;
      pool.left_counts.push_back(
          member.pace != nullptr ? session_counts_.left_of(worker, pool.settings->name, name, idle) : nullptr);
    }
  }
  for (std::size_t i = 0; i < snapshot_->listeners.size(); ++i) {
    epoch->listeners.push_back({.settings = &snapshot_->listeners[i],
                                .counters = &metrics_.listener(worker, snapshot_->listeners[i].name),
                                .sockets = sockets_.of(config_.listeners[i], worker)});
  }
  return epoch;
}

void Server::publish() {
  log_turns();
  // What all workers share of the pools: a policy may be large, and dear to build.
  const std::vector<proxy::EpochPool> pools = build_pools(*snapshot_, backends_);
  workers_->publish([&](std::uint32_t worker) { return make_epoch(worker, pools); });
}

}  // namespace stickler::server
