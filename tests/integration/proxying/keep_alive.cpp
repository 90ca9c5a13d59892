// Connections on both sides: reuse, pipelining, HTTP/1.0, half-close.
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>

#include "tests/integration/harness/balancer.h"
#include "tests/integration/harness/scripted_origin.h"

namespace stickler::integration {
namespace {

std::string echo_target(const Message& request) { return reply("you asked for " + request.target()); }

TEST_CASE("a client's connection carries many requests, over one connection to the backend") {
  ScriptedOrigin origin(answering(echo_target));
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  for (int i = 0; i < 50; ++i) {
    const std::string target = "/item/" + std::to_string(i);
    const Message answer = client.exchange(get(target));
    REQUIRE(answer.status() == 200);
    REQUIRE(answer.body == "you asked for " + target);
  }
  CHECK(origin.connections() == 1);
  CHECK(origin.flaws().empty());
}

TEST_CASE("clients that come one after the other share the pooled connection to the backend") {
  ScriptedOrigin origin(answering(echo_target));
  Balancer balancer(Setup{.backends = {origin.address()}});
  for (int i = 0; i < 10; ++i) CHECK(fetch(balancer.port(), "/again").body == "you asked for /again");
  CHECK(origin.connections() == 1);
}

TEST_CASE("a backend that says close is asked over a new connection the next time") {
  ScriptedOrigin origin([](OriginConnection& connection) {
    if (!connection.read_request()) return;
    connection.wire.send(reply("bye", "Connection: close\r\n"));
    connection.close();
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  for (int i = 0; i < 5; ++i) {
    const Message answer = client.exchange(get("/"));
    CHECK(answer.body == "bye");
    CHECK_FALSE(same_name(answer.field("Connection"), "close"));
  }
  CHECK(origin.connections() == 5);
}

TEST_CASE("pipelined requests are answered in their order, each with its own answer") {
  ScriptedOrigin origin(answering(echo_target));
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  std::string all;
  for (int i = 0; i < 20; ++i) all += request("POST", "/p" + std::to_string(i), "", "body " + std::to_string(i));
  client.send(all);
  for (int i = 0; i < 20; ++i) {
    const auto answer = client.read_response();
    REQUIRE(answer);
    CHECK(answer->body == "you asked for /p" + std::to_string(i));
  }
  const std::vector<Message> seen = origin.seen();
  REQUIRE(seen.size() == 20);
  for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i].body == "body " + std::to_string(i));
}

TEST_CASE("what follows a request with Connection: close is ignored") {
  ScriptedOrigin origin(answering(echo_target));
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  client.send(get("/first", "Connection: close\r\n") + get("/second"));
  const auto answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->body == "you asked for /first");
  CHECK(same_name(answer->field("Connection"), "close"));
  CHECK(client.read_to_end().empty());
  CHECK(origin.seen_target("/second") == 0);
}

TEST_CASE("a client of HTTP/1.0 without keep-alive is answered and its connection closed") {
  ScriptedOrigin origin(answering(echo_target));
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  const Message answer = client.exchange("GET /old HTTP/1.0\r\n\r\n");
  CHECK(answer.status() == 200);
  CHECK(answer.body == "you asked for /old");
  CHECK(client.closed_by_peer());
  CHECK(origin.last().start_line == "GET /old HTTP/1.1");
  CHECK(origin.last().count("Host") == 1);
}

TEST_CASE("a client of HTTP/1.0 that asks for keep-alive gets it") {
  ScriptedOrigin origin(answering(echo_target));
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  for (int i = 0; i < 3; ++i) {
    const Message answer = client.exchange("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(answer.body == "you asked for /old");
    CHECK(same_name(answer.field("Connection"), "keep-alive"));
  }
}

TEST_CASE("a chunked answer reaches a client of HTTP/1.0 delimited by the connection's end") {
  ScriptedOrigin origin(answering([](const Message&) {
    return std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
  }));
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  const Message answer = client.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK_FALSE(answer.has("Transfer-Encoding"));
  CHECK(answer.body == "hello world");
}

TEST_CASE("a client that half-closes after its request still gets the whole answer") {
  std::mutex mutex;
  std::condition_variable changed;
  bool may_answer = false;
  ScriptedOrigin origin([&](OriginConnection& connection) {
    if (!connection.read_request()) return;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, 60s, [&] { return may_answer; });
    connection.wire.send(reply(std::string(300'000, 'x')));
    lock.unlock();
    connection.hang();
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  client.send(get("/late"));
  client.half_close();
  REQUIRE(eventually([&] { return origin.requests() == 1; }));
  {
    const std::lock_guard lock(mutex);
    may_answer = true;
  }
  changed.notify_all();
  const auto answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->status() == 200);
  CHECK(answer->body.size() == 300'000);
  CHECK(client.closed_by_peer());
}

TEST_CASE("a client that goes away frees the backend's connection, and the next client gets its own answer") {
  ScriptedOrigin origin([](OriginConnection& connection) {
    while (const auto request = connection.read_request()) {
      if (request->target() == "/hang") return connection.hang();
      connection.wire.send(reply("you asked for " + request->target()));
    }
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  {
    RawClient client(balancer.port());
    client.send(get("/hang"));
    REQUIRE(eventually([&] { return origin.seen_target("/hang") == 1; }));
    client.reset();
  }
  CHECK(fetch(balancer.port(), "/next").body == "you asked for /next");
}

TEST_CASE("after requests_per_connection requests the client's connection is closed with notice") {
  ScriptedOrigin origin(answering(echo_target));
  Balancer balancer(Setup{.listener = {"limits: {requests_per_connection: 3}"}, .backends = {origin.address()}});
  RawClient client(balancer.port());
  for (int i = 0; i < 2; ++i) CHECK_FALSE(same_name(client.exchange(get("/")).field("Connection"), "close"));
  CHECK(same_name(client.exchange(get("/")).field("Connection"), "close"));
  CHECK(client.closed_by_peer());
}

TEST_CASE("empty lines before a request are skipped") {
  ScriptedOrigin origin(answering(echo_target));
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  CHECK(client.exchange("\r\n" + get("/a")).body == "you asked for /a");
  CHECK(client.exchange("\r\n\r\n" + get("/b")).body == "you asked for /b");
}

TEST_CASE("a request that arrives byte by byte is understood") {
  ScriptedOrigin origin(answering([](const Message& request) { return reply(request.body); }));
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  for (const char c : request("POST", "/slowly", "Transfer-Encoding: chunked\r\n") + "4\r\nwiki\r\n0\r\n\r\n") {
    client.send(std::string_view(&c, 1));
  }
  const auto answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->body == "wiki");
}

}  // namespace
}  // namespace stickler::integration
