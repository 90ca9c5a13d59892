// The policy that places new sessions by those that are there.
#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <map>

#include "tests/integration/affinity/sticky.h"
#include "tests/integration/failure/gate.h"

namespace stickler::integration {
namespace {

using Counts = std::map<std::string, int>;

Counts log_in(Balancer& balancer, int sessions) {
  Counts nodes;
  for (int i = 0; i < sessions; ++i) ++nodes[Browser(balancer.port()).node()];
  return nodes;
}

TEST_CASE("new sessions go to the node that has the fewest for its weight, over all workers and reloads") {
  const std::string affinity = GENERATE(as<std::string>(), sticky(), "affinity: {app_cookie: {name: S, how: learn}}");
  CAPTURE(affinity);
  const bool learned = affinity.find("learn") != std::string::npos;
  const auto names_itself = [&](const std::string& name) {
    static std::atomic<int> sessions{0};
    return answering([name, learned](const Message&) {
      return reply(name, learned ? "Set-Cookie: S=session-" + std::to_string(++sessions) + "\r\n" : "");
    });
  };
  ScriptedOrigin a(names_itself("a"));
  ScriptedOrigin b(names_itself("b"));
  ScriptedOrigin c(names_itself("c"));
  Setup setup{.process = "{workers: 2, shutdown_grace: 500ms}",
              .pool = {"policy: least_sessions", affinity},
              .backends = {backend("a", a), backend("b", b, ", weight: 2"), backend("c", c, ", state: drain")}};
  Balancer balancer(setup);
  CHECK(log_in(balancer, 30) == Counts{{"a", 10}, {"b", 20}});
  setup.backends[2] = backend("c", c);
  reload(balancer, setup);
  await_workers(balancer);
  CHECK(log_in(balancer, 10) == Counts{{"c", 10}});
  CHECK(log_in(balancer, 40) == Counts{{"a", 10}, {"b", 20}, {"c", 10}});
  // By what was counted, and no more by what was sent there.
  const auto counted = [&](const std::string& name) {
    return balancer.metric("stickler_backend_sessions", "backend=\"" + name + "\"");
  };
  CHECK(counted("a") == 20);
  CHECK(counted("b") == 40);
  CHECK(counted("c") == 20);
}

TEST_CASE("log-ins that come all at once are spread while none of them is answered") {
  GatedOrigin a("a");
  GatedOrigin b("b");
  GatedOrigin c("c");
  Balancer balancer(Setup{.process = "{workers: 2, shutdown_grace: 500ms}",
                          .pool = {"policy: least_sessions", sticky()},
                          .backends = {backend("a", a.origin), backend("b", b.origin), backend("c", c.origin)}});
  std::deque<RawClient> clients;
  for (int i = 0; i < 12; ++i) clients.emplace_back(balancer.port()).send(get("/held/" + std::to_string(i)));
  const auto held = [](const GatedOrigin& node) { return node.origin.requests(); };
  CHECK(eventually([&] { return held(a) + held(b) + held(c) == 12; }));
  // Two workers may look at the same moment.
  for (const GatedOrigin* node : {&a, &b, &c}) {
    CHECK(held(*node) >= 3);
    CHECK(held(*node) <= 5);
  }
  for (GatedOrigin* node : {&a, &b, &c}) node->gate.open();
  for (RawClient& client : clients) CHECK(client.read_response()->status() == 200);
}

TEST_CASE("the policy by sessions is an error in a pool that knows none") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("a.yaml");
  write_file(file, yaml(Setup{.pool = {"policy: least_sessions"}, .backends = {"127.0.0.1:1"}}));
  const Finished checked = run({.program = stickler_program(), .arguments = {"check", file}});
  CHECK(checked.code == 2);
  CHECK(checked.both().find("least_sessions counts log-in sessions, and without affinity the pool knows none") !=
        std::string::npos);
}

}  // namespace
}  // namespace stickler::integration
