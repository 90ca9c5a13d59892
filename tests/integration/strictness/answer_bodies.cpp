// Bodies of answers: chunks, answers without a body, bytes behind the end, ends before it, interim answers.
#include <catch2/catch.hpp>
#include <future>

#include "tests/integration/strictness/answer_table.h"
#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

using namespace std::string_literals;

const std::string chunked_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string long_head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";

AnswerRow good(std::string name, const std::string& body, std::string decoded = "hello") {
  return {std::move(name), chunked_head + body, whole(std::move(decoded)), true};
}

AnswerRow bad(std::string name, const std::string& body) {
  return {std::move(name), chunked_head + body, cut_or_bad_gateway()};
}

const std::vector<AnswerRow> chunks = {
    good("several", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
    good("none", "0\r\n\r\n", ""),
    good("an extension", "5;a=\"b\"\r\nhello\r\n0;c\r\n\r\n"),
    good("leading zeros", "0005\r\nhello\r\n0000\r\n\r\n"),
    good("a trailer", "5\r\nhello\r\n0\r\nX-A: 1\r\n\r\n"),
    good("trailers that may not be forwarded", "5\r\nhello\r\n0\r\nContent-Length: 9\r\nSet-Cookie: a=b\r\n\r\n"),
    bad("no size", "\r\nhello\r\n0\r\n\r\n"),
    bad("a size that is none", "x\r\nhello\r\n0\r\n\r\n"),
    bad("a signed size", "+5\r\nhello\r\n0\r\n\r\n"),
    bad("0x", "0x5\r\nhello\r\n0\r\n\r\n"),
    bad("a blank behind a size", "5 \r\nhello\r\n0\r\n\r\n"),
    bad("17 digits", "00000000000000005\r\nhello\r\n0\r\n\r\n"),
    bad("2^64 - 1", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    bad("bare LF behind a size", "5\nhello\r\n0\r\n\r\n"),
    bad("bare LF behind data", "5\r\nhello\n0\r\n\r\n"),
    bad("nothing behind data", "5\r\nhello0\r\n\r\n"),
    bad("a size too small", "4\r\nhello\r\n0\r\n\r\n"),
    bad("a size too large", "6\r\nhello\r\n0\r\n\r\n"),
    bad("a bare LF for the end", "5\r\nhello\r\n0\r\n\n"),
    bad("a folded trailer", "5\r\nhello\r\n0\r\nX-A: 1\r\n 2\r\n\r\n"),
    bad("a trailer without a colon", "5\r\nhello\r\n0\r\nX-A\r\n\r\n"),
    bad("an endless extension", "5;" + std::string(5000, 'e') + "\r\nhello\r\n0\r\n\r\n"),
    bad("trailers of 9 KiB", "5\r\nhello\r\n0\r\nX-A: " + std::string(9 << 10, 'a') + "\r\n\r\n"),
};

AnswerRow ends(std::string name, const std::string& bytes, Received received, Then then = Then::closes) {
  return {std::move(name), bytes, std::move(received), false, then};
}

const std::vector<AnswerRow> early_ends = {
    ends("behind the head", long_head, cut()),
    ends("amid a length", long_head + "part", cut("part")),
    // Byte by byte a reset would overtake most of them.
    {"amid a length, by a reset", long_head, cut(), false, Then::resets, "GET", true},
    ends("before the first chunk", chunked_head, cut()),
    ends("amid a chunk size", chunked_head + "5", cut()),
    ends("amid a chunk", chunked_head + "5\r\npart", cut("part")),
    ends("behind a chunk", chunked_head + "4\r\npart\r\n", cut("part")),
    ends("before the last CR LF", chunked_head + "4\r\npart\r\n0\r\n", cut("part")),
    ends("amid a trailer", chunked_head + "4\r\npart\r\n0\r\nX-A: 1\r\n", cut("part")),
    {"amid chunks, to HTTP/1.0, which is reset", chunked_head + "4\r\npart\r\n", cut("part"), false, Then::closes,
     "HTTP/1.0"},
};

const std::string dated = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";

AnswerRow bodyless(std::string name, const std::string& request, int status, const std::string& lines = "") {
  const std::string bytes = "HTTP/1.1 " + std::to_string(status) + " Reason\r\n" + lines + "\r\n";
  return {std::move(name), bytes, whole("", status), true, Then::waits, request};
}

const std::vector<AnswerRow> bodyless_rows = {
    bodyless("HEAD", "HEAD", 200),
    bodyless("HEAD with a length", "HEAD", 200, "Content-Length: 100\r\n"),
    bodyless("HEAD with chunks", "HEAD", 200, "Transfer-Encoding: chunked\r\n"),
    bodyless("HEAD of an error", "HEAD", 404, "Content-Length: 100\r\n"),
    bodyless("204", "GET", 204),
    bodyless("204 with a length", "GET", 204, "Content-Length: 0\r\n"),
    bodyless("204 with a wrong length", "GET", 204, "Content-Length: 100\r\n"),
    bodyless("204 with chunks", "GET", 204, "Transfer-Encoding: chunked\r\n"),
    bodyless("204 to POST", "POST", 204),
    bodyless("204 to DELETE", "DELETE", 204),
    bodyless("304", "GET", 304, "ETag: \"a\"\r\n"),
    bodyless("304 with a length", "GET", 304, "Content-Length: 100\r\n"),
    bodyless("304 with chunks", "GET", 304, "Transfer-Encoding: chunked\r\n"),
};

AnswerRow extra(std::string name, const std::string& bytes, Received received, std::string request = "GET") {
  return {std::move(name), bytes, std::move(received), false, Then::waits, std::move(request), true};
}

const std::string second_answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Asked: nothing\r\n\r\nstolen";

const std::vector<AnswerRow> extra_bytes = {
    extra("a byte behind a length", dated + "hello!", whole("hello")),
    extra("CR LF behind a length", dated + "hello\r\n", whole("hello")),
    extra("an answer behind a length", dated + "hello" + second_answer, whole("hello")),
    extra("an answer behind chunks", chunked_head + "0\r\n\r\n" + second_answer, whole()),
    extra("an answer behind a trailer", chunked_head + "0\r\nX-A: 1\r\n\r\n" + second_answer, whole()),
    extra("an answer behind length 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + second_answer, whole()),
    extra("an answer behind 204", "HTTP/1.1 204 None\r\n\r\n" + second_answer, whole("", 204)),
    extra("a body of 304", "HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\nhello", whole("", 304)),
    extra("a body to HEAD", dated + "hello", whole(), "HEAD"),
    extra("chunks to HEAD", chunked_head + "5\r\nhello\r\n0\r\n\r\n", whole(), "HEAD"),
    extra("an answer to HEAD and another", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + second_answer, whole(),
          "HEAD"),
};

std::string interims(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  return bytes;
}

AnswerRow interim(std::string name, const std::string& bytes, Received received, bool reused) {
  return {std::move(name), bytes, std::move(received), reused};
}

const std::vector<AnswerRow> interim_rows = {
    interim("100 unasked", "HTTP/1.1 100 Continue\r\n\r\n" + dated + "hello", whole("hello"), true),
    interim("102", "HTTP/1.1 102 Processing\r\n\r\n" + dated + "hello", whole("hello"), true),
    interim("103", interims(1) + dated + "hello", whole("hello"), true),
    interim("several", interims(10) + dated + "hello", whole("hello"), true),
    interim("an unknown one", "HTTP/1.1 150 Odd\r\n\r\n" + dated + "hello", whole("hello"), true),
    interim("with a length", "HTTP/1.1 103 E\r\nContent-Length: 5\r\n\r\n" + dated + "hello", whole("hello"), true),
    interim("with chunks", "HTTP/1.1 103 E\r\nTransfer-Encoding: chunked\r\n\r\n" + dated + "hello", whole("hello"),
            true),
    interim("too many", interims(50) + dated + "hello", bad_gateway(), false),
    interim("malformed", "HTTP/1.1 103 E\r\nLink : a\r\n\r\n" + dated + "hello", bad_gateway(), false),
    interim("101 unasked", "HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", bad_gateway(), false),
    ends("and then nothing", interims(1), bad_gateway("no_answer")),
    {"to HTTP/1.0", interims(3) + dated + "hello", whole("hello"), true, Then::waits, "HTTP/1.0"},
};

TEST_CASE("a chunked answer is exact or cut, never whole with other bytes") { check_answers(chunks); }
TEST_CASE("an answer that ends early looks cut") { check_answers(early_ends); }
TEST_CASE("an answer without a body ends with its head, whatever its fields say") { check_answers(bodyless_rows); }
TEST_CASE("bytes behind an answer reach no other client") { check_answers(extra_bytes); }
TEST_CASE("interim answers go before the final one, up to a limit") { check_answers(interim_rows); }

TEST_CASE("bytes that a backend sends unasked close its connection") {
  std::promise<void> answer_taken;
  ScriptedOrigin origin([&answer_taken](OriginConnection& connection) {
    while (const auto request = connection.read_request()) {
      connection.wire.send(echo(*request));
      if (request->target() != "/then-more") continue;
      answer_taken.get_future().wait_for(30s);
      connection.wire.send(second_answer);
    }
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  CHECK(client.exchange(get("/then-more")).field("X-Asked") == "GET /then-more");
  CHECK(origin.open_connections() == 1);
  answer_taken.set_value();
  REQUIRE(eventually([&] { return origin.open_connections() == 0; }));
  CHECK(client.exchange(get("/next")).field("X-Asked") == "GET /next");
  check_aftermath(balancer, origin, "an answer to nothing");
}

}  // namespace
}  // namespace stickler::integration
