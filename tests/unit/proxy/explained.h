// What the tests of explain and why share: one pool of a listener, as a worker's epoch holds it, without the worker.
// One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lb/cluster/backend_registry.h"
#include "lb/proxy/explain.h"
#include "lb/proxy/worker.h"

namespace stickler::proxy {

inline const std::string cookie_key = "a key that is at least 32 bytes long";
inline const WallTime some_time = WallTime{} + std::chrono::hours(24 * 365 * 50);

struct Explained {
  explicit Explained(std::string_view policy, bool with_affinity = true) {
    settings = std::make_unique<PoolSettings>();
    settings->name = "login";
    settings->policy = balance::find_policy(policy);
    settings->connections_per_backend_max = UINT32_MAX;
    settings->queue_max = 1024;
    if (policy == "hash") settings->hash_on = HashOn{HashOn::What::client_ip, {}};
    if (with_affinity) {
      settings->affinity.emplace(AffinitySettings{
          .app_session = {},
          .cookie = {.name = "STICKLER"},
          .keys = affinity::CookieKeys(std::vector{cookie_key}),
          .rules = {.pool = settings->name, .ttl = std::chrono::hours(8), .idle = std::chrono::minutes(30)},
          .backup_header = {},
          .overload = {.queue = std::chrono::seconds(1)}});
    }
    pools.emplace_back();
    pools[0].settings = settings.get();
    pools[0].runtime = &runtime;
  }

  // Backends "a", "b", ..., with these weights and as these say.
  void configure(const std::vector<cluster::BackendSettings>& backends) {
    cluster::PoolSettings registered{
        .name = "login", .policy = std::string(settings->policy->name), .active_health = true, .backends = backends};
    registered.panic_below_percent = panic_below_percent;
    const bool goes_back = settings->affinity && settings->affinity->failback != affinity::FailbackRule::never;
    if (goes_back) registered.steady_after = std::chrono::seconds(10);
    registry.configure({registered}, now);
    publish();
  }
  void configure(const std::vector<std::uint32_t>& weights) {
    std::vector<cluster::BackendSettings> backends;
    for (const std::uint32_t weight : weights) {
      const std::string name(1, static_cast<char>('a' + backends.size()));
      backends.push_back({.name = name, .address = {}, .weight = weight});
    }
    configure(backends);
  }
  void publish() {
    pools[0].set = registry.build("login");
    pools[0].panics = registry.view("login").panics;
    if (settings->affinity) {
      pools[0].nodes = std::make_shared<const affinity::NodeTable>(pools[0].set->names(), settings->affinity->keys);
    }
    runtime.pick_state.remap(pools[0].set->names());
  }
  void set_down(std::string_view backend, bool down) {
    registry.record_probe_verdict("login", backend, !down, now);
    publish();
  }
  // False: it may not be ejected.
  bool put_on_trial(std::string_view name) {
    const std::size_t node = *pools[0].set->find(name);
    for (int i = 0; i < 5; ++i) backend(node).failures.record(false, 5);
    const bool ejected = registry.eject_failing("login", name, now);
    now += std::chrono::seconds(10);
    registry.end_what_is_over(now);
    publish();
    return ejected;
  }
  cluster::Backend& backend(std::size_t node) { return *(*pools[0].set)[node].backend; }
  balance::BackendLoad& load(std::size_t node) { return (*pools[0].set)[node].backend->load; }

  // The cookie line of a session that is bound to `node`, last seen so long ago.
  std::string cookie(std::size_t node, Duration unused = {}, std::string_view pool = "login") const {
    return line_of(binding(node, unused), pool);
  }
  // Likewise, with another node as its backup, and one as its home.
  std::string cookie_with(std::size_t node, std::size_t backup, std::optional<std::size_t> home = {}) const {
    affinity::Binding bound = binding(node);
    bound.backup = pools[0].nodes->id_of(backup);
    if (home) bound.home = pools[0].nodes->id_of(*home);
    return line_of(bound);
  }
  affinity::Binding binding(std::size_t node, Duration unused = {}) const {
    const std::int64_t seen = affinity::unix_seconds(some_time - unused);
    return {.primary = pools[0].nodes->id_of(node), .issued = seen, .last_seen = seen, .nonce = 1};
  }
  std::string line_of(const affinity::Binding& binding, std::string_view pool = "login") const {
    const affinity::CookieText text = affinity::seal(binding, settings->affinity->keys, pool);
    return "Cookie: STICKLER=" + std::string(affinity::as_text(text)) + "\r\n";
  }

  Decision explain(const std::string& head, const std::string& client_ip = "192.0.2.1") const {
    return proxy::explain({.listener = "web", .head = head, .client_ip = client_ip},
                          {.listener = listener, .pools = pools, .now = now, .wall = some_time});
  }

  std::unique_ptr<PoolSettings> settings;
  ListenerSettings listener{
      .name = "web",
      .head_limits = {},
      .body_bytes_max = UINT64_MAX,
      .trusted_proxies = {},
      .router = route::Router({{.host = "", .path = "/api", .path_match = route::PathMatch::prefix, .pool = {0}}},
                              PoolIndex{0}),
      .routes = {{.name = "/api", .headers = {}}, {.name = "default", .headers = {}}},
      .load = {}};
  std::uint32_t panic_below_percent = 0;
  cluster::BackendRegistry registry;
  PoolRuntime runtime{7, 1};
  std::vector<EpochPool> pools;
  TimePoint now = TimePoint{} + std::chrono::hours(1);
};

inline std::string get(const std::string& fields = "", const std::string& target = "/") {
  return "GET " + target + " HTTP/1.1\r\nHost: login.example\r\n" + fields + "\r\n";
}

}  // namespace stickler::proxy
