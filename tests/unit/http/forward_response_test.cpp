// RFC 9110 6.6.1, 7.6, 8.6, 15.2; RFC 9111 5.2.2: an answer as it goes to the client.
#include <catch2/catch.hpp>
#include <string>

#include "lb/http/forward_response.h"
#include "lb/http/framing.h"
#include "tests/unit/http/heads.h"

namespace stickler::http {
namespace {

constexpr std::string_view date = "Sun, 06 Nov 1994 08:49:37 GMT";
const std::string dated = "Date: " + std::string(date) + "\r\n";

struct Exchange {
  std::string request = "GET / HTTP/1.1";
  std::string start = "HTTP/1.1 200 OK";
  std::string fields{};  // Of the answer.
  bool keep_alive = true;
  std::string_view set_cookie{};
  std::string_view prefixed_cookie{};
  const HeaderEdits* edits = nullptr;
};

std::string forwarded(const Exchange& exchange) {
  const ScannedRequest request(request_with("", exchange.request));
  REQUIRE(request.complete());
  const ScannedAnswer answer(answer_with(exchange.fields, exchange.start),
                             {.head_request = request.head.method == Method::head, .upgrade_requested = true});
  REQUIRE(answer.complete());
  std::string out = "before";
  write_response_head(out, answer.head,
                      {.framing = framing_to_client(answer.head, request.head),
                       .keep_alive = exchange.keep_alive,
                       .date = date,
                       .set_cookie = exchange.set_cookie,
                       .prefixed = {.name = exchange.prefixed_cookie, .node = "a"},
                       .edits = exchange.edits,
                       .variables = {.client_ip = "203.0.113.7", .request_id = "id-1", .backend = "a"},
                       .request = &request.head});
  REQUIRE(out.starts_with("before"));
  return out.substr(6);
}

// Behind the status line and without Date and the empty line.
std::string fields_of(const Exchange& exchange) {
  std::string head = forwarded(exchange);
  head.erase(0, head.find("\r\n") + 2);
  if (const std::size_t at = head.find(dated); at != std::string::npos) head.erase(at, dated.size());
  REQUIRE(head.ends_with("\r\n"));
  return head.substr(0, head.size() - 2);
}

TEST_CASE("an answer is passed on byte for byte but for what is of the connection") {
  CHECK(forwarded({.fields = "A:1\r\nContent-Length: 5\r\nConnection: X\r\nKeep-Alive: 1\r\nX: 2\r\nb:\t2 \r\n"}) ==
        "HTTP/1.1 200 OK\r\nA:1\r\nContent-Length: 5\r\nb:\t2 \r\n" + dated + "\r\n");
}

TEST_CASE("the status line is of HTTP/1.1, whatever the backend speaks") {
  struct Row {
    std::string start;
    std::string line;
  };
  const Row rows[] = {
      {"HTTP/1.1 404 Not  Found", "HTTP/1.1 404 Not  Found"},
      {"HTTP/1.0 200 OK", "HTTP/1.1 200 OK"},
      {"HTTP/1.2 299 \x80", "HTTP/1.1 299 \x80"},
      {"HTTP/1.1 200 ", "HTTP/1.1 200 "},
      {"HTTP/1.1 200", "HTTP/1.1 200 "},
  };
  for (const Row& row : rows) {
    CAPTURE(row.start);
    CHECK(forwarded({.start = row.start, .fields = "Content-Length: 1\r\n"}).starts_with(row.line + "\r\nContent"));
  }
}

TEST_CASE("the framing to the client is ours") {
  struct Row {
    Exchange exchange;
    std::string fields;
  };
  const std::string head_11 = "HEAD / HTTP/1.1";
  const std::string not_modified = "HTTP/1.1 304 Not Modified";
  const Row rows[] = {
      {{.fields = "Content-Length: 7\r\nA: 1\r\n"}, "Content-Length: 7\r\nA: 1\r\n"},
      {{.fields = "Content-Length: 007\r\nA: 1\r\n"}, "A: 1\r\nContent-Length: 7\r\n"},
      {{.fields = "Content-Length: 7\t\r\nA: 1\r\n"}, "A: 1\r\nContent-Length: 7\r\n"},
      {{.request = head_11, .fields = "Content-Length:  7\r\n"}, "Content-Length: 7\r\n"},
      {{.fields = "A: 1\r\ntransfer-encoding: CHUNKED\r\n"}, "A: 1\r\nTransfer-Encoding: chunked\r\n"},
      {{.fields = "Trailer: X\r\nTransfer-Encoding: chunked\r\n"}, "Trailer: X\r\nTransfer-Encoding: chunked\r\n"},
      {{.fields = "Trailer: X\r\nContent-Length: 0\r\n"}, "Content-Length: 0\r\n"},
      {{.fields = ""}, "Transfer-Encoding: chunked\r\n"},
      {{.request = "GET / HTTP/1.0", .fields = "Trailer: X\r\nTransfer-Encoding: chunked\r\n", .keep_alive = false},
       "Connection: close\r\n"},
      {{.request = "GET / HTTP/1.0", .fields = "", .keep_alive = false}, "Connection: close\r\n"},
      {{.request = head_11, .fields = "Content-Length: 7\r\n"}, "Content-Length: 7\r\n"},
      {{.request = head_11, .fields = "Content-Length: 07\r\n"}, "Content-Length: 7\r\n"},
      {{.request = head_11, .fields = "Content-Length: 7\r\nContent-Length: 7\r\n"}, ""},
      {{.request = head_11, .fields = "Content-Length: x\r\n"}, ""},
      {{.request = head_11, .fields = "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n"}, ""},
      {{.request = head_11, .fields = "Transfer-Encoding: chunked\r\n"}, ""},
      {{.request = head_11, .fields = ""}, ""},
      {{.start = not_modified, .fields = "Content-Length: 7\r\n"}, "Content-Length: 7\r\n"},
      {{.start = not_modified, .fields = "Content-Length: 7, 7\r\n"}, ""},
      {{.start = not_modified, .fields = "Transfer-Encoding: chunked\r\n"}, ""},
      {{.start = "HTTP/1.1 204 No Content", .fields = "Content-Length: 7\r\n"}, ""},
      {{.start = "HTTP/1.1 204 No Content", .fields = "Transfer-Encoding: chunked\r\n"}, ""},
      {{.request = head_11, .start = "HTTP/1.1 204 No Content", .fields = "Content-Length: 7\r\n"}, ""},
      {{.start = "HTTP/1.1 205 Reset Content", .fields = "Content-Length: 0\r\n"}, "Content-Length: 0\r\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.exchange.request, row.exchange.start, row.exchange.fields);
    CHECK(fields_of(row.exchange) == row.fields);
  }
}

TEST_CASE("Connection tells the client whether it may go on") {
  const std::string one = "Content-Length: 1\r\n";
  CHECK(fields_of({.fields = one + "Connection: close\r\n"}) == one);
  CHECK(fields_of({.fields = one + "Connection: keep-alive\r\n", .keep_alive = false}) ==
        one + "Connection: close\r\n");
  CHECK(fields_of({.request = "GET / HTTP/1.0", .fields = one}) == one + "Connection: keep-alive\r\n");
  CHECK(fields_of({.request = "GET / HTTP/1.0", .fields = one, .keep_alive = false}) == one + "Connection: close\r\n");
}

TEST_CASE("an upgrade is passed on, and so is the advice to make one") {
  const std::string accept = "Sec-WebSocket-Accept: x\r\n";
  CHECK(forwarded(
            {.start = "HTTP/1.1 101 Switching", .fields = "Connection: upgrade\r\nupgrade: WebSocket\r\n" + accept}) ==
        "HTTP/1.1 101 Switching\r\n" + accept + "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  const std::string advice = "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n";
  const std::string start = "HTTP/1.1 426 Upgrade Required";
  CHECK(fields_of({.start = start, .fields = advice}) ==
        "Content-Length: 0\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
  CHECK(fields_of({.start = start, .fields = advice, .keep_alive = false}) ==
        "Content-Length: 0\r\nUpgrade: websocket\r\nConnection: close, Upgrade\r\n");
  CHECK(fields_of({.fields = advice}) == "Content-Length: 0\r\n");
}

TEST_CASE("Date is added where the backend sent none") {
  const std::string one = "Content-Length: 1\r\n";
  CHECK(forwarded({.fields = one}).find(dated) != std::string::npos);
  for (const std::string theirs : {"Date: yesterday\r\n", "date:\r\n"}) {
    const std::string head = forwarded({.fields = one + theirs});
    CHECK(head.find(dated) == std::string::npos);
    CHECK(head.find(theirs) != std::string::npos);
  }
}

TEST_CASE("our cookie follows the backend's, each on its own line") {
  CHECK(fields_of(
            {.fields = "Set-Cookie: a=1; Path=/\r\nset-cookie: b=2\r\nContent-Length: 1\r\n", .set_cookie = "S=v"}) ==
        "Set-Cookie: a=1; Path=/\r\nset-cookie: b=2\r\nContent-Length: 1\r\nSet-Cookie: S=v\r\n"
        "Cache-Control: private\r\n");
}

TEST_CASE("an answer with our cookie is private, and whatever else its Cache-Control says stays") {
  struct Row {
    std::string theirs;
    std::string sent;
  };
  const Row rows[] = {
      {"", "private"},
      {"private", "private"},
      {"Private, max-age=5", "Private, max-age=5"},
      {"no-store", "no-store"},
      {"public, no-store", "public, no-store"},
      {"no-cache", "private, no-cache"},
      {"no-cache=\"A, private\", max-age=0", "private, no-cache=\"A, private\", max-age=0"},
      {"public, max-age=60, s-maxage=600", "private, max-age=60"},
      {"PUBLIC , S-MaxAge = 600,, must-revalidate", "private, must-revalidate"},
      {"private=\"Set-Cookie, X\", max-age=5", "private, max-age=5"},
      {"x=\"a\\\", private\"", "private, x=\"a\\\", private\""},
      {"x=\"a, private", "private, x=\"a, private"},
      {"x=\"a\\", "private, x=\"a\\"},
      {"max-age=60, immutable", "private, max-age=60, immutable"},
      {"xprivate, private-x", "private, xprivate, private-x"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.theirs);
    const std::string theirs = row.theirs.empty() ? "" : "Cache-Control: " + row.theirs + "\r\n";
    const ScannedAnswer answer(forwarded({.fields = "Content-Length: 1\r\n" + theirs, .set_cookie = "S=v"}));
    REQUIRE(answer.complete());
    CHECK(answer.head.count(FieldId::cache_control) == 1);
    CHECK(answer.head.value_of(FieldId::cache_control) == row.sent);
  }
}

TEST_CASE("several Cache-Control lines become one private one, unless one of them suffices") {
  CHECK(fields_of({.fields = "Cache-Control: public\r\nContent-Length: 1\r\nCache-Control: max-age=5\r\n",
                   .set_cookie = "S=v"}) ==
        "Content-Length: 1\r\nSet-Cookie: S=v\r\nCache-Control: private, max-age=5\r\n");
  const std::string enough = "Cache-Control: public\r\nContent-Length: 1\r\nCache-Control: private\r\n";
  CHECK(fields_of({.fields = enough, .set_cookie = "S=v"}) == enough + "Set-Cookie: S=v\r\n");
  const std::string shared = "Cache-Control: public, s-maxage=600\r\nContent-Length: 1\r\n";
  CHECK(fields_of({.fields = shared}) == shared);
}

TEST_CASE("edits apply to answers, and cannot make one with our cookie public") {
  HeaderEdits edits;
  REQUIRE(edits.set("Cache-Control", "public"));
  REQUIRE(edits.remove("Server"));
  REQUIRE(edits.remove("Date"));
  REQUIRE(edits.add("X-Id", "%{request_id} %{backend}"));
  REQUIRE(edits.set("Host", "h"));
  CHECK(forwarded({.fields = "Server: s\r\nContent-Length: 1\r\nCache-Control: private\r\nX-Id: 1\r\ndate: x\r\n",
                   .set_cookie = "S=v",
                   .edits = &edits}) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX-Id: 1\r\nSet-Cookie: S=v\r\nCache-Control: private\r\n"
        "Cache-Control: public\r\nX-Id: id-1 a\r\nHost: h\r\n\r\n");
  const HeaderEdits nothing;
  CHECK(fields_of({.fields = "Content-Length: 1\r\n", .edits = &nothing}) == "Content-Length: 1\r\n");
}

TEST_CASE("an interim answer is passed on without framing and without additions") {
  const ScannedAnswer answer(
      answer_with("Link: x\r\nContent-Length: 5\r\nConnection: Y\r\nTransfer-Encoding: chunked\r\n"
                  "Trailer: Z\r\nY: 1\r\nA: 2\r\n",
                  "HTTP/1.0 103 Early Hints"));
  REQUIRE(answer.complete());
  std::string out = "before";
  write_interim_head(out, answer.head, {});
  CHECK(out == "beforeHTTP/1.1 103 Early Hints\r\nLink: x\r\nA: 2\r\n\r\n");
}

const std::string sized = "Content-Length: 1\r\n";

TEST_CASE("a node prefix goes into each Set-Cookie of the name, and the lines keep their other bytes") {
  CHECK(fields_of(
            {.fields = "A: 1\r\nset-cookie:S=1; Path=/\r\nSet-Cookie: T=2\r\nB: 3\r\nSet-Cookie: S=\"4\"\r\n" + sized,
             .prefixed_cookie = "S"}) ==
        "A: 1\r\nset-cookie:S=a~1; Path=/\r\nSet-Cookie: T=2\r\nB: 3\r\nSet-Cookie: S=\"a~4\"\r\n" + sized);
}

TEST_CASE("a node prefix goes into what an interim answer sets, too") {
  const ScannedAnswer answer(answer_with("Set-Cookie: S=1; Path=/\r\nLink: x\r\n", "HTTP/1.1 103 Early Hints"));
  std::string out;
  write_interim_head(out, answer.head, {.name = "S", .node = "a"});
  CHECK(out == "HTTP/1.1 103 Early Hints\r\nSet-Cookie: S=a~1; Path=/\r\nLink: x\r\n\r\n");
}

TEST_CASE("a Set-Cookie without a value stays as it is") {
  for (const std::string field : {"Set-Cookie:\r\n", "Set-Cookie: \r\n", "Set-Cookie: S\r\n", "Set-Cookie: ;S=1\r\n"}) {
    CAPTURE(field);
    const std::string sent = fields_of({.fields = field + sized, .prefixed_cookie = "S"});
    CHECK(sent == field + sized);
  }
}

TEST_CASE("a Set-Cookie that the configuration drops gets no prefix either") {
  HeaderEdits edits;
  REQUIRE(edits.remove("Set-Cookie"));
  CHECK(fields_of({.fields = "Set-Cookie: S=1\r\n" + sized, .prefixed_cookie = "S", .edits = &edits}) == sized);
}

}  // namespace
}  // namespace stickler::http
