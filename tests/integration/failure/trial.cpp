// The way back from an ejection: single requests try the backend. And what ejects one that fails now and then only.
#include <catch2/catch.hpp>

#include "tests/integration/failure/gate.h"
#include "tests/integration/failure/named.h"

namespace stickler::integration {
namespace {

// A backend that was ejected for two failures in a row and is on trial; what it does with requests for "/tried..." the
// test decides.
class Fixture {
 public:
  explicit Fixture(const std::string& eject, const std::string& more = "policy: round_robin")
      : balancer(Setup{.top = {access_log_to_stdout},
                       .pool = {"health: {passive: {consecutive_failures: 2, eject: " + eject + "}}", more},
                       .backends = {backend("sick", sick), backend("good", good)}}) {
    for (int i = 0; i < 4; ++i) ask("/");
    balancer.process().await_line("backend app/sick is ejected: too many failures in a row");
    well = true;
    REQUIRE(comes_to(balancer, "sick", "trial"));
  }
  ~Fixture() { gate.open(); }

  Message ask(std::string_view target) { return fetch(balancer.port(), target, "Connection: close\r\n"); }

  std::atomic<bool> well{false};
  Gate gate;
  ScriptedOrigin sick{answering([this](const Message& request) {
    if (request.target().starts_with("/held")) gate.pass();
    return well ? reply("sick") : reply("sick", "", "503 Service Unavailable");
  })};
  ScriptedOrigin good{named("good")};
  Balancer balancer;
};

TEST_CASE("one request at a time tries a backend that was ejected, and three good ones put it back") {
  Fixture fixture("5s");
  CHECK(fixture.balancer.metric("stickler_backend_up", "backend=\"sick\"") == 0);
  CHECK(fixture.balancer.admin_json("/api/v1/pools/app/backends/sick").at("ejected_because") == "consecutive_failures");
  RawClient first(fixture.balancer.port());
  first.send(get("/held"));
  REQUIRE(eventually([&] { return fixture.sick.seen_target("/held") == 1; }));
  for (int i = 0; i < 10; ++i) CHECK(fixture.ask("/").body == "good");  // While it is tried.
  fixture.gate.open();
  CHECK(first.read_response().value().body == "sick");
  CHECK(fixture.ask("/").body == "sick");
  CHECK(state_of(fixture.balancer, "sick") == "trial");
  CHECK(fixture.ask("/").body == "sick");
  REQUIRE(comes_to(fixture.balancer, "sick", "up"));
  fixture.balancer.process().await_line("backend app/sick is in again: its trial went well");
  CHECK(fixture.balancer.admin_json("/api/v1/pools/app/backends/sick").at("ejected_because") == "");
}

TEST_CASE("a trial that fails costs one request, and ejects it for longer") {
  Fixture fixture("5s");
  fixture.well = false;
  CHECK(fixture.ask("/").status() == 503);
  REQUIRE(comes_to(fixture.balancer, "sick", "ejected"));
  for (int i = 0; i < 10; ++i) CHECK(fixture.ask("/").body == "good");
  const auto report = fixture.balancer.admin_json("/api/v1/pools/app/backends/sick");
  CHECK(report.at("ejected_because") == "trial");
  CHECK(report.at("ejected_for_seconds").get<double>() > 5);
  CHECK(fixture.balancer.metric("stickler_backend_ejections_total", "reason=\"trial\"") == 1);
  CHECK(fixture.balancer.metric("stickler_backend_ejections_total", "reason=\"consecutive_failures\"") == 1);
}

TEST_CASE("requests that may not be sent twice try nobody") {
  Fixture fixture("5s");
  const std::size_t before = fixture.sick.requests();
  for (int i = 0; i < 10; ++i) {
    RawClient client(fixture.balancer.port());
    CHECK(client.exchange(request("POST", "/", "", "body"), "POST").body == "good");
  }
  CHECK(fixture.sick.requests() == before);
}

TEST_CASE("where nobody tries it, it is back after one more `eject`") {
  Fixture fixture("200ms");
  REQUIRE(comes_to(fixture.balancer, "sick", "up"));
  fixture.balancer.process().await_line("backend app/sick is in again: its trial is over");
}

TEST_CASE("a trial without an answer ejects it, and its request is sent to another") {
  Fixture fixture("500ms");
  const Message answer = fixture.ask("/held");
  CHECK(answer.status() == 200);
  CHECK(answer.body == "good");
  CHECK(fixture.balancer.access_entry("/held").at("attempts") == 2);
  fixture.balancer.process().await_line("backend app/sick is ejected: it gave no answer on trial");
  CHECK(fixture.balancer.metric("stickler_pool_failures_total", "reason=\"node_down\"") == 1);
}

TEST_CASE("a session that is bound to it goes there as well, and its request is a trial like others") {
  std::atomic<bool> well{true};
  Gate gate;
  ScriptedOrigin sick(answering([&](const Message& request) {
    if (request.target().starts_with("/held")) gate.pass();
    return well ? reply("sick") : reply("", "", "503 Service Unavailable");
  }));
  ScriptedOrigin good(named("good"));
  Balancer balancer(Setup{.pool = {"health: {passive: {consecutive_failures: 2, eject: 500ms}}",
                                   "affinity: {cookie: {keys: [\"a key that is at least 32 bytes long\"]}}"},
                          .backends = {backend("sick", sick), backend("good", good)}});
  std::string cookie;
  while (cookie.empty()) {
    const Message first = fetch(balancer.port(), "/");
    const std::string set = first.field("Set-Cookie");
    if (first.body == "sick") cookie = "Cookie: " + set.substr(0, set.find(';')) + "\r\n";
  }
  well = false;
  for (int i = 0; i < 2; ++i) CHECK(fetch(balancer.port(), "/", cookie).status() == 503);
  REQUIRE(comes_to(balancer, "sick", "trial"));
  RawClient client(balancer.port());
  client.send(request("POST", "/held", cookie, "body"));
  balancer.process().await_line("backend app/sick is ejected: it gave no answer on trial");
  CHECK(sick.seen_target("/held") == 1);
  gate.open();
  CHECK(client.read_response("POST").value().status() == 503);  // It may not be sent twice, so it waited.
}

TEST_CASE("a client that leaves during a trial leaves the turn to the next") {
  Fixture fixture("5s");
  {
    RawClient client(fixture.balancer.port());
    client.send(get("/held"));
    REQUIRE(eventually([&] { return fixture.sick.seen_target("/held") == 1; }));
  }
  CHECK(eventually([&] { return fixture.ask("/").body == "sick"; }));
}

TEST_CASE("a backend at max_per_backend is tried when it has room") {
  Fixture fixture("5s", "connections: {max_per_backend: 1}");
  CHECK(fixture.ask("/").body == "sick");
  CHECK(fixture.ask("/").body == "sick");
  CHECK(fixture.ask("/").body == "sick");
  CHECK(comes_to(fixture.balancer, "sick", "up"));
}

TEST_CASE("a backend that goes on failing is ejected again and again") {
  ScriptedOrigin sick(answering([](const Message&) { return reply("", "", "503 Service Unavailable"); }));
  ScriptedOrigin good(named("good"));
  Balancer balancer(Setup{.pool = {"health: {passive: {consecutive_failures: 1, eject: 50ms}}"},
                          .backends = {backend("sick", sick), backend("good", good)}});
  REQUIRE(eventually([&] {
    fetch(balancer.port(), "/", "Connection: close\r\n");
    return sick.requests() >= 4;
  }));
  const auto ejections = [&] { return balancer.metric("stickler_backend_ejections_total", "backend=\"sick\""); };
  CHECK(eventually([&] { return ejections() >= 3; }));
}

TEST_CASE("a backend that spoils every second request is ejected, though it never fails twice in a row") {
  std::atomic<unsigned> turn{0};
  ScriptedOrigin sick(answering(
      [&](const Message&) { return ++turn % 2 == 0 ? reply("sick") : reply("", "", "503 Service Unavailable"); }));
  ScriptedOrigin good(named("good"));
  Balancer balancer(
      Setup{.pool = {"health: {passive: {eject: 1h}}"}, .backends = {backend("sick", sick), backend("good", good)}});
  RawClient client(balancer.port());
  REQUIRE(eventually([&] {
    client.exchange(get("/"));
    return balancer.metric("stickler_backend_ejections_total", "backend=\"sick\",reason=\"success_rate\"") == 1;
  }));
  CHECK(balancer.admin_json("/api/v1/pools/app/backends/sick").at("ejected_because") == "success_rate");
  balancer.process().await_line("backend app/sick is ejected: it fails far more often than the others");
  for (int i = 0; i < 10; ++i) CHECK(client.exchange(get("/")).body == "good");
}

}  // namespace
}  // namespace stickler::integration
