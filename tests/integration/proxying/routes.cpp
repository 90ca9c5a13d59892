// Which pool a request goes to, by host and path; and how a pool spreads.
#include <catch2/catch.hpp>
#include <map>

#include "tests/integration/harness/balancer.h"
#include "tests/integration/harness/scripted_origin.h"

namespace stickler::integration {
namespace {

Script named(std::string name) {
  return answering([name = std::move(name)](const Message&) { return reply(name); });
}

std::string ask(std::uint16_t port, std::string_view host, std::string_view target) {
  return RawClient(port)
      .exchange("GET " + std::string(target) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n")
      .body;
}

TEST_CASE("the first route that fits host and path decides the pool") {
  ScriptedOrigin app(named("app"));
  ScriptedOrigin api(named("api"));
  ScriptedOrigin wild(named("wild"));
  ScriptedOrigin exact(named("exact"));
  const auto pool = [](std::string name, const ScriptedOrigin& origin) {
    return "  " + name + ": {backends: [{name: n, address: \"" + origin.address() + "\"}]}\n";
  };
  Balancer balancer(Setup{.listener = {"routes:", "  - {host: login.example.com, path: /api/, pool: api}",
                                       "  - {path_exact: /ping, pool: exact}",
                                       "  - {host: \"*.wild.example\", pool: wild}", "  - {path: /ws, pool: api}"},
                          .backends = {app.address()},
                          .pools = pool("api", api) + pool("wild", wild) + pool("exact", exact)});
  struct Row {
    const char* host;
    const char* target;
    const char* pool;
  };
  const Row rows[] = {
      {"login.example.com", "/api/users", "api"},
      {"LOGIN.EXAMPLE.COM:8080", "/api/", "api"},
      {"login.example.com", "/other", "app"},
      {"other.example.com", "/api/users", "app"},
      {"x.wild.example", "/", "wild"},
      {"wild.example", "/", "app"},
      {"any.example", "/ping", "exact"},
      {"any.example", "/ping?x=1", "exact"},
      {"any.example", "/ping/x", "app"},
      {"any.example", "/ws", "api"},
      {"any.example", "/ws/x", "api"},
      {"any.example", "/wsx", "app"},
      {"login.example.com", "/x/../api/u", "api"},
      {"login.example.com", "/api/../x", "app"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.host, row.target);
    CHECK(ask(balancer.port(), row.host, row.target) == row.pool);
  }
}

TEST_CASE("smooth weighted round robin spreads by weight") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  Balancer balancer(Setup{.backends = {"{name: a, address: \"" + a.address() + "\", weight: 3}",
                                       "{name: b, address: \"" + b.address() + "\", weight: 1}"}});
  std::map<std::string, int> hits;
  RawClient client(balancer.port());
  for (int i = 0; i < 40; ++i) ++hits[client.exchange(get("/")).body];
  CHECK(hits["a"] == 30);
  CHECK(hits["b"] == 10);
}

TEST_CASE("a listener without a fitting route refuses with a reason") {
  ScriptedOrigin origin(named("app"));
  const std::string text =
      "version: 1\nadmin: {listen: \"127.0.0.1:0\"}\nlisteners:\n  web:\n    listen: 127.0.0.1:0\n    routes:\n"
      "      - {host: known.example, pool: app}\npools:\n  app: {backends: [{name: a, address: \"" +
      origin.address() + "\"}]}\n";
  Balancer balancer(text);
  CHECK(ask(balancer.port(), "known.example", "/") == "app");
  const Message refused = fetch(balancer.port(), "/");
  CHECK(refused.status() >= 400);
  CHECK_FALSE(refused.body.empty());
}

}  // namespace
}  // namespace stickler::integration
