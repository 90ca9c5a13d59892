// The backend's answer on its way to the client, and what an accepted upgrade becomes.
#include <charconv>
#include <utility>

#include "lb/affinity/generation.h"
#include "lb/http/cookie.h"
#include "lb/proxy/client_exchange.h"
#include "lb/proxy/stream.h"
#include "lb/proxy/upstream_exchange.h"
#include "lb/proxy/worker.h"

namespace stickler::proxy {

void Stream::on_interim(const http::ResponseHead& head) {
  if (head_.minor_version < 1) return;
  if (app_source() != nullptr) read_answer(app_request(), head, *served_by_, worker_.loop().wall());
  client_->send_interim(head, {.name = prefixed_cookie(), .node = member().backend->name});
}

void Stream::on_response_head(const http::ResponseHead& head) {
  first_byte_time_ = worker_.loop().now() - attempt_started_;
  status_ = head.status;
  record_answer_time(Duration::zero());
  if (is_trial_) member().backend->trial.note_answer();
  last_failure_ = Failure::none;  // What failed before has been made good.
  const std::string_view set_cookie = settle_affinity(head);
  char port[8];
  const char* port_end = std::to_chars(port, port + sizeof(port), client_port_).ptr;
  // An answer before the request's end: nobody may want the rest, so this connection ends with it.
  const bool last = !request_complete_ && head.status != 101;
  client_->send_head(head,
                     {.framing = {},
                      .keep_alive = true,
                      .date = {},
                      .set_cookie = set_cookie,
                      .prefixed = {.name = prefixed_cookie(), .node = member().backend->name},
                      .edits = &route_->headers.response,
                      .variables = {.client_ip = client_ip_,
                                    .client_port = {port, port_end},
                                    .request_id = request_id_,
                                    .host = head_.authority(),
                                    .method = head_.method_text(),
                                    .path = head_.path_and_query(),
                                    .scheme = "http",
                                    .listener = listener().name,
                                    .pool = pool().name,
                                    .backend = member().backend->name},
                      .request = &head_},
                     last);
  if (head.status == 101) return start_tunnel();
  wait_for(Wait::answer_body, pool().response_body_timeout);
}

void Stream::on_response_body(std::string_view bytes) {
  answer_bytes_ += bytes.size();
  client_->send_body(bytes);
  wait_for(Wait::answer_body, pool().response_body_timeout);
}

void Stream::on_response_end(const http::FieldBlock& trailers) {
  record_health(status_ < 502 || status_ > 504);
  end_attempt();
  if (trailers.empty()) {
    client_->send_end(trailers);
  } else {
    http::FieldBlock allowed = trailers;
    drop_edited(allowed, route_->headers.response);
    client_->send_end(allowed);
  }
  finish(Failure::none);
}

void Stream::after_flush() {
  request_relay_.after_write();
  answer_relay_.after_write();
  if (answer_relay_.holding()) {
    wait_for(Wait::client, listener().idle_timeout);
  } else if (request_relay_.holding() && waiting_for_ == Wait::none) {
    wait_for(Wait::upstream, pool().response_header_timeout);
  }
}

void Stream::on_client_drained() {
  answer_relay_.on_sink_drained();
  if (waiting_for_ == Wait::client) wait_for(Wait::answer_body, pool().response_body_timeout);
}

// The value of Set-Cookie, or nothing when nothing changed.
std::string_view Stream::settle_affinity(const http::ResponseHead& head) {
  const auto& affinity = pool().affinity;
  if (!affinity) return {};
  if (affinity->app_session) {
    verdict_ = settle_app_session(head);
    return {};
  }
  affinity::Exchange exchange{.served = served_by_, .generation = learn_generation(head)};
  if (affinity->backup == affinity::BackupRule::announced) {
    const std::string_view backup = head.value_of(affinity->backup_header);
    exchange.announces = !backup.empty();
    exchange.announced = pool_->set->find(backup);
  }
  const affinity::Settlement settlement = settle(exchange);
  verdict_ = settlement.verdict;
  count_session(settlement);
  if (verdict_ != affinity::Verdict::detour && verdict_ != affinity::Verdict::overflow) begin_session();
  decision_.sets_cookie = settlement.set_cookie.has_value();
  if (!settlement.set_cookie) return {};
  const affinity::CookieText text = affinity::seal(*settlement.set_cookie, affinity->keys, pool().name);
  set_cookie_.clear();
  http::append_set_cookie(set_cookie_, affinity->cookie, affinity::as_text(text));
  return set_cookie_;
}

// The node that the session is bound to from now on.
std::size_t Stream::bound_after(affinity::Verdict verdict) const {
  const bool stays = verdict == affinity::Verdict::detour || verdict == affinity::Verdict::overflow;
  return stays ? *session_.choice.pinned : *served_by_;
}

void Stream::count_session(const affinity::Settlement& settlement) {
  const affinity::Binding& binding = settlement.set_cookie ? *settlement.set_cookie : session_.cookie->binding;
  bound_as_ = binding.nonce;
  pool_->session_counts[bound_after(settlement.verdict)]->see(binding.nonce, worker_.loop().now());
  if (settlement.verdict != affinity::Verdict::drained || pool_->left_counts.empty()) return;
  const auto left = primary_of(session_, *pool_);
  if (!left || pool_->left_counts[*left] == nullptr) return;
  // In both at the same time, so that it goes out of both at the same time.
  pool_->session_counts[*left]->see(binding.nonce, worker_.loop().now());
  pool_->left_counts[*left]->see(binding.nonce, worker_.loop().now());
}

// It is counted, or its next request is going to be.
void Stream::begin_session() {
  if (std::exchange(is_placed_, false)) member().backend->load.sessions.begin();
}

affinity::Verdict Stream::settle_app_session(const http::ResponseHead& head) {
  const AppRequest request = app_request();
  const CookieNews news = read_answer(request, head, *served_by_, worker_.loop().wall());
  const affinity::Verdict verdict = affinity::settle(session_.choice, {.served = served_by_,
                                                                       .pinned_down = is_pinned_down(),
                                                                       .overflows = full_.has_value(),
                                                                       .begins_session = news.begins});
  const bool stays = session_.app_key
                         ? verdict != affinity::Verdict::detour && verdict != affinity::Verdict::overflow && !news.ends
                         : news.begins;
  if (stays) begin_session();
  if (!session_.app_key) return verdict;
  learn(request, *session_.app_key, {.verdict = verdict, .news = news, .node = *served_by_});
  if (!news.ends) proxy::count_session(request, *session_.app_key, bound_after(verdict));
  return verdict;
}

// nullptr: the pool does not know sessions by what the application says.
const AppSessionSource* Stream::app_source() const {
  const auto& affinity = pool().affinity;
  return affinity && affinity->app_session ? &*affinity->app_session : nullptr;
}

// Requires: app_source() is not nullptr.
AppRequest Stream::app_request() const {
  return {.source = *app_source(),
          .pool = *pool_,
          .now = worker_.loop().now(),
          .shared = app_source()->shared != nullptr ? pool_->runtime->shared.get() : nullptr};
}

std::string_view Stream::prefixed_cookie() const {
  const AppSessionSource* source = app_source();
  return source != nullptr ? source->prefixed_cookie() : std::string_view();
}

// Requires: the pool has affinity.
affinity::Verdict Stream::unserved_verdict() {
  if (app_source() == nullptr) return settle({}).verdict;
  if (session_.app_key) disclaim(app_request(), *session_.app_key);
  return affinity::settle(session_.choice, affinity::AppExchange{.overflows = full_.has_value()});
}

bool Stream::is_pinned_down() const {
  return session_.choice.pinned && pool_->set->standings()[*session_.choice.pinned] == balance::Standing::down;
}

// Requires: the pool has affinity.
// What the answer says of its node goes for all sessions of it.
std::uint32_t Stream::learn_generation(const http::ResponseHead& head) const {
  if (!head.has(http::FieldId::x_node_generation)) return 0;
  const std::uint32_t generation = affinity::generation_of(head.value_of(http::FieldId::x_node_generation));
  std::atomic<std::uint32_t>& known = member().backend->generation;
  if (generation != 0 && known.load(std::memory_order_relaxed) != generation) {
    const std::uint32_t before = known.exchange(generation, std::memory_order_relaxed);
    const bool matters = pool().affinity->failback != affinity::FailbackRule::never;
    if (matters && before != 0 && before != generation) worker_.control().on_restart(member().backend);
  }
  return generation;
}

affinity::Settlement Stream::settle(affinity::Exchange exchange) const {
  exchange.pinned_down = is_pinned_down();
  exchange.overflows = full_.has_value();
  const bool known = session_.cookie && session_.cookie->seal == affinity::Seal::ok;
  return affinity::settle(
      session_.cookie, session_.choice, exchange,
      {.nodes = *pool_->nodes,
       .rules = pool().affinity->rules,
       .now = worker_.loop().wall(),
       .nonce = known || !exchange.served ? 0 : affinity::CookieKeys::nonce(),
       .backup = pool().affinity->backup,
       .standings = pool_->set->standings(),
       .failback = failback_of(*pool_, {.now = worker_.loop().now(), .wall = worker_.loop().wall()})});
}

// Both connections leave HTTP behind; session and stream stay to account for the end.
void Stream::start_tunnel() {
  leave_trial();
  withdraw_session();
  worker_.gather().flush();
  wait_for(Wait::none, {});
  request_relay_.part();
  answer_relay_.part();
  std::string from_client;
  std::string from_upstream;
  Tunnel::Ends ends{.client = client_->hand_over(from_client), .upstream = upstream_->hand_over(from_upstream)};
  upstream_ = nullptr;
  tunnel_ = std::make_unique<Tunnel>(worker_.loop(), worker_.deadlines(), listener().tunnel_timeout,
                                     [this](Tunnel::End end) { on_tunnel_end(end); });
  tunnel_->start(std::move(ends), from_client, from_upstream);
}

void Stream::on_tunnel_end(Tunnel::End end) {
  body_bytes_ += tunnel_->bytes_from_client();
  answer_bytes_ += tunnel_->bytes_from_upstream();
  worker_.loop().bury(std::move(tunnel_));
  worker_.leave_place(member().backend, *pool_->runtime);
  switch (end) {
    case Tunnel::End::closed:
      return finish(Failure::none);
    case Tunnel::End::client_broke:
      return finish(Failure::client_reset);
    case Tunnel::End::upstream_broke:
      return finish(Failure::reset);
    case Tunnel::End::idle:
      return finish(Failure::tunnel_idle);
  }
}

}  // namespace stickler::proxy
