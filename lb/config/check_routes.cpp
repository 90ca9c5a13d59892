// Rules for routes: where requests go, and whether they can get there.
#include <set>

#include "lb/config/findings.h"
#include "lb/config/quote.h"
#include "lb/config/suggest.h"

namespace stickler::config {
namespace {

std::string path_of(const Listener& listener) { return "listeners." + listener.name; }

std::string path_of(const Listener& listener, std::size_t route) {
  return path_of(listener) + ".routes[" + std::to_string(route) + "]";
}

// A slash at the end of a prefix changes nothing: "/api/" is "/api", "/" is "".
std::string_view prefix_of(const Route& route) {
  std::string_view path = route.path;
  if (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

bool takes_every_path(const Route& route) { return route.path_match == PathMatch::prefix && prefix_of(route).empty(); }

bool path_covers(const Route& route, const Route& other) {
  if (takes_every_path(route)) return true;
  if (route.path_match == PathMatch::exact) {
    return other.path_match == PathMatch::exact && route.path == other.path;
  }
  const std::string_view prefix = prefix_of(route);
  const std::string_view path = other.path_match == PathMatch::exact ? std::string_view(other.path) : prefix_of(other);
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

// The pools by name, and which of them something refers to.
class References {
 public:
  References(const Config& config, Findings& findings) : findings_(findings) {
    for (const Pool& pool : config.pools) names_.push_back(pool.name);
    known_.insert(names_.begin(), names_.end());
  }

  void refer(const std::string& path, std::string_view name) {
    if (name.empty()) return;
    used_.insert(name);
    if (known_.contains(name)) return;
    all_resolved_ = false;
    if (!findings_.is_read("pools")) return;
    findings_.error(path, "there is no pool " + quoted(name) + did_you_mean(closest(name, names_)));
  }

  // Only where every reference led somewhere: a misspelt one is probably the one that is missing here.
  void report_unused() const {
    if (!all_resolved_) return;
    for (const std::string_view name : names_) {
      if (!used_.contains(name)) findings_.warn("pools." + std::string(name), "is used by no listener");
    }
  }

 private:
  Findings& findings_;
  std::vector<std::string_view> names_;
  std::set<std::string_view> known_;
  std::set<std::string_view> used_;
  bool all_resolved_ = true;
};

void check_reach(const Listener& listener, Findings& findings) {
  for (std::size_t i = 0; i < listener.routes.size(); ++i) {
    for (std::size_t before = 0; before < i; ++before) {
      if (!covers(listener.routes[before], listener.routes[i])) continue;
      if (!findings.is_sound(path_of(listener, before)) || !findings.is_sound(path_of(listener, i))) continue;
      findings.warn(path_of(listener, i),
                    "is never reached: routes[" + std::to_string(before) + "] takes its requests first");
      break;
    }
  }
  for (std::size_t i = 0; i < listener.routes.size() && !listener.pool.empty(); ++i) {
    const Route& route = listener.routes[i];
    const bool takes_all = route.host.empty() && takes_every_path(route) && findings.is_sound(path_of(listener, i));
    if (!takes_all) continue;
    if (route.pool != listener.pool) {
      findings.warn(path_of(listener) + ".pool",
                    "is never reached: routes[" + std::to_string(i) + "] takes every request");
    }
    return;
  }
}

}  // namespace

bool host_covers(std::string_view host, std::string_view other) {
  if (host.empty() || host == other) return true;
  if (!host.starts_with("*.")) return false;
  const std::string_view suffix = host.substr(1);
  return other.size() > suffix.size() && other.ends_with(suffix);
}

bool covers(const Route& route, const Route& other) {
  return host_covers(route.host, other.host) && path_covers(route, other);
}

void check_routes(const CheckInput& input, Findings& findings) {
  References references(input.config, findings);
  for (const Listener& listener : input.config.listeners) {
    const std::string path = path_of(listener);
    for (std::size_t i = 0; i < listener.routes.size(); ++i) {
      references.refer(path_of(listener, i) + ".pool", listener.routes[i].pool);
    }
    references.refer(path + ".pool", listener.pool);
    const bool leads_nowhere = listener.routes.empty() && listener.pool.empty();
    if (leads_nowhere && findings.is_sound(path + ".routes") && findings.is_sound(path + ".pool")) {
      findings.error(path + ".pool", "missing, and there are no routes: requests would go nowhere");
    }
    check_reach(listener, findings);
  }
  if (findings.is_sound("listeners")) references.report_unused();
}

}  // namespace stickler::config
