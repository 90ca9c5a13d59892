// The configuration as plain values: one struct a block of the YAML file, one member a key, the initialiser its
// default.
//
// Made by load.h and then never changed; any thread may read it. Durations are nanoseconds, sizes bytes, shares whole
// percents. An empty optional is what the file calls `auto`, `off` or `unlimited`; the member's comment says which.
// Where a value was written is not kept here but in Marks (problem.h), so that == compares what the files say.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/address.h"
#include "lb/base/clock.h"
#include "lb/base/store_url.h"

namespace stickler::config {

using namespace std::chrono_literals;

struct Process {
  std::optional<std::uint32_t> workers;  // Empty: auto, the CPUs this process may run on.
  std::string user;                      // "": stay who we are.
  Duration shutdown_grace = 30s;
  Duration upgrade_grace = 1h;

  bool operator==(const Process&) const = default;
};

Address default_admin_address();  // 127.0.0.1:9900

struct Admin {
  std::optional<Address> listen = default_admin_address();  // Empty: off.
  std::string token_file;                                   // "": no token.

  bool operator==(const Admin&) const = default;
};

struct Log {
  std::string level = "info";   // trace debug info warn error: what start_log() takes.
  std::string file = "stderr";  // "stderr", "stdout" or a path.

  bool operator==(const Log&) const = default;
};

enum class AccessLogFormat : std::uint8_t { json, common, combined };

struct AccessLog {
  std::optional<std::string> file;  // "stdout" or a path; empty: off.
  AccessLogFormat format = AccessLogFormat::json;

  bool operator==(const AccessLog&) const = default;
};

// What a header value may name as %{...}.
inline constexpr std::array<std::string_view, 10> header_variables = {
    "client_ip", "client_port", "request_id", "host", "method", "path", "scheme", "listener", "pool", "backend"};

struct HeaderField {
  std::string name;   // A token, as written.
  std::string value;  // May hold %{variables}; only those of header_variables.

  bool operator==(const HeaderField&) const = default;
};

struct HeaderEdits {
  std::vector<HeaderField> set;
  std::vector<HeaderField> add;
  std::vector<std::string> remove;

  bool operator==(const HeaderEdits&) const = default;
};

// Applied from the outside in: the file's, then the listener's, then the route's.
struct Headers {
  HeaderEdits request;
  HeaderEdits response;

  bool operator==(const Headers&) const = default;
};

enum class PathMatch : std::uint8_t { prefix, exact };

struct Route {
  std::string host;  // Lower case, without a port: "login.example.com", "*.example.com"; "": any.
  std::string path;  // Begins with '/'; "": any.
  PathMatch path_match = PathMatch::prefix;
  std::string pool;
  Headers headers;

  bool operator==(const Route&) const = default;
};

struct ListenerTimeouts {
  Duration request_header = 10s;
  Duration request_body = 30s;
  Duration idle = 60s;
  Duration tunnel = 1h;
  Duration tcp_keepalive = 60s;  // Zero: no probes.

  bool operator==(const ListenerTimeouts&) const = default;
};

struct Limits {
  std::optional<std::uint64_t> connections;  // Empty: auto, from the descriptor limit.
  std::uint64_t header_bytes = 32U << 10;
  std::uint32_t headers = 100;
  std::uint64_t uri_bytes = 8U << 10;
  std::optional<std::uint64_t> body_bytes;               // Empty: unlimited.
  std::optional<std::uint64_t> requests_per_connection;  // Empty: unlimited.

  bool operator==(const Limits&) const = default;
};

struct Listener {
  std::string name;
  std::vector<Address> listen;  // At least one.
  std::vector<Network> trusted_proxies;
  ListenerTimeouts timeouts;
  Limits limits;
  std::vector<Route> routes;  // First match wins.
  std::string pool;           // The default route; "": none.
  Headers headers;

  bool operator==(const Listener&) const = default;
};

enum class Policy : std::uint8_t {
  round_robin,
  least_connections,
  least_sessions,
  two_choices,
  least_time,
  random,
  hash,
  first
};
enum class HashOn : std::uint8_t { client_ip, path, uri, header, cookie };
enum class HashTable : std::uint8_t { maglev, ring };

struct Hash {
  HashOn on = HashOn::client_ip;
  std::string name;  // Of the header or cookie.
  HashTable table = HashTable::maglev;
  double bounded_load = 0;  // Times the mean load; 0: no bound.

  bool operator==(const Hash&) const = default;
};

enum class SameSite : std::uint8_t { lax, strict, none };
enum class CookieSecure : std::uint8_t { automatic, always, never };  // auto (on TLS), true, false
enum class WhenUnavailable : std::uint8_t { redispatch, backup_only, fail };
enum class BackupRule : std::uint8_t { none, next, announced };
enum class Failback : std::uint8_t { never, when_idle, immediate };
enum class OverloadThen : std::uint8_t { backup, redispatch, reject };

struct Cookie {
  std::string name = "STICKLER";
  Duration ttl = 8h;
  Duration idle = 30min;
  std::string path = "/";
  std::string domain;  // "": none.
  SameSite same_site = SameSite::lax;
  CookieSecure secure = CookieSecure::automatic;
  bool http_only = true;
  bool partitioned = false;
  std::vector<std::string> keys;  // Secrets of at least 32 bytes; the first signs. Empty: a random one per process.

  bool operator==(const Cookie&) const = default;
};

enum class AppCookieHow : std::uint8_t { route_suffix, prefix, learn };

// A cookie that the application sets, by which its sessions are told apart.
struct AppCookie {
  std::string name;
  AppCookieHow how = AppCookieHow::route_suffix;
  std::string separator = ".";  // Of route_suffix.

  bool operator==(const AppCookie&) const = default;
};

enum class HeaderHow : std::uint8_t { learn, hash };

// A header of the request by which sessions are told apart.
struct SessionHeader {
  std::string name;
  HeaderHow how = HeaderHow::learn;

  bool operator==(const SessionHeader&) const = default;
};

// Of what is learned.
struct SessionTable {
  std::uint32_t entries = 1'000'000;
  Duration idle = 30min;
  std::optional<StoreUrl> store;  // That several balancers share; empty: memory.
  Duration timeout = 50ms;        // Of every call to it.
  std::vector<std::string> keys;  // Secrets of at least 32 bytes that the balancers have in common; the first writes.

  bool operator==(const SessionTable&) const = default;
};

// What a request gets whose session's backend is full.
struct Overload {
  Duration queue = 1s;  // Zero: it does not wait.
  OverloadThen then = OverloadThen::backup;

  bool operator==(const Overload&) const = default;
};

// At most one of the first three; none: requests are not bound.
struct Affinity {
  std::optional<Cookie> cookie;
  std::optional<AppCookie> app_cookie;
  std::optional<SessionHeader> header;
  SessionTable table;
  BackupRule backup = BackupRule::none;
  std::string backup_header = "X-Session-Backup";  // Of BackupRule::announced.
  WhenUnavailable when_unavailable = WhenUnavailable::redispatch;
  Failback failback = Failback::never;
  Overload overload;

  bool learns() const {
    return (app_cookie && app_cookie->how == AppCookieHow::learn) || (header && header->how == HeaderHow::learn);
  }
  // The key that names its source; "": requests are not bound.
  std::string_view source() const { return cookie ? "cookie" : app_cookie ? "app_cookie" : header ? "header" : ""; }

  bool operator==(const Affinity&) const = default;
};

enum class ProbeType : std::uint8_t { http, tcp };

struct StatusRange {
  std::uint16_t first = 200;
  std::uint16_t last = 399;  // Inclusive.

  bool operator==(const StatusRange&) const = default;
};

struct ActiveHealth {
  ProbeType type = ProbeType::http;
  std::string path = "/healthz";
  StatusRange expect;
  Duration interval = 2s;
  Duration timeout = 1s;
  std::uint32_t rise = 2;
  std::uint32_t fall = 3;

  bool operator==(const ActiveHealth&) const = default;
};

struct PassiveHealth {
  std::uint32_t consecutive_failures = 5;
  Duration eject = 10s;
  std::uint32_t max_ejected_percent = 50;

  bool operator==(const PassiveHealth&) const = default;
};

struct Health {
  std::optional<ActiveHealth> active;                      // Empty: off.
  std::optional<PassiveHealth> passive = PassiveHealth{};  // Empty: off.
  std::uint32_t panic_below_percent = 0;                   // Fewer healthy primaries: health is ignored.

  bool operator==(const Health&) const = default;
};

struct PoolTimeouts {
  Duration connect = 2s;
  Duration response_header = 30s;
  Duration response_body = 30s;
  Duration queue = 5s;

  bool operator==(const PoolTimeouts&) const = default;
};

struct Retries {
  std::uint32_t attempts = 2;  // Beyond the first try.
  std::uint32_t budget_percent = 20;

  bool operator==(const Retries&) const = default;
};

struct Connections {
  std::uint32_t idle_per_worker = 64;
  Duration idle_timeout = 60s;
  std::optional<std::uint32_t> max_per_backend;  // Empty: unlimited.
  std::uint32_t queue = 1024;                    // Requests that may wait for a full backend.

  bool operator==(const Connections&) const = default;
};

enum class BackendState : std::uint8_t { up, drain, down };
enum class Role : std::uint8_t { primary, standby };
enum class Origin : std::uint8_t { config, discover, api };  // Who has named it.

struct Backend {
  std::string name;
  Address address;
  std::uint32_t weight = 1;  // 0 to 256.
  BackendState state = BackendState::up;
  Role role = Role::primary;
  Origin origin = Origin::config;

  bool operator==(const Backend&) const = default;
};

// Where further backends are named, beside those of the configuration.
struct Discover {
  std::string file;  // A list of backends. "": none. load_file() makes it a path from where the process is.

  bool operator==(const Discover&) const = default;
};

struct Pool {
  std::string name;
  Policy policy = Policy::round_robin;
  Hash hash;
  Affinity affinity;
  Health health;
  Duration slow_start{};  // Zero: full weight at once.
  PoolTimeouts timeouts;
  Retries retries;
  Connections connections;
  Discover discover;
  std::vector<Backend> backends;  // Those of the configuration, then those of `discover`.

  bool operator==(const Pool&) const = default;
};

struct Config {
  Process process;
  Admin admin;
  Log log;
  AccessLog access_log;
  std::vector<Listener> listeners;  // In the file's order, as are pools and backends.
  std::vector<Pool> pools;
  Headers headers;

  bool operator==(const Config&) const = default;
};

// The words of the file, e.g. "round_robin".
std::string_view name_of(AccessLogFormat format);
std::string_view name_of(HashOn on);
std::string_view name_of(HashTable table);
std::string_view name_of(Policy policy);
std::string_view name_of(SameSite same_site);
std::string_view name_of(CookieSecure secure);
std::string_view name_of(AppCookieHow how);
std::string_view name_of(HeaderHow how);
std::string_view name_of(BackupRule rule);
std::string_view name_of(WhenUnavailable action);
std::string_view name_of(Failback rule);
std::string_view name_of(OverloadThen action);
std::string_view name_of(ProbeType type);
std::string_view name_of(BackendState state);
std::string_view name_of(Role role);
std::string_view name_of(Origin origin);

}  // namespace stickler::config
