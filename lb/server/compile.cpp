#include "lb/server/compile.h"

#include <array>
#include <limits>
#include <utility>

#include "lb/base/hash.h"

namespace stickler::server {
namespace {

template <class T, class U>
T or_unlimited(const std::optional<U>& limit) {
  return limit ? static_cast<T>(*limit) : std::numeric_limits<T>::max();
}

// From the outside in: the file's edits, the listener's, the route's.
Result<http::HeaderEdits> compile_edits(std::initializer_list<const config::HeaderEdits*> layers) {
  http::HeaderEdits edits;
  for (const config::HeaderEdits* layer : layers) {
    for (const auto& name : layer->remove) {
      if (auto result = edits.remove(name); !result) return tl::unexpected(result.error());
    }
    for (const auto& field : layer->set) {
      if (auto result = edits.set(field.name, field.value); !result) return tl::unexpected(result.error());
    }
    for (const auto& field : layer->add) {
      if (auto result = edits.add(field.name, field.value); !result) return tl::unexpected(result.error());
    }
  }
  return edits;
}

Result<proxy::HeaderRules> compile_headers(const config::Config& config, const config::Listener& listener,
                                           const config::Headers& route) {
  auto request = compile_edits({&config.headers.request, &listener.headers.request, &route.request});
  if (!request) return tl::unexpected(request.error());
  auto response = compile_edits({&config.headers.response, &listener.headers.response, &route.response});
  if (!response) return tl::unexpected(response.error());
  return proxy::HeaderRules{.request = *std::move(request), .response = *std::move(response)};
}

std::optional<PoolIndex> find_pool(const config::Config& config, const std::string& name) {
  for (std::uint32_t i = 0; i < config.pools.size(); ++i) {
    if (config.pools[i].name == name) return PoolIndex{i};
  }
  return std::nullopt;
}

route::Rule compile_rule(const config::Config& config, const config::Route& route) {
  route::PathMatch match = route::PathMatch::any;
  if (!route.path.empty()) {
    match = route.path_match == config::PathMatch::exact ? route::PathMatch::exact : route::PathMatch::prefix;
  }
  return {.host = route.host, .path = route.path, .path_match = match, .pool = *find_pool(config, route.pool)};
}

std::string route_name(const config::Route& route) { return route.host + (route.path.empty() ? "/" : route.path); }

Result<proxy::ListenerSettings> compile_listener(const config::Config& config, const config::Listener& listener,
                                                 CompileContext& context) {
  std::vector<route::Rule> rules;
  std::vector<proxy::Route> routes;
  for (const config::Route& route : listener.routes) {
    rules.push_back(compile_rule(config, route));
    auto headers = compile_headers(config, listener, route.headers);
    if (!headers) return tl::unexpected(headers.error());
    routes.push_back({.name = route_name(route), .headers = *std::move(headers)});
  }
  auto default_headers = compile_headers(config, listener, {});
  if (!default_headers) return tl::unexpected(default_headers.error());
  routes.push_back({.name = "default", .headers = *std::move(default_headers)});

  const config::Limits& limits = listener.limits;
  return proxy::ListenerSettings{
      .name = listener.name,
      .head_limits = {.header_bytes = limits.header_bytes, .headers = limits.headers, .uri_bytes = limits.uri_bytes},
      .body_bytes_max = or_unlimited<std::uint64_t>(limits.body_bytes),
      .requests_per_connection_max = or_unlimited<std::uint64_t>(limits.requests_per_connection),
      .connections_max = static_cast<std::uint32_t>(limits.connections.value_or(context.connections_auto())),
      .request_header_timeout = listener.timeouts.request_header,
      .request_body_timeout = listener.timeouts.request_body,
      .idle_timeout = listener.timeouts.idle,
      .tunnel_timeout = listener.timeouts.tunnel,
      .trusted_proxies = listener.trusted_proxies,
      .router = route::Router(std::move(rules), find_pool(config, listener.pool)),
      .routes = std::move(routes),
      .load = context.load_of(listener.name)};
}

http::SameSite same_site_of(config::SameSite same_site) {
  switch (same_site) {
    case config::SameSite::lax:
      return http::SameSite::lax;
    case config::SameSite::strict:
      return http::SameSite::strict;
    case config::SameSite::none:
      break;
  }
  return http::SameSite::none;
}

affinity::BackupRule backup_rule_of(config::BackupRule rule) {
  switch (rule) {
    case config::BackupRule::none:
      return affinity::BackupRule::none;
    case config::BackupRule::next:
      return affinity::BackupRule::next;
    case config::BackupRule::announced:
      break;
  }
  return affinity::BackupRule::announced;
}

affinity::WhenUnavailable when_unavailable_of(config::WhenUnavailable action) {
  switch (action) {
    case config::WhenUnavailable::redispatch:
      return affinity::WhenUnavailable::redispatch;
    case config::WhenUnavailable::backup_only:
      return affinity::WhenUnavailable::backup_only;
    case config::WhenUnavailable::fail:
      break;
  }
  return affinity::WhenUnavailable::fail;
}

affinity::FailbackRule failback_rule_of(config::Failback rule) {
  switch (rule) {
    case config::Failback::never:
      return affinity::FailbackRule::never;
    case config::Failback::when_idle:
      return affinity::FailbackRule::when_idle;
    case config::Failback::immediate:
      break;
  }
  return affinity::FailbackRule::immediate;
}

// What a failure costs: as long as an ejection, whoever has seen it.
Duration steady_after(const config::Pool& pool) {
  if (pool.affinity.failback == config::Failback::never) return Duration::zero();
  return pool.health.passive.value_or(config::PassiveHealth{}).eject;
}

proxy::Overload overload_of(const config::Overload& overload) {
  using Then = affinity::OverloadThen;
  switch (overload.then) {
    case config::OverloadThen::backup:
      return {.queue = overload.queue, .then = Then::backup};
    case config::OverloadThen::redispatch:
      return {.queue = overload.queue, .then = Then::redispatch};
    case config::OverloadThen::reject:
      break;
  }
  return {.queue = overload.queue, .then = Then::reject};
}

proxy::AppSessionSource compile_app_cookie(const config::AppCookie& cookie) {
  using How = proxy::AppSessionSource::How;
  switch (cookie.how) {
    case config::AppCookieHow::route_suffix:
      return {.how = How::route_suffix, .name = cookie.name, .in_paths = true, .separator = cookie.separator};
    case config::AppCookieHow::prefix:
      return {.how = How::prefix, .name = cookie.name};
    case config::AppCookieHow::learn:
      break;
  }
  return {.how = How::learned_cookie, .name = cookie.name};
}

proxy::AppSessionSource compile_header(const config::SessionHeader& header) {
  using How = proxy::AppSessionSource::How;
  const bool learns = header.how == config::HeaderHow::learn;
  return {.how = learns ? How::learned_header : How::hashed_header, .name = header.name};
}

// By what the application says. The key is for the node ids in the table, which are for nobody else to read.
proxy::AffinitySettings compile_app_affinity(const config::Pool& pool, CompileContext& context) {
  const config::Affinity& affinity = pool.affinity;
  proxy::AppSessionSource source =
      affinity.app_cookie ? compile_app_cookie(*affinity.app_cookie) : compile_header(*affinity.header);
  if (affinity.learns()) source.table = context.learned_table(pool.name, affinity.table.entries);
  source.idle = affinity.table.idle;
  affinity::CookieKeys keys(std::array{context.random_cookie_key(pool.name)});
  if (affinity.learns() && affinity.table.store) {
    source.shared = std::make_shared<const affinity::SharedTableSettings>(
        affinity::SharedTableSettings{.store = *affinity.table.store,
                                      .timeout = affinity.table.timeout,
                                      .keys = affinity.table.keys,
                                      .pool = pool.name,
                                      .idle = affinity.table.idle,
                                      .table = source.table,
                                      .node_key = keys.signing()});
  }
  source.count_seed = hash_bytes(context.random_cookie_key(pool.name));
  const bool hashes = source.how == proxy::AppSessionSource::How::hashed_header;
  return {.app_session = std::move(source),
          .cookie = {},
          .keys = std::move(keys),
          .rules = {},
          .backup = backup_rule_of(affinity.backup),
          .backup_header = {},
          .when_unavailable =
              hashes ? affinity::WhenUnavailable::redispatch : when_unavailable_of(affinity.when_unavailable),
          .overload = overload_of(affinity.overload)};
}

std::optional<proxy::AffinitySettings> compile_affinity(const config::Pool& pool, CompileContext& context) {
  if (pool.affinity.app_cookie || pool.affinity.header) return compile_app_affinity(pool, context);
  if (!pool.affinity.cookie) return std::nullopt;
  const config::Cookie& cookie = *pool.affinity.cookie;
  std::vector<std::string> keys = cookie.keys;
  if (keys.empty()) keys.push_back(context.random_cookie_key(pool.name));
  return proxy::AffinitySettings{.app_session = std::nullopt,
                                 .cookie = {.name = cookie.name,
                                            .path = cookie.path,
                                            .domain = cookie.domain,
                                            .same_site = same_site_of(cookie.same_site),
                                            .secure = cookie.secure == config::CookieSecure::always,
                                            .http_only = cookie.http_only,
                                            .partitioned = cookie.partitioned},
                                 .keys = affinity::CookieKeys(keys),
                                 .rules = {.pool = {}, .ttl = cookie.ttl, .idle = cookie.idle},
                                 .backup = backup_rule_of(pool.affinity.backup),
                                 .backup_header = pool.affinity.backup_header,
                                 .when_unavailable = when_unavailable_of(pool.affinity.when_unavailable),
                                 .overload = overload_of(pool.affinity.overload),
                                 .failback = failback_rule_of(pool.affinity.failback)};
}

std::optional<proxy::HashOn> compile_hash_on(const config::Pool& pool) {
  using What = proxy::HashOn::What;
  if (pool.policy != config::Policy::hash) return std::nullopt;
  switch (pool.hash.on) {
    case config::HashOn::client_ip:
      return proxy::HashOn{What::client_ip, {}};
    case config::HashOn::path:
      return proxy::HashOn{What::path, {}};
    case config::HashOn::uri:
      return proxy::HashOn{What::uri, {}};
    case config::HashOn::header:
      return proxy::HashOn{What::header, pool.hash.name};
    case config::HashOn::cookie:
      break;
  }
  return proxy::HashOn{What::cookie, pool.hash.name};
}

std::unique_ptr<const proxy::PoolSettings> compile_pool(const config::Pool& pool, CompileContext& context) {
  auto settings = std::make_unique<proxy::PoolSettings>(
      proxy::PoolSettings{.name = pool.name,
                          .policy = balance::find_policy(config::name_of(pool.policy)),
                          .affinity = compile_affinity(pool, context),
                          .hash_on = compile_hash_on(pool),
                          .measures_time = pool.policy == config::Policy::least_time,
                          .counts_placed = pool.policy == config::Policy::least_sessions,
                          .connect_timeout = pool.timeouts.connect,
                          .response_header_timeout = pool.timeouts.response_header,
                          .response_body_timeout = pool.timeouts.response_body,
                          .queue_timeout = pool.timeouts.queue,
                          .idle_timeout = pool.connections.idle_timeout,
                          .idle_per_worker = pool.connections.idle_per_worker,
                          .connections_per_backend_max = or_unlimited<std::uint32_t>(pool.connections.max_per_backend),
                          .queue_max = pool.connections.queue,
                          .retries_max = pool.retries.attempts,
                          .retry_budget_percent = pool.retries.budget_percent,
                          .passive_failures = pool.health.passive ? pool.health.passive->consecutive_failures : 0});
  if (settings->affinity) settings->affinity->rules.pool = settings->name;
  return settings;
}

balance::PolicyOptions policy_options(const config::Hash& hash) {
  const bool ring = hash.table == config::HashTable::ring;
  return {.hash_table = ring ? balance::HashTable::ring : balance::HashTable::maglev,
          .bounded_load = hash.bounded_load};
}

cluster::Role role_of(config::Role role) {
  return role == config::Role::standby ? cluster::Role::standby : cluster::Role::primary;
}

cluster::Configured configured_state(config::BackendState state) {
  switch (state) {
    case config::BackendState::up:
      return cluster::Configured::up;
    case config::BackendState::drain:
      return cluster::Configured::drain;
    case config::BackendState::down:
      break;
  }
  return cluster::Configured::down;
}

}  // namespace

std::shared_ptr<proxy::ListenerLoad> CompileContext::load_of(const std::string& listener) {
  auto& load = loads_[listener];
  if (load == nullptr) load = std::make_shared<proxy::ListenerLoad>();
  return load;
}

const std::string& CompileContext::random_cookie_key(const std::string& pool) {
  auto& key = random_keys_[pool];
  if (key.empty()) key = affinity::CookieKeys::random_key();  // The check of the configuration has warned.
  return key;
}

std::shared_ptr<affinity::LearnedTable> CompileContext::learned_table(const std::string& pool, std::uint32_t entries) {
  Learned& learned = learned_[pool];
  if (!learned.resized.expired()) learned.table = learned.resized;  // It was not refused.
  auto table = learned.table.lock();
  if (table != nullptr && table->entries_max() == entries) return table;
  if (table == nullptr) {
    if (const auto memory = inherited_.extract(pool)) {
      table = std::make_shared<affinity::LearnedTable>(entries, memory.mapped().key);
      for (const auto& session : memory.mapped().sessions) table->recall(session);
    } else {
      table = std::make_shared<affinity::LearnedTable>(entries);
    }
    learned.table = table;
    return table;
  }
  auto resized = affinity::LearnedTable::resized(entries, *table);
  learned.resized = resized;
  return resized;
}

std::map<std::string, std::shared_ptr<affinity::LearnedTable>> CompileContext::learned_tables() const {
  std::map<std::string, std::shared_ptr<affinity::LearnedTable>> tables;
  for (const auto& [pool, learned] : learned_) {
    auto table = learned.resized.expired() ? learned.table.lock() : learned.resized.lock();
    if (table != nullptr) tables.emplace(pool, std::move(table));
  }
  return tables;
}

Result<std::shared_ptr<const proxy::Snapshot>> compile(const config::Config& config, CompileContext& context) {
  auto snapshot = std::make_shared<proxy::Snapshot>();
  for (const config::Listener& listener : config.listeners) {
    auto settings = compile_listener(config, listener, context);
    if (!settings) return tl::unexpected(settings.error());
    snapshot->listeners.push_back(*std::move(settings));
  }
  for (const config::Pool& pool : config.pools) snapshot->pools.push_back(compile_pool(pool, context));
  return snapshot;
}

std::vector<cluster::PoolSettings> registry_pools(const config::Config& config) {
  std::vector<cluster::PoolSettings> pools;
  for (const config::Pool& pool : config.pools) {
    cluster::PoolSettings settings{.name = pool.name,
                                   .policy = std::string(config::name_of(pool.policy)),
                                   .policy_options = policy_options(pool.hash),
                                   .active_health = pool.health.active.has_value(),
                                   .passive = std::nullopt,
                                   .panic_below_percent = pool.health.panic_below_percent,
                                   .slow_start = pool.slow_start,
                                   .steady_after = steady_after(pool),
                                   .backends = {}};
    if (const auto& passive = pool.health.passive) {
      settings.passive = cluster::OutlierRules{.consecutive_failures = passive->consecutive_failures,
                                               .eject = passive->eject,
                                               .max_ejected_percent = passive->max_ejected_percent};
    }
    for (const config::Backend& backend : pool.backends) {
      settings.backends.push_back({.name = backend.name,
                                   .address = backend.address,
                                   .weight = backend.weight,
                                   .state = configured_state(backend.state),
                                   .role = role_of(backend.role)});
    }
    pools.push_back(std::move(settings));
  }
  return pools;
}

}  // namespace stickler::server
