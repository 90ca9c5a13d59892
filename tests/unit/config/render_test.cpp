#include "lb/config/render.h"

#include <catch2/catch.hpp>

#include "lb/config/key_list.h"
#include "tests/unit/config/machine.h"

namespace stickler::config {
namespace {

// All that can be given, secrets aside: they do not come back.
const std::string full = R"(version: 1
process: {workers: 3, user: "we\"ird \\ \u00fcser", shutdown_grace: 90s}
admin: {listen: off, token_file: /etc/token}
log: {level: debug, file: /var/log/stickler.log}
access_log: {file: stdout, format: combined}
headers: {request: {set: {X-A: "%{client_ip}"}, add: {X-B: b}, remove: [X-C]}}
listeners:
  web:
    listen: [127.0.0.1:80, "[::1]:80", "unix:/run/web"]
    trusted_proxies: [10.0.0.0/8]
    timeouts: {request_header: 1500ms, tcp_keepalive: 0s}
    limits: {connections: 5, header_bytes: 6KiB, body_bytes: 0B, requests_per_connection: 10, uri_bytes: 1KiB}
    routes:
      - {host: www.example.com, path: /api/, pool: api, headers: {response: {set: {X-Route: api}}}}
      - {path_exact: /ping, pool: api}
    pool: login
pools:
  login:
    policy: two_choices
    affinity: {cookie: {name: N, same_site: strict, secure: false, partitioned: false}, when_unavailable: fail,
               failback: when_idle, overload: {queue: 250ms, then: reject}}
    health: {active: {path: /h, expect: 204}, passive: {max_ejected: 8%}, panic_below: 40%}
    slow_start: 30s
    retries: {attempts: 0, budget: 0%}
    connections: {max_per_backend: 9}
    discover: {file: conf/nodes.yaml}
    backends: [{name: a, address: 127.0.0.1:9001, weight: 0, state: drain}, {name: b, address: "unix:/run/b", role: standby}]
  chat:
    affinity: {header: {name: X-Session-Id, how: learn}, table: {entries: 5, idle: 90s}}
    backends: [{name: a, address: 127.0.0.1:9002}]
  api:
    affinity: {app_cookie: {name: S, how: route_suffix, separator: "::"}, backup: next}
    health: {active: {type: tcp}, passive: off}
    backends: [{name: a, address: "[::1]:9001"}]
)";

TEST_CASE("what is rendered is JSON that, read as a configuration, is the same one") {
  const Loaded first = load(full);
  REQUIRE(first.ok());
  const Loaded again = load(render_json(first.config));
  CHECK(again.ok());
  CHECK(again.config == first.config);
  CHECK(render_json(again.config) == render_json(first.config));
}

TEST_CASE("where a store is is rendered, and its password is not") {
  const std::string with_store = R"(version: 1
listeners: {web: {listen: 127.0.0.1:80, pool: a}}
pools:
  a:
    affinity:
      header: {name: X, how: learn}
      table: {store: "redis://:geheim@127.0.0.1:6379/2", keys: ["a key that is at least 32 bytes long"]}
    backends: [{name: a, address: 127.0.0.1:9001}]
)";
  const Loaded loaded = load(with_store);
  REQUIRE(loaded.ok());
  const std::string json = render_json(loaded.config);
  CHECK(json.find(R"("store": "redis://:***@127.0.0.1:6379/2", "timeout": "50ms", "keys": ["***"])") !=
        std::string::npos);
  CHECK(json.find("geheim") == std::string::npos);
}

TEST_CASE("defaults are rendered as the file would give them") {
  const std::string json = render_json(Config{});
  CHECK(
      json ==
      R"({"version": 1, "process": {"workers": "auto", "user": "", "shutdown_grace": "30s", "upgrade_grace": "1h"}, )"
      R"("admin": {"listen": "127.0.0.1:9900", "token_file": ""}, "log": {"level": "info", "file": "stderr"}, )"
      R"("access_log": {"file": "off", "format": "json"}, "headers": {"request": {"set": {}, "add": {}, "remove": []}, )"
      R"("response": {"set": {}, "add": {}, "remove": []}}, "listeners": {}, "pools": {}})");
}

TEST_CASE("secrets are rendered as stars, each") {
  const Loaded loaded = load(
      "version: 1\nheaders: {request: {set: {Authorization: Basic-abc, X-Api-Key: def, X-Plain: ghi}}}\n"
      "listeners: {web: {listen: 127.0.0.1:80, pool: login}}\n"
      "pools: {login: {affinity: {cookie: {keys: ['${STICKLER_KEY}', '${STICKLER_OLD_KEY}']}}, "
      "backends: [{name: a, address: 127.0.0.1:9001}]}}\n");
  REQUIRE(loaded.problems.empty());
  const std::string json = render_json(loaded.config);
  CHECK(json.find(R"("keys": ["***", "***"])") != std::string::npos);
  CHECK(json.find(R"({"Authorization": "***", "X-Api-Key": "***", "X-Plain": "ghi"})") != std::string::npos);
  for (const char* secret : {"thirty-two-bytes", "Basic-abc", "def\""}) CHECK(json.find(secret) == std::string::npos);
}

TEST_CASE("strings are escaped as JSON has it") {
  Value value;
  value.kind = Value::Kind::text;
  value.text = std::string("a\"b\\c\n\x01\x7f\xc3\xa4");
  CHECK(to_json(value) == "\"a\\\"b\\\\c\\u000a\\u0001\\u007f\xc3\xa4\"");
}

// Keys whose one built value says nothing, so that it is not shown.
bool is_without_choice(std::string_view path) {
  for (const char* end :
       {".mode", ".proxy_protocol", ".http2", ".backup", ".failback", ".protocol", ".send_proxy_protocol"}) {
    if (path.ends_with(end)) return true;
  }
  return false;
}

// The value at a path of the key list, the first of each list and of each set of names that has one.
const Value* find(const Value& value, std::string_view path) {
  if (path.empty()) return &value;
  const std::string_view word = path.substr(0, path.find('.'));
  const std::string_view rest = word.size() == path.size() ? "" : path.substr(word.size() + 1);
  const std::string_view key = word.substr(0, word.find('['));
  for (const auto& [name, member] : value.members) {
    if (name != key && key != "NAME") continue;
    if (word == key) {
      if (const Value* found = find(member, rest)) return found;
    }
    for (const Value& item : member.items) {
      if (const Value* found = find(item, rest)) return found;
    }
  }
  return nullptr;
}

TEST_CASE("every key that is built is rendered") {
  const Loaded loaded = load(full);
  REQUIRE(loaded.ok());
  const Value value = effective(loaded.config);
  for (const Key& key : key_list()) {
    if (key.availability == Availability::later || is_without_choice(key.path)) continue;
    CAPTURE(key.path);
    CHECK(find(value, key.path) != nullptr);
  }
}

}  // namespace
}  // namespace stickler::config
