// Pipelined requests (RFC 9112 9.3.2): each answered in its order, none read before its turn, within bounded memory.
#include <catch2/catch.hpp>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

const std::string hidden = get("/hidden");

const std::vector<RequestRow> rows = {
    {"two", get("/a") + get("/b"), {relayed("GET /a"), relayed("GET /b")}},
    {"behind a body with a length",
     request("POST", "/a", "", "hello") + get("/b"),
     {relayed("POST /a", "hello"), relayed("GET /b")}},
    {"behind a chunked body",
     request("POST", "/a", "Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n0\r\n\r\n" + get("/b"),
     {relayed("POST /a", "hello"), relayed("GET /b")}},
    {"behind a trailer",
     request("POST", "/a", "Transfer-Encoding: chunked\r\n") + "0\r\nX-A: 1\r\n\r\n" + get("/b"),
     {relayed("POST /a"), relayed("GET /b")}},
    {"a body that is a request", request("POST", "/a", "", hidden), {relayed("POST /a", hidden)}},
    {"a body that is a request, and one behind it",
     request("POST", "/a", "", hidden) + get("/b"),
     {relayed("POST /a", hidden), relayed("GET /b")}},
    {"behind HEAD", request("HEAD", "/a") + get("/b"), {relayed("HEAD /a"), relayed("GET /b")}},
    {"behind an answer of our own", get("/..") + get("/b"), {answered(400, "path_climbs_out"), relayed("GET /b")}},
    {"behind an unknown method",
     request("BREW", "/a") + get("/b"),
     {answered(501, "unknown_method"), relayed("GET /b")}},
    {"behind CONNECT", request("CONNECT", "a:80") + get("/b"), {answered(405, "connect_refused"), relayed("GET /b")}},
    {"before a malformed one",
     get("/a") + "GET  /b HTTP/1.1\r\n\r\n",
     {relayed("GET /a"), refused(400, "bad_request_line")}},
    {"before one without Host", get("/a") + "GET /b HTTP/1.1\r\n\r\n", {relayed("GET /a"), refused(400, "bad_host")}},
    {"between, a malformed one",
     get("/a") + "GET /b HTTP/1.1\r\n\r\n" + get("/c"),
     {relayed("GET /a"), refused(400, "bad_host")}},
    {"behind a body that is refused",
     request("POST", "/a", "Transfer-Encoding: chunked\r\n") + "x\r\n" + get("/b"),
     {refused(400, "bad_chunk")},
     "POST /a"},
    {"before half a request", get("/a") + "GET /b HT", {relayed("GET /a")}, "", true},
    {"before half a body",
     get("/a") + request("POST", "/b", "Content-Length: 9\r\n") + "hel",
     {relayed("GET /a")},
     "POST /b",
     true},
    {"three, then the end",
     get("/a") + get("/b") + get("/c"),
     {relayed("GET /a"), relayed("GET /b"), relayed("GET /c")},
     "",
     true},
    {"before close",
     get("/a") + get("/b", "Connection: close\r\n") + get("/c"),
     {relayed("GET /a"), last(relayed("GET /b"))}},
};

TEST_CASE("pipelined requests are served in order, whatever stands before and behind them") { check_requests(rows); }

TEST_CASE("a client that half-closes behind hundreds of requests gets all answers") {
  ScriptedOrigin origin(answering(echo));
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  constexpr int count = 300;
  std::string all;
  for (int i = 0; i < count; ++i) all += request("POST", "/" + std::to_string(i), "", "body " + std::to_string(i));
  REQUIRE(client.send(all));
  client.half_close();
  for (int i = 0; i < count; ++i) {
    const auto answer = client.read_response();
    REQUIRE(answer);
    CHECK(answer->field("X-Asked") == "POST /" + std::to_string(i));
    CHECK(answer->body == "body " + std::to_string(i));
  }
  CHECK(client.closed_by_peer());
  CHECK(origin.requests() == count);
  check_aftermath(balancer, origin, "300");
}

TEST_CASE("a client that pipelines hundreds of requests and reads nothing is held back in bounded memory") {
  constexpr std::size_t count = 1000;
  ScriptedOrigin origin(answering([](const Message& request) {
    return request.target().starts_with("/after/") ? echo(request) : reply(std::string(64 << 10, 'a'));
  }));
  Balancer balancer(Setup{.backends = {origin.address()}});
  CHECK(fetch(balancer.port(), "/after/0").status() == 200);
  const std::size_t before = balancer.process().resident_bytes();
  RawClient client(balancer.port(), 16 << 10);
  // 1000 requests of 16 KiB for 1000 answers of 64 KiB: whichever of the two is hoarded shows.
  std::string all;
  const std::string field = "X-A: " + std::string(16 << 10, 'x') + "\r\n";
  for (std::size_t i = 0; i < count; ++i) all += get("/" + std::to_string(i), field);
  const std::size_t sent = client.send_while_taken(all, 500ms);
  CHECK(sent < all.size());
  CHECK(origin.requests() < count / 2);
#ifndef STICKLER_SANITIZED  // Whose allocators keep what was freed.
  CHECK(balancer.process().resident_bytes() < before + (8 << 20));
#else
  CHECK(before > 0);
#endif
  check_aftermath(balancer, origin, "1000, unread");
  // Once it reads, everything comes, each answer whole.
  std::thread sender([&] { client.send(std::string_view(all).substr(sent)); });
  std::size_t whole = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto answer = client.read_response();
    if (answer && answer->complete && answer->body.size() == 64 << 10) ++whole;
  }
  sender.join();
  CHECK(whole == count);
  check_aftermath(balancer, origin, "1000");
}

// While one request is served the next ones wait in the kernel, but for what came with it.
TEST_CASE("a client that sends without end while its request is served is held back in bounded memory") {
  ScriptedOrigin origin([](OriginConnection& connection) {
    while (const auto request = connection.read_request()) {
      if (request->target() == "/slow") return connection.hang();
      connection.wire.send(echo(*request));
    }
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  client.send(get("/slow"));
  REQUIRE(eventually([&] { return origin.seen_target("/slow") == 1; }));
  const std::string all(64 << 20, 'x');
  CHECK(client.send_while_taken(all, 500ms) < all.size() / 2);
#ifndef STICKLER_SANITIZED
  CHECK(balancer.process().resident_bytes() < 32 << 20);
#endif
  check_aftermath(balancer, origin, "64 MiB");
}

}  // namespace
}  // namespace stickler::integration
