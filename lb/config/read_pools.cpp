#include "lb/config/read.h"
#include "lb/config/scalars.h"

namespace stickler::config {
namespace {

constexpr std::uint32_t attempts_max = 6;  // With the first, and one for a connection gone stale: all a stream tries.
constexpr std::uint32_t connections_max = 1'000'000;

PoolTimeouts read_timeouts(const Field& field) {
  PoolTimeouts timeouts;
  field.check_map();
  timeouts.connect = duration(field["connect"], timeouts.connect, 1ms);
  timeouts.response_header = duration(field["response_header"], timeouts.response_header, 1ms);
  timeouts.response_body = duration(field["response_body"], timeouts.response_body, 1ms);
  timeouts.queue = duration(field["queue"], timeouts.queue, 1ms);
  return timeouts;
}

Retries read_retries(const Field& field) {
  Retries retries;
  field.check_map();
  retries.attempts = whole_number(field["attempts"], retries.attempts, {0, attempts_max});
  retries.budget_percent = percent(field["budget"], retries.budget_percent);
  return retries;
}

Connections read_connections(const Field& field) {
  Connections connections;
  field.check_map();
  connections.idle_per_worker =
      whole_number(field["idle_per_worker"], connections.idle_per_worker, {0, connections_max});
  connections.idle_timeout = duration(field["idle_timeout"], connections.idle_timeout, 1ms);
  connections.max_per_backend = number_or(field["max_per_backend"], {.word = "unlimited", .most = connections_max});
  connections.queue = whole_number(field["queue"], connections.queue, {0, connections_max});
  return connections;
}

Discover read_discover(const Field& field) {
  Discover discover;
  if (!field.check_map()) return discover;
  const Field file = field["file"];
  if (const auto path = text(file)) {
    if (path->empty()) file.reject("the path of a file with a list of backends");
    discover.file = *path;
  }
  return discover;
}

Pool read_pool(const Field& field) {
  Pool pool;
  pool.name = field.name();
  if (!field.check_map()) return pool;
  pool.policy = choice(field["policy"], pool.policy, policy_words);
  pool.hash = read_hash(field["hash"]);
  pool.affinity = read_affinity(field["affinity"]);
  pool.health = read_health(field["health"]);
  pool.slow_start = duration(field["slow_start"], pool.slow_start, 0s);
  pool.timeouts = read_timeouts(field["timeouts"]);
  pool.retries = read_retries(field["retries"]);
  pool.connections = read_connections(field["connections"]);
  only(field["protocol"], "http1", {"http1", "h2", "auto"});
  only(field["send_proxy_protocol"], "off", {"off", "v1", "v2"});
  pool.discover = read_discover(field["discover"]);
  pool.backends = read_backends(field["backends"]);
  return pool;
}

}  // namespace

std::vector<Pool> read_pools(const Field& field) {
  std::vector<Pool> pools;
  field.check_map();
  for (const Field& entry : field.entries()) {
    Pool pool = read_pool(entry);
    if (check_name(entry)) pools.push_back(std::move(pool));
  }
  return pools;
}

}  // namespace stickler::config
