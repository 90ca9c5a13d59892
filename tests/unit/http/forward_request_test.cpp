// RFC 9110 7.6, 9112 3: a request as it goes to a backend.
#include <catch2/catch.hpp>
#include <string>

#include "lb/http/forward_request.h"
#include "tests/unit/http/heads.h"

namespace stickler::http {
namespace {

const ForwardRequest defaults{.client_ip = "203.0.113.7",
                              .client_port = 4711,
                              .listener = "web",
                              .pool = "login",
                              .backend = "a",
                              .request_id = "id-1"};

std::string forwarded(const std::string& bytes, const ForwardRequest& forward = defaults) {
  const ScannedRequest request(bytes);
  REQUIRE(request.complete());
  std::string out = "before";
  write_request_head(out, request.head, forward);
  REQUIRE(out.starts_with("before"));
  return out.substr(6);
}

// What stands before the fields that are added to every request.
std::string without_defaults(const std::string& head) {
  const std::size_t begin = head.find("X-Forwarded-For: ");
  REQUIRE(begin != std::string::npos);
  return head.substr(0, begin);
}

std::string forwarded_fields(const std::string& fields, const ForwardRequest& forward = defaults,
                             const std::string& start = "GET / HTTP/1.1") {
  const std::string head = without_defaults(forwarded(request_with(fields, start), forward));
  const std::string kept = "GET / HTTP/1.1\r\nHost: test.example\r\n";
  return head.starts_with(kept) ? head.substr(kept.size()) : head;
}

TEST_CASE("what is not changed is passed on byte for byte, and our fields follow") {
  CHECK(forwarded("GET /a?b HTTP/1.1\r\nhost:  h \r\nA:1\r\nb: \t2\r\n\r\n") ==
        "GET /a?b HTTP/1.1\r\nhost:  h \r\nA:1\r\nb: \t2\r\n"
        "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\nX-Request-Id: id-1\r\n"
        "Via: 1.1 stickler\r\n\r\n");
}

TEST_CASE("the request line is of HTTP/1.1 and the origin form") {
  struct Row {
    std::string bytes;
    std::string head;
  };
  const Row rows[] = {
      {"\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n", "GET /x HTTP/1.1\r\nHost: h\r\n"},
      {"GET /x HTTP/1.2\r\nHost: h\r\n\r\n", "GET /x HTTP/1.1\r\nHost: h\r\n"},
      {"GET /x HTTP/1.0\r\nHost: h\r\n\r\n", "GET /x HTTP/1.1\r\nHost: h\r\n"},
      {"GET /x HTTP/1.0\r\n\r\n", "GET /x HTTP/1.1\r\nHost: login\r\n"},
      {"GET http://b:81/x?y HTTP/1.1\r\nA: 1\r\nHost: h\r\n\r\n", "GET /x?y HTTP/1.1\r\nHost: b:81\r\nA: 1\r\n"},
      {"GET http://b HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: b\r\n"},
      {"GET http://b?x=/ HTTP/1.1\r\nHost: h\r\n\r\n", "GET /?x=/ HTTP/1.1\r\nHost: b\r\n"},
      {"GET http://b/ HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: b\r\n"},
      {"OPTIONS http://b HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: b\r\n"},
      {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: h\r\n"},
      {"GET /%7e/../x%2F;a HTTP/1.1\r\nHost: h\r\n\r\n", "GET /%7e/../x%2F;a HTTP/1.1\r\nHost: h\r\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(without_defaults(forwarded(row.bytes)) == row.head);
  }
}

TEST_CASE("a request that names no host gets one that can be one") {
  ForwardRequest forward = defaults;
  forward.pool = "not a host";
  CHECK(without_defaults(forwarded("GET / HTTP/1.0\r\n\r\n", forward)) == "GET / HTTP/1.1\r\nHost: localhost\r\n");
  CHECK(forwarded("GET / HTTP/1.0\r\n\r\n").find("X-Forwarded-Host") == std::string::npos);
}

TEST_CASE("fields of the client's connection stay, and the framing is ours") {
  struct Row {
    std::string fields;
    std::string forwarded;
  };
  const Row rows[] = {
      {"Connection: close\r\n", ""},
      {"Connection: keep-alive, X\r\nX: 1\r\nY: 2\r\n", "Y: 2\r\n"},
      {"Keep-Alive: 1\r\nProxy-Connection: keep-alive\r\nA: 1\r\n", "A: 1\r\n"},
      {"A: 1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nB: 2\r\n",
       "A: 1\r\nB: 2\r\n"},
      {"Connection: Cookie, Content-Length, Authorization\r\nCookie: a=b\r\nContent-Length: 0\r\nAuthorization: x\r\n",
       "Cookie: a=b\r\nContent-Length: 0\r\nAuthorization: x\r\n"},
      {"TE: gzip\r\n", ""},
      {"TE: trailers;q=0.5\r\n", ""},
      {"TE: trailers\r\n", "TE: trailers\r\nConnection: TE\r\n"},
      {"A: 1\r\nTE: gzip;q=0.5, Trailers\r\nTE: trailers\r\nConnection: TE\r\nB: 2\r\n",
       "A: 1\r\nB: 2\r\nTE: trailers\r\nConnection: TE\r\n"},
      {"Connection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: k\r\nTE: trailers\r\n",
       "Sec-WebSocket-Key: k\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"},
      {"Content-Length: 5\r\nA: 1\r\n", "Content-Length: 5\r\nA: 1\r\n"},
      {"Content-Length: 005\r\nA: 1\r\n", "A: 1\r\nContent-Length: 5\r\n"},
      {"content-length: 5\r\nA: 1\r\n", "content-length: 5\r\nA: 1\r\n"},
      {"Content-Length: 5\t\r\nA: 1\r\n", "A: 1\r\nContent-Length: 5\r\n"},
      {"Content-Length:\t5\r\nA: 1\r\n", "A: 1\r\nContent-Length: 5\r\n"},
      {"Content-Length:5\t\r\nA: 1\r\n", "A: 1\r\nContent-Length: 5\r\n"},
      {"Content-Length: 0\r\n", "Content-Length: 0\r\n"},
      {"Content-Length: 00\r\n", "Content-Length: 0\r\n"},
      {"A: 1\r\nTransfer-Encoding:  CHUNKED\r\nB: 2\r\n", "A: 1\r\nB: 2\r\nTransfer-Encoding: chunked\r\n"},
      {"Trailer: X\r\nTransfer-Encoding: chunked\r\n", "Trailer: X\r\nTransfer-Encoding: chunked\r\n"},
      {"Trailer: X\r\nConnection: Trailer\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\n"},
      {"Trailer: X\r\nContent-Length: 1\r\n", "Content-Length: 1\r\n"},
      {"Content_Length: 5\r\nTransfer_Encoding: chunked\r\nA_B: 1\r\n", "A_B: 1\r\n"},
      {"Expect: 100-continue\r\nContent-Length: 1\r\n", "Expect: 100-continue\r\nContent-Length: 1\r\n"},
      {"Max-Forwards: 3\r\n", "Max-Forwards: 3\r\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    CHECK(forwarded_fields(row.fields) == row.forwarded);
  }
}

TEST_CASE("a client of HTTP/1.0 has neither expectations nor trailers") {
  CHECK(without_defaults(forwarded("PUT / HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\nTE: trailers\r\n"
                                   "Content-Length: 1\r\n\r\n")) ==
        "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n");
  CHECK(forwarded("GET / HTTP/1.0\r\nHost: h\r\n\r\n").ends_with("Via: 1.0 stickler\r\n\r\n"));
}

TEST_CASE("Max-Forwards is counted down where it counts") {
  CHECK(without_defaults(forwarded("TRACE / HTTP/1.1\r\nMax-Forwards: 003\r\nHost: h\r\n\r\n")) ==
        "TRACE / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 2\r\n");
  CHECK(without_defaults(forwarded("OPTIONS * HTTP/1.1\r\nHost: h\r\nMax-Forwards: 1\r\n\r\n")) ==
        "OPTIONS * HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n");
}

TEST_CASE("our cookie is taken out, and a Cookie line without it is byte-identical") {
  struct Row {
    std::string fields;
    std::string forwarded;
  };
  ForwardRequest forward = defaults;
  forward.strip_cookie = "S";
  const Row rows[] = {
      {"cookie:a=1;  b=\"2\" ; s=3 ;\r\n", "cookie:a=1;  b=\"2\" ; s=3 ;\r\n"},
      {"Cookie: S=1\r\nA: 1\r\n", "A: 1\r\n"},
      {"A: 1\r\nCookie:a=1; S=2; b=3\r\nB: 2\r\n", "A: 1\r\nCookie: a=1; b=3\r\nB: 2\r\n"},
      {"Cookie: S=1; a=2\r\nCookie:  x=S\r\nCookie: S=3\r\n", "Cookie: a=2\r\nCookie:  x=S\r\n"},
      {"Cookie: S\r\n", ""},
      {"Cookie:\r\n", "Cookie:\r\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    CHECK(forwarded_fields(row.fields, forward) == row.forwarded);
  }
  CHECK(forwarded_fields("Cookie: S=1\r\n") == "Cookie: S=1\r\n");
}

std::string added(const std::string& fields, const ForwardRequest& forward,
                  const std::string& start = "GET / HTTP/1.1") {
  const std::string head = forwarded(request_with(fields, start), forward);
  return head.substr(without_defaults(head).size());
}

TEST_CASE("forwarded fields of an untrusted client are replaced, all of the family") {
  const std::string claims =
      "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n"
      "X-Forwarded-Port: 1\r\nX-Forwarded-Server: s\r\nX_Forwarded_For: 3.3.3.3\r\nX-Forwarded_Port: 2\r\n"
      "Forwarded: for=4.4.4.4\r\nX-Request-Id: theirs\r\nX-Request-ID: other\r\n";
  CHECK(forwarded_fields(claims).empty());
  CHECK(added(claims, defaults) ==
        "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: test.example\r\n"
        "X-Request-Id: id-1\r\nVia: 1.1 stickler\r\n\r\n");
}

TEST_CASE("forwarded fields of a trusted client are kept and extended") {
  ForwardRequest trusted = defaults;
  trusted.trusted = true;
  trusted.client_ip = "2001:db8::7";
  struct Row {
    std::string fields;
    std::string added;
  };
  const std::string rest = "X-Request-Id: id-1\r\nVia: 1.1 stickler\r\n\r\n";
  const std::string host = "X-Forwarded-Host: test.example\r\n";
  const Row rows[] = {
      {"", "X-Forwarded-For: 2001:db8::7\r\nX-Forwarded-Proto: http\r\n" + host + rest},
      {"X-Forwarded-For: 1.1.1.1\r\n",
       "X-Forwarded-For: 1.1.1.1, 2001:db8::7\r\nX-Forwarded-Proto: http\r\n" + host + rest},
      {"X-Forwarded-For: 1.1.1.1, 2.2.2.2\r\nA: 1\r\nx-forwarded-for:\r\nX-FORWARDED-FOR: 3.3.3.3\r\n",
       "X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 2001:db8::7\r\nX-Forwarded-Proto: http\r\n" + host + rest},
      {"X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n",
       "X-Forwarded-For: 2001:db8::7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n" + rest},
      {"X-Forwarded-Proto:\r\n", "X-Forwarded-For: 2001:db8::7\r\nX-Forwarded-Proto: http\r\n" + host + rest},
      {"Forwarded: for=1.1.1.1;by=b\r\nForwarded: for=2.2.2.2\r\n",
       "X-Forwarded-For: 2001:db8::7\r\nX-Forwarded-Proto: http\r\n" + host +
           "Forwarded: for=1.1.1.1;by=b, for=2.2.2.2, for=\"[2001:db8::7]\";host=test.example;proto=http\r\n" + rest},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    CHECK(added(row.fields, trusted) == row.added);
  }
  CHECK(forwarded_fields("X-Forwarded-Port: 443\r\nX_Forwarded_Port: 1\r\n", trusted) == "X-Forwarded-Port: 443\r\n");
  CHECK(forwarded_fields("X-Forwarded-Port: 443\r\nConnection: x-forwarded-port\r\n", trusted).empty());
}

TEST_CASE("our hop in Forwarded is quoted where it is no token") {
  struct Row {
    std::string start;
    std::string_view ip;
    std::string element;
  };
  const Row rows[] = {
      {"GET / HTTP/1.1", "203.0.113.7", "for=203.0.113.7;host=test.example;proto=http"},
      {"GET / HTTP/1.1", "unix", "for=unknown;host=test.example;proto=http"},
      {"GET http://b:81/ HTTP/1.1", "203.0.113.7", "for=203.0.113.7;host=\"b:81\";proto=http"},
      {"GET http://[::1]/ HTTP/1.1", "::1", "for=\"[::1]\";host=\"[::1]\";proto=http"},
  };
  for (const Row& row : rows) {
    ForwardRequest trusted = defaults;
    trusted.trusted = true;
    trusted.client_ip = row.ip;
    CAPTURE(row.element);
    const std::string head = forwarded(request_with("Forwarded: for=x\r\n", row.start), trusted);
    CHECK(head.find("\r\nForwarded: for=x, " + row.element + "\r\n") != std::string::npos);
  }
  ForwardRequest trusted = defaults;
  trusted.trusted = true;
  CHECK(
      forwarded("GET / HTTP/1.0\r\nForwarded: for=x\r\n\r\n", trusted).find("for=x, for=203.0.113.7;proto=http\r\n") !=
      std::string::npos);
}

TEST_CASE("Via is extended whoever sent it") {
  CHECK(added("Via: 1.0 fred\r\nVia: 1.1 p.example (x)\r\n", defaults)
            .ends_with("Via: 1.0 fred, 1.1 p.example (x), 1.1 stickler\r\n\r\n"));
}

TEST_CASE("edits drop, set and add fields, the defaults among them") {
  HeaderEdits edits;
  REQUIRE(edits.remove("X-Forwarded-For"));
  REQUIRE(edits.remove("x-forwarded-host"));
  REQUIRE(edits.remove("Via"));
  REQUIRE(edits.remove("A"));
  REQUIRE(edits.set("X-Forwarded-Proto", "https"));
  REQUIRE(edits.set("B", "%{client_ip}:%{client_port} %{scheme} %{method} %{path} %{host}"));
  REQUIRE(edits.add("C", "%{listener}/%{pool}/%{backend}/%{request_id}"));
  ForwardRequest forward = defaults;
  forward.edits = &edits;
  CHECK(forwarded(request_with("A: 1\r\nb: 2\r\nC: 3\r\nD: 4\r\nVia: x\r\n", "GET /p?q HTTP/1.1"), forward) ==
        "GET /p?q HTTP/1.1\r\nHost: test.example\r\nC: 3\r\nD: 4\r\nX-Request-Id: id-1\r\nX-Forwarded-Proto: https\r\n"
        "B: 203.0.113.7:4711 http GET /p?q test.example\r\nC: web/login/a/id-1\r\n\r\n");
}

TEST_CASE("all the defaults can be configured away") {
  HeaderEdits edits;
  for (const char* name :
       {"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Request-Id", "Via", "Forwarded"}) {
    REQUIRE(edits.remove(name));
  }
  ForwardRequest forward = defaults;
  forward.edits = &edits;
  forward.trusted = true;
  CHECK(forwarded(request_with("Forwarded: for=x\r\nVia: y\r\n"), forward) == request_with(""));
}

TEST_CASE("a Host that is set is the one Host; one that comes out invalid falls back to the client's") {
  struct Row {
    std::string value;
    std::string start;
    std::string host;
  };
  const Row rows[] = {
      {"internal.example:81", "GET / HTTP/1.1", "internal.example:81"},
      {"%{backend}.internal", "GET / HTTP/1.1", "a.internal"},
      {"internal.example", "GET http://b/ HTTP/1.1", "internal.example"},
      {"%{path}", "GET /x HTTP/1.1", "test.example"},
      {"%{method}@%{host}", "GET http://b/ HTTP/1.1", "b"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value, row.start);
    HeaderEdits edits;
    REQUIRE(edits.set("host", row.value));
    ForwardRequest forward = defaults;
    forward.edits = &edits;
    const ScannedRequest again(forwarded(request_with("A: 1\r\n", row.start), forward));
    REQUIRE(again.complete());
    CHECK(again.head.count(FieldId::host) == 1);
    CHECK(again.head.value_of(FieldId::host) == row.host);
    CHECK(again.head.name(0) == "Host");
  }
}

TEST_CASE("a node prefix goes from every Cookie field, and the lines keep their other bytes") {
  ForwardRequest forward = defaults;
  forward.prefixed_cookie = "S";
  CHECK(forwarded_fields("a: 1\r\nCookie:x=1;  S=a~1 ; y\r\nb: 2\r\ncookie:\tS=\"b~2\"\t\r\nCOOKIE: z=a~1\r\n",
                         forward) == "a: 1\r\nCookie:x=1;  S=1 ; y\r\nb: 2\r\ncookie:\tS=\"2\"\r\nCOOKIE: z=a~1\r\n");
}

}  // namespace
}  // namespace stickler::http
