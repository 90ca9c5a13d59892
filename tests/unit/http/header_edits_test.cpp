// `set`, `add` and `remove` of the configuration.
#include <catch2/catch.hpp>
#include <string>

#include "lb/http/header_edits.h"

namespace stickler::http {
namespace {

std::string written(const HeaderEdits& edits, const HeaderVariables& variables = {}) {
  std::string text;
  Output out(text, 0);
  edits.append_fields(out, variables);
  out.finish();
  return text;
}

std::string rendered(std::string_view value, const HeaderVariables& variables) {
  const auto compiled = HeaderTemplate::compile(value);
  REQUIRE(compiled);
  std::string text;
  Output out(text, 0);
  compiled->append(out, variables);
  out.finish();
  return text;
}

TEST_CASE("variables stand for what a message brings") {
  const HeaderVariables variables{.client_ip = "1",
                                  .client_port = "2",
                                  .request_id = "3",
                                  .host = "4",
                                  .method = "5",
                                  .path = "6",
                                  .scheme = "7",
                                  .listener = "8",
                                  .pool = "9",
                                  .backend = "10"};
  struct Row {
    std::string_view text;
    std::string result;
  };
  const Row rows[] = {
      {"", ""},
      {"plain", "plain"},
      {"%{client_ip}:%{client_port}", "1:2"},
      {"<%{request_id}%{host}%{method}%{path}%{scheme}%{listener}%{pool}%{backend}>", "<345678910>"},
      {"100% %x {y} %", "100% %x {y} %"},
      {"}%{host}}", "}4}"},
      {"\x80\t", "\x80\t"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(rendered(row.text, variables) == row.result);
  }
}

TEST_CASE("a value that would break a message, or names nothing, is refused with a reason") {
  struct Row {
    std::string value;
    std::string message;
  };
  const Row rows[] = {
      {"a\r\nb", "a header value must not hold control characters"},
      {"a\nb", "a header value must not hold control characters"},
      {std::string("a\0b", 3), "a header value must not hold control characters"},
      {"%{host", "a header value has '%{' without '}'"},
      {"%{hots}", "there is no header variable '%{hots}'"},
      {"%{}", "there is no header variable '%{}'"},
      {"%{host} %{ host}", "there is no header variable '%{ host}'"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value);
    HeaderEdits edits;
    for (const auto& result : {edits.set("X", row.value), edits.add("X", row.value), edits.set("Host", row.value)}) {
      REQUIRE_FALSE(result);
      CHECK(result.error().message == row.message);
    }
  }
}

TEST_CASE("fields that frame a message or concern one connection cannot be edited, however they are spelled") {
  HeaderEdits edits;
  for (const char* name : {"Content-Length", "content_length", "Transfer-Encoding", "TRANSFER-ENCODING", "Trailer",
                           "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Upgrade", "HTTP2-Settings"}) {
    CAPTURE(name);
    for (const auto& result : {edits.set(name, "x"), edits.add(name, "x"), edits.remove(name)}) {
      REQUIRE_FALSE(result);
      CHECK(result.error().message.find(name) != std::string::npos);
      CHECK(result.error().message.ends_with("cannot be edited"));
    }
  }
  for (const char* name : {"", "a b", "a:", "\x80", "a\r\n"}) {
    for (const auto& result : {edits.set(name, "x"), edits.add(name, "x"), edits.remove(name)}) {
      REQUIRE_FALSE(result);
      CHECK(result.error().message.ends_with("is not a field name"));
    }
  }
  CHECK(edits.empty());
}

TEST_CASE("Host can be set to a host, and neither added nor removed") {
  HeaderEdits edits;
  CHECK_FALSE(edits.add("Host", "a"));
  CHECK_FALSE(edits.remove("HOST"));
  for (const char* bad : {"", "a b", "http://a", "a/b", "a:x"}) {
    CAPTURE(bad);
    const auto result = edits.set("Host", bad);
    REQUIRE_FALSE(result);
    CHECK(result.error().message.find("is no host") != std::string::npos);
  }
  CHECK(edits.host() == nullptr);
  CHECK(edits.empty());
  REQUIRE(edits.set("host", "a.example:8080"));
  CHECK_FALSE(edits.empty());
  CHECK(edits.host() != nullptr);
  CHECK(edits.drops("Host"));
  CHECK(written(edits).empty());
  CHECK(edits.set("Host", "%{backend}.internal"));
}

TEST_CASE("the last word on a name counts, layer over layer") {
  HeaderEdits edits;
  CHECK(edits.empty());
  REQUIRE(edits.add("A", "1"));
  CHECK_FALSE(edits.empty());
  CHECK_FALSE(edits.drops("A"));
  REQUIRE(edits.add("a", "2"));
  CHECK(written(edits) == "A: 1\r\na: 2\r\n");
  REQUIRE(edits.set("A", "3"));
  CHECK(edits.drops("a"));
  CHECK(written(edits) == "A: 3\r\n");
  REQUIRE(edits.add("A", "4"));
  CHECK(written(edits) == "A: 3\r\nA: 4\r\n");
  REQUIRE(edits.remove("A"));
  CHECK(written(edits).empty());
  CHECK(edits.drops("A"));
  REQUIRE(edits.add("A", "5"));
  CHECK(written(edits) == "A: 5\r\n");
  CHECK(edits.drops("A"));
  CHECK_FALSE(edits.drops("B"));
}

TEST_CASE("a field that programs would take for an edited one is dropped with it") {
  HeaderEdits edits;
  REQUIRE(edits.remove("X-User-Name"));
  for (const char* name : {"X-User-Name", "x_user_name", "X-USER_name"}) CHECK(edits.drops(name));
  for (const char* name : {"X-User", "XUserName", "X-User-Names"}) CHECK_FALSE(edits.drops(name));
}

}  // namespace
}  // namespace stickler::http
