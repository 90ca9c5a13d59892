// SIGTERM and SIGINT: no new connections, open exchanges may end, then the process does.
#include <utility>

#include "lb/base/log.h"
#include "lb/server/server.h"

namespace stickler::server {

void Server::begin_shutdown() {
  if (std::exchange(draining_, true)) {
    log_warn("asked {} to stop: cutting what is still open", stepped_aside_ ? "after an upgrade" : "twice");
    return loop_.stop();
  }
  if (is_upgrading()) fail_upgrade("this process is asked to stop");
  log_info("stopping: open exchanges have {} s", config_.process.shutdown_grace.count() / 1'000'000'000);
  grace_timer_.start(config_.process.shutdown_grace);
  workers_->drain();
  sockets_.give_up();
}

void Server::end_grace() {
  log_warn("process.shutdown_grace is over: cutting what is still open{}", stepped_aside_ ? ", but for tunnels" : "");
  if (!stepped_aside_ || std::exchange(is_a_grace_over_, true)) return loop_.stop();
  checker_->configure({});
  workers_->cut_exchanges();
}

void Server::on_worker_idle() {
  if (++idle_workers_ == workers_->size()) loop_.stop();
}

}  // namespace stickler::server
