// Connections that end with an answer (RFC 9112 9.6). Closing while the client still sends is answered by a reset,
// which takes what the kernel has not delivered yet with it: what comes late is read and thrown away, and the answer
// stays.
#include <catch2/catch.hpp>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

struct EndingRow {
  std::string name;
  std::string bytes;
  std::string late;
};

const std::string to_close = get("/body", "Connection: close\r\n");
const std::string chunked = "Transfer-Encoding: chunked\r\n";

const std::vector<EndingRow> rows = {
    {"by our limit", get("/body"), get("/late")},
    {"by our limit, with more at once", get("/body") + get("/late"), get("/late")},
    {"by close, with more at once", to_close + get("/late"), get("/late")},
    {"in HTTP/1.0, with more at once", "GET /body HTTP/1.0\r\n\r\n" + get("/late"), "\r\n"},
    {"amid a request", request("POST", "/body", "Content-Length: 1000\r\n") + "begun", std::string(900, 'b')},
    {"amid a chunked request", request("POST", "/body", chunked) + "5\r\n", "begun\r\n5\r\n"},
};

Script answering_bodies(const std::string& body) {
  return [&body](OriginConnection& connection) {
    while (const auto head = connection.read_request_head()) {
      const bool is_row = head->target() == "/body";
      if (!connection.wire.send(is_row ? reply(body) : echo(*head))) return;
      if (is_row && head->method() == "POST") return connection.hang();
    }
  };
}

class Endings {
 public:
  explicit Endings(std::size_t size) : body_(size, 'a'), origin_(answering_bodies(body_)) {}

  void start(const std::string& bytes) { clients_.emplace_back(balancer_.port(), 16 << 10).send(bytes); }
  std::vector<RawClient>& clients() { return clients_; }

  // Once the balancer has done all it can, and for a while, so that it could do too much.
  void check_all_open(std::chrono::milliseconds patience) {
    REQUIRE(eventually([&] { return origin_.seen_target("/body") == clients_.size(); }));
    const auto closed = [&] { return open() < static_cast<double>(clients_.size()); };
    CHECK_FALSE(eventually(closed, Deadline(patience)));
  }

  void pause(std::chrono::milliseconds span) {
    eventually([&] { return open() == 0; }, Deadline(span));
  }

  void check_end(RawClient& client, const std::string& name) {
    CHECK(client.read_to_end() == "");
    CHECK_FALSE(client.was_reset());
    check_aftermath(balancer_, origin_, name);
    CHECK(origin_.seen_target("/late") == 0);
  }

 private:
  double open() { return balancer_.metric("stickler_listener_connections_open"); }

  std::string body_;
  ScriptedOrigin origin_;
  Balancer balancer_{Setup{.listener = {"limits: {requests_per_connection: 1}"}, .backends = {origin_.address()}}};
  std::vector<RawClient> clients_;
};

TEST_CASE("an answer that the kernel holds is not lost to what the client sends late") {
  constexpr std::size_t size = 100'000;
  Endings endings(size);
  for (const EndingRow& row : rows) endings.start(row.bytes);
  endings.check_all_open(200ms);
  for (std::size_t i = 0; i < rows.size(); ++i) endings.clients()[i].send(rows[i].late);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO("row: " << rows[i].name);
    RawClient& client = endings.clients()[i];
    const auto answer = client.read_response();
    REQUIRE(answer);
    CHECK(answer->body.size() == size);
    CHECK(same_name(answer->field("Connection"), "close"));
    endings.check_end(client, rows[i].name);
  }
}

// One client for each amount that may be left: with some of them the last bytes are still the balancer's. They pause
// for longer than a client is waited for that has got everything.
TEST_CASE("an answer that is still on its way is not lost to a client that has sent more and reads slowly") {
  constexpr std::size_t size = 6 << 20;
  constexpr std::size_t step = 80 << 10;
  constexpr std::size_t steps = 60;
  Endings endings(size);
  for (std::size_t i = 0; i < steps; ++i) {
    endings.start(to_close + get("/late"));
    RawClient& client = endings.clients().back();
    REQUIRE(client.read_response_head());
    CHECK(client.read_exactly(size - (i + 1) * step).size() == size - (i + 1) * step);
  }
  endings.pause(3s);
  for (std::size_t i = 0; i < steps; ++i) {
    CAPTURE(i);
    RawClient& client = endings.clients()[i];
    CHECK(client.read_exactly((i + 1) * step).size() == (i + 1) * step);
    endings.check_end(client, std::to_string((i + 1) * step));
  }
}

}  // namespace
}  // namespace stickler::integration
