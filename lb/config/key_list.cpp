#include "lb/config/key_list.h"

#include <algorithm>

namespace stickler::config {
namespace {

using enum Availability;

constexpr Key keys[] = {
    {"version"},
    {"process"},
    {"process.workers"},
    {"process.user"},
    {"process.shutdown_grace"},
    {"process.upgrade_grace"},
    {"admin"},
    {"admin.listen"},
    {"admin.token_file"},
    {"log"},
    {"log.level"},
    {"log.file"},
    {"access_log"},
    {"access_log.file"},
    {"access_log.format"},
    {"listeners"},
    {"listeners.NAME"},
    {"listeners.NAME.listen"},
    {"listeners.NAME.mode"},
    {"listeners.NAME.proxy_protocol"},
    {"listeners.NAME.tls", later},
    {"listeners.NAME.tls.certificates", later},
    {"listeners.NAME.tls.certificates[].cert", later},
    {"listeners.NAME.tls.certificates[].key", later},
    {"listeners.NAME.tls.alpn", later},
    {"listeners.NAME.tls.client_ca", later},
    {"listeners.NAME.tls.min_version", later},
    {"listeners.NAME.http2"},
    {"listeners.NAME.trusted_proxies"},
    {"listeners.NAME.timeouts"},
    {"listeners.NAME.timeouts.request_header"},
    {"listeners.NAME.timeouts.request_body"},
    {"listeners.NAME.timeouts.idle"},
    {"listeners.NAME.timeouts.tunnel"},
    {"listeners.NAME.timeouts.tcp_keepalive"},
    {"listeners.NAME.limits"},
    {"listeners.NAME.limits.connections"},
    {"listeners.NAME.limits.header_bytes"},
    {"listeners.NAME.limits.headers"},
    {"listeners.NAME.limits.uri_bytes"},
    {"listeners.NAME.limits.body_bytes"},
    {"listeners.NAME.limits.requests_per_connection"},
    {"listeners.NAME.routes"},
    {"listeners.NAME.routes[].host"},
    {"listeners.NAME.routes[].path"},
    {"listeners.NAME.routes[].path_exact"},
    {"listeners.NAME.routes[].pool"},
    {"listeners.NAME.routes[].headers"},
    {"listeners.NAME.routes[].headers.request"},
    {"listeners.NAME.routes[].headers.request.set", open},
    {"listeners.NAME.routes[].headers.request.add", open},
    {"listeners.NAME.routes[].headers.request.remove"},
    {"listeners.NAME.routes[].headers.response"},
    {"listeners.NAME.routes[].headers.response.set", open},
    {"listeners.NAME.routes[].headers.response.add", open},
    {"listeners.NAME.routes[].headers.response.remove"},
    {"listeners.NAME.pool"},
    {"listeners.NAME.headers"},
    {"listeners.NAME.headers.request"},
    {"listeners.NAME.headers.request.set", open},
    {"listeners.NAME.headers.request.add", open},
    {"listeners.NAME.headers.request.remove"},
    {"listeners.NAME.headers.response"},
    {"listeners.NAME.headers.response.set", open},
    {"listeners.NAME.headers.response.add", open},
    {"listeners.NAME.headers.response.remove"},
    {"listeners.NAME.on_down", later},
    {"listeners.NAME.no_backend", later},
    {"listeners.NAME.drain_timeout", later},
    {"pools"},
    {"pools.NAME"},
    {"pools.NAME.policy"},
    {"pools.NAME.hash"},
    {"pools.NAME.hash.on"},
    {"pools.NAME.hash.table"},
    {"pools.NAME.hash.bounded_load"},
    {"pools.NAME.affinity"},
    {"pools.NAME.affinity.cookie"},
    {"pools.NAME.affinity.cookie.name"},
    {"pools.NAME.affinity.cookie.ttl"},
    {"pools.NAME.affinity.cookie.idle"},
    {"pools.NAME.affinity.cookie.path"},
    {"pools.NAME.affinity.cookie.domain"},
    {"pools.NAME.affinity.cookie.same_site"},
    {"pools.NAME.affinity.cookie.secure"},
    {"pools.NAME.affinity.cookie.http_only"},
    {"pools.NAME.affinity.cookie.partitioned"},
    {"pools.NAME.affinity.cookie.keys"},
    {"pools.NAME.affinity.app_cookie"},
    {"pools.NAME.affinity.app_cookie.name"},
    {"pools.NAME.affinity.app_cookie.how"},
    {"pools.NAME.affinity.app_cookie.separator"},
    {"pools.NAME.affinity.header"},
    {"pools.NAME.affinity.header.name"},
    {"pools.NAME.affinity.header.how"},
    {"pools.NAME.affinity.backup"},
    {"pools.NAME.affinity.backup_header"},
    {"pools.NAME.affinity.when_unavailable"},
    {"pools.NAME.affinity.failback"},
    {"pools.NAME.affinity.overload"},
    {"pools.NAME.affinity.overload.queue"},
    {"pools.NAME.affinity.overload.then"},
    {"pools.NAME.affinity.table"},
    {"pools.NAME.affinity.table.entries"},
    {"pools.NAME.affinity.table.idle"},
    {"pools.NAME.affinity.table.store"},
    {"pools.NAME.affinity.table.timeout"},
    {"pools.NAME.affinity.table.keys"},
    {"pools.NAME.health"},
    {"pools.NAME.health.active"},
    {"pools.NAME.health.active.type"},
    {"pools.NAME.health.active.path"},
    {"pools.NAME.health.active.expect"},
    {"pools.NAME.health.active.interval"},
    {"pools.NAME.health.active.timeout"},
    {"pools.NAME.health.active.rise"},
    {"pools.NAME.health.active.fall"},
    {"pools.NAME.health.passive"},
    {"pools.NAME.health.passive.consecutive_failures"},
    {"pools.NAME.health.passive.eject"},
    {"pools.NAME.health.passive.max_ejected"},
    {"pools.NAME.health.panic_below"},
    {"pools.NAME.slow_start"},
    {"pools.NAME.timeouts"},
    {"pools.NAME.timeouts.connect"},
    {"pools.NAME.timeouts.response_header"},
    {"pools.NAME.timeouts.response_body"},
    {"pools.NAME.timeouts.queue"},
    {"pools.NAME.retries"},
    {"pools.NAME.retries.attempts"},
    {"pools.NAME.retries.budget"},
    {"pools.NAME.connections"},
    {"pools.NAME.connections.idle_per_worker"},
    {"pools.NAME.connections.idle_timeout"},
    {"pools.NAME.connections.max_per_backend"},
    {"pools.NAME.connections.queue"},
    {"pools.NAME.protocol"},
    {"pools.NAME.tls", later},
    {"pools.NAME.tls.ca", later},
    {"pools.NAME.tls.server_name", later},
    {"pools.NAME.tls.verify", later},
    {"pools.NAME.send_proxy_protocol"},
    {"pools.NAME.discover"},
    {"pools.NAME.discover.dns", later},
    {"pools.NAME.discover.dns.name", later},
    {"pools.NAME.discover.dns.type", later},
    {"pools.NAME.discover.dns.every", later},
    {"pools.NAME.discover.file"},
    {"pools.NAME.discover.etcd", later},
    {"pools.NAME.backends"},
    {"pools.NAME.backends[].name"},
    {"pools.NAME.backends[].address"},
    {"pools.NAME.backends[].weight"},
    {"pools.NAME.backends[].role"},
    {"pools.NAME.backends[].state"},
    {"xdp", later},
    {"xdp.interface", later},
    {"xdp.attach", later},
    {"xdp.pin", later},
    {"xdp.hash_seed", later},
    {"xdp.flows", later},
    {"xdp.router_mac", later},
    {"xdp.snat", later},
    {"xdp.mark_base", later},
    {"xdp.fragments", later},
    {"headers"},
    {"headers.request"},
    {"headers.request.set", open},
    {"headers.request.add", open},
    {"headers.request.remove"},
    {"headers.response"},
    {"headers.response.set", open},
    {"headers.response.add", open},
    {"headers.response.remove"},
};

// The word of the path directly below `parent`, "" if the path is not directly below it.
std::string_view word_below(std::string_view path, std::string_view parent) {
  if (!parent.empty()) {
    if (!path.starts_with(parent)) return {};
    path.remove_prefix(parent.size());
    if (!path.starts_with('.')) return {};
    path.remove_prefix(1);
  }
  return path.find_first_of(".[") == std::string_view::npos ? path : std::string_view();
}

}  // namespace

std::span<const Key> key_list() { return keys; }

const Key* find_key(std::string_view path) {
  const Key* found = std::find_if(std::begin(keys), std::end(keys), [&](const Key& key) { return key.path == path; });
  return found == std::end(keys) ? nullptr : found;
}

std::vector<std::string_view> keys_below(std::string_view path) {
  std::vector<std::string_view> words;
  for (const Key& key : keys) {
    if (const std::string_view word = word_below(key.path, path); !word.empty()) words.push_back(word);
  }
  return words;
}

const Key* only_key_named(std::string_view word) {
  const Key* found = nullptr;
  for (const Key& key : keys) {
    const std::size_t dot = key.path.find_last_of('.');
    if (key.path.substr(dot == std::string_view::npos ? 0 : dot + 1) != word) continue;
    if (found) return nullptr;
    found = &key;
  }
  return found;
}

}  // namespace stickler::config
