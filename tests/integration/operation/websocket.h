// A WebSocket in as far as a proxy sees one: the handshake, and bytes that come back. Any thread.
#pragma once

#include <string>

#include "tests/integration/harness/raw_client.h"
#include "tests/integration/harness/scripted_origin.h"

namespace stickler::integration {

inline const std::string handshake =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

// Accepts a handshake and then sends back what arrives; answers any other request with its name.
inline Script tunnels(std::string name) {
  return [name = std::move(name)](OriginConnection& connection) {
    while (const auto request = connection.read_request()) {
      if (!request->has("Upgrade")) {
        connection.wire.send(reply(name));
        continue;
      }
      connection.wire.send(
          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
      for (;;) {
        const std::string byte = connection.wire.read_exactly(1, Deadline(10min));
        if (byte.empty()) return;
        connection.wire.send(byte);
      }
    }
  };
}

inline RawClient open_tunnel(std::uint16_t port) {
  RawClient client(port);
  if (client.exchange(get("/ws", handshake)).status() != 101) throw std::runtime_error("no tunnel");
  return client;
}

inline bool echoes(RawClient& tunnel, const std::string& text) {
  tunnel.send(text);
  return tunnel.read_exactly(text.size()) == text;
}

}  // namespace stickler::integration
