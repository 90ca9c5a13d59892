// Rules for the backends of a pool among each other, wherever they are named.
#include <algorithm>
#include <map>

#include "lb/config/findings.h"
#include "lb/config/quote.h"
#include "lb/config/read.h"

namespace stickler::config {
namespace {

std::string path_of(const BackendsOf& list, std::size_t index, const char* key) {
  if (list.path.empty()) return key;
  return list.path + "[" + std::to_string(index - list.first) + "]." + key;
}

// Another one, by its place in the same list where it has one there.
std::string other(const BackendsOf& list, std::size_t index) {
  if (index < list.first) return "another backend of pool " + quoted(list.pool.name);
  return "backends[" + std::to_string(index - list.first) + "]";
}

void check_names(const BackendsOf& list, Findings& findings) {
  std::map<std::string_view, std::size_t> names;
  for (std::size_t i = 0; i < list.pool.backends.size(); ++i) {
    const std::string& name = list.pool.backends[i].name;
    if (name.empty()) continue;
    const auto [first, is_new] = names.try_emplace(name, i);
    if (is_new || i < list.first) continue;
    findings.error(path_of(list, i, "name"),
                   quoted(name) + " is the name of " + other(list, first->second) + " already");
  }
}

void check_addresses(const BackendsOf& list, Findings& findings) {
  std::map<std::string, std::size_t> addresses;
  for (std::size_t i = 0; i < list.pool.backends.size(); ++i) {
    const std::string address = list.pool.backends[i].address.to_string();
    if (address.empty()) continue;
    const auto [first, is_new] = addresses.try_emplace(address, i);
    if (is_new || i < list.first) continue;
    findings.warn(path_of(list, i, "address"),
                  "is that of " + other(list, first->second) + " too: one server would count twice");
  }
}

// A backend whose name no cookie can have behind its separator gets no session of its own back.
void check_route_suffix(const BackendsOf& list, Findings& findings) {
  const auto& cookie = list.pool.affinity.app_cookie;
  if (!cookie || cookie->how != AppCookieHow::route_suffix) return;
  for (std::size_t i = list.first; i < list.pool.backends.size(); ++i) {
    const std::string& name = list.pool.backends[i].name;
    if (name.find(cookie->separator) == std::string::npos) continue;
    findings.error(path_of(list, i, "name"),
                   quoted(name) + " has the separator " + quoted(cookie->separator) +
                       " of affinity.app_cookie in it: what stands behind the last one is taken for the node's name; "
                       "use a name without it, as the jvmRoute of a Tomcat");
  }
}

void check_count(const BackendsOf& list, Findings& findings) {
  const std::size_t count = list.pool.backends.size();
  const std::string path = list.path.empty() ? "name" : list.path;
  if (count == 0 && !list.others_follow && findings.is_sound(path)) {
    findings.error(path, "a pool has at least one backend");
  }
  if (count > backends_max) {
    findings.error(path, "a pool has at most " + std::to_string(backends_max) + " backends, with this it has " +
                             std::to_string(count));
  }
}

}  // namespace

void check_backends(const BackendsOf& list, Findings& findings) {
  check_count(list, findings);
  check_names(list, findings);
  check_addresses(list, findings);
  check_route_suffix(list, findings);
}

}  // namespace stickler::config
