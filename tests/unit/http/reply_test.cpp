// Answers of our own, and the small pieces that messages are made of.
#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <string>

#include "lb/http/date.h"
#include "lb/http/library.h"
#include "lb/http/output.h"
#include "lb/http/reply.h"
#include "lb/http/request_id.h"
#include "lb/http/writer.h"
#include "tests/unit/http/heads.h"

namespace stickler::http {
namespace {

constexpr std::string_view date = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string written(const Reply& reply, const ReplyContext& context) {
  std::string out;
  write_reply(out, reply, context);
  return out;
}

TEST_CASE("every reason has a word of its own, a status and a sentence") {
  std::set<std::string_view> words;
  for (std::size_t i = 1; i < refusal_count; ++i) {
    const auto refusal = static_cast<Refusal>(i);
    CAPTURE(to_string(refusal));
    CHECK(words.insert(to_string(refusal)).second);
    CHECK_FALSE(sentence_of(refusal).empty());
    CHECK(sentence_of(refusal).find_first_of("\r\n") == std::string_view::npos);
    CHECK_FALSE(reason_phrase(status_of(refusal)).empty());
    CHECK((status_of(refusal) >= 400 || refusal == Refusal::options_answered));
  }
  CHECK(reason_phrase(299).empty());
}

TEST_CASE("an answer of our own is whole, says who answers and why, and can be parsed") {
  for (std::size_t i = 1; i < refusal_count; ++i) {
    const Reply reply = reply_to(static_cast<Refusal>(i));
    for (const bool close : {false, true}) {
      const std::string bytes = written(reply, {.date = date, .close = close});
      const ScannedAnswer answer(bytes);
      REQUIRE(answer.complete());
      CHECK(answer.head.status == reply.status);
      CHECK(answer.head.keep_alive == !close);
      CHECK(answer.head.value_of("server") == "stickler");
      CHECK(answer.head.value_of(FieldId::date) == date);
      CHECK(answer.head.framing.length == bytes.size() - answer.result.size);
      CHECK(bytes.substr(answer.result.size) == std::string(reply.text) + "\n");
      CHECK(answer.head.value_of("allow").empty() == (reply.status != 405 && reply.status != 200));
    }
  }
}

TEST_CASE("an answer of our own to HEAD has no body, and HTTP/1.0 is told that it may go on") {
  const Reply reply{.status = 404, .text = "no", .fields = "X: 1\r\n"};
  CHECK(written(reply, {.date = date, .head_request = true}) ==
        "HTTP/1.1 404 Not Found\r\nServer: stickler\r\nDate: " + std::string(date) +
            "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\nX: 1\r\n\r\n");
  CHECK(written(reply, {.date = date, .http10 = true}).find("\r\nConnection: keep-alive\r\n\r\nno\n") !=
        std::string::npos);
  CHECK(written(reply, {.date = date, .close = true, .http10 = true}).find("\r\nConnection: close\r\n\r\nno\n") !=
        std::string::npos);
}

TEST_CASE("dates are as RFC 9110 writes them, and made anew each second") {
  using std::chrono::seconds;
  const auto at = [](std::int64_t unix_time) { return WallTime{seconds(unix_time)}; };
  DateCache cache;
  CHECK(cache.text(at(784111777)) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(cache.text(at(784111777) + std::chrono::milliseconds(999)) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(cache.text(at(784111778)) == "Sun, 06 Nov 1994 08:49:38 GMT");
  CHECK(cache.text(at(0)) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(cache.text(at(951782400)) == "Tue, 29 Feb 2000 00:00:00 GMT");
  CHECK(cache.text(at(4102444799)) == "Thu, 31 Dec 2099 23:59:59 GMT");
}

TEST_CASE("numbers, chunks and framing fields are written plainly") {
  std::string out;
  append_number(out, 0);
  append_number(out, 18446744073709551615U);
  CHECK(out == "018446744073709551615");
  out.clear();
  append_chunk_head(out, 0xabcdef);
  append_chunk_head(out, static_cast<std::size_t>(-1));
  CHECK(out == "abcdef\r\nffffffffffffffff\r\n");
  out.clear();
  append_framing(out, {});
  append_framing(out, {.kind = BodyKind::until_close});
  CHECK(out.empty());
  append_framing(out, {.kind = BodyKind::chunked});
  append_framing(out, {.kind = BodyKind::length, .length = 12});
  CHECK(out == "Transfer-Encoding: chunked\r\nContent-Length: 12\r\n");
  out.clear();
  append_status_line(out, 204, "No Content");
  append_field(out, "A", "b");
  CHECK(out == "HTTP/1.1 204 No Content\r\nA: b\r\n");
}

TEST_CASE("the last chunk carries the trailers") {
  FieldBlock trailers;
  REQUIRE(scan_trailers("A:1\r\nB: 2 \r\n\r\nmore", {}, trailers).size == 14);
  std::string out;
  append_last_chunk(out, trailers);
  append_last_chunk(out, {});
  CHECK(out == "0\r\nA:1\r\nB: 2 \r\n\r\n0\r\n\r\n");
}

TEST_CASE("output grows beyond what was expected, and can be taken back") {
  std::string text = "x";
  Output out(text, 2);
  out.put("ab").put("").put(std::string(100, 'c')).put_number(42).put_field("A", "b");
  const std::size_t mark = out.size();
  out.put("gone");
  CHECK(out.since(mark) == "gone");
  out.cut(mark);
  out.finish();
  CHECK(text == "xab" + std::string(100, 'c') + "42A: b\r\n");
}

TEST_CASE("which request ids are harmless") {
  CHECK(is_request_id("a"));
  CHECK_FALSE(is_request_id(""));
  CHECK_FALSE(is_request_id("a;b"));
}

TEST_CASE("the version of the parser's library is known") { CHECK(library_version().starts_with("llhttp 8.")); }

}  // namespace
}  // namespace stickler::http
