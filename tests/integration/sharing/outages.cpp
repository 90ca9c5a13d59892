// A store that is slow, dead, wrong or lies takes nothing from a request but a bounded time, once.
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "tests/integration/operation/commands.h"
#include "tests/integration/sharing/shop.h"

namespace stickler::integration {
namespace {

#ifdef STICKLER_SANITIZED
constexpr std::size_t resident_bytes_max = std::size_t{800} * 1024 * 1024;  // Sanitizers keep what was freed.
#else
constexpr std::size_t resident_bytes_max = std::size_t{100} * 1024 * 1024;
#endif

// Clients that go on asking, each time as another session, until it goes.
class Load {
 public:
  explicit Load(std::uint16_t port) {
    for (int client = 0; client < 4; ++client) threads_.emplace_back([this, port, client] { run(port, client); });
  }
  ~Load() { stop(); }
  void stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  int requests() const { return requests_; }
  int failed() const { return failed_; }

 private:
  void run(std::uint16_t port, int client) {
    RawClient connection(port);
    for (int i = 0; !stopping_; ++i) {
      const std::string session = "load-" + std::to_string(client) + "-" + std::to_string(i);
      try {
        if (connection.exchange(get("/load", header(session))).status() != 200) ++failed_;
      } catch (const std::exception&) {
        ++failed_;
        return;
      }
      ++requests_;
    }
  }

  std::atomic<bool> stopping_{false};
  std::atomic<int> requests_{0};
  std::atomic<int> failed_{0};
  std::vector<std::thread> threads_;
};

TEST_CASE("a store that stops under load fails no request: it is waited for once, and then not asked") {
  const Shop shop;
  const RedisServer redis;
  Balancer balancer(shop.setup({.store = redis.url(), .source = by_header, .table = ""}));
  REQUIRE(comes_up(balancer));
  Load load(balancer.port());
  REQUIRE(eventually([&] { return load.requests() > 200; }));
  redis.freeze();
  REQUIRE(goes_down(balancer));
  const double timeouts = calls(balancer, "timeout");
  CHECK(timeouts + calls(balancer, "lost") >= 1);
  const int before = load.requests();
  REQUIRE(eventually([&] { return load.requests() > before + 1000; }));
  // The kernel still takes connections for it, and nobody waits for what is greeted only.
  CHECK(calls(balancer, "timeout") <= timeouts + 8);
  CHECK(calls(balancer, "down") > 900);
  redis.thaw();
  CHECK(comes_up(balancer));
  load.stop();
  CHECK(load.failed() == 0);
  CHECK(balancer.metric("stickler_pool_requests_total", "code_class=\"5xx\"") == 0);
}

TEST_CASE("who waits for a store that has stopped goes on after the time-out") {
  const Shop shop;
  const RedisServer redis;
  Balancer balancer(shop.setup({.store = redis.url(), .source = by_header, .table = ", timeout: 300ms"}));
  REQUIRE(comes_up(balancer));
  redis.freeze();
  const auto began = std::chrono::steady_clock::now();
  CHECK(ask(balancer, header("mine")).verdict == "new");
  CHECK(std::chrono::steady_clock::now() - began >= 300ms);
  REQUIRE(eventually([&] { return calls(balancer, "timeout") >= 1; }));
  redis.thaw();
}

TEST_CASE("sessions that were learned while the store was dead are known to others once it is back") {
  const Shop shop;
  RedisServer redis;
  const Setup setup = shop.setup({.store = redis.url()});
  Balancer one(setup);
  Balancer other(setup);
  REQUIRE(comes_up(one));
  const std::string before = fetch(one.port(), "/log-in/before").body;
  REQUIRE(has_stored(one, 1));
  redis.stop();
  REQUIRE(goes_down(one));
  REQUIRE(goes_down(other));
  const std::string meanwhile = fetch(one.port(), "/log-in/meanwhile").body;
  CHECK(ask(one, cookie("before")) == Asked{before, "bound"});
  CHECK(ask(one, cookie("meanwhile")) == Asked{meanwhile, "bound"});
  CHECK(ask(other, cookie("before")).verdict == "expired");
  redis.start();
  REQUIRE(comes_up(one));
  REQUIRE(comes_up(other));
  CHECK(ask(one, cookie("meanwhile")) == Asked{meanwhile, "bound"});
  REQUIRE(has_stored(one, 2));
  CHECK(ask(other, cookie("meanwhile")) == Asked{meanwhile, "bound"});
}

TEST_CASE("a balancer starts and serves without its store, and takes it when it comes") {
  const Shop shop;
  RedisServer redis;
  redis.stop();
  Balancer balancer(shop.setup({.store = redis.url()}));
  const std::string node = fetch(balancer.port(), "/log-in/mine").body;
  CHECK(ask(balancer, cookie("mine")) == Asked{node, "bound"});
  CHECK(balancer.metric("stickler_shared_table_up") == 0);
  CHECK(contains(balancer.process().await_line("sessions that only other balancers know"), redis.url()));
  redis.start();
  CHECK(comes_up(balancer));
  balancer.process().await_line("learned sessions are shared through");
}

TEST_CASE("a wrong password, or none, is said, shown by the metric, and fails no request") {
  const Shop shop;
  const RedisServer redis("geheim");
  for (const std::string before : {":falsch@", ""}) {
    CAPTURE(before);
    Balancer balancer(shop.setup({.store = redis.url(before)}));
    const std::string line = balancer.process().await_line("sessions that only other balancers know");
    CHECK(contains(line, before.empty() ? "PING with NOAUTH" : "AUTH with WRONGPASS"));
    CHECK_FALSE(contains(line, "falsch"));
    const std::string node = fetch(balancer.port(), "/log-in/mine").body;
    CHECK(ask(balancer, cookie("mine")) == Asked{node, "bound"});
    CHECK(ask(balancer, cookie("other")).verdict == "expired");
    CHECK(balancer.metric("stickler_shared_table_up") == 0);
  }
}

TEST_CASE("a store without room for more, or that only reads, fails no request") {
  const Shop shop;
  const RedisServer redis;
  REQUIRE(redis.say({"CONFIG", "SET", "maxmemory", "1"}) == "OK");
  Balancer balancer(shop.setup({.store = redis.url()}));
  REQUIRE(comes_up(balancer));
  const std::string node = fetch(balancer.port(), "/log-in/mine").body;
  REQUIRE(eventually([&] { return calls(balancer, "refused") >= 1; }));
  CHECK(ask(balancer, cookie("mine")) == Asked{node, "bound"});
  REQUIRE(redis.say({"CONFIG", "SET", "maxmemory", "64mb"}) == "OK");
  CHECK(ask(balancer, cookie("mine")) == Asked{node, "bound"});  // Told again.
  CHECK(has_stored(balancer, 1));
}

// What stands where the store should be, and says this to everything.
TEST_CASE("a server that speaks nonsense fails no request, and takes no memory") {
  const Shop shop;
  struct Row {
    const char* what;
    std::string says;
    bool without_end = false;
  };
  const Row rows[] = {
      {"HTTP", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"},
      {"a list of two thousand million", "+PONG\r\n*2147483647\r\n"},
      {"a text without an end", "+PONG\r\n$2000000000\r\n", true},
      {"answers without an end", "+PONG\r\n", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    ScriptedOrigin liar([&row](OriginConnection& connection) {
      connection.wire.read_until("PING\r\n");
      if (!connection.wire.send(row.says)) return;
      const std::string more = row.says.find('$') == std::string::npos ? row.says : std::string(65'536, 'x');
      while (row.without_end && connection.wire.send(more)) {
      }
      connection.hang();
    });
    Balancer balancer(shop.setup({.store = "redis://" + liar.address(), .source = by_header}));
    REQUIRE(eventually([&] { return liar.connections() >= 4; }));  // Both workers have tried again.
    for (int i = 0; i < 20; ++i) CHECK(ask(balancer, header("s" + std::to_string(i))).verdict == "new");
    CHECK(balancer.process().resident_bytes_peak() < resident_bytes_max);
  }
}

}  // namespace
}  // namespace stickler::integration
