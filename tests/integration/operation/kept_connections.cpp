// Connections to backends that are kept for the next request: how many, and for how long; and silent tunnels.
#include <catch2/catch.hpp>

#include "tests/integration/failure/gate.h"
#include "tests/integration/failure/named.h"
#include "tests/integration/operation/websocket.h"

namespace stickler::integration {
namespace {

TEST_CASE("idle_timeout: a connection that nobody needed for so long is closed") {
  ScriptedOrigin origin(named("a"));
  Balancer balancer(Setup{.pool = {"connections: {idle_timeout: 100ms}"}, .backends = {origin.address()}});
  CHECK(fetch(balancer.port(), "/").body == "a");
  CHECK(eventually([&] { return origin.connections() == 1 && origin.open_connections() == 0; }));
  CHECK(fetch(balancer.port(), "/").body == "a");
  CHECK(origin.connections() == 2);
}

TEST_CASE("idle_per_worker: so many connections are kept, the others closed") {
  struct Row {
    const char* kept;
    std::size_t open;
  };
  for (const Row row : {Row{"0", 0}, Row{"2", 2}, Row{"64", 5}}) {
    CAPTURE(row.kept);
    GatedOrigin a("a");
    Balancer balancer(Setup{.pool = {"connections: {idle_per_worker: " + std::string(row.kept) + "}"},
                            .backends = {a.origin.address()}});
    std::vector<RawClient> clients;
    for (int i = 0; i < 5; ++i) clients.emplace_back(balancer.port()).send(get("/held"));
    REQUIRE(eventually([&] { return a.origin.seen_target("/held") == 5; }));
    a.gate.open();
    for (RawClient& client : clients) CHECK(client.read_response()->body == "a");
    CHECK(eventually([&] { return a.origin.open_connections() == row.open; }));
    for (int i = 0; i < 4; ++i) CHECK(clients[0].exchange(get("/")).body == "a");
    CHECK(a.origin.connections() == (row.open == 0 ? 9 : 5));
  }
}

TEST_CASE("timeouts.tunnel: a tunnel that is silent for so long is closed on both sides, one that is used is not") {
  ScriptedOrigin origin(tunnels("a"));
  Balancer balancer(
      Setup{.top = {access_log_to_stdout}, .listener = {"timeouts: {tunnel: 500ms}"}, .backends = {origin.address()}});
  RawClient silent = open_tunnel(balancer.port());
  RawClient used = open_tunnel(balancer.port());
  const Deadline four_times_as_long(2s);
  int echoed = 0;
  while (!four_times_as_long.passed()) {
    REQUIRE(echoes(used, "x"));
    ++echoed;
    std::this_thread::sleep_for(5ms);
  }
  CHECK(echoed > 4);
  CHECK(silent.closed_by_peer());
  CHECK(balancer.access_entry("/ws").at("reason") == "tunnel_idle");
  CHECK(echoes(used, "still open"));
  CHECK(origin.open_connections() == 1);
}

}  // namespace
}  // namespace stickler::integration
