// Idle and absolute life of a cookie, by wall clock. Short lives, and events instead of sleeps: a cookie is shown again
// and again until it is refused.
#include <catch2/catch.hpp>
#include <vector>

#include "tests/integration/affinity/sticky.h"

namespace stickler::integration {
namespace {

struct Fixture {
  ScriptedOrigin a{named("a")};
  ScriptedOrigin b{named("b")};

  Setup with_life(std::string_view life) const {
    return {.top = {access_log_to_stdout},
            .pool = {sticky({first_key}, life)},
            .backends = {backend("a", a), backend("b", b)}};
  }
};

// Verdicts of requests from now until one is `last`.
std::vector<std::string> verdicts_until(Balancer& balancer, Browser& browser, std::string_view last, bool refreshes) {
  std::vector<std::string> verdicts;
  eventually([&] {
    const std::string path = "/life-" + std::to_string(verdicts.size());
    const std::string cookie = browser.cookie();
    browser.get(path);
    if (!refreshes) browser.take(cookie);
    verdicts.push_back(verdict(balancer, path));
    return verdicts.back() == last;
  });
  return verdicts;
}

void expect_bound_then_expired(const std::vector<std::string>& verdicts) {
  REQUIRE_FALSE(verdicts.empty());
  CHECK(verdicts.front() == "bound");
  CHECK(verdicts.back() == "expired");
  for (std::size_t i = 0; i + 1 < verdicts.size(); ++i) CHECK(verdicts[i] == "bound");
}

TEST_CASE("a cookie that is not renewed expires by idle") {
  Fixture fixture;
  Balancer balancer(fixture.with_life(", idle: 2s, ttl: 1h"));
  Browser browser = bound_to("a", balancer.port());
  expect_bound_then_expired(verdicts_until(balancer, browser, "expired", false));
  CHECK(browser.get("/new-choice").has("Set-Cookie"));
  CHECK(balancer.metric("stickler_pool_verdicts_total", "reason=\"expired\"") >= 1);
}

TEST_CASE("a cookie that is used is renewed before it is idle, and the session stays") {
  Fixture fixture;
  Balancer balancer(fixture.with_life(", idle: 2s, ttl: 1h"));
  Browser browser = bound_to("b", balancer.port());
  int renewals = 0;
  int requests = 0;
  REQUIRE(eventually([&] {
    const std::string before = browser.cookie();
    const Message answer = browser.get("/in-use");
    REQUIRE(answer.body == "b");
    ++requests;
    if (answer.has("Set-Cookie")) {
      ++renewals;
      CHECK(browser.cookie() != before);
      CHECK(answer.field("Cache-Control") == "private");
    }
    return renewals == 4;  // Longer than idle: each renewal is at least idle/4 after the one before.
  }));
  CHECK(requests > 4 * renewals);
  CHECK(balancer.metric("stickler_pool_verdicts_total", "reason=\"expired\"") == 0);
}

TEST_CASE("a cookie expires by ttl however much it is used") {
  Fixture fixture;
  Balancer balancer(fixture.with_life(", idle: 2s, ttl: 3s"));
  Browser browser = bound_to("a", balancer.port());
  expect_bound_then_expired(verdicts_until(balancer, browser, "expired", true));
  browser.get("/begun-anew");
  CHECK(verdict(balancer, "/begun-anew") == "bound");
}

}  // namespace
}  // namespace stickler::integration
