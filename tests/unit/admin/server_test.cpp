#include "lb/admin/server.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lb/base/log.h"
#include "tests/unit/admin/fixture.h"

namespace stickler::admin {
namespace {

using namespace std::chrono_literals;
using test::Answered;
using test::Served;

TEST_CASE("each readable endpoint answers with its type, and every answer is for this moment only") {
  Served served;
  struct Row {
    const char* path;
    const char* type;
    const char* part;
  };
  const Row rows[] = {
      {"/", "text/html; charset=utf-8", "<h1>Stickler 1.2.3</h1>"},
      {"/metrics", "text/plain; version=0.0.4; charset=utf-8", "stickler_workers 2\n"},
      {"/healthz", "text/plain; charset=utf-8", "ok\n"},
      {"/readyz", "text/plain; charset=utf-8", "ready\n"},
      {"/api/v1/status", "application/json", "\"generation\": 3"},
      {"/api/v1/pools", "application/json", "\"policy\": \"least_connections\""},
      {"/api/v1/pools/login", "application/json", "\"retries\": 4"},
      {"/api/v1/pools/login/backends/b", "application/json", "\"state\": \"ejected\""},
      {"/api/v1/config", "application/json", "{\n  \"version\": 1\n}\n"},
  };
  for (const Row& row : rows) {
    INFO(row.path);
    const Answered answer = served.get(row.path);
    CHECK(answer.status == 200);
    CHECK(answer.field("Content-Type") == row.type);
    CHECK(answer.field("Cache-Control") == "no-store");
    CHECK(answer.field("X-Content-Type-Options") == "nosniff");
    CHECK(answer.body.find(row.part) != std::string::npos);
    if (answer.field("Content-Type") == "application/json") CHECK(answer.json().is_object());
  }
}

TEST_CASE("HEAD answers as GET does, without the body") {
  Served served;
  for (const char* path : {"/", "/metrics", "/api/v1/status", "/api/v1/pools/nobody"}) {
    INFO(path);
    const Answered get = served.get(path);
    const Answered head = served.call("HEAD", path);
    CHECK(head.status == get.status);
    CHECK(head.field("Content-Length") == std::to_string(get.body.size()));
    CHECK(head.body.empty());
  }
}

TEST_CASE("a query changes nothing, and a name may be percent-encoded") {
  Served served;
  CHECK(served.get("/api/v1/status?pretty=1").status == 200);
  CHECK(served.get("/api/v1/pools/a%20b").json().at("name") == "a b");
  CHECK(served.get("/api/v1/%70ools/login").json().at("name") == "login");
}

TEST_CASE("readiness is lost while draining, and the answer says why") {
  Served served;
  served.source.is_ready = false;
  CHECK(served.get("/readyz").status == 503);
  CHECK(served.get("/readyz").body == "not ready: not every listener is bound yet\n");
  served.source.report.draining = true;
  CHECK(served.get("/readyz").body == "not ready: draining, no new connections are accepted\n");
  CHECK(served.get("/healthz").status == 200);
}

TEST_CASE("what is not there is answered 404 and the answer names what is") {
  Served served;
  struct Row {
    const char* path;
    const char* code;
    const char* message;
  };
  const Row rows[] = {
      {"/nothing", "unknown_path", "nothing is at '/nothing'; GET / links to what there is"},
      {"/api/v1/status/", "unknown_path", "nothing is at '/api/v1/status/'; GET / links to what there is"},
      {"/api/v1/pools/%zz", "unknown_path", "nothing is at '/api/v1/pools/%zz'; GET / links to what there is"},
      {"/api/v1/pools/logn", "unknown_pool", "no pool 'logn'; there is 'login', 'a b'"},
      {"/api/v1/pools/a%2fb", "unknown_pool", "no pool 'a/b'; there is 'login', 'a b'"},
      {"/api/v1/pools/logn/backends/a", "unknown_pool", "no pool 'logn'; there is 'login', 'a b'"},
      {"/api/v1/pools/login/backends/d", "unknown_backend", "no backend 'd' in pool 'login'; there is 'a', 'b', 'c'"},
      {"/api/v1/pools/a%20b/backends/d", "unknown_backend", "no backend 'd' in pool 'a b'; there is none"},
  };
  for (const Row& row : rows) {
    INFO(row.path);
    const Answered answer = served.get(row.path);
    CHECK(answer.status == 404);
    CHECK(answer.error_code() == row.code);
    CHECK(answer.error_message() == row.message);
  }
  for (int i = 0; i < 20; ++i) served.source.report.pools.emplace_back().name = "p" + std::to_string(i);
  CHECK(served.get("/api/v1/pools/logn").error_message() == "no pool 'logn'; GET /api/v1/pools names all 22");
}

TEST_CASE("a name that is no UTF-8 is still answered with JSON") {
  Served served;
  CHECK(served.get("/api/v1/pools/%ff%00%22").error_code() == "unknown_pool");
}

TEST_CASE("another method is answered 405 with those that the path takes") {
  Served served;
  struct Row {
    const char* method;
    const char* path;
    const char* allowed;
  };
  const Row rows[] = {
      {"POST", "/api/v1/status", "GET, HEAD"},
      {"GET", "/api/v1/reload", "POST"},
      {"HEAD", "/api/v1/reload", "POST"},
      {"OPTIONS", "/api/v1/reload", "POST"},
      {"PUT", "/api/v1/pools/login/backends/a", "GET, HEAD, DELETE"},
  };
  for (const Row& row : rows) {
    INFO(row.method << ' ' << row.path);
    const Answered answer = served.call(row.method, row.path);
    CHECK(answer.status == 405);
    CHECK(answer.field("Allow") == row.allowed);
    CHECK(answer.field("Access-Control-Allow-Origin").empty());
  }
  CHECK(served.source.reloads == 0);
}

TEST_CASE("a request is explained, or it is said what is wrong with the question") {
  Served served;
  const std::string head = R"(GET / HTTP/1.1\r\nHost: a\r\n\r\n)";
  const Answered answer = served.call("POST", "/api/v1/explain", "",
                                      R"({"request": ")" + head + R"(", "listener": "web", "client_ip": "::1"})");
  CHECK(answer.status == 200);
  CHECK(answer.json().at("backend") == "c");
  CHECK(answer.field("Cache-Control") == "no-store");
  REQUIRE(served.source.queries.size() == 1);
  CHECK(served.source.queries[0].head == "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(served.source.queries[0].listener == "web");
  CHECK(served.source.queries[0].client_ip == "::1");

  struct Row {
    const char* body;
    const char* message;
  };
  const Row rows[] = {
      {"", "the body is not a JSON object"},
      {"[]", "the body is not a JSON object"},
      {"{}", "request: expected the head of a request, with the empty line behind it"},
      {R"({"request": 5})", "request: expected a string"},
      {R"({"request": "x", "url": "/"})", "unknown field 'url' in the body"},
  };
  for (const Row& row : rows) {
    INFO(row.body);
    const Answered refused = served.call("POST", "/api/v1/explain", "", row.body);
    CHECK(refused.status == 400);
    CHECK(refused.error_code() == "bad_body");
    CHECK(refused.error_message() == row.message);
  }
  CHECK(served.source.queries.size() == 1);

  served.source.explained = {.outcome = Explained::Outcome::unknown_listener, .report = {}, .message = "no listener"};
  CHECK(served.call("POST", "/api/v1/explain", "", R"({"request": "x"})").status == 404);
  served.source.explained.outcome = Explained::Outcome::bad_request;
  const Answered bad = served.call("POST", "/api/v1/explain", "", R"({"request": "x"})");
  CHECK(bad.status == 400);
  CHECK(bad.error_message() == "no listener");
}

TEST_CASE("a decision is told when the workers have answered, and 404 when none knows the request") {
  Served served;
  const Answered known = served.get("/api/v1/decisions/0123456789abcdef0123456789abcdef");
  CHECK(known.status == 200);
  CHECK(known.field("Cache-Control") == "no-store");
  CHECK(known.json().at("served").at("at") == "2023-11-14T22:13:20.123Z");
  CHECK(known.json().at("served").at("taken_ms") == 12.345);
  const Answered unknown = served.get("/api/v1/decisions/abc%2fd");
  CHECK(unknown.status == 404);
  CHECK(unknown.error_code() == "unknown_request");
  CHECK(unknown.error_message().starts_with("no request 'abc/d' is remembered"));
  CHECK(served.call("HEAD", "/api/v1/decisions/x").body.empty());
}

TEST_CASE("what is still to come is answered 501, for whichever pool") {
  Served served;
  struct Row {
    const char* method;
    const char* path;
  };
  const Row rows[] = {
      {"GET", "/api/v1/events"},
  };
  for (const Row& row : rows) {
    INFO(row.method << ' ' << row.path);
    const Answered answer = served.call(row.method, row.path);
    CHECK(answer.status == 501);
    CHECK(answer.error_code() == "not_available");
    CHECK(answer.error_message() == std::string(row.method) + " " + row.path + " is not available yet");
  }
}

TEST_CASE("an order to a backend is passed on, and answered with the backend as it is then") {
  struct Row {
    const char* word;
    OrderKind kind;
    const char* body;
    std::optional<Duration> deadline;
    std::optional<double> rate{};
  };
  const Row rows[] = {{"drain", OrderKind::drain, "", {}},
                      {"drain", OrderKind::drain, "{}", {}},
                      {"drain", OrderKind::drain, R"({"deadline_seconds": 1800})", 30min},
                      {"drain", OrderKind::drain, R"({"deadline_seconds": 0.25})", 250ms},
                      {"drain", OrderKind::drain, R"({"rate": 20})", {}, 20},
                      {"drain", OrderKind::drain, R"({"rate": 0.5, "deadline_seconds": 60})", 1min, 0.5},
                      {"undrain", OrderKind::undrain, "", {}},
                      {"disable", OrderKind::disable, "", {}},
                      {"enable", OrderKind::enable, "{}", {}}};
  for (const Row& row : rows) {
    INFO(row.word << ' ' << row.body);
    Served served;
    const Answered answer =
        served.call("POST", "/api/v1/pools/login/backends/b/" + std::string(row.word), "", row.body);
    CHECK(answer.status == 200);
    CHECK(answer.json().at("name") == "b");
    REQUIRE(served.source.orders.size() == 1);
    CHECK(served.source.orders[0].kind == row.kind);
    CHECK(served.source.orders[0].pool == "login");
    CHECK(served.source.orders[0].backend == "b");
    CHECK(served.source.orders[0].deadline == row.deadline);
    CHECK(served.source.orders[0].rate == row.rate);
  }
}

TEST_CASE("an order that cannot be obeyed says why, and one that is not understood changes nothing") {
  Served served;
  CHECK(served.call("POST", "/api/v1/pools/logn/backends/a/drain").error_code() == "unknown_pool");
  CHECK(served.call("POST", "/api/v1/pools/login/backends/x/drain").error_code() == "unknown_backend");
  struct Row {
    const char* word;
    const char* body;
    const char* message;
  };
  const Row rows[] = {
      {"drain", "30m", "the body is not a JSON object"},
      {"drain", "[]", "the body is not a JSON object"},
      {"drain", R"({"deadline": "30m"})", "unknown field 'deadline' in the body"},
      {"drain", R"({"deadline_seconds": "30"})", "deadline_seconds: expected a number from 0 to 31622400"},
      {"drain", R"({"deadline_seconds": -1})", "deadline_seconds: expected a number from 0 to 31622400"},
      {"drain", R"({"deadline_seconds": 1e300})", "deadline_seconds: expected a number from 0 to 31622400"},
      {"drain", R"({"rate": 0})", "rate: expected sessions a second, a number above 0 and up to a million"},
      {"drain", R"({"rate": "20/s"})", "rate: expected sessions a second, a number above 0 and up to a million"},
      {"drain", R"({"rate": 1000001})", "rate: expected sessions a second, a number above 0 and up to a million"},
      {"undrain", R"({"rate": 1})", "unknown field 'rate' in the body"},
      {"enable", R"({"deadline_seconds": 1})", "unknown field 'deadline_seconds' in the body"},
  };
  for (const Row& row : rows) {
    INFO(row.word << ' ' << row.body);
    const Answered answer =
        served.call("POST", "/api/v1/pools/login/backends/a/" + std::string(row.word), "", row.body);
    CHECK(answer.status == 400);
    CHECK(answer.error_code() == "bad_body");
    CHECK(answer.error_message() == row.message);
  }
  CHECK(served.source.orders.empty());
  served.source.order_report = {.obeyed = false, .message = "it is disabled"};
  const Answered refused = served.call("POST", "/api/v1/pools/login/backends/a/undrain");
  CHECK(refused.status == 409);
  CHECK(refused.error_code() == "order_refused");
  CHECK(refused.error_message() == "a: it is disabled");
}

TEST_CASE("a reload is answered with what changed, or with why it was refused") {
  Served served;
  const Answered applied = served.call("POST", "/api/v1/reload");
  CHECK(applied.status == 200);
  CHECK(applied.json().at("applied") == true);
  CHECK(applied.json().at("message") == "pool 'login': backend 'd' added");

  served.source.reload_report = {.applied = false, .message = "web.yaml:3:1: error: pols: unknown key"};
  const Answered refused = served.call("POST", "/api/v1/reload");
  CHECK(refused.status == 409);
  CHECK(refused.error_code() == "reload_refused");
  CHECK(refused.error_message() == "web.yaml:3:1: error: pols: unknown key");

  served.source.report.draining = true;
  CHECK(served.call("POST", "/api/v1/reload").status == 503);
  CHECK(served.call("POST", "/api/v1/reload").error_code() == "shutting_down");
  CHECK(served.source.reloads == 4);
}

TEST_CASE("a state-changing call needs the token where there is one; reading does not") {
  Served served("127.0.0.1:0", "s3cret-token");
  const Answered without = served.call("POST", "/api/v1/reload");
  CHECK(without.status == 401);
  CHECK(without.error_code() == "no_token");
  CHECK(without.field("WWW-Authenticate") == "Bearer realm=\"stickler\"");
  const Answered wrong = served.call("POST", "/api/v1/reload", "Authorization: Bearer s3cret-tokem\r\n");
  CHECK(wrong.status == 401);
  CHECK(wrong.error_code() == "wrong_token");
  CHECK(wrong.field("WWW-Authenticate") == "Bearer realm=\"stickler\", error=\"invalid_token\"");
  CHECK(wrong.body.find("s3cret") == std::string::npos);
  CHECK(served.call("POST", "/api/v1/pools/login/backends/a/drain").status == 401);
  CHECK(served.source.reloads == 0);
  CHECK(served.call("POST", "/api/v1/reload", "Authorization: bearer  s3cret-token\r\n").status == 200);
  CHECK(served.source.reloads == 1);
  CHECK(served.get("/api/v1/status").status == 200);
  CHECK(served.get("/api/v1/config").status == 200);
  CHECK(served.call("POST", "/api/v1/explain").status == 400);
}

TEST_CASE("a page of another site cannot change anything, whatever the token") {
  Served served;
  const Answered refused = served.call("POST", "/api/v1/reload", "Origin: http://evil.example\r\n");
  CHECK(refused.status == 403);
  CHECK(refused.error_code() == "cross_origin");
  CHECK(served.source.reloads == 0);
  CHECK(served.call("GET", "/api/v1/status", "Origin: http://evil.example\r\n").status == 200);
  const std::string own = "Origin: http://" + served.address().to_string() +
                          "\r\nHost: " + served.address().to_string() + "\r\nSec-Fetch-Site: same-origin\r\n";
  CHECK(served.call("POST", "/api/v1/reload", own).status == 200);
}

TEST_CASE("a loopback listener answers only to loopback hosts, reads included") {
  Served served;
  for (const char* method : {"GET", "POST"}) {
    const Answered answer = served.call(method, "/api/v1/reload", "Host: rebound.example:9900\r\n");
    CHECK(answer.status == 421);
    CHECK(answer.error_code() == "wrong_host");
  }
  CHECK(served.source.reloads == 0);
  CHECK(served.call("GET", "/", "Host: [::1]:1234\r\n").status == 200);
}

TEST_CASE("a unix socket answers, whatever the host") {
  std::string directory = std::filesystem::temp_directory_path() / "stickler-admin-XXXXXX";
  REQUIRE(mkdtemp(directory.data()) != nullptr);
  {
    Served served("unix:" + directory + "/admin.sock");
    CHECK(served.call("GET", "/healthz", "Host: any.example\r\n").status == 200);
  }
  std::filesystem::remove_all(directory);
}

TEST_CASE("an address that others can reach needs a token") {
  io::Loop loop;
  test::FixedSource source;
  const auto server = AdminServer::start(loop, {.listen = Address::parse("0.0.0.0:0").value(), .token = {}}, source);
  REQUIRE(!server);
  CHECK(server.error().message ==
        "0.0.0.0:0 can be reached from other machines, so a token is needed: set admin.token_file");
}

TEST_CASE("an address in use is an error that says so") {
  Served served;
  io::Loop loop;
  test::FixedSource source;
  const auto server = AdminServer::start(loop, {.listen = served.address(), .token = {}}, source);
  REQUIRE(!server);
  CHECK(server.error().message.find("another process listens there") != std::string::npos);
}

TEST_CASE("state-changing calls are logged with peer and result, refused ones too, and reads are not") {
  std::string directory = std::filesystem::temp_directory_path() / "stickler-admin-XXXXXX";
  REQUIRE(mkdtemp(directory.data()) != nullptr);
  REQUIRE(start_log("info", directory + "/log"));
  {
    Served served("127.0.0.1:0", "token");
    served.get("/api/v1/status");
    served.call("POST", "/api/v1/reload", "Authorization: Bearer token\r\n");
    served.call("POST", "/api/v1/reload", "Authorization: Bearer guess\r\n");
    served.call("POST", "/api/v1/reload", "Sec-Fetch-Site: cross-site\r\n");
    served.call("POST", "/api/v1/reload", "Host: rebound.example\r\n");
  }
  REQUIRE(start_log("info", "stderr"));
  std::ifstream file(directory + "/log");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  std::filesystem::remove_all(directory);
  REQUIRE(lines.size() == 4);
  const char* const results[] = {": 200 OK", ": 401 Unauthorized", ": 403 Forbidden", ": 421 Misdirected Request"};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    INFO(lines[i]);
    CHECK(lines[i].find("admin: POST /api/v1/reload from 127.0.0.1:") != std::string::npos);
    CHECK(lines[i].ends_with(results[i]));
    CHECK(lines[i].find("guess") == std::string::npos);
  }
}

}  // namespace
}  // namespace stickler::admin
