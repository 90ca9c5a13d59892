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

constexpr std::size_t signing = 0;     // Of the keys; it is the only one here.
constexpr std::size_t values_max = 4;  // That are looked at in one request.

AppKey named_key(const affinity::NamedNode& named, const EpochPool& pool) {
  return {.session = hash_bytes(named.session), .node = pool.set->find(named.node)};
}

AppKey learned_key(const AppSessionSource& source, std::string_view value, const EpochPool& pool, const AppLook& look) {
  AppKey key{.session = hash_bytes(value), .learned = source.table->digest(value)};
  if (pool.set->drains_at_a_rate()) key.silent = source.table->silence(key.learned, look.now);  // Before this use.
  key.found = key.bound = look.use == SessionUse::counts ? source.table->find(key.learned, look.now, source.idle)
                                                         : source.table->look_up(key.learned, look.now, source.idle);
  if (key.found != affinity::no_node) {
    key.node = pool.nodes->find(signing, key.found);
  } else {
    // A header's value may be the client's first; a cookie's was given to it once.
    key.unbound = source.is_header() ? Verdict::fresh : Verdict::expired;
  }
  return key;
}

AppKey hashed_key(std::string_view value, const EpochPool& pool) {
  AppKey key{.session = hash_bytes(value), .unbound = Verdict::refused};
  const auto nodes = affinity::hashed_nodes(key.session, *pool.nodes, pool.set->standings(),
                                            [&](std::size_t i) { return (*pool.set)[i].weight; });
  key.node = nodes.first;
  key.next = nodes.second;
  return key;
}

AppKey key_of(const AppSessionSource& source, std::string_view value, const EpochPool& pool, const AppLook& look) {
  switch (source.how) {
    case How::route_suffix:
      return named_key(affinity::split_route_suffix(value, source.separator), pool);
    case How::prefix:
      return named_key(affinity::split_prefix(value), pool);
    case How::learned_cookie:
    case How::learned_header:
      return learned_key(source, value, pool, look);
    case How::hashed_header:
      break;
  }
  return hashed_key(value, pool);
}

// A verdict of a request whose session is wherever it is answered.
bool binds_anew(Verdict verdict) {
  return verdict == Verdict::fresh || verdict == Verdict::failover || verdict == Verdict::moved ||
         verdict == Verdict::drained || verdict == Verdict::unknown_node;
}

void count(const AppRequest& request, const affinity::LearnedTable::Bound& bound) {
  if (bound.evicted) request.pool.counters->sessions_evicted.add();
}

// Unless another request of the session was first.
void rebind(const AppRequest& request, AppKey& key, affinity::NodeId node) {
  if (key.bound == node) return;
  const affinity::LearnedTable::Change change{.from = key.bound, .to = node};
  const auto bound = request.source.table->rebind(key.learned, change, request.now, request.source.idle);
  if (bound.done) key.bound = node;
  count(request, bound);
}

}  // namespace

// A browser sends several cookies of one name where they have different paths or domains, and some of them may be left
// from sessions long over: the first that is bound to a node counts, else the first.
std::optional<AppKey> app_key(const AppSessionSource& source, const http::RequestHead& head, const EpochPool& pool,
                              const AppLook& look) {
  if (source.is_header()) {
    const std::string_view value = head.value_of(source.name);
    return value.empty() ? std::nullopt : std::optional(key_of(source, value, pool, look));
  }
  std::optional<AppKey> first;
  http::CookieValues cookies(head, source.name);
  for (std::size_t i = 0; i < values_max; ++i) {
    const auto cookie = cookies.next();
    if (!cookie) break;
    const std::string_view value = http::unquoted(*cookie);
    if (value.empty()) continue;
    const AppKey key = key_of(source, value, pool, look);
    if (key.node) return key;
    if (!first) first = key;
  }
  if (!source.in_paths) return first;
  const auto parameter = http::path_parameter(head.path(), source.name);
  if (!parameter || parameter->empty()) return first;
  const AppKey key = key_of(source, *parameter, pool, look);
  return key.node || !first ? key : first;
}

void claim(const AppRequest& request, AppKey& key, const affinity::Choice& choice, std::size_t node) {
  if (request.source.table == nullptr || !binds_anew(choice.verdict)) return;
  const bool detours = choice.pinned && *choice.pinned != node && choice.verdict != Verdict::unknown_node;
  if (!detours) rebind(request, key, request.pool.nodes->id_of(node));
}

void count_session(const AppRequest& request, const AppKey& key, std::size_t node) {
  if (request.source.table != nullptr) return;
  request.pool.session_counts[node]->see(mix64(key.session ^ request.source.count_seed), request.now);
}

void disclaim(const AppRequest& request, AppKey& key) {
  if (request.source.table != nullptr) rebind(request, key, key.found);
}

CookieNews read_answer(const AppRequest& request, const http::ResponseHead& head, std::size_t node, WallTime wall) {
  CookieNews news;
  if (request.source.is_header()) return news;
  affinity::LearnedTable* table = request.source.table.get();
  bool removes = false;
  http::SetCookies cookies(head, request.source.name);
  while (const auto cookie = cookies.next()) {
    if (http::is_removal(*cookie, wall)) {
      removes = true;
      continue;
    }
    news.begins = true;
    if (table == nullptr) continue;
    const affinity::SessionDigest session = table->digest(http::unquoted(cookie->value));
    count(request, table->bind(session, request.pool.nodes->id_of(node), request.now, request.source.idle));
  }
  news.ends = removes && !news.begins;
  return news;
}

void learn(const AppRequest& request, AppKey& key, const Lesson& lesson) {
  if (request.source.table == nullptr) return;
  if (lesson.news.ends) return request.source.table->forget(key.learned);
  // Else bound as before; or a cookie's value that nobody here has set, which anybody may have made up.
  if (binds_anew(lesson.verdict)) rebind(request, key, request.pool.nodes->id_of(lesson.node));
  // Whoever it was sent to first, and was to be bound to, did not answer.
  if (lesson.verdict == Verdict::detour) rebind(request, key, key.found);
}

}  // namespace stickler::proxy
