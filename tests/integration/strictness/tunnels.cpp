// What flows behind a 101 is nobody's HTTP: every byte arrives as it was sent, and none becomes a request or an answer.
#include <catch2/catch.hpp>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

const std::string handshake =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n";
const std::string switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

enum class Ends { client_closes, client_half_closes, client_resets, backend_closes, backend_resets };

struct TunnelRow {
  std::string name;
  std::string from_client;
  std::string from_backend;
  bool early = false;  // Each side's bytes come together with its head.
  Ends ends = Ends::client_closes;
};

std::string every_byte() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

const std::string masked_hello = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";  // RFC 6455 5.7
const std::string hello = "\x81\x05Hello";
const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen";

const std::vector<TunnelRow> rows = {
    {"frames", masked_hello, hello},
    {"frames, early", masked_hello, hello, true},
    {"frames without a mask, and with one where none may be", hello, masked_hello},
    {"frames with reserved bits", "\xff\xff", "\xf3\x7f"},
    {"every byte there is", every_byte(), every_byte()},
    {"every byte there is, early", every_byte(), every_byte(), true},
    {"much of it", std::string(300'000, 'c'), std::string(300'000, 'b')},
    {"a request and an answer", get("/hidden"), answer},
    {"a request and an answer, early", get("/hidden"), answer, true},
    {"another handshake", get("/hidden", handshake), switching, true},
    {"line breaks", "\r\n\r\n", "\r\n\r\n", true},
    {"chunks", "0\r\n\r\n" + get("/hidden"), "0\r\n\r\n" + answer, true},
    {"nothing", "", ""},
    {"and the client half-closes", masked_hello, hello, false, Ends::client_half_closes},
    {"and the client resets", masked_hello, hello, false, Ends::client_resets},
    {"and the backend closes", masked_hello, hello, false, Ends::backend_closes},
    {"and the backend closes, early", masked_hello, hello, true, Ends::backend_closes},
    {"and the backend resets", masked_hello, hello, false, Ends::backend_resets},
};

// Says at the end, in the next answer's place, what it got: a tunnel that is whole reads "got it".
void serve_tunnel(OriginConnection& connection, const TunnelRow& row) {
  connection.wire.send(switching + (row.early ? row.from_backend : ""));
  const std::string got = connection.wire.read_exactly(row.from_client.size());
  if (!row.early) connection.wire.send(row.from_backend);
  connection.wire.send(got == row.from_client ? "got it" : "got something else");
  if (row.ends == Ends::backend_closes) return connection.close();
  if (row.ends == Ends::backend_resets) {
    connection.wire.read_exactly(3);  // The client has all by now: a reset would overtake it.
    return connection.reset();
  }
  connection.hang();
}

void check_end(RawClient& client, const TunnelRow& row) {
  switch (row.ends) {
    case Ends::client_closes:
      return client.close();
    case Ends::client_resets:
      return client.reset();
    case Ends::client_half_closes:
      client.half_close();
      break;
    case Ends::backend_resets:
      client.send("end");
      break;
    case Ends::backend_closes:
      break;
  }
  CHECK(client.read_to_end() == "");
}

TEST_CASE("behind a 101 bytes flow blind both ways, and none of them is HTTP") {
  for (const TunnelRow& row : rows) {
    INFO("row: " << row.name);
    ScriptedOrigin origin([&row](OriginConnection& connection) {
      while (const auto head = connection.read_request_head()) {
        if (head->target() == "/ws") return serve_tunnel(connection, row);
        if (!connection.wire.send(echo(*head))) return;
      }
    });
    Balancer balancer(Setup{.backends = {origin.address()}});
    RawClient client(balancer.port());
    client.send(get("/ws", handshake) + (row.early ? row.from_client : ""));
    const auto head = client.read_response();
    REQUIRE(head);
    CHECK(head->status() == 101);
    if (!row.early) client.send(row.from_client);
    CHECK(client.read_exactly(row.from_backend.size()) == row.from_backend);
    CHECK(client.read_exactly(6) == "got it");
    check_end(client, row);
    CHECK(eventually([&] { return origin.open_connections() == 0; }));
    check_aftermath(balancer, origin, row.name);
    CHECK(origin.seen_target("/hidden") == 0);
  }
}

}  // namespace
}  // namespace stickler::integration
