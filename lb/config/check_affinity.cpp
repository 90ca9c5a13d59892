// Rules for sticky pools and their cookies.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "lb/config/findings.h"
#include "lb/config/quote.h"

namespace stickler::config {
namespace {

std::string path_of(const Pool& pool) { return "pools." + pool.name + ".affinity"; }

// What browsers refuse, so that every request would begin a new session.
void check_browser_rules(const Pool& pool, const Cookie& cookie, Findings& findings) {
  const std::string path = path_of(pool) + ".cookie";
  const bool is_secure = cookie.secure == CookieSecure::always || !findings.is_sound(path + ".secure");
  if (cookie.same_site == SameSite::none && !is_secure) {
    findings.warn(path + ".same_site", "is 'none' without secure: browsers drop such a cookie");
  }
  if (cookie.partitioned && !is_secure) {
    findings.warn(path + ".partitioned", "is true without secure: browsers drop such a cookie");
  }
  if (cookie.name.starts_with("__Secure-") && !is_secure) {
    findings.warn(path + ".name", "begins with __Secure-, without secure: browsers drop such a cookie");
  }
  const bool suits_host_prefix = is_secure && cookie.path == "/" && cookie.domain.empty();
  if (cookie.name.starts_with("__Host-") && !suits_host_prefix) {
    findings.warn(path + ".name",
                  "begins with __Host-, which needs secure, path '/' and no domain: browsers drop such a cookie");
  }
}

void check_keys(const Pool& pool, const Cookie& cookie, Findings& findings) {
  const std::string path = path_of(pool) + ".cookie";
  if (cookie.keys.empty() && findings.is_sound(path + ".keys")) {
    findings.warn(
        path,
        "has no keys: a random one is used, so that after a restart, or at a second balancer, its cookies are "
        "not understood");
  }
  const std::set<std::string> distinct(cookie.keys.begin(), cookie.keys.end());
  if (distinct.size() < cookie.keys.size()) findings.warn(path + ".keys", "has one key twice");
}

void check_cookie(const Pool& pool, const Cookie& cookie, Findings& findings) {
  check_browser_rules(pool, cookie, findings);
  check_keys(pool, cookie, findings);
  const std::string path = path_of(pool) + ".cookie";
  if (cookie.idle > cookie.ttl && findings.is_sound(path + ".ttl")) {
    findings.warn(path + ".idle", "is longer than ttl, so that it never decides");
  }
}

// The pools among which a browser finds cookies of one name, path and domain: whichever answers overwrites the others'.
class CookieOwners {
 public:
  CookieOwners(const Config& config, Findings& findings) : findings_(findings) {
    for (const Pool& pool : config.pools) pools_.emplace(pool.name, &pool);
  }

  // Pools that one browser visits under the same host, or share a domain.
  void meet(const std::set<std::string_view>& names, const std::string& where) {
    std::vector<const Pool*> present;
    for (const std::string_view name : names) {
      const auto found = pools_.find(name);
      if (found != pools_.end() && found->second->affinity.cookie) present.push_back(found->second);
    }
    std::ranges::sort(present);  // They stand in one vector, so this is the order of the file.
    std::map<std::tuple<std::string_view, std::string_view, std::string_view>, const Pool*> owners;
    for (const Pool* pool : present) {
      const Cookie& cookie = *pool->affinity.cookie;
      const auto [owner, is_new] = owners.try_emplace({cookie.name, cookie.path, cookie.domain}, pool);
      if (!is_new) report(*owner->second, *pool, where);
    }
  }

  void meet_by_domain() {
    std::map<std::string_view, std::set<std::string_view>> domains;
    for (const auto& [name, pool] : pools_) {
      if (pool->affinity.cookie && !pool->affinity.cookie->domain.empty()) {
        domains[pool->affinity.cookie->domain].insert(name);
      }
    }
    for (const auto& [domain, names] : domains) meet(names, "domain " + quoted(domain));
  }

 private:
  void report(const Pool& first, const Pool& second, const std::string& where) {
    if (!reported_.insert(second.name).second) return;
    findings_.warn(path_of(second) + ".cookie.name", "is " + quoted(second.affinity.cookie->name) + ", as in pool " +
                                                         quoted(first.name) + ", and both serve " + where +
                                                         ": each would overwrite the other's cookie");
  }

  Findings& findings_;
  std::map<std::string_view, const Pool*> pools_;
  std::set<std::string_view> reported_;
};

// The pools that requests for a host may reach.
std::set<std::string_view> pools_for(const Listener& listener, std::string_view host) {
  std::set<std::string_view> pools;
  const Route anything{
      .host = std::string(host), .path = "", .path_match = PathMatch::prefix, .pool = "", .headers = {}};
  for (const Route& route : listener.routes) {
    if (!host_covers(route.host, host)) continue;
    pools.insert(route.pool);
    if (covers(route, anything)) return pools;
  }
  pools.insert(listener.pool);
  return pools;
}

void check_meetings(const Config& config, Findings& findings) {
  CookieOwners owners(config, findings);
  for (const Listener& listener : config.listeners) {
    if (!findings.is_sound("listeners." + listener.name + ".routes")) continue;
    std::set<std::string_view> hosts{""};  // "": those that no route names.
    for (const Route& route : listener.routes) hosts.insert(route.host);
    for (const std::string_view host : hosts) {
      const std::string listener_name = "listener " + quoted(listener.name);
      owners.meet(pools_for(listener, host), host.empty() ? listener_name : "host " + quoted(host));
    }
  }
  owners.meet_by_domain();
}

// A request is bound by one key.
void check_source(const Pool& pool, Findings& findings) {
  const Affinity& affinity = pool.affinity;
  const std::string path = path_of(pool);
  const std::string advice = ": give one of cookie, app_cookie and header, by which sessions are known";
  if (affinity.app_cookie && affinity.cookie) findings.error(path + ".app_cookie", "beside cookie" + advice);
  if (affinity.header && affinity.source() != "header") {
    findings.error(path + ".header", "beside " + std::string(affinity.source()) + advice);
  }
}

// What several balancers share they must understand.
void check_table(const Pool& pool, Findings& findings) {
  const SessionTable& table = pool.affinity.table;
  const std::string path = path_of(pool) + ".table";
  const bool is_read = findings.is_sound(path + ".keys") && findings.is_sound(path + ".store");
  if (table.store && table.keys.empty() && pool.affinity.learns() && is_read) {
    findings.error(path + ".store",
                   "needs table.keys: what stands there is sealed with a key that all balancers have; make one with: "
                   "openssl rand -base64 32");
  }
  for (const char* key : {".keys", ".timeout"}) {
    if (table.store || !is_read || !findings.is_written(path + key)) continue;
    findings.warn(path + key, "is without effect: store is 'memory'");
  }
  const std::set<std::string> distinct(table.keys.begin(), table.keys.end());
  if (distinct.size() < table.keys.size()) findings.warn(path + ".keys", "has one key twice");
}

// Settings of ways to know a session that are not the pool's.
void check_ways(const Pool& pool, Findings& findings) {
  const Affinity& affinity = pool.affinity;
  const std::string path = path_of(pool);
  const bool are_read = findings.is_sound(path + ".app_cookie") && findings.is_sound(path + ".header");
  if (findings.is_written(path + ".table") && !affinity.learns() && are_read) {
    findings.warn(path + ".table", "is without effect: neither app_cookie nor header says how: learn");
  }
  check_table(pool, findings);
  const bool hashes = affinity.header && affinity.header->how == HeaderHow::hash;
  if (hashes && findings.is_written(path + ".when_unavailable")) {
    findings.warn(path + ".when_unavailable",
                  "is without effect: a header that is hashed belongs to a node that is up, whoever is down");
  }
}

void check_separator(const Pool& pool, Findings& findings) {
  const auto& cookie = pool.affinity.app_cookie;
  const std::string path = path_of(pool) + ".app_cookie.separator";
  if (!cookie || cookie->how == AppCookieHow::route_suffix || !findings.is_written(path)) return;
  findings.warn(path, "is without effect: how is not 'route_suffix'");
}

// Settings of bound sessions in a pool that binds none, and those that need another beside them.
void check_backup(const Pool& pool, Findings& findings) {
  const std::string path = path_of(pool);
  const Affinity& affinity = pool.affinity;
  if (affinity.source().empty()) {
    for (const char* key : {".cookie", ".app_cookie", ".header"}) {
      if (!findings.is_read(path + key)) return;
    }
    for (const char* key : {".backup", ".when_unavailable", ".failback", ".overload"}) {
      if (findings.is_written(path + key)) {
        findings.warn(path + key, "is without effect: the pool has none of affinity.cookie, app_cookie and header");
      }
    }
    return;
  }
  if (!affinity.cookie && affinity.backup == BackupRule::announced) {
    findings.error(path + ".backup",
                   "'announced' needs affinity.cookie: only in a cookie of our own is room for the name that a backend "
                   "announces; use 'next', which works it out from the session");
  }
  if (findings.is_written(path + ".backup_header") && affinity.backup != BackupRule::announced) {
    findings.warn(path + ".backup_header", "is without effect: backup is not 'announced'");
  }
  if (affinity.when_unavailable == WhenUnavailable::backup_only && affinity.backup == BackupRule::none) {
    findings.warn(path + ".when_unavailable", "is backup_only, and backup names none: whose node is down gets 503");
  }
}

// Only a cookie of our own has room for where a session came from.
void check_failback(const Pool& pool, Findings& findings) {
  const Affinity& affinity = pool.affinity;
  const std::string path = path_of(pool) + ".failback";
  if (affinity.source().empty()) return;
  if (!affinity.cookie && affinity.failback != Failback::never) {
    const std::string_view instead =
        affinity.learns() ? "sessions that are learned stay where they have moved"
                          : "requests go to the node that the application's own key names as soon as that is up";
    findings.error(path, quoted(name_of(affinity.failback)) +
                             " needs affinity.cookie, in which stands where a session came from; " +
                             std::string(instead));
  }
  if (!affinity.cookie && !affinity.learns() && affinity.failback == Failback::never && findings.is_written(path)) {
    findings.warn(path,
                  "is without effect: the application's own key names its node, to which requests go when it is up");
  }
  const bool goes_back = affinity.cookie && affinity.failback != Failback::never;
  if (goes_back && affinity.backup == BackupRule::none && findings.is_sound(path_of(pool) + ".backup")) {
    findings.warn(path, "is without effect: backup names none, and a session goes back to its backup only");
  }
}

void check_overload(const Pool& pool, Findings& findings) {
  const std::string path = path_of(pool) + ".overload";
  if (pool.affinity.source().empty() || !findings.is_written(path)) return;
  if (!pool.connections.max_per_backend && findings.is_sound("pools." + pool.name + ".connections.max_per_backend")) {
    findings.warn(path, "is without effect: connections.max_per_backend is unlimited, so that no backend is ever full");
  }
  const bool asks_backup = pool.affinity.overload.then == OverloadThen::backup && findings.is_written(path + ".then");
  if (asks_backup && pool.affinity.backup == BackupRule::none && findings.is_sound(path_of(pool) + ".backup")) {
    findings.warn(path + ".then", "is backup, and backup names none: whoever has waited gets 503");
  }
}

}  // namespace

void check_affinity(const CheckInput& input, Findings& findings) {
  for (const Pool& pool : input.config.pools) {
    if (pool.affinity.cookie) check_cookie(pool, *pool.affinity.cookie, findings);
    check_source(pool, findings);
    check_ways(pool, findings);
    check_separator(pool, findings);
    check_backup(pool, findings);
    check_failback(pool, findings);
    check_overload(pool, findings);
  }
  check_meetings(input.config, findings);
}

}  // namespace stickler::config
