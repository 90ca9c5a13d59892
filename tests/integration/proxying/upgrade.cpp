// WebSocket hand-over: after 101 bytes flow blind both ways; a refused upgrade stays an ordinary exchange.
#include <catch2/catch.hpp>

#include "tests/integration/harness/balancer.h"
#include "tests/integration/harness/scripted_origin.h"

namespace stickler::integration {
namespace {

const std::string handshake =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const std::string switching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

// Answers the handshake, then sends back what arrives, byte for byte.
Script tunnel_echo(std::string greeting = "") {
  return [greeting](OriginConnection& connection) {
    if (!connection.read_request_head()) return;
    connection.wire.send(switching + greeting);
    for (std::string byte = connection.wire.read_exactly(1); !byte.empty(); byte = connection.wire.read_exactly(1)) {
      connection.wire.send(byte);
    }
  };
}

TEST_CASE("a WebSocket tunnel passes bytes blind both ways") {
  ScriptedOrigin origin(tunnel_echo("\x81\x02hi"));
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  const Message answer = client.exchange(get("/ws", handshake));
  CHECK(answer.status() == 101);
  CHECK(same_name(answer.field("Upgrade"), "websocket"));
  CHECK(same_name(answer.field("Connection"), "upgrade"));
  CHECK(answer.field("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK(client.read_exactly(4) == "\x81\x02hi");
  const std::string frame("\x00\xff GET / HTTP/1.1\r\n\r\n\x82", 21);
  client.send(frame);
  CHECK(client.read_exactly(frame.size()) == frame);

  const Message seen = origin.last();
  CHECK(same_name(seen.field("Upgrade"), "websocket"));
  CHECK(same_name(seen.field("Connection"), "upgrade"));
  CHECK(seen.field("Sec-WebSocket-Key") == "dGhlIHNhbXBsZSBub25jZQ==");
}

TEST_CASE("bytes that a client sends right behind its handshake reach the other side") {
  ScriptedOrigin origin(tunnel_echo());
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  client.send(get("/ws", handshake) + "early");
  const auto answer = client.read_response();
  REQUIRE(answer);
  REQUIRE(answer->status() == 101);
  CHECK(client.read_exactly(5) == "early");
}

TEST_CASE("a tunnel ends for both sides when one of them ends it") {
  ScriptedOrigin origin(tunnel_echo());
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  REQUIRE(client.exchange(get("/ws", handshake)).status() == 101);
  client.half_close();  // The echo sees the end and closes, which must come back.
  CHECK(client.closed_by_peer());
}

TEST_CASE("a tunnel moves much data both ways at once") {
  ScriptedOrigin origin([](OriginConnection& connection) {
    if (!connection.read_request_head()) return;
    connection.wire.send(switching);
    std::thread writer([&] { connection.wire.send(std::string(4 << 20, 'b')); });
    connection.wire.read_exactly(4 << 20);
    writer.join();
    connection.wire.send("done");
    connection.hang();
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  REQUIRE(client.exchange(get("/ws", handshake)).status() == 101);
  std::thread writer([&] { client.send(std::string(4 << 20, 'c')); });
  const std::string got = client.read_exactly((4 << 20) + 4);
  writer.join();
  CHECK(got.size() == (4 << 20) + 4);
  CHECK(got.ends_with("bdone"));
}

TEST_CASE("a refused upgrade stays an ordinary exchange, on a connection that goes on") {
  ScriptedOrigin origin(answering([](const Message& request) {
    return request.target() == "/ws" ? reply("no tunnel here", "", "426 Upgrade Required") : reply("plain");
  }));
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  const Message refused = client.exchange(get("/ws", handshake));
  CHECK(refused.status() == 426);
  CHECK(refused.body == "no tunnel here");
  CHECK(client.exchange(get("/next")).body == "plain");
}

TEST_CASE("an h2c upgrade is not forwarded: the request is served as HTTP/1.1") {
  ScriptedOrigin origin(answering([](const Message&) { return reply("one"); }));
  Balancer balancer(Setup{.backends = {origin.address()}});
  const Message answer = fetch(balancer.port(), "/",
                               "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n");
  CHECK(answer.status() == 200);
  CHECK(answer.body == "one");
  CHECK_FALSE(origin.last().has("Upgrade"));
  CHECK_FALSE(origin.last().has("HTTP2-Settings"));
}

}  // namespace
}  // namespace stickler::integration
