// Two balancers that share what they learn.
#include <catch2/catch.hpp>
#include <map>

#include "tests/integration/operation/commands.h"
#include "tests/integration/sharing/shop.h"

namespace stickler::integration {
namespace {

struct Pair {
  explicit Pair(const Setup& setup) : one(setup), other(setup) {
    REQUIRE(comes_up(one));
    REQUIRE(comes_up(other));
  }
  Balancer one;
  Balancer other;
};

TEST_CASE("a session that one balancer has learned is found by the other, and by one that comes later") {
  const Shop shop;
  RedisServer redis;
  const Setup setup = shop.setup({.store = redis.url()});
  Pair pair(setup);
  std::map<std::string, std::string> nodes;
  for (int i = 0; i < 9; ++i) {
    const std::string session = "s" + std::to_string(i);
    nodes[session] = fetch(pair.one.port(), "/log-in/" + session).body;
  }
  REQUIRE(has_stored(pair.one, 9));
  for (const auto& [session, node] : nodes) CHECK(ask(pair.other, cookie(session)) == Asked{node, "bound"});
  CHECK(calls(pair.other, "found") >= 9);
  Balancer later(setup);
  REQUIRE(comes_up(later));
  for (const auto& [session, node] : nodes) CHECK(ask(later, cookie(session)) == Asked{node, "bound"});
  CHECK(ask(later, cookie("made-up")).verdict == "expired");
  CHECK(calls(later, "unknown") == 1);
  redis.stop();  // Who has found them knows them now.
  for (const auto& [session, node] : nodes) CHECK(ask(pair.other, cookie(session)) == Asked{node, "bound"});
}

TEST_CASE("a header's session is one for both balancers") {
  const Shop shop;
  const RedisServer redis;
  Pair pair(shop.setup({.store = redis.url(), .source = by_header}));
  for (int i = 0; i < 9; ++i) {
    const std::string session = header("s" + std::to_string(i));
    const Asked first = ask(pair.one, session);
    CHECK(first.verdict == "new");
    REQUIRE(has_stored(pair.one, i + 1));
    CHECK(ask(pair.other, session) == Asked{first.node, "bound"});
  }
}

TEST_CASE("of several cookies the one that another balancer knows counts") {
  const Shop shop;
  const RedisServer redis;
  Pair pair(shop.setup({.store = redis.url()}));
  const std::string node = fetch(pair.one.port(), "/log-in/mine").body;
  REQUIRE(has_stored(pair.one, 1));
  CHECK(ask(pair.other, "Cookie: SID=old; SID=older; SID=mine\r\n") == Asked{node, "bound"});
}

TEST_CASE("a session that one balancer has moved is moved by the other to the same node") {
  const Shop shop;
  const RedisServer redis;
  const Shop::Sharing well{.store = redis.url(), .source = by_header, .of_a = ", weight: 200"};
  const Shop::Sharing down{.store = redis.url(), .source = by_header, .of_a = ", weight: 200, state: down"};
  Pair pair(shop.setup(well));
  REQUIRE(ask(pair.one, header("mine")) == Asked{"a", "new"});
  REQUIRE(has_stored(pair.one, 1));
  REQUIRE(ask(pair.other, header("mine")) == Asked{"a", "bound"});
  reload(pair.one, shop.setup(down));
  const Asked moved = ask(pair.one, header("mine"));
  CHECK(moved.verdict == "moved");
  REQUIRE(has_stored(pair.one, 2));
  reload(pair.other, shop.setup(down));
  CHECK(ask(pair.other, header("mine")) == Asked{moved.node, "bound"});
  CHECK(ask(pair.one, header("mine")) == Asked{moved.node, "bound"});
}

TEST_CASE("two balancers that bind a session to different nodes come to agree on the last one") {
  const Shop shop;
  RedisServer redis;
  const std::string table = ", timeout: 5s, idle: 4s";  // Looked at each second.
  const Shop::Sharing to_a{.store = redis.url(), .source = by_header, .table = table, .of_a = ", weight: 200"};
  const Shop::Sharing to_b{.store = redis.url(), .source = by_header, .table = table, .of_b = ", weight: 200"};
  Balancer one(shop.setup(to_a));
  Balancer other(shop.setup(to_b));
  redis.stop();
  REQUIRE(goes_down(one));
  REQUIRE(goes_down(other));
  REQUIRE(ask(one, header("mine")) == Asked{"a", "new"});
  REQUIRE(ask(other, header("mine")) == Asked{"b", "new"});
  redis.start();
  REQUIRE(comes_up(one));
  REQUIRE(ask(one, header("mine")).node == "a");
  REQUIRE(has_stored(one, 1));
  REQUIRE(comes_up(other));
  REQUIRE(ask(other, header("mine")).node == "b");  // The last one.
  REQUIRE(has_stored(other, 1));
  CHECK(eventually([&] { return ask(one, header("mine")).node == "b"; }));
  for (int i = 0; i < 3; ++i) {
    CHECK(ask(one, header("mine")) == Asked{"b", "bound"});
    CHECK(ask(other, header("mine")) == Asked{"b", "bound"});
  }
}

TEST_CASE("a session that ends at one balancer is not found by another") {
  const Shop shop;
  const RedisServer redis;
  Pair pair(shop.setup({.store = redis.url()}));
  fetch(pair.one.port(), "/log-in/mine");
  REQUIRE(eventually([&] { return redis.sessions() == 1; }));
  CHECK(ask(pair.one, cookie("mine"), "/log-out").verdict == "bound");
  REQUIRE(eventually([&] { return redis.sessions() == 0; }));
  CHECK(ask(pair.other, cookie("mine")).verdict == "expired");
}

TEST_CASE("an application that sets its cookie with every answer does not write to the store with every answer") {
  const Shop shop;
  const RedisServer redis;
  Pair pair(shop.setup({.store = redis.url()}));
  fetch(pair.one.port(), "/log-in/mine");
  REQUIRE(has_stored(pair.one, 1));
  for (int i = 0; i < 20; ++i) CHECK(ask(pair.one, cookie("mine"), "/log-in/mine").verdict == "bound");
  fetch(pair.one.port(), "/log-in/last");
  REQUIRE(has_stored(pair.one, 2));
  CHECK(calls(pair.one, "stored") == 2);
}

TEST_CASE("the store holds no value of a session, and nothing for longer than it lives") {
  const Shop shop;
  const RedisServer redis("geheim");
  Balancer balancer(shop.setup({.store = redis.url(":geheim@") + "/3", .table = ", timeout: 5s, idle: 40s"}));
  REQUIRE(comes_up(balancer));
  fetch(balancer.port(), "/log-in/a-long-and-secret-value");
  REQUIRE(has_stored(balancer, 1));
  CHECK(redis.sessions() == 0);  // Of database 0.
  const std::string name = redis.say({"-n", "3", "KEYS", "*"});
  CHECK(name.starts_with("stickler:app:"));
  CHECK(name.find("secret") == std::string::npos);
  const std::string entry = redis.say({"-n", "3", "GET", name});
  CHECK(entry.starts_with("1 "));
  CHECK(entry.find("secret") == std::string::npos);
  const int milliseconds = std::stoi(redis.say({"-n", "3", "PTTL", name}));
  CHECK(milliseconds <= 50'000);  // 40 s and a period of 10 s.
  CHECK(milliseconds > 10'000);
  for (const char* target : {"/", "/api/v1/config", "/api/v1/status", "/metrics"}) {
    CHECK_FALSE(contains(balancer.admin(target).body, "geheim"));
  }
  CHECK(balancer.admin_json("/api/v1/config").at("pools").at("app").at("affinity").at("table").at("store") ==
        "redis://:***@127.0.0.1:" + std::to_string(redis.port()) + "/3");
  for (const std::string& line : balancer.process().error_lines()) CHECK_FALSE(contains(line, "geheim"));
}

TEST_CASE("what somebody else has put into the store leads nobody anywhere") {
  const Shop shop;
  const RedisServer redis;
  Pair pair(shop.setup({.store = redis.url()}));
  fetch(pair.one.port(), "/log-in/mine");
  REQUIRE(has_stored(pair.one, 1));
  const std::string name = redis.say({"KEYS", "*"});
  std::string entry = redis.say({"GET", name});
  entry[2] = entry[2] == 'a' ? 'b' : 'a';
  REQUIRE(redis.say({"SET", name, entry}) == "OK");
  CHECK(ask(pair.other, cookie("mine")).verdict == "expired");
  CHECK(calls(pair.other, "foreign") == 1);
  CHECK(ask(pair.one, cookie("mine")).verdict == "bound");
}

TEST_CASE("keys are changed without losing a session: first read by all, then written with") {
  const Shop shop;
  const RedisServer redis;
  const auto with_keys = [&](const std::string& keys) {
    Setup setup = shop.setup({.store = redis.url()});
    const std::string before = "[\"" + table_key + "\"]";
    setup.pool[0].replace(setup.pool[0].find(before), before.size(), "[" + keys + "]");
    return setup;
  };
  const std::string old_key = "\"an old key that is at least 32 bytes\"";
  const std::string new_key = "\"a new key that is at least 32 bytes.\"";
  Balancer one(with_keys(old_key));
  REQUIRE(comes_up(one));
  const std::string node = fetch(one.port(), "/log-in/mine").body;
  REQUIRE(has_stored(one, 1));
  Balancer two(with_keys(new_key + ", " + old_key));
  REQUIRE(comes_up(two));
  CHECK(ask(two, cookie("mine")) == Asked{node, "bound"});
  REQUIRE(has_stored(two, 1));  // With the new key.
  Balancer three(with_keys(new_key));
  REQUIRE(comes_up(three));
  CHECK(ask(three, cookie("mine")) == Asked{node, "bound"});
}

TEST_CASE("a reload connects to another store, and to none") {
  const Shop shop;
  const RedisServer first;
  const RedisServer second;
  Balancer balancer(shop.setup({.store = first.url()}));
  REQUIRE(comes_up(balancer));
  const std::string node = fetch(balancer.port(), "/log-in/mine").body;
  REQUIRE(has_stored(balancer, 1));
  reload(balancer, shop.setup({.store = second.url()}));
  REQUIRE(comes_up(balancer));
  CHECK(ask(balancer, cookie("mine")) == Asked{node, "bound"});  // What is known here stays known.
  fetch(balancer.port(), "/log-in/other");
  REQUIRE(eventually([&] { return second.sessions() == 1; }));
  CHECK(first.sessions() == 1);
  Setup none = shop.setup({.store = "memory", .table = ""});
  none.pool[0] = "affinity: {" + by_cookie + "}";
  reload(balancer, none);
  CHECK(eventually([&] { return second.say({"CLIENT", "LIST"}).find('\n') == std::string::npos; }));  // But the asker.
  CHECK(ask(balancer, cookie("other")).verdict == "bound");
}

}  // namespace
}  // namespace stickler::integration
