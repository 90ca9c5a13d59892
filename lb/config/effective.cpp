#include "lb/config/effective.h"

#include "lb/config/secret.h"
#include "lb/config/units.h"

namespace stickler::config {
namespace {

using Members = std::vector<std::pair<std::string, Value>>;

Value make(Value::Kind kind, std::string text) {
  Value value;
  value.kind = kind;
  value.text = std::move(text);
  return value;
}

Value text(std::string_view text) { return make(Value::Kind::text, std::string(text)); }
Value number(std::uint64_t number) { return make(Value::Kind::plain, std::to_string(number)); }
Value boolean(bool flag) { return make(Value::Kind::plain, flag ? "true" : "false"); }
Value percent(std::uint32_t percent) { return text(std::to_string(percent) + "%"); }
Value duration(Duration duration) { return text(spell_duration(duration)); }
Value size(std::uint64_t bytes) { return text(spell_size(bytes)); }
Value address(const Address& address) { return text(address.to_string()); }
Value network(const Network& network) { return text(network.to_string()); }

template <class T>
Value number_or(const std::optional<T>& given, std::string_view word) {
  return given ? number(*given) : text(word);
}

Value map(Members members) {
  Value value;
  value.members = std::move(members);
  return value;
}

template <class List, class Function>
Value list(const List& elements, Function value_of) {
  Value value;
  value.kind = Value::Kind::list;
  for (const auto& element : elements) value.items.push_back(value_of(element));
  return value;
}

Value secret(std::string_view content) {
  Value value = text(content);
  value.is_secret = true;
  return value;
}

Value fields(const std::vector<HeaderField>& fields) {
  Members members;
  for (const HeaderField& field : fields) {
    members.emplace_back(field.name, names_a_secret(field.name) ? secret(field.value) : text(field.value));
  }
  return map(std::move(members));
}

Value edits(const HeaderEdits& edits) {
  return map({{"set", fields(edits.set)}, {"add", fields(edits.add)}, {"remove", list(edits.remove, text)}});
}

Value timeouts(const ListenerTimeouts& timeouts) {
  return map({{"request_header", duration(timeouts.request_header)},
              {"request_body", duration(timeouts.request_body)},
              {"idle", duration(timeouts.idle)},
              {"tunnel", duration(timeouts.tunnel)},
              {"tcp_keepalive", duration(timeouts.tcp_keepalive)}});
}

Value limits(const Limits& limits) {
  return map({{"connections", number_or(limits.connections, "auto")},
              {"header_bytes", size(limits.header_bytes)},
              {"headers", number(limits.headers)},
              {"uri_bytes", size(limits.uri_bytes)},
              {"body_bytes", limits.body_bytes ? size(*limits.body_bytes) : text("unlimited")},
              {"requests_per_connection", number_or(limits.requests_per_connection, "unlimited")}});
}

Value route(const Route& route) {
  Members members;
  if (!route.host.empty()) members.emplace_back("host", text(route.host));
  if (!route.path.empty()) {
    members.emplace_back(route.path_match == PathMatch::exact ? "path_exact" : "path", text(route.path));
  }
  members.emplace_back("pool", text(route.pool));
  members.emplace_back("headers", effective(route.headers));
  return map(std::move(members));
}

std::string spell_on(const Hash& hash) {
  return std::string(name_of(hash.on)) + (hash.name.empty() ? "" : ":" + hash.name);
}

Value hash(const Hash& hash) {
  return map({{"on", text(spell_on(hash))},
              {"table", text(name_of(hash.table))},
              {"bounded_load", make(Value::Kind::plain, spell_decimal(hash.bounded_load))}});
}

Value cookie(const Cookie& cookie) {
  const CookieSecure secure = cookie.secure;
  return map({{"name", text(cookie.name)},
              {"ttl", duration(cookie.ttl)},
              {"idle", duration(cookie.idle)},
              {"path", text(cookie.path)},
              {"domain", text(cookie.domain)},
              {"same_site", text(name_of(cookie.same_site))},
              {"secure", secure == CookieSecure::automatic ? text("auto") : boolean(secure == CookieSecure::always)},
              {"http_only", boolean(cookie.http_only)},
              {"partitioned", boolean(cookie.partitioned)},
              {"keys", list(cookie.keys, secret)}});
}

Value app_cookie(const AppCookie& cookie) {
  return map({{"name", text(cookie.name)}, {"how", text(name_of(cookie.how))}, {"separator", text(cookie.separator)}});
}

Value store(const std::optional<StoreUrl>& url) {
  if (!url) return text("memory");
  Value value = text(url->to_string());
  value.is_secret = !url->password.empty();
  value.shown = url->masked();
  return value;
}

Value table(const SessionTable& table) {
  return map({{"entries", number(table.entries)},
              {"idle", duration(table.idle)},
              {"store", store(table.store)},
              {"timeout", duration(table.timeout)},
              {"keys", list(table.keys, secret)}});
}

Value affinity(const Affinity& affinity) {
  Members members;
  if (affinity.cookie) members.emplace_back("cookie", cookie(*affinity.cookie));
  if (affinity.app_cookie) members.emplace_back("app_cookie", app_cookie(*affinity.app_cookie));
  if (affinity.header) {
    members.emplace_back("header",
                         map({{"name", text(affinity.header->name)}, {"how", text(name_of(affinity.header->how))}}));
  }
  if (affinity.learns()) members.emplace_back("table", table(affinity.table));
  members.emplace_back("backup", text(name_of(affinity.backup)));
  members.emplace_back("backup_header", text(affinity.backup_header));
  members.emplace_back("when_unavailable", text(name_of(affinity.when_unavailable)));
  members.emplace_back("failback", text(name_of(affinity.failback)));
  members.emplace_back(
      "overload", map({{"queue", duration(affinity.overload.queue)}, {"then", text(name_of(affinity.overload.then))}}));
  return map(std::move(members));
}

Value expect(const StatusRange& range) {
  const std::string first = std::to_string(range.first);
  return text(range.first == range.last ? first : first + "-" + std::to_string(range.last));
}

Value active(const std::optional<ActiveHealth>& active) {
  if (!active) return text("off");
  Members members = {{"type", text(name_of(active->type))}};
  if (active->type == ProbeType::http) {
    members.emplace_back("path", text(active->path));
    members.emplace_back("expect", expect(active->expect));
  }
  members.emplace_back("interval", duration(active->interval));
  members.emplace_back("timeout", duration(active->timeout));
  members.emplace_back("rise", number(active->rise));
  members.emplace_back("fall", number(active->fall));
  return map(std::move(members));
}

Value passive(const std::optional<PassiveHealth>& passive) {
  if (!passive) return text("off");
  return map({{"consecutive_failures", number(passive->consecutive_failures)},
              {"eject", duration(passive->eject)},
              {"max_ejected", percent(passive->max_ejected_percent)}});
}

Value health(const Health& health) {
  return map({{"active", active(health.active)},
              {"passive", passive(health.passive)},
              {"panic_below", percent(health.panic_below_percent)}});
}

Value timeouts(const PoolTimeouts& timeouts) {
  return map({{"connect", duration(timeouts.connect)},
              {"response_header", duration(timeouts.response_header)},
              {"response_body", duration(timeouts.response_body)},
              {"queue", duration(timeouts.queue)}});
}

Value connections(const Connections& connections) {
  return map({{"idle_per_worker", number(connections.idle_per_worker)},
              {"idle_timeout", duration(connections.idle_timeout)},
              {"max_per_backend", number_or(connections.max_per_backend, "unlimited")},
              {"queue", number(connections.queue)}});
}

Value discover(const Discover& discover) {
  return discover.file.empty() ? map({}) : map({{"file", text(discover.file)}});
}

template <class Named>
Value by_name(const std::vector<Named>& all) {
  Members members;
  for (const Named& one : all) members.emplace_back(one.name, effective(one));
  return map(std::move(members));
}

}  // namespace

Value effective(const Process& process) {
  return map({{"workers", number_or(process.workers, "auto")},
              {"user", text(process.user)},
              {"shutdown_grace", duration(process.shutdown_grace)},
              {"upgrade_grace", duration(process.upgrade_grace)}});
}

Value effective(const Admin& admin) {
  return map({{"listen", admin.listen ? address(*admin.listen) : text("off")}, {"token_file", text(admin.token_file)}});
}

Value effective(const Log& log) { return map({{"level", text(log.level)}, {"file", text(log.file)}}); }

Value effective(const AccessLog& access_log) {
  return map({{"file", text(access_log.file.value_or("off"))}, {"format", text(name_of(access_log.format))}});
}

Value effective(const Headers& headers) {
  return map({{"request", edits(headers.request)}, {"response", edits(headers.response)}});
}

Value effective(const Listener& listener) {
  Members members = {{"listen", list(listener.listen, address)},
                     {"trusted_proxies", list(listener.trusted_proxies, network)},
                     {"timeouts", timeouts(listener.timeouts)},
                     {"limits", limits(listener.limits)},
                     {"routes", list(listener.routes, route)}};
  if (!listener.pool.empty()) members.emplace_back("pool", text(listener.pool));
  members.emplace_back("headers", effective(listener.headers));
  return map(std::move(members));
}

Value effective(const Backend& backend) {
  return map({{"name", text(backend.name)},
              {"address", address(backend.address)},
              {"weight", number(backend.weight)},
              {"role", text(name_of(backend.role))},
              {"state", text(name_of(backend.state))}});
}

Value effective(const Pool& pool) {
  return map({{"policy", text(name_of(pool.policy))},
              {"hash", hash(pool.hash)},
              {"affinity", affinity(pool.affinity)},
              {"health", health(pool.health)},
              {"slow_start", duration(pool.slow_start)},
              {"timeouts", timeouts(pool.timeouts)},
              {"retries",
               map({{"attempts", number(pool.retries.attempts)}, {"budget", percent(pool.retries.budget_percent)}})},
              {"connections", connections(pool.connections)},
              {"discover", discover(pool.discover)},
              {"backends", list(pool.backends, [](const Backend& backend) { return effective(backend); })}});
}

Value effective(const Config& config) {
  return map({{"version", number(1)},
              {"process", effective(config.process)},
              {"admin", effective(config.admin)},
              {"log", effective(config.log)},
              {"access_log", effective(config.access_log)},
              {"headers", effective(config.headers)},
              {"listeners", by_name(config.listeners)},
              {"pools", by_name(config.pools)}});
}

}  // namespace stickler::config
