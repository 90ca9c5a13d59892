// Clients that leave, at each stage of an exchange: what the backend had begun is closed, not completed, and its
// connection serves nobody else.
#include <catch2/catch.hpp>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

enum class Leave { closes, resets };

struct AbortRow {
  std::string name;
  std::string bytes;
  std::string reaches;   // The target that the backend gets to see before the client leaves; empty: nothing.
  std::size_t read = 0;  // Of the answer, before it leaves.
  bool whole = false;    // The request. A FIN behind it is no leaving: such a client may still want its answer.
};

const std::vector<AbortRow> rows = {
    {"amid a request line", "GET /x HT", ""},
    {"amid a head", "GET /x HTTP/1.1\r\nHost: a\r\nX-A: ", ""},
    {"before its body", post_x("Content-Length: 100\r\n"), "/x"},
    {"amid its body", post_x("Content-Length: 100\r\n", "hello"), "/x"},
    {"amid a chunk size", post_x("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n1"), "/x"},
    {"amid a chunk", post_x("Transfer-Encoding: chunked\r\n", "5\r\nhe"), "/x"},
    {"before the last chunk", post_x("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"), "/x"},
    {"amid a trailer", post_x("Transfer-Encoding: chunked\r\n", "0\r\nX-A: "), "/x"},
    {"while a 100 is awaited", post_x("Expect: 100-continue\r\nContent-Length: 5\r\n"), "/x"},
    {"before the answer", get("/never"), "/never", 0, true},
    {"amid the answer's head", get("/half-a-head"), "/half-a-head", 0, true},
    {"amid the answer's body", get("/half-a-body"), "/half-a-body", 60, true},
    {"amid a chunked answer", get("/half-a-chunk"), "/half-a-chunk", 60, true},
    {"amid pipelined requests", get("/never") + get("/unread"), "/never", 0, true},
};

// Each connection goes its way to the end of the test: what it got and did not answer must not leak into another.
Script stalling() {
  return [](OriginConnection& connection) {
    while (const auto head = connection.read_request_head()) {
      const std::string target = head->target();
      if (target == "/x" || target == "/never") return connection.hang();
      if (target == "/half-a-head") {
        connection.wire.send("HTTP/1.1 200 OK\r\nX-A: ");
        return connection.hang();
      }
      if (target == "/half-a-body") {
        connection.wire.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(500, 'b'));
        return connection.hang();
      }
      if (target == "/half-a-chunk") {
        connection.wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + std::string(100, 'b'));
        return connection.hang();
      }
      connection.wire.send(echo(*head));
    }
  };
}

void check_aborts(Leave leave) {
  ScriptedOrigin origin(stalling());
  Balancer balancer(Setup{.backends = {origin.address()}});
  for (const AbortRow& row : rows) {
    if (row.whole && leave == Leave::closes) continue;
    INFO("row: " << row.name);
    const std::size_t requests = origin.requests();
    {
      RawClient client(balancer.port());
      client.send(row.bytes);
      if (!row.reaches.empty()) REQUIRE(eventually([&] { return origin.requests() > requests; }));
      if (row.read > 0) CHECK(client.read_exactly(row.read).size() == row.read);
      if (leave == Leave::resets) client.reset();
    }
    // Of the two connections the one that was left is closed; the other one serves on.
    if (!row.reaches.empty()) CHECK(eventually([&] { return origin.open_connections() <= 1; }));
    check_aftermath(balancer, origin, row.name);
    CHECK(origin.requests() == requests + (row.reaches.empty() ? 2 : 3));
  }
  CHECK(origin.seen_target("/unread") == 0);
}

TEST_CASE("a client that closes at any stage takes nothing with it") { check_aborts(Leave::closes); }
TEST_CASE("a client that resets at any stage takes nothing with it") { check_aborts(Leave::resets); }

}  // namespace
}  // namespace stickler::integration
