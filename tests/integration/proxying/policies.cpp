// The policies at work in the running balancer: who gets a request that is bound to nobody.
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <thread>

#include "tests/integration/failure/named.h"
#include "tests/integration/harness/balancer.h"
#include "tests/integration/harness/scripted_origin.h"

namespace stickler::integration {
namespace {

std::string user(int number) { return "X-User: user-" + std::to_string(number) + "\r\n"; }

TEST_CASE("every policy reaches every backend, and none that is in state drain or down or has weight 0") {
  const std::string policy =
      GENERATE("round_robin", "least_connections", "two_choices", "least_time", "random", "hash");
  CAPTURE(policy);
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  ScriptedOrigin drained(named("drained"));
  ScriptedOrigin down(named("down"));
  ScriptedOrigin weightless(named("weightless"));
  Balancer balancer(
      Setup{.pool = {"policy: " + policy, "hash: {on: \"header:X-User\"}"},
            .backends = {a.address(), b.address(), "{name: c, state: drain, address: \"" + drained.address() + "\"}",
                         "{name: d, state: down, address: \"" + down.address() + "\"}",
                         "{name: e, weight: 0, address: \"" + weightless.address() + "\"}"}});
  std::map<std::string, int> hits;
  RawClient client(balancer.port());
  for (int i = 0; i < 100; ++i) ++hits[client.exchange(get("/", user(i))).body];
  CHECK(hits.size() == 2);
  CHECK(hits["a"] > 0);
  CHECK(hits["b"] > 0);
}

TEST_CASE("least_connections sends new requests away from a busy backend") {
  ScriptedOrigin busy([](OriginConnection& connection) {
    connection.read_request();
    connection.hang();
  });
  ScriptedOrigin idle(named("idle"));
  Balancer balancer(Setup{.pool = {"policy: least_connections"}, .backends = {busy.address(), idle.address()}});
  // Until the busy one has its request, which of the two a request lands on is not ours to say.
  std::vector<RawClient> waiting;
  REQUIRE(eventually([&] {
    waiting.emplace_back(balancer.port()).send(get("/"));
    return eventually([&] { return busy.requests() == 1; }, Deadline(300ms));
  }));
  for (int i = 0; i < 20; ++i) CHECK(fetch(balancer.port(), "/").body == "idle");
  CHECK(busy.requests() == 1);
}

// What 40 keys are answered by, in order.
std::string owners(std::uint16_t port, const std::function<std::string(int)>& request_of) {
  std::string names;
  RawClient client(port);
  for (int i = 0; i < 40; ++i) names += client.exchange(request_of(i)).body;
  return names;
}

TEST_CASE("hash sends a key to the same backend over every connection, worker, balancer and order of the list") {
  struct Row {
    const char* hash;
    std::function<std::string(int)> request_of;
  };
  const Row rows[] = {
      {"{on: \"header:x-user\"}", [](int i) { return get("/" + std::to_string(i), user(i)); }},
      {"{on: \"cookie:SID\"}",
       [](int i) { return get("/", "Cookie: theme=dark; SID=" + std::to_string(i) + "; a=b\r\n"); }},
      {"{on: path, table: ring}", [](int i) { return get("/" + std::to_string(i)); }},
      {"{on: uri}", [](int i) { return get("/?user=" + std::to_string(i)); }},
      {"{on: uri, bounded_load: 2}", [](int i) { return get("/?user=" + std::to_string(i)); }},
  };
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  ScriptedOrigin c(named("c"));
  for (const Row& row : rows) {
    CAPTURE(row.hash);
    Setup setup{.process = "{workers: 2}",
                .pool = {"policy: hash", std::string("hash: ") + row.hash},
                .backends = {backend("a", a), backend("b", b), backend("c", c)}};
    Balancer one(setup);
    const std::string first = owners(one.port(), row.request_of);
    CHECK(std::set<char>(first.begin(), first.end()).size() == 3);
    for (int i = 0; i < 4; ++i) CHECK(owners(one.port(), row.request_of) == first);
    std::ranges::reverse(setup.backends);
    Balancer other(setup);
    CHECK(owners(other.port(), row.request_of) == first);
  }
}

TEST_CASE("hash on path takes different spellings of a path for one, and the query for none of it") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  ScriptedOrigin c(named("c"));
  Balancer balancer(Setup{.pool = {"policy: hash", "hash: {on: path}"},
                          .backends = {backend("a", a), backend("b", b), backend("c", c)}});
  for (int i = 0; i < 10; ++i) {
    const std::string path = "/user-" + std::to_string(i);
    const std::string owner = fetch(balancer.port(), path).body;
    CHECK(fetch(balancer.port(), "/x/.." + path).body == owner);
    CHECK(fetch(balancer.port(), path + "?page=2").body == owner);
  }
}

TEST_CASE("a hashed request whose backend fails is answered by its next, the same each time") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  ScriptedOrigin c(named("c"));
  Balancer balancer(Setup{.pool = {"policy: hash", "hash: {on: uri}", "health: {passive: off}"},
                          .backends = {backend("a", a), backend("b", b), backend("c", c)}});
  const auto request_of = [](int i) { return get("/" + std::to_string(i)); };
  const std::string before = owners(balancer.port(), request_of);
  b.stop();
  const std::string without = owners(balancer.port(), request_of);
  CHECK(owners(balancer.port(), request_of) == without);
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(without[i] != 'b');
    if (before[i] != 'b') CHECK(without[i] == before[i]);
  }
  b.start();
  CHECK(owners(balancer.port(), request_of) == before);
}

TEST_CASE("least_time learns which backend is slow and asks it no more") {
  ScriptedOrigin slow(answering([](const Message&) {
    std::this_thread::sleep_for(50ms);
    return reply("slow");
  }));
  ScriptedOrigin fast(named("fast"));
  Balancer balancer(Setup{.pool = {"policy: least_time"}, .backends = {slow.address(), fast.address()}});
  RawClient client(balancer.port());
  for (int i = 0; i < 20; ++i) client.exchange(get("/"));
  const std::size_t learnt = slow.requests();
  CHECK(learnt <= 3);
  for (int i = 0; i < 100; ++i) CHECK(client.exchange(get("/")).body == "fast");
  CHECK(slow.requests() == learnt);
}

TEST_CASE("least_time does not take a backend that refuses for a fast one") {
  ScriptedOrigin broken(named("broken"));
  ScriptedOrigin sound(answering([](const Message&) {
    std::this_thread::sleep_for(2ms);
    return reply("sound");
  }));
  Balancer balancer(Setup{.pool = {"policy: least_time", "health: {passive: off}"},
                          .backends = {backend("broken", broken), backend("sound", sound)}});
  broken.stop();
  for (int i = 0; i < 50; ++i) CHECK(fetch(balancer.port(), "/").body == "sound");
  CHECK(balancer.metric("stickler_backend_failures_total", "backend=\"broken\"") <= 2);
}

TEST_CASE("first fills the first backend of the list, and goes on to the next when that is full") {
  ScriptedOrigin a([](OriginConnection& connection) {
    while (const auto request = connection.read_request()) {
      if (request->target() == "/hang") return connection.hang();
      connection.wire.send(reply("a"));
    }
  });
  ScriptedOrigin b(named("b"));
  Balancer balancer(Setup{.pool = {"policy: first", "connections: {max_per_backend: 1}"},
                          .backends = {backend("a", a), backend("b", b)}});
  for (int i = 0; i < 20; ++i) CHECK(fetch(balancer.port(), "/").body == "a");
  RawClient hanging(balancer.port());
  hanging.send(get("/hang"));
  REQUIRE(eventually([&] { return a.seen_target("/hang") == 1; }));
  for (int i = 0; i < 20; ++i) CHECK(fetch(balancer.port(), "/").body == "b");
}

}  // namespace
}  // namespace stickler::integration
