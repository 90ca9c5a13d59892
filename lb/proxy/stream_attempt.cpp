// Choosing a backend, connecting to it, sending the request, and trying again.
#include <algorithm>
#include <span>
#include <utility>

#include "lb/proxy/client_exchange.h"
#include "lb/proxy/stream.h"
#include "lb/proxy/upstream_exchange.h"
#include "lb/proxy/worker.h"

namespace stickler::proxy {
namespace {

constexpr std::chrono::seconds failed_attempt_time{1};  // As what it counts at least: a refusal is no fast answer.
constexpr std::uint8_t questions_max = 8;               // About one request's session.

}  // namespace

void Stream::choose_node() {
  if (pool().affinity) {
    session_ = find_session(head_, *pool_, {.now = worker_.loop().now(), .wall = worker_.loop().wall()});
    if (wait_for_others()) return;
    note_session();
  }
  verdict_ = session_.choice.verdict;
  if (session_.choice.refused) return reply(http::Refusal::node_down);
  attempt();
}

void Stream::join_drains() {
  if (pool_ == nullptr || session_.stay) return;
  const auto identity = bound_as_ ? bound_as_ : identity_of(session_);
  const auto node = bound_as_ ? std::optional(bound_after(verdict_)) : session_.choice.pinned;
  if (!identity || !node) return;
  const auto& backend = (*pool_->set)[*node].backend;
  for (const EpochPool& pool : worker_.epoch()->pools) {
    if (!pool.set->drains_at_a_rate()) continue;
    for (const cluster::Member& member : pool.set->members()) {
      if (member.pace != nullptr && member.backend == backend) session_.stay = member.pace->enter(*identity);
    }
  }
}

// A session that nobody knows here may be known elsewhere, and one that would be moved may have been, by another
// balancer. True: the stream waits for what they say, for a bounded time.
bool Stream::wait_for_others() {
  if (pool_->runtime->shared == nullptr || !session_.app_key) return false;
  const AppRequest request = app_request();
  if (session_.choice.verdict == affinity::Verdict::bound) {
    keep_shared(request, *session_.app_key);
    return false;
  }
  if (asked_ == questions_max || !ask_others(request, head_, *session_.app_key, waiter_)) return false;
  ++asked_;
  hold_client();
  return true;
}

void Stream::on_shared_answer() {
  choose_node();
  worker_.gather().flush();
}

Seeking Stream::seeking() const {
  return {.pool = *pool_,
          .head = head_,
          .path = path_,
          .client_ip = client_ip_,
          .choice = session_.choice,
          .tried = {tried_.data(), attempts_},
          .can_be_resent = request_complete_ && replayable_,
          .full = full_,
          .now = worker_.loop().now()};
}

void Stream::attempt() {
  const PlacesInForce places{pool().connections_per_backend_max};
  Target target;
  if (stay_) {
    target = {.by = decision_.by, .node = *served_by_, .has_place = places.take(*member().backend)};
  } else {
    target = next_target(seeking(), pool_->runtime->pick_state, places);
    is_trial_ = target.by == ChosenBy::trial;
  }
  if (target.by == ChosenBy::nobody) {
    if (last_failure_ != Failure::none) return reply(refusal_of(last_failure_));
    pool_->counters->no_backend.add();
    return reply(http::Refusal::no_backend);
  }
  served_by_ = target.node;
  note(target);
  if (target.has_place) return connect();
  wait_for_place(target.node);
}

void Stream::leave_trial() {
  if (std::exchange(is_trial_, false)) member().backend->trial.leave();
}

// What comes to a node that is not its session's own may begin one there.
void Stream::place_session() {
  const bool is_at_home = session_.choice.verdict == affinity::Verdict::bound && session_.choice.pinned == served_by_;
  if (!pool().counts_placed || is_at_home) return;
  member().backend->load.sessions.place();
  is_placed_ = true;
}

void Stream::withdraw_session() {
  if (std::exchange(is_placed_, false)) member().backend->load.sessions.withdraw();
}

void Stream::note_session() {
  const auto place = [](const std::optional<std::size_t>& node) {
    return node ? static_cast<std::uint32_t>(*node) : DecisionRecord::none32;
  };
  const bool stays = session_.choice.verdict == affinity::Verdict::bound;
  decision_.session = state_of(session_);
  decision_.primary = place(stays ? session_.choice.pinned : primary_of(session_, *pool_));
  decision_.backup = place(stays ? session_.choice.backup : session_.choice.pinned);
  const auto home = session_.cookie ? affinity::home_of(*session_.cookie, *pool_->nodes) : std::nullopt;
  if (home) decision_.home = DecisionRecord::place16(*home);
}

void Stream::note(const Target& target) {
  decision_.by = target.by;
  decision_.node = static_cast<std::uint32_t>(target.node);
  if (target.by != ChosenBy::policy || stay_) return;
  decision_.has_key = target.has_key;
  // Where the policy has just read them; elsewhere they would have to be fetched from other cores.
  decision_.has_loads = balance::looks_at_load(pool().policy->decided_by);
  if (!decision_.has_loads) return;
  for (std::size_t i = 0; i < std::min(pool_->set->size(), decision_.loads.size()); ++i) {
    std::uint32_t load = (*pool_->set)[i].backend->load.in_flight.load(std::memory_order_relaxed);
    if (i == target.node && target.has_place && load > 0) --load;  // Itself.
    decision_.loads[i] = static_cast<std::uint16_t>(std::min<std::uint32_t>(load, UINT16_MAX));
  }
}

void Stream::wait_for_place(std::size_t node) {
  served_by_ = node;
  const Duration most = is_of_session(decision_.by) ? pool().affinity->overload.queue : pool().queue_timeout;
  const bool waits = most > Duration::zero() && worker_.wait_queues().join(*member().backend, *this, pool().queue_max);
  if (!waits) return give_up_waiting(http::Refusal::queue_full);
  pool_->counters->queued.add();
  hold_client();
  wait_for(Wait::queue, most);
  // Another worker may have left a place before we stood in the queue, and told nobody.
  worker_.wait_queues().serve(*member().backend, pool_->runtime->places);
}

// Nothing was sent yet, so that any request may go elsewhere. One of a session does as its pool says; it comes back to
// its node with the next.
void Stream::give_up_waiting(http::Refusal reason) {
  if (!is_of_session(decision_.by)) return reply(reason);
  full_ = served_by_;
  decision_.waited_at = DecisionRecord::place16(*full_);
  const Target target =
      next_target(seeking(), pool_->runtime->pick_state, PlacesInForce{pool().connections_per_backend_max});
  if (target.by == ChosenBy::nobody) return reply(http::Refusal::node_full);
  leave_queue();
  stay_ = false;
  served_by_ = target.node;
  note(target);
  connect();
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
  decision_.tried[attempts_] = DecisionRecord::place16(*served_by_);
  decision_.chosen_by[attempts_] = decision_.by;
  tried_[attempts_++] = *served_by_;
  attempt_started_ = worker_.loop().now();
  request_sent_ = false;
  if (member().state == cluster::State::trial && !is_trial_) is_trial_ = member().backend->trial.take();
  pool_->counters->attempts.add();
  place_session();
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
  if (session_.app_key) claim(app_request(), *session_.app_key, session_.choice, *served_by_);
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
  withdraw_session();
  worker_.leave_place(member().backend, *pool_->runtime);
}

void Stream::abandon_upstream() {
  if (upstream_ == nullptr) return;
  upstream_->abandon();
  end_attempt();
}

void Stream::count_failure(Failure failure) {
  last_failure_ = failure;
  decision_.failures[attempts_ - 1U] = failure;
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
  if (!session_.choice.pinned || session_.choice.pinned != served_by_ || session_.choice.returns) return true;
  switch (pool().affinity->when_unavailable) {
    case affinity::WhenUnavailable::redispatch:
      return true;
    case affinity::WhenUnavailable::backup_only:
      return session_.choice.backup.has_value();
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
  if (!may_retry(attempt) || attempts_ >= attempts_max) return false;
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

}  // namespace stickler::proxy
