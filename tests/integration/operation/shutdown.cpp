// SIGTERM: open exchanges end, nothing new begins, and the process stops with code 0.
#include <catch2/catch.hpp>
#include <system_error>

#include "tests/integration/failure/gate.h"
#include "tests/integration/failure/named.h"
#include "tests/integration/operation/websocket.h"

namespace stickler::integration {
namespace {

const std::string patient = "{workers: 1, shutdown_grace: 1h}";

bool refuses_connections(std::uint16_t port) {
  return eventually([port] {
    try {
      RawClient late(port);
      return false;
    } catch (const std::system_error&) {
      return true;
    }
  });
}

// A client whose request is held by the backend.
RawClient hold_request(GatedOrigin& backend, std::uint16_t port, std::string_view method = "GET") {
  RawClient client(port);
  client.send(request(method, "/held", "", method == "GET" ? "" : "body"));
  if (!eventually([&] { return backend.origin.seen_target("/held") > 0; })) throw std::runtime_error("not held");
  return client;
}

TEST_CASE("an open exchange ends in peace, new connections are refused, and the exit code is 0") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  const std::string workers = GENERATE("1", "2");
  CAPTURE(signal, workers);
  GatedOrigin a("a");
  Balancer balancer(
      Setup{.process = "{workers: " + workers + ", shutdown_grace: 1h}", .backends = {a.origin.address()}});
  RawClient client = hold_request(a, balancer.port(), "POST");
  balancer.process().signal(signal);
  CHECK(refuses_connections(balancer.port()));
  a.gate.open();
  const auto answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->status() == 200);
  CHECK(answer->body == "a");
  CHECK(same_name(answer->field("Connection"), "close"));
  CHECK(client.closed_by_peer());
  balancer.expect_exit(0);
  balancer.process().await_line("stopped");
}

TEST_CASE("an answer that is being sent is sent to its end") {
  Gate gate;
  ScriptedOrigin origin([&](OriginConnection& connection) {
    if (!connection.read_request()) return;
    connection.wire.send("HTTP/1.1 200 OK\r\nContent-Length: 3000004\r\n\r\nhalf");
    gate.pass();
    connection.wire.send(std::string(3'000'000, 'x'));
    connection.hang();
  });
  Balancer balancer(Setup{.process = patient, .backends = {origin.address()}});
  RawClient client(balancer.port());
  client.send(get("/"));
  const auto head = client.read_response_head();
  REQUIRE(head);
  CHECK(client.read_exactly(4) == "half");
  balancer.process().signal(SIGTERM);
  CHECK(refuses_connections(balancer.port()));
  gate.open();
  CHECK(client.read_exactly(3'000'000).size() == 3'000'000);
  CHECK(client.closed_by_peer());
  balancer.expect_exit(0);
}

TEST_CASE("a body that is being sent is taken to its end") {
  ScriptedOrigin origin(answering([](const Message& got) { return reply(std::to_string(got.body.size())); }));
  Balancer balancer(Setup{.process = patient, .backends = {origin.address()}});
  RawClient client(balancer.port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234");
  REQUIRE(eventually([&] { return balancer.metric("stickler_backend_in_flight") == 1; }));
  balancer.process().signal(SIGTERM);
  CHECK(refuses_connections(balancer.port()));
  client.send("56789");
  const auto answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->body == "10");
  balancer.expect_exit(0);
}

TEST_CASE("idle connections are closed, and a request that was on its way is still answered") {
  ScriptedOrigin origin(named("a"));
  Balancer balancer(Setup{.process = patient, .backends = {origin.address()}});
  RawClient idle(balancer.port());
  RawClient silent(balancer.port());  // Has not sent a byte yet.
  RawClient busy(balancer.port());
  CHECK(idle.exchange(get("/")).status() == 200);
  CHECK(busy.exchange(get("/")).status() == 200);
  REQUIRE(eventually([&] { return balancer.metric("stickler_listener_connections_open") == 3; }));
  balancer.process().signal(SIGTERM);
  Message answer;
  do {  // Until the worker has heard of it.
    answer = busy.exchange(get("/on-its-way"));
    REQUIRE(answer.body == "a");
  } while (!same_name(answer.field("Connection"), "close"));
  for (RawClient* client : {&idle, &silent, &busy}) CHECK(client->closed_by_peer());
  balancer.expect_exit(0);
}

TEST_CASE("clients that wait in the kernel's queue are served before the end") {
  GatedOrigin a("a");
  Balancer balancer(
      Setup{.process = patient, .listener = {"limits: {connections: 1}"}, .backends = {a.origin.address()}});
  RawClient first = hold_request(a, balancer.port());
  std::vector<RawClient> queued;
  for (int i = 0; i < 5; ++i) queued.emplace_back(balancer.port()).send(get("/queued"));
  CHECK(queued.back().nothing_arrives(50ms));
  balancer.process().signal(SIGTERM);
  for (RawClient& client : queued) {
    const auto answer = client.read_response();
    REQUIRE(answer);
    CHECK(answer->body == "a");
  }
  a.gate.open();
  CHECK(first.read_response()->status() == 200);
  balancer.expect_exit(0);
}

TEST_CASE("what is still open when the grace is over is cut, and the exit code is 0 all the same") {
  GatedOrigin a("a");
  Balancer balancer(Setup{.process = "{workers: 1, shutdown_grace: 300ms}",
                          .top = {access_log_to_stdout},
                          .backends = {a.origin.address()}});
  RawClient client = hold_request(a, balancer.port());
  balancer.process().signal(SIGTERM);
  CHECK(client.closed_by_peer());
  balancer.process().await_line("shutdown_grace is over");
  balancer.expect_exit(0);
  CHECK(balancer.access_entry("/held").at("reason") == "shutdown");
}

TEST_CASE("a second SIGTERM does not wait any longer") {
  GatedOrigin a("a");
  Balancer balancer(Setup{.process = patient, .backends = {a.origin.address()}});
  RawClient client = hold_request(a, balancer.port());
  balancer.process().signal(SIGTERM);
  balancer.process().await_line("stopping");
  balancer.process().signal(SIGTERM);
  CHECK(client.closed_by_peer());
  balancer.expect_exit(0);
}

TEST_CASE("a tunnel has the grace to end by itself, and is cut afterwards") {
  ScriptedOrigin origin(tunnels("a"));
  {
    Balancer balancer(Setup{.process = patient, .backends = {origin.address()}});
    RawClient tunnel = open_tunnel(balancer.port());
    balancer.process().signal(SIGTERM);
    CHECK(refuses_connections(balancer.port()));
    CHECK(echoes(tunnel, "still here"));
    tunnel.close();
    balancer.expect_exit(0);
  }
  Balancer balancer(Setup{.process = "{workers: 1, shutdown_grace: 200ms}", .backends = {origin.address()}});
  RawClient tunnel = open_tunnel(balancer.port());
  balancer.process().signal(SIGTERM);
  CHECK(tunnel.closed_by_peer());
  balancer.expect_exit(0);
}

TEST_CASE("a request that waits for a full backend is served before the end") {
  GatedOrigin a("a");
  Balancer balancer(Setup{.process = patient,
                          .pool = {"connections: {max_per_backend: 1}", "timeouts: {queue: 1h}"},
                          .backends = {a.origin.address()}});
  RawClient first = hold_request(a, balancer.port());
  RawClient waiting(balancer.port());
  waiting.send(get("/waits"));
  REQUIRE(eventually([&] { return balancer.metric("stickler_pool_queue_length") == 1; }));
  balancer.process().signal(SIGTERM);
  balancer.process().await_line("stopping");
  a.gate.open();
  CHECK(first.read_response()->status() == 200);
  CHECK(waiting.read_response()->body == "a");
  balancer.expect_exit(0);
}

TEST_CASE("while it stops the process says so: alive, not ready, and it does not reload") {
  GatedOrigin a("a");
  Balancer balancer(Setup{.process = patient, .backends = {a.origin.address()}});
  CHECK(balancer.admin("/readyz").status() == 200);
  CHECK(balancer.metric("stickler_ready") == 1);
  RawClient client = hold_request(a, balancer.port());
  balancer.process().signal(SIGTERM);
  balancer.process().await_line("stopping");
  const Message ready = balancer.admin("/readyz");
  CHECK(ready.status() == 503);
  CHECK_FALSE(ready.body.empty());
  CHECK(balancer.admin("/healthz").status() == 200);
  CHECK(balancer.metric("stickler_ready") == 0);
  CHECK(balancer.admin_json("/api/v1/status").at("draining") == true);
  const Message reload = reload_by_command(balancer);
  CHECK(reload.status() == 503);
  CHECK(nlohmann::json::parse(reload.body).at("error").at("code") == "shutting_down");
  a.gate.open();
  CHECK(client.read_response()->status() == 200);
  balancer.expect_exit(0);
}

TEST_CASE("a process without an open exchange stops at once, whatever the grace") {
  ScriptedOrigin origin(named("a"));
  Balancer balancer(Setup{.process = "{workers: 2, shutdown_grace: 1h}", .backends = {origin.address()}});
  CHECK(fetch(balancer.port(), "/", "Connection: close\r\n").body == "a");
  balancer.process().signal(SIGTERM);
  balancer.expect_exit(0);
}

}  // namespace
}  // namespace stickler::integration
