// The cookie as clients and backends see it: when it is set, its attributes, and that no backend ever gets it.
#include <catch2/catch.hpp>

#include "tests/integration/affinity/sticky.h"

namespace stickler::integration {
namespace {

TEST_CASE("a session is given its cookie once and then stays on its node without another") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  ScriptedOrigin c(named("c"));
  Balancer balancer(Setup{.pool = {sticky()}, .backends = {backend("a", a), backend("b", b), backend("c", c)}});
  for (int session = 0; session < 6; ++session) {
    Browser browser(balancer.port());
    const Message first = browser.get("/log-in");
    REQUIRE(set_cookie_of(first));
    CHECK(set_cookie_of(first)->name == "STICKLER");
    for (int i = 0; i < 10; ++i) {
      const Message next = browser.get("/me");
      CHECK(next.body == first.body);
      CHECK_FALSE(next.has("Set-Cookie"));
    }
  }
  CHECK(a.requests() + b.requests() + c.requests() == 66);
  for (const ScriptedOrigin* origin : {&a, &b, &c}) CHECK(origin->requests() > 0);
}

TEST_CASE("every answer to a new session sets a cookie, whatever the status; none of our own answers does") {
  ScriptedOrigin origin(answering([](const Message& request) { return reply("", "", request.target().substr(1)); }));
  Balancer balancer(Setup{.pool = {sticky()}, .backends = {origin.address()}});
  for (const char* status : {"200", "201", "302", "401", "404", "500"}) {
    CAPTURE(status);
    CHECK(fetch(balancer.port(), "/" + std::string(status)).count("Set-Cookie") == 1);
  }
  origin.stop();
  const Message own = fetch(balancer.port(), "/200");
  CHECK(own.status() == 502);
  CHECK_FALSE(own.has("Set-Cookie"));
}

TEST_CASE("the backend's own cookies stand beside ours, each in a line of its own") {
  ScriptedOrigin origin(answering(
      [](const Message&) { return reply("", "Set-Cookie: SESSIONID=1, 2; Path=/\r\nSet-Cookie: theme=dark\r\n"); }));
  Balancer balancer(Setup{.pool = {sticky()}, .backends = {origin.address()}});
  const Message answer = fetch(balancer.port(), "/");
  REQUIRE(answer.count("Set-Cookie") == 3);
  CHECK(answer.head.find("Set-Cookie: SESSIONID=1, 2; Path=/\r\n") != std::string::npos);
  CHECK(answer.head.find("Set-Cookie: theme=dark\r\n") != std::string::npos);
  CHECK(answer.head.find("Set-Cookie: STICKLER=") != std::string::npos);
}

TEST_CASE("the cookie has the attributes of the configuration") {
  struct Row {
    const char* keys;
    std::vector<std::string> attributes;  // Sorted.
  };
  const Row rows[] = {
      {"", {"HttpOnly", "Path=/", "SameSite=Lax"}},
      {", path: /app", {"HttpOnly", "Path=/app", "SameSite=Lax"}},
      {", domain: example.com", {"Domain=example.com", "HttpOnly", "Path=/", "SameSite=Lax"}},
      {", same_site: strict", {"HttpOnly", "Path=/", "SameSite=Strict"}},
      {", same_site: none, secure: true", {"HttpOnly", "Path=/", "SameSite=None", "Secure"}},
      {", secure: true", {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"}},
      {", secure: false", {"HttpOnly", "Path=/", "SameSite=Lax"}},
      {", secure: auto", {"HttpOnly", "Path=/", "SameSite=Lax"}},  // Set on TLS only.
      {", http_only: false", {"Path=/", "SameSite=Lax"}},
      {", partitioned: true, secure: true", {"HttpOnly", "Partitioned", "Path=/", "SameSite=Lax", "Secure"}},
  };
  ScriptedOrigin origin(named("a"));
  for (const Row& row : rows) {
    CAPTURE(row.keys);
    Balancer balancer(Setup{.pool = {sticky({first_key}, row.keys)}, .backends = {origin.address()}});
    const auto cookie = set_cookie_of(fetch(balancer.port(), "/"));
    REQUIRE(cookie);
    CHECK(cookie->attributes == row.attributes);
  }
}

TEST_CASE("the cookie has the configured name, and one of the default name then means nothing") {
  ScriptedOrigin origin(named("a"));
  Balancer balancer(Setup{.top = {access_log_to_stdout},
                          .pool = {sticky({first_key}, ", name: LOGIN_NODE")},
                          .backends = {origin.address()}});
  const auto cookie = set_cookie_of(fetch(balancer.port(), "/"));
  REQUIRE(cookie);
  CHECK(cookie->name == "LOGIN_NODE");
  CHECK_FALSE(fetch(balancer.port(), "/bound", "Cookie: LOGIN_NODE=" + cookie->value + "\r\n").has("Set-Cookie"));
  CHECK(verdict(balancer, "/bound") == "bound");
  fetch(balancer.port(), "/new", "Cookie: STICKLER=" + cookie->value + "\r\n");
  CHECK(verdict(balancer, "/new") == "new");
  CHECK(origin.last().field("Cookie") == "STICKLER=" + cookie->value);
}

TEST_CASE("a cookie tells neither the backend's name nor its address, and no two sessions share one") {
  ScriptedOrigin origin(named("a"));
  Balancer balancer(
      Setup{.pool = {sticky()}, .backends = {"{name: backend-with-a-name, address: \"" + origin.address() + "\"}"}});
  const auto one = set_cookie_of(fetch(balancer.port(), "/"));
  const auto other = set_cookie_of(fetch(balancer.port(), "/"));
  REQUIRE(one);
  REQUIRE(other);
  CHECK(one->value != other->value);
  CHECK(one->value.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
        std::string::npos);
}

// X stands for a valid cookie of ours; what the backend gets is compared byte by byte.
TEST_CASE("the backend gets the client's cookies without ours, byte for byte") {
  struct Row {
    const char* sent;
    const char* seen;  // nullptr: no Cookie field at all.
  };
  const Row rows[] = {
      {"Cookie: STICKLER=X\r\n", nullptr},
      {"Cookie: a=1; STICKLER=X; b=2\r\n", "Cookie: a=1; b=2\r\n"},
      {"Cookie: STICKLER=X; b=2\r\n", "Cookie: b=2\r\n"},
      {"Cookie: a=1; STICKLER=X\r\n", "Cookie: a=1\r\n"},
      {"Cookie: a=1;STICKLER=X;b=2\r\n", "Cookie: a=1;b=2\r\n"},
      {"Cookie: STICKLER=X; a=1; STICKLER=other\r\n", "Cookie: a=1\r\n"},
      {"Cookie: a=\"x; y\"; STICKLER=X; =z; \xc3\xa9=\xff\r\n", "Cookie: a=\"x; y\"; =z; \xc3\xa9=\xff\r\n"},
      {"Cookie: stickler=X; XSTICKLER=X; STICKLER2=X\r\n", "Cookie: stickler=X; XSTICKLER=X; STICKLER2=X\r\n"},
      {"cookie:  a = 1;;  b=2 ; c\r\n", "cookie:  a = 1;;  b=2 ; c\r\n"},
  };
  ScriptedOrigin origin(named("a"));
  Balancer balancer(Setup{.pool = {sticky()}, .backends = {origin.address()}});
  const std::string cookie = bound_to("a", balancer.port()).cookie();
  for (const Row& row : rows) {
    CAPTURE(row.sent);
    std::string sent = row.sent;
    for (std::size_t at = sent.find("=X"); at != std::string::npos; at = sent.find("=X", at + 1)) {
      sent.replace(at + 1, 1, cookie);
    }
    std::string seen = row.seen == nullptr ? "" : row.seen;
    for (std::size_t at = seen.find("=X"); at != std::string::npos; at = seen.find("=X", at + 1)) {
      seen.replace(at + 1, 1, cookie);
    }
    REQUIRE(fetch(balancer.port(), "/", sent).status() == 200);
    const Message last = origin.last();
    CHECK(last.count("Cookie") == (row.seen == nullptr ? 0 : 1));
    CHECK(last.head.find(seen) != std::string::npos);
  }
}

TEST_CASE("our cookie is found and removed on any of several Cookie lines") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  Balancer balancer(Setup{.pool = {sticky()}, .backends = {backend("a", a), backend("b", b)}});
  const std::string cookie = bound_to("b", balancer.port()).cookie();
  for (int i = 0; i < 4; ++i) {
    CHECK(fetch(balancer.port(), "/", "Cookie: x=1\r\nCookie: STICKLER=" + cookie + "\r\nCookie: y=2\r\n").body == "b");
  }
  const Message last = b.last();
  CHECK(last.count("Cookie") == 2);
  CHECK(last.head.find("Cookie: x=1\r\nCookie: y=2\r\n") != std::string::npos);
}

TEST_CASE("the first of two cookies of our name counts") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  Balancer balancer(Setup{.pool = {sticky()}, .backends = {backend("a", a), backend("b", b)}});
  const std::string to_a = bound_to("a", balancer.port()).cookie();
  const std::string to_b = bound_to("b", balancer.port()).cookie();
  for (int i = 0; i < 4; ++i) {
    CHECK(fetch(balancer.port(), "/", "Cookie: STICKLER=" + to_b + "; STICKLER=" + to_a + "\r\n").body == "b");
  }
}

TEST_CASE("an answer that sets the cookie is private unless the backend was stricter") {
  struct Row {
    const char* sent;
    const char* seen;
  };
  const Row rows[] = {
      {"", "private"},
      {"Cache-Control: max-age=60\r\n", "private"},
      {"Cache-Control: public, max-age=60\r\n", "private"},
      {"Cache-Control: private, max-age=5\r\n", "private"},
      {"Cache-Control: no-store\r\n", "no-store"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.sent);
    ScriptedOrigin origin(answering([&row](const Message&) { return reply("", row.sent); }));
    Balancer balancer(Setup{.pool = {sticky()}, .backends = {origin.address()}});
    Browser browser(balancer.port());
    const Message first = browser.get("/");
    CHECK(first.count("Cache-Control") == 1);
    CHECK(first.field("Cache-Control").find(row.seen) != std::string::npos);
    CHECK(first.field("Cache-Control").find("public") == std::string::npos);
    const Message next = browser.get("/");
    INFO(next.head);
    CHECK_FALSE(next.has("Set-Cookie"));
    CHECK(next.head.find(row.sent) != std::string::npos);
    CHECK(next.count("Cache-Control") == (*row.sent == '\0' ? 0 : 1));
  }
}

}  // namespace
}  // namespace stickler::integration
