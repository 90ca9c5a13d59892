// SIGUSR2: what is known of sessions and backends goes along.
#include <catch2/catch.hpp>
#include <map>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/gate.h"
#include "tests/integration/failure/named.h"
#include "tests/integration/upgrade/lineage.h"

namespace stickler::integration {
namespace {

struct Session {
  std::string cookie{};
  std::string node{};
};

// The node that answers; a cookie that it is given is the session's from then on.
std::string visit(Session& session, std::uint16_t port) {
  const Message answer = fetch(port, "/", "Cookie: " + session.cookie + "\r\nConnection: close\r\n");
  const std::string given = answer.field("Set-Cookie");
  if (!given.empty()) session.cookie = given.substr(0, given.find(';'));
  return answer.body;
}

TEST_CASE("sessions stay bound where no cookie key is configured, through two upgrades") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  ScriptedOrigin c(named("c"));
  Lineage lineage(Setup{.pool = {"policy: random", "affinity: {cookie: {}}"},
                        .backends = {backend("a", a), backend("b", b), backend("c", c)}});
  std::vector<Session> sessions(12);
  for (Session& session : sessions) session.node = visit(session, lineage.port());
  for (int generation = 0; generation < 2; ++generation) {
    lineage.upgrade_and_settle();
    for (Session& session : sessions) CHECK(visit(session, lineage.port()) == session.node);
  }
}

// Which of three nodes answers the user of an application that binds by its own cookie.
std::string visit_as(const std::string& user, std::uint16_t port) {
  return fetch(port, "/me", "Cookie: SID=" + user + "\r\nConnection: close\r\n").body;
}

// Logs in who asks for /log-in/USER; /held/log-in/USER when the gate is open.
Script application(std::string name, Gate& gate) {
  return answering([name = std::move(name), &gate](const Message& request) {
    const std::string target = request.target();
    if (target.starts_with("/held")) gate.pass();
    const std::size_t at = target.find("/log-in/");
    return reply(name, at == std::string::npos ? "" : "Set-Cookie: SID=" + target.substr(at + 8) + "\r\n");
  });
}

TEST_CASE("learned sessions stay where they are, through two upgrades, and so does one that is learned amid one") {
  Gate gate;
  ScriptedOrigin a(application("a", gate));
  ScriptedOrigin b(application("b", gate));
  ScriptedOrigin c(application("c", gate));
  Lineage lineage(Setup{.process = "{workers: 2, shutdown_grace: 1m}",
                        .pool = {"affinity: {app_cookie: {name: SID, how: learn}}"},
                        .backends = {backend("a", a), backend("b", b), backend("c", c)}});
  std::map<std::string, std::string> nodes;
  for (int i = 0; i < 12; ++i) {
    const std::string user = "user" + std::to_string(i);
    nodes[user] = fetch(lineage.port(), "/log-in/" + user, "Connection: close\r\n").body;
  }
  RawClient late(lineage.port());
  late.send(get("/held/log-in/late"));
  REQUIRE(eventually([&] {
    return a.seen_target("/held/log-in/late") + b.seen_target("/held/log-in/late") +
               c.seen_target("/held/log-in/late") ==
           1;
  }));
  const pid_t before = lineage.pid();
  lineage.upgrade();
  gate.open();
  nodes["late"] = late.read_response()->body;
  CHECK(await_end(before) == 0);
  // What the old process says last has been read by the new one, or will be at once.
  CHECK(eventually([&] { return visit_as("late", lineage.port()) == nodes["late"]; }));
  for (int generation = 0; generation < 2; ++generation) {
    for (const auto& [user, node] : nodes) CHECK(visit_as(user, lineage.port()) == node);
    lineage.upgrade_and_settle();
  }
  for (const auto& [user, node] : nodes) CHECK(visit_as(user, lineage.port()) == node);
}

TEST_CASE("the sessions left on a node are still known, so that a drain does not pass for complete") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  Lineage lineage(Setup{.process = "{workers: 2, shutdown_grace: 1m}",
                        .pool = {"affinity: {cookie: {}}"},
                        .backends = {backend("a", a), backend("b", b)}});
  std::map<std::string, int> nodes;
  for (int i = 0; i < 20; ++i) {
    Session session;
    ++nodes[visit(session, lineage.port())];
  }
  const auto sessions = [&](const std::string& node) {
    return lineage.balancer().admin_json("/api/v1/pools/app/backends/" + node).at("sessions").get<int>();
  };
  for (const char* node : {"a", "b"}) REQUIRE(sessions(node) == nodes[node]);
  for (int generation = 0; generation < 2; ++generation) {
    lineage.upgrade_and_settle();
    for (const char* node : {"a", "b"}) CHECK(sessions(node) == nodes[node]);
  }
}

TEST_CASE("an ejection goes on for as long as it had to") {
  ReservedPort nobody;
  ScriptedOrigin good(named("good"));
  Lineage lineage(Setup{.pool = {"health: {passive: {consecutive_failures: 2, eject: 1h}}"},
                        .backends = {backend("bad", nobody.address()), backend("good", good)}});
  for (int i = 0; i < 6; ++i) CHECK(fetch(lineage.port(), "/").status() == 200);
  REQUIRE(comes_to(lineage.balancer(), "bad", "ejected"));
  const auto left = [&] {
    return lineage.balancer().admin_json("/api/v1/pools/app/backends/bad").at("ejected_for_seconds").get<double>();
  };
  const double before = left();
  lineage.upgrade_and_settle();
  CHECK(state_of(lineage.balancer(), "bad") == "ejected");
  CHECK(left() <= before);
  CHECK(left() > before - 600);
  for (int i = 0; i < 10; ++i) CHECK(fetch(lineage.port(), "/").status() == 200);
  CHECK(lineage.balancer().metric("stickler_backend_failures_total", "backend=\"bad\"") == 0);
}

TEST_CASE("a backend that probes found down is asked nothing, and comes back only after `rise` probes") {
  std::atomic<bool> well{false};
  std::atomic<int> asked{0};
  ScriptedOrigin sick(answering([&](const Message& request) {
    if (request.target() != "/healthz") {
      ++asked;
      return reply("sick");
    }
    return reply("", "", well ? "200 OK" : "500 Internal Server Error");
  }));
  ScriptedOrigin good(named("good"));
  const auto with_rise = [&](const std::string& rise) {
    return Setup{
        .pool = {"health: {active: {path: /healthz, interval: 50ms, timeout: 5s, fall: 2, rise: " + rise + "}}"},
        .backends = {backend("sick", sick), backend("good", good)}};
  };
  Lineage lineage(with_rise("1000"));
  REQUIRE(comes_to(lineage.balancer(), "sick", "down"));
  const int before = asked;
  lineage.upgrade_and_settle();
  well = true;
  const std::size_t probes = sick.seen_target("/healthz");
  CHECK(eventually([&] { return sick.seen_target("/healthz") > probes + 3; }));
  for (int i = 0; i < 10; ++i) CHECK(fetch(lineage.port(), "/").body == "good");
  CHECK(asked == before);
  CHECK(state_of(lineage.balancer(), "sick") == "down");
  lineage.balancer().rewrite(yaml(with_rise("2")));
  lineage.upgrade_and_settle();
  CHECK(comes_to(lineage.balancer(), "sick", "up"));
}

TEST_CASE("the rotation goes on where it was") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  ScriptedOrigin c(named("c"));
  Lineage lineage(Setup{.backends = {backend("a", a), backend("b", b), backend("c", c)}});
  std::string seen;
  for (int i = 0; i < 9; ++i) {
    seen += fetch(lineage.port(), "/").body;
    lineage.upgrade_and_settle();
  }
  CHECK(seen.substr(0, 3) == seen.substr(3, 3));
  CHECK(seen.substr(0, 3) == seen.substr(6, 3));
  for (const ScriptedOrigin* origin : {&a, &b, &c}) CHECK(origin->requests() == 3);
}

TEST_CASE("orders of the operator stay in force, and a drain's deadline where it was") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  ScriptedOrigin c(named("c"));
  Lineage lineage(
      Setup{.pool = {"affinity: {cookie: {}}"}, .backends = {backend("a", a), backend("b", b), backend("c", c)}});
  const auto order = [&](const std::string& what, const std::string& body) {
    return RawClient(lineage.balancer().admin_port())
        .exchange("POST /api/v1/pools/app/backends/" + what +
                  " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body)
        .status();
  };
  REQUIRE(order("a/drain", R"({"deadline_seconds": 3600, "rate": 0.5})") == 200);
  REQUIRE(order("b/disable", "") == 200);
  lineage.upgrade_and_settle();
  CHECK(state_of(lineage.balancer(), "a") == "draining");
  CHECK(state_of(lineage.balancer(), "b") == "down");
  const auto drain = lineage.balancer().admin_json("/api/v1/pools/app/backends/a").at("drain");
  CHECK(drain.at("rate") == 0.5);
  CHECK(drain.at("deadline_in_seconds") <= 3600);
  CHECK(drain.at("deadline_in_seconds") > 3000);
  for (int i = 0; i < 6; ++i) CHECK(fetch(lineage.port(), "/").body == "c");
  REQUIRE(order("a/undrain", "") == 200);
  CHECK(state_of(lineage.balancer(), "a") == "up");
}

}  // namespace
}  // namespace stickler::integration
