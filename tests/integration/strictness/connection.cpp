// Connections (RFC 9112 9.3, 9110 7.6): which persist, and which fields are for one hop only.
#include <catch2/catch.hpp>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

RequestRow http11(std::string name, const std::string& lines, Outcome outcome) {
  return {std::move(name), get_x(lines), {std::move(outcome)}};
}

RequestRow http10(std::string name, const std::string& lines, Outcome outcome) {
  return {std::move(name), "GET /x HTTP/1.0\r\n" + lines + "\r\n", {std::move(outcome)}};
}

const std::vector<RequestRow> persistence = {
    http11("nothing said", "", relayed("GET /x")),
    http11("keep-alive", "Connection: keep-alive\r\n", relayed("GET /x")),
    http11("close", "Connection: close\r\n", last(relayed("GET /x"))),
    http11("close in capitals", "Connection: CLOSE\r\n", last(relayed("GET /x"))),
    http11("close in a list", "Connection: x-a, close ,x-b\r\n", last(relayed("GET /x"))),
    http11("close beside keep-alive", "Connection: keep-alive, close\r\n", last(relayed("GET /x"))),
    http11("close on a second line", "Connection: keep-alive\r\nConnection: close\r\n", last(relayed("GET /x"))),
    http11("empty list elements", "Connection: , ,close,\r\n", last(relayed("GET /x"))),
    http11("a word that begins with close", "Connection: closed\r\n", relayed("GET /x")),
    http11("close of Proxy-Connection", "Proxy-Connection: close\r\n", relayed("GET /x")),
    http10("1.0, nothing said", "", last(relayed("GET /x"))),
    http10("1.0, keep-alive", "Connection: keep-alive\r\n", relayed("GET /x")),
    http10("1.0, keep-alive in capitals", "Connection: Keep-Alive\r\n", relayed("GET /x")),
    http10("1.0, keep-alive and close", "Connection: keep-alive, close\r\n", last(relayed("GET /x"))),
    http10("1.0, keep-alive of Proxy-Connection", "Proxy-Connection: keep-alive\r\n", last(relayed("GET /x"))),
    {"what follows close is not answered", get_x("Connection: close\r\n") + get("/y"), {last(relayed("GET /x"))}},
    {"what follows close is not even read", get_x("Connection: close\r\n") + "junk\x01\r\n", {last(relayed("GET /x"))}},
    {"a request behind 1.0", "GET /x HTTP/1.0\r\n\r\n" + get("/y"), {last(relayed("GET /x"))}},
    {"close with a body",
     post_x("Connection: close\r\nContent-Length: 5\r\n", "hello"),
     {last(relayed("POST /x", "hello"))}},
};

TEST_CASE("a client's connection persists as its version and Connection say") { check_requests(persistence); }

// What must have become of a request's fields at the backend: lines that must be there, and names that must not.
struct FieldRow {
  const char* name;
  std::string lines;
  std::vector<std::string> there;
  std::vector<std::string> not_there;
  std::string method = "GET";
};

const std::vector<FieldRow> field_rows = {
    {"Connection itself", "Connection: keep-alive\r\n", {}, {"Connection"}},
    {"fields that Connection names",
     "Connection: X-A, x-b\r\nX-A: 1\r\nX-B: 2\r\nX-C: 3\r\n",
     {"X-C: 3"},
     {"Connection", "X-A", "X-B"}},
    {"a field named before it comes", "X-A: 1\r\nConnection: X-A\r\nX-A: 2\r\n", {}, {"X-A"}},
    {"fields named on two lines", "Connection: X-A\r\nConnection: X-B\r\nX-A: 1\r\nX-B: 2\r\n", {}, {"X-A", "X-B"}},
    {"hop-by-hop fields that are not named",
     "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: gzip\r\nUpgrade: x\r\n",
     {},
     {"Keep-Alive", "Proxy-Connection", "TE", "Upgrade"}},
    {"end-to-end essentials that are named",
     "Connection: Host, Cookie, Authorization, Content-Type, Accept, Date\r\nCookie: a=b\r\n"
     "Authorization: Basic x\r\nContent-Type: text/plain\r\nAccept: */*\r\n",
     {"Host: test.example", "Cookie: a=b", "Authorization: Basic x", "Content-Type: text/plain", "Accept: */*"},
     {"Connection"}},
    {"our own fields that are named",
     "Connection: X-Forwarded-For, X-Forwarded-Proto, X-Request-Id, Via\r\n",
     {"X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "Via: 1.1 stickler"},
     {}},
    {"TE with trailers", "TE: trailers, deflate;q=0.5\r\nConnection: TE\r\n", {"TE: trailers", "Connection: TE"}, {}},
    {"TE without trailers", "TE: deflate\r\nConnection: TE\r\n", {}, {"TE", "Connection"}},
    {"Proxy-Authorization goes to whom it is for",
     "Proxy-Authorization: Basic x\r\n",
     {"Proxy-Authorization: Basic x"},
     {}},
    {"an Upgrade to h2c",
     "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
     {},
     {"Connection", "Upgrade", "HTTP2-Settings"}},
    {"an Upgrade to something else", "Connection: Upgrade\r\nUpgrade: TLS/1.2, foo\r\n", {}, {"Connection", "Upgrade"}},
    {"a WebSocket handshake",
     "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n",
     {"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: k", "Sec-WebSocket-Version: 13"},
     {"Keep-Alive"}},
    {"a WebSocket handshake beside h2c",
     "Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n",
     {"Connection: Upgrade", "Upgrade: websocket"},
     {}},
    {"Upgrade that Connection does not name", "Upgrade: websocket\r\n", {}, {"Connection", "Upgrade"}},
    {"Upgrade with POST", "Connection: Upgrade\r\nUpgrade: websocket\r\n", {}, {"Connection", "Upgrade"}, "POST"},
    {"equal names, in their order", "X-A: 1\r\nX-B: 2\r\nx-a: 3\r\nX-A: 4\r\n", {"X-A: 1, 3, 4", "X-B: 2"}, {}},
    {"an expectation", "Expect: 100-continue\r\n", {"Expect: 100-continue"}, {}},
    {"Max-Forwards of OPTIONS", "Max-Forwards: 10\r\n", {"Max-Forwards: 9"}, {}, "OPTIONS"},
    {"Max-Forwards of TRACE", "Max-Forwards: 1\r\n", {"Max-Forwards: 0"}, {}, "TRACE"},
    {"Max-Forwards of GET means nothing", "Max-Forwards: 0\r\n", {"Max-Forwards: 0"}, {}},
    {"Trailer of a request that has none", "Trailer: X-A\r\n", {}, {"Trailer"}},
    {"Via of those before", "Via: 1.0 a, 1.1 b\r\nVia: 1.1 c\r\n", {"Via: 1.0 a, 1.1 b, 1.1 c, 1.1 stickler"}, {}},
    {"what a client claims about who it forwards for",
     "Forwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Proto: https\r\n",
     {"X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: test.example", "X-Forwarded-Proto: http"},
     {"Forwarded"}},
    {"further claims of that kind", "X-Forwarded-Port: 443\r\nX-Forwarded-Server: evil\r\n", {}, {"X-Forwarded-Port"}},
    {"an underscore does not make it our field",
     "X_Forwarded_For: 1.2.3.4\r\nX-Request_Id: evil\r\n",
     {"X-Forwarded-For: 127.0.0.1"},
     {"X_Forwarded_For"}},
};

std::string values_of(const Message& message, const std::string& name) {
  std::string all;
  for (const Field& field : message.fields) {
    if (same_name(field.name, name)) all += (all.empty() ? "" : ", ") + field.value;
  }
  return all;
}

void check_fields(const Message& seen, const FieldRow& row) {
  INFO("row: " << row.name << "\nthe backend saw:\n" << seen.head);
  for (const std::string& line : row.there) {
    const std::size_t colon = line.find(": ");
    const std::string name = line.substr(0, colon);
    CAPTURE(name);
    CHECK(values_of(seen, name) == line.substr(colon + 2));
  }
  for (const std::string& name : row.not_there) {
    CAPTURE(name);
    CHECK_FALSE(seen.has(name));
  }
}

TEST_CASE("fields for one hop stay here, the others go on, and ours are added") {
  ScriptedOrigin origin(answering(echo));
  Balancer balancer(Setup{.backends = {origin.address()}});
  for (const FieldRow& row : field_rows) {
    RawClient client(balancer.port());
    CHECK(client.exchange(request(row.method, "/x", row.lines)).status() == 200);
    check_fields(origin.last(), row);
    check_aftermath(balancer, origin, row.name);
  }
}

const std::vector<FieldRow> trusted_rows = {
    {"addresses", "X-Forwarded-For: 1.2.3.4, 5.6.7.8\r\n", {"X-Forwarded-For: 1.2.3.4, 5.6.7.8, 127.0.0.1"}, {}},
    {"addresses on two lines",
     "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n",
     {"X-Forwarded-For: 1.2.3.4, 5.6.7.8, 127.0.0.1"},
     {}},
    {"scheme and host",
     "X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n",
     {"X-Forwarded-Proto: https", "X-Forwarded-Host: shop.example"},
     {}},
    {"none",
     "",
     {"X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Host: test.example"},
     {"Forwarded"}},
    {"Forwarded",
     "Forwarded: for=1.2.3.4;proto=https\r\n",
     {"Forwarded: for=1.2.3.4;proto=https, for=127.0.0.1;host=test.example;proto=http"},
     {}},
    {"a request id", "X-Request-Id: abc-123\r\n", {"X-Request-Id: abc-123"}, {}},
    {"a port", "X-Forwarded-Port: 443\r\n", {"X-Forwarded-Port: 443"}, {}},
};

TEST_CASE("what a trusted proxy forwards is kept and extended, line for line") {
  ScriptedOrigin origin(answering(echo));
  Balancer balancer(Setup{.listener = {"trusted_proxies: [127.0.0.1/32]"}, .backends = {origin.address()}});
  for (const FieldRow& row : trusted_rows) {
    CHECK(fetch(balancer.port(), "/x", row.lines).status() == 200);
    check_fields(origin.last(), row);
    check_aftermath(balancer, origin, row.name);
  }
}

}  // namespace
}  // namespace stickler::integration
