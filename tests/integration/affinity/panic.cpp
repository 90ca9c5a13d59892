// The panic threshold: when too few are healthy, it is health that is not believed.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <set>

#include "tests/integration/affinity/sticky.h"

namespace stickler::integration {
namespace {

// Answers with its name, and probes as the test wants it.
struct Node {
  explicit Node(std::string name)
      : origin(answering([this, name = std::move(name)](const Message& request) {
          if (request.target() != "/healthz") return reply(name);
          return reply("", "", well ? "200 OK" : "500 Internal Server Error");
        })) {}

  std::atomic<bool> well{true};
  ScriptedOrigin origin;
};

struct Nodes {
  std::array<Node, 4> all{Node("a"), Node("b"), Node("c"), Node("d")};

  Setup setup(std::string_view panic_below) const {
    return {.top = {access_log_to_stdout},
            .pool = {sticky(),
                     "health: {active: {path: /healthz, interval: 50ms, timeout: 5s, rise: 1, fall: 1}, "
                     "panic_below: " +
                         std::string(panic_below) + "}"},
            .backends = {backend("a", all[0].origin), backend("b", all[1].origin), backend("c", all[2].origin),
                         backend("d", all[3].origin)}};
  }
};

std::set<std::string> answers(Balancer& balancer) {
  std::set<std::string> seen;
  for (int i = 0; i < 12; ++i) seen.insert(fetch(balancer.port(), "/").body);
  return seen;
}

bool panics(Balancer& balancer) { return balancer.metric("stickler_pool_panic", "pool=\"app\"") == 1; }

TEST_CASE("when probes say of nearly all that they are down, all are used, and sessions stay where they are") {
  Nodes nodes;
  Balancer balancer(nodes.setup("50%"));
  Browser browser = bound_to("a", balancer.port());
  nodes.all[0].well = false;
  nodes.all[1].well = false;
  REQUIRE(comes_to(balancer, "a", "down"));
  REQUIRE(comes_to(balancer, "b", "down"));
  CHECK(answers(balancer) == std::set<std::string>{"c", "d"});
  CHECK_FALSE(panics(balancer));

  Browser bound_to_c = bound_to("c", balancer.port());
  nodes.all[2].well = false;
  balancer.process().await_line(
      "pool app: panic: fewer than 50% of its backends are healthy, so health is ignored and all are used");
  REQUIRE(eventually([&] { return panics(balancer); }));
  REQUIRE(eventually([&] { return answers(balancer) == std::set<std::string>{"a", "b", "c", "d"}; }));
  CHECK(bound_to_c.node("/in-panic") == "c");
  CHECK(verdict(balancer, "/in-panic") == "bound");
  CHECK(balancer.metric("stickler_backend_up", "backend=\"c\"") == 0);
  CHECK(balancer.admin_json("/api/v1/pools/app").at("panic") == true);

  nodes.all[3].well = false;
  REQUIRE(comes_to(balancer, "d", "down"));
  CHECK(answers(balancer) == std::set<std::string>{"a", "b", "c", "d"});

  nodes.all[2].well = true;
  nodes.all[3].well = true;
  balancer.process().await_line("pool app: the panic is over, health counts again");
  REQUIRE(eventually([&] { return answers(balancer) == std::set<std::string>{"c", "d"}; }));
  CHECK_FALSE(panics(balancer));
  CHECK(bound_to_c.node("/after") == "c");
  CHECK(verdict(balancer, "/after") == "bound");
}

TEST_CASE("all are down by their probes: without a threshold 503, with one they are asked") {
  Nodes nodes;
  for (Node& node : nodes.all) node.well = false;
  Setup setup = nodes.setup("0%");
  Balancer balancer(setup);
  for (const char* name : {"a", "b", "c", "d"}) REQUIRE(comes_to(balancer, name, "down"));
  CHECK(fetch(balancer.port(), "/").status() == 503);
  setup = nodes.setup("1%");
  reload(balancer, setup);
  REQUIRE(eventually([&] { return answers(balancer) == std::set<std::string>{"a", "b", "c", "d"}; }));
}

TEST_CASE("what is taken out by hand stays out in panic") {
  Nodes nodes;
  for (Node& node : nodes.all) node.well = false;
  Setup setup = nodes.setup("50%");
  setup.backends[0] = backend("a", nodes.all[0].origin, ", state: down");
  setup.backends[1] = backend("b", nodes.all[1].origin, ", state: drain");
  Balancer balancer(setup);
  for (const char* name : {"a", "b", "c", "d"}) REQUIRE(comes_to(balancer, name, "down"));
  REQUIRE(eventually([&] { return answers(balancer) == std::set<std::string>{"c", "d"}; }));
}

TEST_CASE("in panic a session whose node is dead goes elsewhere with each request, and keeps its node") {
  Nodes nodes;
  Balancer balancer(nodes.setup("100%"));
  Browser browser = bound_to("a", balancer.port());
  nodes.all[0].origin.stop();
  balancer.process().await_line("pool app: panic");
  for (const char* path : {"/one", "/two"}) {
    CHECK(browser.node(path) != "a");
    CHECK(verdict(balancer, path) == "detour");
  }
  nodes.all[0].origin.start();
  balancer.process().await_line("pool app: the panic is over");
  CHECK(browser.node("/back") == "a");
  CHECK(verdict(balancer, "/back") == "bound");
}

}  // namespace
}  // namespace stickler::integration
