// soak_origin PORT: a backend that echoes (endurance/echo.h), with lengths or chunks, and that accepts WebSockets,
// whose bytes it sends back. Prints what RFC 9112 does not allow in what it is sent. It is made to be killed.
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "tests/integration/endurance/echo.h"
#include "tests/integration/harness/wire.h"

namespace stickler::soak {
namespace {

using namespace integration;

constexpr std::size_t piece = 16 * 1024;

void echo(Wire& wire) {
  wire.send(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  char bytes[piece];
  for (;;) {
    const ssize_t got = ::recv(wire.fd(), bytes, sizeof bytes, 0);
    if (got <= 0 || !wire.send({bytes, static_cast<std::size_t>(got)})) return;
  }
}

bool send_in_pieces(Wire& wire, std::string_view body, bool chunked) {
  while (!body.empty()) {
    const std::string_view part = body.substr(0, piece);
    char size[24];
    std::snprintf(size, sizeof size, "%zx\r\n", part.size());
    if (!wire.send(chunked ? size + std::string(part) + "\r\n" : std::string(part))) return false;
    body.remove_prefix(part.size());
    if (!body.empty()) std::this_thread::sleep_for(1ms);  // So that a kill can come between two of them.
  }
  return !chunked || wire.send("0\r\n\r\n");
}

// False when the connection has ended.
bool serve_one(Wire& wire) {
  const auto request = wire.read_request(Deadline(10min));
  if (!request) return false;
  if (!request->flaw.empty()) {
    std::fprintf(stderr, "flaw: %s\n", request->flaw.c_str());
    return false;
  }
  if (!request->complete) return false;
  if (request->has("Upgrade")) {
    echo(wire);
    return false;
  }
  const std::string id = request->field("X-Id");
  const bool chunked = request->has("X-Chunked");
  const std::string body = body_of(id, std::strtoul(request->field("X-Size").c_str(), nullptr, 10));
  const std::string length = chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + std::to_string(body.size());
  if (!wire.send("HTTP/1.1 200 OK\r\n" + length + "\r\nX-Id: " + id + "\r\nX-Digest: " + digest_of(request->body) +
                 "\r\n\r\n")) {
    return false;
  }
  return request->method() == "HEAD" || send_in_pieces(wire, body, chunked);
}

void serve(Wire wire) {
  try {
    while (serve_one(wire)) {
    }
  } catch (const TimedOut&) {
  }
}

int run_origin(std::uint16_t port) {
  const Fd listener = listen_on(port);
  std::fputs("ready\n", stderr);
  for (;;) {
    Fd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) continue;
    send_without_delay(fd);
    std::thread([wire = Wire(std::move(fd))]() mutable { serve(std::move(wire)); }).detach();
  }
}

}  // namespace
}  // namespace stickler::soak

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  return stickler::soak::run_origin(static_cast<std::uint16_t>(std::atoi(argv[1])));
}
