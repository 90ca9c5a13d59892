// Chunked request bodies (RFC 9112 7.1): every byte of the framing is exact, and none of it is forwarded.
#include <catch2/catch.hpp>
#include <sstream>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

using namespace std::string_literals;

std::string chunked(const std::string& body) { return post_x("Transfer-Encoding: chunked\r\n", body); }

RequestRow good(std::string name, const std::string& body, std::string decoded = "hello") {
  return {std::move(name), chunked(body), {relayed("POST /x", std::move(decoded))}};
}

// The backend may have seen the beginning, and never an end.
RequestRow bad(std::string name, const std::string& body, const std::string& reason = "bad_chunk") {
  return {std::move(name), chunked(body), {refused(400, reason)}, "POST /x"};
}

const std::vector<RequestRow> sizes = {
    good("one chunk", "5\r\nhello\r\n0\r\n\r\n"),
    good("several chunks", "1\r\nh\r\n3\r\nell\r\n1\r\no\r\n0\r\n\r\n"),
    good("no data", "0\r\n\r\n", ""),
    good("letters of both cases", "a\r\n0123456789\r\nB\r\n0123456789x\r\n0\r\n\r\n", "01234567890123456789x"),
    good("16 digits", "0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n"),
    good("data that looks like framing", "5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"),
    bad("17 digits", "00000000000000005\r\nhello\r\n0\r\n\r\n"),
    bad("2^64 - 1", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    bad("2^63", "8000000000000000\r\nhello\r\n0\r\n\r\n"),
    bad("2^64 + 5", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
    bad("no size", "\r\nhello\r\n0\r\n\r\n"),
    bad("no digit", "g\r\nhello\r\n0\r\n\r\n"),
    bad("a plus sign", "+5\r\nhello\r\n0\r\n\r\n"),
    bad("a minus sign", "-5\r\nhello\r\n0\r\n\r\n"),
    bad("0x", "0x5\r\nhello\r\n0\r\n\r\n"),
    bad("a blank before", " 5\r\nhello\r\n0\r\n\r\n"),
    bad("a blank behind", "5 \r\nhello\r\n0\r\n\r\n"),
    bad("a tab behind", "5\t\r\nhello\r\n0\r\n\r\n"),
    bad("an underscore", "0_5\r\nhello\r\n0\r\n\r\n"),
    bad("a NUL", "5\0\r\nhello\r\n0\r\n\r\n"s),
    bad("8 bits", "5\xa0\r\nhello\r\n0\r\n\r\n"),
    bad("a comma", "5,\r\nhello\r\n0\r\n\r\n"),
    bad("a second chunk without a size", "5\r\nhello\r\n\r\n0\r\n\r\n"),
};

const std::vector<RequestRow> line_ends = {
    bad("bare LF behind a size", "5\nhello\r\n0\r\n\r\n"),
    bad("bare CR behind a size", "5\rhello\r\n0\r\n\r\n"),
    bad("two CRs behind a size", "5\r\r\nhello\r\n0\r\n\r\n"),
    bad("bare LF behind data", "5\r\nhello\n0\r\n\r\n"),
    bad("bare CR behind data", "5\r\nhello\r0\r\n\r\n"),
    bad("nothing behind data", "5\r\nhello0\r\n\r\n"),
    bad("a size that is too small", "4\r\nhello\r\n0\r\n\r\n"),
    bad("a size that is too large", "6\r\nhello\r\n0\r\n\r\n"),
    bad("other bytes in place of CR LF", "5\r\nhelloXX0\r\n\r\n"),
    bad("bare LF behind the last size", "5\r\nhello\r\n0\n\r\n"),
    bad("bare LF for the end", "5\r\nhello\r\n0\r\n\n", "bad_trailer"),
    bad("bare CR for the end", "5\r\nhello\r\n0\r\n\rX\r\n\r\n", "bad_trailer"),
    {"an end amid a size", chunked("5"), {}, "POST /x", true},
    {"an end amid data", chunked("5\r\nhel"), {}, "POST /x", true},
    {"an end behind data", chunked("5\r\nhello\r\n"), {}, "POST /x", true},
    {"an end before the last CR LF", chunked("5\r\nhello\r\n0\r\n"), {}, "POST /x", true},
    {"an end amid the last CR LF", chunked("5\r\nhello\r\n0\r\n\r"), {}, "POST /x", true},
    {"an end amid a trailer", chunked("5\r\nhello\r\n0\r\nX-A: 1\r\n"), {}, "POST /x", true},
};

const std::vector<RequestRow> extensions = {
    good("a name", "5;a\r\nhello\r\n0\r\n\r\n"),
    good("a value", "5;a=b\r\nhello\r\n0\r\n\r\n"),
    good("a quoted value", "5;a=\"b;c\"\r\nhello\r\n0\r\n\r\n"),
    good("several", "5;a;b=c;d\r\nhello\r\n0\r\n\r\n"),
    good("a blank behind the semicolon", "5; a\r\nhello\r\n0\r\n\r\n"),
    good("of the last chunk", "5\r\nhello\r\n0;a=b\r\n\r\n"),
    good("1000 bytes", "5;" + std::string(1000, 'a') + "\r\nhello\r\n0\r\n\r\n"),
    bad("more than 1024 bytes", "5;" + std::string(1100, 'a') + "\r\nhello\r\n0\r\n\r\n"),
    bad("a blank before the semicolon", "5 ;a\r\nhello\r\n0\r\n\r\n"),
    bad("64 KiB of it", "5;" + std::string(65536, 'a') + "\r\nhello\r\n0\r\n\r\n"),
    bad("bare LF behind it", "5;a\nhello\r\n0\r\n\r\n"),
    bad("a bare CR in it", "5;a\rb\r\nhello\r\n0\r\n\r\n"),
    bad("a line break in quotes", "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n"),
    bad("a NUL in it", "5;a\0\r\nhello\r\n0\r\n\r\n"s),
    bad("a control character in it", "5;a\x01\r\nhello\r\n0\r\n\r\n"),
};

std::string trailers(const std::string& lines) { return "5\r\nhello\r\n0\r\n" + lines + "\r\n"; }

const std::vector<RequestRow> trailer_rows = {
    good("one", trailers("X-A: 1\r\n")),
    good("several", trailers("X-A: 1\r\nX-A: 2\r\nX-B:\r\n")),
    good("Content-Length, which is dropped", trailers("Content-Length: 100\r\n")),
    good("Host, which is dropped", trailers("Host: evil.example\r\n")),
    bad("Transfer-Encoding", trailers("Transfer-Encoding: chunked\r\n"), "bad_trailer"),
    bad("folded", trailers("X-A: 1\r\n 2\r\n"), "bad_trailer"),
    bad("a fold alone", trailers(" 2\r\n"), "bad_trailer"),
    bad("a space before the colon", trailers("X-A : 1\r\n"), "bad_trailer"),
    bad("no colon", trailers("X-A\r\n"), "bad_trailer"),
    bad("no name", trailers(": 1\r\n"), "bad_trailer"),
    bad("a NUL", trailers("X-A: \0\r\n"s), "bad_trailer"),
    bad("a bare CR", trailers("X-A: 1\r2\r\n"), "bad_trailer"),
    bad("a bare LF", trailers("X-A: 1\nX-B: 2\r\n"), "bad_trailer"),
    bad("9 KiB of one", trailers("X-A: " + std::string(9 << 10, 'a') + "\r\n"), "bad_trailer"),
    bad("a request line", trailers("GET /smuggled HTTP/1.1\r\nHost: a\r\n"), "bad_trailer"),
};

TEST_CASE("a chunk's size is 1 to 16 hexadecimal digits") { check_requests(sizes); }
TEST_CASE("chunk lines and data end with CR LF, exactly") { check_requests(line_ends); }
TEST_CASE("chunk extensions are dropped, up to a limit") { check_requests(extensions); }
TEST_CASE("trailers are fields like others, within limits") { check_requests(trailer_rows); }

TEST_CASE("a trailer is forwarded unless it would matter for framing, routing or trust") {
  ScriptedOrigin origin(answering(echo));
  Balancer balancer(Setup{.pool = {"affinity: {cookie: {name: SESSION}}"}, .backends = {origin.address()}});
  RawClient client(balancer.port());
  std::istringstream never(
      "Host Content-Length Connection Trailer TE Upgrade Keep-Alive Cookie Authorization Via X-Forwarded-For "
      "X-Forwarded-Host X-Forwarded-Proto Forwarded Set-Cookie X-Node-Generation X-Request-Id Max-Forwards Expect");
  std::string lines = "X-Checksum: 42\r\n";
  for (std::string name; never >> name;) lines += name + ": evil\r\n";
  CHECK(client.exchange(chunked(trailers(lines)), "POST").status() == 200);
  REQUIRE(origin.last().trailers.size() == 1);
  CHECK(origin.last().trailers[0].name == "X-Checksum");
  CHECK(client.exchange(get("/next")).field("X-Asked") == "GET /next");
  check_aftermath(balancer, origin, "all that may not be forwarded");

  // What Connection names may be meant for this hop only, be it a field or a trailer.
  const std::string named = "Transfer-Encoding: chunked\r\nConnection: X-Checksum\r\n";
  CHECK(client.exchange(post_x(named, trailers("X-Checksum: 42\r\n")), "POST").body == "hello");
  CHECK(origin.last().trailers.empty());
  check_aftermath(balancer, origin, "one that Connection names");
}

}  // namespace
}  // namespace stickler::integration
