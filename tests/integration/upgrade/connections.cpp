// SIGUSR2: what becomes of connections that are open when another process takes over.
#include <catch2/catch.hpp>

#include "tests/integration/failure/gate.h"
#include "tests/integration/failure/named.h"
#include "tests/integration/operation/websocket.h"
#include "tests/integration/upgrade/lineage.h"

namespace stickler::integration {
namespace {

const std::string patient = "{workers: 1, shutdown_grace: 1h, upgrade_grace: 1h}";

TEST_CASE("a keep-alive client is told to move, and moves") {
  ScriptedOrigin origin(named("a"));
  Lineage lineage(Setup{.process = patient, .backends = {origin.address()}});
  RawClient idle(lineage.port());
  RawClient busy(lineage.port());
  CHECK(idle.exchange(get("/")).status() == 200);
  CHECK(busy.exchange(get("/")).status() == 200);
  const pid_t before = lineage.pid();
  lineage.upgrade();
  Message answer;
  do {  // Until the worker has heard of it.
    answer = busy.exchange(get("/"));
    REQUIRE(answer.body == "a");
  } while (!same_name(answer.field("Connection"), "close"));
  for (RawClient* client : {&idle, &busy}) CHECK(client->closed_by_peer());
  lineage.balancer().process().await_line("stopped");
  CHECK(lineage.balancer().process().wait() == std::optional<int>(0));
  CHECK(lineage.pid() != before);
  RawClient moved(lineage.port());
  CHECK_FALSE(same_name(moved.exchange(get("/")).field("Connection"), "close"));
}

TEST_CASE("an exchange that is open ends in the old process, and one that does not is cut with shutdown_grace") {
  GatedOrigin a("a");
  Setup setup{.process = patient, .top = {access_log_to_stdout}, .backends = {a.origin.address()}};
  {
    Lineage lineage(setup);
    RawClient client(lineage.port());
    client.send(get("/held"));
    REQUIRE(eventually([&] { return a.origin.seen_target("/held") == 1; }));
    lineage.upgrade();
    a.gate.open();
    CHECK(client.read_response()->body == "a");
    CHECK(lineage.balancer().process().wait() == std::optional<int>(0));
    CHECK(lineage.balancer().access_entry("/held").at("status") == 200);
  }
  GatedOrigin b("b");
  setup.process = "{workers: 1, shutdown_grace: 300ms, upgrade_grace: 1h}";
  setup.backends = {b.origin.address()};
  Lineage lineage(setup);
  RawClient client(lineage.port());
  client.send(get("/held"));
  REQUIRE(eventually([&] { return b.origin.seen_target("/held") == 1; }));
  lineage.upgrade();
  CHECK(client.closed_by_peer());
  CHECK(lineage.balancer().access_entry("/held").at("reason") == "shutdown");
  CHECK(lineage.balancer().process().wait() == std::optional<int>(0));
  b.gate.open();
}

TEST_CASE("a tunnel outlives shutdown_grace and the exchanges, and is cut with upgrade_grace") {
  GatedOrigin a("a");
  ScriptedOrigin chat(tunnels("chat"));
  Setup setup{.process = "{workers: 2, shutdown_grace: 200ms, upgrade_grace: 3s}",
              .listener = {"routes: [{path: /ws, pool: chat}]"},
              .backends = {a.origin.address()},
              .pools = "  chat: {backends: [" + backend("c", chat) + "]}\n"};
  Lineage lineage(setup);
  RawClient tunnel = open_tunnel(lineage.port());
  RawClient cut(lineage.port());
  cut.send(get("/held"));
  REQUIRE(eventually([&] { return a.origin.seen_target("/held") == 1; }));
  lineage.upgrade();
  CHECK(cut.closed_by_peer());
  lineage.await_line("shutdown_grace is over");
  CHECK(echoes(tunnel, "still open"));
  CHECK(tunnel.closed_by_peer());
  lineage.await_line("upgrade_grace is over");
  CHECK(lineage.balancer().process().wait() == std::optional<int>(0));
  RawClient another = open_tunnel(lineage.port());
  CHECK(echoes(another, "the new process"));
  a.gate.open();
}

TEST_CASE("a tunnel that ends by itself lets the old process end; SIGTERM does not wait for one") {
  ScriptedOrigin origin(tunnels("a"));
  for (const bool asked : {false, true}) {
    CAPTURE(asked);
    Lineage lineage(Setup{.process = patient, .backends = {origin.address()}});
    RawClient tunnel = open_tunnel(lineage.port());
    lineage.upgrade();
    CHECK(echoes(tunnel, "still open"));
    if (asked) lineage.balancer().process().signal(SIGTERM);
    if (!asked) tunnel.close();
    CHECK(lineage.balancer().process().wait() == std::optional<int>(0));
    if (asked) CHECK(tunnel.closed_by_peer());
  }
}

TEST_CASE("a process that was replaced is neither upgraded nor reloaded again") {
  ScriptedOrigin origin(tunnels("a"));
  Lineage lineage(Setup{.process = patient, .backends = {origin.address()}});
  RawClient tunnel = open_tunnel(lineage.port());
  lineage.upgrade();
  lineage.balancer().process().signal(SIGUSR2);
  lineage.await_line("upgrade refused: the process is replaced already");
  lineage.balancer().process().signal(SIGHUP);
  lineage.await_line("reload refused, nothing has changed: another process has taken over");
  lineage.upgrade();  // The other one is.
  CHECK(echoes(tunnel, "still open"));
}

TEST_CASE("the admin API moves along, and lines of both processes are whole") {
  GatedOrigin a("a");
  TemporaryDirectory directory;
  const std::string log = directory.file("access.log");
  Lineage lineage(
      Setup{.process = patient, .top = {"access_log: {file: " + log + "}"}, .backends = {a.origin.address()}});
  RawClient client(lineage.port());
  client.send(get("/old"));
  REQUIRE(eventually([&] { return a.origin.seen_target("/old") == 1; }));
  lineage.upgrade();
  CHECK(lineage.is_asked());
  CHECK(lineage.balancer().admin("/readyz").status() == 200);
  a.gate.open();
  CHECK(client.read_response()->status() == 200);
  CHECK(fetch(lineage.port(), "/new").status() == 200);
  CHECK(eventually([&] {
    const std::string text = read_file(log);
    return text.find("\"path\":\"/old\"") != std::string::npos && text.find("\"path\":\"/new\"") != std::string::npos;
  }));
}

}  // namespace
}  // namespace stickler::integration
