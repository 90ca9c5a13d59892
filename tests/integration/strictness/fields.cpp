// Header fields (RFC 9112 5): names, values, line ends.
#include <catch2/catch.hpp>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

using namespace std::string_literals;

RequestRow bad(std::string name, const std::string& lines, const std::string& reason) {
  return {std::move(name), get_x(lines), {refused(400, reason)}};
}

RequestRow good(std::string name, const std::string& lines) {
  return {std::move(name), get_x(lines), {relayed("GET /x")}};
}

const std::vector<RequestRow> names = {
    good("every mark of a token", "!#$%&'*+-.^_`|~09azAZ: 1\r\n"),
    good("a long name", std::string(1000, 'n') + ": 1\r\n"),
    bad("a space before the colon", "X-A : 1\r\n", "bad_field_name"),
    bad("a tab before the colon", "X-A\t: 1\r\n", "bad_field_name"),
    bad("no name", ": 1\r\n", "bad_field_name"),
    bad("a blank for a name", " : 1\r\n", "obs_fold"),
    bad("no colon", "X-A\r\n", "bad_field_name"),
    bad("no colon in the last line", "X-A: 1\r\nrest\r\n", "bad_field_name"),
    bad("a space inside", "X A: 1\r\n", "bad_field_name"),
    bad("a parenthesis", "X(A): 1\r\n", "bad_field_name"),
    bad("an at sign", "X@A: 1\r\n", "bad_field_name"),
    bad("a quote", "\"X-A\": 1\r\n", "bad_field_name"),
    bad("a slash", "X/A: 1\r\n", "bad_field_name"),
    bad("a NUL", "X\0A: 1\r\n"s, "bad_field_name"),
    bad("a control character",
        "X\x01"
        "A: 1\r\n",
        "bad_field_name"),
    bad("a DEL", "X\x7f: 1\r\n", "bad_field_name"),
    bad("8 bits", "X-\xc3\x84: 1\r\n", "bad_field_name"),
    bad("a bare CR", "X\rA: 1\r\n", "bad_field_name"),
    bad("a second request line", "GET /y HTTP/1.1\r\n", "bad_field_name"),
};

const std::vector<RequestRow> values = {
    good("empty", "X-A:\r\n"),
    good("blanks alone", "X-A: \t \r\n"),
    good("no blank before it", "X-A:1\r\n"),
    good("a tab inside", "X-A: a\tb\r\n"),
    good("8 bits", "X-A: \xc3\xa4\xff\x80\r\n"),
    good("colons and quotes", "X-A: \"a: b\": (c\r\n"),
    bad("a NUL", "X-A: a\0b\r\n"s, "bad_field_value"),
    bad("a control character", "X-A: a\x01\r\n", "bad_field_value"),
    bad("an escape character", "X-A: \x1b[31m\r\n", "bad_field_value"),
    bad("a DEL", "X-A: a\x7f\r\n", "bad_field_value"),
    bad("a vertical tab", "X-A: a\v\r\n", "bad_field_value"),
    bad("a bare CR", "X-A: a\rb\r\n", "bad_field_value"),
    bad("a bare CR before CR LF", "X-A: a\r\r\n", "bad_field_value"),
    bad("a bare LF", "X-A: a\nX-B: b\r\n", "bare_line_break"),
    bad("a bare LF that would hide a field", "X-A: a\nContent-Length: 100\r\n", "bare_line_break"),
};

const std::vector<RequestRow> lines = {
    bad("folded with a space", "X-A: a\r\n b\r\n", "obs_fold"),
    bad("folded with a tab", "X-A: a\r\n\tb\r\n", "obs_fold"),
    bad("folded into a blank line", "X-A: a\r\n \r\n", "obs_fold"),
    bad("a fold that looks like a field", "X-A: a\r\n Content-Length: 5\r\n", "obs_fold"),
    {"a fold before the first field", "GET /x HTTP/1.1\r\n Host: a\r\nHost: b\r\n\r\n", {refused(400, "obs_fold")}},
    {"an empty line that is a bare LF", "GET /x HTTP/1.1\r\nHost: a\r\n\n", {refused(400, "bare_line_break")}},
    {"an empty line of LF LF", "GET /x HTTP/1.1\r\nHost: a\n\n", {refused(400, "bare_line_break")}},
    {"an empty line of CR CR LF", "GET /x HTTP/1.1\r\nHost: a\r\n\r\r\n\r\n", {refused(400, "bad_field_value")}},
    {"no fields, and a bare LF", "GET /x HTTP/1.1\r\n\n", {refused(400, "bare_line_break")}},
    {"an end amid the request line", "GET /x HT", {}, "", true},
    {"an end amid the fields", "GET /x HTTP/1.1\r\nHost: a\r\nX-A: b", {}, "", true},
    {"an end before the empty line", "GET /x HTTP/1.1\r\nHost: a\r\n", {}, "", true},
    {"an end before anything", "", {}, "", true},
    {"a request and nothing more", get_x(), {relayed("GET /x")}, "", true},
};

TEST_CASE("a field name is a token directly before its colon") { check_requests(names); }
TEST_CASE("a field value has no control character but the tab") { check_requests(values); }
TEST_CASE("every line of a head ends with CR LF, and none is folded") { check_requests(lines); }

TEST_CASE("blanks around a value are not part of it, and its bytes go on as they are") {
  ScriptedOrigin origin(answering(echo));
  Balancer balancer(Setup{.backends = {origin.address()}});
  const std::string odd = "a\tb \xc3\xa4\xff \"q\\\"\" ,;=";
  CHECK(fetch(balancer.port(), "/x", "X-A: \t " + odd + " \t \r\nX-B:c\r\n").status() == 200);
  CHECK(origin.last().field("X-A") == odd);
  CHECK(origin.last().field("X-B") == "c");
  check_aftermath(balancer, origin, "odd bytes");
}

}  // namespace
}  // namespace stickler::integration
