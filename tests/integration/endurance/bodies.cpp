// Bodies far larger than the memory that the process may use, past a reader that stops again and again: what is
// underway is bounded by back-pressure, not by the size of the body.
#include <poll.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "tests/integration/failure/named.h"

namespace stickler::integration {
namespace {

#ifdef STICKLER_SANITIZED
constexpr std::uint64_t body_bytes = 64ULL << 20;
#else
constexpr std::uint64_t body_bytes = 1ULL << 30;
#endif
constexpr int pauses = 8;
constexpr std::size_t resident_max = std::size_t{64} << 20;

// Bytes that repeat with a period no buffer size divides, so that a piece at the wrong place shows.
class Pattern {
 public:
  Pattern() {
    for (std::size_t i = 0; i < bytes_.size(); ++i) bytes_[i] = static_cast<char>((i * 2'654'435'761U) >> 13);
  }
  // What stands at `at`, at most `size` bytes.
  std::string_view at(std::uint64_t at, std::size_t size) const {
    return std::string_view(bytes_).substr(static_cast<std::size_t>(at % period), size);
  }

 private:
  static constexpr std::size_t period = 1'000'003;
  std::string bytes_ = std::string(period, '\0');
};

const Pattern pattern;

// Sends the body, and says how far it has come.
class Sender {
 public:
  bool send(int fd) {
    for (std::uint64_t sent = 0; sent < body_bytes; sent_ = sent) {
      const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(body_bytes - sent, 256 * 1024));
      const std::string_view piece = pattern.at(sent, wanted);
      if (!send_all(fd, piece, Deadline(5min))) return false;
      sent += piece.size();
    }
    return true;
  }

  // True once back-pressure has reached it: nothing was sent for a while.
  bool has_stalled() const {
    std::uint64_t before = sent_;
    return eventually(
        [&] {
          std::this_thread::sleep_for(50ms);
          const std::uint64_t now = sent_;
          return std::exchange(before, now) == now;
        },
        Deadline(2min));
  }

 private:
  std::atomic<std::uint64_t> sent_{0};
};

// Reads the body and stops at every pause until the sender feels it. Returns how many bytes were as they should be.
std::uint64_t read_with_pauses(int fd, const Sender& sender) {
  std::string buffer(256 * 1024, '\0');
  std::uint64_t got = 0;
  std::uint64_t next_pause = body_bytes / pauses;
  while (got < body_bytes) {
    if (got >= next_pause) {
      if (!sender.has_stalled()) return got;
      next_pause += body_bytes / pauses;
    }
    if (!wait_for(fd, POLLIN, Deadline(2min))) return got;
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (size <= 0) return got;
    for (std::string_view arrived(buffer.data(), static_cast<std::size_t>(size)); !arrived.empty();) {
      const std::string_view expected = pattern.at(got, arrived.size());
      if (arrived.substr(0, expected.size()) != expected) return got;
      got += expected.size();
      arrived.remove_prefix(expected.size());
    }
  }
  return got;
}

void check_memory(Balancer& balancer) {
#ifdef STICKLER_SANITIZED
  (void)balancer;  // Shadow memory says nothing of ours.
#else
  CHECK(balancer.process().resident_bytes_peak() < resident_max);
#endif
}

const std::string patience = "timeouts: {response_header: 10m, response_body: 10m}";
const std::string clients_patience = "timeouts: {request_body: 10m, idle: 10m}";

std::string length_field() { return "Content-Length: " + std::to_string(body_bytes) + "\r\n"; }

TEST_CASE("a large body down through a slow reader") {
  Sender sender;
  ScriptedOrigin origin([&](OriginConnection& connection) {
    if (!connection.read_request()) return;
    connection.wire.send("HTTP/1.1 200 OK\r\n" + length_field() + "\r\n");
    sender.send(connection.wire.fd());
    connection.hang();
  });
  Balancer balancer(Setup{.listener = {clients_patience}, .pool = {patience}, .backends = {origin.address()}});
  RawClient client(balancer.port());
  client.send(get("/down"));
  // Byte by byte up to the end of the head: what follows is read past the harness.
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    char byte = 0;
    REQUIRE(wait_for(client.fd(), POLLIN));
    REQUIRE(::recv(client.fd(), &byte, 1, 0) == 1);
    head += byte;
  }
  CHECK(head.find(length_field()) != std::string::npos);
  CHECK(read_with_pauses(client.fd(), sender) == body_bytes);
  check_memory(balancer);
  CHECK(eventually([&] { return balancer.metric("stickler_backend_in_flight") == 0; }));
  CHECK(balancer.metric("stickler_backend_received_bytes_total") == static_cast<double>(body_bytes));
}

TEST_CASE("a large body up through a slow reader") {
  Sender sender;
  std::atomic<std::uint64_t> received{0};
  ScriptedOrigin origin([&](OriginConnection& connection) {
    std::string head;
    char byte = 0;
    while (!head.ends_with("\r\n\r\n") && ::recv(connection.wire.fd(), &byte, 1, 0) == 1) head += byte;
    received = read_with_pauses(connection.wire.fd(), sender);
    connection.wire.send(reply("taken"));
    connection.hang();
  });
  Balancer balancer(Setup{.listener = {clients_patience}, .pool = {patience}, .backends = {origin.address()}});
  RawClient client(balancer.port());
  client.send("PUT /up HTTP/1.1\r\nHost: x\r\n" + length_field() + "\r\n");
  CHECK(sender.send(client.fd()));
  const auto answer = client.read_response("PUT", Deadline(2min));
  REQUIRE(answer);
  CHECK(answer->body == "taken");
  CHECK(received == body_bytes);
  check_memory(balancer);
}

TEST_CASE("fifty slow readers at once cost what fifty buffers cost") {
  constexpr std::size_t size = 16 << 20;
  const std::string body(size, 'b');
  ScriptedOrigin origin(answering([&](const Message&) { return reply(body); }));
  Balancer balancer(Setup{.listener = {clients_patience}, .pool = {patience}, .backends = {origin.address()}});
  std::vector<RawClient> clients;
  for (int i = 0; i < 50; ++i) clients.emplace_back(balancer.port(), 4096).send(get("/"));
  double before = -1;
  REQUIRE(eventually([&] {  // Until nothing moves any more.
    std::this_thread::sleep_for(100ms);
    const double now = balancer.metric("stickler_listener_sent_bytes_total");
    return std::exchange(before, now) == now && balancer.metric("stickler_backend_in_flight") == 50;
  }));
  CHECK(before < 50.0 * size);
  check_memory(balancer);
}

}  // namespace
}  // namespace stickler::integration
