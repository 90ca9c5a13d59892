// Full backends: who waits, how long, in what order, and who gets the place.
#include <catch2/catch.hpp>

#include "tests/integration/failure/gate.h"
#include "tests/integration/failure/named.h"

namespace stickler::integration {
namespace {

double waiting(Balancer& balancer) { return balancer.metric("stickler_pool_queue_length", "pool=\"app\""); }

// A client whose request waits in the queue, as the n-th.
RawClient join_queue(Balancer& balancer, std::string_view target, double n) {
  RawClient client(balancer.port());
  client.send(get(target));
  if (!eventually([&] { return waiting(balancer) == n; })) throw std::runtime_error("the request does not wait");
  return client;
}

// A client whose request is held by the backend.
RawClient occupy(Balancer& balancer, GatedOrigin& backend, std::string_view fields = "") {
  const std::size_t before = backend.origin.seen_target("/held");
  RawClient client(balancer.port());
  client.send(get("/held", fields));
  if (!eventually([&] { return backend.origin.seen_target("/held") == before + 1; })) {
    throw std::runtime_error("the request did not reach the backend");
  }
  return client;
}

TEST_CASE("a full backend's requests wait in the order of their arrival and get the places that become free") {
  GatedOrigin a("a");
  Balancer balancer(Setup{.top = {access_log_to_stdout},
                          .pool = {"connections: {max_per_backend: 1}", "timeouts: {queue: 1h}"},
                          .backends = {a.origin.address()}});
  RawClient holder = occupy(balancer, a);
  std::vector<RawClient> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(join_queue(balancer, "/waits-" + std::to_string(i), i + 1));
  CHECK(balancer.admin_json("/api/v1/pools/app").at("queued") == 5);
  CHECK(balancer.admin_json("/api/v1/pools/app/backends/a").at("in_flight") == 1);
  CHECK(a.origin.requests() == 1);
  a.gate.open();
  REQUIRE(holder.read_response());
  for (RawClient& client : clients) {
    const auto answer = client.read_response();
    REQUIRE(answer);
    CHECK(answer->body == "a");
  }
  const auto seen = a.origin.seen();
  REQUIRE(seen.size() == 6);
  for (std::size_t i = 0; i < 5; ++i) CHECK(seen[i + 1].target() == "/waits-" + std::to_string(i));
  CHECK(eventually([&] { return waiting(balancer) == 0; }));
  CHECK(balancer.metric("stickler_pool_queued_total") == 5);
  CHECK(balancer.access_entry("/waits-4").at("reason") == "");
  CHECK(a.origin.connections() == 1);
}

TEST_CASE("when the queue is full as well a request is refused at once, with the reason") {
  const int queue = GENERATE(0, 2);
  CAPTURE(queue);
  GatedOrigin a("a");
  Balancer balancer(Setup{
      .top = {access_log_to_stdout},
      .pool = {"connections: {max_per_backend: 1, queue: " + std::to_string(queue) + "}", "timeouts: {queue: 1h}"},
      .backends = {a.origin.address()}});
  RawClient holder = occupy(balancer, a);
  std::vector<RawClient> clients;
  for (int i = 0; i < queue; ++i) clients.push_back(join_queue(balancer, "/waits", i + 1));
  RawClient late(balancer.port());
  const Message refused = late.exchange(get("/late"));
  CHECK(refused.status() == 503);
  CHECK(refused.body == "All backends are busy and the queue is full.\n");
  CHECK(balancer.access_entry("/late").at("reason") == "queue_full");
  CHECK(balancer.metric("stickler_listener_refusals_total", "reason=\"queue_full\"") == 1);
  a.gate.open();
  REQUIRE(holder.read_response());
  for (RawClient& client : clients) CHECK(client.read_response()->status() == 200);
  CHECK(late.exchange(get("/later")).status() == 200);  // Its connection goes on.
}

TEST_CASE("whoever has waited for timeouts.queue is refused, with the reason, and its place in the queue is free") {
  GatedOrigin a("a");
  Balancer balancer(Setup{.top = {access_log_to_stdout},
                          .pool = {"connections: {max_per_backend: 1, queue: 1}", "timeouts: {queue: 200ms}"},
                          .backends = {a.origin.address()}});
  RawClient holder = occupy(balancer, a);
  for (int i = 0; i < 3; ++i) {
    const std::string target = "/waits-" + std::to_string(i);
    const Message refused = fetch(balancer.port(), target);
    CHECK(refused.status() == 503);
    CHECK(refused.body == "All backends are busy.\n");
    CHECK(balancer.access_entry(target).at("reason") == "queue_timeout");
  }
  CHECK(balancer.metric("stickler_listener_refusals_total", "reason=\"queue_timeout\"") == 3);
  CHECK(a.origin.requests() == 1);
  a.gate.open();
  REQUIRE(holder.read_response());
  CHECK(fetch(balancer.port(), "/").status() == 200);
}

TEST_CASE("a client that leaves while it waits gives up its place in the queue") {
  GatedOrigin a("a");
  Balancer balancer(Setup{.pool = {"connections: {max_per_backend: 1, queue: 1}", "timeouts: {queue: 1h}"},
                          .backends = {a.origin.address()}});
  RawClient holder = occupy(balancer, a);
  join_queue(balancer, "/left", 1).reset();
  REQUIRE(eventually([&] { return waiting(balancer) == 0; }));
  RawClient next = join_queue(balancer, "/next", 1);
  a.gate.open();
  CHECK(next.read_response()->status() == 200);
  CHECK(a.origin.seen_target("/left") == 0);
}

TEST_CASE("a client that leaves while its request is served makes room") {
  GatedOrigin a("a");
  Balancer balancer(
      Setup{.pool = {"connections: {max_per_backend: 1}", "timeouts: {queue: 1h}"}, .backends = {a.origin.address()}});
  RawClient holder = occupy(balancer, a);
  RawClient next = join_queue(balancer, "/next", 1);
  holder.reset();
  CHECK(next.read_response()->body == "a");
}

TEST_CASE("a request with a body waits with it, and arrives whole") {
  GatedOrigin a("a");
  Balancer balancer(
      Setup{.pool = {"connections: {max_per_backend: 1}", "timeouts: {queue: 1h}"}, .backends = {a.origin.address()}});
  RawClient holder = occupy(balancer, a);
  const std::string body(2 << 20, 'b');
  std::thread writer;
  RawClient client(balancer.port());
  writer = std::thread([&] { client.send(request("POST", "/large", "", body)); });
  CHECK(eventually([&] { return waiting(balancer) == 1; }));
  a.gate.open();
  const auto answer = client.read_response();
  writer.join();
  REQUIRE(answer);
  CHECK(answer->status() == 200);
  CHECK((a.origin.last().body == body));
}

TEST_CASE("a request that is bound to nobody takes a backend that has room; a bound one waits for its own") {
  GatedOrigin a("a");
  GatedOrigin b("b");
  Balancer balancer(
      Setup{.top = {access_log_to_stdout},
            .pool = {"connections: {max_per_backend: 1}", "timeouts: {queue: 1h}",
                     "affinity: {cookie: {keys: [\"a key that is at least 32 bytes long\"]}, overload: {queue: 1h}}"},
            .backends = {backend("a", a.origin), backend("b", b.origin)}});
  std::string cookie;
  for (int i = 0; cookie.empty(); ++i) {
    REQUIRE(i < 4);
    const Message first = fetch(balancer.port(), "/log-in");
    if (first.body == "a")
      cookie = "Cookie: " + first.field("Set-Cookie").substr(0, first.field("Set-Cookie").find(';')) + "\r\n";
  }
  RawClient holder = occupy(balancer, a, cookie);
  for (int i = 0; i < 4; ++i) CHECK(fetch(balancer.port(), "/free").body == "b");
  RawClient bound(balancer.port());
  bound.send(get("/bound", cookie));
  REQUIRE(eventually([&] { return waiting(balancer) == 1; }));
  a.gate.open();
  const auto answer = bound.read_response();
  REQUIRE(answer);
  CHECK(answer->body == "a");
  CHECK_FALSE(answer->has("Set-Cookie"));
  CHECK(balancer.access_entry("/bound").at("verdict") == "bound");
}

TEST_CASE("with two workers no backend ever has more than max_per_backend, and everybody who waits is served") {
  constexpr int places = 3;
  constexpr int clients = 40;
  std::atomic<int> present{0};
  std::atomic<int> most{0};
  const Script script = answering([&](const Message&) {
    const int now = ++present;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    std::this_thread::sleep_for(2ms);  // Work, so that requests meet.
    --present;
    return reply("served");
  });
  ScriptedOrigin origin(script);
  Balancer balancer(Setup{.process = "{workers: 2, shutdown_grace: 500ms}",
                          .pool = {"connections: {max_per_backend: 3}", "timeouts: {queue: 1h}"},
                          .backends = {origin.address()}});
  std::vector<RawClient> all;
  for (int i = 0; i < clients; ++i) all.emplace_back(balancer.port());
  for (int round = 0; round < 5; ++round) {
    for (RawClient& client : all) client.send(get("/"));
    for (RawClient& client : all) {
      const auto answer = client.read_response();
      REQUIRE(answer);
      REQUIRE(answer->status() == 200);
    }
  }
  CHECK(most <= places);
  CHECK(eventually([&] { return waiting(balancer) == 0; }));
  CHECK(balancer.metric("stickler_backend_in_flight") == 0);
  CHECK(balancer.metric("stickler_pool_queued_total") > 0);
}

TEST_CASE("one place is shared by requests of two workers, whichever has it") {
  GatedOrigin a("a");
  Balancer balancer(Setup{.process = "{workers: 2, shutdown_grace: 500ms}",
                          .pool = {"connections: {max_per_backend: 1}", "timeouts: {queue: 1h}"},
                          .backends = {a.origin.address()}});
  RawClient holder = occupy(balancer, a);
  std::vector<RawClient> clients;  // Enough to be spread over both workers.
  for (int i = 0; i < 24; ++i) clients.push_back(join_queue(balancer, "/waits", i + 1));
  a.gate.open();
  for (RawClient& client : clients) {
    const auto answer = client.read_response();
    REQUIRE(answer);
    CHECK(answer->status() == 200);
  }
  CHECK(a.origin.requests() == 25);
}

// The gate stays closed: nobody leaves the place that was taken first.
TEST_CASE("places that a reload adds are given to those who wait, one after the other") {
  const std::string places = GENERATE("2", "unlimited");
  CAPTURE(places);
  GatedOrigin a("a");
  const std::string patience = "timeouts: {queue: 1h, response_header: 1h}";
  Setup setup{.pool = {"connections: {max_per_backend: 1}", patience}, .backends = {a.origin.address()}};
  Balancer balancer(setup);
  RawClient holder = occupy(balancer, a);
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(join_queue(balancer, "/waits", i + 1));
  setup.pool[0] = "connections: {max_per_backend: " + places + "}";
  reload(balancer, setup);
  for (RawClient& client : clients) CHECK(client.read_response()->status() == 200);
}

TEST_CASE("requests of before a reload that set a limit give their places to those who wait for it") {
  GatedOrigin a("a");
  Setup setup{.pool = {"timeouts: {queue: 1h}"}, .backends = {a.origin.address()}};
  Balancer balancer(setup);
  RawClient holder = occupy(balancer, a);
  setup.pool.push_back("connections: {max_per_backend: 1}");
  reload(balancer, setup);
  RawClient next = join_queue(balancer, "/waits", 1);
  a.gate.open();
  CHECK(next.read_response()->status() == 200);
}

}  // namespace
}  // namespace stickler::integration
