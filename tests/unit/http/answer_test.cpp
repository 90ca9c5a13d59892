// RFC 9112 4, 6.3; RFC 9110 15: heads of answers, and where their bodies end.
#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "lb/http/framing.h"
#include "tests/unit/http/heads.h"

namespace stickler::http {
namespace {

constexpr Framing none{};
constexpr Framing chunked{.kind = BodyKind::chunked};
constexpr Framing until_close{.kind = BodyKind::until_close};

constexpr Framing length(std::uint64_t bytes) { return {.kind = BodyKind::length, .length = bytes}; }

TEST_CASE("a status line is HTTP/1.x SP three digits of a known class SP reason") {
  struct Row {
    std::string line;
    bool good;
    int status = 0;
    std::string reason{};
  };
  const Row rows[] = {
      {"HTTP/1.1 200 OK", true, 200, "OK"},
      {"HTTP/1.0 404 Not Found", true, 404, "Not Found"},
      {"HTTP/1.1 200 ", true, 200, ""},
      {"HTTP/1.1 200", true, 200, ""},
      {"HTTP/1.1 599 \x80\tx", true, 599, "\x80\tx"},
      {"HTTP/1.1 299 x", true, 299, "x"},
      {"HTTP/1.2 200 OK", true, 200, "OK"},
      {"HTTP/2.0 200 OK", false},
      {"HTTP/2 200", false},
      {"HTTP/0.9 200 OK", false},
      {"http/1.1 200 OK", false},
      {"ICY 200 OK", false},
      {"HTTP/1.1  200 OK", false},
      {"HTTP/1.1 200  OK", false},
      {"HTTP/1.1\t200 OK", false},
      {"HTTP/1.1 20 OK", false},
      {"HTTP/1.1 2000 OK", false},
      {"HTTP/1.1 000 x", false},
      {"HTTP/1.1 099 x", false},
      {"HTTP/1.1 600 x", false},
      {"HTTP/1.1 999 x", false},
      {"HTTP/1.1 -20 x", false},
      {"HTTP/1.1 2x0 x", false},
      {"HTTP/1.1 200OK", false},
      {"HTTP/1.1 200 O\x01K", false},
      {"HTTP/1.1 200 O\x7fK", false},
      {"HTTP/1.1 200 O\rK", false},
      {"HTTP/1.1", false},
      {"HTTP/1.1 ", false},
      {"HTTP/1.1 200 OK\r", false},
      {"SSH-2.0-OpenSSH_9.2", false},
      {"", false},
      {" HTTP/1.1 200 OK", false},
      {"\r\nHTTP/1.1 200 OK", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const ScannedAnswer answer(answer_with("Content-Length: 0\r\n", row.line));
    CHECK(answer.complete() == row.good);
    if (!row.good) CHECK(answer.result.refusal == Refusal::bad_status_line);
    if (!answer.complete()) continue;
    CHECK(answer.head.status == row.status);
    CHECK(answer.head.reason() == row.reason);
  }
  CHECK_FALSE(ScannedAnswer("HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n").complete());
  CHECK(status_of(Refusal::bad_status_line) == 502);
}

TEST_CASE("each beginning of a good answer wants more") {
  const std::string bytes = answer_with("A: b\r\n", "HTTP/1.1 200 OK");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    ResponseHead head;
    const ScanResult result = scan_response(std::string_view(bytes).substr(0, size), {}, {}, head);
    CHECK(result.outcome == Outcome::need_more);
    CHECK(result.size == (size < 17 ? 0 : 17));
  }
}

TEST_CASE("where an answer's body ends, or why it is not believed") {
  struct Row {
    std::string fields;
    Refusal refusal;
    Framing framing{};
    bool keep_alive = true;
  };
  const Row rows[] = {
      {"", Refusal::none, until_close, false},
      {"Connection: keep-alive\r\n", Refusal::none, until_close, false},
      {"Content-Length: 5\r\n", Refusal::none, length(5)},
      {"Content-Length: 0\r\n", Refusal::none, length(0)},
      {"Content-Length: 5\r\nConnection: close\r\n", Refusal::none, length(5), false},
      {"Transfer-Encoding: chunked\r\n", Refusal::none, chunked},
      {"Transfer-Encoding: chunked\r\nConnection: close\r\n", Refusal::none, chunked, false},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", Refusal::te_and_cl},
      {"Content-Length: 5\r\nContent-Length: 5\r\n", Refusal::bad_content_length},
      {"Content-Length: 5\r\nContent-Length: 6\r\n", Refusal::bad_content_length},
      {"Content-Length: 5, 5\r\n", Refusal::bad_content_length},
      {"Content-Length: -1\r\n", Refusal::bad_content_length},
      {"Content-Length:\r\n", Refusal::bad_content_length},
      {"Transfer-Encoding: identity\r\n", Refusal::unknown_coding},
      {"Transfer-Encoding: chunked, gzip\r\n", Refusal::bad_transfer_encoding},
      {"Transfer-Encoding: gzip, chunked\r\n", Refusal::unknown_coding},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", Refusal::bad_transfer_encoding},
      {"A: b\r\n c\r\n", Refusal::obs_fold},
      {std::string("A: \0\r\n", 6), Refusal::bad_field_value},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    const ScannedAnswer answer(answer_with(row.fields));
    CHECK(answer.result.refusal == row.refusal);
    if (!answer.complete()) continue;
    CHECK(answer.head.framing == row.framing);
    CHECK(answer.head.keep_alive == row.keep_alive);
  }
}

TEST_CASE("an answer of HTTP/1.0 persists only if it says so, and has no transfer codings") {
  const auto answer = [](std::string_view fields) { return ScannedAnswer(answer_with(fields, "HTTP/1.0 200 OK")); };
  CHECK_FALSE(answer("Content-Length: 1\r\n").head.keep_alive);
  CHECK(answer("Content-Length: 1\r\nConnection: keep-alive\r\n").head.keep_alive);
  CHECK_FALSE(answer("Connection: keep-alive\r\n").head.keep_alive);
  CHECK(answer("Transfer-Encoding: chunked\r\n").result.refusal == Refusal::te_in_http10);
}

TEST_CASE("some answers have no body whatever their fields say, and no framing field is believed there") {
  struct Row {
    std::string start;
    bool head_request;
    std::string fields;
    std::optional<std::uint64_t> announced;
  };
  const std::string ok = "HTTP/1.1 200 OK";
  const Row rows[] = {
      {ok, true, "", std::nullopt},
      {ok, true, "Content-Length: 9\r\n", 9},
      {ok, true, "Content-Length: 9\r\nContent-Length: 9\r\n", std::nullopt},
      {ok, true, "Content-Length: x\r\n", std::nullopt},
      {ok, true, "Transfer-Encoding: chunked\r\n", std::nullopt},
      {ok, true, "Transfer-Encoding: chunked\r\nContent-Length: 9\r\n", std::nullopt},
      {ok, true, "Transfer-Encoding: cow\r\n", std::nullopt},
      {"HTTP/1.1 204 No Content", false, "Content-Length: 9\r\n", 9},
      {"HTTP/1.1 204 No Content", false, "Transfer-Encoding: chunked\r\n", std::nullopt},
      {"HTTP/1.1 304 Not Modified", false, "Content-Length: 9\r\n", 9},
      {"HTTP/1.1 304 Not Modified", false, "Content-Length: 9, 9\r\n", std::nullopt},
      {"HTTP/1.1 100 Continue", false, "Content-Length: 9\r\n", 9},
      {"HTTP/1.1 103 Early Hints", false, "Transfer-Encoding: chunked\r\n", std::nullopt},
      {"HTTP/1.1 150 x", false, "", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.start, row.fields);
    const ScannedAnswer answer(answer_with(row.fields, row.start), {.head_request = row.head_request});
    REQUIRE(answer.complete());
    CHECK(answer.head.framing == none);
    CHECK(answer.head.keep_alive);
    CHECK(answer.head.content_length == row.announced);
  }
  CHECK(ScannedAnswer(answer_with("Content-Length: 3\r\n", "HTTP/1.1 205 Reset Content")).head.framing == length(3));
}

TEST_CASE("a switch of protocols has to have been asked for, and to be to websocket") {
  const std::string start = "HTTP/1.1 101 Switching Protocols";
  const AnswerContext asked{.head_request = false, .upgrade_requested = true};
  const std::string websocket = answer_with("Connection: upgrade\r\nUpgrade: WebSocket\r\n", start);
  CHECK(ScannedAnswer(websocket, asked).complete());
  CHECK(ScannedAnswer(websocket).result.refusal == Refusal::unasked_upgrade);
  CHECK(ScannedAnswer(answer_with("Upgrade: h2c\r\n", start), asked).result.refusal == Refusal::unasked_upgrade);
  CHECK(ScannedAnswer(answer_with("", start), asked).result.refusal == Refusal::unasked_upgrade);
  CHECK(status_of(Refusal::unasked_upgrade) == 502);
}

TEST_CASE("an answer is framed for the client's version") {
  struct Row {
    Framing backend;
    Framing http11;
    Framing http10;
  };
  const Row rows[] = {
      {none, none, none},
      {length(7), length(7), length(7)},
      {chunked, chunked, until_close},
      {until_close, chunked, until_close},
  };
  for (const Row& row : rows) {
    ResponseHead answer;
    answer.framing = row.backend;
    RequestHead request;
    request.minor_version = 1;
    CHECK(framing_to_client(answer, request) == row.http11);
    request.minor_version = 0;
    CHECK(framing_to_client(answer, request) == row.http10);
  }
}

}  // namespace
}  // namespace stickler::http
