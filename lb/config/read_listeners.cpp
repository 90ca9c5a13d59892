#include "lb/config/read.h"
#include "lb/config/scalars.h"

namespace stickler::config {
namespace {

constexpr std::uint64_t head_bytes_max = 1U << 20;  // Held in memory for each connection that is sending one.
constexpr std::uint64_t head_bytes_min = 256;
constexpr std::uint32_t headers_max = 10'000;
constexpr std::uint32_t count_max = 1'000'000'000;
constexpr Duration keepalive_max = std::chrono::seconds(32767);  // The kernel's own limit (tcp(7), TCP_KEEPIDLE).

std::vector<Address> read_addresses(const Field& field) {
  std::vector<Address> addresses;
  if (!field.require("an address, such as 0.0.0.0:8080")) return addresses;
  if (field.kind() == Kind::list && field.items().empty()) field.reject("an address or a list of them");
  for (const Field& item : field.items()) {
    addresses.push_back(address(item, PortZero::is_any_free_port).value_or(Address()));  // Keeps its place in the list.
  }
  return addresses;
}

Duration read_keepalive(const Field& field, Duration fallback) {
  const Duration given = duration(field, fallback, 0s);
  if (given % 1s == 0s && given <= keepalive_max) return given;
  field.reject("whole seconds up to 32767s, or 0s for no probes");
  return fallback;
}

ListenerTimeouts read_timeouts(const Field& field) {
  ListenerTimeouts timeouts;
  field.check_map();
  timeouts.request_header = duration(field["request_header"], timeouts.request_header, 1ms);
  timeouts.request_body = duration(field["request_body"], timeouts.request_body, 1ms);
  timeouts.idle = duration(field["idle"], timeouts.idle, 1ms);
  timeouts.tunnel = duration(field["tunnel"], timeouts.tunnel, 1ms);
  timeouts.tcp_keepalive = read_keepalive(field["tcp_keepalive"], timeouts.tcp_keepalive);
  return timeouts;
}

Limits read_limits(const Field& field) {
  Limits limits;
  field.check_map();
  limits.connections = number_or(field["connections"], {.word = "auto", .most = count_max});
  limits.header_bytes = size(field["header_bytes"], limits.header_bytes, {head_bytes_min, head_bytes_max});
  limits.headers = whole_number(field["headers"], limits.headers, {1, headers_max});
  limits.uri_bytes = size(field["uri_bytes"], limits.uri_bytes, {1, head_bytes_max});
  limits.body_bytes = size_or_unlimited(field["body_bytes"]);
  limits.requests_per_connection =
      number_or(field["requests_per_connection"], {.word = "unlimited", .most = count_max});
  return limits;
}

Listener read_listener(const Field& field) {
  Listener listener;
  listener.name = field.name();
  if (!field.check_map()) return listener;
  listener.listen = read_addresses(field["listen"]);
  only(field["mode"], "http", {"http", "tcp", "udp", "dsr", "tunnel", "nat"});
  only(field["proxy_protocol"], "off", {"off", "accept"});
  if (const Field http2 = field["http2"]; boolean(http2, false)) http2.not_available("true");
  listener.trusted_proxies = networks(field["trusted_proxies"]);
  listener.timeouts = read_timeouts(field["timeouts"]);
  listener.limits = read_limits(field["limits"]);
  listener.routes = read_routes(field["routes"]);
  if (const Field pool = field["pool"]) listener.pool = read_pool_name(pool);
  listener.headers = read_headers(field["headers"]);
  return listener;
}

}  // namespace

std::vector<Listener> read_listeners(const Field& field) {
  std::vector<Listener> listeners;
  field.check_map();
  for (const Field& entry : field.entries()) {
    Listener listener = read_listener(entry);
    if (check_name(entry)) listeners.push_back(std::move(listener));
  }
  return listeners;
}

}  // namespace stickler::config
