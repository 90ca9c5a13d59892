#include "lb/proxy/choosing.h"

#include <string>

#include "lb/base/hash.h"
#include "lb/http/cookie.h"
#include "lb/http/path.h"

namespace stickler::proxy {
namespace {

// A backend may read the path in the other way; it must not see what another route was meant to keep from it.
bool matches_either_way(const route::Match& match, const http::RequestHead& head, const route::Router& router) {
  std::string path;
  if (!http::normalise_path(http::loose_reading(head.path()), path)) return false;
  const auto other = router.match(head.authority(), path);
  return other && other->rule == match.rule;
}

affinity::PoolView view_of(const EpochPool& pool) {
  return {.nodes = *pool.nodes,
          .standings = pool.set->standings(),
          .when_unavailable = pool.settings->affinity->when_unavailable};
}

// How a session that is bound to a node asks for its turn to leave it. Of a cookie the binding is as old as the cookie:
// what a client sends with the one that it had before it was moved is told from what it sends once it has come back.
cluster::DrainPace::Visit visit_of(const Session& session, std::uint64_t identity, const Moment& moment) {
  if (session.app_key) return {.session = identity, .binding = identity, .silent = session.app_key->silent};
  const std::int64_t last_seen = session.cookie->binding.last_seen;
  return {.session = identity,
          .binding = identity ^ mix64(static_cast<std::uint64_t>(last_seen)),
          .silent = moment.wall - WallTime{std::chrono::seconds(last_seen)}};
}

// A session that is bound to a node which drains at a rate leaves it when its turn has come.
void leave_if_due(Session& session, const EpochPool& pool, const Moment& moment) {
  if (session.choice.verdict != affinity::Verdict::bound) return;
  cluster::DrainPace* pace = (*pool.set)[*session.choice.pinned].pace;
  const auto identity = pace == nullptr ? std::nullopt : identity_of(session);
  if (!identity) return;
  const affinity::PoolView view = view_of(pool);
  const auto elsewhere = session.app_key ? affinity::leave(*session.app_key, view, pool.settings->affinity->backup)
                                         : affinity::leave(*session.cookie, view);
  cluster::DrainPace::Visit visit = visit_of(session, *identity, moment);
  visit.may_leave = elsewhere.has_value();
  bool leaves = false;
  if (moment.use == SessionUse::counts) {
    session.stay = pace->admit(visit, moment.now);
    leaves = !session.stay;
  } else {
    leaves = pace->would_move(visit, moment.now);
  }
  if (leaves) session.choice = *elsewhere;
}

}  // namespace

http::Refusal refuse_unserved(const http::RequestHead& head, const ListenerSettings& listener) {
  if (head.method == http::Method::connect) return http::Refusal::connect_refused;
  if (head.method == http::Method::other) return http::Refusal::unknown_method;
  if (head.max_forwards == 0U) {
    const bool asks_about_us = head.method == http::Method::options;
    return asks_about_us ? http::Refusal::options_answered : http::Refusal::max_forwards_reached;
  }
  if (head.framing.kind == http::BodyKind::length && head.framing.length > listener.body_bytes_max) {
    return http::Refusal::body_too_large;
  }
  return http::Refusal::none;
}

Routed find_route(const http::RequestHead& head, std::string_view path, const ListenerSettings& listener) {
  const auto match = listener.router.match(head.authority(), path);
  if (!match) return {.refusal = http::Refusal::misdirected};
  if (http::has_two_readings(head.path()) && !matches_either_way(*match, head, listener.router)) {
    return {.refusal = http::Refusal::ambiguous_path};
  }
  return {.route = match->rule.value_or(listener.routes.size() - 1), .pool = match->pool};
}

Session find_session(const http::RequestHead& head, const EpochPool& pool, const Moment& moment) {
  const auto& affinity = pool.settings->affinity;
  Session session;
  if (!affinity) return session;
  if (const auto& source = affinity->app_session) {
    session.app_key = app_key(*source, head, pool, {.now = moment.now, .use = moment.use});
    session.choice = affinity::choose(session.app_key, view_of(pool), affinity->backup);
    leave_if_due(session, pool, moment);
    return session;
  }
  const http::FoundCookie found = http::find_cookie(head, affinity->cookie.name);
  if (found.value) session.cookie = affinity::open(*found.value, affinity->keys, affinity->rules, moment.wall);
  const auto primary = affinity::primary_of(session.cookie, *pool.nodes);
  affinity::PoolView view = view_of(pool);
  if (primary) view.primary_generation = (*pool.set)[*primary].backend->generation.load(std::memory_order_relaxed);
  view.failback = failback_of(pool, moment);
  view.idle = affinity->rules.idle;
  session.choice = affinity::choose(session.cookie, view);
  leave_if_due(session, pool, moment);
  return session;
}

std::optional<std::uint64_t> identity_of(const Session& session) {
  if (!session.app_key) return session.cookie ? std::optional(session.cookie->binding.nonce) : std::nullopt;
  const affinity::AppKey& key = *session.app_key;
  return key.found != affinity::no_node ? std::optional(key.learned[0] ^ key.learned[1]) : std::nullopt;
}

affinity::Failback failback_of(const EpochPool& pool, const Moment& moment) {
  return {.rule = pool.settings->affinity->failback,
          .steady_since = pool.set->steady_since(),
          .now = moment.now,
          .wall = moment.wall};
}

std::optional<std::size_t> primary_of(const Session& session, const EpochPool& pool) {
  if (session.app_key) return session.app_key->node;
  return session.cookie ? affinity::primary_of(session.cookie, *pool.nodes) : std::nullopt;
}

bool may_try(const Seeking& seeking) {
  return seeking.tried.empty() && seeking.can_be_resent && http::is_idempotent(seeking.head.method) &&
         !seeking.head.wants_websocket;
}

Target bound_node(const Seeking& seeking) {
  const auto is_left = [&](const std::optional<std::size_t>& node) { return node && !seeking.has_tried(*node); };
  if (is_left(seeking.choice.pinned)) return {.by = ChosenBy::session, .node = *seeking.choice.pinned};
  if (is_left(seeking.choice.backup)) return {.by = ChosenBy::backup, .node = *seeking.choice.backup};
  return {};
}

std::optional<std::uint64_t> key_of(const Seeking& seeking) {
  const auto& on = seeking.pool.settings->hash_on;
  return on ? hash_key(*on, seeking.head, seeking.client_ip, seeking.path) : std::nullopt;
}

}  // namespace stickler::proxy
