#include "lb/route/router.h"

#include <catch2/catch.hpp>

#include "tests/unit/allocations.h"

namespace stickler::route {
namespace {

constexpr PoolIndex first{1}, second{2}, third{3}, fallback{9};

Router only(const std::string& host, const std::string& path = "", PathMatch match = PathMatch::any) {
  return Router({{.host = host, .path = path, .path_match = match, .pool = first}}, std::nullopt);
}

bool matches(const Router& router, std::string_view host, std::string_view path) {
  return router.match(host, path).has_value();
}

TEST_CASE("which hosts a rule takes") {
  struct Row {
    std::string rule, host;
    bool match;
  };
  const std::vector<Row> rows = {
      {"", "example.com", true},
      {"", "", true},  // HTTP/1.0 without a Host field.
      {"example.com", "example.com", true},
      {"example.com", "EXAMPLE.com", true},
      {"Example.COM", "example.com", true},
      {"example.com", "example.com:8080", true},
      {"example.com", "example.com.", true},
      {"example.com", "example.com.:80", true},
      {"example.com.", "example.com", true},
      {"example.com", "", false},
      {"example.com", "www.example.com", false},
      {"example.com", "example.com.evil.net", false},
      {"example.com", "notexample.com", false},
      {"example.com", "example.co", false},
      {"*.example.com", "www.example.com", true},
      {"*.example.com", "a.b.c.example.com", true},
      {"*.example.com", "WWW.Example.Com.:443", true},
      {"*.example.com", "example.com", false},
      {"*.example.com", ".example.com", false},
      {"*.example.com", "wwwexample.com", false},
      {"*.example.com", "www.example.com.evil.net", false},
      {"*.example.com", "*.example.com", true},
      {"127.0.0.1", "127.0.0.1:8080", true},
      {"[::1]", "[::1]", true},
      {"[::1]", "[::1]:8080", true},
      {"[::1]", "[::2]:8080", false},
      {"[2001:db8::A]", "[2001:DB8::a]:1", true},
      {"[::1]", "[::1", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.rule, row.host);
    CHECK(matches(only(row.rule), row.host, "/") == row.match);
  }
}

TEST_CASE("a port and a final dot are no part of a host") {
  const std::vector<std::pair<std::string_view, std::string_view>> rows = {{"", ""},
                                                                           {"a", "a"},
                                                                           {"a:80", "a"},
                                                                           {"a:", "a"},
                                                                           {"a.", "a"},
                                                                           {"a.:80", "a"},
                                                                           {"a..", "a."},
                                                                           {"[::1]", "[::1]"},
                                                                           {"[::1]:80", "[::1]"},
                                                                           {"[::1]:", "[::1]"},
                                                                           {"10.0.0.1:1", "10.0.0.1"},
                                                                           {":80", ""}};
  for (const auto& [host, name] : rows) CHECK(host_without_port(host) == name);
}

TEST_CASE("a prefix ends where a segment does, with or without a slash at its end") {
  struct Row {
    std::string path;
    bool match;
  };
  const std::vector<Row> rows = {{"/ws", true},     {"/ws/", true}, {"/ws/x", true}, {"/ws/x/y", true},
                                 {"/wsx", false},   {"/w", false},  {"/", false},    {"", false},
                                 {"/x/ws", false},  {"*", false},   {"/WS", false},  {"/ws.html", false},
                                 {"/ws%2Fx", false}};
  for (const char* rule : {"/ws", "/ws/"}) {
    const Router router = only("", rule, PathMatch::prefix);
    for (const Row& row : rows) {
      CAPTURE(rule, row.path);
      CHECK(matches(router, "h", row.path) == row.match);
    }
  }
}

TEST_CASE("the prefix / takes every path, but not the asterisk of OPTIONS") {
  const Router router = only("", "/", PathMatch::prefix);
  for (const char* path : {"/", "/x", "/x/y"}) CHECK(matches(router, "h", path));
  CHECK_FALSE(matches(router, "h", "*"));
  CHECK(matches(only(""), "h", "*"));
}

TEST_CASE("an exact path takes itself alone") {
  const Router router = only("", "/a/b", PathMatch::exact);
  CHECK(matches(router, "h", "/a/b"));
  for (const char* path : {"/a/b/", "/a/b/c", "/a", "/", "/A/b"}) CHECK_FALSE(matches(router, "h", path));
  CHECK(matches(only("", "/a/", PathMatch::exact), "h", "/a/"));
  CHECK_FALSE(matches(only("", "/a/", PathMatch::exact), "h", "/a"));
}

TEST_CASE("the first rule that matches wins, and the default takes the rest") {
  const Router router({{.host = "a.com", .path = "/api/v2", .path_match = PathMatch::prefix, .pool = first},
                       {.host = "a.com", .path = "/api", .path_match = PathMatch::prefix, .pool = second},
                       {.host = "*.com", .path = "", .path_match = PathMatch::any, .pool = third},
                       {.host = "a.com", .path = "/login", .path_match = PathMatch::exact, .pool = first}},
                      fallback);
  struct Row {
    const char* host;
    const char* path;
    std::optional<std::size_t> rule;
    PoolIndex pool;
  };
  const std::vector<Row> rows = {{"a.com", "/api/v2/x", 0, first}, {"a.com", "/api/v1", 1, second},
                                 {"a.com", "/api", 1, second},     {"a.com", "/login", 2, third},
                                 {"b.com", "/api", 2, third},      {"a.net", "/api", {}, fallback},
                                 {"", "/", {}, fallback},          {"a.com:8080", "/api/v2", 0, first}};
  for (const Row& row : rows) {
    const auto match = router.match(row.host, row.path);
    CAPTURE(row.host, row.path);
    REQUIRE(match);
    CHECK(match->rule == row.rule);
    CHECK(match->pool == row.pool);
  }
}

TEST_CASE("without a default and a rule that matches there is no route") {
  CHECK(Router({}, std::nullopt).match("a", "/") == std::nullopt);
  CHECK(Router({}, fallback).match("a", "/")->pool == fallback);
  CHECK_FALSE(matches(only("a"), "b", "/"));
}

TEST_CASE("matching allocates nothing") {
  const Router router = only("*.a-host-with-a-name-beyond-any-small-string.example.com", "/a", PathMatch::prefix);
  CHECK(test::allocations_of(
            [&] { router.match("WWW.a-host-with-a-name-beyond-any-small-string.example.com.:8080", "/a/path"); }) == 0);
}

}  // namespace
}  // namespace stickler::route
