// Expect, Max-Forwards and Upgrade in requests (RFC 9110 10.1.1, 7.6.2, 7.8).
#include <catch2/catch.hpp>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

RequestRow expecting(std::string name, const std::string& value, Outcome outcome) {
  return {std::move(name), post_x("Expect: " + value + "\r\nContent-Length: 5\r\n", "hello"), {std::move(outcome)}};
}

const std::vector<RequestRow> expectations = {
    expecting("100-continue, with the body at once", "100-continue", relayed("POST /x", "hello")),
    expecting("in capitals", "100-CONTINUE", relayed("POST /x", "hello")),
    expecting("something else", "200-ok", refused(417, "unknown_expectation")),
    expecting("something else beside it", "100-continue, 200-ok", refused(417, "unknown_expectation")),
    expecting("with a parameter", "100-continue;a=b", refused(417, "unknown_expectation")),
    {"something else on a second line",
     get_x("Expect: 100-continue\r\nExpect: x\r\n"),
     {refused(417, "unknown_expectation")}},
    {"100-continue without a body", get_x("Expect: 100-continue\r\n"), {relayed("GET /x")}},
    {"100-continue in HTTP/1.0",
     "POST /x HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
     {last(relayed("POST /x", "hello"))}},
};

RequestRow forwards(std::string name, const std::string& method, const std::string& value, Outcome outcome) {
  return {std::move(name), request(method, "/x", "Max-Forwards: " + value + "\r\n"), {std::move(outcome)}};
}

const std::vector<RequestRow> max_forwards = {
    forwards("OPTIONS with 0", "OPTIONS", "0", answered(200, "options_answered")),
    forwards("OPTIONS with 00", "OPTIONS", "00", answered(200, "options_answered")),
    forwards("OPTIONS with 1", "OPTIONS", "1", relayed("OPTIONS /x")),
    forwards("TRACE with 0", "TRACE", "0", answered(405, "max_forwards_reached")),
    forwards("TRACE with 1", "TRACE", "1", relayed("TRACE /x")),
    forwards("GET with 0", "GET", "0", relayed("GET /x")),
    forwards("GET with a word", "GET", "many", relayed("GET /x")),
    forwards("OPTIONS with a word", "OPTIONS", "many", refused(400, "bad_max_forwards")),
    forwards("OPTIONS with a negative number", "OPTIONS", "-1", refused(400, "bad_max_forwards")),
    forwards("OPTIONS with nothing", "OPTIONS", "", refused(400, "bad_max_forwards")),
    forwards("OPTIONS with a list", "OPTIONS", "1, 2", refused(400, "bad_max_forwards")),
    forwards("OPTIONS with 30 digits", "OPTIONS", std::string(30, '9'), refused(400, "bad_max_forwards")),
    {"TRACE with two",
     request("TRACE", "/x", "Max-Forwards: 1\r\nMax-Forwards: 2\r\n"),
     {refused(400, "bad_max_forwards")}},
    {"OPTIONS * with 0",
     "OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n",
     {answered(200, "options_answered")}},
};

TEST_CASE("the only expectation is 100-continue") { check_requests(expectations); }
TEST_CASE("Max-Forwards counts down for OPTIONS and TRACE") { check_requests(max_forwards); }

TEST_CASE("the backend's answer to 100-continue is relayed, whatever it is, and the body only then") {
  ScriptedOrigin origin([](OriginConnection& connection) {
    while (const auto head = connection.read_request_head()) {
      if (head->target().starts_with("/after/")) {
        connection.wire.send(echo(*head));
        continue;
      }
      if (head->target() == "/refused") {
        connection.wire.send(reply("no", "", "403 Forbidden"));
        return connection.hang();
      }
      if (head->target() == "/continue") connection.wire.send("HTTP/1.1 100 Continue\r\n\r\n");
      const std::string body = head->has("Content-Length") ? connection.wire.read_exactly(5) : "";
      connection.wire.send(reply(head->target() + " " + body));
    }
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  const std::string fields = "Expect: 100-continue\r\nContent-Length: 5\r\n";
  std::string name;

  SECTION("100") {
    name = "100";
    RawClient client(balancer.port());
    CHECK(client.exchange(request("POST", "/continue", fields)).status() == 100);
    CHECK(client.exchange("hello").body == "/continue hello");
    CHECK(client.exchange(get("/next")).body == "/next ");
  }
  SECTION("a refusal ends the connection, because nobody knows whether the body comes") {
    name = "a refusal";
    RawClient client(balancer.port());
    const Message answer = client.exchange(request("POST", "/refused", fields));
    CHECK(answer.status() == 403);
    CHECK(same_name(answer.field("Connection"), "close"));
    client.send("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.read_to_end() == "");
  }
  SECTION("no 100, but a client that does not wait for it") {
    name = "no 100";
    RawClient client(balancer.port());
    CHECK(client.exchange(request("POST", "/plain", fields) + "hello").body == "/plain hello");
    CHECK(client.exchange(get("/next")).body == "/next ");
  }
  check_aftermath(balancer, origin, name);
  CHECK(origin.seen_target("/smuggled") == 0);
}

}  // namespace
}  // namespace stickler::integration
