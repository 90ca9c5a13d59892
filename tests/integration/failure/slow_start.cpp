// Slow start: a backend that comes up gets its share in steps.
#include <atomic>
#include <catch2/catch.hpp>

#include "tests/integration/failure/named.h"

namespace stickler::integration {
namespace {

const std::string health = "health: {active: {path: /healthz, interval: 50ms, timeout: 5s, rise: 1, fall: 1}}";

struct Pair {
  std::atomic<bool> well{false};
  ScriptedOrigin old{named("old")};
  ScriptedOrigin young{answering([this](const Message& request) {
    if (request.target() != "/healthz") return reply("young");
    return reply("", "", well ? "200 OK" : "500 Internal Server Error");
  })};

  Setup setup(const std::string& slow_start, const std::string& policy = "round_robin") const {
    return {.pool = {health, "slow_start: " + slow_start, "policy: " + policy},
            .backends = {backend("old", old), backend("young", young)}};
  }
};

int weight_percent(Balancer& balancer, const std::string& name = "young") {
  return balancer.admin_json("/api/v1/pools/app/backends/" + name).at("weight_percent");
}

// Of 110 requests, those that the young one answers.
int share(Balancer& balancer) {
  RawClient client(balancer.port());
  int count = 0;
  for (int i = 0; i < 110; ++i) count += client.exchange(get("/")).body == "young" ? 1 : 0;
  return count;
}

TEST_CASE("a backend that comes up begins with a tenth of its weight, and has its share when the time is over") {
  Pair pair;
  Setup setup = pair.setup("1h");
  Balancer balancer(setup);
  REQUIRE(comes_to(balancer, "young", "down"));
  CHECK(share(balancer) == 0);
  pair.well = true;
  REQUIRE(comes_to(balancer, "young", "up"));
  REQUIRE(eventually([&] { return share(balancer) > 0; }));
  CHECK(weight_percent(balancer) == 10);
  CHECK(weight_percent(balancer, "old") == 100);
  CHECK(balancer.metric("stickler_backend_weight_share", "backend=\"young\"") == Approx(0.1));
  CHECK(std::abs(share(balancer) - 10) <= 1);

  reload(balancer, setup);  // Which changes nothing.
  CHECK(weight_percent(balancer) == 10);
  CHECK(std::abs(share(balancer) - 10) <= 1);

  // At the new pace it is through soon, by steps of which none takes anything back.
  reload(balancer, pair.setup("1s"));
  int percent = weight_percent(balancer);
  REQUIRE(eventually([&] {
    const int now = weight_percent(balancer);
    const bool grows = now >= percent;
    percent = now;
    return !grows || now == 100;
  }));
  CHECK(percent == 100);
  CHECK(eventually([&] { return std::abs(share(balancer) - 55) <= 1; }));
}

TEST_CASE("when the process starts nobody starts slowly, and who joins by a reload does") {
  Pair pair;
  pair.well = true;
  Setup setup = pair.setup("1h");
  Balancer balancer(setup);
  CHECK(std::abs(share(balancer) - 55) <= 1);
  ScriptedOrigin third(named("third"));
  setup.backends.push_back(backend("third", third));
  reload(balancer, setup);
  CHECK(weight_percent(balancer, "third") == 10);
  CHECK(weight_percent(balancer) == 100);
  CHECK(eventually([&] { return share(balancer) >= 51; }));  // Of 2.1 shares one, not of 3.
}

TEST_CASE("the keys of the policy hash are at home at once") {
  Pair pair;
  pair.well = true;
  Setup setup = pair.setup("1h", "hash");
  setup.pool.emplace_back("hash: {on: \"header:X-Key\"}");
  Balancer balancer(setup);
  const auto homes = [&] {
    std::string all;
    for (int i = 0; i < 40; ++i) {
      all += fetch(balancer.port(), "/", "X-Key: " + std::to_string(i) + "\r\n").body == "old" ? 'o' : 'y';
    }
    return all;
  };
  const std::string before = homes();
  CHECK(before.find('y') != std::string::npos);
  pair.well = false;
  REQUIRE(comes_to(balancer, "young", "down"));
  REQUIRE(eventually([&] { return homes() == std::string(40, 'o'); }));
  pair.well = true;
  REQUIRE(comes_to(balancer, "young", "up"));
  CHECK(weight_percent(balancer) == 100);
  CHECK(eventually([&] { return homes() == before; }));
}

}  // namespace
}  // namespace stickler::integration
