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
  AppKey key{.session = hash_bytes(value), .learned = source.table->digest(value), .value = value};
  if (pool.set->drains_at_a_rate()) key.silent = source.table->silence(key.learned, look.now);  // Before this use.
  if (look.use == SessionUse::is_none) {
    key.found = source.table->look_up(key.learned, look.now, source.idle);
  } else if (source.shared == nullptr) {
    key.found = source.table->find(key.learned, look.now, source.idle);
  } else {
    const affinity::SharedTimes times{.idle = source.idle, .period = affinity::shared_period(source.idle)};
    const affinity::LearnedTable::Use use = source.table->use(key.learned, look.now, times);
    key.found = use.node;
    key.is_due = use.is_due;
    key.is_untold = use.is_untold;
  }
  key.bound = key.found;
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

// The values of the request that may be its session's, in the order in which they count, until `visit` says true.
template <class Visit>
void visit_values(const AppSessionSource& source, const http::RequestHead& head, Visit visit) {
  if (source.is_header()) {
    const std::string_view value = head.value_of(source.name);
    if (!value.empty()) visit(value);
    return;
  }
  http::CookieValues cookies(head, source.name);
  for (std::size_t i = 0; i < values_max; ++i) {
    const auto cookie = cookies.next();
    if (!cookie) break;
    const std::string_view value = http::unquoted(*cookie);
    if (!value.empty() && visit(value)) return;
  }
  if (!source.in_paths) return;
  const auto parameter = http::path_parameter(head.path(), source.name);
  if (parameter && !parameter->empty()) visit(*parameter);
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
  std::optional<AppKey> first;
  visit_values(source, head, [&](std::string_view value) {
    const AppKey key = key_of(source, value, pool, look);
    if (key.node || !first) first = key;
    return key.node.has_value();
  });
  return first;
}

bool ask_others(const AppRequest& request, const http::RequestHead& head, const AppKey& key,
                affinity::SharedTable::Waiter& waiter) {
  if (key.is_untold) return false;  // They know less than we do.
  if (key.node) {
    return request.shared->ask({.digest = key.learned, .value = key.value, .known = key.found}, waiter);
  }
  const AppSessionSource& source = request.source;
  bool asked = false;
  visit_values(source, head, [&](std::string_view value) {
    const affinity::SessionDigest digest = source.table->digest(value);
    const affinity::NodeId known = source.table->look_up(digest, request.now, source.idle);
    asked = request.shared->ask({.digest = digest, .value = value, .known = known}, waiter);
    return asked;
  });
  return asked;
}

void keep_shared(const AppRequest& request, const AppKey& key) {
  const affinity::SharedSession session{.digest = key.learned, .value = key.value, .known = key.found};
  const std::string& node = request.pool.set->names()[*key.node];
  if (key.is_untold) {
    request.shared->tell(session, node);
  } else if (key.is_due) {
    request.shared->keep(session, node);
  }
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
    const std::string_view value = http::unquoted(cookie->value);
    const affinity::SessionDigest session = table->digest(value);
    const auto bound = table->bind(session, request.pool.nodes->id_of(node), request.now, request.source.idle);
    count(request, bound);
    if (request.shared == nullptr || !bound.anew) continue;  // Many set it with every answer.
    request.shared->tell({.digest = session, .value = value}, request.pool.set->names()[node]);
  }
  news.ends = removes && !news.begins;
  return news;
}

void learn(const AppRequest& request, AppKey& key, const Lesson& lesson) {
  if (request.source.table == nullptr) return;
  if (lesson.news.ends) {
    request.source.table->forget(key.learned);
    if (request.shared != nullptr) request.shared->forget(key.value);
    return;
  }
  // Whoever it was sent to first, and was to be bound to, did not answer.
  if (lesson.verdict == Verdict::detour) rebind(request, key, key.found);
  // Else bound as before; or a cookie's value that nobody here has set, which anybody may have made up.
  if (!binds_anew(lesson.verdict)) return;
  const affinity::NodeId node = request.pool.nodes->id_of(lesson.node);
  rebind(request, key, node);
  if (request.shared == nullptr || key.bound != node) return;
  request.shared->tell({.digest = key.learned, .value = key.value}, request.pool.set->names()[lesson.node]);
}

}  // namespace stickler::proxy
