// Backends that fall silent, or never come to an end: 504 where nothing of the answer has come through, else the client
// sees it cut; and the connection serves nobody else.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

const std::string ok = "HTTP/1.1 200 OK\r\n";
const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";

struct SilentRow {
  std::string name;
  std::string sent;            // By the backend, at once.
  bool cut = false;            // What of the answer came through before; false: 504.
  std::string dribble{};       // What it goes on with, again and again; empty: nothing.
  std::string asked{};         // The client's request but for its request line.
  std::string method = "GET";  // Of it.
};

const std::string plain = "Host: a\r\n\r\n";
const std::string with_body = "Host: a\r\nContent-Length: 5\r\n\r\nhello";

const std::vector<SilentRow> rows = {
    {"from the beginning", ""},
    {"from the beginning, to HEAD", "", false, "", plain, "HEAD"},
    {"from the beginning, to a request with a body", "", false, "", with_body, "POST"},
    {"amid the status line", "HTTP/1.1 20"},
    {"behind the status line", ok},
    {"amid a field", ok + "X-A: "},
    {"before the empty line", ok + "Content-Length: 5\r\n"},
    {"amid the empty line", ok + "Content-Length: 5\r\n\r"},
    {"behind an interim answer", "HTTP/1.1 103 Early Hints\r\n\r\n"},
    {"behind 100 that was not asked for", "HTTP/1.1 100 Continue\r\n\r\n", false, "", with_body, "POST"},
    {"a reason that never ends", "HTTP/1.1 200 ", false, "a"},
    {"a field that never ends", ok + "X-A: ", false, "a"},
    {"behind the head", ok + "Content-Length: 5\r\n\r\n", true},
    {"amid a length", ok + "Content-Length: 5\r\n\r\nhe", true},
    {"amid a body that the connection's end would end", ok + "\r\nhe", true},
    {"before the first chunk", chunked, true},
    {"amid a chunk size", chunked + "5", true},
    {"amid a chunk", chunked + "5\r\nhe", true},
    {"behind a chunk", chunked + "5\r\nhello\r\n", true},
    {"before the last CR LF", chunked + "5\r\nhello\r\n0\r\n", true},
    {"amid a trailer", chunked + "5\r\nhello\r\n0\r\nX-A: ", true},
};

std::string request_of(std::size_t row) {
  return rows[row].method + " /silent/" + std::to_string(row) + " HTTP/1.1\r\n" +
         (rows[row].asked.empty() ? plain : rows[row].asked);
}

void fall_silent(OriginConnection& connection, const SilentRow& row) {
  connection.wire.send(row.sent);
  if (row.dribble.empty()) return connection.hang();
  while (connection.wire.nothing_arrives(1ms)) connection.wire.send(row.dribble);
}

void check_answer(RawClient& client, const SilentRow& row) {
  auto answer = client.read_response(row.method);
  while (answer && answer->status() / 100 == 1) answer = client.read_response(row.method);
  REQUIRE(answer);
  if (row.cut) {
    CHECK(answer->status() == 200);
    CHECK(answer->flaw == "");
    CHECK_FALSE(answer->complete);
    CHECK(client.read_to_end() == "");
    return;
  }
  check_own_answer(*answer, {.method = row.method, .status = 504, .reason = "answer_timeout"});
  CHECK(client.exchange(get("/after/same")).field("X-Asked") == "GET /after/same");
}

// All at once, since each takes as long as the timeout.
TEST_CASE("an answer that does not come in time is 504, or cut where it has begun") {
  ScriptedOrigin origin([](OriginConnection& connection) {
    while (const auto request = connection.read_request()) {
      const std::string target = request->target();
      if (target.starts_with("/silent/")) {
        return fall_silent(connection, rows.at(std::strtoul(target.c_str() + target.rfind('/') + 1, nullptr, 10)));
      }
      if (!connection.wire.send(echo(*request))) return;
    }
  });
  Balancer balancer(
      Setup{.pool = {"timeouts: {response_header: 500ms, response_body: 500ms}", "health: {passive: off}"},
            .backends = {origin.address()}});
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < rows.size(); ++i) clients.emplace_back(balancer.port()).send(request_of(i));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO("row: " << rows[i].name);
    check_answer(clients[i], rows[i]);
    CHECK(origin.seen_target("/silent/" + std::to_string(i)) == 1);
    check_aftermath(balancer, origin, rows[i].name);
  }
  // All that is left open is the one that the clients of above shared.
  CHECK(eventually([&] { return origin.open_connections() == 1; }));
}

}  // namespace
}  // namespace stickler::integration
