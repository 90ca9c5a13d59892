// RFC 9112 6 and 9.3, RFC 9110 7.6.1, 7.6.2, 7.8, 10.1.1: what a request's fields mean for its body and connection.
#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "lb/http/framing.h"
#include "lb/http/hop_by_hop.h"
#include "tests/unit/http/heads.h"

namespace stickler::http {
namespace {

constexpr Framing none{};
constexpr Framing chunked{.kind = BodyKind::chunked};

constexpr Framing length(std::uint64_t bytes) { return {.kind = BodyKind::length, .length = bytes}; }

TEST_CASE("where a request's body ends is said once, plainly, or the request is refused") {
  struct Row {
    std::string fields;
    Refusal refusal;
    Framing framing{};
  };
  const Row rows[] = {
      {"", Refusal::none, none},
      {"Content-Length: 0\r\n", Refusal::none, length(0)},
      {"Content-Length: 12\r\n", Refusal::none, length(12)},
      {"content-length:12\r\n", Refusal::none, length(12)},
      {"Content-Length: \t12\t \r\n", Refusal::none, length(12)},
      {"Content-Length: 0012\r\n", Refusal::none, length(12)},
      {"Content-Length: 9223372036854775807\r\n", Refusal::none, length(9223372036854775807U)},
      {"Content-Length: 9223372036854775808\r\n", Refusal::bad_content_length},
      {"Content-Length: 18446744073709551616\r\n", Refusal::bad_content_length},
      {"Content-Length: 99999999999999999999999999\r\n", Refusal::bad_content_length},
      {"Content-Length:\r\n", Refusal::bad_content_length},
      {"Content-Length: +1\r\n", Refusal::bad_content_length},
      {"Content-Length: -1\r\n", Refusal::bad_content_length},
      {"Content-Length: 1 2\r\n", Refusal::bad_content_length},
      {"Content-Length: 1,1\r\n", Refusal::bad_content_length},
      {"Content-Length: 1, 1\r\n", Refusal::bad_content_length},
      {"Content-Length: 0x1\r\n", Refusal::bad_content_length},
      {"Content-Length: a\r\n", Refusal::bad_content_length},
      {"Content-Length: 1.0\r\n", Refusal::bad_content_length},
      {"Content-Length: 1;\r\n", Refusal::bad_content_length},
      {"Content-Length: \"1\"\r\n", Refusal::bad_content_length},
      {"Content-Length: \xb2\r\n", Refusal::bad_content_length},
      {"Content-Length: 1\r\nContent-Length: 1\r\n", Refusal::bad_content_length},
      {"Content-Length: 1\r\nContent-Length: 2\r\n", Refusal::bad_content_length},
      {"Content-Length: 1\r\nX: y\r\ncontent-length: 1\r\n", Refusal::bad_content_length},
      {"Content-Length: 1\r\nContent-Length:\r\n", Refusal::bad_content_length},
      {"Transfer-Encoding: chunked\r\n", Refusal::none, chunked},
      {"transfer-encoding:CHUNKED\r\n", Refusal::none, chunked},
      {"Transfer-Encoding: \t chunked \t\r\n", Refusal::none, chunked},
      {"Transfer-Encoding:\r\n", Refusal::bad_transfer_encoding},
      {"Transfer-Encoding: ,\r\n", Refusal::bad_transfer_encoding},
      {"Transfer-Encoding: ,chunked\r\n", Refusal::bad_transfer_encoding},
      {"Transfer-Encoding: chunked,\r\n", Refusal::bad_transfer_encoding},
      {"Transfer-Encoding: chunked, chunked\r\n", Refusal::bad_transfer_encoding},
      {"Transfer-Encoding: chunked, gzip\r\n", Refusal::bad_transfer_encoding},
      {"Transfer-Encoding: chunked;q=1\r\n", Refusal::bad_transfer_encoding},
      {"Transfer-Encoding: \"chunked\"\r\n", Refusal::bad_transfer_encoding},
      {"Transfer-Encoding: chunked chunked\r\n", Refusal::bad_transfer_encoding},
      {"Transfer-Encoding: chunked\x80\r\n", Refusal::bad_transfer_encoding},
      {"Transfer-Encoding: xchunked\r\n", Refusal::unknown_coding},
      {"Transfer-Encoding: cow\r\n", Refusal::unknown_coding},
      {"Transfer-Encoding: identity\r\n", Refusal::unknown_coding},
      {"Transfer-Encoding: gzip\r\n", Refusal::unknown_coding},
      {"Transfer-Encoding: gzip, chunked\r\n", Refusal::unknown_coding},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", Refusal::bad_transfer_encoding},
      {"Transfer-Encoding: cow\r\nTransfer-Encoding: chunked\r\n", Refusal::bad_transfer_encoding},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n", Refusal::bad_transfer_encoding},
      {"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", Refusal::te_and_cl},
      {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", Refusal::te_and_cl},
      {"Transfer-Encoding:\r\nContent-Length: 3\r\n", Refusal::te_and_cl},
      {"Transfer-Encoding: identity\r\nContent-Length: 3\r\n", Refusal::te_and_cl},
      {"Content_Length: 3\r\nTransfer_Encoding: chunked\r\n", Refusal::none, none},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    const ScannedRequest request(request_with(row.fields, "POST / HTTP/1.1"));
    CHECK(request.result.refusal == row.refusal);
    if (request.complete()) CHECK(request.head.framing == row.framing);
  }
  CHECK(status_of(Refusal::unknown_coding) == 501);
}

TEST_CASE("HTTP/1.0 has lengths, but no transfer codings") {
  CHECK(refusal_of(request_with("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0")) == Refusal::te_in_http10);
  const ScannedRequest request(request_with("Content-Length: 3\r\n", "POST / HTTP/1.0"));
  CHECK(request.complete());
  CHECK(request.head.framing == length(3));
}

TEST_CASE("a framing that leaves nothing to read is empty") {
  CHECK(none.empty());
  CHECK(length(0).empty());
  CHECK_FALSE(length(1).empty());
  CHECK_FALSE(chunked.empty());
  CHECK_FALSE(Framing{.kind = BodyKind::until_close}.empty());
}

TEST_CASE("whether a connection persists depends on the version and on what Connection lists") {
  struct Row {
    std::string fields;
    bool keep_alive_11;
    bool keep_alive_10;
  };
  const Row rows[] = {
      {"", true, false},
      {"Connection: keep-alive\r\n", true, true},
      {"Connection: Keep-Alive\r\n", true, true},
      {"Connection: close\r\n", false, false},
      {"Connection: CLOSE\r\n", false, false},
      {"Connection: close, keep-alive\r\n", false, false},
      {"Connection: keep-alive\r\nConnection: close\r\n", false, false},
      {"Connection: x , \tkeep-alive\r\n", true, true},
      {"Connection: x, close ,\r\n", false, false},
      {"Connection: ,,close\r\n", false, false},
      {"Connection:\r\n", true, false},
      {"Connection: closed\r\n", true, false},
      {"Connection: keep-alive-not\r\n", true, false},
      {"Proxy-Connection: keep-alive\r\n", true, false},
      {"Keep-Alive: timeout=5\r\n", true, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    CHECK(ScannedRequest(request_with(row.fields)).head.keep_alive == row.keep_alive_11);
    CHECK(ScannedRequest(request_with(row.fields, "GET / HTTP/1.0")).head.keep_alive == row.keep_alive_10);
  }
}

TEST_CASE("fields of one connection are hop-by-hop by nature or by name, never what the message needs") {
  struct Row {
    std::string named;  // In Connection.
    std::string name;
    bool hop_by_hop;
  };
  const Row rows[] = {
      {"x", "Keep-Alive", true},
      {"x", "Proxy-Connection", true},
      {"x", "TE", true},
      {"x", "Upgrade", true},
      {"x", "HTTP2-Settings", true},
      {"x", "Transfer-Encoding", true},
      {"x", "Connection", true},
      {"x", "X", true},
      {"close, X-Private", "x-private", true},
      {"keep-alive,x-private,", "X-Private", true},
      {"y", "X", false},
      {"x-y", "X", false},
      {"x y", "X", false},
      {"trailer", "Trailer", true},
      {"x", "Trailer", false},
      {"content-length", "Content-Length", false},
      {"host", "Host", false},
      {"cookie", "Cookie", false},
      {"set-cookie", "Set-Cookie", false},
      {"authorization", "Authorization", false},
      {"content-type", "Content-Type", false},
      {"content-encoding", "Content-Encoding", false},
      {"cache-control", "Cache-Control", false},
      {"date", "Date", false},
      {"expect", "Expect", false},
      {"max-forwards", "Max-Forwards", false},
      {"via", "Via", false},
      {"forwarded", "Forwarded", false},
      {"x-forwarded-for", "X-Forwarded-For", false},
      {"x-request-id", "X-Request-Id", false},
      {"sec-websocket-key", "Sec-WebSocket-Key", false},
      {"origin", "Origin", false},
      {"user-agent", "User-Agent", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.named, row.name);
    const ScannedAnswer answer(answer_with("Connection: " + row.named + "\r\n" + row.name + ": 0\r\n"),
                               {.head_request = true});
    REQUIRE(answer.complete());
    CHECK(is_hop_by_hop(answer.head[1]) == row.hop_by_hop);
  }
}

TEST_CASE("a Connection field may name fields before and after it; too many options are refused") {
  const ScannedRequest request(request_with("A: 1\r\nConnection: a\r\nConnection: b, a\r\nB: 2\r\nA: 3\r\nC: 4\r\n"));
  REQUIRE(request.complete());
  std::string hop_by_hop;
  for (std::size_t i = 0; i < request.head.size(); ++i) {
    if (is_hop_by_hop(request.head[i])) hop_by_hop += request.head.name(i);
  }
  CHECK(hop_by_hop == "AConnectionConnectionBA");
  CHECK(request.head.connection_names_fields);
  CHECK_FALSE(ScannedRequest(request_with("Connection: close, upgrade,, keep-alive\r\n")).head.connection_names_fields);

  std::string options;
  for (int i = 0; i < 32; ++i) options += i == 0 ? "x" : ",x";
  CHECK(refusal_of(request_with("Connection: " + options + "\r\n")) == Refusal::none);
  CHECK(refusal_of(request_with("Connection: " + options + "\r\nConnection: x\r\n")) == Refusal::too_many_fields);
  CHECK(refusal_of(request_with("Connection: " + std::string(10000, ',') + "\r\n")) == Refusal::too_many_fields);
  CHECK_FALSE(ScannedAnswer(answer_with("Connection: " + options + ",x\r\nContent-Length: 0\r\n")).complete());
}

TEST_CASE("100-continue is the one expectation, and HTTP/1.0 has none") {
  struct Row {
    std::string fields;
    Refusal refusal;
    bool expects;
  };
  const Row rows[] = {
      {"Expect: 100-continue\r\n", Refusal::none, true},
      {"expect:100-CONTINUE\r\n", Refusal::none, true},
      {"Expect: 100-continue\r\nExpect: 100-continue\r\n", Refusal::none, true},
      {"Expect: 200-ok\r\n", Refusal::unknown_expectation, false},
      {"Expect: 100-continue, x\r\n", Refusal::unknown_expectation, false},
      {"Expect: 100-continue\r\nExpect: y\r\n", Refusal::unknown_expectation, false},
      {"Expect:\r\n", Refusal::unknown_expectation, false},
      {"", Refusal::none, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    const ScannedRequest request(request_with("Content-Length: 1\r\n" + row.fields, "PUT / HTTP/1.1"));
    CHECK(request.result.refusal == row.refusal);
    if (request.complete()) CHECK(request.head.expect_continue == row.expects);
  }
  CHECK(status_of(Refusal::unknown_expectation) == 417);
  const ScannedRequest old(request_with("Content-Length: 1\r\nExpect: 100-continue\r\n", "PUT / HTTP/1.0"));
  CHECK(old.complete());
  CHECK_FALSE(old.head.expect_continue);
}

TEST_CASE("an upgrade is to websocket, by GET, in HTTP/1.1, without a body, and announced by Connection") {
  struct Row {
    std::string start;
    std::string fields;
    bool wants;
  };
  const std::string get = "GET / HTTP/1.1";
  const Row rows[] = {
      {get, "Connection: Upgrade\r\nUpgrade: websocket\r\n", true},
      {get, "connection: keep-alive, upgrade\r\nupgrade: WebSocket\r\n", true},
      {get, "Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n", true},
      {get, "Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n", true},
      {get, "Upgrade: websocket\r\n", false},
      {get, "Connection: Upgrade\r\n", false},
      {get, "Connection: Upgrade\r\nUpgrade: h2c\r\n", false},
      {get, "Connection: Upgrade\r\nUpgrade: websocket/13\r\n", false},
      {get, "Connection: keep-alive\r\nUpgrade: websocket\r\n", false},
      {get, "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n", false},
      {get, "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n", false},
      {get, "Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n", false},
      {"POST / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", false},
      {"GET / HTTP/1.0", "Connection: Upgrade\r\nUpgrade: websocket\r\n", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.start, row.fields);
    const ScannedRequest request(request_with(row.fields, row.start));
    REQUIRE(request.complete());
    CHECK(request.head.wants_websocket == row.wants);
  }
}

TEST_CASE("Max-Forwards counts on OPTIONS and TRACE only, and has to be one number there") {
  struct Row {
    std::string method;
    std::string fields;
    Refusal refusal;
    std::optional<std::uint64_t> hops;
  };
  const Row rows[] = {
      {"OPTIONS", "Max-Forwards: 0\r\n", Refusal::none, 0},
      {"OPTIONS", "Max-Forwards: 00\r\n", Refusal::none, 0},
      {"TRACE", "Max-Forwards: 7\r\n", Refusal::none, 7},
      {"OPTIONS", "", Refusal::none, std::nullopt},
      {"OPTIONS", "Max-Forwards:\r\n", Refusal::bad_max_forwards, std::nullopt},
      {"OPTIONS", "Max-Forwards: -1\r\n", Refusal::bad_max_forwards, std::nullopt},
      {"TRACE", "Max-Forwards: x\r\n", Refusal::bad_max_forwards, std::nullopt},
      {"TRACE", "Max-Forwards: 1, 1\r\n", Refusal::bad_max_forwards, std::nullopt},
      {"TRACE", "Max-Forwards: 1\r\nMax-Forwards: 0\r\n", Refusal::bad_max_forwards, std::nullopt},
      {"GET", "Max-Forwards: 0\r\n", Refusal::none, std::nullopt},
      {"GET", "Max-Forwards: x\r\n", Refusal::none, std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.method, row.fields);
    const ScannedRequest request(request_with(row.fields, row.method + " / HTTP/1.1"));
    CHECK(request.result.refusal == row.refusal);
    if (request.complete()) CHECK(request.head.max_forwards == row.hops);
  }
}

TEST_CASE("one X-Request-Id that is short and harmless is believed, others are discarded") {
  struct Row {
    std::string fields;
    std::string id;
  };
  const Row rows[] = {
      {"X-Request-Id: from-outside\r\n", "from-outside"},
      {"X-Request-Id: 0a1B-._~+/=:@\r\n", "0a1B-._~+/=:@"},
      {"X-Request-Id: " + std::string(128, 'x') + "\r\n", std::string(128, 'x')},
      {"X-Request-Id: " + std::string(129, 'x') + "\r\n", ""},
      {"X-Request-Id:\r\n", ""},
      {"X-Request-Id: a b\r\n", ""},
      {"X-Request-Id: a\"b\r\n", ""},
      {"X-Request-Id: a\\b\r\n", ""},
      {"X-Request-Id: a,b\r\n", ""},
      {"X-Request-Id: a\tb\r\n", ""},
      {"X-Request-Id: \x80\r\n", ""},
      {"X-Request-Id: a\r\nX-Request-Id: a\r\n", ""},
      {"X_Request_Id: a\r\n", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    const ScannedRequest request(request_with(row.fields));
    REQUIRE(request.complete());
    CHECK(request.head.value_of(FieldId::x_request_id) == row.id);
  }
}

TEST_CASE("a list holds a token as a whole element, in any case") {
  CHECK(list_has("a, Trailers ,b", "trailers"));
  CHECK(list_has("trailers", "trailers"));
  CHECK(list_has(",,trailers", "trailers"));
  for (const char* value : {"", "trailer", "trailers;q=0.5", "x trailers", "trailersx"}) {
    CHECK_FALSE(list_has(value, "trailers"));
  }
}

}  // namespace
}  // namespace stickler::http
