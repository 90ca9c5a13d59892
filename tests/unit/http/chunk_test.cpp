// RFC 9112 7.1: chunked bodies, through the gate alone and decoded behind it.
#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "lb/http/chunk_scan.h"
#include "lb/http/chunked_body.h"
#include "lb/http/hop_by_hop.h"
#include "tests/unit/http/heads.h"

namespace stickler::http {
namespace {

struct Decoded {
  std::string data;
  std::string trailers;  // Their lines.
  std::string rest;      // Behind the body.
  Event last = Event::need_more;
  Refusal refusal = Refusal::none;

  bool operator==(const Decoded&) const = default;
};

// In pieces of `step` bytes; 0: in one.
Decoded decode(std::string_view bytes, std::size_t step = 0) {
  ChunkedBody body;
  Decoded result;
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, step == 0 ? bytes.size() : step);
    bytes.remove_prefix(piece.size());
    while (result.last != Event::end && result.last != Event::error) {
      result.last = body.next(piece);
      if (result.last == Event::need_more) break;
      if (result.last == Event::body) result.data += body.body();
    }
    result.rest += piece;
  }
  if (result.last == Event::end) {
    for (std::size_t i = 0; i < body.trailers().size(); ++i) result.trailers += body.trailers().line(i);
  }
  result.refusal = body.refusal();
  return result;
}

TEST_CASE("chunks are decoded the same in every way they may arrive") {
  struct Row {
    std::string bytes;
    std::string data;
    std::string trailers{};
    std::string rest{};
  };
  const Row rows[] = {
      {"0\r\n\r\n", ""},
      {"5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
      {"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"},
      {"00000000000005\r\nhello\r\n0\r\n\r\n", "hello"},
      {"0000000000000001\r\nx\r\n0000000000000000\r\n\r\n", "x"},
      {"5;a=b\r\nhello\r\n0;c\r\n\r\n", "hello"},
      {"5;a=\"b c\";d\r\nhello\r\n0\r\n\r\n", "hello"},
      {"5; \ta = ,(b)\"\r\nhello\r\n0;;=\r\n\r\n", "hello"},
      {"5;\r\nhello\r\n0\r\n\r\n", "hello"},
      {"4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"},
      {"2\r\n0\r\r\n1\r\n\n\r\n0\r\n\r\n", "0\r\n"},
      {"0\r\nX: 1\r\n\r\n", "", "X: 1\r\n"},
      {"1\r\nx\r\n0\r\nX: 1\r\nY:2\r\n\r\n", "x", "X: 1\r\nY:2\r\n"},
      {"1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "x", "", "GET / HTTP/1.1\r\n"},
      {"0\r\nX: 1\r\n\r\nmore", "", "X: 1\r\n", "more"},
  };
  for (const Row& row : rows) {
    for (std::size_t step = 0; step <= row.bytes.size(); ++step) {
      CAPTURE(row.bytes, step);
      const Decoded decoded = decode(row.bytes, step);
      CHECK(decoded.last == Event::end);
      CHECK(decoded.data == row.data);
      CHECK(decoded.trailers == row.trailers);
      CHECK(decoded.rest == row.rest);
    }
  }
}

TEST_CASE("whatever two readers could understand differently in a chunk is refused") {
  const std::string rows[] = {
      "\r\n",
      "g\r\n",
      "-1\r\n",
      "+1\r\nx\r\n",
      " 1\r\nx\r\n",
      "\t1\r\nx\r\n",
      "1 \r\nx\r\n",
      "1 ;a\r\nx\r\n",
      "1\t\r\nx\r\n",
      "0x1\r\nx\r\n",
      "1x\r\nx\r\n",
      ";a\r\n",
      "00000000000000001\r\nx\r\n",
      "8000000000000000\r\n",
      "8000000000000000;a\r\n",
      "ffffffffffffffff\r\n",
      "1\nx\r\n",
      "1\rx\r\n",
      "1\r\r\nx\r\n",
      "1\r\nx\n",
      "1\r\nx\r",
      "1\r\nxy\r\n",
      "1\r\nx\rx",
      "1\r\nx0\r\n\r\n",
      "2\r\nx\r\n0\r\n\r\n",
      "1\r\nx\r\n\r\n0\r\n\r\n",
      "1;a\nx\r\n",
      "1;a\x01\r\nx\r\n",
      "1;a\x7f\r\nx\r\n",
      "1;a\x80\r\nx\r\n",
      "1;a\rb\r\nx\r\n",
      "0\n\r\n",
      "0\r\r\n",
  };
  for (const std::string& row : rows) {
    CAPTURE(row);
    const Decoded decoded = decode(row + "Z");  // What could still become right has one byte to.
    CHECK(decoded.last == Event::error);
    CHECK(decoded.refusal == Refusal::bad_chunk);
    CHECK(decode(row + "Z", 1).refusal == Refusal::bad_chunk);
  }
}

TEST_CASE("the last line of a body is refused as the end of it, not as its beginning") {
  const std::string rows[] = {
      "0\r\n\n",
      "0\r\nX: 1\n\r\n",
      "0\r\nX: 1\r\n\n",
      "0\r\nX : 1\r\n\r\n",
      "0\r\n: 1\r\n\r\n",
      "0\r\nX: 1\r\n 2\r\n\r\n",
      "0\r\n X: 1\r\n\r\n",
      "0\r\nX: \x01\r\n\r\n",
      "0\r\nX\r\n\r\n",
      "0\r\na\n",
      "0\r\nTransfer-Encoding: chunked\r\n\r\n",
  };
  for (const std::string& row : rows) {
    CAPTURE(row);
    CHECK(decode(row).refusal == Refusal::bad_trailer);
    CHECK(decode(row, 1).refusal == Refusal::bad_trailer);
  }
}

TEST_CASE("extensions and trailers are limited") {
  const auto with_extension = [](std::size_t bytes) { return "1;" + std::string(bytes, 'e') + "\r\nx\r\n0\r\n\r\n"; };
  CHECK(decode(with_extension(ChunkScan::extension_bytes_max - 1)).last == Event::end);
  CHECK(decode(with_extension(ChunkScan::extension_bytes_max)).refusal == Refusal::bad_chunk);
  CHECK(decode(with_extension(64 * 1024), 1000).refusal == Refusal::bad_chunk);
  CHECK(decode("1;" + std::string(1000, 'e') + "\r\nx\r\n" + with_extension(1000)).last == Event::end);

  const auto with_trailer = [](std::size_t bytes) { return "0\r\nX: " + std::string(bytes - 7, 't') + "\r\n\r\n"; };
  CHECK(decode(with_trailer(ChunkScan::trailer_bytes_max)).last == Event::end);
  CHECK(decode(with_trailer(ChunkScan::trailer_bytes_max + 1)).refusal == Refusal::bad_trailer);
  CHECK(decode("0\r\n" + std::string(ChunkScan::trailer_bytes_max + 1, 't')).refusal == Refusal::bad_trailer);
  std::string many;
  for (int i = 0; i < 101; ++i) many += "X: 1\r\n";
  CHECK(decode("0\r\n" + many + "\r\n").refusal == Refusal::bad_trailer);
}

TEST_CASE("a trailer never carries what the head was judged by, or what is ours to say") {
  for (const std::string name : {"Content-Length",
                                 "Host",
                                 "Connection",
                                 "Trailer",
                                 "TE",
                                 "Upgrade",
                                 "Keep-Alive",
                                 "Expect",
                                 "Max-Forwards",
                                 "Cache-Control",
                                 "Pragma",
                                 "Range",
                                 "If-Match",
                                 "If-None-Match",
                                 "If-Modified-Since",
                                 "If-Unmodified-Since",
                                 "If-Range",
                                 "Authorization",
                                 "Proxy-Authorization",
                                 "Proxy-Authenticate",
                                 "WWW-Authenticate",
                                 "Cookie",
                                 "Set-Cookie",
                                 "Age",
                                 "Date",
                                 "Expires",
                                 "Location",
                                 "Retry-After",
                                 "Vary",
                                 "Warning",
                                 "Content-Encoding",
                                 "Content-Type",
                                 "Content-Range",
                                 "Via",
                                 "Forwarded",
                                 "X-Forwarded-For",
                                 "X-Forwarded-Host",
                                 "X-Forwarded-Proto",
                                 "X-Forwarded-Port",
                                 "X-Request-Id",
                                 "X-Node-Generation",
                                 "X-Session-Backup",
                                 "Content_Length",
                                 "X_Forwarded_For",
                                 "transfer_encoding"}) {
    CAPTURE(name);
    CHECK_FALSE(may_trail(field_id(name)));
    CHECK(decode("0\r\nA: 1\r\n" + name + ": 5\r\nB: 2\r\n\r\n").trailers == "A: 1\r\nB: 2\r\n");
  }
  for (const std::string name : {"ETag", "Server-Timing", "Content-Digest", "Grpc-Status", "X-Sum"}) {
    CAPTURE(name);
    CHECK(may_trail(field_id(name)));
  }
}

TEST_CASE("the gate passes the bytes of one body and not one more") {
  ChunkScan gate;
  const ChunkScan::Result result = gate.scan("3\r\nabc\r\n0\r\n\r\nGET");
  CHECK(result.ended);
  CHECK(result.passed == 13);
  CHECK(result.refusal == Refusal::none);
  CHECK(gate.trailers().empty());
  ChunkScan refusing;
  CHECK(refusing.scan("3\r\nabX").passed == 6);
  CHECK(refusing.scan("Y").refusal == Refusal::bad_chunk);
}

TEST_CASE("bodies wait where there is nothing to read") {
  ChunkedBody body;
  std::string_view nothing;
  CHECK(body.next(nothing) == Event::need_more);
  std::string_view size = "5\r\n";
  CHECK(body.next(size) == Event::need_more);
  CHECK(size.empty());
  CHECK(body.next(nothing) == Event::need_more);
}

}  // namespace
}  // namespace stickler::http
