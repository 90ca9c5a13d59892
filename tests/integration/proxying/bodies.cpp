// Bodies both ways: streaming, chunks, trailers, 100-continue, answers without a body.
#include <catch2/catch.hpp>
#include <future>

#include "tests/integration/harness/balancer.h"
#include "tests/integration/harness/scripted_origin.h"

namespace stickler::integration {
namespace {

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
  return text;
}

Script echo_body() {
  return answering([](const Message& request) { return reply(request.body); });
}

TEST_CASE("bodies of every size come back as they were sent") {
  ScriptedOrigin origin(echo_body());
  Balancer balancer(Setup{.backends = {origin.address()}});
  for (const std::size_t size : {1u, 100u, 4095u, 65535u, 65536u, 65537u, 1'000'000u, 5'000'000u}) {
    CAPTURE(size);
    RawClient client(balancer.port());
    const std::string body = pattern(size);
    const Message answer = client.exchange(request("POST", "/echo", "", body), "POST");
    CHECK(answer.status() == 200);
    CHECK(answer.complete);
    CHECK((answer.body == body));
  }
  CHECK(origin.flaws().empty());
}

TEST_CASE("a chunked body is passed on chunked and whole") {
  ScriptedOrigin origin(answering([](const Message&) {
    return std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyou\r\n0\r\n\r\n");
  }));
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  const Message answer = client.exchange(request("POST", "/c", "Transfer-Encoding: chunked\r\n") +
                                         "5\r\nhello\r\n00000A;name=\"v\"\r\n0123456789\r\n0\r\n\r\n");
  CHECK(answer.chunked);
  CHECK(answer.complete);
  CHECK(answer.body == "you");
  CHECK(origin.last().chunked);
  CHECK(origin.last().body == "hello0123456789");
  CHECK(origin.flaws().empty());  // The extension is gone: we do not forward framing bytes that we do not understand.
}

TEST_CASE("trailers are passed on both ways, but never fields that matter for framing or routing") {
  ScriptedOrigin origin(answering([](const Message&) {
    return std::string(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\n"
        "X-Sum: 7\r\nContent-Length: 3\r\n\r\n");
  }));
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  const Message answer =
      client.exchange(request("POST", "/t", "TE: trailers\r\nTransfer-Encoding: chunked\r\nTrailer: X-Check\r\n") +
                      "2\r\nhi\r\n0\r\nX-Check: 42\r\n\r\n");
  REQUIRE(origin.last().trailers.size() == 1);
  CHECK(origin.last().trailers[0].name == "X-Check");
  CHECK(origin.last().trailers[0].value == "42");
  CHECK(answer.body == "ok");
  for (const Field& trailer : answer.trailers) CHECK_FALSE(same_name(trailer.name, "Content-Length"));
}

TEST_CASE("what the headers block sets or removes is not brought in, or back, by a trailer") {
  ScriptedOrigin origin(answering([](const Message&) {
    return std::string(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
        "X-Leak: 1\r\nX-Level: origin\r\nX-Sum: 7\r\n\r\n");
  }));
  Balancer balancer(Setup{.top = {"headers:", "  request: {set: {X-Who: file}, remove: [X-Drop]}",
                                  "  response: {set: {X-Level: file}, remove: [X-Leak]}"},
                          .backends = {origin.address()}});
  const Message answer = RawClient(balancer.port())
                             .exchange(request("POST", "/t", "TE: trailers\r\nTransfer-Encoding: chunked\r\n") +
                                       "2\r\nhi\r\n0\r\nX-Who: client\r\nX-Drop: 1\r\nX-Check: 42\r\n\r\n");
  CHECK(origin.last().field("X-Who") == "file");
  REQUIRE(origin.last().trailers.size() == 1);
  CHECK(origin.last().trailers[0].name == "X-Check");
  CHECK(answer.field("X-Level") == "file");
  REQUIRE(answer.trailers.size() == 1);
  CHECK(answer.trailers[0].name == "X-Sum");
}

TEST_CASE("an answer reaches the client piece by piece, before the backend has finished it") {
  std::promise<void> seen;
  ScriptedOrigin origin([&seen](OriginConnection& connection) {
    if (!connection.read_request()) return;
    connection.wire.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
    if (seen.get_future().wait_for(60s) != std::future_status::ready) return;
    connection.wire.send("other");
    connection.hang();
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  client.send(get("/"));
  REQUIRE(client.read_response_head());
  CHECK(client.read_exactly(5) == "first");
  seen.set_value();
  CHECK(client.read_exactly(5) == "other");
}

TEST_CASE("a request's body reaches the backend piece by piece, before the client has finished it") {
  std::promise<void> got_first;
  ScriptedOrigin origin([&got_first](OriginConnection& connection) {
    if (!connection.read_request_head()) return;
    if (connection.wire.read_exactly(5) != "first") return;
    got_first.set_value();
    if (connection.wire.read_exactly(5) != "other") return;
    connection.wire.send(reply("done"));
    connection.hang();
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  client.send(request("POST", "/", "Content-Length: 10\r\n") + "first");
  REQUIRE(got_first.get_future().wait_for(30s) == std::future_status::ready);
  client.send("other");
  const auto answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->body == "done");
}

TEST_CASE("Expect: 100-continue goes to the backend, whose 100 comes back before the body is sent") {
  ScriptedOrigin origin([](OriginConnection& connection) {
    while (const auto head = connection.read_request_head()) {
      connection.wire.send("HTTP/1.1 100 Continue\r\n\r\n");
      connection.wire.send(reply(connection.wire.read_exactly(4)));
    }
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  for (int i = 0; i < 3; ++i) {
    client.send(request("POST", "/", "Expect: 100-continue\r\nContent-Length: 4\r\n"));
    const auto interim = client.read_response();
    REQUIRE(interim);
    CHECK(interim->status() == 100);
    client.send("body");
    const auto answer = client.read_response();
    REQUIRE(answer);
    CHECK(answer->status() == 200);
    CHECK(answer->body == "body");
  }
  CHECK(same_name(origin.last().field("Expect"), "100-continue"));
}

TEST_CASE("a final answer instead of 100 is relayed without waiting for the body") {
  ScriptedOrigin origin([](OriginConnection& connection) {
    while (const auto head = connection.read_request_head()) {
      if (head->target() != "/big") {
        connection.wire.send(reply("fine"));
        continue;
      }
      connection.wire.send(reply("too big for me", "Connection: close\r\n", "413 Content Too Large"));
      return connection.close();
    }
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  const Message answer =
      client.exchange(request("POST", "/big", "Expect: 100-continue\r\nContent-Length: 1000000\r\n"));
  CHECK(answer.status() == 413);
  CHECK(answer.body == "too big for me");
  CHECK(fetch(balancer.port(), "/next").body == "fine");
}

TEST_CASE("interim answers are relayed to clients of HTTP/1.1 and dropped for HTTP/1.0") {
  ScriptedOrigin origin(answering([](const Message&) {
    return "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" +
           reply("final");
  }));
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  client.send(get("/"));
  auto answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->status() == 103);
  CHECK(answer->field("Link") == "</style.css>; rel=preload");
  answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->status() == 102);
  answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->body == "final");

  RawClient old(balancer.port());
  const Message only = old.exchange("GET / HTTP/1.0\r\n\r\n");
  CHECK(only.status() == 200);
  CHECK(only.body == "final");
}

TEST_CASE("answers that have no body leave the connection usable whatever their fields say") {
  struct Row {
    std::string method;
    std::string answer;
    int status;
    std::string length;  // the Content-Length that must come through; empty: any or none
  };
  const auto row = GENERATE(values<Row>({
      {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", 200, "1234"},
      {"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, ""},
      {"HEAD", "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n", 404, "9"},
      {"GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
      {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\nETag: \"x\"\r\n\r\n", 304, "77"},
      {"GET", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n", 304, ""},
      {"POST", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
  }));
  CAPTURE(row.method, row.answer);
  ScriptedOrigin origin(answering(
      [&row](const Message& request) { return request.target() == "/bodyless" ? row.answer : reply("next"); }));
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  const Message answer = client.exchange(request(row.method, "/bodyless"), row.method);
  CHECK(answer.status() == row.status);
  if (!row.length.empty()) CHECK(answer.field("Content-Length") == row.length);
  CHECK(client.exchange(get("/after")).body == "next");
}

TEST_CASE("an answer without a length ends with the backend's connection and is whole for the client") {
  ScriptedOrigin origin([](OriginConnection& connection) {
    if (!connection.read_request()) return;
    connection.wire.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
    connection.close();
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  const Message answer = client.exchange(get("/"));
  CHECK(answer.body == "until the end");
  CHECK(answer.complete);
}

TEST_CASE("an answer that is cut short never looks complete to the client") {
  const std::string head =
      GENERATE("Content-Length: 100\r\n\r\npart", "Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n");
  ScriptedOrigin origin([&head](OriginConnection& connection) {
    if (!connection.read_request()) return;
    connection.wire.send("HTTP/1.1 200 OK\r\n" + head);
    connection.close();
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  const Message answer = client.exchange(get("/"));
  CHECK(answer.body == "part");
  CHECK_FALSE(answer.complete);
}

TEST_CASE("a client that leaves amid its body never makes the backend see a complete request") {
  std::promise<bool> complete;
  ScriptedOrigin origin([&complete](OriginConnection& connection) {
    const auto request = connection.read_request();
    complete.set_value(request && request->complete);
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  {
    RawClient client(balancer.port());
    client.send(request("POST", "/", "Content-Length: 100\r\n") + "only this");
    REQUIRE(eventually([&] { return origin.connections() == 1; }));
  }
  auto result = complete.get_future();
  REQUIRE(result.wait_for(30s) == std::future_status::ready);
  CHECK_FALSE(result.get());
}

TEST_CASE("a slow reader holds the backend back instead of filling the balancer") {
  constexpr std::size_t total = 64 << 20;
  std::promise<std::size_t> held_back;  // What had been sent when no more was taken.
  ScriptedOrigin origin([&held_back](OriginConnection& connection) {
    if (!connection.read_request()) return;
    connection.wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(total) + "\r\n\r\n");
    const std::string body(total, 'z');
    const std::size_t sent = connection.wire.send_while_taken(body, 1s);
    held_back.set_value(sent);
    connection.wire.send(std::string_view(body).substr(sent));
    connection.hang();
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port(), 16 << 10);
  client.send(get("/"));
  REQUIRE(client.read_response_head());
  auto sent = held_back.get_future();
  REQUIRE(sent.wait_for(60s) == std::future_status::ready);
  CHECK(sent.get() < total / 2);
  CHECK(client.read_exactly(total).size() == total);
}

}  // namespace
}  // namespace stickler::integration
