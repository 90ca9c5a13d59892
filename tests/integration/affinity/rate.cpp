// A drain at a rate: so many sessions a second leave the node, each when it speaks, none amid a request.
#include <catch2/catch.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <thread>

#include "tests/integration/affinity/sticky.h"
#include "tests/integration/failure/gate.h"
#include "tests/integration/operation/websocket.h"

namespace stickler::integration {
namespace {

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point then) {
  return std::chrono::duration<double>(SteadyClock::now() - then).count();
}

Finished command(Balancer& balancer, std::vector<std::string> words) {
  words.insert(words.end(), {"--admin", balancer.admin_address()});
  return run({.program = stickler_program(), .arguments = std::move(words)});
}

nlohmann::json report(Balancer& balancer, const std::string& name) {
  return balancer.admin_json("/api/v1/pools/app/backends/" + name);
}

double drained(Balancer& balancer) { return balancer.metric("stickler_pool_verdicts_total", "reason=\"drained\""); }

// New sessions go to the first of the list, which is to drain.
struct Fixture {
  ScriptedOrigin a{named("a")};
  ScriptedOrigin b{named("b")};
  ScriptedOrigin c{named("c")};
  Setup setup{
      .process = "{workers: 2, shutdown_grace: 500ms}",
      .top = {access_log_to_stdout},
      .pool = {"policy: first", "health: {passive: off}",
               "affinity: {backup: next, when_unavailable: backup_only, cookie: {keys: [\"" + first_key + "\"]}}"},
      .backends = {backend("a", a), backend("b", b), backend("c", c)}};
};

TEST_CASE("of 100 sessions 20 a second move to their backups, each once, and none is left") {
  constexpr int rate = 20;
  constexpr std::size_t sessions = 100;
  Fixture fixture;
  Balancer balancer(fixture.setup);
  std::deque<Browser> users;
  for (std::size_t i = 0; i < sessions; ++i) REQUIRE(users.emplace_back(balancer.port()).node() == "a");
  REQUIRE(report(balancer, "a").at("sessions") == sessions);

  const auto ordered = SteadyClock::now();
  const Finished order = command(balancer, {"drain", "app/a", "--rate", "20/s"});
  CHECK(order.code == 0);
  CHECK(order.output.starts_with(
      "app/a drains for 0s, 100 of 100 sessions left, empty in about 5s, moves 20 sessions a second"));
  REQUIRE(comes_to(balancer, "a", "draining"));
  std::map<std::size_t, std::string> moved;  // By user, where to.
  const Deadline deadline(60s);
  while (moved.size() < sessions && !deadline.passed()) {
    for (std::size_t i = 0; i < sessions; ++i) {
      if (moved.contains(i)) continue;
      const Message answer = users[i].get("/");
      CHECK(set_cookie_of(answer).has_value() == (answer.body != "a"));
      if (answer.body == "a") continue;
      moved[i] = answer.body;
      // However late we see it: since the first second so many may have moved, and what a tenth of a second keeps.
      CHECK(static_cast<double>(moved.size()) <= rate * (seconds_since(ordered) - 1.0) + rate * 0.1 + 1);
    }
  }
  const double taken = seconds_since(ordered);
  REQUIRE(moved.size() == sessions);
  CHECK(taken < 4 * (1.0 + static_cast<double>(sessions) / rate));
  CHECK(drained(balancer) == sessions);
  CHECK(balancer.metric("stickler_pool_verdicts_total", "reason=\"moved\"") == 0);
  std::set<std::string> nodes;
  for (const auto& [user, node] : moved) {
    const Message next = users[user].get("/next");
    CHECK(next.body == node);
    CHECK_FALSE(set_cookie_of(next).has_value());
    nodes.insert(node);
  }
  CHECK(nodes == std::set<std::string>{"b", "c"});

  const nlohmann::json left = report(balancer, "a");
  CHECK(left.at("sessions") == 0);
  CHECK(left.at("drain").at("rate") == rate);
  CHECK(left.at("drain").at("sessions_then") == sessions);
  CHECK(left.at("drain").at("sessions_moved") == sessions);
  CHECK(report(balancer, "b").at("sessions").get<int>() + report(balancer, "c").at("sessions").get<int>() == sessions);
  const Finished waited = command(balancer, {"drain", "app/a", "--rate", "20/s", "--wait"});
  CHECK(waited.code == 0);
  CHECK(waited.output.find("app/a: empty, it can be stopped\n") != std::string::npos);
}

TEST_CASE("--wait returns when the last session has moved, and who comes back later counts again") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  std::deque<Browser> users;
  for (int i = 0; i < 5; ++i) REQUIRE(users.emplace_back(balancer.port()).node() == "a");
  Finished waited;
  std::thread waiting([&] { waited = command(balancer, {"drain", "app/a", "--rate", "100/s", "--wait"}); });
  CHECK(comes_to(balancer, "a", "draining"));
  for (Browser& user : users) CHECK(eventually([&] { return user.node() != "a"; }));
  waiting.join();
  CHECK(waited.code == 0);
  CHECK(waited.output.find("app/a: empty, it can be stopped\n") != std::string::npos);
  REQUIRE(command(balancer, {"undrain", "app/a"}).code == 0);
  REQUIRE(comes_to(balancer, "a", "up"));
  for (const char* node : {"b", "c"})
    REQUIRE(command(balancer, {"drain", std::string("app/") + node, "--rate", "100/s"}).code == 0);
  for (Browser& user : users) CHECK(eventually([&] { return user.node() == "a"; }));
  CHECK(report(balancer, "a").at("sessions") == 5);
}

// A node whose "/held" waits, and one session of it.
struct Held {
  GatedOrigin a{"a"};
  ScriptedOrigin b{named("b")};
  Balancer balancer{Setup{.process = "{workers: 2, shutdown_grace: 500ms}",
                          .top = {access_log_to_stdout},
                          .pool = {"policy: first", sticky()},
                          .backends = {backend("a", a.origin), backend("b", b)}}};
  Browser user{balancer.port()};

  // Sends a request of the session that is answered once the gate is open.
  RawClient hold(const std::string& target) {
    RawClient client(balancer.port());
    client.send(get(target, "Cookie: STICKLER=" + user.cookie() + "\r\n"));
    CHECK(eventually([&] { return a.origin.seen_target(target) == 1; }));
    return client;
  }
  void drain(const std::string& rate) {
    REQUIRE(command(balancer, {"drain", "app/a", "--rate", rate}).code == 0);
    await_workers(balancer);
  }
  // When the first window is over: another session has moved.
  void await_moves(Browser& other) {
    REQUIRE(eventually([&] { return other.node() == "b"; }));
  }
};

TEST_CASE("a session whose request was in flight before the drain began moves when that has ended, and not before") {
  Held held;
  REQUIRE(held.user.node() == "a");
  Browser other = bound_to("a", held.balancer.port());
  RawClient client = held.hold("/held/before");
  held.drain("1000/s");
  held.await_moves(other);
  for (int i = 0; i < 20; ++i) CHECK(held.user.node() == "a");
  held.a.gate.open();
  CHECK(client.read_response()->body == "a");
  CHECK(eventually([&] { return held.user.node() == "b"; }));
}

TEST_CASE("so does one whose request came later, over whichever worker the next ones come") {
  Held held;
  REQUIRE(held.user.node() == "a");
  Browser other = bound_to("a", held.balancer.port());
  held.drain("0.5/s");  // For 8 s nobody moves, which is time enough to send something.
  RawClient client = held.hold("/held/later");
  RawClient second = held.hold("/held/too");
  held.await_moves(other);
  for (int i = 0; i < 20; ++i) CHECK(held.user.node() == "a");
  held.a.gate.open();
  CHECK(client.read_response()->body == "a");
  CHECK(second.read_response()->body == "a");
  CHECK(eventually([&] { return held.user.node() == "b"; }));
}

TEST_CASE("a session with an open WebSocket stays until that is closed") {
  ScriptedOrigin a(tunnels("a"));
  ScriptedOrigin b(named("b"));
  Balancer balancer(Setup{.process = "{workers: 2, shutdown_grace: 500ms}",
                          .pool = {"policy: first", sticky()},
                          .backends = {backend("a", a), backend("b", b)}});
  // One that the handshake has begun, and one whose session was there before.
  std::deque<Browser> users(2, Browser(balancer.port()));
  std::deque<RawClient> tunnels;
  for (Browser& user : users) {
    if (&user == &users[1]) REQUIRE(user.node() == "a");
    const std::string cookie = user.cookie().empty() ? "" : "Cookie: STICKLER=" + user.cookie() + "\r\n";
    const Message opened = tunnels.emplace_back(balancer.port()).exchange(get("/ws", handshake + cookie));
    REQUIRE(opened.status() == 101);
    if (const auto given = set_cookie_of(opened)) user.take(given->value);
  }
  Browser other = bound_to("a", balancer.port());
  REQUIRE(command(balancer, {"drain", "app/a", "--rate", "1000/s"}).code == 0);
  REQUIRE(eventually([&] { return other.node() == "b"; }));
  for (Browser& user : users) {
    for (int i = 0; i < 10; ++i) CHECK(user.node() == "a");
  }
  tunnels.clear();
  for (Browser& user : users) CHECK(eventually([&] { return user.node() == "b"; }));
}

TEST_CASE("at the deadline of a drain at a rate the rest moves") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  std::deque<Browser> users;
  for (int i = 0; i < 10; ++i) REQUIRE(users.emplace_back(balancer.port()).node() == "a");
  REQUIRE(command(balancer, {"drain", "app/a", "--rate", "0.01/s", "--deadline", "1h"}).code == 0);
  REQUIRE(comes_to(balancer, "a", "draining"));
  for (Browser& user : users) CHECK(user.node() == "a");
  REQUIRE(command(balancer, {"drain", "app/a", "--rate", "0.01/s", "--deadline", "10ms"}).code == 0);
  REQUIRE(comes_to(balancer, "a", "drained"));
  await_workers(balancer);
  for (Browser& user : users) CHECK(user.node() != "a");
  CHECK(drained(balancer) == 10);
}

TEST_CASE("a session whose backup cannot be connected to goes to its node once more, and stays bound to it") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser user(balancer.port());
  REQUIRE(user.node() == "a");
  fixture.b.stop();
  fixture.c.stop();
  REQUIRE(command(balancer, {"drain", "app/a", "--rate", "1000/s"}).code == 0);
  REQUIRE(eventually([&] {
    CHECK(user.node() == "a");
    return balancer.metric("stickler_pool_verdicts_total", "reason=\"detour\"") >= 3;
  }));
  CHECK(drained(balancer) == 0);
  CHECK(report(balancer, "a").at("sessions") == 1);
  fixture.b.start();
  fixture.c.start();
  CHECK(eventually([&] { return user.node() != "a"; }));
  CHECK(drained(balancer) == 1);
}

TEST_CASE("learned sessions move at a rate as well, and are counted exactly") {
  Fixture fixture;
  fixture.setup.pool[2] = "affinity: {header: {name: X-Session-Id, how: learn}, backup: next}";
  Balancer balancer(fixture.setup);
  const auto node_of = [&](int session) {
    return fetch(balancer.port(), "/", "X-Session-Id: " + std::to_string(session) + "\r\n").body;
  };
  for (int i = 0; i < 20; ++i) REQUIRE(node_of(i) == "a");
  REQUIRE(command(balancer, {"drain", "app/a", "--rate", "20/s"}).code == 0);
  REQUIRE(comes_to(balancer, "a", "draining"));
  std::map<int, std::string> moved;
  const auto ask_all = [&] {
    for (int i = 0; i < 20; ++i) {
      const std::string node = node_of(i);
      if (node != "a") moved.emplace(i, node);
      CHECK(node == (moved.contains(i) ? moved[i] : "a"));
    }
    CHECK(report(balancer, "a").at("sessions") == 20 - moved.size());
    return moved.size() == 20;
  };
  CHECK(eventually(ask_all));
  CHECK(drained(balancer) == 20);
  CHECK(report(balancer, "a").at("drain").at("sessions_moved") == 20);
}

TEST_CASE("a drain at a rate is refused where no session could move, and says why") {
  struct Row {
    const char* affinity;
    const char* why;
  };
  const Row rows[] = {
      {"affinity: {}", "a: its pool has no affinity, so it has no sessions that could move at a rate"},
      {"affinity: {app_cookie: {name: S, how: route_suffix}}", "a: the sessions of its pool say themselves"},
      {"affinity: {app_cookie: {name: S, how: prefix}}", "a: the sessions of its pool say themselves"},
      {"affinity: {header: {name: S, how: hash}}", "a: the sessions of its pool say themselves"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.affinity);
    Fixture fixture;
    fixture.setup.pool[2] = row.affinity;
    Balancer balancer(fixture.setup);
    const Finished refused = command(balancer, {"drain", "app/a", "--rate", "20/s"});
    CHECK(refused.code == 1);
    CHECK(refused.errors.find(row.why) != std::string::npos);
    CHECK(state_of(balancer, "a") == "up");
    CHECK(command(balancer, {"drain", "app/a", "--deadline", "1h"}).code == 0);
  }
}

}  // namespace
}  // namespace stickler::integration
