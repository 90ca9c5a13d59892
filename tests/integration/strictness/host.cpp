// Host (RFC 9112 3.2, 9110 7.2): exactly one valid one in HTTP/1.1.
#include <catch2/catch.hpp>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

using namespace std::string_literals;

RequestRow with(std::string name, const std::string& lines, Outcome outcome) {
  return {std::move(name), "GET /x HTTP/1.1\r\n" + lines + "\r\n", {std::move(outcome)}};
}

RequestRow valid(std::string name, const std::string& host) {
  return with(std::move(name), "Host: " + host + "\r\n", relayed("GET /x"));
}

RequestRow invalid(std::string name, const std::string& host, const std::string& reason = "bad_host") {
  return with(std::move(name), "Host: " + host + "\r\n", refused(400, reason));
}

const std::vector<RequestRow> rows = {
    valid("a name", "test.example"),
    valid("a port", "test.example:8080"),
    valid("upper case", "TEST.Example"),
    valid("a trailing dot", "test.example."),
    valid("an underscore", "my_host"),
    valid("an IPv4 address", "127.0.0.1:80"),
    valid("an IPv6 address", "[2001:db8::1]:443"),
    valid("blanks around it", " \t test.example \t "),
    invalid("empty", ""),
    invalid("blanks alone", " \t "),
    invalid("a port alone", ":80"),
    invalid("a list", "a.example, b.example"),
    invalid("two names", "a.example b.example"),
    invalid("a tab inside", "a\tb"),
    invalid("a path", "test.example/a"),
    invalid("a query", "test.example?a"),
    invalid("a fragment", "test.example#a"),
    invalid("a backslash", "test.example\\a"),
    invalid("a scheme", "http://test.example"),
    invalid("user information", "me@test.example"),
    invalid("a port that is no number", "test.example:http"),
    invalid("a negative port", "test.example:-1"),
    invalid("a signed port", "test.example:+80"),
    invalid("a port above 65535", "test.example:65536"),
    invalid("two ports", "test.example:80:80"),
    invalid("a blank before the port", "test.example :80"),
    invalid("an unclosed bracket", "[::1"),
    invalid("text behind a bracket", "[::1]a"),
    invalid("a bracket around no address", "[localhost]"),
    invalid("8 bits", "t\xc3\xa4st.example"),
    invalid("a NUL", "test.example\0.evil"s, "bad_field_value"),
    with("none", "", refused(400, "bad_host")),
    with("two that differ", "Host: a.example\r\nHost: b.example\r\n", refused(400, "bad_host")),
    with("two that are the same", "Host: a.example\r\nHost: a.example\r\n", refused(400, "bad_host")),
    with("two in different case, apart", "hOST: a\r\nAccept: */*\r\nHOST: b\r\n", refused(400, "bad_host")),
    with("a space before the colon", "Host : a.example\r\n", refused(400, "bad_field_name")),
    with("a space before the name", " Host: a.example\r\n", refused(400, "obs_fold")),
    with("folded", "Host:\r\n a.example\r\n", refused(400, "obs_fold")),
    {"HTTP/1.0 may lack it", "GET /x HTTP/1.0\r\n\r\n", {last(relayed("GET /x"))}},
    {"HTTP/1.0 with an empty one", "GET /x HTTP/1.0\r\nHost:\r\n\r\n", {refused(400, "bad_host")}},
    {"HTTP/1.0 with two", "GET /x HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", {refused(400, "bad_host")}},
};

TEST_CASE("there must be exactly one valid Host") { check_requests(rows); }

}  // namespace
}  // namespace stickler::integration
