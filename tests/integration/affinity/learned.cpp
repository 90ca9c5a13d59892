// Pools that learn which session is whose, and those that hash a header.
#include <atomic>
#include <catch2/catch.hpp>
#include <list>
#include <map>
#include <set>

#include "tests/integration/affinity/sticky.h"
#include "tests/integration/failure/gate.h"

namespace stickler::integration {
namespace {

const std::string learned_cookie = "affinity: {app_cookie: {name: SID, how: learn}";
const std::string learned_header = "affinity: {header: {name: X-Session-Id, how: learn}";
const std::string hashed_header = "affinity: {header: {name: X-Session-Id, how: hash}";

// /log-in/X begins the session X. Others are answered with what their X-Set says, as Set-Cookie lines; "/held" once the
// gate is open, and "/lost" not at all.
class App {
 public:
  explicit App(const std::string& name)
      : origin([this, name](OriginConnection& connection) {
          while (const auto request = connection.read_request()) {
            if (request->target().starts_with("/held")) gate.pass();
            if (request->target().starts_with("/lost")) return connection.close();
            if (!connection.wire.send(answer(name, *request))) return;
          }
        }) {}
  ~App() { gate.open(); }

  Gate gate;
  ScriptedOrigin origin;

 private:
  static std::string answer(const std::string& name, const Message& request) {
    const std::string start = "/log-in/";
    const std::string target = request.target();
    std::string interim;
    std::string fields;
    if (target.starts_with(start)) fields += "Set-Cookie: SID=\"" + target.substr(start.size()) + "\"; Path=/\r\n";
    for (const Field& field : request.fields) {
      if (field.name == "X-Set") fields += "Set-Cookie: " + field.value + "\r\n";
      if (field.name == "X-Set-Early") interim = "HTTP/1.1 103 Early Hints\r\nSet-Cookie: " + field.value + "\r\n\r\n";
    }
    return interim + reply(name, fields);
  }
};

struct Cluster {
  App app_a{"a"};
  App app_b{"b"};
  App app_c{"c"};
  ScriptedOrigin& a = app_a.origin;
  ScriptedOrigin& b = app_b.origin;
  ScriptedOrigin& c = app_c.origin;

  std::size_t requests() const { return a.requests() + b.requests() + c.requests(); }

  Setup setup(const std::string& affinity, std::string_view of_a = "") const {
    return {.process = "{workers: 2, shutdown_grace: 500ms}",
            .top = {access_log_to_stdout},
            .pool = {affinity + "}", "health: {passive: off}"},
            .backends = {backend("a", a, of_a), backend("b", b), backend("c", c)}};
  }
};

// Each over a connection of its own, so that either worker may get it; at a target of its own, for the access log.
Served ask(Balancer& balancer, const std::string& fields, const std::string& target = "/me") {
  static std::atomic<int> asked{0};
  const std::string unique = target + "?" + std::to_string(++asked);
  return ask_at(balancer, unique, fields);
}

std::string cookie(const std::string& value) { return "Cookie: x=1; SID=" + value + "\r\n"; }
std::string header(const std::string& value) { return "x-session-id: " + value + "\r\n"; }

std::string log_in(Balancer& balancer, const std::string& session) {
  return fetch(balancer.port(), "/log-in/" + session).body;
}

TEST_CASE("a cookie belongs to the node whose answer set it, for all workers") {
  Cluster cluster;
  Balancer balancer(cluster.setup(learned_cookie));
  std::map<std::string, std::string> nodes;
  for (int i = 0; i < 12; ++i) {
    const std::string session = "s" + std::to_string(i);
    nodes[session] = log_in(balancer, session);
    CHECK(verdict(balancer, "/log-in/" + session) == "new");
  }
  for (int round = 0; round < 3; ++round) {
    for (const auto& [session, node] : nodes) CHECK(ask(balancer, cookie(session)) == Served{node, "bound"});
  }
  CHECK(ask(balancer, cookie("\"s3\"")) == Served{nodes["s3"], "bound"});
  CHECK(ask(balancer, "").verdict == "none");
}

TEST_CASE("a cookie that no backend has set is bound to nobody") {
  Cluster cluster;
  Balancer balancer(cluster.setup(learned_cookie));
  std::map<std::string, int> nodes;
  for (int i = 0; i < 6; ++i) {
    const Served served = ask(balancer, cookie("made-up"));
    CHECK(served.verdict == "expired");
    ++nodes[served.node];
  }
  CHECK(nodes.size() == 3);  // In turn.
}

TEST_CASE("a header belongs to the node that answered it first") {
  Cluster cluster;
  Balancer balancer(cluster.setup(learned_header));
  std::map<std::string, int> nodes;
  for (int i = 0; i < 12; ++i) {
    const std::string session = "s" + std::to_string(i);
    const Served first = ask(balancer, header(session));
    CHECK(first.verdict == "new");
    ++nodes[first.node];
    for (int j = 0; j < 3; ++j) CHECK(ask(balancer, header(session)) == Served{first.node, "bound"});
  }
  CHECK(nodes.size() == 3);
  CHECK(ask(balancer, "").verdict == "none");
}

TEST_CASE("a session ends when an answer takes its cookie away, and goes on when the same one gives another") {
  struct Row {
    const char* what;
    std::string sets;  // Lines for the origin.
    std::string verdict;
  };
  const Row rows[] = {
      {"emptied", "X-Set: SID=; Path=/\r\n", "expired"},
      {"of no age", "X-Set: SID=s; Max-Age=0\r\n", "expired"},
      {"expired", "X-Set: SID=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT\r\n", "expired"},
      {"taken away on another path, and set", "X-Set: SID=s; Path=/\r\nX-Set: SID=; Path=/old; Max-Age=0\r\n", "bound"},
      {"another cookie", "X-Set: X=; Max-Age=0\r\n", "bound"},
      {"no cookie", "X-Set: SID\r\n", "bound"},
  };
  Cluster cluster;
  Balancer balancer(cluster.setup(learned_cookie));
  for (const Row& row : rows) {
    CAPTURE(row.what);
    log_in(balancer, "s");
    CHECK(ask(balancer, cookie("s") + row.sets).verdict == "bound");
    CHECK(ask(balancer, cookie("s")).verdict == row.verdict);
    CHECK(ask(balancer, cookie("deleted")).verdict == "expired");
  }
}

TEST_CASE("every cookie that an answer sets is learned, of an interim answer, too") {
  Cluster cluster;
  Balancer balancer(cluster.setup(learned_cookie));
  for (int i = 0; i < 3; ++i) {
    const std::string n = std::to_string(i);
    const std::string lines = "X-Set: SID=a" + n + "; Path=/\r\nX-Set: SID=b" + n + "; Path=/x\r\n";
    const std::string node = ask(balancer, lines).node;
    for (const char* which : {"a", "b"}) CHECK(ask(balancer, cookie(which + n)) == Served{node, "bound"});
    RawClient client(balancer.port());
    client.send(request("GET", "/early", "X-Set-Early: SID=early" + n + "\r\n"));
    CHECK(client.read_response("GET")->status() == 103);
    const std::string early = client.read_response("GET")->body;
    CHECK(ask(balancer, cookie("early" + n)) == Served{early, "bound"});
  }
}

TEST_CASE("of several cookies the first that is known decides") {
  Cluster cluster;
  Balancer balancer(cluster.setup(learned_cookie));
  const std::string first = log_in(balancer, "first");
  std::string second = first;
  while (second == first) second = log_in(balancer, "second");
  CHECK(ask(balancer, "Cookie: SID=old; SID=second; SID=first\r\n") == Served{second, "bound"});
  CHECK(ask(balancer, "Cookie: SID=\r\nCookie: SID=old\r\nCookie: SID=first\r\n") == Served{first, "bound"});
  CHECK(ask(balancer, "Cookie: SID=1; SID=2; SID=3; SID=4; SID=first\r\n").verdict == "expired");  // Not any number.
}

// A page's requests come all at once, before the first of them is answered.
TEST_CASE("requests of one session at the same time go to one node, at its beginning and when it moves") {
  Cluster cluster;
  Balancer balancer(cluster.setup(learned_header));
  const auto together = [&](const std::string& fields) {
    const std::size_t before = cluster.requests();
    std::list<RawClient> clients;
    for (std::size_t i = 1; i <= 6; ++i) {
      clients.emplace_back(balancer.port()).send(request("GET", "/held", fields + "Connection: close\r\n"));
      REQUIRE(eventually([&] { return cluster.requests() == before + i; }));
    }
    for (App* app : {&cluster.app_a, &cluster.app_b, &cluster.app_c}) app->gate.open();
    std::set<std::string> nodes;
    for (RawClient& client : clients) nodes.insert(client.read_response("GET").value().body);
    for (App* app : {&cluster.app_a, &cluster.app_b, &cluster.app_c}) app->gate.close();
    CHECK(nodes.size() == 1);
    CHECK(ask(balancer, fields) == Served{*nodes.begin(), "bound"});
    return *nodes.begin();
  };
  while (together(header("mine")) != "a") {
    reload(balancer, cluster.setup("affinity: {app_cookie: {name: SID, how: prefix}"));  // Forgets all.
    reload(balancer, cluster.setup(learned_header));
  }
  reload(balancer, cluster.setup(learned_header, ", state: down"));
  CHECK(together(header("mine")) != "a");
}

TEST_CASE("a session is not learned from a node that did not answer") {
  Cluster cluster;
  Balancer balancer(cluster.setup(learned_header, ", weight: 200"));
  const auto lose = [&] {
    return RawClient(balancer.port())
        .exchange(request("POST", "/lost", header("mine") + "Connection: close\r\n", "x"), "POST")
        .status();
  };
  CHECK(lose() == 502);
  CHECK(ask(balancer, header("mine")) == Served{"a", "new"});
  CHECK(lose() == 502);
  CHECK(ask(balancer, header("mine")) == Served{"a", "bound"});

  // Nor does it leave a node that is down, as long as no other has answered.
  reload(balancer, cluster.setup(learned_header, ", state: down"));
  CHECK(lose() == 502);
  reload(balancer, cluster.setup(learned_header));
  CHECK(ask(balancer, header("mine")) == Served{"a", "bound"});
}

TEST_CASE("what is learned from an answer to a request of before a reload is not lost with the table's size") {
  Cluster cluster;
  Balancer balancer(cluster.setup(learned_cookie));
  RawClient client(balancer.port());
  client.send(request("GET", "/held", "X-Set: SID=late\r\n"));
  REQUIRE(eventually([&] { return cluster.requests() == 1; }));
  reload(balancer, cluster.setup(learned_cookie + ", table: {entries: 5000}"));
  for (App* app : {&cluster.app_a, &cluster.app_b, &cluster.app_c}) app->gate.open();
  const std::string node = client.read_response("GET").value().body;
  CHECK(ask(balancer, cookie("late")) == Served{node, "bound"});
}

TEST_CASE("a learned session survives reloads, also with another size of the table") {
  Cluster cluster;
  Balancer balancer(cluster.setup(learned_cookie));
  std::map<std::string, std::string> nodes;
  for (int i = 0; i < 9; ++i) nodes["s" + std::to_string(i)] = log_in(balancer, "s" + std::to_string(i));
  for (const char* table : {", backup: next", ", table: {entries: 5000}", ", table: {entries: 2000000}", ""}) {
    CAPTURE(table);
    reload(balancer, cluster.setup(learned_cookie + table));
    for (const auto& [session, node] : nodes) CHECK(ask(balancer, cookie(session)) == Served{node, "bound"});
  }
  // What a refused reload made is gone with it, and what is learned after it is kept by the next.
  const std::string refused = yaml(cluster.setup(learned_cookie + ", table: {entries: 7000}")) +
                              "headers: {request: {set: {X-A: \"%{no_such_variable}\"}}}\n";
  balancer.rewrite(refused);
  CHECK(reload_by_command(balancer).status() != 200);
  nodes["late"] = log_in(balancer, "late");
  reload(balancer, cluster.setup(learned_cookie + ", table: {entries: 7000}"));
  for (const auto& [session, node] : nodes) CHECK(ask(balancer, cookie(session)) == Served{node, "bound"});
}

TEST_CASE("a full table forgets the session that was used longest ago") {
  Cluster cluster;
  Balancer balancer(cluster.setup(learned_cookie + ", table: {entries: 2}"));
  const std::string first = log_in(balancer, "first");
  log_in(balancer, "second");
  CHECK(ask(balancer, cookie("first")) == Served{first, "bound"});
  log_in(balancer, "third");
  CHECK(ask(balancer, cookie("second")).verdict == "expired");
  CHECK(balancer.metric("stickler_pool_sessions_evicted_total") == 1);
  CHECK(ask(balancer, cookie("first")) == Served{first, "bound"});
}

TEST_CASE("a session that is idle for too long is forgotten") {
  Cluster cluster;
  Balancer balancer(cluster.setup(learned_cookie + ", table: {idle: 1s}"));
  log_in(balancer, "idle");
  log_in(balancer, "lively");
  // Each look at `lively` is a use of it; `idle` is only looked at when its time must be over.
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(2500);
  while (std::chrono::steady_clock::now() < until) CHECK(ask(balancer, cookie("lively")).verdict == "bound");
  CHECK(ask(balancer, cookie("idle")).verdict == "expired");
}

TEST_CASE("a learned session whose node is down moves, and stays where it went") {
  struct Row {
    std::string affinity;
    std::string verdict;
  };
  for (const Row& row : {Row{learned_cookie, "moved"}, Row{learned_cookie + ", backup: next", "failover"},
                         Row{learned_header, "moved"}, Row{learned_header + ", backup: next", "failover"}}) {
    CAPTURE(row.affinity);
    const bool by_cookie = row.affinity.starts_with(learned_cookie);
    Cluster cluster;
    Balancer balancer(cluster.setup(row.affinity));
    std::string mine;
    for (int i = 0; mine.empty(); ++i) {
      const std::string session = "s" + std::to_string(i);
      const std::string node = by_cookie ? log_in(balancer, session) : ask(balancer, header(session)).node;
      if (node == "a") mine = by_cookie ? cookie(session) : header(session);
    }
    cluster.a.stop();
    CHECK(ask(balancer, mine).verdict == "detour");
    reload(balancer, cluster.setup(row.affinity, ", state: down"));
    const Served moved = ask(balancer, mine);
    CHECK(moved.verdict == row.verdict);
    CHECK((moved.node == "b" || moved.node == "c"));
    CHECK(ask(balancer, mine) == Served{moved.node, "bound"});
    cluster.a.start();
    reload(balancer, cluster.setup(row.affinity));
    CHECK(ask(balancer, mine) == Served{moved.node, "bound"});

    Setup without = cluster.setup(row.affinity);
    without.backends = {backend("a", cluster.a), moved.node == "b" ? backend("c", cluster.c) : backend("b", cluster.b)};
    reload(balancer, without);
    const Served elsewhere = ask(balancer, mine);
    CHECK(elsewhere.verdict == "unknown_node");
    CHECK(ask(balancer, mine) == Served{elsewhere.node, "bound"});
  }
}

TEST_CASE("fail: a learned session whose node is down gets 503 and its node back") {
  Cluster cluster;
  const std::string affinity = learned_header + ", when_unavailable: fail";
  Balancer balancer(cluster.setup(affinity, ", weight: 200"));
  REQUIRE(ask(balancer, header("mine")) == Served{"a", "new"});
  reload(balancer, cluster.setup(affinity, ", state: down"));
  CHECK(ask(balancer, header("mine")) == Served{"503", "refused"});
  reload(balancer, cluster.setup(affinity));
  CHECK(ask(balancer, header("mine")) == Served{"a", "bound"});
}

TEST_CASE("a hashed header goes to one node, the same on every balancer, and to others only while that may not") {
  Cluster cluster;
  Balancer one(cluster.setup(hashed_header));
  Balancer other(cluster.setup(hashed_header));
  std::map<std::string, std::string> nodes;
  std::map<std::string, int> shares;
  for (int i = 0; i < 15; ++i) {
    const std::string session = "s" + std::to_string(i);
    const Served first = ask(one, header(session));
    CHECK(first.verdict == "bound");
    CHECK(ask(one, header(session)) == first);
    CHECK(ask(other, header(session)) == first);
    nodes[session] = first.node;
    ++shares[first.node];
  }
  REQUIRE(shares.size() == 3);
  CHECK(ask(one, "").verdict == "none");

  for (const char* state : {", state: down", ", state: drain", ", weight: 0"}) {
    CAPTURE(state);
    reload(one, cluster.setup(hashed_header, state));
    for (const auto& [session, node] : nodes) {
      const Served served = ask(one, header(session));
      CHECK(served.verdict == "bound");
      CHECK((served.node == node) == (node != "a"));
    }
  }
  reload(one, cluster.setup(hashed_header));
  for (const auto& [session, node] : nodes) CHECK(ask(one, header(session)) == Served{node, "bound"});

  cluster.a.stop();
  for (const auto& [session, node] : nodes) {
    CHECK(ask(one, header(session)).verdict == (node == "a" ? "detour" : "bound"));
  }

  // With `next` a detour goes where the session goes once the node is confirmed down.
  reload(one, cluster.setup(hashed_header + ", backup: next"));
  std::map<std::string, std::string> detours;
  for (const auto& [session, node] : nodes) detours[session] = ask(one, header(session)).node;
  reload(one, cluster.setup(hashed_header + ", backup: next", ", state: down"));
  for (const auto& [session, node] : detours) CHECK(ask(one, header(session)) == Served{node, "bound"});
  Setup nobody = cluster.setup(hashed_header, ", state: down");
  nobody.backends = {backend("a", cluster.a, ", state: down"), backend("b", cluster.b, ", state: drain")};
  reload(one, nobody);
  CHECK(ask(one, header("s0")) == Served{"503", "refused"});
}

}  // namespace
}  // namespace stickler::integration
