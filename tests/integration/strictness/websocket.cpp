// Upgrades to WebSocket (RFC 9110 7.8, 6455 4): which answers open a tunnel, and what becomes of everything else.
#include <catch2/catch.hpp>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

const std::string handshake =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n";
const std::string switching = "HTTP/1.1 101 Switching Protocols\r\n";

struct UpgradeRow {
  std::string name;
  std::string asked;   // Fields of the request.
  std::string answer;  // Of the backend.
  int status;          // 101: a tunnel. 502: ours.
};

const std::vector<UpgradeRow> rows = {
    {"as asked", handshake, switching + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 101},
    {"in other letters", handshake, switching + "connection: upgrade\r\nupgrade: WebSocket\r\n\r\n", 101},
    {"behind an interim answer", handshake,
     "HTTP/1.1 103 Early Hints\r\n\r\n" + switching + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 101},
    {"unasked", "", switching + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 502},
    {"asked for h2c", "Connection: Upgrade\r\nUpgrade: h2c\r\n",
     switching + "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 502},
    {"asked without Connection", "Upgrade: websocket\r\n",
     switching + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 502},
    {"to another protocol", handshake, switching + "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 502},
    {"to nothing", handshake, switching + "Connection: Upgrade\r\n\r\n", 502},
    {"malformed", handshake, switching + "Connection : Upgrade\r\nUpgrade: websocket\r\n\r\n", 502},
    {"refused", handshake, reply("no", "", "403 Forbidden"), 403},
    {"ignored", handshake, reply("no"), 200},
    {"refused without a body", handshake, "HTTP/1.1 204 No Content\r\n\r\n", 204},
};

TEST_CASE("only a 101 to websocket that was asked for opens a tunnel") {
  for (const UpgradeRow& row : rows) {
    INFO("row: " << row.name);
    ScriptedOrigin origin([&row](OriginConnection& connection) {
      while (const auto head = connection.read_request_head()) {
        if (head->target() != "/ws") {
          connection.wire.send(echo(*head));
          continue;
        }
        connection.wire.send(row.answer);
        if (row.status == 101) return (void)connection.wire.send(connection.wire.read_exactly(5));
      }
    });
    Balancer balancer(Setup{.backends = {origin.address()}});
    RawClient client(balancer.port());
    // What follows belongs to the tunnel where there is one, else it is a request like any.
    client.send(get("/ws", row.asked) + (row.status == 101 ? "bytes" : get("/next")));
    auto answer = client.read_response();
    while (answer && answer->status() == 103) answer = client.read_response();
    REQUIRE(answer);
    CHECK(answer->status() == row.status);
    if (row.status == 101) {
      CHECK(client.read_exactly(5) == "bytes");
      CHECK(client.closed_by_peer());
    } else {
      const auto next = client.read_response();
      REQUIRE(next);
      CHECK(next->field("X-Asked") == "GET /next");
    }
    check_aftermath(balancer, origin, row.name);
  }
}

}  // namespace
}  // namespace stickler::integration
