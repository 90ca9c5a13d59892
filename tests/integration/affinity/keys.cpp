// Keys: several balancers, restarts, rotation, and cookies that were made for somebody else.
#include <catch2/catch.hpp>

#include "tests/integration/affinity/sticky.h"

namespace stickler::integration {
namespace {

struct Fixture {
  ScriptedOrigin a{named("a")};
  ScriptedOrigin b{named("b")};
  ScriptedOrigin c{named("c")};

  Setup with_keys(const std::vector<std::string>& keys) const {
    return {.top = {access_log_to_stdout},
            .pool = {sticky(keys)},
            .backends = {backend("a", a), backend("b", b), backend("c", c)}};
  }
};

TEST_CASE("two balancers that share a key send a session to the same node") {
  Fixture fixture;
  Balancer one(fixture.with_keys({first_key}));
  Setup other_order = fixture.with_keys({first_key});
  std::ranges::reverse(other_order.backends);
  Balancer other(other_order);
  for (const char* node : {"a", "b", "c"}) {
    Browser browser = bound_to(node, one.port());
    for (int i = 0; i < 3; ++i) {
      browser.move_to(other.port());
      const Message answer = browser.get("/");
      CHECK(answer.body == node);
      CHECK_FALSE(answer.has("Set-Cookie"));
      browser.move_to(one.port());
      CHECK(browser.node() == node);
    }
  }
}

TEST_CASE("a restart with the same key keeps every session on its node") {
  Fixture fixture;
  Browser browser(0);
  {
    Balancer balancer(fixture.with_keys({first_key}));
    browser = bound_to("b", balancer.port());
  }
  for (int restart = 0; restart < 3; ++restart) {
    Balancer balancer(fixture.with_keys({first_key}));
    browser.move_to(balancer.port());
    for (int i = 0; i < 4; ++i) CHECK(browser.node("/again") == "b");
    CHECK(verdict(balancer, "/again") == "bound");
  }
}

TEST_CASE("without a key a random one lives as long as the process, over reloads, and the log warns of it") {
  Fixture fixture;
  Browser browser(0);
  {
    Balancer balancer(fixture.with_keys({}));
    balancer.process().await_line("has no keys");
    browser = bound_to("b", balancer.port());
    Setup changed = fixture.with_keys({});
    changed.pool.push_back("policy: random");
    reload(balancer, changed);
    CHECK(browser.node("/after-reload") == "b");
    CHECK(verdict(balancer, "/after-reload") == "bound");
    int warnings = 0;
    for (const std::string& line : balancer.process().error_lines()) {
      if (line.find("has no keys: a random one is used") != std::string::npos) ++warnings;
    }
    CHECK(warnings == 1);
  }
  Balancer balancer(fixture.with_keys({}));
  browser.move_to(balancer.port());
  CHECK(browser.get("/after-restart").has("Set-Cookie"));
  CHECK(verdict(balancer, "/after-restart") == "forged");
}

TEST_CASE("a key is rotated in three steps and nobody is moved") {
  Fixture fixture;
  Balancer balancer(fixture.with_keys({first_key}));
  Browser browser = bound_to("b", balancer.port());
  const std::string old_cookie = browser.cookie();

  reload(balancer, fixture.with_keys({second_key, first_key}));
  const Message signed_anew = browser.get("/rotated");
  CHECK(signed_anew.body == "b");
  CHECK(signed_anew.has("Set-Cookie"));
  CHECK(verdict(balancer, "/rotated") == "bound");
  CHECK_FALSE(browser.get("/settled").has("Set-Cookie"));

  reload(balancer, fixture.with_keys({second_key}));
  CHECK(browser.node("/old-key-gone") == "b");
  CHECK(verdict(balancer, "/old-key-gone") == "bound");

  Browser slept_through_it(balancer.port());
  slept_through_it.take(old_cookie);
  CHECK(slept_through_it.get("/too-late").has("Set-Cookie"));
  CHECK(verdict(balancer, "/too-late") == "forged");
}

TEST_CASE("a key that is added behind the first changes no cookie, and cookies it signed elsewhere are honoured") {
  Fixture fixture;
  Balancer ahead(fixture.with_keys({second_key, first_key}));
  Balancer behind(fixture.with_keys({first_key, second_key}));
  Browser browser = bound_to("c", behind.port());
  CHECK_FALSE(browser.get("/").has("Set-Cookie"));
  browser.move_to(ahead.port());
  CHECK(browser.get("/").body == "c");
  browser.move_to(behind.port());
  CHECK(browser.node("/from-ahead") == "c");
  CHECK(verdict(behind, "/from-ahead") == "bound");
}

TEST_CASE("another pool's cookie is forged, even under the same key and with backends of the same names") {
  Fixture fixture;
  Setup setup = fixture.with_keys({first_key});
  setup.listener = {"routes: [{path: /other, pool: other}]"};
  setup.pools = "  other:\n    " + sticky({first_key}) + "\n    backends:\n      - " + backend("a", fixture.a) +
                "\n      - " + backend("b", fixture.b) + "\n      - " + backend("c", fixture.c) + "\n";
  Balancer balancer(setup);
  Browser browser = bound_to("b", balancer.port());
  CHECK(browser.get("/other/first").has("Set-Cookie"));
  CHECK(verdict(balancer, "/other/first") == "forged");
  browser.get("/other/second");
  CHECK(verdict(balancer, "/other/second") == "bound");
  browser.get("/back");
  CHECK(verdict(balancer, "/back") == "forged");
  CHECK(balancer.metric("stickler_pool_verdicts_total", "pool=\"other\",reason=\"forged\"") == 1);
}

TEST_CASE("a cookie of another key is forged") {
  Fixture fixture;
  Balancer one(fixture.with_keys({first_key}));
  Balancer stranger(fixture.with_keys({second_key}));
  Browser browser = bound_to("a", one.port());
  browser.move_to(stranger.port());
  CHECK(browser.get("/stranger").has("Set-Cookie"));
  CHECK(verdict(stranger, "/stranger") == "forged");
}

TEST_CASE("a key from the environment is as good as one in the file") {
  Fixture fixture;
  Balancer literal(fixture.with_keys({first_key}));
  Balancer from_environment(yaml(fixture.with_keys({"${TEST_KEY}"})), {.environment = {"TEST_KEY=" + first_key}});
  Browser browser = bound_to("b", literal.port());
  browser.move_to(from_environment.port());
  CHECK(browser.node() == "b");
}

}  // namespace
}  // namespace stickler::integration
