#include "lb/proxy/worker.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "lb/base/log.h"
#include "lb/io/socket.h"

namespace stickler::proxy {
namespace {

constexpr std::size_t spare_streams_max = 256;
constexpr std::chrono::seconds exhausted_warning_every{10};
constexpr std::uint32_t unlimited_places = std::numeric_limits<std::uint32_t>::max();

bool has_room(const ListenerSettings& listener) {
  return listener.load->connections.load(std::memory_order_relaxed) < listener.connections_max;
}

}  // namespace

Worker::Worker(WorkerOptions options)
    : options_(std::move(options)), deadlines_(loop_), random_(options_.seed), upstreams_(*this) {}

Worker::~Worker() {
  listening_.clear();
  while (Http1Session* session = sessions_.front()) session->close();
}

void Worker::run() { loop_.run(); }

void Worker::publish(std::shared_ptr<Epoch> epoch) {
  loop_.post([this, epoch = std::move(epoch)]() mutable { adopt(std::move(epoch)); });
}

void Worker::drain() {
  loop_.post([this] { begin_drain(); });
}

void Worker::cut_exchanges() {
  loop_.post([this] { cut(false); });
}

void Worker::cut_tunnels() {
  loop_.post([this] { cut(true); });
}

void Worker::visit(std::function<void(Worker&)> visitor) {
  loop_.post([this, visitor = std::move(visitor)] { visitor(*this); });
}

void Worker::stop() {
  loop_.post([this] { loop_.stop(); });
}

void Worker::resume_accepting(const ListenerLoad* load) {
  loop_.post([this, load] {
    for (const auto& listening : listening_) {
      if (epoch_->listeners[listening->listener].settings->load.get() == load) resume(*listening);
    }
  });
}

void Worker::serve_waiting(std::shared_ptr<cluster::Backend> backend) {
  loop_.post([this, backend = std::move(backend)] {
    const auto pool = pool_runtimes_.find(backend->pool);
    if (pool != pool_runtimes_.end()) wait_queues_.serve(*backend, pool->second->places);
  });
}

void Worker::explain(ExplainRequest request, std::function<void(std::optional<Decision>)> answer) {
  loop_.post([this, request = std::move(request), answer = std::move(answer)] {
    const auto named = [&](const EpochListener& listener) { return listener.settings->name == request.listener; };
    const auto found = std::ranges::find_if(epoch_->listeners, named);
    if (found == epoch_->listeners.end()) return answer(std::nullopt);
    answer(proxy::explain(
        request, {.listener = *found->settings, .pools = epoch_->pools, .now = loop_.now(), .wall = loop_.wall()}));
  });
}

void Worker::find_decision(std::string request_id, std::function<void(std::optional<Decision>)> answer) {
  loop_.post([this, request_id = std::move(request_id), answer = std::move(answer)] {
    answer(decisions_.find(request_id, loop_));
  });
}

void Worker::leave_place(const std::shared_ptr<cluster::Backend>& backend, const PoolRuntime& pool) {
  backend->load.in_flight.fetch_sub(1, std::memory_order_seq_cst);
  const std::uint32_t places = pool.places;
  if (places == unlimited_places) return;
  wait_queues_.serve(*backend, places);
  const bool room = backend->load.in_flight.load(std::memory_order_seq_cst) < places;
  if (room && backend->load.waiting.load(std::memory_order_seq_cst) > 0) options_.control.on_place_free(backend);
}

void Worker::adopt(std::shared_ptr<Epoch> epoch) {
  for (EpochPool& pool : epoch->pools) {
    auto& runtime = pool_runtimes_[pool.settings->name];
    if (runtime == nullptr) {
      runtime = std::make_unique<PoolRuntime>(random_.next(), options_.workers);
      const auto before = options_.turns.find(pool.settings->name);
      if (before != options_.turns.end()) runtime->pick_state.resume(std::move(before->second));
    }
    runtime->pick_state.remap(pool.set->names());
    runtime->places = pool.settings->connections_per_backend_max;
    pool.runtime = runtime.get();
  }
  epoch->era = decisions_.era_of(*epoch);
  std::vector<std::unique_ptr<Listening>> listening =
      draining_ ? std::vector<std::unique_ptr<Listening>>{} : listen(*epoch);
  epoch_ = std::move(epoch);
  share_tables();
  upstreams_.keep_only([this](const Http1Upstream& connection) {
    return std::ranges::any_of(epoch_->pools, [&](const EpochPool& pool) {
      return std::ranges::any_of(pool.set->members(), [&](const cluster::Member& member) {
        return member.backend.get() == &connection.backend() && member.address == connection.address();
      });
    });
  });
  if (std::ranges::any_of(epoch_->pools, [](const EpochPool& pool) { return pool.set->drains_at_a_rate(); })) {
    sessions_.for_each([](Http1Session& session) { session.join_drains(); });
  }
  serve_all_waiting();
  wait_queues_.on_health_change();
  upstreams_.on_health_change();
  if (draining_) return;
  listening_ = std::move(listening);
  for (const auto& open : listening_) resume(*open);  // The limit may have been raised.
  sessions_.for_each([](Http1Session& session) { session.follow_reload(); });
}

// Connections to stores are kept as long as all that they were made for is the same. Those that wait for a store which
// is no longer asked go on without it.
void Worker::share_tables() {
  for (const auto& [name, runtime] : pool_runtimes_) {
    const auto pool = std::ranges::find(epoch_->pools, runtime.get(), &EpochPool::runtime);
    const auto* affinity = pool == epoch_->pools.end() ? nullptr : &pool->settings->affinity;
    const bool is_app = affinity != nullptr && *affinity && (*affinity)->app_session;
    const auto wanted = is_app ? (*affinity)->app_session->shared : nullptr;
    if (wanted == runtime->shared_by) continue;
    if (wanted != nullptr && runtime->shared_by != nullptr && *wanted == *runtime->shared_by) continue;
    runtime->shared.reset();
    runtime->shared_by = wanted;
    if (wanted == nullptr) continue;
    runtime->shared = options_.make_shared_table({.loop = loop_,
                                                  .deadlines = deadlines_,
                                                  .settings = wanted,
                                                  .counters = *pool->counters,
                                                  .worker = options_.index});
  }
}

// There may be more places than before.
void Worker::serve_all_waiting() {
  for (const EpochPool& pool : epoch_->pools) {
    for (const cluster::Member& member : pool.set->members()) wait_queues_.serve(*member.backend, pool.runtime->places);
  }
}

// What listens under the epoch to come. A socket that is still configured keeps its acceptor: what waits in its queue
// is served, whatever else changed. What waits at the others is accepted now, under the epoch that it knocked at.
std::vector<std::unique_ptr<Worker::Listening>> Worker::listen(Epoch& epoch) {
  std::vector<std::unique_ptr<Listening>> next;
  for (std::size_t i = 0; i < epoch.listeners.size(); ++i) {
    for (auto& socket : std::exchange(epoch.listeners[i].sockets, {})) {
      const auto known =
          std::ranges::find_if(listening_, [&](const auto& old) { return old != nullptr && old->socket == socket; });
      if (known != listening_.end()) {
        next.push_back(std::move(*known));
      } else {
        next.push_back(std::make_unique<Listening>());
        Listening& self = *next.back();
        self.socket = std::move(socket);
        self.acceptor = std::make_unique<io::Acceptor>(
            loop_, *self.socket, [this, &self](int fd, const Address& peer) { accept(self, fd, peer); },
            [this, &self] { note_exhausted(self); });
      }
      next.back()->listener = i;
    }
  }
  for (auto& gone : listening_) {
    if (gone != nullptr) gone->acceptor->accept_waiting();
    gone.reset();  // At once: what knocks between the two is reset.
  }
  return next;
}

void Worker::accept(Listening& listening, int fd, const Address& peer) {
  const EpochListener& listener = epoch_->listeners[listening.listener];
  auto session = std::make_unique<Http1Session>(*this, listening.listener, peer);
  sessions_.push_back(*session);
  session.release()->start(io::Socket::adopt(loop_, fd, listening.socket->address().is_unix()));
  if (has_room(*listener.settings)) return;
  listener.counters->limit_pauses.add();
  listening.acceptor->pause();
}

// Whoever wakes it may be late: where others have taken the room there is word when there is room again.
void Worker::resume(Listening& listening) {
  if (has_room(*epoch_->listeners[listening.listener].settings)) listening.acceptor->resume();
}

void Worker::note_exhausted(const Listening& listening) {
  const EpochListener& listener = epoch_->listeners[listening.listener];
  listener.counters->descriptor_pauses.add();
  if (loop_.now() < next_exhausted_warning_) return;
  next_exhausted_warning_ = loop_.now() + exhausted_warning_every;
  log_warn(
      "listener '{}': no descriptor is left, clients wait; raise the limit (ulimit -n) or lower limits.connections",
      listener.settings->name);
}

void Worker::end_session(Http1Session& session) {
  const ListenerLoad* load = session.listener_settings().load.get();
  const std::uint32_t left = session.listener_settings().load->connections.fetch_sub(1, std::memory_order_relaxed) - 1;
  // The one worker that crosses the mark wakes all: each may have paused. By the limit in force: the session may have
  // begun under another.
  for (const EpochListener& listener : epoch_->listeners) {
    const std::uint64_t mark = std::uint64_t{listener.settings->connections_max} * 9 / 10;
    if (listener.settings->load.get() == load && left == mark) options_.control.on_room(load);
  }
  session.unlink();
  loop_.bury(std::unique_ptr<Http1Session>(&session));
  tell_if_idle();
}

void Worker::begin_drain() {
  if (std::exchange(draining_, true)) return;
  for (auto& gone : std::exchange(listening_, {})) {
    gone->acceptor->accept_waiting();
    gone.reset();
  }
  sessions_.for_each([](Http1Session& session) { session.drain(); });
  tell_if_idle();
}

void Worker::cut(bool tunnels) {
  sessions_.for_each([tunnels](Http1Session& session) {
    if (session.is_tunnel() == tunnels) session.close();
  });
}

PoolTurns Worker::turns() const {
  PoolTurns all;
  for (const auto& [name, runtime] : pool_runtimes_) all[name] = runtime->pick_state.turns();
  return all;
}

void Worker::tell_if_idle() {
  if (draining_ && sessions_.empty()) options_.control.on_idle();
}

std::unique_ptr<Stream> Worker::take_stream() {
  if (spare_streams_.empty()) return std::make_unique<Stream>(*this);
  auto stream = std::move(spare_streams_.back());
  spare_streams_.pop_back();
  return stream;
}

void Worker::give_back_stream(std::unique_ptr<Stream> stream) {
  if (spare_streams_.size() >= spare_streams_max) return loop_.bury(std::move(stream));
  spare_streams_.push_back(std::move(stream));
}

void Worker::log_access(const AccessRecord& record) {
  if (options_.access_log != nullptr) options_.access_log->write(record);
}

}  // namespace stickler::proxy
