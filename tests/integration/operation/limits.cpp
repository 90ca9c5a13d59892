// limits.connections, and what happens when the process runs out of descriptors.
#include <catch2/catch.hpp>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/named.h"

namespace stickler::integration {
namespace {

double open_now(Balancer& balancer) { return balancer.metric("stickler_listener_connections_open"); }

TEST_CASE("at the limit accepting stops, at 90 % of it it resumes, and who waited is served") {
  constexpr int limit = 20;
  ScriptedOrigin origin(named("a"));
  Balancer balancer(Setup{.listener = {"limits: {connections: 20}"}, .backends = {origin.address()}});
  std::vector<RawClient> served;
  for (int i = 0; i < limit; ++i) {
    served.emplace_back(balancer.port());
    CHECK(served.back().exchange(get("/")).body == "a");
  }
  std::vector<RawClient> waiting;
  for (int i = 0; i < 5; ++i) waiting.emplace_back(balancer.port()).send(get("/later"));
  CHECK(waiting.front().nothing_arrives(100ms));
  CHECK(open_now(balancer) == limit);
  CHECK(balancer.metric("stickler_listener_limit_pauses_total") >= 1);
  const auto report = balancer.admin_json("/api/v1/status").at("listeners").at(0);
  CHECK(report.at("connections") == limit);
  CHECK(report.at("connections_max") == limit);

  served.pop_back();  // 19 of 20: above the mark.
  REQUIRE(eventually([&] { return open_now(balancer) == limit - 1; }));
  CHECK(waiting.front().nothing_arrives(100ms));
  served.pop_back();  // 18 of 20.
  int answered = 0;
  REQUIRE(eventually([&] {
    answered = 0;
    for (RawClient& client : waiting) answered += client.nothing_arrives(0ms) ? 0 : 1;
    return answered == 2;
  }));
  CHECK(open_now(balancer) == limit);
  served.clear();
  for (RawClient& client : waiting) CHECK(client.read_response()->body == "a");
}

TEST_CASE("with two workers the limit is one for both, and everybody is served in the end") {
  constexpr int limit = 10;
  constexpr int workers = 2;
  ScriptedOrigin origin(named("a"));
  Balancer balancer(Setup{.process = "{workers: 2, shutdown_grace: 500ms}",
                          .listener = {"limits: {connections: 10}"},
                          .backends = {origin.address()}});
  std::vector<RawClient> clients;
  for (int i = 0; i < 60; ++i) clients.emplace_back(balancer.port()).send(get("/", "Connection: close\r\n"));
  for (RawClient& client : clients) {
    const auto answer = client.read_response();
    REQUIRE(answer);
    CHECK(answer->body == "a");
    CHECK(open_now(balancer) <= limit + workers - 1);
  }
  CHECK(eventually([&] { return open_now(balancer) == 0; }));
}

TEST_CASE("a reload lets nobody in above the limit") {
  constexpr int limit = 5;
  ScriptedOrigin origin(named("a"));
  const Setup setup{.listener = {"limits: {connections: 5}"}, .backends = {origin.address()}};
  Balancer balancer(setup);
  std::vector<RawClient> served;
  for (int i = 0; i < limit; ++i) {
    served.emplace_back(balancer.port());
    CHECK(served.back().exchange(get("/")).body == "a");
  }
  std::vector<RawClient> waiting;
  for (int i = 0; i < 4; ++i) waiting.emplace_back(balancer.port()).send(get("/later"));
  for (int i = 0; i < 3; ++i) reload(balancer, setup);
  CHECK(waiting.front().nothing_arrives(100ms));
  CHECK(open_now(balancer) == limit);
  served.clear();
  for (RawClient& client : waiting) CHECK(client.read_response()->body == "a");
}

TEST_CASE("a limit of one serves one client after the other") {
  ScriptedOrigin origin(named("a"));
  Balancer balancer(Setup{.listener = {"limits: {connections: 1}"}, .backends = {origin.address()}});
  std::vector<RawClient> clients;
  for (int i = 0; i < 20; ++i) clients.emplace_back(balancer.port()).send(get("/", "Connection: close\r\n"));
  for (RawClient& client : clients) CHECK(client.read_response()->body == "a");
}

TEST_CASE("the automatic limit leaves descriptors for backends") {
  ScriptedOrigin origin(named("a"));
  Balancer balancer(yaml(Setup{.backends = {origin.address()}}), {.open_files_max = 512});
  const double most = balancer.admin_json("/api/v1/status").at("listeners").at(0).at("connections_max");
  CHECK(most > 100);
  CHECK(most <= 256);
}

TEST_CASE("running out of descriptors is survived: clients wait, and are served when there are some again") {
  constexpr std::size_t files = 60;
  ScriptedOrigin origin(named("a"));
  Balancer balancer(yaml(Setup{.listener = {"limits: {connections: 1000}"}, .backends = {origin.address()}}),
                    {.open_files_max = files});
  CHECK(fetch(balancer.port(), "/").body == "a");
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < 2 * files; ++i) clients.emplace_back(balancer.port());
  REQUIRE(eventually([&] { return balancer.process().open_descriptors() >= files - 1; }));
  RawClient late(balancer.port());
  CHECK(late.nothing_arrives(300ms));  // It waits in the kernel's queue, it is not dropped.
  clients.clear();
  REQUIRE(eventually([&] { return balancer.process().open_descriptors() < files / 2; }));
  CHECK(late.exchange(get("/late")).body == "a");
  balancer.process().await_line("no descriptor is left");
  CHECK(balancer.metric("stickler_listener_descriptor_pauses_total") >= 1);
  for (int i = 0; i < 10; ++i) CHECK(fetch(balancer.port(), "/").body == "a");
  CHECK(balancer.admin("/healthz").status() == 200);
}

TEST_CASE("the limit of one listener is not that of another") {
  ScriptedOrigin origin(named("a"));
  Balancer balancer(Setup{.listener = {"limits: {connections: 1}"},
                          .backends = {origin.address()},
                          .listeners = "  other: {listen: \"127.0.0.1:0\", pool: app}\n"});
  RawClient holder(balancer.port());
  CHECK(holder.exchange(get("/")).body == "a");
  RawClient waiting(balancer.port());
  waiting.send(get("/"));
  for (int i = 0; i < 5; ++i) CHECK(fetch(balancer.port("other"), "/").body == "a");
  CHECK(waiting.nothing_arrives(50ms));
  holder.close();
  CHECK(waiting.read_response()->body == "a");
}

}  // namespace
}  // namespace stickler::integration
