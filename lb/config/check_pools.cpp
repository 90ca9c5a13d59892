// Rules for pools, their affinity aside.
#include <algorithm>
#include <map>

#include "lb/config/findings.h"
#include "lb/config/quote.h"
#include "lb/config/units.h"

namespace stickler::config {
namespace {

std::string path_of(const Pool& pool) { return "pools." + pool.name; }

std::string path_of(const Pool& pool, std::size_t backend) {
  return path_of(pool) + ".backends[" + std::to_string(backend) + "]";
}

// Its list is not all there is of it.
bool discovers(const Pool& pool, const Findings& findings) {
  return !pool.discover.file.empty() || !findings.is_sound(path_of(pool) + ".discover");
}

bool gets_new_sessions(const Backend& backend) { return backend.state == BackendState::up && backend.weight > 0; }

using ListenerNames = std::map<std::string, std::string, std::less<>>;  // By address.

void check_own_addresses(const Pool& pool, const ListenerNames& listeners, Findings& findings) {
  for (std::size_t i = 0; i < pool.backends.size(); ++i) {
    const auto own = listeners.find(pool.backends[i].address.to_string());
    if (own == listeners.end()) continue;
    findings.warn(path_of(pool, i) + ".address",
                  "is that of listener " + quoted(own->second) + ": requests would go round in circles");
  }
}

void check_eligible(const Pool& pool, Findings& findings) {
  const std::string path = path_of(pool) + ".backends";
  if (!findings.is_sound(path) || pool.backends.empty() || discovers(pool, findings)) return;
  if (std::ranges::none_of(pool.backends, gets_new_sessions)) {
    findings.warn(path, "have none for new sessions: each is down, draining or of weight 0");
  }
}

void check_weights(const Pool& pool, Findings& findings) {
  if (!pool.affinity.cookie || std::ranges::none_of(pool.backends, gets_new_sessions)) return;
  for (std::size_t i = 0; i < pool.backends.size(); ++i) {
    if (pool.backends[i].weight > 0 || pool.backends[i].state != BackendState::up) continue;
    findings.warn(path_of(pool, i) + ".weight",
                  "is 0 in a sticky pool: sessions bound to it keep coming, without a deadline; to empty it, write "
                  "state: drain");
  }
}

void check_hash(const Pool& pool, Findings& findings) {
  const std::string path = path_of(pool) + ".hash";
  if (pool.policy == Policy::hash || !findings.is_written(path) || !findings.is_sound(path_of(pool) + ".policy"))
    return;
  findings.warn(path, "is without effect: the policy is " + std::string(name_of(pool.policy)));
}

// The more often a list changes, the more often a part of the keys changes hands.
void check_hash_of_discovered(const Pool& pool, Findings& findings) {
  if (pool.discover.file.empty()) return;
  const std::string change = "with each backend that comes or goes a part of the ";
  if (pool.policy == Policy::hash && findings.is_sound(path_of(pool) + ".policy")) {
    findings.warn(path_of(pool) + ".policy", "is hash, and the list of backends changes by itself (discover): " +
                                                 change + "keys moves to another");
  }
  const std::string how = path_of(pool) + ".affinity.header.how";
  if (pool.affinity.header && pool.affinity.header->how == HeaderHow::hash && findings.is_sound(how)) {
    findings.warn(how, "is hash, and the list of backends changes by itself (discover): " + change +
                           "sessions moves to a backend that does not know them; with learn they stay");
  }
}

void check_roles(const Pool& pool, Findings& findings) {
  const std::string path = path_of(pool) + ".backends";
  const auto is_standby = [](const Backend& backend) { return backend.role == Role::standby; };
  if (pool.backends.empty() || discovers(pool, findings)) return;
  if (!findings.is_sound(path) || !std::ranges::all_of(pool.backends, is_standby)) return;
  findings.warn(path, "are all standbys: with nobody to stand by for they serve like primaries");
}

void check_slow_start(const Pool& pool, Findings& findings) {
  const std::string path = path_of(pool) + ".slow_start";
  if (pool.slow_start == 0s || !findings.is_sound(path_of(pool) + ".policy")) return;
  if (pool.policy == Policy::hash) {
    findings.warn(path, "is without effect: the policy is hash, whose keys would change their backend at each step");
  }
  if (pool.policy == Policy::first) {
    findings.warn(path, "is without effect: the policy is first, which does not look at weights");
  }
}

void check_sessions(const Pool& pool, Findings& findings) {
  const std::string path = path_of(pool) + ".policy";
  if (pool.policy != Policy::least_sessions || !findings.is_read(path)) return;
  if (!pool.affinity.source().empty() || !findings.is_sound(path_of(pool) + ".affinity")) return;
  findings.error(
      path,
      "least_sessions counts log-in sessions, and without affinity the pool knows none; give it affinity, or "
      "write least_connections");
}

void check_panic(const Pool& pool, Findings& findings) {
  const std::string path = path_of(pool) + ".health.panic_below";
  const std::uint32_t below = pool.health.panic_below_percent;
  if (below == 0 || pool.health.active || !findings.is_sound(path_of(pool) + ".health")) return;
  if (!pool.health.passive) {
    return findings.warn(path, "is without effect: health is neither active nor passive, so that all count as healthy");
  }
  // Of primaries and standbys together so many may be out.
  const bool has_standby = std::ranges::any_of(pool.backends, [](const Backend& b) { return b.role == Role::standby; });
  const std::uint32_t in = 100 - pool.health.passive->max_ejected_percent;
  if (has_standby || in < below) return;
  findings.warn(path, "is never reached: without active health at most passive.max_ejected (" +
                          std::to_string(pool.health.passive->max_ejected_percent) + "%) are out at a time");
}

void check_probe(const Pool& pool, Findings& findings) {
  if (!pool.health.active) return;
  const ActiveHealth& active = *pool.health.active;
  const std::string path = path_of(pool) + ".health.active";
  if (active.interval < active.timeout && findings.is_sound(path + ".timeout")) {
    findings.warn(path + ".interval", "is shorter than timeout (" + spell_duration(active.interval) + ", " +
                                          spell_duration(active.timeout) +
                                          "): a probe would begin before the last one has ended");
  }
  if (active.type != ProbeType::tcp) return;
  for (const char* key : {".path", ".expect"}) {
    if (findings.is_written(path + key)) findings.warn(path + key, "is without effect: the probe is of type tcp");
  }
}

void check_queue(const Pool& pool, std::uint64_t descriptor_limit, Findings& findings) {
  if (descriptor_limit == 0 || pool.connections.queue <= descriptor_limit) return;
  findings.warn(path_of(pool) + ".connections.queue", "is " + std::to_string(pool.connections.queue) +
                                                          ", and each request that waits holds a descriptor, of " +
                                                          "which this process may open " +
                                                          std::to_string(descriptor_limit) + " (ulimit -n)");
}

}  // namespace

void check_pools(const CheckInput& input, Findings& findings) {
  ListenerNames listeners;
  for (const Listener& listener : input.config.listeners) {
    for (const Address& address : listener.listen) listeners.try_emplace(address.to_string(), listener.name);
  }
  for (const Pool& pool : input.config.pools) {
    check_backends({.pool = pool, .path = path_of(pool) + ".backends", .others_follow = discovers(pool, findings)},
                   findings);
    check_own_addresses(pool, listeners, findings);
    check_eligible(pool, findings);
    check_weights(pool, findings);
    check_hash(pool, findings);
    check_hash_of_discovered(pool, findings);
    check_roles(pool, findings);
    check_slow_start(pool, findings);
    check_sessions(pool, findings);
    check_panic(pool, findings);
    check_probe(pool, findings);
    check_queue(pool, input.descriptor_limit, findings);
  }
}

}  // namespace stickler::config
