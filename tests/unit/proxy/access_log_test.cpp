#include "lb/proxy/access_log.h"

#include <catch2/catch.hpp>

namespace stickler::proxy {
namespace {

using namespace std::chrono_literals;

const WallTime some_time{std::chrono::seconds(1770091506) + 789012us};  // 2026-02-03T04:05:06.789012Z

AccessRecord full_record() {
  return {.time = some_time,
          .request_id = "0123456789abcdef0123456789abcdef",
          .client = "192.0.2.7",
          .listener = "web",
          .host = "login.example.com",
          .method = "POST",
          .path = "/api/login?next=%2F",
          .protocol = "HTTP/1.1",
          .status = 200,
          .bytes_in = 31,
          .bytes_out = 1234,
          .route = "login.example.com/api/",
          .pool = "login",
          .backend = "a",
          .verdict = "bound",
          .attempts = 2,
          .reason = "",
          .connect_time = 1500us,
          .first_byte_time = 12ms + 345us,
          .total_time = 2s + 7us,
          .tls = "",
          .user_agent = "curl/7.88",
          .referer = "http://example.com/"};
}

std::string json(const AccessRecord& record) {
  std::string out;
  format_json(out, record);
  return out;
}

std::string json_of_path(std::string_view path) {
  AccessRecord record;
  record.path = path;
  const std::string line = json(record);
  const std::size_t begin = line.find("\"path\":") + 7;
  return line.substr(begin, line.find(",\"protocol\"") - begin);
}

std::string common(const AccessRecord& record) {
  std::string out;
  format_common(out, record);
  return out;
}

TEST_CASE("a JSON line has every field of the reference, in its order") {
  CHECK(json(full_record()) ==
        R"({"time":"2026-02-03T04:05:06.789012Z","request_id":"0123456789abcdef0123456789abcdef",)"
        R"("client":"192.0.2.7","listener":"web","host":"login.example.com","method":"POST",)"
        R"("path":"/api/login?next=%2F","protocol":"HTTP/1.1","status":200,"bytes_in":31,"bytes_out":1234,)"
        R"("route":"login.example.com/api/","pool":"login","backend":"a","verdict":"bound","attempts":2,)"
        R"("reason":"","connect_ms":1.500,"first_byte_ms":12.345,"total_ms":2000.007,"tls":"",)"
        R"("user_agent":"curl/7.88"})"
        "\n");
}

TEST_CASE("a time that was never reached is null in JSON") {
  const std::string line = json({});
  CHECK(line.find("\"connect_ms\":null,\"first_byte_ms\":null,\"total_ms\":null") != std::string::npos);
}

TEST_CASE("what a client sends cannot break out of its JSON string or its line") {
  struct Row {
    std::string_view path;
    std::string_view expected;
  };
  using namespace std::string_view_literals;
  const Row rows[] = {
      {"/plain", R"("/plain")"},
      {"", R"("")"},
      {R"(/a"b\c)", R"("/a\"b\\c")"},
      {"/\r\n{}", R"("/\u000d\u000a{}")"},
      {"/\0\x1f\x7f"sv, R"("/\u0000\u001f\u007f")"},
      {"/\u00e4\u20ac\U0001f600", "\"/\u00e4\u20ac\U0001f600\""},
      {"/\xff\xfe", R"("/\u00ff\u00fe")"},
      {"/\xc3", R"("/\u00c3")"},  // Cut short.
      {"/\xe2\x82", R"("/\u00e2\u0082")"},
      {"/\xf0\x9f\x98", R"("/\u00f0\u009f\u0098")"},
      {"/\xc0\xaf", R"("/\u00c0\u00af")"},  // Overlong.
      {"/\xe0\x80\xaf", R"("/\u00e0\u0080\u00af")"},
      {"/\xf0\x80\x80\xaf", R"("/\u00f0\u0080\u0080\u00af")"},
      {"/\xed\xa0\x80", R"("/\u00ed\u00a0\u0080")"},            // A surrogate.
      {"/\xf4\x90\x80\x80", R"("/\u00f4\u0090\u0080\u0080")"},  // Beyond Unicode.
      {"/\x80x", R"("/\u0080x")"},                              // A continuation alone.
      {"/\xc3(", R"("/\u00c3(")"},
  };
  for (const Row& row : rows) {
    INFO(row.expected);
    CHECK(json_of_path(row.path) == row.expected);
  }
}

TEST_CASE("common is Apache's common log format") {
  CHECK(common(full_record()) ==
        "192.0.2.7 - - [03/Feb/2026:04:05:06 +0000] \"POST /api/login?next=%2F HTTP/1.1\" 200 1234\n");
}

TEST_CASE("combined adds the referer and the user agent") {
  std::string out;
  format_combined(out, full_record());
  CHECK(out ==
        "192.0.2.7 - - [03/Feb/2026:04:05:06 +0000] \"POST /api/login?next=%2F HTTP/1.1\" 200 1234 "
        "\"http://example.com/\" \"curl/7.88\"\n");
}

TEST_CASE("common shows a hyphen for what there is not") {
  AccessRecord record;
  record.time = some_time;
  record.client = "::1";
  CHECK(common(record) == "::1 - - [03/Feb/2026:04:05:06 +0000] \"-\" - -\n");
}

TEST_CASE("common escapes as Apache does") {
  AccessRecord record;
  record.method = "GET";
  record.path = "/\"\\\n\t\v\r\b\x01\x7f\xc3\xa4";
  record.protocol = "HTTP/1.1";
  CHECK(common(record).find("\"GET /\\\"\\\\\\n\\t\\v\\r\\b\\x01\\x7f\\xc3\\xa4 HTTP/1.1\"") != std::string::npos);
}

TEST_CASE("a line is appended to what is there") {
  std::string out = "before\n";
  format_common(out, full_record());
  format_json(out, full_record());
  CHECK(out.starts_with("before\n192.0.2.7 "));
  CHECK(std::count(out.begin(), out.end(), '\n') == 3);
}

TEST_CASE("times before 1970 and between seconds stand in the right second") {
  AccessRecord record;
  record.time = WallTime(-1us);
  CHECK(json(record).starts_with(R"({"time":"1969-12-31T23:59:59.999999Z")"));
  record.time = WallTime(999999999ns);
  CHECK(json(record).starts_with(R"({"time":"1970-01-01T00:00:00.999999Z")"));
  record.time = WallTime(std::chrono::seconds(951782400));
  CHECK(json(record).starts_with(R"({"time":"2000-02-29T00:00:00.000000Z")"));
}

}  // namespace
}  // namespace stickler::proxy
