// Kept connections to backends (RFC 9112 9.3.1): one that ends as it is used again costs an idempotent request nothing,
// and sends no other request twice.
#include <catch2/catch.hpp>
#include <condition_variable>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

enum class End { closes, resets, half_an_answer };

// Answers, but for /again on a connection that has been used before: that it takes, and ends.
Script once(End end) {
  return [end](OriginConnection& connection) {
    for (bool used = false; const auto request = connection.read_request(); used = true) {
      if (used && request->target() == "/again") break;
      if (!connection.wire.send(echo(*request))) return;
    }
    if (end == End::resets) return connection.reset();
    if (end == End::half_an_answer) connection.wire.send("HTTP/1.1 200 OK\r\nX-A: ");
    connection.close();
  };
}

struct StaleRow {
  std::string name;
  std::string bytes;
  bool repeated;
  End end = End::closes;
};

const std::string small_body(100, 'b');
const std::string large_body(1 << 20, 'b');  // More than is kept for a second try.

const std::vector<StaleRow> rows = {
    {"GET", request("GET", "/again"), true},
    {"HEAD", request("HEAD", "/again"), true},
    {"OPTIONS", request("OPTIONS", "/again"), true},
    {"TRACE", request("TRACE", "/again"), true},
    {"DELETE", request("DELETE", "/again"), true},
    {"PUT with a body", request("PUT", "/again", "", small_body), true},
    {"PUT with a chunked body", request("PUT", "/again", "Transfer-Encoding: chunked\r\n") + "2\r\nhi\r\n0\r\n\r\n",
     true},
    {"GET with a body", request("GET", "/again", "", small_body), true},
    {"POST", request("POST", "/again"), false},
    {"POST with a body", request("POST", "/again", "", small_body), false},
    {"PATCH", request("PATCH", "/again", "", small_body), false},
    {"PUT with a body that is not kept", request("PUT", "/again", "", large_body), false},
    {"GET, by a reset", request("GET", "/again"), true, End::resets},
    {"PUT with a body, by a reset", request("PUT", "/again", "", small_body), true, End::resets},
    {"POST, by a reset", request("POST", "/again", "", small_body), false, End::resets},
    {"GET, amid an answer", request("GET", "/again"), false, End::half_an_answer},
    {"POST, amid an answer", request("POST", "/again", "", small_body), false, End::half_an_answer},
};

TEST_CASE("a request on a kept connection that ends is sent again if that is safe, else never") {
  for (const StaleRow& row : rows) {
    INFO("row: " << row.name);
    ScriptedOrigin origin(once(row.end));
    Balancer balancer(Setup{.backends = {origin.address()}});
    CHECK(fetch(balancer.port(), "/first").status() == 200);
    RawClient client(balancer.port());
    client.send(row.bytes);
    const std::string method = row.bytes.substr(0, row.bytes.find(' '));
    const auto answer = client.read_response(method);
    REQUIRE(answer);
    if (row.repeated) {
      CHECK(answer->field("X-Asked") == method + " /again");
    } else {
      check_own_answer(*answer, {.method = method, .status = 502, .reason = "no_answer"});
    }
    CHECK(origin.seen_target("/again") == (row.repeated ? 2 : 1));
    CHECK(origin.connections() == (row.repeated ? 2 : 1));
    check_aftermath(balancer, origin, row.name);
  }
}

TEST_CASE("a request on a fresh connection that ends is not sent to the same backend again") {
  const std::string method = GENERATE("GET", "POST");
  CAPTURE(method);
  ScriptedOrigin origin([](OriginConnection& connection) {
    while (const auto request = connection.read_request()) {
      if (request->target() == "/x" || !connection.wire.send(echo(*request))) return connection.close();
    }
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  const Message answer = client.exchange(request(method, "/x"), method);
  check_own_answer(answer, {.method = method, .status = 502, .reason = "no_answer"});
  CHECK(origin.requests() == 1);
  CHECK(client.exchange(get("/fresh")).field("X-Asked") == "GET /fresh");
  check_aftermath(balancer, origin, method);
}

TEST_CASE("a kept connection that the backend closes while nobody uses it is not used") {
  std::mutex mutex;
  std::condition_variable changed;
  bool may_close = false;
  ScriptedOrigin origin([&](OriginConnection& connection) {
    while (const auto request = connection.read_request()) {
      if (!connection.wire.send(echo(*request))) return;
      if (request->target() != "/first") continue;
      std::unique_lock lock(mutex);
      changed.wait_for(lock, 30s, [&] { return may_close; });
      return;
    }
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  CHECK(fetch(balancer.port(), "/first").status() == 200);
  {
    const std::lock_guard lock(mutex);
    may_close = true;
  }
  changed.notify_all();
  REQUIRE(eventually([&] { return origin.open_connections() == 0; }));
  RawClient client(balancer.port());
  CHECK(client.exchange(request("POST", "/second"), "POST").field("X-Asked") == "POST /second");
  CHECK(origin.seen_target("/second") == 1);
  check_aftermath(balancer, origin, "POST");
}

TEST_CASE("a kept connection is closed after idle_timeout") {
  ScriptedOrigin origin(answering(echo));
  Balancer balancer(Setup{.pool = {"connections: {idle_timeout: 300ms}"}, .backends = {origin.address()}});
  CHECK(fetch(balancer.port(), "/first").status() == 200);
  REQUIRE(eventually([&] { return origin.open_connections() == 0; }));
  CHECK(fetch(balancer.port(), "/second").status() == 200);
  CHECK(origin.connections() == 2);
}

// An answer before the whole request: relayed at once, and neither connection carries another exchange.
struct EarlyRow {
  const char* name;
  std::string answer;
  bool then_closes;
};

const std::vector<EarlyRow> early = {
    {"and the backend closes", reply("no", "Connection: close\r\n", "413 Content Too Large"), true},
    {"and the backend closes unannounced", reply("no", "", "401 Unauthorized"), true},
    {"and the backend waits", reply("no", "", "403 Forbidden"), false},
    {"in chunks", "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", false},
};

TEST_CASE("an answer before the request's end is relayed, and what is left of the request is no request") {
  for (const EarlyRow& row : early) {
    for (const std::string framing : {"Content-Length: 1000\r\n", "Transfer-Encoding: chunked\r\n"}) {
      INFO("row: " << row.name << ", " << framing);
      ScriptedOrigin origin([&row](OriginConnection& connection) {
        while (const auto head = connection.read_request_head()) {
          if (head->target() != "/early") {
            connection.wire.send(echo(*head));
            continue;
          }
          connection.wire.send(row.answer);
          return row.then_closes ? connection.close() : connection.hang();
        }
      });
      Balancer balancer(Setup{.backends = {origin.address()}});
      RawClient client(balancer.port());
      client.send(request("POST", "/early", framing) + (framing[0] == 'C' ? "begun" : "5\r\nbegun\r\n"));
      const auto answer = client.read_response();
      REQUIRE(answer);
      CHECK(answer->body == "no");
      CHECK(answer->complete);
      CHECK(same_name(answer->field("Connection"), "close"));
      client.send(get("/smuggled"));
      CHECK(client.read_to_end() == "");
      check_aftermath(balancer, origin, row.name + (", " + framing));
      CHECK(origin.seen_target("/smuggled") == 0);
      CHECK(origin.connections() == 2);
    }
  }
}

}  // namespace
}  // namespace stickler::integration
