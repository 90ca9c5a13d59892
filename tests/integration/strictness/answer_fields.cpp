// Fields of answers on their way to the client: what is for one hop stays here, and what we must add is added.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

struct AnswerFieldRow {
  std::string name;
  std::string answer;                  // Lines of it, and its body.
  std::vector<std::string> there;      // Lines that the client must get.
  std::vector<std::string> not_there;  // Names that it must not.
  std::string request = get("/x");
};

const std::string hi = "Content-Length: 2\r\n\r\nhi";
const std::string chunked = "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-T: 1\r\nSet-Cookie: t=1\r\n\r\n";
const std::string http10 = "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";

const std::vector<AnswerFieldRow> rows = {
    {"fields that Connection names",
     "HTTP/1.1 200 OK\r\nConnection: X-A, keep-alive\r\nX-A: 1\r\nX-B: 2\r\n" + hi,
     {"X-B: 2"},
     {"Connection", "X-A"}},
    {"hop-by-hop fields that are not named",
     "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\nTE: x\r\nUpgrade: h2c\r\n" + hi,
     {},
     {"Keep-Alive", "Proxy-Connection", "TE", "Upgrade"}},
    {"end-to-end essentials that are named",
     "HTTP/1.1 200 OK\r\nConnection: Set-Cookie, Content-Type, Cache-Control\r\nSet-Cookie: a=1\r\n"
     "Content-Type: text/plain\r\nCache-Control: no-store\r\n" +
         hi,
     {"Set-Cookie: a=1", "Content-Type: text/plain", "Cache-Control: no-store"},
     {"Connection"}},
    {"a length that is named",
     "HTTP/1.1 200 OK\r\nConnection: Content-Length\r\n" + hi,
     {"Content-Length: 2"},
     {"Connection"}},
    {"several Set-Cookie",
     "HTTP/1.1 200 OK\r\nSet-Cookie: a=1, b=2; Path=/\r\nX-A: 1\r\nSet-Cookie: c=3\r\n" + hi,
     {"Set-Cookie: a=1, b=2; Path=/", "Set-Cookie: c=3"},
     {}},
    {"the backend's Server", "HTTP/1.1 200 OK\r\nServer: theirs\r\n" + hi, {"Server: theirs"}, {}},
    {"no Server of ours on their answer", "HTTP/1.1 200 OK\r\n" + hi, {}, {"Server"}},
    {"their Date",
     "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n" + hi,
     {"Date: Sun, 06 Nov 1994 08:49:37 GMT"},
     {}},
    {"chunks stay chunks", "HTTP/1.1 200 OK\r\n" + chunked, {"Transfer-Encoding: chunked"}, {"Content-Length"}},
    {"a length stays a length", "HTTP/1.1 200 OK\r\n" + hi, {"Content-Length: 2"}, {"Transfer-Encoding"}},
    {"leading zeros of a length",
     "HTTP/1.1 200 OK\r\nContent-Length: 002\r\n\r\nhi",
     {"Content-Length: 2"},
     {"Transfer-Encoding"}},
    {"chunks to HTTP/1.0",
     "HTTP/1.1 200 OK\r\n" + chunked,
     {"Connection: close"},
     {"Transfer-Encoding", "Content-Length"},
     http10},
    {"a length to HTTP/1.0", "HTTP/1.1 200 OK\r\n" + hi, {"Connection: keep-alive", "Content-Length: 2"}, {}, http10},
    {"a length to HEAD",
     "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
     {"Content-Length: 100"},
     {},
     request("HEAD", "/x")},
    {"a length of 304",
     "HTTP/1.1 304 S\r\nContent-Length: 100\r\n\r\n",
     {"Content-Length: 100"},
     {"Transfer-Encoding"}},
    {"a length of 204", "HTTP/1.1 204 N\r\nContent-Length: 100\r\n\r\n", {}, {"Content-Length", "Transfer-Encoding"}},
    {"a refused Upgrade says to what",
     "HTTP/1.1 426 Upgrade Required\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + hi,
     {"Connection: Upgrade", "Upgrade: websocket"},
     {}},
    {"Trailer beside a length", "HTTP/1.1 200 OK\r\nTrailer: X-T\r\n" + hi, {}, {"Trailer"}},
};

std::vector<std::string> lines_of(const Message& message) {
  std::vector<std::string> lines;
  for (const Field& field : message.fields) lines.push_back(field.name + ": " + field.value);
  return lines;
}

TEST_CASE("an answer's fields for one hop stay here, and the others go on in their order") {
  ScriptedOrigin origin(answering([](const Message& asked) {
    const std::size_t row = std::strtoul(asked.field("X-Row").c_str(), nullptr, 10);
    return asked.has("X-Row") ? rows.at(row).answer : echo(asked);
  }));
  Balancer balancer(Setup{.backends = {origin.address()}});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const AnswerFieldRow& row = rows[i];
    INFO("row: " << row.name);
    std::string bytes = row.request;
    bytes.insert(bytes.size() - 2, "X-Row: " + std::to_string(i) + "\r\n");
    RawClient client(balancer.port());
    const Message answer = client.exchange(bytes, row.request.substr(0, row.request.find(' ')));
    INFO("the client got:\n" << answer.head);
    CHECK(answer.flaw == "");
    CHECK(answer.complete);
    CHECK(answer.count("Date") == 1);
    const std::vector<std::string> lines = lines_of(answer);
    for (const std::string& line : row.there) {
      CAPTURE(line);
      CHECK(std::ranges::count(lines, line) == 1);
    }
    for (const std::string& name : row.not_there) {
      CAPTURE(name);
      CHECK_FALSE(answer.has(name));
    }
    // A trailer is no field of the head, and none may set a cookie.
    for (const Field& trailer : answer.trailers) CHECK(trailer.name == "X-T");
    check_aftermath(balancer, origin, row.name);
  }
}

}  // namespace
}  // namespace stickler::integration
