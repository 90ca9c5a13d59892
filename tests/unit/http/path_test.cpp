// Paths as routes are matched against them.
#include <catch2/catch.hpp>
#include <string>

#include "lb/http/path.h"

namespace stickler::http {
namespace {

TEST_CASE("a path is decoded where that is safe, folded and resolved") {
  struct Row {
    std::string path;
    std::string normal;
  };
  const Row rows[] = {
      {"/", "/"},
      {"", "/"},
      {"*", "*"},
      {"/a", "/a"},
      {"/a/", "/a/"},
      {"/a/b.c", "/a/b.c"},
      {"//", "/"},
      {"//a", "/a"},
      {"/a//b", "/a/b"},
      {"/a//", "/a/"},
      {"/a///b//", "/a/b/"},
      {"/.", "/"},
      {"/./", "/"},
      {"/a/.", "/a/"},
      {"/a/./b", "/a/b"},
      {"/./a", "/a"},
      {"/a/..", "/"},
      {"/a/../", "/"},
      {"/a/../b", "/b"},
      {"/a/b/..", "/a/"},
      {"/a/b/../c", "/a/c"},
      {"/a/./../b", "/b"},
      {"/a/b/../../c", "/c"},
      {"/...", "/..."},
      {"/.a", "/.a"},
      {"/..a", "/..a"},
      {"/a..", "/a.."},
      {"/%61%2Db", "/a-b"},
      {"/%7e", "/~"},
      {"/%C3%A9", "/\xc3\xa9"},
      {"/a%20b", "/a b"},
      {"/%3f%23", "/?#"},
      {"/a%2fb", "/a%2fb"},
      {"/a%2Fb/..", "/"},
      {"/a%5Cb", "/a%5Cb"},
      {"/a\\b", "/a\\b"},
      {"/%25%2e", "/%25."},
      {"/%252e%252e/x", "/%252e%252e/x"},
      {"/%00%1f", "/%00%1f"},
      {"/%7f", "/\x7f"},
      {"/%", "/%"},
      {"/%4", "/%4"},
      {"/%zz%4g", "/%zz%4g"},
      {"/%2e", "/"},
      {"/a/%2e%2e/b", "/b"},
      {"/a/.%2E/b", "/b"},
      {"/a;x=1/b", "/a;x=1/b"},
      {"/a;..", "/a;.."},
      {"/a;/..", "/"},
      {"a", "/a"},
      {"a.example:443", "/a.example:443"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    std::string out = "left over";
    CHECK(normalise_path(row.path, out));
    CHECK(out == row.normal);
    std::string again;
    if (row.normal.find('%') == std::string::npos && row.normal != "/?#") {
      CHECK(normalise_path(out, again));
      CHECK(again == out);
    }
  }
}

TEST_CASE("a path that climbs above its root, in whatever reading, is refused") {
  for (const std::string path :
       {"/..",       "/../",          "/../a",     "/a/../..",         "/a/../../b",  "/./..",
        "/%2e%2e",   "/.%2e/a",       "/%2E./a",   "/a/%2e%2e/%2e%2e", "..",          "//..",
        "/a//../b",  "/a//./../b",    "/a/b///..", "/..%2fa",          "/a/..%2Fb",   "/a/x%2f..%2fb",
        "/a%2f..",   "/a/%2e%2e%2fb", "/a/..%5cb", "/a/..\\b",         "/a\\..\\b",   "/a/..;/b",
        "/..;x=1/a", "/.;/a",         "/a/.;x",    "/a/%2e%2e;/b",     "/a/..%3bx/b", "/a/.%2fb",
        "/a\\.",     "/a;x%2f../b"}) {
    CAPTURE(path);
    std::string out;
    CHECK_FALSE(normalise_path(path, out));
  }
}

TEST_CASE("a path that separates in two ways says so, and can be read the other way") {
  struct Row {
    std::string path;
    bool two;
    std::string loose;
  };
  const Row rows[] = {
      {"/a/b", false, "/a/b"},
      {"/a%2eb%zz%", false, "/a%2eb%zz%"},
      {"", false, ""},
      {"/admin%2fx", true, "/admin/x"},
      {"/admin%2Fx%2f", true, "/admin/x/"},
      {"/admin%5cx", true, "/admin/x"},
      {"/admin\\x", true, "/admin/x"},
      {"/admin;x=1/y", true, "/admin/y"},
      {"/admin%3bx", true, "/admin"},
      {"/a;b;c%2fd;e/f", true, "/a/d/f"},
      {"/a%252f", false, "/a%252f"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CHECK(has_two_readings(row.path) == row.two);
    CHECK(loose_reading(row.path) == row.loose);
  }
}

TEST_CASE("a path parameter is found in any segment, under its name in any case") {
  struct Row {
    std::string path;
    std::optional<std::string> value;
  };
  const Row rows[] = {
      {"/a;s=1", "1"},
      {"/a;s=1/b", "1"},
      {"/a;x=2;s=1;y=3/b", "1"},
      {"/a;x=2/b;s=1", "1"},
      {"/;s=1;s=2", "1"},
      {"/a;s=8A2F.node1", "8A2F.node1"},
      {"/a;s=", ""},
      {"/a;s=1=2", "1=2"},
      {"/a;s", {}},
      {"/a;S=1", "1"},
      {"/a;ss=1", {}},
      {"/a;xs=1", {}},
      {"/s=1", {}},
      {"/a%3bs=1", {}},
      {";", {}},
      {"", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    const auto value = path_parameter(row.path, "s");
    CHECK((value ? std::optional(std::string(*value)) : std::nullopt) == row.value);
  }
}

}  // namespace
}  // namespace stickler::http
