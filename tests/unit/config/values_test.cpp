// What each key accepts: its default, the edges of its range, its words.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/unit/config/machine.h"

namespace stickler::config {
namespace {

std::string listener_with(const std::string& lines) {
  return "version: 1\nlisteners: {web: {listen: 127.0.0.1:80, pool: login, " + lines +
         "}}\npools: {login: {backends: [{name: a, address: 127.0.0.1:9001}]}}\n";
}

std::string pool_with(const std::string& lines) {
  return "version: 1\nlisteners: {web: {listen: 127.0.0.1:80, pool: login}}\npools: {login: {" + lines +
         ", backends: [{name: a, address: 127.0.0.1:9001}]}}\n";
}

std::string top_with(const std::string& lines) { return "version: 1\n" + lines + "\n" + rest_of_file; }

std::string backend_with(const std::string& lines) {
  return "version: 1\nlisteners: {web: {listen: 127.0.0.1:80, pool: login}}\npools: {login: {backends: [{name: a, "
         "address: 127.0.0.1:9001}, {name: b, address: 127.0.0.1:9002, " +
         lines + "}]}}\n";
}

using Frame = std::string (*)(const std::string& lines);

struct Edge {
  Frame frame;
  std::string before;
  std::vector<std::string> accepted;
  std::vector<std::string> refused;
  std::string after;
};

TEST_CASE("a value at the edge of its range is accepted, and one beyond it refused") {
  const std::vector<Edge> edges = {
      {top_with, "process: {workers: ", {"auto", "1", "1024"}, {"0", "1025", "-1", "1.0", "01x", "Auto", "all"}, "}"},
      {top_with, "process: {shutdown_grace: ", {"0s", "1ms", "87600h"}, {"87601h", "30", "-1s", ""}, "}"},
      {top_with, "process: {upgrade_grace: ", {"0s", "1ms", "87600h"}, {"87601h", "30", "-1s", ""}, "}"},
      {top_with, "admin: {listen: ", {"off", "127.0.0.1:0", "'[::1]:9900'", "unix:/run/a"}, {"on", "'[::]:9900'"}, "}"},
      {listener_with, "timeouts: {request_header: ", {"1ms", "87600h"}, {"0s", "0ms", "99999h"}, "}"},
      {listener_with, "timeouts: {request_body: ", {"1ms"}, {"0s"}, "}"},
      {listener_with, "timeouts: {idle: ", {"1ms"}, {"0s"}, "}"},
      {listener_with, "timeouts: {tunnel: ", {"1ms"}, {"0s"}, "}"},
      {listener_with, "timeouts: {tcp_keepalive: ", {"0s", "1s", "32767s"}, {"1ms", "1500ms", "32768s"}, "}"},
      {listener_with, "limits: {connections: ", {"auto", "1", "2048"}, {"0", "1000000001", "unlimited"}, "}"},
      {listener_with, "limits: {uri_bytes: 1B, header_bytes: ", {"256B", "1MiB"}, {"255B", "1025KiB", "auto"}, "}"},
      {listener_with, "limits: {headers: ", {"1", "10000"}, {"0", "10001"}, "}"},
      {listener_with, "limits: {header_bytes: 1MiB, uri_bytes: ", {"1B", "1MiB"}, {"0B", "1048577B"}, "}"},
      {listener_with, "limits: {body_bytes: ", {"unlimited", "0B", "1024TiB"}, {"1025TiB", "0", "auto"}, "}"},
      {listener_with, "limits: {requests_per_connection: ", {"unlimited", "1", "1000000000"}, {"0", "auto"}, "}"},
      {pool_with, "timeouts: {connect: ", {"1ms"}, {"0s"}, "}"},
      {pool_with, "timeouts: {response_header: ", {"1ms"}, {"0s"}, "}"},
      {pool_with, "timeouts: {response_body: ", {"1ms"}, {"0s"}, "}"},
      {pool_with, "timeouts: {queue: ", {"1ms"}, {"0s"}, "}"},
      {pool_with, "retries: {attempts: ", {"0", "6"}, {"7", "-1"}, "}"},
      {pool_with, "retries: {budget: ", {"0%", "100%"}, {"101%", "-1%", "50", "%", "5 %"}, "}"},
      {pool_with, "connections: {idle_per_worker: ", {"0", "1000000"}, {"1000001", "unlimited"}, "}"},
      {pool_with, "connections: {idle_timeout: ", {"1ms"}, {"0s"}, "}"},
      {pool_with, "connections: {max_per_backend: ", {"unlimited", "1", "1000000"}, {"0", "1000001"}, "}"},
      {pool_with, "connections: {queue: ", {"0", "4096"}, {"1000001", "unlimited"}, "}"},
      {pool_with, "health: {active: {timeout: 10ms, interval: ", {"10ms"}, {"9ms"}, "}}"},
      {pool_with, "health: {active: {timeout: ", {"1ms", "2s"}, {"0s"}, "}}"},
      {pool_with, "health: {active: {rise: ", {"1", "1000"}, {"0", "1001"}, "}}"},
      {pool_with, "health: {active: {fall: ", {"1", "1000"}, {"0", "1001"}, "}}"},
      {pool_with,
       "health: {active: {expect: ",
       {"100", "599", "100-599", "200-200"},
       {"99", "600", "200-", "-200", "300-200", "2xx", "200-299-399", "0200"},
       "}}"},
      {pool_with, "health: {active: {path: ", {"/", "'/healthz?full=1'"}, {"healthz", "'/a b'", "'/a#b'", "''"}, "}}"},
      {pool_with, "health: {passive: {consecutive_failures: ", {"1", "1000"}, {"0", "1001"}, "}}"},
      {pool_with, "health: {passive: {eject: ", {"1ms"}, {"0s"}, "}}"},
      {pool_with, "health: {passive: {max_ejected: ", {"0%", "100%"}, {"101%"}, "}}"},
      {pool_with, "health: {active: {}, panic_below: ", {"0%", "1%", "100%"}, {"101%", "-1%", "50", "0.5", "''"}, "}"},
      {pool_with, "slow_start: ", {"0s", "1ms", "30s", "87600h"}, {"30", "-1s", "87601h", "on", "''"}, ""},
      {backend_with, "role: ", {"primary", "standby"}, {"backup", "Standby", "true", "''"}, ""},
      {pool_with, "health: {passive: ", {"off", "{}"}, {"on", "[]", "''"}, "}"},
      {pool_with, "health: {active: ", {"off", "{}"}, {"on", "true", "http"}, "}"},
      {backend_with, "weight: ", {"0", "1", "256"}, {"257", "-3", "1.5", "''"}, ""},
      {backend_with, "state: ", {"up", "drain", "down"}, {"UP", "draining"}, ""},
  };
  for (const Edge& edge : edges) {
    for (const std::string& value : edge.accepted) {
      INFO(edge.before << value);
      CHECK(report(load(edge.frame(edge.before + value + edge.after))).empty());
    }
    for (const std::string& value : edge.refused) {
      INFO(edge.before << value);
      CHECK_FALSE(load(edge.frame(edge.before + value + edge.after)).ok());
    }
  }
}

TEST_CASE("a cookie's attributes are what a browser can read back") {
  const std::string before = "affinity: {cookie: {keys: ['${STICKLER_KEY}'], ";
  const std::vector<Edge> edges = {
      {pool_with,
       "name: ",
       {"A", "'!#$%&*+-.^_`|~'", std::string(64, 'x')},
       {"''", "'a b'", "'a;b'", "'a=b'", std::string(65, 'x')},
       ""},
      {pool_with, "idle: 1s, ttl: ", {"1s", "87600h"}, {"0s", "999ms"}, ""},
      {pool_with, "idle: ", {"1s", "8h"}, {"0s", "999ms"}, ""},
      {pool_with, "path: ", {"/", "/login"}, {"''", "login", "'/a;b'"}, ""},
      {pool_with, "domain: ", {"''", "example.com", ".example.com", "EXAMPLE.com"}, {"'a b'", "'a;b'", "a/b"}, ""},
      {pool_with, "same_site: ", {"lax", "strict"}, {"Lax", "off"}, ""},
      {pool_with, "secure: ", {"auto", "true", "false"}, {"always", "1"}, ""},
      {pool_with, "http_only: ", {"true", "false"}, {"yes", "on", "1", "True"}, ""},
      {pool_with, "partitioned: ", {"false"}, {"off"}, ""},
  };
  for (const Edge& edge : edges) {
    for (const std::string& value : edge.accepted) {
      INFO(edge.before << value);
      CHECK(report(load(edge.frame(before + edge.before + value + "}}"))).empty());
    }
    for (const std::string& value : edge.refused) {
      INFO(edge.before << value);
      CHECK_FALSE(load(edge.frame(before + edge.before + value + "}}")).ok());
    }
  }
}

TEST_CASE("a cookie key has at least 32 bytes") {
  const auto with_key = [](std::size_t bytes) {
    return load(pool_with("affinity: {cookie: {keys: [" + std::string(bytes, 'k') + "]}}"));
  };
  CHECK(with_key(32).problems.empty());
  CHECK_FALSE(with_key(31).ok());
}

TEST_CASE("routes and backends are counted") {
  const auto with = [](const std::string& key, const std::string& item, int count) {
    std::string text = key + ": [" + item;
    for (int i = 1; i < count; ++i) text += ", " + item;
    return text + "]";
  };
  const Loaded routes = load(listener_with(with("routes", "{pool: login}", 4097)));
  REQUIRE(routes.problems.size() == 1);
  CHECK(routes.problems[0].message == "listeners.web.routes: at most 4096 routes, got 4097");
  const Loaded backends = load("version: 1\nlisteners: {web: {listen: 127.0.0.1:80, pool: login}}\npools: {login: {" +
                               with("backends", "{name: a, address: 127.0.0.1:1}", 4097) + "}}\n");
  REQUIRE(backends.problems.size() == 1);
  CHECK(backends.problems[0].message == "pools.login.backends: at most 4096 backends, got 4097");
}

TEST_CASE("what a file says is what the configuration has") {
  const Loaded loaded = load(R"(version: 1
process: {workers: 3, user: www-data, shutdown_grace: 5s, upgrade_grace: 10m}
admin: {listen: off, token_file: /etc/token}
log: {level: debug, file: /var/log/stickler.log}
access_log: {file: stdout, format: combined}
headers: {request: {set: {X-A: "%{client_ip}"}, add: {X-B: b}, remove: [X-C]}, response: {remove: [Server]}}
listeners:
  web:
    listen: [127.0.0.1:80, "[::1]:80", "unix:/run/web"]
    trusted_proxies: [10.0.0.0/8, ::1/128]
    timeouts: {request_header: 1s, request_body: 2s, idle: 3s, tunnel: 4s, tcp_keepalive: 0s}
    limits: {connections: 5, header_bytes: 6KiB, headers: 7, uri_bytes: 1KiB, body_bytes: 9MiB, requests_per_connection: 10}
    routes:
      - {host: WWW.Example.com., path: /api/, pool: api, headers: {request: {set: {X-Route: api}}}}
      - {path_exact: /ping, pool: api}
    pool: login
pools:
  login:
    policy: two_choices
    affinity:
      cookie: {name: N, ttl: 2h, idle: 1h, path: /x, domain: Example.com, same_site: strict, secure: false, http_only: false,
               keys: ["${STICKLER_KEY}", "${STICKLER_OLD_KEY}"]}
      when_unavailable: fail
      backup: next
      failback: immediate
      overload: {queue: 3s, then: redispatch}
    health:
      active: {type: http, path: /h, expect: 204, interval: 3s, timeout: 2s, rise: 4, fall: 5}
      passive: {consecutive_failures: 6, eject: 7s, max_ejected: 8%}
    timeouts: {connect: 1s, response_header: 2s, response_body: 3s, queue: 4s}
    retries: {attempts: 5, budget: 6%}
    connections: {idle_per_worker: 7, idle_timeout: 8s, max_per_backend: 9, queue: 10}
    backends:
      - {name: a, address: 127.0.0.1:9001, weight: 2, state: drain}
      - {name: b, address: "unix:/run/b"}
  api:
    health: {passive: off}
    backends: [{name: a, address: "[::1]:9001"}]
)");
  CHECK(report(loaded).empty());
  Config wanted;
  wanted.process = {.workers = 3, .user = "www-data", .shutdown_grace = 5s, .upgrade_grace = 10min};
  wanted.admin = {.listen = std::nullopt, .token_file = "/etc/token"};
  wanted.log = {.level = "debug", .file = "/var/log/stickler.log"};
  wanted.access_log = {.file = "stdout", .format = AccessLogFormat::combined};
  wanted.headers.request = {.set = {{"X-A", "%{client_ip}"}}, .add = {{"X-B", "b"}}, .remove = {"X-C"}};
  wanted.headers.response.remove = {"Server"};
  Listener web;
  web.name = "web";
  for (const char* text : {"127.0.0.1:80", "[::1]:80", "unix:/run/web"}) web.listen.push_back(*Address::parse(text));
  web.trusted_proxies = {*Network::parse("10.0.0.0/8"), *Network::parse("::1/128")};
  web.timeouts = {.request_header = 1s, .request_body = 2s, .idle = 3s, .tunnel = 4s, .tcp_keepalive = 0s};
  web.limits = {.connections = 5,
                .header_bytes = 6 * 1024,
                .headers = 7,
                .uri_bytes = 1024,
                .body_bytes = 9 * 1024 * 1024,
                .requests_per_connection = 10};
  web.routes.resize(2);
  web.routes[0].host = "www.example.com";
  web.routes[0].path = "/api/";
  web.routes[0].pool = "api";
  web.routes[0].headers.request.set = {{"X-Route", "api"}};
  web.routes[1].path = "/ping";
  web.routes[1].path_match = PathMatch::exact;
  web.routes[1].pool = "api";
  web.pool = "login";
  wanted.listeners = {web};
  Pool login;
  login.name = "login";
  login.policy = Policy::two_choices;
  login.affinity.cookie = Cookie{.name = "N",
                                 .ttl = 2h,
                                 .idle = 1h,
                                 .path = "/x",
                                 .domain = "example.com",
                                 .same_site = SameSite::strict,
                                 .secure = CookieSecure::never,
                                 .http_only = false,
                                 .partitioned = false,
                                 .keys = {"the-first-key-has-thirty-two-bytes", "the-second-key-has-thirty-two-bytes"}};
  login.affinity.when_unavailable = WhenUnavailable::fail;
  login.affinity.backup = BackupRule::next;
  login.affinity.failback = Failback::immediate;
  login.affinity.overload = {.queue = 3s, .then = OverloadThen::redispatch};
  login.health.active = ActiveHealth{.type = ProbeType::http,
                                     .path = "/h",
                                     .expect = {.first = 204, .last = 204},
                                     .interval = 3s,
                                     .timeout = 2s,
                                     .rise = 4,
                                     .fall = 5};
  login.health.passive = PassiveHealth{.consecutive_failures = 6, .eject = 7s, .max_ejected_percent = 8};
  login.timeouts = {.connect = 1s, .response_header = 2s, .response_body = 3s, .queue = 4s};
  login.retries = {.attempts = 5, .budget_percent = 6};
  login.connections = {.idle_per_worker = 7, .idle_timeout = 8s, .max_per_backend = 9, .queue = 10};
  login.backends = {
      {.name = "a", .address = *Address::parse("127.0.0.1:9001"), .weight = 2, .state = BackendState::drain},
      {.name = "b", .address = *Address::parse("unix:/run/b"), .weight = 1, .state = BackendState::up}};
  Pool api;
  api.name = "api";
  api.health.passive.reset();
  api.backends = {{.name = "a", .address = *Address::parse("[::1]:9001"), .weight = 1, .state = BackendState::up}};
  wanted.pools = {login, api};
  CHECK(loaded.config == wanted);
}

TEST_CASE("every policy, probe and state has the word that the file uses") {
  for (const char* word : {"round_robin", "least_connections", "two_choices", "random"}) {
    const Loaded loaded = load(pool_with("policy: " + std::string(word)));
    REQUIRE(loaded.ok());
    CHECK(name_of(loaded.config.pools[0].policy) == word);
  }
  CHECK(name_of(ProbeType::tcp) == "tcp");
  CHECK(name_of(BackendState::drain) == "drain");
  CHECK(name_of(SameSite::strict) == "strict");
  CHECK(name_of(CookieSecure::always) == "true");
  CHECK(name_of(WhenUnavailable::fail) == "fail");
  CHECK(name_of(Failback::when_idle) == "when_idle");
  CHECK(name_of(OverloadThen::redispatch) == "redispatch");
  CHECK(name_of(AccessLogFormat::combined) == "combined");
}

}  // namespace
}  // namespace stickler::config
