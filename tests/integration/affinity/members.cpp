// Backends that are added, removed and weighed while the process runs, and what becomes of the sessions.
#include <catch2/catch.hpp>
#include <set>

#include "tests/integration/affinity/sticky.h"
#include "tests/integration/failure/gate.h"
#include "tests/integration/harness/admin_call.h"
#include "tests/integration/upgrade/flood.h"

namespace stickler::integration {
namespace {

struct Fixture {
  ScriptedOrigin a{named("a")};
  ScriptedOrigin b{named("b")};
  ScriptedOrigin c{named("c")};
  Setup setup{.process = "{workers: 2, shutdown_grace: 500ms}",
              .top = {access_log_to_stdout},
              .pool = {sticky()},
              .backends = {backend("a", a), backend("b", b)}};
};

std::set<std::string> nodes_of_new_sessions(Balancer& balancer) {
  std::set<std::string> nodes;
  for (int i = 0; i < 12; ++i) nodes.insert(Browser(balancer.port()).node());
  return nodes;
}

bool new_sessions_come_to(Balancer& balancer, const std::set<std::string>& nodes) {
  return eventually([&] { return nodes_of_new_sessions(balancer) == nodes; });
}

TEST_CASE("backends come, change their weight and go under load, and nobody notices") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser on_a = bound_to("a", balancer.port());
  Browser on_b = bound_to("b", balancer.port());
  Flood flood(balancer.port());
  for (int round = 0; round < 3; ++round) {
    CHECK(add_backend(balancer, "c", fixture.c.address()).status() == 201);
    CHECK(new_sessions_come_to(balancer, {"a", "b", "c"}));
    CHECK(set_weight(balancer, "b", 0).status() == 200);
    CHECK(new_sessions_come_to(balancer, {"a", "c"}));
    for (int i = 0; i < 5; ++i) CHECK(on_b.node("/weightless" + std::to_string(round)) == "b");
    CHECK(verdict(balancer, "/weightless" + std::to_string(round)) == "bound");
    CHECK(set_weight(balancer, "b", 5).status() == 200);
    reload(balancer, fixture.setup);
    CHECK(members_of(balancer) == "a1 b5 c1");
    CHECK(remove_backend(balancer, "c").status() == 200);
    CHECK(new_sessions_come_to(balancer, {"a", "b"}));
    CHECK(set_weight(balancer, "b", 1).status() == 200);
    CHECK(on_a.node() == "a");
    CHECK(on_b.node() == "b");
  }
  flood.stop();
  INFO(flood.first_failures());
  CHECK(flood.failed() == 0);
  CHECK(flood.served() > 0);
  CHECK(balancer.metric("stickler_pool_verdicts_total", "reason=\"moved\"") == 0);
}

TEST_CASE("the sessions of a node that is removed go to the backup that their cookie names, else they choose anew") {
  for (const bool has_backup : {true, false}) {
    CAPTURE(has_backup);
    Fixture fixture;
    fixture.setup.pool = {"affinity: {backup: " + std::string(has_backup ? "next" : "none") + ", cookie: {keys: [\"" +
                          first_key + "\"]}}"};
    fixture.setup.backends.push_back(backend("c", fixture.c));
    Balancer balancer(fixture.setup);
    Browser browser = bound_to("b", balancer.port());
    REQUIRE(remove_backend(balancer, "b").status() == 200);
    REQUIRE(new_sessions_come_to(balancer, {"a", "c"}));
    const std::string node = browser.node("/removed");
    CHECK(node != "b");
    CHECK(verdict(balancer, "/removed") == (has_backup ? "failover" : "unknown_node"));
    CHECK(browser.node("/next") == node);
    CHECK(verdict(balancer, "/next") == "bound");
  }
}

TEST_CASE("what a node is answering when it is removed, is answered") {
  GatedOrigin busy("busy");
  ScriptedOrigin a(named("a"));
  Balancer balancer(Setup{.pool = {sticky()}, .backends = {backend("busy", busy.origin)}});
  RawClient held(balancer.port());
  held.send(get("/held"));
  REQUIRE(eventually([&] { return busy.origin.seen_target("/held") == 1; }));
  REQUIRE(add_backend(balancer, "a", a.address()).status() == 201);
  REQUIRE(remove_backend(balancer, "busy").status() == 200);
  CHECK(new_sessions_come_to(balancer, {"a"}));
  busy.gate.open();
  CHECK(held.read_response()->body == "busy");
}

TEST_CASE("what was said at run time stands until the file says something else of that backend") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  REQUIRE(add_backend(balancer, "c", fixture.c.address()).status() == 201);
  const Finished weighed =
      run({.program = stickler_program(), .arguments = {"weight", "app/b", "7", "--admin", balancer.admin_address()}});
  CHECK(weighed.code == 0);
  CHECK(weighed.output == "app/b has weight 7\n");
  REQUIRE(remove_backend(balancer, "a").status() == 200);
  const auto pool = balancer.admin_json("/api/v1/pools/app");
  CHECK(pool.at("removed") == nlohmann::json{"a"});
  CHECK(pool.at("backends").at(0).at("origin") == "config");
  CHECK(pool.at("backends").at(0).at("overridden") == true);
  CHECK(pool.at("backends").at(1).at("origin") == "api");
  CHECK(pool.at("backends").at(1).at("overridden") == false);
  CHECK(balancer.metric("stickler_backend_weight", "backend=\"b\"") == 7);

  fixture.setup.listener = {"timeouts: {idle: 20s}"};
  reload(balancer, fixture.setup);
  CHECK(members_of(balancer) == "b7 c1");
  fixture.setup.backends[1] = backend("b", fixture.b, ", weight: 2");
  reload(balancer, fixture.setup);
  CHECK(members_of(balancer) == "b2 c1");
  fixture.setup.backends[0] = backend("a", fixture.a, ", weight: 3");
  fixture.setup.backends.push_back(backend("c", fixture.c, ", weight: 4"));
  reload(balancer, fixture.setup);
  CHECK(members_of(balancer) == "a3 b2 c4");
  CHECK(balancer.admin_json("/api/v1/pools/app").at("removed").empty());
  CHECK(balancer.admin_json("/api/v1/pools/app/backends/c").at("origin") == "config");
}

TEST_CASE("a backend that is added by its old name is the one that was removed") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser browser = bound_to("b", balancer.port());
  REQUIRE(remove_backend(balancer, "b").status() == 200);
  const Message back = add_backend(balancer, "b", fixture.b.address());
  CHECK(back.status() == 201);
  CHECK(back.field("Location") == "/api/v1/pools/app/backends/b");
  CHECK(eventually([&] { return browser.node() == "b"; }));
  CHECK(balancer.admin_json("/api/v1/pools/app").at("removed").empty());
  CHECK(nlohmann::json::parse(back.body).at("overridden") == false);
}

TEST_CASE("a change that makes no sense is refused with the words of the file, and changes nothing") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  struct Row {
    const char* method;
    const char* target;
    const char* body;
    int status;
    const char* message;
  };
  const Row rows[] = {
      {"PUT", "/api/v1/pools/app/backends/a/weight", R"({"weight": -3})", 400,
       "weight: expected a whole number from 0 to 256, got '-3'"},
      {"PUT", "/api/v1/pools/app/backends/a/weight", R"({"wieght": 3})", 400, "did you mean 'weight'?"},
      {"POST", "/api/v1/pools/app/backends", R"({"name": "c", "address": "node3"})", 400,
       "address: expected an address such as 127.0.0.1:80, [::1]:80 or unix:/path, got 'node3'; the port is missing"},
      {"POST", "/api/v1/pools/app/backends", R"({"name": "c", "adress": "127.0.0.1:80"})", 400,
       "adress: unknown key; did you mean 'address'?"},
      {"POST", "/api/v1/pools/app/backends", R"({"name": "a", "address": "127.0.0.1:80"})", 409, "already"},
      {"DELETE", "/api/v1/pools/app/backends/x", "", 404, "there is 'a', 'b'"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.method, row.target, row.body);
    const Message answer = call_admin(balancer, row.method, row.target, row.body);
    CHECK(answer.status() == row.status);
    CHECK(nlohmann::json::parse(answer.body).at("error").at("message").get<std::string>().find(row.message) !=
          std::string::npos);
  }
  REQUIRE(remove_backend(balancer, "a").status() == 200);
  const Message last = remove_backend(balancer, "b");
  CHECK(last.status() == 409);
  CHECK(last.body.find("a pool has at least one backend") != std::string::npos);
  CHECK(members_of(balancer) == "b1");
  fixture.setup.backends = {backend("a", fixture.a)};
  balancer.rewrite(yaml(fixture.setup));
  const Message refused = reload_by_command(balancer);
  CHECK(refused.status() == 409);
  CHECK(refused.body.find("with what was said at run time") != std::string::npos);
  CHECK(fetch(balancer.port(), "/").body == "b");
}

}  // namespace
}  // namespace stickler::integration
