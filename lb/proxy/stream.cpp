#include "lb/proxy/stream.h"

#include <algorithm>
#include <span>
#include <utility>

#include "lb/base/hash.h"
#include "lb/http/path.h"
#include "lb/http/reply.h"
#include "lb/proxy/access_log.h"
#include "lb/proxy/client_exchange.h"
#include "lb/proxy/upstream_exchange.h"
#include "lb/proxy/worker.h"

namespace stickler::proxy {

static_assert(affinity::verdict_count <= metrics::verdicts_max);

Stream::Stream(Worker& worker)
    : worker_(worker),
      waiter_([](void* stream) { static_cast<Stream*>(stream)->on_shared_answer(); }, this),
      deadline_(
          worker.deadlines(), [](void* stream) { static_cast<Stream*>(stream)->on_deadline(); }, this) {}

void Stream::adopt(const StreamClient& client) {
  client_ = &client.exchange;
  epoch_ = client.epoch;
  listener_ = client.listener;
  client_ip_ = client.ip;
  client_port_ = client.port;
  trusted_ = client.trusted;
  started_ = worker_.loop().now();
}

void Stream::start(const StreamClient& client, const http::RequestHead& head) {
  adopt(client);
  head_ = head;
  head_bytes_.assign(head.bytes());
  head_.rebase(head_bytes_.data());
  request_complete_ = head.framing.empty();
  if (trusted_) request_id_ = head_.value_of(http::FieldId::x_request_id);
  if (request_id_.empty()) {
    generated_id_ = RequestId::generate(worker_.random());
    request_id_ = generated_id_.text();
  }
  if (answer_ourselves() || !find_route()) return;
  pool_->runtime->retry_budget.count_request(started_);
  choose_node();
}

void Stream::start_refused(const StreamClient& client, http::Refusal refusal) {
  adopt(client);
  reply(refusal);
}

bool Stream::answer_ourselves() {
  const http::Refusal refusal = refuse_unserved(head_, listener());
  if (refusal == http::Refusal::none) return false;
  reply(refusal);
  return true;
}

bool Stream::find_route() {
  if (!http::normalise_path(head_.path(), path_)) return reply(http::Refusal::path_climbs_out), false;
  const Routed routed = proxy::find_route(head_, path_, listener());
  if (routed.refusal != http::Refusal::none) return reply(routed.refusal), false;
  pool_ = &epoch_->pools[routed.pool.value];
  route_ = &listener().routes[routed.route];
  return true;
}

// An answer of our own. What of the request is unread stays unread, so the connection ends with it.
void Stream::reply(http::Refusal reason) {
  const http::Reply answer = http::reply_to(reason);
  status_ = answer.status;
  refusal_ = reason;
  if (pool_ != nullptr && pool().affinity) verdict_ = unserved_verdict();
  client_->send_reply(answer, !request_complete_);
  finish(last_failure_);
}

void Stream::on_request_refused(http::Refusal refusal) {
  abandon_upstream();
  if (!answer_began()) return reply(refusal);
  client_->cut();
  finish(Failure::bad_request_body);
}

void Stream::on_client_gone(Failure failure) {
  if (tunnel_ != nullptr) return tunnel_->close();
  abandon_upstream();
  finish(failure);
}

void Stream::finish(Failure failure) {
  decision_.waits = linked();
  leave_queue();
  waiter_.unlink();
  deadline_.disarm();
  if (std::exchange(holds_client_, false)) client_->release(io::Hold::connecting);
  count(failure);
  if (!request_id_.empty()) remember(failure);
  if (worker_.logs_access()) log(failure);
  ClientExchange* client = client_;
  clear();
  client->on_stream_finished();
}

void Stream::count(Failure failure) {
  metrics::ListenerCounters& listener_counters = *epoch_->listeners[listener_].counters;
  const bool aborted = is_clients_fault(failure) && !answer_began();
  listener_counters.requests.count(aborted ? 0 : status_);
  listener_counters.duration.count(worker_.loop().now() - started_);
  if (refusal_ != http::Refusal::none) listener_counters.refusals[static_cast<std::size_t>(refusal_)].add();
  if (is_clients_fault(failure)) listener_counters.client_aborts.add();
  if (pool_ == nullptr) return;
  pool_->counters->requests.count(status_);
  pool_->counters->verdicts[static_cast<std::size_t>(verdict_)].add();
  if (served_by_ && attempts_ > 0) {
    pool_->backend_counters[*served_by_]->requests.count(status_);
    pool_->backend_counters[*served_by_]->bytes_in.add(answer_bytes_);
    pool_->backend_counters[*served_by_]->bytes_out.add(body_bytes_);
  }
}

void Stream::log(Failure failure) {
  const bool parsed = !head_bytes_.empty();
  const auto field = [&](http::FieldId id) { return parsed ? head_.value_of(id) : std::string_view(); };
  const bool asked = attempts_ > 0;
  constexpr Duration never{-1};
  const TimePoint now = worker_.loop().now();
  const std::string_view reason = failure != Failure::none          ? to_string(failure)
                                  : refusal_ != http::Refusal::none ? http::to_string(refusal_)
                                                                    : std::string_view();
  worker_.log_access({.time = worker_.loop().wall() - (now - started_),
                      .request_id = request_id_,
                      .client = client_ip_,
                      .listener = listener().name,
                      .host = parsed ? head_.authority() : std::string_view(),
                      .method = parsed ? head_.method_text() : std::string_view(),
                      .path = parsed ? head_.path_and_query() : std::string_view(),
                      .protocol = parsed && head_.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1",
                      .status = status_,
                      .bytes_in = body_bytes_,
                      .bytes_out = answer_bytes_,
                      .route = route_ != nullptr ? std::string_view(route_->name) : std::string_view(),
                      .pool = pool_ != nullptr ? std::string_view(pool().name) : std::string_view(),
                      .backend = asked ? std::string_view(member().backend->name) : std::string_view(),
                      .verdict = affinity::to_string(verdict_),
                      .attempts = attempts_,
                      .reason = reason,
                      .connect_time = asked ? connect_time_ : never,
                      .first_byte_time = first_byte_time_,
                      .total_time = now - started_,
                      .tls = {},
                      .user_agent = field(http::FieldId::user_agent),
                      .referer = parsed ? head_.value_of("referer") : std::string_view()});
}

// For `stickler why`.
void Stream::remember(Failure failure) {
  const Duration taken = worker_.loop().now() - started_;
  decision_.id = hash_bytes(request_id_);
  decision_.started_ns = started_.time_since_epoch().count();
  decision_.taken_us = static_cast<std::uint32_t>(std::min<std::int64_t>(taken.count() / 1000, UINT32_MAX));
  decision_.era = epoch_->era;
  decision_.listener = static_cast<std::uint16_t>(listener_);
  decision_.status = status_;
  decision_.refusal = refusal_;
  decision_.failure = failure;
  decision_.verdict = verdict_;
  decision_.attempts = attempts_;
  if (pool_ != nullptr) {
    decision_.route = static_cast<std::uint16_t>(route_ - listener().routes.data());
    decision_.pool = static_cast<std::uint16_t>(pool_ - epoch_->pools.data());
    decision_.panics = pool_->panics;
    const std::span<const cluster::Exclusion> exclusions = pool_->set->exclusions();
    std::copy_n(exclusions.begin(), std::min(exclusions.size(), decision_.exclusions.size()),
                decision_.exclusions.begin());
  }
  worker_.decisions().add(decision_);
}

// As new, but for the buffers, which keep their capacity for the next request.
void Stream::clear() {
  client_ = nullptr;
  epoch_ = nullptr;
  pool_ = nullptr;
  route_ = nullptr;
  head_bytes_.clear();
  request_id_ = {};
  window_.clear();
  if (window_.capacity() > window_kept_bytes) window_ = {};
  trailers_.reset();
  body_bytes_ = answer_bytes_ = 0;
  request_complete_ = request_sent_ = false;
  replayable_ = true;
  session_ = {};
  bound_as_.reset();
  verdict_ = affinity::Verdict::none;
  served_by_.reset();
  full_.reset();
  attempts_ = 0;
  asked_ = 0;
  decision_ = {};
  refreshed_ = stay_ = false;
  last_failure_ = Failure::none;
  refusal_ = http::Refusal::none;
  status_ = 0;
  waiting_for_ = Wait::none;
  connect_time_ = {};
  first_byte_time_ = Duration{-1};
}

}  // namespace stickler::proxy
