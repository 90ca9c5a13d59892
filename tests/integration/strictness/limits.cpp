// Limits of a request (414, 431, 413): reached exactly, passed by one, and what the connection may do afterwards.
#include <catch2/catch.hpp>
#include <cstdio>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

const Setup small{.listener = {"limits: {header_bytes: 2KiB, headers: 10, uri_bytes: 256B, body_bytes: 1KiB}"}};

std::string target_of(std::size_t size) { return "/" + std::string(size - 1, 'u'); }

RequestRow target(std::string name, std::size_t size, const std::string& reason = "") {
  const std::string asked = target_of(size);
  return {std::move(name), get(asked), {reason.empty() ? relayed("GET " + asked) : refused(414, reason)}};
}

const std::vector<RequestRow> uris = {
    target("of exactly the limit", 256),
    target("one byte more", 257, "uri_too_long"),
    target("longer than the limit of the head", 4096, "uri_too_long"),
    {"in absolute form", get("http://a/" + std::string(300, 'u')), {refused(414, "uri_too_long")}},
    {"with a long query", get("/?" + std::string(300, 'q')), {refused(414, "uri_too_long")}},
    {"without an end", "GET /" + std::string(300, 'u'), {refused(414, "uri_too_long")}},
    {"a request behind it is not read", get(target_of(257)) + get("/y"), {refused(414, "uri_too_long")}},
};

// A head of this many bytes in all.
std::string head_of(std::size_t size) {
  const std::string empty = get("/x", "X-A: \r\n");
  return get("/x", "X-A: " + std::string(size - empty.size(), 'a') + "\r\n");
}

std::string fields(std::size_t count) {  // Beside Host.
  std::string lines;
  for (std::size_t i = 0; i < count; ++i) lines += "A:" + std::to_string(i % 10) + "\r\n";
  return lines;
}

const std::vector<RequestRow> heads = {
    {"of exactly the limit", head_of(2048), {relayed("GET /x")}},
    {"one byte more", head_of(2049), {refused(431, "head_too_large")}},
    {"much more", head_of(100'000), {refused(431, "head_too_large")}},
    {"a line without an end",
     "GET /x HTTP/1.1\r\nHost: a\r\nX-A: " + std::string(4096, 'a'),
     {refused(431, "head_too_large")}},
    {"a name without an end",
     "GET /x HTTP/1.1\r\nHost: a\r\n" + std::string(4096, 'a'),
     {refused(431, "head_too_large")}},
    {"a cookie bomb", get("/x", "Cookie: " + std::string(8192, 'c') + "\r\n"), {refused(431, "head_too_large")}},
    {"as many fields as there may be", get("/x", fields(9)), {relayed("GET /x")}},
    {"one field more", get("/x", fields(10)), {refused(431, "too_many_fields")}},
    {"many small fields", get("/x", fields(400)), {refused(431, "too_many_fields")}},
    {"many Connection options",
     get("/x", "Connection: " + std::string(200, ',') + "close\r\n"),
     {refused(431, "too_many_fields")}},
    {"a body behind it is not read as a request",
     request("POST", "/x", fields(10), get("/y")),
     {refused(431, "too_many_fields")}},
};

const std::string kilobyte(1024, 'b');

std::string in_chunks(const std::string& body, std::size_t size) {
  std::string text;
  char line[24];
  for (std::size_t at = 0; at < body.size(); at += size) {
    const std::string piece = body.substr(at, size);
    std::snprintf(line, sizeof line, "%zx\r\n", piece.size());
    text += line + piece + "\r\n";
  }
  return text + "0\r\n\r\n";
}

RequestRow chunked(std::string name, const std::string& body, std::size_t size, Outcome outcome) {
  return {std::move(name),
          post_x("Transfer-Encoding: chunked\r\n", in_chunks(body, size)),
          {std::move(outcome)},
          "POST /x"};
}

const std::vector<RequestRow> bodies = {
    {"of exactly the limit", request("POST", "/x", "", kilobyte), {relayed("POST /x", kilobyte)}},
    {"one byte more", request("POST", "/x", "", kilobyte + "b"), {refused(413, "body_too_large")}},
    {"a length far above, and no body yet", post_x("Content-Length: 1000000000\r\n"), {refused(413, "body_too_large")}},
    {"a length of 2^63 - 1", post_x("Content-Length: 9223372036854775807\r\n"), {refused(413, "body_too_large")}},
    {"with Expect, before it is sent",
     post_x("Expect: 100-continue\r\nContent-Length: 1025\r\n"),
     {refused(413, "body_too_large")}},
    {"to HEAD", request("HEAD", "/x", "", kilobyte + "b"), {to_head(refused(413, "body_too_large"))}},
    chunked("exactly the limit in one chunk", kilobyte, 1024, relayed("POST /x", kilobyte)),
    chunked("exactly the limit in small chunks", kilobyte, 10, relayed("POST /x", kilobyte)),
    chunked("one byte more in one chunk", kilobyte + "b", 1025, refused(413, "body_too_large")),
    chunked("one byte more in a chunk of its own", kilobyte + "b", 1024, refused(413, "body_too_large")),
    chunked("far more", std::string(100'000, 'b'), 1000, refused(413, "body_too_large")),
    {"a small one, and a request behind it",
     request("POST", "/x", "", "hello") + get("/y"),
     {relayed("POST /x", "hello"), relayed("GET /y")}},
    {"a large one, and a request behind it",
     request("POST", "/x", "", kilobyte + "b") + get("/y"),
     {refused(413, "body_too_large")}},
};

TEST_CASE("a target longer than uri_bytes is 414") { check_requests(uris, small); }
TEST_CASE("a head larger than header_bytes, or with more than headers fields, is 431") { check_requests(heads, small); }
TEST_CASE("a body larger than body_bytes is 413, however it is framed") { check_requests(bodies, small); }

const std::vector<RequestRow> three_requests = {
    {"three", get("/a") + get("/b") + get("/c"), {relayed("GET /a"), relayed("GET /b"), last(relayed("GET /c"))}},
    {"a fourth is not read",
     get("/a") + get("/b") + get("/c") + get("/d"),
     {relayed("GET /a"), relayed("GET /b"), last(relayed("GET /c"))}},
    {"answers of our own count",
     get("/..") + get("/b") + get("/.."),
     {answered(400, "path_climbs_out"), relayed("GET /b"), refused(400, "path_climbs_out")}},
};

TEST_CASE("the last of requests_per_connection says so and ends the connection") {
  check_requests(three_requests, {.listener = {"limits: {requests_per_connection: 3}"}});
}

TEST_CASE("what a client sends behind a refused request is thrown away, up to a limit") {
  ScriptedOrigin origin(answering(echo));
  Balancer balancer(Setup{.listener = small.listener, .backends = {origin.address()}});
  RawClient client(balancer.port());
  client.send(post_x("Content-Length: 100000000\r\n"));
  const auto answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->status() == 413);
  // 64 MiB would be read forever by a server without a limit; this one hangs up, and that shows as a failed send.
  std::size_t sent = 0;
  const std::string block(1 << 16, 'b');
  while (sent < (64 << 20) && client.send(block)) sent += block.size();
  CHECK(sent < (64 << 20));
  CHECK(origin.requests() == 0);
  check_aftermath(balancer, origin, "64 MiB");
}

}  // namespace
}  // namespace stickler::integration
