// Pools whose backends are listed in a file of their own (discover.file), which changes while the process runs.
#include <catch2/catch.hpp>
#include <fstream>

#include "tests/integration/affinity/sticky.h"
#include "tests/integration/failure/named.h"
#include "tests/integration/harness/admin_call.h"
#include "tests/integration/upgrade/flood.h"

namespace stickler::integration {
namespace {

struct Fixture {
  ScriptedOrigin a{named("a")};
  ScriptedOrigin b{named("b")};
  ScriptedOrigin c{named("c")};
  TemporaryDirectory folder;
  const std::string list = folder.file("nodes.yaml");
  Setup setup{.process = "{workers: 2, shutdown_grace: 500ms}",
              .top = {access_log_to_stdout},
              .pool = {sticky(), "discover: {file: \"" + list + "\"}"}};

  std::string config() const {
    std::string text = yaml(setup);
    const std::string key = "    backends:\n";
    return setup.backends.empty() ? text.erase(text.find(key), key.size()) : text;
  }

  std::string lines(const std::vector<const ScriptedOrigin*>& origins, const std::string& more = "") const {
    std::string text;
    for (const ScriptedOrigin* origin : origins) {
      const char* name = origin == &a ? "a" : origin == &b ? "b" : "c";
      text += "- " + backend(name, *origin, more) + "\n";
    }
    return text;
  }
};

bool members_come_to(Balancer& balancer, const std::string& members) {
  return eventually([&] { return members_of(balancer) == members; });
}

nlohmann::json discover_of(Balancer& balancer) { return balancer.admin_json("/api/v1/pools/app").at("discover"); }

double changes(Balancer& balancer, const std::string& what) {
  return balancer.metric("stickler_pool_discover_" + what + "_total", "pool=\"app\"");
}

TEST_CASE("a list that changes under load is followed, one that is broken is not, and nobody notices") {
  Fixture fixture;
  write_file(fixture.list, fixture.lines({&fixture.a, &fixture.b}));
  Balancer balancer(fixture.config());
  Browser on_a = bound_to("a", balancer.port());
  Flood flood(balancer.port());
  write_file(fixture.list, fixture.lines({&fixture.c, &fixture.a, &fixture.b}));
  CHECK(members_come_to(balancer, "c1 a1 b1"));
  std::ofstream(fixture.list) << fixture.lines({&fixture.a, &fixture.c}, ", weight: 3");
  CHECK(members_come_to(balancer, "a3 c3"));
  CHECK(changes(balancer, "applied") == 2);

  write_file(fixture.list, "- {name: a, adress: \"127.0.0.1:9001\"}\n");
  CHECK(eventually([&] { return changes(balancer, "refused") == 1; }));
  const std::string problem = discover_of(balancer).at("problem");
  CHECK(problem.starts_with(fixture.list + ":1:13: error: backends[0].adress: unknown key; did you mean 'address'?"));
  CHECK(members_of(balancer) == "a3 c3");
  std::filesystem::remove(fixture.list);
  CHECK(eventually([&] { return changes(balancer, "refused") == 2; }));
  CHECK(members_of(balancer) == "a3 c3");

  write_file(fixture.list, fixture.lines({&fixture.a, &fixture.c}, ", weight: 3"));
  CHECK(eventually([&] { return discover_of(balancer).at("problem") == ""; }));
  reload(balancer, fixture.config());
  write_file(fixture.list, fixture.lines({&fixture.a}));
  CHECK(members_come_to(balancer, "a1"));
  CHECK(changes(balancer, "applied") == 3);
  CHECK(on_a.node("/still") == "a");
  CHECK(verdict(balancer, "/still") == "bound");
  flood.stop();
  INFO(flood.first_failures());
  CHECK(flood.failed() == 0);
  CHECK(flood.served() > 0);
}

TEST_CASE("a list stands beside the backends of the configuration, and what was said at run time over both") {
  Fixture fixture;
  fixture.setup.backends = {backend("a", fixture.a)};
  write_file(fixture.list, fixture.lines({&fixture.b, &fixture.c}));
  Balancer balancer(fixture.config());
  CHECK(members_of(balancer) == "a1 b1 c1");
  CHECK(balancer.admin_json("/api/v1/pools/app/backends/a").at("origin") == "config");
  CHECK(balancer.admin_json("/api/v1/pools/app/backends/b").at("origin") == "discover");
  REQUIRE(set_weight(balancer, "b", 9).status() == 200);
  REQUIRE(set_weight(balancer, "a", 8).status() == 200);
  REQUIRE(remove_backend(balancer, "c").status() == 200);
  CHECK(members_of(balancer) == "a8 b9");
  write_file(fixture.list, fixture.lines({&fixture.c}, ", weight: 2") + fixture.lines({&fixture.b}));
  CHECK(members_come_to(balancer, "a8 c2 b9"));
  write_file(fixture.list, fixture.lines({&fixture.a}));
  CHECK(eventually([&] { return changes(balancer, "refused") == 1; }));
  CHECK(members_of(balancer) == "a8 c2 b9");
}

TEST_CASE("a list is part of the configuration: check, start and reload judge it as well") {
  Fixture fixture;
  const std::string config = fixture.folder.file("stickler.yaml");
  fixture.setup.pool = {sticky(), "discover: {file: nodes.yaml}"};
  write_file(config, fixture.config());
  const auto check = [&] { return run({.program = stickler_program(), .arguments = {"check", config}}); };
  for (const std::string command : {"check", "run"}) {
    const Finished missing = run({.program = stickler_program(), .arguments = {command, config}});
    CHECK(missing.code == 2);
    CHECK(missing.errors.find(fixture.list + ": error: pools.app.discover.file: cannot be opened") !=
          std::string::npos);
  }
  write_file(fixture.list, fixture.lines({&fixture.a}, ", weight: 300"));
  const Finished wrong = check();
  CHECK(wrong.code == 2);
  CHECK(wrong.errors.find(fixture.list + ":1:") != std::string::npos);
  CHECK(wrong.errors.find("error: backends[0].weight: expected a whole number from 0 to 256, got '300'") !=
        std::string::npos);
  write_file(fixture.list, fixture.lines({&fixture.a}));
  CHECK(check().code == 0);

  Fixture other;
  write_file(other.list, other.lines({&other.a}));
  Balancer balancer(other.config());
  write_file(other.list, "[]\n");
  const Message refused = reload_by_command(balancer);
  CHECK(refused.status() == 409);
  CHECK(refused.body.find("a pool has at least one backend") != std::string::npos);
  CHECK(fetch(balancer.port(), "/").body == "a");
}

}  // namespace
}  // namespace stickler::integration
