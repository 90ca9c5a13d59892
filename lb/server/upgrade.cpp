// SIGUSR2: the program is started anew, whatever stands at its path by now, and takes over: the sockets, with all that
// waits in their queues, and what is known of the backends. This process serves until the other one does, then lets
// what is open end, tunnels for longer than exchanges.
#include <memory>
#include <utility>

#include "lb/base/log.h"
#include "lb/config/units.h"
#include "lb/server/server.h"

namespace stickler::server {

void Server::begin_upgrade() {
  if (draining_)
    return log_error("upgrade refused: the process is {}", stepped_aside_ ? "replaced already" : "stopping");
  if (successor_ != nullptr) return log_error("upgrade refused: one is under way, process {}", successor_->pid());
  std::vector<int> descriptors;
  for (const auto& [key, fd] : sockets_.descriptors()) descriptors.push_back(fd);
  if (admin_ != nullptr) descriptors.push_back(admin_->socket()->fd());
  auto started = Successor::start(loop_, arguments_, std::move(descriptors),
                                  {.on_asked = [this] { hand_over(); },
                                   .on_ready = [this] { step_aside(); },
                                   .on_failed = [this](const std::string& why) { fail_upgrade(why); }});
  if (!started) return fail_upgrade(started.error().message);
  successor_ = *std::move(started);
  log_info("upgrade: {} is started as process {}", arguments_.front(), successor_->pid());
  successor_->listen();
}

void Server::fail_upgrade(const std::string& why) {
  log_error("upgrade failed, this process serves on: {}", why);
  for (const auto& [pool, table] : compile_context_.learned_tables()) table->watch(nullptr);
  if (successor_ != nullptr) loop_.bury(std::move(successor_));
}

void Server::hand_over() {
  auto handover = std::make_shared<Handover>();
  handover->state.turns.resize(workers_->size());
  const auto collect = [handover](proxy::Worker& worker) { handover->state.turns[worker.index()] = worker.turns(); };
  workers_->visit(loop_, collect, [this, handover, asked_by = successor_->pid()] {
    if (successor_ == nullptr || successor_->pid() != asked_by) return;
    handover->listeners = sockets_.descriptors();
    if (admin_ != nullptr) {
      handover->admin.emplace(config_.admin.listen->to_string(), admin_->socket()->fd());
    }
    handover->state.cookie_keys = compile_context_.random_keys();
    handover->state.learned = hand_over_learned();
    handover->state.counts = session_counts_.memories(loop_.now());
    handover->state.backends = backends_.memories();
    handover->state.overrides = members_.overrides();
    successor_->answer(encode(*handover));
  });
}

// The watch comes first, so that nothing falls between what is handed over and what is told of afterwards.
std::map<std::string, LearnedMemory> Server::hand_over_learned() {
  std::map<std::string, LearnedMemory> learned;
  for (const auto& [pool, table] : compile_context_.learned_tables()) {
    table->watch([this, pool](const affinity::LearnedTable::Memory& change) {
      loop_.post([this, line = encode(News{.pool = pool, .change = change})] {
        if (successor_ != nullptr) successor_->tell(line);
      });
    });
    learned[pool] = {.key = table->key(), .sessions = table->memories()};
  }
  return learned;
}

// What waits in the queues is served by whoever comes first: both have the same sockets until the workers let go of
// them, and of those that the other one does not listen on any more this one serves what is left.
void Server::step_aside() {
  draining_ = stepped_aside_ = true;
  log_info("upgraded: process {} took over; open exchanges have {}, tunnels {}", successor_->pid(),
           config::spell_duration(config_.process.shutdown_grace),
           config::spell_duration(config_.process.upgrade_grace));
  sockets_.leave_files();
  if (admin_ != nullptr) {
    admin_->socket()->leave_file();
    admin_->retire();
  }
  grace_timer_.start(config_.process.shutdown_grace);
  tunnel_timer_.start(config_.process.upgrade_grace);
  workers_->drain();
  sockets_.give_up();
}

void Server::end_tunnels() {
  log_warn("process.upgrade_grace is over: cutting the tunnels that are still open");
  if (std::exchange(is_a_grace_over_, true)) return loop_.stop();
  workers_->cut_tunnels();
}

// --- The one that takes over -----------------------------------------------------------------------------------------

Result<void> Server::take_over() {
  if (predecessor_ == nullptr) return {};
  auto handover = predecessor_->ask();
  if (!handover) return tl::unexpected(handover.error());
  std::vector<std::pair<std::string, io::ListenSocket>> sockets;
  for (const auto& [key, fd] : handover->listeners) {
    auto socket = io::ListenSocket::adopt(fd);
    if (!socket) return fail("taking over " + key + ": " + socket.error().message, socket.error().code);
    sockets.emplace_back(key, *std::move(socket));
  }
  inherited_ = ListenerSockets::inherited(std::move(sockets));
  if (const auto& admin = handover->admin) {
    auto socket = io::ListenSocket::adopt(admin->second);
    if (!socket) return fail("taking over the admin API: " + socket.error().message, socket.error().code);
    const bool stays = config_.admin.listen && config_.admin.listen->to_string() == admin->first;
    (stays ? inherited_admin_ : unwanted_admin_) = *std::move(socket);
  }
  if (!handover->not_taken.empty()) {
    log_warn("the state of the process before this one is not taken over: {}", handover->not_taken);
  }
  inherited_state_ = std::move(handover->state);
  compile_context_.set_learned(std::move(inherited_state_.learned));
  session_counts_.recall(inherited_state_.counts);
  members_.resume(std::move(inherited_state_.overrides));
  compile_context_.set_random_keys(std::move(inherited_state_.cookie_keys));
  return {};
}

// What is configured no more goes now, and with it the file of a unix socket: had this process failed before, the other
// one would still need both.
void Server::finish_take_over() {
  if (predecessor_ == nullptr) return;
  predecessor_->say_ready();
  auto [fd, first] = std::exchange(predecessor_, nullptr)->give_up();
  late_news_ = std::make_unique<LateNews>(loop_, fd, std::move(first), [this](const News& news) {
    const auto tables = compile_context_.learned_tables();
    if (const auto table = tables.find(news.pool); table != tables.end()) table->second->follow(news.change);
  });
  inherited_.own_files();
  inherited_ = {};
  if (admin_ != nullptr) admin_->socket()->own_file();
  if (unwanted_admin_) unwanted_admin_->own_file();
  unwanted_admin_.reset();
}

}  // namespace stickler::server
