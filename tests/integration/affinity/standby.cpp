// Standbys: they take over when no primary is left, give back when one returns, and keep who is bound to them.
#include <catch2/catch.hpp>
#include <list>

#include "tests/integration/affinity/log_ins.h"

namespace stickler::integration {
namespace {

const std::string probes = "active: {path: /healthz, interval: 100ms, timeout: 5s, rise: 1, fall: 2}";
const std::string standby = ", role: standby";

bool on_standby(Balancer& balancer) { return balancer.metric("stickler_pool_on_standby", "pool=\"app\"") == 1; }

TEST_CASE("a standby takes over when every primary was killed, and gives back when one is started again") {
  Stub a("a");
  Stub b("b");
  Stub spare("spare");
  Balancer balancer(Setup{.pool = {sticky(), "health: {" + probes + "}"},
                          .backends = {a.configured(), spare.configured(standby), b.configured()}});
  std::list<User> early;
  for (int i = 0; i < 6; ++i) early.emplace_back(balancer.port(), "early" + std::to_string(i)).log_in();
  for (User& user : early) CHECK(user.node() != "spare");

  a.kill();
  REQUIRE(comes_to(balancer, "a", "down"));
  CHECK_FALSE(on_standby(balancer));
  b.kill();
  balancer.process().await_line("pool app: no primary is eligible, its standbys take over");
  REQUIRE(eventually([&] { return on_standby(balancer); }));
  std::list<User> late;
  for (int i = 0; i < 4; ++i) {
    late.emplace_back(balancer.port(), "late" + std::to_string(i)).log_in();
    CHECK(late.back().node() == "spare");
  }

  b.start();
  balancer.process().await_line("pool app: its standbys get no new sessions any more");
  CHECK_FALSE(on_standby(balancer));
  for (User& user : late) CHECK(user.is_logged_in());  // Bound to the standby, and still there.
  for (int i = 0; i < 4; ++i) {
    User user(balancer.port(), "last" + std::to_string(i));
    user.log_in();
    CHECK(user.node() == "b");
  }
  const auto report = balancer.admin_json("/api/v1/pools/app/backends/spare");
  CHECK(report.at("role") == "standby");
  CHECK(balancer.metric("stickler_backend_standby", "backend=\"spare\"") == 1);
}

TEST_CASE("in a pair of a primary and a standby the standby is the backup of every session") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin spare(named("spare"));
  Balancer balancer(
      Setup{.top = {access_log_to_stdout},
            .pool = {"affinity: {cookie: {keys: [\"" + first_key + "\"]}, backup: next, when_unavailable: fail}",
                     "health: {" + probes + "}"},
            .backends = {backend("a", a), backend("spare", spare, standby)}});
  Browser browser(balancer.port());
  CHECK(browser.node("/first") == "a");
  a.stop();
  REQUIRE(comes_to(balancer, "a", "down"));
  CHECK(browser.node("/failover") == "spare");
  CHECK(verdict(balancer, "/failover") == "failover");
  a.start();
  REQUIRE(comes_to(balancer, "a", "up"));
  CHECK(browser.node("/stays") == "spare");
  CHECK(verdict(balancer, "/stays") == "bound");
  CHECK(Browser(balancer.port()).node("/new") == "a");
}

TEST_CASE("one connect that fails wakes no standby, an ejection does") {
  ReservedPort nobody;
  ScriptedOrigin spare(named("spare"));
  Balancer balancer(Setup{.pool = {"health: {passive: {consecutive_failures: 3, eject: 1h}}"},
                          .backends = {backend("a", nobody.address()), backend("spare", spare, standby)}});
  for (int i = 0; i < 3; ++i) {
    CHECK(spare.requests() == 0);
    CHECK(fetch(balancer.port(), "/").status() == 502);
  }
  REQUIRE(comes_to(balancer, "a", "ejected"));
  for (int i = 0; i < 3; ++i) CHECK(fetch(balancer.port(), "/").body == "spare");
}

TEST_CASE("a standby takes the sessions of a primary that is drained by hand, and a reload may make it a primary") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin spare(named("spare"));
  Setup setup{.pool = {sticky()}, .backends = {backend("a", a), backend("spare", spare, standby)}};
  Balancer balancer(setup);
  Browser browser = bound_to("a", balancer.port());
  setup.backends[0] = backend("a", a, ", state: drain");
  reload(balancer, setup);
  CHECK(Browser(balancer.port()).node() == "spare");
  CHECK(browser.node() == "a");
  setup.backends = {backend("a", a), backend("spare", spare)};
  reload(balancer, setup);
  bound_to("a", balancer.port());
  bound_to("spare", balancer.port());
}

}  // namespace
}  // namespace stickler::integration
