// The endpoints that change which backends a pool has.
#include <catch2/catch.hpp>

#include "tests/unit/admin/fixture.h"

namespace stickler::admin::test {
namespace {

using Kind = MemberChange::Kind;
using Outcome = MemberReport::Outcome;

TEST_CASE("a change of a pool's backends is passed on, and answered with what is so then") {
  struct Row {
    const char* method;
    const char* path;
    const char* body;
    int status;
    MemberChange passed;
    const char* name;  // In the answer.
  };
  const Row rows[] = {
      {"PUT",
       "/api/v1/pools/login/backends/b/weight",
       R"({"weight":0})",
       200,
       {.kind = Kind::weight, .pool = "login", .backend = "b", .body = "{\n \"weight\": 0\n}"},
       "b"},
      {"POST",
       "/api/v1/pools/login/backends",
       R"({"name":"d","address":"10.0.0.9:80"})",
       201,
       {.kind = Kind::add,
        .pool = "login",
        .backend = "",
        .body = "{\n \"name\": \"d\",\n \"address\": \"10.0.0.9:80\"\n}"},
       "a"},
      {"DELETE",
       "/api/v1/pools/login/backends/b",
       "",
       200,
       {.kind = Kind::remove, .pool = "login", .backend = "b", .body = ""},
       "login"},
  };
  for (const Row& row : rows) {
    INFO(row.method << ' ' << row.path);
    Served served;
    const Answered answer = served.call(row.method, row.path, "", row.body);
    CHECK(answer.status == row.status);
    CHECK(answer.json().at("name") == row.name);
    REQUIRE(served.source.changes.size() == 1);
    CHECK(served.source.changes[0].kind == row.passed.kind);
    CHECK(served.source.changes[0].pool == row.passed.pool);
    CHECK(served.source.changes[0].backend == row.passed.backend);
    CHECK(served.source.changes[0].body == row.passed.body);
    CHECK(answer.field("Location") == (row.status == 201 ? "/api/v1/pools/login/backends/a" : ""));
  }
}

TEST_CASE("a change of nobody, of somebody who is there already, or without sense is not passed on") {
  struct Row {
    const char* method;
    const char* path;
    const char* body;
    int status;
    const char* code;
    const char* message;
  };
  const Row rows[] = {
      {"PUT", "/api/v1/pools/logn/backends/a/weight", R"({"weight": 1})", 404, "unknown_pool",
       "no pool 'logn'; there is 'login', 'a b'"},
      {"PUT", "/api/v1/pools/login/backends/x/weight", R"({"weight": 1})", 404, "unknown_backend",
       "no backend 'x' in pool 'login'; there is 'a', 'b', 'c'"},
      {"PUT", "/api/v1/pools/login/backends/a/weight", "1", 400, "bad_body", "the body is not a JSON object"},
      {"PUT", "/api/v1/pools/login/backends/a/weight", "", 400, "bad_body", "the body is not a JSON object"},
      {"POST", "/api/v1/pools/logn/backends", R"({"name": "a"})", 404, "unknown_pool",
       "no pool 'logn'; there is 'login', 'a b'"},
      {"POST", "/api/v1/pools/login/backends", "- {name: d}", 400, "bad_body", "the body is not a JSON object"},
      {"POST", "/api/v1/pools/login/backends", R"({"name": "a", "address": "10.0.0.9:80"})", 409, "backend_exists",
       "pool 'login' has a backend 'a' already"},
      {"DELETE", "/api/v1/pools/login/backends/x", "", 404, "unknown_backend",
       "no backend 'x' in pool 'login'; there is 'a', 'b', 'c'"},
      {"DELETE", "/api/v1/pools/login/backends/a", "{}", 400, "bad_body", "nothing is to be said of who is removed"},
  };
  for (const Row& row : rows) {
    INFO(row.method << ' ' << row.path << ' ' << row.body);
    Served served;
    const Answered answer = served.call(row.method, row.path, "", row.body);
    CHECK(answer.status == row.status);
    CHECK(answer.error_code() == row.code);
    CHECK(answer.error_message() == row.message);
    CHECK(served.source.changes.empty());
  }
}

TEST_CASE("a change that the process refuses says why") {
  Served served;
  served.source.member_report = {.outcome = Outcome::bad_body, .message = "weight: expected a whole number"};
  const Answered bad = served.call("PUT", "/api/v1/pools/login/backends/a/weight", "", R"({"weight": -1})");
  CHECK(bad.status == 400);
  CHECK(bad.error_code() == "bad_body");
  CHECK(bad.error_message() == "weight: expected a whole number");
  served.source.member_report = {.outcome = Outcome::refused, .message = "an upgrade is under way"};
  const Answered refused = served.call("DELETE", "/api/v1/pools/login/backends/a");
  CHECK(refused.status == 409);
  CHECK(refused.error_code() == "order_refused");
  CHECK(refused.error_message() == "a: an upgrade is under way");
}

TEST_CASE("who may not change anything may not change who serves") {
  Served served("127.0.0.1:0", "s3cret-token");
  CHECK(served.call("PUT", "/api/v1/pools/login/backends/a/weight", "", R"({"weight": 1})").status == 401);
  CHECK(served.call("POST", "/api/v1/pools/login/backends", "", R"({"name": "d"})").status == 401);
  CHECK(served.call("DELETE", "/api/v1/pools/login/backends/a").status == 401);
  CHECK(served.source.changes.empty());
}

}  // namespace
}  // namespace stickler::admin::test
