// What is known of backends belongs to their names and outlives reloads.
#include <catch2/catch.hpp>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/gate.h"
#include "tests/integration/failure/named.h"

namespace stickler::integration {
namespace {

TEST_CASE("an ejection outlives reloads, also when the list is reordered and joined by others") {
  ReservedPort nobody;
  ScriptedOrigin b(named("b"));
  ScriptedOrigin c(named("c"));
  Setup setup{.pool = {"health: {passive: {consecutive_failures: 2, eject: 1h}}"},
              .backends = {backend("bad", nobody.address()), backend("b", b)}};
  Balancer balancer(setup);
  for (int i = 0; i < 6; ++i) CHECK(fetch(balancer.port(), "/").status() == 200);
  REQUIRE(comes_to(balancer, "bad", "ejected"));
  const double failures = balancer.metric("stickler_backend_failures_total", "backend=\"bad\"");
  setup.backends = {backend("c", c), backend("b", b), backend("bad", nobody.address(), ", weight: 9")};
  for (int i = 0; i < 3; ++i) reload(balancer, setup);
  CHECK(state_of(balancer, "bad") == "ejected");
  for (int i = 0; i < 20; ++i) CHECK(fetch(balancer.port(), "/").status() == 200);
  CHECK(balancer.metric("stickler_backend_failures_total", "backend=\"bad\"") == failures);
}

TEST_CASE("a verdict of probes outlives reloads: not one request reaches a backend that is known to be down") {
  std::atomic<bool> well{false};
  ScriptedOrigin sick(answering([&](const Message& request) {
    if (request.target() != "/healthz") return reply("sick");
    return reply("", "", well ? "200 OK" : "500 Internal Server Error");
  }));
  ScriptedOrigin good(named("good"));
  Setup setup{.pool = {"health: {active: {path: /healthz, interval: 50ms, timeout: 5s, rise: 1, fall: 2}}"},
              .backends = {backend("sick", sick), backend("good", good)}};
  Balancer balancer(setup);
  REQUIRE(comes_to(balancer, "sick", "down"));
  RawClient client(balancer.port());
  for (int i = 0; i < 20; ++i) {
    setup.listener = {"timeouts: {idle: " + std::to_string(i + 10) + "s}"};
    reload(balancer, setup);
    for (int k = 0; k < 3; ++k) CHECK(client.exchange(get("/")).body == "good");
  }
  CHECK(state_of(balancer, "sick") == "down");
  well = true;
  CHECK(comes_to(balancer, "sick", "up"));
}

TEST_CASE("the rotation goes on where it was") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  ScriptedOrigin c(named("c"));
  Setup setup{.backends = {backend("a", a), backend("b", b), backend("c", c)}};
  Balancer balancer(setup);
  std::string seen;
  for (int i = 0; i < 9; ++i) {
    seen += fetch(balancer.port(), "/").body;
    setup.listener = {"timeouts: {idle: " + std::to_string(i + 10) + "s}"};
    reload(balancer, setup);
  }
  CHECK(a.requests() == 3);
  CHECK(b.requests() == 3);
  CHECK(c.requests() == 3);
  CHECK(seen.substr(0, 3) == seen.substr(3, 3));
  CHECK(seen.substr(0, 3) == seen.substr(6, 3));
}

TEST_CASE("load is kept: least_connections knows the requests of before the reload") {
  GatedOrigin busy("busy");
  ScriptedOrigin idle(named("idle"));
  Setup setup{.pool = {"policy: least_connections"}, .backends = {backend("busy", busy.origin)}};
  Balancer balancer(setup);
  std::vector<RawClient> held;
  for (int i = 0; i < 3; ++i) held.emplace_back(balancer.port()).send(get("/held"));
  REQUIRE(eventually([&] { return busy.origin.seen_target("/held") == 3; }));
  setup.backends.push_back(backend("idle", idle));
  reload(balancer, setup);
  CHECK(balancer.admin_json("/api/v1/pools/app/backends/busy").at("in_flight") == 3);
  for (int i = 0; i < 6; ++i) CHECK(fetch(balancer.port(), "/").body == "idle");
  busy.gate.open();
  for (RawClient& client : held) CHECK(client.read_response()->body == "busy");
  CHECK(eventually([&] { return balancer.admin_json("/api/v1/pools/app/backends/busy").at("in_flight") == 0; }));
}

TEST_CASE("counters go on counting, also those of names that went and came back") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  Setup setup{.backends = {backend("a", a), backend("b", b)}};
  Balancer balancer(setup);
  for (int i = 0; i < 4; ++i) fetch(balancer.port(), "/");
  const auto served = [&] { return balancer.metric("stickler_backend_requests_total", "backend=\"b\""); };
  CHECK(eventually([&] { return served() == 2; }));
  Setup without = setup;
  without.backends = {backend("a", a)};
  reload(balancer, without);
  CHECK(served() == 2);
  reload(balancer, setup);
  for (int i = 0; i < 4; ++i) fetch(balancer.port(), "/");
  CHECK(eventually([&] { return served() == 4; }));
  CHECK(balancer.metric("stickler_pool_requests_total", "pool=\"app\"") == 8);
}

TEST_CASE("a backend that moves to another address is not asked at the old one again") {
  ScriptedOrigin old_place(named("old place"));
  ScriptedOrigin new_place(named("new place"));
  Setup setup{.backends = {backend("a", old_place)}};
  Balancer balancer(setup);
  RawClient client(balancer.port());
  CHECK(client.exchange(get("/")).body == "old place");  // Its connection is kept, idle.
  setup.backends = {backend("a", new_place)};
  reload(balancer, setup);
  CHECK(eventually([&] { return old_place.open_connections() == 0; }));
  for (int i = 0; i < 5; ++i) CHECK(client.exchange(get("/")).body == "new place");
  CHECK(old_place.requests() == 1);
}

TEST_CASE("a pool that no longer watches its backends lets all of them in again") {
  ScriptedOrigin sick(answering([](const Message& request) {
    return request.target() == "/healthz" ? reply("", "", "500 Internal Server Error") : reply("sick");
  }));
  Setup setup{.pool = {"health: {active: {path: /healthz, interval: 50ms, timeout: 5s, rise: 1, fall: 1}}"},
              .backends = {backend("sick", sick)}};
  Balancer balancer(setup);
  REQUIRE(comes_to(balancer, "sick", "down"));
  CHECK(fetch(balancer.port(), "/").status() == 503);
  setup.pool.clear();
  reload(balancer, setup);
  CHECK(state_of(balancer, "sick") == "up");
  CHECK(fetch(balancer.port(), "/").body == "sick");
}

}  // namespace
}  // namespace stickler::integration
