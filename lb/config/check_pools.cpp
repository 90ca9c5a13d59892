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

bool gets_new_sessions(const Backend& backend) { return backend.state == BackendState::up && backend.weight > 0; }

void check_names(const Pool& pool, Findings& findings) {
  std::map<std::string_view, std::size_t> names;
  for (std::size_t i = 0; i < pool.backends.size(); ++i) {
    const std::string& name = pool.backends[i].name;
    if (name.empty()) continue;
    const auto [first, is_new] = names.try_emplace(name, i);
    if (is_new) continue;
    findings.error(path_of(pool, i) + ".name",
                   quoted(name) + " is the name of backends[" + std::to_string(first->second) + "] already");
  }
}

using ListenerNames = std::map<std::string, std::string, std::less<>>;  // By address.

void check_addresses(const Pool& pool, const ListenerNames& listeners, Findings& findings) {
  std::map<std::string, std::size_t> addresses;
  for (std::size_t i = 0; i < pool.backends.size(); ++i) {
    const std::string address = pool.backends[i].address.to_string();
    if (address.empty()) continue;
    const std::string path = path_of(pool, i) + ".address";
    if (const auto own = listeners.find(address); own != listeners.end()) {
      findings.warn(path, "is that of listener " + quoted(own->second) + ": requests would go round in circles");
    }
    const auto [first, is_new] = addresses.try_emplace(address, i);
    if (is_new) continue;
    findings.warn(path, "is that of backends[" + std::to_string(first->second) + "] too: one server would count twice");
  }
}

void check_eligible(const Pool& pool, Findings& findings) {
  const std::string path = path_of(pool) + ".backends";
  if (!findings.is_sound(path)) return;
  if (pool.backends.empty()) {
    if (findings.is_sound(path_of(pool) + ".discover")) findings.error(path, "a pool has at least one backend");
  } else if (std::ranges::none_of(pool.backends, gets_new_sessions)) {
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

void check_roles(const Pool& pool, Findings& findings) {
  const std::string path = path_of(pool) + ".backends";
  const auto is_standby = [](const Backend& backend) { return backend.role == Role::standby; };
  if (pool.backends.empty() || !findings.is_sound(path) || !std::ranges::all_of(pool.backends, is_standby)) return;
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
    check_names(pool, findings);
    check_addresses(pool, listeners, findings);
    check_eligible(pool, findings);
    check_weights(pool, findings);
    check_hash(pool, findings);
    check_roles(pool, findings);
    check_slow_start(pool, findings);
    check_panic(pool, findings);
    check_probe(pool, findings);
    check_queue(pool, input.descriptor_limit, findings);
  }
}

}  // namespace stickler::config
