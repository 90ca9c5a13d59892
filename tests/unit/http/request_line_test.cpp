// RFC 9112 2 and 3: what a request may begin with.
#include <catch2/catch.hpp>
#include <string>

#include "tests/unit/http/heads.h"

namespace stickler::http {
namespace {

struct Row {
  std::string bytes;  // Without a Host and the rest.
  Refusal refusal;
};

TEST_CASE("a request line is METHOD SP target SP HTTP/1.x, and nothing else") {
  const Row rows[] = {
      {"GET / HTTP/1.1\r\n", Refusal::none},
      {"GET / HTTP/1.0\r\n", Refusal::none},
      {"GET / HTTP/1.2\r\n", Refusal::none},
      {"GET / HTTP/1.9\r\n", Refusal::none},
      {"GET  / HTTP/1.1\r\n", Refusal::bad_request_line},
      {" GET / HTTP/1.1\r\n", Refusal::bad_request_line},
      {"GET /  HTTP/1.1\r\n", Refusal::bad_version},
      {"GET / HTTP/1.1 \r\n", Refusal::bad_request_line},
      {"GET / HTTP/1.1\t\r\n", Refusal::bad_request_line},
      {"GET\t/ HTTP/1.1\r\n", Refusal::bad_method},
      {"GET /\tHTTP/1.1\r\n", Refusal::bad_target},
      {"GET /x y HTTP/1.1\r\n", Refusal::bad_version},
      {"GET / HTTP/1.1\n", Refusal::bare_line_break},
      {"GET / HTTP/1.1\r\r\n", Refusal::bad_request_line},
      {"GET / HTTP/1.1\rX\n", Refusal::bad_request_line},
      {"GET / HTTP/1.1\v\r\n", Refusal::bad_request_line},
      {"GET /\r\n", Refusal::bad_request_line},
      {"GET /\n", Refusal::bad_request_line},
      {"GET / \r\n", Refusal::bad_version},
      {"GET\r\n", Refusal::bad_method},
      {"GET \r\n", Refusal::bad_request_line},
      {"\x16\x03\x01\x02", Refusal::bad_request_line},
      {": / HTTP/1.1\r\n", Refusal::bad_request_line},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(refusal_of(row.bytes + "Host: a\r\n\r\n") == row.refusal);
  }
}

TEST_CASE("a higher minor version is served as 1.1, a higher major one refused with 505") {
  const Row rows[] = {
      {"HTTP/0.9", Refusal::bad_version},         {"HTTP/2.0", Refusal::unsupported_version},
      {"HTTP/3.0", Refusal::unsupported_version}, {"HTTP/1", Refusal::bad_version},
      {"HTTP/11", Refusal::bad_version},          {"HTTP/1.", Refusal::bad_version},
      {"HTTP/1.x", Refusal::bad_version},         {"HTTP/x.1", Refusal::bad_version},
      {"HTTP/1.10", Refusal::bad_request_line},   {"HTTP/01.1", Refusal::bad_version},
      {"http/1.1", Refusal::bad_version},         {"HTTP 1.1", Refusal::bad_version},
      {"RTSP/1.0", Refusal::bad_version},         {"ICE/1.0", Refusal::bad_version},
      {"HTTP/-1.1", Refusal::bad_version},        {"HTTP/1,1", Refusal::bad_version},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(refusal_of(request_with("", "GET / " + row.bytes)) == row.refusal);
  }
  CHECK(status_of(Refusal::unsupported_version) == 505);
  CHECK(ScannedRequest(request_with("", "GET / HTTP/1.0")).head.minor_version == 0);
  CHECK(ScannedRequest(request_with("", "GET / HTTP/1.1")).head.minor_version == 1);
  CHECK(ScannedRequest(request_with("", "GET / HTTP/1.7")).head.minor_version == 1);
}

TEST_CASE("a method is a token of at most 32 bytes; one that is not known stays for a 501") {
  struct MethodRow {
    std::string text;
    Refusal refusal;
    Method method;
  };
  const MethodRow rows[] = {
      {"GET", Refusal::none, Method::get},
      {"HEAD", Refusal::none, Method::head},
      {"POST", Refusal::none, Method::post},
      {"PUT", Refusal::none, Method::put},
      {"DELETE", Refusal::none, Method::delete_},
      {"PATCH", Refusal::none, Method::patch},
      {"OPTIONS", Refusal::none, Method::options},
      {"TRACE", Refusal::none, Method::trace},
      {"get", Refusal::none, Method::other},
      {"PURGE", Refusal::none, Method::other},
      {"DELETF", Refusal::none, Method::other},
      {"SEARCHX", Refusal::none, Method::other},
      {"PXT", Refusal::none, Method::other},
      {"PAST", Refusal::none, Method::other},
      {"M-SEARCH", Refusal::none, Method::other},
      {std::string(32, 'M'), Refusal::none, Method::other},
      {std::string(33, 'M'), Refusal::bad_method, Method::other},
      {"GE(T", Refusal::bad_method, Method::other},
      {"GET\x80", Refusal::bad_method, Method::other},
      {std::string("G\0T", 3), Refusal::bad_method, Method::other},
  };
  for (const MethodRow& row : rows) {
    CAPTURE(row.text);
    const ScannedRequest request(request_with("", row.text + " / HTTP/1.1"));
    CHECK(request.result.refusal == row.refusal);
    if (!request.complete()) continue;
    CHECK(request.head.method == row.method);
    CHECK(request.head.method_text() == row.text);
  }
}

TEST_CASE("which methods may be sent twice") {
  for (const Method method :
       {Method::get, Method::head, Method::put, Method::delete_, Method::options, Method::trace}) {
    CHECK(is_idempotent(method));
  }
  for (const Method method : {Method::post, Method::patch, Method::connect, Method::other}) {
    CHECK_FALSE(is_idempotent(method));
  }
}

TEST_CASE("up to four empty lines before a request are skipped, broken or more ones refused") {
  const std::string request = request_with("");
  const Row rows[] = {
      {"\r\n", Refusal::none},
      {"\r\n\r\n\r\n\r\n", Refusal::none},
      {"\r\n\r\n\r\n\r\n\r\n", Refusal::bad_request_line},
      {"\n", Refusal::bare_line_break},
      {"\r", Refusal::bare_line_break},
      {"\r\r\n", Refusal::bare_line_break},
      {"\r\n\n", Refusal::bare_line_break},
      {"\r\n ", Refusal::bad_request_line},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(refusal_of(row.bytes + request) == row.refusal);
  }
  const ScannedRequest behind(std::string("\r\n\r\n") + request);
  CHECK(behind.head.method_text() == "GET");
  CHECK(behind.head.authority() == "test.example");
  CHECK(behind.result.size == request.size() + 4);
}

TEST_CASE("each beginning of a good head wants more, and only the whole is complete") {
  const std::string request = "\r\n" + request_with("A: b\r\nC:\t d \r\n", "PATCH /x?y HTTP/1.1");
  for (std::size_t size = 0; size < request.size(); ++size) {
    CAPTURE(size);
    RequestHead head;
    CHECK(scan_request(std::string_view(request).substr(0, size), {}, head).outcome == Outcome::need_more);
  }
  RequestHead head;
  const std::string with_more = request + "GET / HT";
  const ScanResult result = scan_request(with_more, {}, head);
  CHECK(result.outcome == Outcome::complete);
  CHECK(result.size == request.size());
}

TEST_CASE("a scan that wants more says whether the start line is whole") {
  RequestHead head;
  CHECK(scan_request("GET / HTTP/1.1\r", {}, head).size == 0);
  CHECK(scan_request("GET / HTTP/1.1\r\n", {}, head).size == 16);
  CHECK(scan_request("\r\nGET / HTTP/1.1\r\nHo", {}, head).size == 18);
}

TEST_CASE("a head is refused for what made it too large, as early as that is certain") {
  const HeadLimits limits{.header_bytes = 200, .headers = 3, .uri_bytes = 20};
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  const Row rows[] = {
      {"GET /" + std::string(19, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::none},
      {"GET /" + std::string(20, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::uri_too_long},
      {"GET /" + std::string(20, 'x'), Refusal::uri_too_long},
      {start + "B: 1\r\nC: 2\r\n\r\n", Refusal::none},
      {start + "B: 1\r\nC: 2\r\nD: 3\r\n\r\n", Refusal::too_many_fields},
      {start + "B: " + std::string(200 - start.size() - 7, 'x') + "\r\n\r\n", Refusal::none},
      {start + "B: " + std::string(200 - start.size() - 6, 'x') + "\r\n\r\n", Refusal::head_too_large},
      {start + "B: " + std::string(300, 'x'), Refusal::head_too_large},
      {start + std::string(300, 'x'), Refusal::head_too_large},
      {start + "B: " + std::string(300, 'x') + "\x01", Refusal::head_too_large},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(refusal_of(row.bytes, limits) == row.refusal);
  }
  CHECK(status_of(Refusal::uri_too_long) == 414);
  CHECK(status_of(Refusal::head_too_large) == 431);
  CHECK(status_of(Refusal::too_many_fields) == 431);
}

TEST_CASE("a body behind a head does not count for its limit") {
  const std::string head = request_with("Content-Length: 100\r\n");
  CHECK(refusal_of(head + std::string(1000, 'x'), {.header_bytes = head.size()}) == Refusal::none);
}

}  // namespace
}  // namespace stickler::http
