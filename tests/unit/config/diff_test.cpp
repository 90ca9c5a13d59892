#include "lb/config/diff.h"

#include <catch2/catch.hpp>
#include <functional>

#include "tests/unit/config/machine.h"

namespace stickler::config {
namespace {

using Lines = std::vector<std::string>;

Config base() {
  const Loaded loaded = load(
      "version: 1\nlisteners: {web: {listen: 127.0.0.1:80, pool: login}}\n"
      "pools:\n"
      "  login:\n"
      "    affinity: {cookie: {keys: ['${STICKLER_KEY}']}}\n"
      "    backends: [{name: a, address: 127.0.0.1:9001}, {name: b, address: 127.0.0.1:9002}]\n"
      "  old: {backends: [{name: a, address: 127.0.0.1:9003}]}\n");
  REQUIRE(loaded.ok());
  return loaded.config;
}

// What a change of the base configuration reads like.
Diff after(const std::function<void(Config&)>& change) {
  Config wanted = base();
  change(wanted);
  return diff(base(), wanted);
}

TEST_CASE("no difference is no line") {
  const Diff none = diff(base(), base());
  CHECK(none.changes.empty());
  CHECK(none.needs_restart.empty());
}

TEST_CASE("a changed key is named with its old and its new value") {
  struct Row {
    std::function<void(Config&)> change;
    std::string line;
  };
  const std::vector<Row> rows = {
      {[](Config& c) { c.process.shutdown_grace = 5s; }, "process.shutdown_grace: changed from 30s to 5s"},
      {[](Config& c) { c.process.upgrade_grace = 5s; }, "process.upgrade_grace: changed from 1h to 5s"},
      {[](Config& c) { c.log.level = "debug"; }, "log.level: changed from info to debug"},
      {[](Config& c) { c.headers.request.remove = {"X-A"}; }, "headers.request.remove: changed from [] to [\"X-A\"]"},
      {[](Config& c) { c.listeners[0].pool = "old"; }, "listener 'web': pool changed from login to old"},
      {[](Config& c) { c.listeners[0].timeouts.idle = 1s; }, "listener 'web': timeouts.idle changed from 1m to 1s"},
      {[](Config& c) { c.listeners[0].limits.body_bytes = 1024; },
       "listener 'web': limits.body_bytes changed from unlimited to 1KiB"},
      {[](Config& c) { c.listeners[0].listen.push_back(*Address::parse("127.0.0.1:81")); },
       "listener 'web': listen changed from [\"127.0.0.1:80\"] to [\"127.0.0.1:80\", \"127.0.0.1:81\"]"},
      {[](Config& c) { c.pools[0].policy = Policy::random; },
       "pool 'login': policy changed from round_robin to random"},
      {[](Config& c) { c.pools[1].health.passive.reset(); },
       "pool 'old': health.passive changed from {\"consecutive_failures\": 5, \"eject\": \"10s\", \"max_ejected\": "
       "\"50%\"} to off"},
      {[](Config& c) { c.pools[0].affinity.cookie->domain = "x"; },
       "pool 'login': affinity.cookie.domain changed from \"\" to x"},
      {[](Config& c) { c.pools[0].backends[1].weight = 7; }, "pool 'login': backend 'b': weight changed from 1 to 7"},
      {[](Config& c) { c.pools[0].backends[0].address = *Address::parse("127.0.0.1:9009"); },
       "pool 'login': backend 'a': address changed from 127.0.0.1:9001 to 127.0.0.1:9009"},
      {[](Config& c) { c.pools[0].health.panic_below_percent = 40; },
       "pool 'login': health.panic_below changed from 0% to 40%"},
      {[](Config& c) { c.pools[0].slow_start = 90s; }, "pool 'login': slow_start changed from 0s to 90s"},
      {[](Config& c) { c.pools[0].backends[0].role = Role::standby; },
       "pool 'login': backend 'a': role changed from primary to standby"},
      {[](Config& c) { c.pools[0].backends[0].state = BackendState::drain; },
       "pool 'login': backend 'a': state changed from up to drain"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const Diff found = after(row.change);
    CHECK(found.changes == Lines{row.line});
    CHECK(found.needs_restart.empty());
  }
}

TEST_CASE("long values are not shown, only that they changed") {
  const Diff found = after([](Config& c) { c.listeners[0].routes.resize(9); });
  CHECK(found.changes == Lines{"listener 'web': routes changed"});
}

TEST_CASE("a changed secret is told without showing it") {
  const auto new_key = [](Config& c) { c.pools[0].affinity.cookie->keys = {"another-key-of-thirty-two-bytes!"}; };
  CHECK(after(new_key).changes == Lines{"pool 'login': affinity.cookie.keys changed"});
  const auto second_key = [](Config& c) {
    c.pools[0].affinity.cookie->keys.push_back("another-key-of-thirty-two-bytes!");
  };
  CHECK(after(second_key).changes ==
        Lines{"pool 'login': affinity.cookie.keys changed from [\"***\"] to [\"***\", \"***\"]"});
  Config with_password = base();
  with_password.headers.request.set = {{"Authorization", "Basic abc"}};
  Config with_other = base();
  with_other.headers.request.set = {{"Authorization", "Basic def"}};
  CHECK(diff(with_password, with_other).changes == Lines{"headers.request.set.Authorization: changed"});
}

TEST_CASE("what came and went is told in the order of the file, removals last") {
  Config wanted = base();
  wanted.pools.erase(wanted.pools.begin() + 1);
  wanted.pools[0].backends.erase(wanted.pools[0].backends.begin());
  wanted.pools[0].backends.push_back({.name = "d", .address = *Address::parse("127.0.0.1:9004"), .weight = 1});
  wanted.pools.push_back(wanted.pools[0]);
  wanted.pools[1].name = "new";
  wanted.listeners[0].name = "www";
  CHECK(diff(base(), wanted).changes ==
        Lines{"listener 'www' added (127.0.0.1:80)", "pool 'login': backend 'd' added (127.0.0.1:9004)",
              "pool 'new' added", "listener 'web' removed", "pool 'login': backend 'a' removed", "pool 'old' removed"});
}

TEST_CASE("the order of pools and backends is no change") {
  Config wanted = base();
  std::swap(wanted.pools[0], wanted.pools[1]);
  std::swap(wanted.pools[1].backends[0], wanted.pools[1].backends[1]);
  CHECK(diff(base(), wanted).changes.empty());
}

TEST_CASE("what only a start can change is kept apart and says so") {
  struct Row {
    std::function<void(Config&)> change;
    std::string line;
  };
  const std::vector<Row> rows = {
      {[](Config& c) { c.process.workers = 4; },
       "process.workers: changed from auto to 4; takes effect at the next start"},
      {[](Config& c) { c.process.user = "nobody"; },
       "process.user: changed from \"\" to nobody; takes effect at the next start"},
      {[](Config& c) { c.admin.listen.reset(); },
       "admin.listen: changed from 127.0.0.1:9900 to off; takes effect at the next start"},
      {[](Config& c) { c.admin.token_file = "/t"; },
       "admin.token_file: changed from \"\" to /t; takes effect at the next start"},
      {[](Config& c) { c.access_log.file = "stdout"; },
       "access_log.file: changed from off to stdout; takes effect at the next start"},
      {[](Config& c) { c.access_log.format = AccessLogFormat::common; },
       "access_log.format: changed from json to common; takes effect at the next start"},
      {[](Config& c) { c.listeners[0].timeouts.tcp_keepalive = 5s; },
       "listeners.web.timeouts.tcp_keepalive: changed from 1m to 5s; takes effect at the next start"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const Diff found = after(row.change);
    CHECK(found.needs_restart == Lines{row.line});
    CHECK(found.changes.empty());
  }
}

}  // namespace
}  // namespace stickler::config
