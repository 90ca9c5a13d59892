// SIGHUP and POST /api/v1/reload: the whole new state is built before anything of the old one is touched.
#include <utility>

#include "lb/base/log.h"
#include "lb/config/diff.h"
#include "lb/server/server.h"

namespace stickler::server {
namespace {

// What only a restart changes stays as it runs.
void keep_what_needs_restart(config::Config& wanted, const config::Config& running) {
  wanted.process.workers = running.process.workers;
  wanted.process.user = running.process.user;
  wanted.admin = running.admin;
  wanted.access_log = running.access_log;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "; ") + line;
  return text;
}

}  // namespace

Result<void> Server::apply(config::Config config, Members members) {
  auto snapshot = compile(config, compile_context_);
  if (!snapshot) return tl::unexpected(snapshot.error());
  auto sockets = ListenerSockets::bind(config, workers_->size(), sockets_);
  if (!sockets) return tl::unexpected(sockets.error());
  snapshot_ = *std::move(snapshot);
  sockets_ = *std::move(sockets);
  take_members(std::move(config), std::move(members));
  watch_lists();
  return {};
}

admin::ReloadReport Server::refuse_reload(std::string why) {
  ++reloads_refused_;
  log_error("reload refused, nothing has changed: {}", why);
  return {.applied = false, .message = std::move(why)};
}

admin::ReloadReport Server::reload() {
  if (stepped_aside_) return refuse_reload("another process has taken over");
  if (draining_) return refuse_reload("the process is shutting down");
  if (is_upgrading()) return refuse_reload("an upgrade is under way");
  config::Loaded loaded = config::load_file(config_path_);
  if (!loaded.ok()) return refuse_reload(config::describe(loaded.problems, config_path_));
  Members members = members_;
  members.follow(loaded.config.pools);
  if (auto settled = settle_members(loaded.config, members); !settled) return refuse_reload(settled.error().message);
  config::Diff diff = config::diff(config_, loaded.config);
  for (const std::string& change : diff.needs_restart) log_warn("reload: {}", change);
  keep_what_needs_restart(loaded.config, config_);
  if (auto applied = apply(std::move(loaded.config), std::move(members)); !applied)
    return refuse_reload(applied.error().message);
  if (access_log_ != nullptr) {
    if (auto reopened = access_log_->reopen(); !reopened) log_warn("access_log.file: {}", reopened.error().message);
  }
  if (auto log = start_log(config_.log.level, config_.log.file); !log) log_warn("log.file: {}", log.error().message);
  ++reloads_applied_;
  diff.changes.insert(diff.changes.end(), diff.needs_restart.begin(), diff.needs_restart.end());
  std::string what = diff.changes.empty() ? "nothing changed" : joined(diff.changes);
  log_info("reloaded {}: {}", config_path_, what);
  return {.applied = true, .message = std::move(what)};
}

}  // namespace stickler::server
