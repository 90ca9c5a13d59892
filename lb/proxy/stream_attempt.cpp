// Choosing a backend, connecting to it, sending the request, and trying again.
#include <algorithm>
#include <span>
#include <utility>

#include "lb/http/cookie.h"
#include "lb/proxy/client_exchange.h"
#include "lb/proxy/stream.h"
#include "lb/proxy/upstream_exchange.h"
#include "lb/proxy/worker.h"

namespace stickler::proxy {
namespace {

constexpr std::chrono::seconds failed_attempt_time{1};  // As what it counts at least: a refusal is no fast answer.

}  // namespace

void Stream::choose_node() {
  if (const auto& affinity = pool().affinity) {
    if (const AppSessionSource* source = app_source()) {
      app_key_ = app_key(*source, head_, *pool_, worker_.loop().now());
      const affinity::PoolView view{
          .nodes = *pool_->nodes, .standings = pool_->set->standings(), .when_unavailable = affinity->when_unavailable};
      choice_ = affinity::choose(app_key_, view, affinity->backup);
    } else {
      choice_ = choose_by_cookie();
    }
  }
  verdict_ = choice_.verdict;
  if (choice_.refused) return reply(http::Refusal::node_down);
  attempt();
}

affinity::Choice Stream::choose_by_cookie() {
  const AffinitySettings& affinity = *pool().affinity;
  const http::FoundCookie found = http::find_cookie(head_, affinity.cookie.name);
  if (found.value) cookie_ = affinity::open(*found.value, affinity.keys, affinity.rules, worker_.loop().wall());
  const auto primary = affinity::primary_of(cookie_, *pool_->nodes);
  return affinity::choose(cookie_, {.nodes = *pool_->nodes,
                                    .standings = pool_->set->standings(),
                                    .when_unavailable = affinity.when_unavailable,
                                    .primary_generation = primary ? generation_of(*primary) : 0});
}

void Stream::attempt() {
  if (const auto bound = bound_node()) return attempt_at(*bound);
  if (choice_.pinned && pool().affinity->when_unavailable == affinity::WhenUnavailable::backup_only) {
    return reply(refusal_of(last_failure_));
  }
  if (!attempt_trial()) attempt_by_policy();
}

// A request that is bound to nobody tries a backend that was ejected, one at a time: if it fails, a request that may be
// sent twice goes to another.
bool Stream::attempt_trial() {
  const std::span<const std::size_t> trials = pool_->set->trials();
  if (trials.empty()) return false;
  const bool can_go_elsewhere = http::is_idempotent(head_.method) && request_complete_ && replayable_ && attempts_ == 0;
  if (!can_go_elsewhere || head_.wants_websocket) return false;
  for (const std::size_t node : trials) {
    cluster::Backend& backend = *(*pool_->set)[node].backend;
    if (!backend.trial.take()) continue;
    if (!take_place(backend, pool().connections_per_backend_max)) {
      backend.trial.leave();
      continue;
    }
    served_by_ = node;
    is_trial_ = true;
    connect();
    return true;
  }
  return false;
}

void Stream::leave_trial() {
  if (std::exchange(is_trial_, false)) member().backend->trial.leave();
}

// The node of the session first; when it failed its backup.
std::optional<std::size_t> Stream::bound_node() const {
  if (stay_) return served_by_;
  const std::span<const std::size_t> tried(tried_.data(), attempts_);
  for (const auto wanted : {choice_.pinned, choice_.backup}) {
    if (wanted && std::ranges::find(tried, *wanted) == tried.end()) return wanted;
  }
  return std::nullopt;
}

// A request that is bound to nobody waits only where every backend is full.
void Stream::attempt_by_policy() {
  std::array<std::size_t, 2 * tried_max> passed_over;
  std::size_t count = attempts_;
  std::copy_n(tried_.begin(), count, passed_over.begin());
  std::optional<std::size_t> full;
  const auto key = pool().hash_on ? hash_key(*pool().hash_on, head_, client_ip_, path_) : std::nullopt;
  while (count < passed_over.size()) {
    const auto picked = pool_->set->pick(
        {.tried = {passed_over.data(), count}, .key = key, .now = worker_.loop().now()}, pool_->runtime->pick_state);
    if (!picked) break;
    if (take_place(*(*pool_->set)[*picked].backend, pool().connections_per_backend_max)) {
      served_by_ = picked;
      return connect();
    }
    if (!full) full = picked;
    passed_over[count++] = *picked;
  }
  if (full) return wait_for_place(*full);
  if (last_failure_ != Failure::none) return reply(refusal_of(last_failure_));
  pool_->counters->no_backend.add();
  reply(http::Refusal::no_backend);
}

void Stream::attempt_at(std::size_t node) {
  served_by_ = node;
  if (take_place(*member().backend, pool().connections_per_backend_max)) return connect();
  wait_for_place(node);
}

void Stream::wait_for_place(std::size_t node) {
  served_by_ = node;
  if (!worker_.wait_queues().join(*member().backend, *this, pool().queue_max)) return reply(http::Refusal::queue_full);
  pool_->counters->queued.add();
  hold_client();
  wait_for(Wait::queue, pool().queue_timeout);
  // Another worker may have left a place before we stood in the queue, and told nobody.
  worker_.wait_queues().serve(*member().backend, pool_->runtime->places);
}

void Stream::on_room() {
  pool_->counters->queue_left.add();
  connect();
  worker_.gather().flush();
}

void Stream::leave_queue() {
  if (!linked()) return;
  worker_.wait_queues().leave(*member().backend, *this);
  pool_->counters->queue_left.add();
}

// Until it can be sent, no more of the request is read than has come.
void Stream::hold_client() {
  if (!request_complete_ && !std::exchange(holds_client_, true)) client_->hold(io::Hold::connecting);
}

void Stream::connect() {
  tried_[attempts_++] = *served_by_;
  attempt_started_ = worker_.loop().now();
  request_sent_ = false;
  if (member().state == cluster::State::trial && !is_trial_) is_trial_ = member().backend->trial.take();
  pool_->counters->attempts.add();
  const auto kind = std::exchange(stay_, false) ? UpstreamPool::Kind::fresh : UpstreamPool::Kind::any;
  upstream_ = &worker_.upstreams().lease(member(), pool(), *this, kind);
  metrics::BackendCounters& counters = *pool_->backend_counters[*served_by_];
  if (upstream_->connected()) {
    counters.reused.add();
    return send_request();
  }
  counters.connects.add();
  wait_for(Wait::connect, pool().connect_timeout);
  hold_client();
}

void Stream::on_upstream_connected() {
  connect_time_ = worker_.loop().now() - attempt_started_;
  send_request();
}

void Stream::send_request() {
  request_sent_ = true;
  if (app_key_) claim(app_request(), *app_key_, choice_, *served_by_);
  upstream_->send_head(
      head_, {.client_ip = client_ip_,
              .client_port = client_port_,
              .trusted = trusted_,
              .scheme = "http",
              .listener = listener().name,
              .pool = pool().name,
              .backend = member().backend->name,
              .request_id = request_id_,
              .edits = &route_->headers.request,
              .strip_cookie = pool().affinity ? std::string_view(pool().affinity->cookie.name) : std::string_view(),
              .prefixed_cookie = prefixed_cookie()});
  if (!window_.empty()) {
    upstream_->send_body(window_);
    worker_.gather().flush();  // It borrows the window, which may grow or go.
    if (!http::is_idempotent(head_.method)) drop_window();
  }
  if (request_complete_) upstream_->send_end(trailers_);
  request_relay_.join(*client_, *upstream_);
  answer_relay_.join(*upstream_, *client_);
  if (std::exchange(holds_client_, false)) client_->release(io::Hold::connecting);
  wait_for(request_complete_ ? Wait::answer_head : Wait::none, pool().response_header_timeout);
}

// The lease is over, by whatever end.
void Stream::end_attempt() {
  upstream_ = nullptr;
  request_relay_.part();
  answer_relay_.part();
  wait_for(Wait::none, {});
  leave_trial();
  worker_.leave_place(member().backend, *pool_->runtime);
}

void Stream::abandon_upstream() {
  if (upstream_ == nullptr) return;
  upstream_->abandon();
  end_attempt();
}

void Stream::count_failure(Failure failure) {
  last_failure_ = failure;
  pool_->counters->failures[static_cast<std::size_t>(failure)].add();
  pool_->backend_counters[*served_by_]->failures[static_cast<std::size_t>(failure)].add();
}

void Stream::on_upstream_failed(Failure failure) {
  if (failure != Failure::stale) record_answer_time(failed_attempt_time);
  end_attempt();
  count_failure(failure);
  if (failure != Failure::stale) record_health(false);
  if (answer_began()) {
    client_->cut();
    return finish(failure);
  }
  if (!retry_allowed(failure)) return reply(refusal_of(failure));
  pool_->counters->retries.add();
  stay_ = failure == Failure::stale;
  attempt();
}

// An idempotent request that waits on a node which is now confirmed down goes elsewhere, and from here on sees the
// backends as they are. One that may not be sent twice goes on waiting: it may have been done. So does every request
// that began before a reload.
void Stream::on_health_change() {
  const bool waits = waiting_for_ == Wait::connect || waiting_for_ == Wait::answer_head;
  if (!waits || !is_down_now() || !may_leave_node()) return;
  const auto& set = *worker_.epoch()->pools[static_cast<std::size_t>(pool_ - epoch_->pools.data())].set;
  const std::span<const std::size_t> tried(tried_.data(), attempts_);
  bool others = false;
  for (std::size_t i = 0; i < set.size() && !others; ++i) {
    others = set.standings()[i] == balance::Standing::eligible && std::ranges::find(tried, i) == tried.end();
  }
  if (!others || !retry_allowed(Failure::node_down)) return;
  abandon_upstream();
  count_failure(Failure::node_down);
  pool_->counters->retries.add();
  move_to_epoch_now();
  attempt();
  worker_.gather().flush();
}

// Nothing was sent yet, so that any request is free to choose again.
void Stream::on_queue_health_change() {
  if (waiting_for_ != Wait::queue || !is_down_now()) return;
  leave_queue();
  wait_for(Wait::none, {});
  move_to_epoch_now();
  stay_ = false;
  choose_node();
  worker_.gather().flush();
}

// What a reload takes out is no dead node.
bool Stream::is_down_now() const {
  const std::shared_ptr<Epoch>& now = worker_.epoch();
  if (now->snapshot != epoch_->snapshot) return false;
  const EpochPool& pool_now = now->pools[static_cast<std::size_t>(pool_ - epoch_->pools.data())];
  return pool_now.set->standings()[*served_by_] == balance::Standing::down;
}

void Stream::move_to_epoch_now() {
  const std::shared_ptr<Epoch> now = worker_.epoch();
  pool_ = &now->pools[static_cast<std::size_t>(pool_ - epoch_->pools.data())];
  epoch_ = now;
}

// A session whose pool would rather fail than move it stays with its node.
bool Stream::may_leave_node() const {
  if (!choice_.pinned || choice_.pinned != served_by_) return true;
  switch (pool().affinity->when_unavailable) {
    case affinity::WhenUnavailable::redispatch:
      return true;
    case affinity::WhenUnavailable::backup_only:
      return choice_.backup.has_value();
    case affinity::WhenUnavailable::fail:
      break;
  }
  return false;
}

bool Stream::retry_allowed(Failure failure) {
  const FailedAttempt attempt{.connected = request_sent_,
                              .answer_began = failure == Failure::cut_head || failure == Failure::bad_answer,
                              .timed_out = failure == Failure::answer_timeout,
                              .idempotent = http::is_idempotent(head_.method),
                              .body_replayable = replayable_};
  if (!may_retry(attempt) || attempts_ >= tried_max) return false;
  // The node is well for all we know, so this one costs neither the session its node nor the pool its budget.
  if (failure == Failure::stale && !std::exchange(refreshed_, true)) return true;
  const std::uint32_t counted = attempts_ - (refreshed_ ? 1U : 0U);
  if (counted > pool().retries_max) return false;
  if (pool_->runtime->retry_budget.take(worker_.loop().now(), pool().retry_budget_percent)) return true;
  pool_->counters->retry_budget_exhausted.add();
  return false;
}

void Stream::record_health(bool ok) {
  if (pool().passive_failures == 0) return;
  metrics::BackendCounters& counters = *pool_->backend_counters[*served_by_];
  (ok ? counters.well : counters.failed).add();
  if (member().backend->failures.record(ok, pool().passive_failures)) {
    worker_.control().on_failure_streak(member().backend);
  }
  if (member().state == cluster::State::trial) worker_.control().on_trial(member().backend, ok);
}

// From the moment that the backend had the whole request: what a client needs to send it is not the backend's.
void Stream::record_answer_time(Duration at_least) {
  if (!pool().measures_time || !request_complete_) return;
  const TimePoint now = worker_.loop().now();
  const Duration taken = now - std::max(attempt_started_, request_ended_);
  member().backend->load.answer_time.record(std::max(taken, at_least), now);
}

void Stream::wait_for(Wait what, Duration timeout) {
  waiting_for_ = what;
  if (what == Wait::none) return deadline_.disarm();
  unsent_then_ = unsent_to(what);
  deadline_.arm(timeout);
}

std::size_t Stream::unsent_to(Wait what) const {
  if (what == Wait::client) return client_->unsent_bytes();
  return what == Wait::upstream ? upstream_->unsent_bytes() : 0;
}

bool Stream::is_taking(Wait what) const { return unsent_to(what) < unsent_then_; }

void Stream::on_deadline() {
  switch (waiting_for_) {
    case Wait::none:
      return;
    case Wait::queue:
      reply(http::Refusal::queue_timeout);
      break;
    case Wait::client:
      if (is_taking(Wait::client)) return wait_for(Wait::client, listener().idle_timeout);
      client_->cut();
      on_client_gone(Failure::client_stalled);
      break;
    case Wait::upstream:
      if (is_taking(Wait::upstream)) return wait_for(Wait::upstream, pool().response_header_timeout);
      time_out(Failure::answer_timeout);
      break;
    case Wait::connect:
      time_out(Failure::connect_timeout);
      break;
    case Wait::answer_head:
      time_out(Failure::answer_timeout);
      break;
    case Wait::answer_body:
      time_out(Failure::body_timeout);
      break;
  }
  worker_.gather().flush();
}

void Stream::time_out(Failure failure) {
  upstream_->abandon();
  on_upstream_failed(failure);
}

}  // namespace stickler::proxy
