// What becomes of a session when the operator, a probe or a reload changes the node it is bound to.
#include <catch2/catch.hpp>
#include <map>

#include "tests/integration/affinity/sticky.h"

namespace stickler::integration {
namespace {

struct Fixture {
  ScriptedOrigin a{named("a")};
  ScriptedOrigin b{named("b")};
  ScriptedOrigin c{named("c")};
  Setup setup{.top = {access_log_to_stdout},
              .pool = {sticky(), "health: {passive: off}"},
              .backends = {backend("a", a), backend("b", b), backend("c", c)}};

  Setup with_b(std::string_view more) const {
    Setup changed = setup;
    changed.backends[1] = backend("b", b, more);
    return changed;
  }
};

// The nodes of this many new sessions.
std::map<std::string, int> new_sessions(Balancer& balancer, int count) {
  std::map<std::string, int> nodes;
  for (int i = 0; i < count; ++i) ++nodes[Browser(balancer.port()).node()];
  return nodes;
}

TEST_CASE("a node that drains or has weight 0 keeps its sessions and gets no new ones") {
  const std::string change = GENERATE(", state: drain", ", weight: 0");
  CAPTURE(change);
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser browser = bound_to("b", balancer.port());
  reload(balancer, fixture.with_b(change));
  for (int i = 0; i < 10; ++i) {
    const Message answer = browser.get("/while-draining");
    CHECK(answer.body == "b");
    CHECK_FALSE(answer.has("Set-Cookie"));
  }
  CHECK(verdict(balancer, "/while-draining") == "bound");
  const auto nodes = new_sessions(balancer, 12);
  CHECK_FALSE(nodes.contains("b"));
  CHECK(nodes.size() == 2);

  reload(balancer, fixture.setup);
  CHECK(browser.node() == "b");
  CHECK(new_sessions(balancer, 12).contains("b"));
}

TEST_CASE("sessions of a pool whose nodes all drain are still served, and new ones are refused") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser browser = bound_to("b", balancer.port());
  Setup drained = fixture.setup;
  drained.backends = {backend("a", fixture.a, ", state: drain"), backend("b", fixture.b, ", state: drain"),
                      backend("c", fixture.c, ", state: drain")};
  reload(balancer, drained);
  CHECK(browser.node() == "b");
  const Message refused = fetch(balancer.port(), "/nobody");
  CHECK(refused.status() == 503);
  CHECK(refused.body == "No backend is available.\n");
  CHECK(balancer.access_entry("/nobody").at("reason") == "no_backend");
}

TEST_CASE("a node that is set down moves its sessions and no others, and they do not return with it") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser on_a = bound_to("a", balancer.port());
  Browser on_b = bound_to("b", balancer.port());
  reload(balancer, fixture.with_b(", state: down"));
  const Message moved = on_b.get("/moved");
  CHECK(moved.body != "b");
  CHECK(moved.has("Set-Cookie"));
  CHECK(on_a.node() == "a");
  reload(balancer, fixture.setup);
  for (int i = 0; i < 5; ++i) CHECK(on_b.node("/after") == moved.body);
  CHECK(verdict(balancer, "/after") == "bound");
}

TEST_CASE("a cookie of before the move still finds the node when that is up again") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  const std::string old_cookie = bound_to("b", balancer.port()).cookie();
  reload(balancer, fixture.with_b(", state: down"));
  Browser browser(balancer.port());
  browser.take(old_cookie);
  CHECK(browser.node() != "b");
  reload(balancer, fixture.setup);
  browser.take(old_cookie);
  CHECK(browser.node() == "b");
}

TEST_CASE("a node that its probes find dead moves its sessions, and is left alone when it comes back") {
  Fixture fixture;
  fixture.setup.pool[1] = "health: {passive: off, active: {type: tcp, interval: 50ms, timeout: 2s, rise: 1, fall: 2}}";
  Balancer balancer(fixture.setup);
  Browser browser = bound_to("b", balancer.port());
  const auto state_is = [&](const char* state) {
    return eventually([&] { return balancer.admin_json("/api/v1/pools/app/backends/b").at("state") == state; });
  };
  fixture.b.stop();
  REQUIRE(state_is("down"));
  const Message moved = browser.get("/moved");
  CHECK(verdict(balancer, "/moved") == "moved");
  CHECK(moved.status() == 200);
  CHECK(moved.has("Set-Cookie"));
  fixture.b.start();
  REQUIRE(state_is("up"));
  CHECK(browser.node() == moved.body);
}

TEST_CASE("an ejection is a verdict: the sessions of the ejected node move") {
  Fixture fixture;
  fixture.setup.pool[1] = "health: {passive: {consecutive_failures: 3, eject: 1h}}";
  Balancer balancer(fixture.setup);
  Browser browser = bound_to("b", balancer.port());
  fixture.b.stop();
  int detours = 0;
  REQUIRE(eventually([&] {
    const Message answer = browser.get("/" + std::to_string(detours));
    CHECK(answer.status() == 200);
    if (answer.has("Set-Cookie")) return true;
    ++detours;
    return false;
  }));
  CHECK(detours >= 3);
  CHECK(verdict(balancer, "/0") == "detour");
  CHECK(verdict(balancer, "/" + std::to_string(detours)) == "moved");
}

TEST_CASE("a session whose backends are reordered, renumbered and joined by others stays on its node") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser browser = bound_to("b", balancer.port());
  ScriptedOrigin successor(named("b, at another address"));
  ScriptedOrigin d(named("d"));
  Setup changed = fixture.setup;
  changed.backends = {backend("d", d), backend("c", fixture.c), backend("b", successor, ", weight: 3"),
                      backend("a", fixture.a)};
  reload(balancer, changed);
  for (int i = 0; i < 5; ++i) {
    const Message answer = browser.get("/same");
    CHECK(answer.body == "b, at another address");
    CHECK_FALSE(answer.has("Set-Cookie"));
  }
  CHECK(verdict(balancer, "/same") == "bound");
}

TEST_CASE("an address that another name takes over does not take the sessions with it") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser browser = bound_to("b", balancer.port());
  Setup swapped = fixture.setup;
  swapped.backends = {backend("a", fixture.b), backend("b", fixture.a), backend("c", fixture.c)};
  reload(balancer, swapped);
  CHECK(browser.node() == "a");  // What the origin at the old address of a says: it is b now.
}

TEST_CASE("reloads and changes of health leave the cookies of all other sessions alone") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser browser = bound_to("c", balancer.port());
  for (const char* change : {", state: drain", ", state: down", ", weight: 7", ""}) {
    CAPTURE(change);
    reload(balancer, fixture.with_b(change));
    const Message answer = browser.get("/");
    CHECK(answer.body == "c");
    CHECK_FALSE(answer.has("Set-Cookie"));
  }
}

}  // namespace
}  // namespace stickler::integration
