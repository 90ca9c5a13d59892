// Requests that wait for an answer of a node which is then confirmed down: what may be sent twice is sent to another.
#include <poll.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/integration/failure/gate.h"
#include "tests/integration/failure/named.h"

namespace stickler::integration {
namespace {

const std::string probed =
    "health: {passive: off, active: {path: /healthz, interval: 50ms, timeout: 5s, rise: 1, fall: 2}}";
const std::string key = "keys: [\"a key that is at least 32 bytes long\"]";
const std::string sticky = "affinity: {cookie: {" + key + "}}";

// Says whether it is well when probed; its answers to /held wait at the gate.
class Node {
 public:
  ~Node() { gate.open(); }

  std::atomic<bool> well{true};
  Gate gate;
  ScriptedOrigin origin{answering([this](const Message& request) {
    if (request.target() == "/healthz") return well ? reply("") : reply("", "", "503 Service Unavailable");
    if (request.target().starts_with("/held")) gate.pass();
    return reply("node");
  })};
};

struct Fixture {
  Node node;
  ScriptedOrigin other{named("other")};
  Setup setup{.top = {access_log_to_stdout},
              .pool = {probed, sticky},
              .backends = {backend("node", node.origin), backend("other", other)}};
};

// The Cookie line of a session on the node.
std::string cookie_of_node(Balancer& balancer) {
  for (int i = 0; i < 200; ++i) {
    const Message first = fetch(balancer.port(), "/log-in");
    const std::string cookie = first.field("Set-Cookie");
    if (first.body == "node") return "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
  }
  throw std::runtime_error("no session lands on the node");
}

// A client whose request is at the node, which holds its answer back.
RawClient wait_at(Node& node, Balancer& balancer, std::string_view method, std::string_view fields) {
  RawClient client(balancer.port());
  client.send(request(method, "/held", fields, method == "GET" ? "" : "body"));
  if (!eventually([&] { return node.origin.seen_target("/held") > 0; })) throw std::runtime_error("not at the node");
  return client;
}

void confirm_down(Fixture& fixture, Balancer& balancer) {
  fixture.node.well = false;
  REQUIRE(comes_to(balancer, "node", "down"));
}

TEST_CASE("an idempotent request is sent to another node, and its session moves there") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  RawClient client = wait_at(fixture.node, balancer, "GET", cookie_of_node(balancer));
  confirm_down(fixture, balancer);
  const auto answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->status() == 200);
  CHECK(answer->body == "other");
  CHECK(answer->has("Set-Cookie"));
  const auto entry = balancer.access_entry("/held");
  CHECK(entry.at("verdict") == "moved");
  CHECK(entry.at("attempts") == 2);
  CHECK(entry.at("reason") == "");
  CHECK(balancer.metric("stickler_pool_failures_total", "reason=\"node_down\"") == 1);
  CHECK(client.exchange(get("/next")).body == "other");  // The client's connection goes on.
}

TEST_CASE("so is one of a client without a session, with its body") {
  Fixture fixture;
  fixture.setup.pool = {probed};
  Balancer balancer(fixture.setup);
  RawClient client(balancer.port());
  const auto is_at_node = [&] { return fixture.node.origin.seen_target("/held") == 1; };
  for (int i = 0; !is_at_node(); ++i) {
    REQUIRE(i < 4);
    client.send(request("PUT", "/held", "", std::string(20'000, 'b')));
    REQUIRE(eventually([&] { return is_at_node() || wait_for(client.fd(), POLLIN, Deadline(0ms)); }));
    if (!is_at_node()) REQUIRE(client.read_response());
  }
  confirm_down(fixture, balancer);
  const auto answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->body == "other");
  const std::vector<Message> seen = fixture.other.seen();  // Probes are among them.
  const auto sent_again = std::ranges::find(seen, "/held", &Message::target);
  REQUIRE(sent_again != seen.end());
  CHECK((sent_again->body == std::string(20'000, 'b')));
}

TEST_CASE("one that may not be sent twice, or nowhere else, waits for its node and gets the answer that it makes") {
  struct Row {
    const char* what;
    const char* method;
    void (*change)(Fixture& fixture);
  };
  const Row rows[] = {
      {"not idempotent", "POST", [](Fixture&) {}},
      {"no other node", "GET", [](Fixture& fixture) { fixture.setup.backends.pop_back(); }},
      {"a pool that fails rather than moves a session", "GET",
       [](Fixture& fixture) { fixture.setup.pool[1] = "affinity: {when_unavailable: fail, cookie: {" + key + "}}"; }},
      {"no retries", "GET", [](Fixture& fixture) { fixture.setup.pool.push_back("retries: {attempts: 0}"); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Fixture fixture;
    row.change(fixture);
    Balancer balancer(fixture.setup);
    RawClient client = wait_at(fixture.node, balancer, row.method, cookie_of_node(balancer));
    confirm_down(fixture, balancer);
    CHECK(client.nothing_arrives(100ms));
    fixture.node.gate.open();
    const auto answer = client.read_response();
    REQUIRE(answer);
    CHECK(answer->status() == 200);
    CHECK(answer->body == "node");
    CHECK(fixture.other.seen_target("/held") == 0);
    CHECK(balancer.access_entry("/held").at("attempts") == 1);
  }
}

TEST_CASE("a request that waits for a place at the node has not been sent, and goes elsewhere whatever its method") {
  struct Row {
    const char* when_unavailable;
    int status;
    const char* verdict;
  };
  for (const Row& row : {Row{"redispatch", 200, "moved"}, {"fail", 503, "refused"}}) {
    CAPTURE(row.when_unavailable);
    Fixture fixture;
    fixture.setup.pool = {probed, "connections: {max_per_backend: 1}",
                          "affinity: {overload: {queue: 1h}, when_unavailable: " + std::string(row.when_unavailable) +
                              ", cookie: {" + key + "}}"};
    Balancer balancer(fixture.setup);
    const std::string cookie = cookie_of_node(balancer);
    const RawClient first = wait_at(fixture.node, balancer, "POST", cookie);
    RawClient second(balancer.port());
    second.send(request("POST", "/queued", cookie, "body"));
    REQUIRE(eventually([&] { return balancer.metric("stickler_pool_queue_length") == 1; }));
    confirm_down(fixture, balancer);
    const auto answer = second.read_response("POST");
    REQUIRE(answer);
    CHECK(answer->status() == row.status);
    CHECK(balancer.access_entry("/queued").at("verdict") == row.verdict);
    CHECK(balancer.metric("stickler_pool_queue_length") == 0);
    CHECK(fixture.node.origin.seen_target("/queued") == 0);
    CHECK(fixture.other.seen_target("/queued") == (row.status == 200 ? 1 : 0));
  }
}

TEST_CASE("an answer that has begun is not thrown away") {
  std::atomic<bool> well{true};
  Gate gate;
  ScriptedOrigin node([&](OriginConnection& connection) {
    while (const auto got = connection.read_request()) {
      if (got->target() != "/begun") {
        connection.wire.send(well ? reply("node") : reply("", "", "503 Service Unavailable"));
        continue;
      }
      connection.wire.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
      gate.pass();
      connection.wire.send("done");
    }
  });
  ScriptedOrigin other(named("other"));
  Balancer balancer(Setup{.pool = {probed, sticky}, .backends = {backend("node", node), backend("other", other)}});
  RawClient client(balancer.port());
  client.send(get("/begun", cookie_of_node(balancer)));
  REQUIRE(client.read_response_head());
  CHECK(client.read_exactly(4) == "half");
  well = false;
  CHECK(comes_to(balancer, "node", "down"));
  gate.open();
  CHECK(client.read_exactly(4) == "done");
}

TEST_CASE("a node that a reload sets down finishes what it has been asked") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  RawClient client = wait_at(fixture.node, balancer, "GET", cookie_of_node(balancer));
  fixture.setup.backends[0] = backend("node", fixture.node.origin, ", state: down");
  reload(balancer, fixture.setup);
  REQUIRE(comes_to(balancer, "node", "down"));
  CHECK(client.nothing_arrives(100ms));
  fixture.node.gate.open();
  const auto answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->body == "node");
}

}  // namespace
}  // namespace stickler::integration
