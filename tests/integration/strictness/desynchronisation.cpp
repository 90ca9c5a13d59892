// Backends that say more than they were asked, to clients that have already asked for more: what stands behind an
// answer must never be taken for the answer to the request behind it, neither on that connection nor for whoever waits
// for it.
#include <catch2/catch.hpp>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

struct ExtraRow {
  std::string name;
  std::string answer;  // To the first request.
  std::string extra;   // Behind it, in one piece with it.
  int status = 200;
  std::string body = "";
  std::string method = "GET";
};

const std::string stolen = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Asked: nothing\r\n\r\nstolen";
const std::string hi = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const std::string chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";

const std::vector<ExtraRow> rows = {
    {"an answer", hi, stolen, 200, "hi"},
    {"two answers", hi, stolen + stolen, 200, "hi"},
    {"half an answer", hi, stolen.substr(0, 20), 200, "hi"},
    {"an interim answer", hi, "HTTP/1.1 100 Continue\r\n\r\n", 200, "hi"},
    {"an upgrade", hi, "HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 200, "hi"},
    {"a line break", hi, "\r\n", 200, "hi"},
    {"a NUL", hi, std::string(1, '\0'), 200, "hi"},
    {"an answer behind chunks", chunks, stolen, 200, "hi"},
    {"a chunk behind the last one", chunks, "2\r\nho\r\n0\r\n\r\n", 200, "hi"},
    {"an answer behind a trailer", chunks.substr(0, chunks.size() - 2) + "X-A: 1\r\n\r\n", stolen, 200, "hi"},
    {"a body of 204", "HTTP/1.1 204 None\r\nContent-Length: 6\r\n\r\n", "stolen", 204},
    {"an answer behind 204", "HTTP/1.1 204 None\r\n\r\n", stolen, 204},
    {"a body of 304", "HTTP/1.1 304 Same\r\nContent-Length: 6\r\n\r\n", "stolen", 304},
    {"an answer as the body of 304", "HTTP/1.1 304 Same\r\nContent-Length: 70\r\n\r\n", stolen, 304},
    {"a body to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", "stolen", 200, "", "HEAD"},
    {"an answer as the body to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n", stolen, 200, "", "HEAD"},
    {"chunks to HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\n\r\n" + stolen, 200, "", "HEAD"},
};

Script saying_more(const ExtraRow& row) {
  return [&row](OriginConnection& connection) {
    while (const auto request = connection.read_request()) {
      if (!connection.wire.send(request->target() == "/first" ? row.answer + row.extra : echo(*request))) return;
    }
  };
}

void check_first(RawClient& client, const ExtraRow& row) {
  const auto answer = client.read_response(row.method);
  REQUIRE(answer);
  CHECK(answer->status() == row.status);
  CHECK(answer->body == row.body);
  CHECK(answer->complete);
}

void check_next(RawClient& client, const std::string& target) {
  const auto answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->flaw == "");
  CHECK(answer->field("X-Asked") == "GET " + target);
  CHECK(answer->body == "");
}

TEST_CASE("what stands behind an answer is not the answer to the next request of its connection") {
  for (const ExtraRow& row : rows) {
    INFO("row: " << row.name);
    ScriptedOrigin origin(saying_more(row));
    Balancer balancer(Setup{.backends = {origin.address()}});
    RawClient client(balancer.port());
    client.send(request(row.method, "/first") + get("/second") + get("/third"));
    check_first(client, row);
    check_next(client, "/second");
    check_next(client, "/third");
    check_aftermath(balancer, origin, row.name);
  }
}

TEST_CASE("what stands behind an answer is not the answer to somebody who waits for its connection") {
  for (const ExtraRow& row : rows) {
    INFO("row: " << row.name);
    ScriptedOrigin origin(saying_more(row));
    Balancer balancer(Setup{.pool = {"connections: {max_per_backend: 1}"}, .backends = {origin.address()}});
    RawClient client(balancer.port());
    RawClient waiting(balancer.port());
    client.send(request(row.method, "/first"));
    waiting.send(get("/waiting"));
    check_first(client, row);
    check_next(waiting, "/waiting");
    check_aftermath(balancer, origin, row.name);
  }
}

}  // namespace
}  // namespace stickler::integration
