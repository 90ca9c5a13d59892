// The request target (RFC 9112 3.2): four forms, and paths that try to leave their place.
#include <catch2/catch.hpp>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

using namespace std::string_literals;

RequestRow target(std::string name, const std::string& method_and_target, Outcome outcome) {
  return {std::move(name), method_and_target + " HTTP/1.1\r\nHost: test.example\r\n\r\n", {std::move(outcome)}};
}

const std::vector<RequestRow> forms = {
    target("origin form", "GET /a/b?c=d", relayed("GET /a/b?c=d")),
    target("an empty query", "GET /a?", relayed("GET /a?")),
    target("a query of odd marks", "GET /?a=[1]&b={2}|\"^`<>", relayed("GET /?a=[1]&b={2}|\"^`<>")),
    target("percent signs that encode nothing", "GET /%/%z/%2", relayed("GET /%/%z/%2")),
    target("a second ? and a scheme in the query", "GET /?a?http://b/", relayed("GET /?a?http://b/")),
    target("a relative path", "GET a/b", refused(400, "bad_target")),
    target("a query alone", "GET ?a", refused(400, "bad_target")),
    target("a fragment", "GET /a#b", refused(400, "bad_target")),
    target("a fragment alone", "GET #", refused(400, "bad_request_line")),
    target("a space", "GET /a b", refused(400, "bad_version")),
    target("a NUL", "GET /a\0b"s, refused(400, "bad_target")),
    target("a control character", "GET /a\x01", refused(400, "bad_target")),
    target("a DEL", "GET /a\x7f", refused(400, "bad_target")),
    target("a bare CR", "GET /a\rb", refused(400, "bad_request_line")),
    target("UTF-8", "GET /\xc3\xa4", refused(400, "bad_target")),
    target("8 bits in the query", "GET /?\xff", refused(400, "bad_target")),
    target("asterisk with OPTIONS", "OPTIONS *", relayed("OPTIONS *")),
    target("asterisk with GET", "GET *", refused(400, "bad_target")),
    target("two asterisks", "OPTIONS **", refused(400, "bad_target")),
    target("authority with GET", "GET test.example:80", refused(400, "bad_target")),
    target("CONNECT", "CONNECT test.example:443", answered(405, "connect_refused")),
    target("CONNECT to an IPv6 address", "CONNECT [::1]:443", answered(405, "connect_refused")),
    target("CONNECT without a port", "CONNECT test.example", refused(400, "bad_target")),
    target("CONNECT with a path", "CONNECT /a", refused(400, "bad_target")),
    target("CONNECT in absolute form", "CONNECT http://test.example:80/", refused(400, "bad_target")),
    target("CONNECT with user information", "CONNECT me@test.example:443", refused(400, "bad_target")),
};

const std::vector<RequestRow> absolute = {
    target("absolute form", "GET http://other.example/a?b", relayed("GET /a?b")),
    target("with a port", "GET http://other.example:8080/", relayed("GET /")),
    target("to an IPv6 address", "GET http://[::1]:80/a", relayed("GET /a")),
    target("an upper-case scheme", "GET HTTP://OTHER.example/a", relayed("GET /a")),
    target("without a path", "GET http://other.example", relayed("GET /")),
    target("a query without a path", "GET http://other.example?a=/b", relayed("GET /?a=/b")),
    target("OPTIONS about the server as a whole", "OPTIONS http://other.example", relayed("OPTIONS *")),
    target("OPTIONS about its root", "OPTIONS http://other.example/", relayed("OPTIONS /")),
    target("https on a plain connection", "GET https://other.example/a", refused(421, "misdirected")),
    target("another scheme", "GET ftp://other.example/a", refused(400, "bad_target")),
    target("a scheme without slashes", "GET http:other.example/a", refused(400, "bad_target")),
    target("no authority", "GET http:///a", refused(400, "bad_target")),
    target("user information", "GET http://me:secret@other.example/", refused(400, "bad_target")),
    target("a port that is no number", "GET http://other.example:http/", refused(400, "bad_target")),
    target("a port above 65535", "GET http://other.example:65536/", refused(400, "bad_target")),
    target("an unclosed bracket", "GET http://[::1/a", refused(400, "bad_target")),
    target("a backslash behind the authority", "GET http://other.example\\a/", refused(400, "bad_target")),
    target("a fragment", "GET http://other.example/#a", refused(400, "bad_target")),
    {"beside no Host", "GET http://other.example/ HTTP/1.1\r\n\r\n", {refused(400, "bad_host")}},
    {"beside a bad Host", "GET http://other.example/ HTTP/1.1\r\nHost: a/b\r\n\r\n", {refused(400, "bad_host")}},
    {"in HTTP/1.0 without Host", "GET http://other.example/a HTTP/1.0\r\n\r\n", {last(relayed("GET /a"))}},
};

// What stays within its place goes on byte for byte.
const std::vector<RequestRow> paths = {
    target("dots that stay inside", "GET /a/./b/../c", relayed("GET /a/./b/../c")),
    target("dots that end at the root", "GET /a/..", relayed("GET /a/..")),
    target("encoded dots that stay inside", "GET /a/%2e%2E/b", relayed("GET /a/%2e%2E/b")),
    target("empty segments", "GET //a///b//", relayed("GET //a///b//")),
    target("dots that are part of a name", "GET /..a/.b/c..", relayed("GET /..a/.b/c..")),
    target("dots in the query", "GET /a?/../../b", relayed("GET /a?/../../b")),
    target("dots that climb out", "GET /../etc/passwd", answered(400, "path_climbs_out")),
    target("dots that climb out later", "GET /a/../../b", answered(400, "path_climbs_out")),
    target("dots alone", "GET /..", answered(400, "path_climbs_out")),
    target("encoded dots that climb out", "GET /%2e%2e/b", answered(400, "path_climbs_out")),
    target("half encoded dots that climb out", "GET /.%2e/b", answered(400, "path_climbs_out")),
    target("dots before an encoded slash", "GET /a/..%2fb", answered(400, "path_climbs_out")),
    target("dots before a backslash", "GET /a/..\\b", answered(400, "path_climbs_out")),
    target("dots before an encoded backslash", "GET /a/..%5Cb", answered(400, "path_climbs_out")),
    target("dots with a parameter", "GET /a/..;x/b", answered(400, "path_climbs_out")),
    target("climbing out in absolute form", "GET http://other.example/../a", answered(400, "path_climbs_out")),
    {"climbing out with a body that stays unread",
     "POST /../a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
     {refused(400, "path_climbs_out")}},
};

TEST_CASE("a target has one of four forms, each with its methods") { check_requests(forms); }
TEST_CASE("an absolute target is forwarded in origin form, a malformed one refused") { check_requests(absolute); }
TEST_CASE("a path goes on byte for byte, unless it climbs out") { check_requests(paths); }

// Where an encoded slash or a dot segment could lead to another route, the request goes to none.
TEST_CASE("a path never takes a route that another reading of it would not") {
  ScriptedOrigin app(answering(echo));
  ScriptedOrigin secret(answering([](const Message&) { return reply("secret"); }));
  Balancer balancer(Setup{.listener = {"routes:", "  - {path: /admin/, pool: secret}"},
                          .backends = {app.address()},
                          .pools = "  secret: {backends: [{name: s, address: \"" + secret.address() + "\"}]}\n"});
  struct Row {
    const char* target;
    const char* answer;  // "app", "secret" or "refused"
  };
  const Row rows[] = {
      {"/admin/a", "secret"},
      {"/public/../admin/a", "secret"},
      {"/%61dmin/a", "secret"},
      {"/./admin/a", "secret"},
      {"//admin/a", "secret"},
      {"/administer", "app"},
      {"/public/a", "app"},
      {"/admin/../public", "app"},
      {"/public?/admin/", "app"},
      {"/public/..%2fadmin/", "refused"},
      {"/admin%2fa", "refused"},
      {"/admin\\a", "refused"},
      {"/admin;x/a", "refused"},
      {"/admin/..%2fpublic", "refused"},
      {"/admin/..;/public", "refused"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    const Message answer = fetch(balancer.port(), row.target);
    if (std::string_view(row.answer) == "refused") {
      CHECK(answer.status() == 400);
      CHECK(answer.field("Server") == "stickler");
    } else {
      CHECK(answer.status() == 200);
      CHECK((answer.body == "secret") == (std::string_view(row.answer) == "secret"));
    }
  }
}

}  // namespace
}  // namespace stickler::integration
