// The request line (RFC 9112 3): exactly METHOD SP target SP HTTP/1.x CRLF.
#include <catch2/catch.hpp>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

using namespace std::string_literals;

const std::string host = "\r\nHost: test.example\r\n\r\n";

const std::vector<RequestRow> malformed = {
    {"two spaces behind the method", "GET  /x HTTP/1.1" + host, {refused(400, "bad_request_line")}},
    {"two spaces before the version", "GET /x  HTTP/1.1" + host, {refused(400, "bad_version")}},
    {"a space in front", " GET /x HTTP/1.1" + host, {refused(400, "bad_request_line")}},
    {"a space behind the version", "GET /x HTTP/1.1 " + host, {refused(400, "bad_request_line")}},
    {"a tab behind the method", "GET\t/x HTTP/1.1" + host, {refused(400, "bad_method")}},
    {"a tab before the version", "GET /x\tHTTP/1.1" + host, {refused(400, "bad_target")}},
    {"a vertical tab behind the method", "GET\v/x HTTP/1.1" + host, {refused(400, "bad_method")}},
    {"nothing but a method", "GET\r\n\r\n", {refused(400, "bad_method")}},
    {"no method", "/x HTTP/1.1" + host, {refused(400, "bad_request_line")}},
    {"a NUL in the method", "G\0T /x HTTP/1.1"s + host, {refused(400, "bad_method")}},
    {"a colon in the method", "GE:T /x HTTP/1.1" + host, {refused(400, "bad_method")}},
    {"8 bits in the method", "G\xc3\x89T /x HTTP/1.1" + host, {refused(400, "bad_method")}},
    {"a method of 33 bytes", std::string(33, 'M') + " /x HTTP/1.1" + host, {refused(400, "bad_method")}},
    {"a bare LF at its end", "GET /x HTTP/1.1\nHost: test.example\r\n\r\n", {refused(400, "bare_line_break")}},
    {"a bare CR at its end", "GET /x HTTP/1.1\rHost: test.example\r\n\r\n", {refused(400, "bad_request_line")}},
    {"two CRs at its end", "GET /x HTTP/1.1\r\r\nHost: test.example\r\n\r\n", {refused(400, "bad_request_line")}},
    {"nothing but LFs", "\n\n\n", {refused(400, "bare_line_break")}},
    {"a bare CR in front", "\rGET /x HTTP/1.1" + host, {refused(400, "bare_line_break")}},
    {"the beginning of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, {refused(400, "bad_request_line")}},
    {"an answer instead of a request", "HTTP/1.1 200 OK\r\n\r\n", {refused(400, "bad_method")}},
};

const std::vector<RequestRow> versions = {
    {"HTTP/0.9: no version", "GET /x\r\n\r\n", {refused(400, "bad_request_line")}},
    {"HTTP/0.9, spelled out", "GET /x HTTP/0.9" + host, {refused(400, "bad_version")}},
    {"no number", "GET /x HTTP/" + host, {refused(400, "bad_version")}},
    {"no minor number", "GET /x HTTP/1" + host, {refused(400, "bad_version")}},
    {"a dot and no minor number", "GET /x HTTP/1." + host, {refused(400, "bad_version")}},
    {"two digits", "GET /x HTTP/1.10" + host, {refused(400, "bad_request_line")}},
    {"a leading zero", "GET /x HTTP/01.1" + host, {refused(400, "bad_version")}},
    {"lower case", "GET /x http/1.1" + host, {refused(400, "bad_version")}},
    {"a comma for the dot", "GET /x HTTP/1,1" + host, {refused(400, "bad_version")}},
    {"another protocol: RTSP", "GET /x RTSP/1.0" + host, {refused(400, "bad_version")}},
    {"another protocol: ICE", "SOURCE /x ICE/1.0" + host, {refused(400, "bad_version")}},
    {"HTTP/2.0 on an HTTP/1 connection", "GET /x HTTP/2.0" + host, {refused(505, "unsupported_version")}},
    {"HTTP/3.0", "GET /x HTTP/3.0" + host, {refused(505, "unsupported_version")}},
    {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {refused(505, "unsupported_version")}},
    {"a higher minor version is 1.1", "GET /x HTTP/1.2" + host, {relayed("GET /x")}},
    {"the highest minor version is 1.1", "GET /x HTTP/1.9" + host, {relayed("GET /x")}},
    {"1.0 ends with its answer", "GET /x HTTP/1.0" + host, {last(relayed("GET /x"))}},
    {"1.0 with keep-alive", "GET /x HTTP/1.0\r\nConnection: keep-alive" + host, {relayed("GET /x")}},
};

const std::vector<RequestRow> methods = {
    {"POST without a body", "POST /x HTTP/1.1" + host, {relayed("POST /x")}},
    {"PUT", "PUT /x HTTP/1.1\r\nContent-Length: 2" + host + "ok", {relayed("PUT /x", "ok")}},
    {"PATCH", "PATCH /x HTTP/1.1\r\nContent-Length: 2" + host + "ok", {relayed("PATCH /x", "ok")}},
    {"DELETE", "DELETE /x HTTP/1.1" + host, {relayed("DELETE /x")}},
    {"HEAD has no body in its answer", "HEAD /x HTTP/1.1" + host, {relayed("HEAD /x")}},
    {"OPTIONS", "OPTIONS /x HTTP/1.1" + host, {relayed("OPTIONS /x")}},
    {"TRACE", "TRACE /x HTTP/1.1" + host, {relayed("TRACE /x")}},
    {"CONNECT", "CONNECT test.example:443 HTTP/1.1" + host, {answered(405, "connect_refused")}},
    {"an unknown method", "BREW /x HTTP/1.1" + host, {answered(501, "unknown_method")}},
    {"methods are case-sensitive", "get /x HTTP/1.1" + host, {answered(501, "unknown_method")}},
    {"an unknown method of 32 bytes", std::string(32, 'M') + " /x HTTP/1.1" + host, {answered(501, "unknown_method")}},
    {"an unknown method of odd tokens", "!#$%&'*+-.^_`|~ /x HTTP/1.1" + host, {answered(501, "unknown_method")}},
    {"an unknown method whose body stays unread",
     "BREW /x HTTP/1.1\r\nContent-Length: 6" + host + "coffee",
     {refused(501, "unknown_method")}},
    {"an unknown method with an empty body",
     "BREW /x HTTP/1.1\r\nContent-Length: 0" + host,
     {answered(501, "unknown_method")}},
};

const std::string request_y = "GET /y HTTP/1.1" + host;

const std::vector<RequestRow> empty_lines = {
    {"one before a request", "\r\nGET /x HTTP/1.1" + host, {relayed("GET /x")}},
    {"four before a request", "\r\n\r\n\r\n\r\nGET /x HTTP/1.1" + host, {relayed("GET /x")}},
    {"five before a request", "\r\n\r\n\r\n\r\n\r\nGET /x HTTP/1.1" + host, {refused(400, "bad_request_line")}},
    {"a bare LF before a request", "\nGET /x HTTP/1.1" + host, {refused(400, "bare_line_break")}},
    {"one behind a body, as old browsers send it",
     "POST /x HTTP/1.1\r\nContent-Length: 2" + host + "ok\r\n" + request_y,
     {relayed("POST /x", "ok"), relayed("GET /y")}},
    {"one between two requests", "GET /x HTTP/1.1" + host + "\r\n" + request_y, {relayed("GET /x"), relayed("GET /y")}},
};

TEST_CASE("a malformed request line is refused") { check_requests(malformed); }
TEST_CASE("HTTP/1.x is served, a higher major version is 505, everything else is refused") { check_requests(versions); }
TEST_CASE("known methods are forwarded, CONNECT is 405, an unknown one 501") { check_requests(methods); }
TEST_CASE("a few empty lines before a request are skipped") { check_requests(empty_lines); }

}  // namespace
}  // namespace stickler::integration
