#include "lb/proxy/app_session.h"

#include "lb/affinity/app_cookie.h"
#include "lb/affinity/hash_choice.h"
#include "lb/base/hash.h"
#include "lb/http/cookie.h"
#include "lb/http/path.h"
#include "lb/proxy/epoch.h"

namespace stickler::proxy {
namespace {

using affinity::AppKey;
using affinity::Verdict;
using How = AppSessionSource::How;

constexpr std::size_t signing = 0;  // Of the keys; it is the only one here.

std::optional<std::string_view> value_of(const AppSessionSource& source, const http::RequestHead& head) {
  if (source.is_header()) {
    const auto found = head.find(source.name);
    return found ? std::optional(head.value(*found)) : std::nullopt;
  }
  const http::FoundCookie found = http::find_cookie(head, source.name);
  if (found.value) return http::unquoted(*found.value);
  return source.path_parameter.empty() ? std::nullopt : http::path_parameter(head.path(), source.path_parameter);
}

AppKey named_key(const affinity::NamedNode& named, const EpochPool& pool) {
  return {.session = hash_bytes(named.session), .node = pool.set->find(named.node)};
}

AppKey learned_key(const AppSessionSource& source, std::string_view value, const EpochPool& pool, TimePoint now) {
  AppKey key{.session = hash_bytes(value), .learned = source.table->digest(value)};
  if (const auto node = source.table->find(key.learned, now, source.idle)) {
    key.node = pool.nodes->find(signing, *node);
  } else {
    // A header's value may be the client's first; a cookie's was given to it once.
    key.unbound = source.is_header() ? Verdict::fresh : Verdict::expired;
  }
  return key;
}

AppKey hashed_key(std::string_view value, const EpochPool& pool) {
  AppKey key{.session = hash_bytes(value), .unbound = Verdict::refused};
  key.node = affinity::hashed_node(key.session, *pool.nodes, pool.set->standings(),
                                   [&](std::size_t i) { return (*pool.set)[i].weight; });
  return key;
}

}  // namespace

std::optional<AppKey> app_key(const AppSessionSource& source, const http::RequestHead& head, const EpochPool& pool,
                              TimePoint now) {
  const auto value = value_of(source, head);
  if (!value || value->empty()) return std::nullopt;
  switch (source.how) {
    case How::route_suffix:
      return named_key(affinity::split_route_suffix(*value, source.separator), pool);
    case How::prefix:
      return named_key(affinity::split_prefix(*value), pool);
    case How::learned_cookie:
    case How::learned_header:
      return learned_key(source, *value, pool, now);
    case How::hashed_header:
      break;
  }
  return hashed_key(*value, pool);
}

std::optional<std::string_view> begun_session(const AppSessionSource& source, const http::ResponseHead& head) {
  if (source.is_header()) return std::nullopt;
  const auto value = http::find_set_cookie(head, source.name);
  if (!value || http::unquoted(*value).empty()) return std::nullopt;
  return http::unquoted(*value);
}

void learn(const AppSessionSource& source, const Lesson& lesson, const EpochPool& pool, TimePoint now) {
  if (source.table == nullptr) return;
  const affinity::NodeId node = pool.nodes->id_of(lesson.served);
  if (lesson.begun) source.table->bind(source.table->digest(*lesson.begun), node, now);
  if (!lesson.key) return;
  switch (lesson.verdict) {
    case Verdict::fresh:
    case Verdict::failover:
    case Verdict::moved:
    case Verdict::unknown_node:
      return source.table->bind(lesson.key->learned, node, now);
    default:
      // Bound as before; or a cookie's value that nobody here has set, which anybody may have made up.
      return;
  }
}

}  // namespace stickler::proxy
