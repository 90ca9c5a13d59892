// Failback: sessions that go home when their node is back, and do not flap with it.
#include <catch2/catch.hpp>
#include <chrono>

#include "tests/integration/affinity/sticky.h"
#include "tests/integration/affinity/stub_group.h"

namespace stickler::integration {
namespace {

using Time = std::chrono::steady_clock;

// Probes find a node down, and up, within a moment; how long it is not trusted after that is `eject`.
std::string health(const std::string& eject) {
  return "health: {active: {type: tcp, interval: 20ms, timeout: 1s, rise: 1, fall: 2}, passive: {eject: " + eject +
         "}}";
}

std::string with_failback(const std::string& rule, const std::string& backup, const std::string& idle = "30m") {
  return "affinity: {cookie: {keys: [\"" + first_key + "\"], idle: " + idle + "}, backup: " + backup +
         ", failback: " + rule + "}";
}

Script announcing(const std::string& name, const std::string& backup) {
  return answering([=](const Message&) { return reply(name, "X-Session-Backup: " + backup + "\r\n"); });
}

// Each has the other's sessions as well.
struct Pair {
  ScriptedOrigin a{announcing("a", "b")};
  ScriptedOrigin b{announcing("b", "a")};

  Setup setup(const std::string& rule, const std::string& eject, const std::string& idle = "30m") const {
    return {.top = {access_log_to_stdout},
            .pool = {with_failback(rule, "announced", idle), health(eject)},
            .backends = {backend("a", a), backend("b", b)}};
  }
};

double verdicts(Balancer& balancer, const std::string& verdict) {
  return balancer.metric("stickler_pool_verdicts_total", "reason=\"" + verdict + "\"");
}

void kill(Balancer& balancer, ScriptedOrigin& node, const char* name) {
  node.stop();
  REQUIRE(comes_to(balancer, name, "down"));
}

void bring_back(Balancer& balancer, ScriptedOrigin& node, const char* name) {
  node.start();
  REQUIRE(comes_to(balancer, name, "up"));
}

bool comes_home(Browser& browser, const std::string& home) {
  return eventually([&] { return browser.node() == home; });
}

TEST_CASE("a session goes home once its node has been up for a while, and its cookie is as it was before") {
  Pair pair;
  Balancer balancer(pair.setup("immediate", "300ms"));
  Browser browser = bound_to("a", balancer.port());
  CHECK(browser.cookie().size() == 76);
  kill(balancer, pair.a, "a");
  CHECK(browser.node("/left") == "b");
  CHECK(verdict(balancer, "/left") == "failover");
  CHECK(browser.cookie().size() == 88);
  const auto back = Time::now();
  bring_back(balancer, pair.a, "a");
  CHECK(comes_home(browser, "a"));
  CHECK(Time::now() - back >= 300ms);
  CHECK(browser.cookie().size() == 76);
  CHECK(verdicts(balancer, "moved") == 1);
  CHECK(browser.node("/home") == "a");
  CHECK(verdict(balancer, "/home") == "bound");
}

TEST_CASE("never: a session stays where it went, and its cookie does not grow") {
  Pair pair;
  Balancer balancer(pair.setup("never", "20ms"));
  Browser browser = bound_to("a", balancer.port());
  kill(balancer, pair.a, "a");
  CHECK(browser.node() == "b");
  CHECK(browser.cookie().size() == 76);
  bring_back(balancer, pair.a, "a");
  for (int i = 0; i < 20; ++i) CHECK(browser.node() == "b");
  CHECK(verdicts(balancer, "moved") == 0);
}

TEST_CASE("a home that is not the session's backup may hold a stale copy, and gets it back no more") {
  ScriptedOrigin a(announcing("a", "b"));
  ScriptedOrigin b(announcing("b", "c"));
  ScriptedOrigin c(announcing("c", "b"));
  Balancer balancer(Setup{.pool = {with_failback("immediate", "announced"), health("20ms")},
                          .backends = {backend("a", a), backend("b", b), backend("c", c)}});
  Browser browser = bound_to("a", balancer.port());
  Browser other = bound_to("c", balancer.port());
  kill(balancer, a, "a");
  CHECK(browser.node() == "b");
  bring_back(balancer, a, "a");
  // As soon as one that may go home would have gone.
  kill(balancer, c, "c");
  CHECK(other.node() == "b");
  bring_back(balancer, c, "c");
  REQUIRE(comes_home(other, "c"));
  for (int i = 0; i < 20; ++i) CHECK(browser.node() == "b");
}

TEST_CASE("with next the home is named as the backup again, and the session returns with the request after that") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  ScriptedOrigin c(named("c"));
  Balancer balancer(Setup{.pool = {with_failback("immediate", "next"), health("100ms")},
                          .backends = {backend("a", a), backend("b", b), backend("c", c)}});
  Browser browser = bound_to("a", balancer.port());
  kill(balancer, a, "a");
  const std::string refuge = browser.node();
  CHECK(refuge != "a");
  bring_back(balancer, a, "a");
  std::size_t cookies = 0;
  const bool home = eventually([&] {
    const Message answer = browser.get("/");
    cookies += answer.has("Set-Cookie") ? 1 : 0;
    return answer.body == "a";
  });
  CHECK(home);
  CHECK(cookies == 2);  // The home is the backup; the home is the node.
  for (int i = 0; i < 5; ++i) CHECK_FALSE(browser.get("/").has("Set-Cookie"));
  CHECK(verdicts(balancer, "failover") == 1);
  CHECK(verdicts(balancer, "moved") == 1);
}

TEST_CASE("when_idle: a session that is in use stays, and goes home with the first request after a silence") {
  Pair pair;
  Balancer balancer(pair.setup("when_idle", "20ms", "8s"));
  Browser browser = bound_to("a", balancer.port());
  Browser other = bound_to("a", balancer.port());
  kill(balancer, pair.a, "a");
  CHECK(browser.node() == "b");
  CHECK(other.node() == "b");
  bring_back(balancer, pair.a, "a");
  const std::string cookie = other.cookie();  // Shown again and again as it is, it gets older.
  int in_use = 0;
  const bool gone = eventually([&] {
    if (browser.node() == "b") ++in_use;
    Browser silent(balancer.port());
    silent.take(cookie);
    return silent.node() == "a";
  });
  CHECK(gone);
  CHECK(in_use > 10);
  CHECK(browser.node() == "b");
}

TEST_CASE("a node that flaps gets its sessions back later and later, also over a reload, and they move once") {
  Pair pair;
  const auto eject = 150ms;
  Setup setup = pair.setup("immediate", "150ms");
  Balancer balancer(setup);
  Browser browser = bound_to("a", balancer.port());
  Time::time_point back;
  for (int failure = 0; failure < 4; ++failure) {
    kill(balancer, pair.a, "a");
    CHECK(browser.node() == "b");
    back = Time::now();
    bring_back(balancer, pair.a, "a");
    // Nobody goes to it between two failures, which come sooner than it is trusted.
    CHECK(browser.node() == "b");
  }
  setup.pool.push_back("slow_start: 0s");
  setup.pool.push_back("retries: {attempts: 1}");
  reload(balancer, setup);
  CHECK(comes_home(browser, "a"));
  CHECK(Time::now() - back >= 8 * eject);
  CHECK(verdicts(balancer, "failover") == 1);
  CHECK(verdicts(balancer, "moved") == 1);
}

TEST_CASE("a home that refuses its sessions costs them nothing, and one that is full gets them later") {
  Pair pair;
  Setup setup = pair.setup("immediate", "300ms");
  setup.pool[1] = "health: {passive: {eject: 300ms, consecutive_failures: 1000}}";
  Balancer balancer(setup);
  Browser browser = bound_to("a", balancer.port());
  setup.backends[0] = backend("a", pair.a, ", state: down");
  reload(balancer, setup);
  CHECK(browser.node() == "b");
  pair.a.stop();
  setup.backends[0] = backend("a", pair.a);
  reload(balancer, setup);
  // From now on each request tries it first, and nobody has found it down.
  REQUIRE(eventually([&] {
    const Message answer = browser.get("/tries");
    return answer.body == "b" && balancer.metric("stickler_pool_failures_total", "reason=\"connect_error\"") > 0;
  }));
  CHECK(browser.node("/again") == "b");
  CHECK(verdict(balancer, "/again") == "bound");
  CHECK(balancer.access_entry("/again").at("attempts") == 2);
  pair.a.start();
  CHECK(comes_home(browser, "a"));
  CHECK(verdicts(balancer, "refused") == 0);
  CHECK(verdicts(balancer, "detour") == 0);
}

TEST_CASE("a drain moves nobody home: a node that drains gets nobody back, and what it gave away stays") {
  Pair pair;
  Setup setup = pair.setup("immediate", "20ms");
  Balancer balancer(setup);
  Browser browser = bound_to("a", balancer.port());
  Browser other = bound_to("b", balancer.port());
  kill(balancer, pair.a, "a");
  CHECK(browser.node() == "b");
  setup.backends[0] = backend("a", pair.a, ", state: drain");
  reload(balancer, setup);
  pair.a.start();
  REQUIRE(comes_to(balancer, "a", "draining"));
  for (int i = 0; i < 20; ++i) CHECK(browser.node() == "b");
  setup.backends[0] = backend("a", pair.a);
  reload(balancer, setup);
  CHECK(comes_home(browser, "a"));
  CHECK(other.node() == "b");
}

TEST_CASE("servers that hold each other's sessions are killed and come back: every user goes home, nothing is lost") {
  const std::string strategy = GENERATE("primary-backup", "all-to-all");
  CAPTURE(strategy);
  StubGroup group(strategy, "ab");
  group.start_all();
  Balancer balancer(Setup{.top = {access_log_to_stdout},
                          .pool = {with_failback("immediate", "announced"),
                                   "health: {active: {path: /healthz, interval: 50ms, timeout: 5s, rise: 1, fall: 2}, "
                                   "passive: {eject: 100ms}}"},
                          .backends = group.backends()});
  std::vector<StubUser> users;
  std::vector<std::string> homes;
  for (int i = 0; i < 8; ++i) {
    users.emplace_back(balancer.port(), "user" + std::to_string(i)).log_in();
    CHECK(users.back().visit().status() == 200);
    homes.push_back(users.back().node());
  }
  int visits = 1;
  for (const std::string dead : {"a", "b", "a"}) {
    INFO(dead);
    group.kill(dead);
    REQUIRE(comes_to(balancer, dead, "down"));
    ++visits;
    for (StubUser& user : users) {
      CHECK(user.visit().status() == 200);
      CHECK(user.node() != dead);
      CHECK(user.visits() == visits);
    }
    group.start(dead);
    REQUIRE(comes_to(balancer, dead, "up"));
    for (std::size_t i = 0; i < users.size(); ++i) {
      CHECK(eventually([&] { return users[i].get_me().status() == 200 && users[i].node() == homes[i]; }));
      CHECK(users[i].visits() == visits);
    }
  }
  const auto of_a = std::ranges::count(homes, "a");
  const auto of_b = std::ranges::count(homes, "b");
  CHECK(of_a > 0);
  CHECK(of_b > 0);
  CHECK(verdicts(balancer, "failover") == 2 * static_cast<double>(of_a) + static_cast<double>(of_b));
  CHECK(verdicts(balancer, "moved") == 2 * static_cast<double>(of_a) + static_cast<double>(of_b));
}

}  // namespace
}  // namespace stickler::integration
