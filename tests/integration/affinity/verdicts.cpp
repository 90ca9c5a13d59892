// One word for what affinity did with each request: the same in the access log and in the metrics.
#include <catch2/catch.hpp>

#include "tests/integration/affinity/sticky.h"

namespace stickler::integration {
namespace {

double verdicts(Balancer& balancer, std::string_view word) {
  return balancer.metric("stickler_pool_verdicts_total", "pool=\"app\",reason=\"" + std::string(word) + "\"");
}

// Sends one request and expects its verdict in the log, and one more of it in the metrics.
Message expect_verdict(Balancer& balancer, Browser& browser, const std::string& word) {
  const double before = verdicts(balancer, word);
  const std::string path = "/expects-" + word + "-" + std::to_string(static_cast<int>(before));
  Message answer = browser.get(path);
  CHECK(verdict(balancer, path) == word);
  CHECK(eventually([&] { return verdicts(balancer, word) == before + 1; }));
  return answer;
}

// Two backends, a sticky pool, no passive health: nothing but the test says who is down.
struct Fixture {
  ScriptedOrigin a{named("a")};
  ScriptedOrigin b{named("b")};
  Setup setup{.top = {access_log_to_stdout},
              .pool = {sticky(), "health: {passive: off}"},
              .backends = {backend("a", a), backend("b", b)}};
};

TEST_CASE("none: the pool has no affinity") {
  Fixture fixture;
  fixture.setup.pool = {};
  Balancer balancer(fixture.setup);
  Browser browser(balancer.port());
  CHECK_FALSE(expect_verdict(balancer, browser, "none").has("Set-Cookie"));
  browser.take("anything");
  expect_verdict(balancer, browser, "none");
}

TEST_CASE("new, then bound") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser browser(balancer.port());
  const Message first = expect_verdict(balancer, browser, "new");
  CHECK(first.has("Set-Cookie"));
  for (int i = 0; i < 3; ++i) {
    const Message next = expect_verdict(balancer, browser, "bound");
    CHECK(next.body == first.body);
    CHECK_FALSE(next.has("Set-Cookie"));
  }
}

TEST_CASE("forged: what is not a whole cookie of this pool's keys counts as none, and a new one is given") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  const std::string good = bound_to("a", balancer.port()).cookie();
  std::string flipped = good;
  flipped[10] = flipped[10] == 'A' ? 'B' : 'A';
  std::string bad_tag = good;
  bad_tag.back() = bad_tag.back() == 'A' ? 'B' : 'A';
  const std::string forgeries[] = {
      flipped, bad_tag,    good.substr(1),        good.substr(0, good.size() - 1), good + "A", "\"" + good + "\"",
      "a",     "STICKLER", std::string(3000, 'A')};
  for (const std::string& forgery : forgeries) {
    CAPTURE(forgery);
    Browser browser(balancer.port());
    browser.take(forgery);
    CHECK(expect_verdict(balancer, browser, "forged").has("Set-Cookie"));
    expect_verdict(balancer, browser, "bound");
  }
}

TEST_CASE("unknown_node: the session's node is no longer in the pool") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser browser = bound_to("a", balancer.port());
  fixture.setup.backends = {backend("b", fixture.b)};
  reload(balancer, fixture.setup);
  const Message moved = expect_verdict(balancer, browser, "unknown_node");
  CHECK(moved.body == "b");
  CHECK(moved.has("Set-Cookie"));
  expect_verdict(balancer, browser, "bound");
}

TEST_CASE("detour: one failed connect sends this request elsewhere and leaves the session where it is") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser browser = bound_to("a", balancer.port());
  fixture.a.stop();
  for (int i = 0; i < 3; ++i) {
    const Message elsewhere = expect_verdict(balancer, browser, "detour");
    CHECK(elsewhere.status() == 200);
    CHECK(elsewhere.body == "b");
    CHECK_FALSE(elsewhere.has("Set-Cookie"));
  }
  fixture.a.start();
  CHECK(expect_verdict(balancer, browser, "bound").body == "a");
}

TEST_CASE("a POST takes the detour too when its connect failed: nothing of it was sent") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser browser = bound_to("a", balancer.port());
  fixture.a.stop();
  const Message elsewhere = browser.send("POST", "/write");
  CHECK(elsewhere.body == "b");
  CHECK_FALSE(elsewhere.has("Set-Cookie"));
  CHECK(verdict(balancer, "/write") == "detour");
}

TEST_CASE("an idempotent request whose node hangs up on it takes the detour, and the session stays") {
  std::atomic<bool> hangs_up{false};
  ScriptedOrigin a([&](OriginConnection& connection) {
    if (!connection.read_request()) return;
    if (!hangs_up) connection.wire.send(reply("a", "Connection: close\r\n"));
    connection.close();
  });
  ScriptedOrigin b(named("b"));
  Balancer balancer(Setup{.top = {access_log_to_stdout},
                          .pool = {sticky(), "health: {passive: off}"},
                          .backends = {backend("a", a), backend("b", b)}});
  Browser browser = bound_to("a", balancer.port());
  hangs_up = true;
  const Message elsewhere = expect_verdict(balancer, browser, "detour");
  CHECK(elsewhere.body == "b");
  CHECK_FALSE(elsewhere.has("Set-Cookie"));
  hangs_up = false;
  CHECK(expect_verdict(balancer, browser, "bound").body == "a");
}

TEST_CASE("moved: the session's node is down for sure, so the cookie names another from now on") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser browser = bound_to("a", balancer.port());
  fixture.setup.backends = {backend("a", fixture.a, ", state: down"), backend("b", fixture.b)};
  reload(balancer, fixture.setup);
  const Message moved = expect_verdict(balancer, browser, "moved");
  CHECK(moved.body == "b");
  CHECK(moved.has("Set-Cookie"));
  CHECK_FALSE(expect_verdict(balancer, browser, "bound").has("Set-Cookie"));
}

TEST_CASE("refused: the node is down and the pool would rather fail than move the session") {
  Fixture fixture;
  fixture.setup.pool[0].insert(fixture.setup.pool[0].size() - 1, ", when_unavailable: fail");
  Balancer balancer(fixture.setup);
  Browser browser = bound_to("a", balancer.port());
  const std::string all_up = yaml(fixture.setup);
  fixture.setup.backends = {backend("a", fixture.a, ", state: down"), backend("b", fixture.b)};
  reload(balancer, fixture.setup);
  const Message refused = expect_verdict(balancer, browser, "refused");
  CHECK(refused.status() == 503);
  CHECK(refused.field("Server") == "stickler");
  CHECK(refused.body == "The node of this session is down.\n");
  CHECK_FALSE(refused.has("Set-Cookie"));
  CHECK(balancer.access_entry("/expects-refused-0").at("reason") == "node_down");
  CHECK(balancer.metric("stickler_listener_refusals_total", "reason=\"node_down\"") == 1);

  Browser fresh(balancer.port());
  CHECK(expect_verdict(balancer, fresh, "new").body == "b");
  reload(balancer, all_up);
  CHECK(expect_verdict(balancer, browser, "bound").body == "a");
}

TEST_CASE("verdicts of all requests add up to the pool's requests") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  Browser browser = bound_to("a", balancer.port());
  for (int i = 0; i < 5; ++i) browser.get("/");
  browser.take("forged");
  browser.get("/");
  CHECK(eventually([&] {
    const double requests = balancer.metric("stickler_pool_requests_total", "pool=\"app\"");
    return requests >= 7 && balancer.metric("stickler_pool_verdicts_total", "pool=\"app\"") == requests;
  }));
}

}  // namespace
}  // namespace stickler::integration
