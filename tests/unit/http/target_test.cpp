// RFC 9112 3.2: the four forms of a request target, and the host they are for (RFC 9110 7.2).
#include <catch2/catch.hpp>
#include <string>

#include "lb/http/host.h"
#include "tests/unit/http/heads.h"

namespace stickler::http {
namespace {

struct Row {
  std::string method;
  std::string target;
  Refusal refusal;
  std::string path_and_query{};
  std::string path{};
  std::string authority = "test.example";
};

void check(const Row& row) {
  CAPTURE(row.method, row.target);
  const ScannedRequest request(request_with("", row.method + " " + row.target + " HTTP/1.1"));
  CHECK(request.result.refusal == row.refusal);
  if (!request.complete()) return;
  CHECK(request.head.target() == row.target);
  CHECK(request.head.path_and_query() == row.path_and_query);
  CHECK(request.head.path() == row.path);
  CHECK(request.head.authority() == row.authority);
}

TEST_CASE("the origin form is a path and a query of visible ASCII without a fragment") {
  const Row rows[] = {
      {"GET", "/", Refusal::none, "/", "/"},
      {"GET", "/a/b?c=d?e", Refusal::none, "/a/b?c=d?e", "/a/b"},
      {"GET", "/?", Refusal::none, "/?", "/"},
      {"GET", "//x", Refusal::none, "//x", "//x"},
      {"GET", "/http://x/", Refusal::none, "/http://x/", "/http://x/"},
      {"GET", "/%zz%", Refusal::none, "/%zz%", "/%zz%"},
      {"GET", "/\"<>\\^`{|}~", Refusal::none, "/\"<>\\^`{|}~", "/\"<>\\^`{|}~"},
      {"GET", "/a#b", Refusal::bad_target},
      {"GET", "/a\x7f", Refusal::bad_target},
      {"GET", "/\xc3\xa9", Refusal::bad_target},
      {"GET", "/a\x01", Refusal::bad_target},
      {"GET", std::string("/a\0b", 4), Refusal::bad_target},
      {"GET", "a", Refusal::bad_target},
      {"GET", "?a", Refusal::bad_target},
      {"GET", "test.example", Refusal::bad_target},
  };
  for (const Row& row : rows) check(row);
}

TEST_CASE("every byte that may not stand in a target is found wherever it stands") {
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (std::size_t place = 1; place < 40; ++place) {
      std::string target = "/" + std::string(40, 'x');
      target[place] = static_cast<char>(byte);
      const bool visible = byte > 0x20 && byte < 0x7f;
      const Refusal refusal = refusal_of(request_with("", "GET " + target + " HTTP/1.1"));
      CAPTURE(byte, place);
      CHECK((refusal == Refusal::none) == (visible && byte != '#'));
    }
  }
}

TEST_CASE("an absolute target's authority replaces Host") {
  const Row rows[] = {
      {"GET", "http://a.example/x?y", Refusal::none, "/x?y", "/x", "a.example"},
      {"GET", "HTTP://a.example/", Refusal::none, "/", "/", "a.example"},
      {"GET", "http://a.example:8080", Refusal::none, "/", "/", "a.example:8080"},
      {"GET", "http://a.example?q=1", Refusal::none, "?q=1", "/", "a.example"},
      {"GET", "http://[::1]:80/x", Refusal::none, "/x", "/x", "[::1]:80"},
      {"OPTIONS", "http://a.example", Refusal::none, "*", "*", "a.example"},
      {"OPTIONS", "http://a.example/", Refusal::none, "/", "/", "a.example"},
      {"OPTIONS", "http://a.example?q", Refusal::none, "?q", "/", "a.example"},
      {"GET", "http:///x", Refusal::bad_target},
      {"GET", "http://", Refusal::bad_target},
      {"GET", "http:/x", Refusal::bad_target},
      {"GET", "http:x", Refusal::bad_target},
      {"GET", "http://user@a.example/", Refusal::bad_target},
      {"GET", "http://user:pw@a.example/", Refusal::bad_target},
      {"GET", "http://@a.example/", Refusal::bad_target},
      {"GET", "http://a.example:/", Refusal::bad_target},
      {"GET", "http://a.example:x/", Refusal::bad_target},
      {"GET", "http://a.example:65536/", Refusal::bad_target},
      {"GET", "http://a,b/", Refusal::bad_target},
      {"GET", "http://a\\b/", Refusal::bad_target},
      {"GET", "http://a.example#f", Refusal::bad_target},
      {"GET", "ftp://a.example/", Refusal::bad_target},
      {"GET", "ws://a.example/", Refusal::bad_target},
      {"GET", "httpx://a.example/", Refusal::bad_target},
  };
  for (const Row& row : rows) check(row);
}

TEST_CASE("a target of https that comes over an open connection is misdirected") {
  const std::string request = request_with("", "GET https://a.example/x HTTP/1.1");
  CHECK(refusal_of(request) == Refusal::misdirected);
  CHECK(status_of(Refusal::misdirected) == 421);
  const ScannedRequest secure(request, {.secure = true});
  CHECK(secure.complete());
  CHECK(secure.head.authority() == "a.example");
  CHECK(secure.head.path() == "/x");
  CHECK(refusal_of(request_with("", "GET https://a@b/x HTTP/1.1")) == Refusal::bad_target);
}

TEST_CASE("the asterisk is for OPTIONS, an authority alone for CONNECT") {
  const Row rows[] = {
      {"OPTIONS", "*", Refusal::none, "*", "*"},
      {"OPTIONS", "/*", Refusal::none, "/*", "/*"},
      {"OPTIONS", "**", Refusal::bad_target},
      {"GET", "*", Refusal::bad_target},
      {"CONNECT", "a.example:443", Refusal::none, "a.example:443", "a.example:443"},
      {"CONNECT", "[::1]:443", Refusal::none, "[::1]:443", "[::1]:443"},
      {"CONNECT", "[::1]", Refusal::bad_target},
      {"CONNECT", "a.example", Refusal::bad_target},
      {"CONNECT", "a.example:443/x", Refusal::bad_target},
      {"CONNECT", "/", Refusal::bad_target},
      {"CONNECT", "http://a.example:443", Refusal::bad_target},
      {"CONNECT", "user@a.example:443", Refusal::bad_target},
      {"CONNECT", "a.example:70000", Refusal::bad_target},
  };
  for (const Row& row : rows) check(row);
}

TEST_CASE("what one head leaves behind is not found in the next one") {
  RequestHead head;
  const std::string long_one = request_with("Expect: 100-continue\r\nUpgrade: websocket\r\nConnection: upgrade, x\r\n",
                                            "GET http://other.example:80/" + std::string(200, 'x') + " HTTP/1.1");
  REQUIRE(scan_request(long_one, {}, head).outcome == Outcome::complete);
  REQUIRE(head.wants_websocket);
  const std::string connect = "CONNECT a:1 HTTP/1.0\r\n\r\n";
  REQUIRE(scan_request(connect, {}, head).outcome == Outcome::complete);
  CHECK(head.path_and_query() == "a:1");
  CHECK(head.authority().empty());
  CHECK_FALSE(head.absolute_target);
  CHECK_FALSE(head.wants_websocket);
  CHECK_FALSE(head.expect_continue);
  CHECK_FALSE(head.connection_names_fields);
  CHECK_FALSE(head.has(FieldId::upgrade));
}

TEST_CASE("a host is a name or an address, with a port or not") {
  for (const std::string good :
       {"a", "a.example", "A.EXAMPLE.", "a-b_c~d", "127.0.0.1", "127.0.0.1:80", "a:0", "a:65535", "a:00080", "[::1]",
        "[::1]:8080", "[2001:db8::1:2]", "[::ffff:1.2.3.4]:1", "[fe80:1:2:3:4:5:6:7]"}) {
    CAPTURE(good);
    CHECK(is_host_and_port(good));
  }
  for (const std::string bad : {"",
                                ":",
                                ":80",
                                "a:",
                                "a:x",
                                "a:-1",
                                "a:+1",
                                "a: 1",
                                "a:65536",
                                "a:000080",
                                "a:1:2",
                                "a b",
                                "a,b",
                                "a/b",
                                "a@b",
                                "a?b",
                                "a#b",
                                "a\\b",
                                "a%41",
                                "\xc3\xa9",
                                "[]",
                                "[:]",
                                "[::1",
                                "[::1]x",
                                "[::1]]",
                                "[::1]:",
                                "[::1]:x",
                                "[::g]",
                                "[1.2.3.4]",
                                "[a]",
                                "[::1%25eth0]",
                                "[v1.x]",
                                "::1",
                                "[1:2:3:4:5:6:7:8:9]",
                                "]",
                                "[",
                                "a]",
                                "a[::1]",
                                "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001]"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_host_and_port(bad));
  }
}

TEST_CASE("there is exactly one valid Host in HTTP/1.1, also beside an absolute target") {
  struct HostRow {
    std::string start;
    std::string fields;
    Refusal refusal;
    std::string authority{};
  };
  const std::string get = "GET / HTTP/1.1";
  const std::string absolute = "GET http://b.example/ HTTP/1.1";
  const HostRow rows[] = {
      {get, "Host: a\r\n", Refusal::none, "a"},
      {get, "hOST:\t a:81 \r\n", Refusal::none, "a:81"},
      {get, "", Refusal::bad_host},
      {get, "Host:\r\n", Refusal::bad_host},
      {get, "Host: \t\r\n", Refusal::bad_host},
      {get, "Host: a\r\nHost: a\r\n", Refusal::bad_host},
      {get, "Host: a\r\nX: y\r\nhost: b\r\n", Refusal::bad_host},
      {get, "Host: a, b\r\n", Refusal::bad_host},
      {get, "Host: a b\r\n", Refusal::bad_host},
      {get, "Host: a/x\r\n", Refusal::bad_host},
      {get, "Host: http://a\r\n", Refusal::bad_host},
      {get, "Host: u@a\r\n", Refusal::bad_host},
      {get, "Host: a:99999\r\n", Refusal::bad_host},
      {absolute, "Host: a\r\n", Refusal::none, "b.example"},
      {absolute, "", Refusal::bad_host},
      {absolute, "Host:\r\n", Refusal::bad_host},
      {absolute, "Host: u@a\r\n", Refusal::bad_host},
      {absolute, "Host: a\r\nHost: b.example\r\n", Refusal::bad_host},
      {"GET / HTTP/1.0", "", Refusal::none, ""},
      {"GET / HTTP/1.0", "Host: a\r\n", Refusal::none, "a"},
      {"GET / HTTP/1.0", "Host:\r\n", Refusal::bad_host},
      {"GET / HTTP/1.0", "Host: a\r\nHost: a\r\n", Refusal::bad_host},
      {"GET http://b.example HTTP/1.0", "", Refusal::none, "b.example"},
  };
  for (const HostRow& row : rows) {
    CAPTURE(row.start, row.fields);
    const ScannedRequest request(answer_with(row.fields, row.start));
    CHECK(request.result.refusal == row.refusal);
    if (request.complete()) CHECK(request.head.authority() == row.authority);
  }
}

}  // namespace
}  // namespace stickler::http
