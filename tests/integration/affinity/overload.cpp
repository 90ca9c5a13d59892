// Sessions whose node is full: how long their requests wait, where they go then, and that the sessions stay.
#include <catch2/catch.hpp>

#include "tests/integration/affinity/sticky.h"
#include "tests/integration/failure/gate.h"

namespace stickler::integration {
namespace {

const std::string announces_b = "X-Session-Backup: b\r\n";

std::string with_overload(const std::string& overload, const std::string& backup = "announced") {
  return "affinity: {cookie: {keys: [\"" + first_key + "\"]}, backup: " + backup + ", overload: {" + overload + "}}";
}

// Three nodes of one place each; requests for "/held..." wait there. What a says of its sessions: b is their backup.
struct Fixture {
  GatedOrigin a{"a", announces_b};
  GatedOrigin b{"b"};
  GatedOrigin c{"c"};

  Setup setup(const std::string& affinity, const std::string& connections = "max_per_backend: 1") const {
    return {.top = {access_log_to_stdout},
            .pool = {affinity, "health: {passive: off}", "timeouts: {queue: 1h, response_header: 1h}",
                     "connections: {" + connections + "}"},
            .backends = {backend("a", a.origin), backend("b", b.origin), backend("c", c.origin)}};
  }
};

double waiting(Balancer& balancer) { return balancer.metric("stickler_pool_queue_length", "pool=\"app\""); }

std::string cookie_line(const Browser& browser) { return "Cookie: STICKLER=" + browser.cookie() + "\r\n"; }

// A client of the browser's session whose request is held by the session's node, so that this is full.
RawClient hold(Balancer& balancer, GatedOrigin& node, const std::string& fields, const std::string& target = "/held") {
  RawClient client(balancer.port());
  client.send(get(target, fields));
  if (!eventually([&] { return node.origin.seen_target(target) == 1; })) {
    throw std::runtime_error("the request did not reach the backend");
  }
  return client;
}

TEST_CASE("a request that has waited for its full node does as overload.then says, and its session stays") {
  struct Row {
    const char* what;
    const char* overload;
    const char* backup;
    bool backup_full;
    std::string node;  // "": 503.
    std::string verdict;
  };
  const auto row = GENERATE(values<Row>({
      {"to the backup", "queue: 100ms, then: backup", "announced", false, "b", "overflow"},
      {"the same by default", "queue: 100ms", "announced", false, "b", "overflow"},
      {"the backup is full, too", "queue: 100ms, then: backup", "announced", true, "", "refused"},
      {"there is no backup", "queue: 100ms, then: backup", "none", false, "", "refused"},
      {"to another that has a place", "queue: 100ms, then: redispatch", "none", true, "c", "overflow"},
      {"nowhere", "queue: 100ms, then: reject", "announced", false, "", "refused"},
      {"at once", "queue: 0s, then: backup", "announced", false, "b", "overflow"},
  }));
  CAPTURE(row.what);
  Fixture fixture;
  Balancer balancer(fixture.setup(with_overload(row.overload, row.backup)));
  Browser browser = bound_to("a", balancer.port());
  Browser of_b = bound_to("b", balancer.port());
  RawClient holder = hold(balancer, fixture.a, cookie_line(browser));
  RawClient second(balancer.port());
  if (row.backup_full) second = hold(balancer, fixture.b, cookie_line(of_b));
  // Whatever its method: nothing of it was sent.
  const Message answer = browser.send("POST", "/waits");
  CHECK(answer.status() == (row.node.empty() ? 503 : 200));
  CHECK(answer.body == (row.node.empty() ? "The node of this session is busy.\n" : row.node));
  CHECK_FALSE(answer.has("Set-Cookie"));
  const nlohmann::json entry = balancer.access_entry("/waits");
  CHECK(entry.at("verdict") == row.verdict);
  CHECK(entry.at("reason") == (row.node.empty() ? "node_full" : ""));
  CHECK(entry.at("attempts") == (row.node.empty() ? 0 : 1));
  CHECK(balancer.metric("stickler_pool_verdicts_total", "reason=\"" + row.verdict + "\"") == 1);
  const double refusals = balancer.metric("stickler_listener_refusals_total", "reason=\"node_full\"");
  CHECK(refusals == (row.node.empty() ? 1 : 0));
  CHECK(waiting(balancer) == 0);
  fixture.a.gate.open();
  REQUIRE(holder.read_response());
  CHECK(browser.node("/after") == "a");
  CHECK(verdict(balancer, "/after") == "bound");
}

TEST_CASE("a place that becomes free in time is taken by who waits for it") {
  Fixture fixture;
  Balancer balancer(fixture.setup(with_overload("queue: 1h, then: backup")));
  Browser browser = bound_to("a", balancer.port());
  RawClient holder = hold(balancer, fixture.a, cookie_line(browser));
  RawClient client(balancer.port());
  client.send(get("/waits", cookie_line(browser)));
  REQUIRE(eventually([&] { return waiting(balancer) == 1; }));
  fixture.a.gate.open();
  const auto answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->body == "a");
  CHECK(verdict(balancer, "/waits") == "bound");
}

TEST_CASE("who finds the queue full as well goes on at once, and those in the queue keep their turn") {
  Fixture fixture;
  Balancer balancer(fixture.setup(with_overload("queue: 1h, then: backup"), "max_per_backend: 1, queue: 1"));
  Browser browser = bound_to("a", balancer.port());
  RawClient holder = hold(balancer, fixture.a, cookie_line(browser));
  RawClient client(balancer.port());
  client.send(get("/waits", cookie_line(browser)));
  REQUIRE(eventually([&] { return waiting(balancer) == 1; }));
  CHECK(browser.node("/late") == "b");
  CHECK(verdict(balancer, "/late") == "overflow");
  fixture.a.gate.open();
  CHECK(client.read_response()->body == "a");
}

TEST_CASE("requests that are bound to nobody wait for timeouts.queue, whatever overload says") {
  Fixture fixture;
  Setup setup = fixture.setup(with_overload("queue: 1h, then: backup"));
  setup.pool[2] = "timeouts: {queue: 100ms}";
  Balancer balancer(setup);
  std::vector<RawClient> holders;
  for (GatedOrigin* node : {&fixture.a, &fixture.b, &fixture.c}) {
    const std::string name = node == &fixture.a ? "a" : node == &fixture.b ? "b" : "c";
    holders.push_back(hold(balancer, *node, cookie_line(bound_to(name, balancer.port())), "/held-" + name));
  }
  CHECK(fetch(balancer.port(), "/free").status() == 503);
  CHECK(balancer.access_entry("/free").at("reason") == "queue_timeout");
  CHECK(verdict(balancer, "/free") == "new");
}

TEST_CASE("an overflow whose backup refuses the connection is tried no further than overload.then says") {
  Fixture fixture;
  Balancer balancer(fixture.setup(with_overload("queue: 50ms, then: backup")));
  Browser browser = bound_to("a", balancer.port());
  RawClient holder = hold(balancer, fixture.a, cookie_line(browser));
  fixture.b.origin.stop();
  const Message answer = browser.get("/waits");
  CHECK(answer.status() == 502);
  CHECK(balancer.access_entry("/waits").at("reason") == "connect_error");
  CHECK(verdict(balancer, "/waits") == "refused");
  fixture.a.gate.open();
  REQUIRE(holder.read_response());
  CHECK(browser.node() == "a");
}

TEST_CASE("a session that fails over to a full backup waits there, and is asked of nobody who does not have it") {
  Fixture fixture;
  Setup setup = fixture.setup(with_overload("queue: 100ms, then: backup"));
  Balancer balancer(setup);
  Browser browser = bound_to("a", balancer.port());
  Browser of_b = bound_to("b", balancer.port());
  RawClient holder = hold(balancer, fixture.b, cookie_line(of_b));
  setup.backends[0] = backend("a", fixture.a.origin, ", state: down");
  reload(balancer, setup);
  CHECK(browser.get("/full").status() == 503);
  CHECK(verdict(balancer, "/full") == "refused");
  fixture.b.gate.open();
  REQUIRE(holder.read_response());
  CHECK(browser.node("/free") == "b");
  CHECK(verdict(balancer, "/free") == "failover");
}

TEST_CASE("sessions by the application's cookie overflow as well, and what is learned of them stays") {
  const std::string source = GENERATE("app_cookie: {name: SID, how: learn}", "app_cookie: {name: SID, how: prefix}");
  CAPTURE(source);
  GatedOrigin a("a", "Set-Cookie: SID=of-a\r\n");
  GatedOrigin b("b");
  Setup setup{.top = {access_log_to_stdout},
              .pool = {"affinity: {" + source + ", backup: next, overload: {queue: 100ms, then: backup}}",
                       "health: {passive: off}", "connections: {max_per_backend: 1}"},
              .backends = {backend("a", a.origin), backend("b", b.origin)}};
  Balancer balancer(setup);
  std::string cookie;
  for (int i = 0; i < 4 && cookie.empty(); ++i) {
    const Message first = fetch(balancer.port(), "/log-in");
    if (first.body == "a") cookie = "Cookie: " + first.field("Set-Cookie") + "\r\n";
  }
  RawClient holder = hold(balancer, a, cookie);
  CHECK(ask_at(balancer, "/waits", cookie) == Served{"b", "overflow"});
  a.gate.open();
  REQUIRE(holder.read_response());
  CHECK(ask_at(balancer, "/after", cookie) == Served{"a", "bound"});
}

TEST_CASE("what waits is explained with what becomes of it, and what overflowed with the node that was full") {
  Fixture fixture;
  Setup setup = fixture.setup(with_overload("queue: 200ms, then: backup"));
  setup.listener = {"trusted_proxies: [127.0.0.0/8]"};
  Balancer balancer(setup);
  Browser browser = bound_to("a", balancer.port());
  RawClient holder = hold(balancer, fixture.a, cookie_line(browser));
  const std::string head = "GET / HTTP/1.1\r\nHost: localhost\r\n" + cookie_line(browser) + "\r\n";
  const std::string question = nlohmann::json{{"request", head}}.dump();
  const Message said = RawClient(balancer.admin_port())
                           .exchange(
                               "POST /api/v1/explain HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                               "application/json\r\nContent-Length: " +
                               std::to_string(question.size()) + "\r\n\r\n" + question);
  REQUIRE(said.status() == 200);
  const auto explained = nlohmann::json::parse(said.body);
  CHECK(explained.at("backend") == "a");
  CHECK(explained.at("waits") == true);
  CHECK(explained.at("gives_up").at("after_ms") == 200);
  CHECK(explained.at("gives_up").at("backend") == "b");
  browser.get("/waits", "X-Request-Id: the-one-that-waited\r\n");
  const auto served = balancer.admin_json("/api/v1/decisions/the-one-that-waited");
  CHECK(served.at("verdict") == "overflow");
  CHECK(served.at("backend") == "b");
  CHECK(served.at("waited_at") == "a");
  CHECK(served.at("chosen_by") == "backup");
}

TEST_CASE(
    "with two workers requests that overflow take no more places of the backup than there are, and none is lost") {
  constexpr int clients = 24;
  std::atomic<int> present{0};
  std::atomic<int> most{0};
  GatedOrigin a("a", announces_b);
  ScriptedOrigin b(answering([&](const Message&) {
    const int now = ++present;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    std::this_thread::sleep_for(2ms);  // Work, so that requests meet.
    --present;
    return reply("b");
  }));
  Balancer balancer(Setup{.process = "{workers: 2, shutdown_grace: 500ms}",
                          .pool = {with_overload("queue: 50ms, then: backup"), "health: {passive: off}",
                                   "connections: {max_per_backend: 2}"},
                          .backends = {backend("a", a.origin), backend("b", b)}});
  Browser browser = bound_to("a", balancer.port());
  RawClient holder = hold(balancer, a, cookie_line(browser));
  RawClient other = hold(balancer, a, cookie_line(browser), "/held-too");
  std::vector<RawClient> all;
  for (int i = 0; i < clients; ++i) all.emplace_back(balancer.port());
  int served = 0;
  int refused = 0;
  for (int round = 0; round < 3; ++round) {
    for (RawClient& client : all) client.send(get("/", cookie_line(browser)));
    for (RawClient& client : all) {
      const auto answer = client.read_response();
      REQUIRE(answer);
      served += answer->status() == 200 ? 1 : 0;
      refused += answer->status() == 503 ? 1 : 0;
    }
  }
  CHECK(served + refused == 3 * clients);
  CHECK(served > 0);
  CHECK(most <= 2);
  CHECK(balancer.metric("stickler_pool_verdicts_total", "reason=\"overflow\"") == served);
  CHECK(balancer.metric("stickler_pool_verdicts_total", "reason=\"refused\"") == refused);
  a.gate.open();
  REQUIRE(holder.read_response());
  REQUIRE(other.read_response());
  CHECK(browser.node() == "a");
  CHECK(eventually([&] { return waiting(balancer) == 0 && balancer.metric("stickler_backend_in_flight") == 0; }));
}

}  // namespace
}  // namespace stickler::integration
