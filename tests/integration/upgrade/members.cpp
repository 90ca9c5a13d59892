// SIGUSR2: which backends a pool has, by what was said at run time and by its list, goes along.
#include <catch2/catch.hpp>

#include "tests/integration/failure/named.h"
#include "tests/integration/harness/admin_call.h"
#include "tests/integration/upgrade/flood.h"
#include "tests/integration/upgrade/lineage.h"

namespace stickler::integration {
namespace {

TEST_CASE("backends that were added, removed and weighed stay so, under load and through two upgrades") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  ScriptedOrigin c(named("c"));
  Setup setup{.process = "{workers: 2, shutdown_grace: 5s}", .backends = {backend("a", a), backend("b", b)}};
  Lineage lineage(setup);
  Balancer& balancer = lineage.balancer();
  Flood flood(lineage.port());
  REQUIRE(add_backend(balancer, "c", c.address()).status() == 201);
  REQUIRE(set_weight(balancer, "c", 4).status() == 200);
  REQUIRE(remove_backend(balancer, "a").status() == 200);
  lineage.upgrade_and_settle();
  REQUIRE(lineage.is_asked());
  CHECK(members_of(balancer) == "b1 c4");
  REQUIRE(set_weight(balancer, "b", 6).status() == 200);
  setup.backends[0] = backend("a", a, ", weight: 2");
  const std::size_t from = lineage.lines();
  lineage.upgrade(setup);
  lineage.await_line("stopped", from);
  REQUIRE(lineage.is_asked());
  CHECK(members_of(balancer) == "a2 b6 c4");
  flood.stop();
  INFO(flood.first_failures());
  CHECK(flood.failed() == 0);
  CHECK(flood.served() > 0);
}

TEST_CASE("a list is followed by the process that takes over") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  const TemporaryDirectory folder;
  const std::string list = folder.file("nodes.yaml");
  write_file(list, "- " + backend("b", b) + "\n");
  Lineage lineage(Setup{.pool = {"discover: {file: \"" + list + "\"}"}, .backends = {backend("a", a)}});
  lineage.upgrade_and_settle();
  REQUIRE(lineage.is_asked());
  CHECK(members_of(lineage.balancer()) == "a1 b1");
  write_file(list, "- " + backend("b", b, ", weight: 5") + "\n");
  CHECK(eventually([&] { return members_of(lineage.balancer()) == "a1 b5"; }));
}

}  // namespace
}  // namespace stickler::integration
