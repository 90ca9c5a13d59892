// Real log-ins: users of three login-stubs, whose sessions live in the memory of one server each, through the balancer.
#include <catch2/catch.hpp>
#include <list>

#include "tests/integration/affinity/log_ins.h"

namespace stickler::integration {
namespace {

struct Fixture {
  Stub a{"a"};
  Stub b{"b"};
  Stub c{"c"};

  std::string affinity = sticky();

  Setup setup(std::string_view of_b = "") const {
    return {.pool = {affinity, "health: {active: {path: /healthz, interval: 100ms, timeout: 5s, rise: 1, fall: 2}}"},
            .backends = {a.configured(), b.configured(of_b), c.configured()}};
  }
};

std::list<User> log_in(std::uint16_t port, int count) {
  std::list<User> users;
  for (int i = 0; i < count; ++i) users.emplace_back(port, "user" + std::to_string(i)).log_in();
  return users;
}

TEST_CASE("users stay logged in, over writes, reloads, a drain and a restart of the balancer") {
  Fixture fixture;
  std::list<User> users;
  {
    Balancer balancer(fixture.setup());
    users = log_in(balancer.port(), 9);
    for (User& user : users) CHECK(user.is_logged_in());
    reload(balancer, fixture.setup(", state: drain"));
    for (int visit = 1; visit <= 3; ++visit) {
      for (User& user : users) {
        CHECK(nlohmann::json::parse(user.send("POST", "/visit").body).at("visits") == visit);
      }
    }
    for (User& late : log_in(balancer.port(), 6)) CHECK(late.node() != "b");
  }
  Balancer balancer(fixture.setup());
  for (User& user : users) {
    user.move_to(balancer.port());
    CHECK(user.is_logged_in());
  }
}

TEST_CASE("when a server dies its users lose their session, and nobody else does") {
  Fixture fixture;
  fixture.affinity = GENERATE(as<std::string>(), sticky(), "affinity: {app_cookie: {name: SESSIONID, how: prefix}}",
                              "affinity: {app_cookie: {name: SESSIONID, how: learn}}");
  CAPTURE(fixture.affinity);
  Balancer balancer(fixture.setup());
  std::list<User> users = log_in(balancer.port(), 12);
  fixture.b.kill();
  int lost = 0;
  for (User& user : users) {
    const bool kept = user.is_logged_in();
    CHECK(kept == (user.node() != "b"));
    lost += kept ? 0 : 1;
  }
  CHECK(lost == 4);
  REQUIRE(comes_to(balancer, "b", "down"));
  for (User& user : users) {
    if (user.node() != "b") continue;
    user.log_in();
    CHECK(user.node() != "b");
    CHECK(user.is_logged_in());
  }
  fixture.b.start();
  REQUIRE(comes_to(balancer, "b", "up"));
  for (User& user : users) CHECK(user.is_logged_in());
}

TEST_CASE("without the cookie two requests of three reach a server that does not know the user") {
  Fixture fixture;
  Setup setup = fixture.setup();
  setup.pool[0] = "policy: round_robin";
  Balancer balancer(setup);
  std::list<User> users = log_in(balancer.port(), 1);
  int failed = 0;
  for (int i = 0; i < 30; ++i) failed += users.front().is_logged_in() ? 0 : 1;
  CHECK(failed == 20);
}

}  // namespace
}  // namespace stickler::integration
