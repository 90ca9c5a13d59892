// A node that an operator takes out, and what becomes of its sessions: by `stickler drain` and its sisters, as typed.
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <thread>

#include "tests/integration/affinity/sticky.h"
#include "tests/integration/failure/gate.h"

namespace stickler::integration {
namespace {

struct Fixture {
  ScriptedOrigin a{named("a")};
  ScriptedOrigin b{named("b")};
  ScriptedOrigin c{named("c")};
  Setup setup{.top = {access_log_to_stdout},
              .pool = {"affinity: {backup: next, cookie: {keys: [\"" + first_key + "\"]}}", "health: {passive: off}"},
              .backends = {backend("a", a), backend("b", b), backend("c", c)}};
};

Finished command(Balancer& balancer, std::vector<std::string> words) {
  words.insert(words.end(), {"--admin", balancer.admin_address()});
  return run({.program = stickler_program(), .arguments = std::move(words)});
}

double sessions(Balancer& balancer, const std::string& name) {
  return balancer.admin_json("/api/v1/pools/app/backends/" + name).at("sessions");
}

std::set<std::string> nodes_of_new_sessions(Balancer& balancer) {
  std::set<std::string> nodes;
  for (int i = 0; i < 12; ++i) nodes.insert(Browser(balancer.port()).node());
  return nodes;
}

TEST_CASE("a node that drains keeps its sessions and gets no new ones, until undrain") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser browser = bound_to("b", balancer.port());
  const double before = sessions(balancer, "b");
  CHECK(before >= 1);
  const Finished drained = command(balancer, {"drain", "app/b"});
  CHECK(drained.code == 0);
  CHECK(drained.output.starts_with("app/b drains for 0s, "));
  REQUIRE(comes_to(balancer, "b", "draining"));
  for (int i = 0; i < 5; ++i) CHECK(browser.node("/while-draining") == "b");
  CHECK(verdict(balancer, "/while-draining") == "bound");
  CHECK_FALSE(nodes_of_new_sessions(balancer).contains("b"));
  CHECK(sessions(balancer, "b") == before);
  CHECK(balancer.metric("stickler_backend_sessions", "backend=\"b\"") == before);

  const Finished undrained = command(balancer, {"undrain", "app/b"});
  CHECK(undrained.code == 0);
  CHECK(undrained.output == "app/b is up\n");
  CHECK(eventually([&] { return nodes_of_new_sessions(balancer).contains("b"); }));
  CHECK(browser.node() == "b");
}

TEST_CASE("at the deadline of a drain each session goes to the backup that its cookie names, once") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser early = bound_to("b", balancer.port());
  Browser late = bound_to("b", balancer.port());
  const Finished drained = command(balancer, {"drain", "app/b", "--deadline", "50ms", "--wait"});
  CHECK(drained.code == 0);
  CHECK(drained.output.find("app/b: the deadline is over, it gets nothing any more\n") != std::string::npos);
  REQUIRE(comes_to(balancer, "b", "drained"));
  CHECK(sessions(balancer, "b") == 0);
  for (Browser* browser : {&early, &late}) {
    const Message moved = browser->get("/moved");
    CHECK(moved.body != "b");
    CHECK(set_cookie_of(moved).has_value());
    const Message next = browser->get("/next");
    CHECK(next.body == moved.body);
    CHECK_FALSE(set_cookie_of(next).has_value());
  }
  CHECK(verdict(balancer, "/moved") == "drained");
  CHECK(verdict(balancer, "/next") == "bound");
  CHECK(balancer.metric("stickler_pool_verdicts_total", "reason=\"drained\"") == 2);
  CHECK(command(balancer, {"enable", "app/b"}).output == "app/b is up\n");
  CHECK(early.node() != "b");
}

TEST_CASE("sessions by a suffix and sessions that are learned drain, too, and are counted exactly") {
  struct Row {
    std::string affinity;
    std::string next_verdict;  // Once a session has moved off a drained node.
  };
  for (const Row& row : {Row{"app_cookie: {name: S, how: route_suffix}, backup: next", "drained"},
                         Row{"header: {name: X-Session-Id, how: learn}, backup: next", "bound"}}) {
    CAPTURE(row.affinity);
    const bool learned = row.affinity.starts_with("header");
    Fixture fixture;
    fixture.setup.pool[0] = "affinity: {" + row.affinity + "}";
    Balancer balancer(fixture.setup);
    std::map<std::string, std::string> nodes;  // By the line of the session.
    for (int i = 0; i < 30; ++i) {
      const std::string number = std::to_string(i);
      const std::string cookie = "Cookie: S=" + number + (i % 3 == 0 ? ".a" : i % 3 == 1 ? ".b" : ".c") + "\r\n";
      const std::string line = learned ? "X-Session-Id: " + number + "\r\n" : cookie;
      for (int again = 0; again < 2; ++again) nodes[line] = fetch(balancer.port(), "/", line).body;
    }
    const auto on = [&](const std::string& node) {
      double count = 0;
      for (const auto& [line, of_session] : nodes) count += of_session == node ? 1 : 0;
      return count;
    };
    for (const char* node : {"a", "b", "c"}) CHECK(sessions(balancer, node) == on(node));
    CHECK(balancer.metric("stickler_backend_sessions") == 30);

    REQUIRE(command(balancer, {"drain", "app/b"}).code == 0);
    for (const auto& [line, node] : nodes) CHECK(fetch(balancer.port(), "/", line).body == node);
    REQUIRE(command(balancer, {"drain", "app/b", "--deadline", "50ms", "--wait"}).code == 0);
    REQUIRE(comes_to(balancer, "b", "drained"));
    int asked = 0;
    for (auto& [line, node] : nodes) {
      const std::string target = "/moved/" + std::to_string(++asked);
      const std::string now = fetch(balancer.port(), target, line).body;
      CHECK((now == node) == (node != "b"));
      CHECK(verdict(balancer, target) == (node == "b" ? "drained" : "bound"));
      if (node == "b") {
        CHECK(fetch(balancer.port(), target + "/next", line).body == now);
        CHECK(verdict(balancer, target + "/next") == row.next_verdict);
      }
      node = now;
      if (learned) CHECK(sessions(balancer, node) == on(node));
    }
    CHECK(sessions(balancer, "b") == 0);
  }
}

TEST_CASE("a request that a node is serving when its drain ends is served") {
  GatedOrigin busy("b");
  ScriptedOrigin a(named("a"));
  Setup setup{.pool = {sticky()}, .backends = {backend("b", busy.origin)}};
  Balancer balancer(setup);
  RawClient held(balancer.port());
  held.send(get("/held"));
  REQUIRE(eventually([&] { return busy.origin.seen_target("/held") == 1; }));
  setup.backends.push_back(backend("a", a));
  reload(balancer, setup);
  REQUIRE(command(balancer, {"drain", "app/b", "--deadline", "0s"}).code == 0);
  REQUIRE(comes_to(balancer, "b", "drained"));
  CHECK(eventually([&] { return fetch(balancer.port(), "/").body == "a"; }));
  busy.gate.open();
  CHECK(held.read_response()->body == "b");
}

TEST_CASE("--wait returns when the last session has ended") {
  Fixture fixture;
  fixture.setup.pool[0] = sticky({first_key}, ", idle: 1s");
  Balancer balancer(fixture.setup);
  bound_to("b", balancer.port());
  CHECK(sessions(balancer, "b") >= 1);
  const Finished waited = command(balancer, {"drain", "app/b", "--wait"});
  CHECK(waited.code == 0);
  CHECK(waited.output.find("app/b: empty, it can be stopped\n") != std::string::npos);
  CHECK(sessions(balancer, "b") == 0);
}

TEST_CASE("--wait says when somebody ends the drain meanwhile") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  bound_to("b", balancer.port());
  Finished waited;
  std::thread waiting([&] { waited = command(balancer, {"drain", "app/b", "--wait"}); });
  CHECK(comes_to(balancer, "b", "draining"));
  CHECK(command(balancer, {"undrain", "app/b"}).code == 0);
  waiting.join();
  CHECK(waited.code == 1);
  CHECK(waited.errors == "stickler: app/b does not drain any more\n");
}

TEST_CASE("a node that is disabled is down for everybody, over reloads, until enable") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser browser = bound_to("b", balancer.port());
  CHECK(command(balancer, {"disable", "app/b"}).output == "app/b is down\n");
  REQUIRE(comes_to(balancer, "b", "down"));
  CHECK(eventually([&] { return browser.node("/moved") != "b"; }));
  fixture.setup.listener = {"timeouts: {idle: 20s}"};
  reload(balancer, fixture.setup);
  CHECK(state_of(balancer, "b") == "down");
  CHECK_FALSE(nodes_of_new_sessions(balancer).contains("b"));
  const Finished refused = command(balancer, {"drain", "app/b"});
  CHECK(refused.code == 1);
  CHECK(refused.errors.find("it is disabled, so there is nothing to drain; enable it first") != std::string::npos);
  CHECK(command(balancer, {"enable", "app/b"}).output == "app/b is up\n");
  CHECK(eventually([&] { return nodes_of_new_sessions(balancer).contains("b"); }));
}

TEST_CASE("an order to nobody is refused, with the names that there are") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  const Finished pool = command(balancer, {"drain", "login/a"});
  CHECK(pool.code == 1);
  CHECK(pool.errors.find("app") != std::string::npos);
  const Finished node = command(balancer, {"disable", "app/x"});
  CHECK(node.code == 1);
  CHECK(node.errors.find("there is 'a', 'b', 'c'") != std::string::npos);
}

}  // namespace
}  // namespace stickler::integration
