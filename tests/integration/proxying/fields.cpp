// Header fields: what is stripped, added, forwarded and edited on the way.
#include <catch2/catch.hpp>

#include "tests/integration/harness/balancer.h"
#include "tests/integration/harness/scripted_origin.h"

namespace stickler::integration {
namespace {

Script ok() {
  return answering([](const Message&) { return reply("ok"); });
}

TEST_CASE("hop-by-hop fields of a request, and those that Connection names, stay with us") {
  ScriptedOrigin origin(ok());
  Balancer balancer(Setup{.backends = {origin.address()}});
  fetch(balancer.port(), "/",
        "Connection: X-Private, keep-alive\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n"
        "TE: gzip\r\nProxy-Authenticate: a\r\nX-Public: 2\r\n");
  const Message seen = origin.last();
  for (const char* name : {"X-Private", "Keep-Alive", "Proxy-Connection", "TE"}) {
    CAPTURE(name);
    CHECK_FALSE(seen.has(name));
  }
  CHECK(seen.field("X-Public") == "2");
}

TEST_CASE("naming end-to-end essentials in Connection does not remove them") {
  ScriptedOrigin origin(ok());
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient(balancer.port())
      .exchange(
          request("POST", "/", "Connection: Host, Content-Length, Cookie, Authorization\r\nCookie: a=b\r\n", "1234"));
  const Message seen = origin.last();
  CHECK(seen.field("Host") == "test.example");
  CHECK(seen.field("Content-Length") == "4");
  CHECK(seen.field("Cookie") == "a=b");
  CHECK(seen.body == "1234");
}

TEST_CASE("hop-by-hop fields of an answer stay with us") {
  ScriptedOrigin origin(answering([](const Message&) {
    return reply("ok", "Connection: X-Secret\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\nX-Open: 2\r\n");
  }));
  Balancer balancer(Setup{.backends = {origin.address()}});
  const Message answer = fetch(balancer.port(), "/");
  CHECK_FALSE(answer.has("X-Secret"));
  CHECK_FALSE(answer.has("Keep-Alive"));
  CHECK(answer.field("X-Open") == "2");
}

TEST_CASE("the order of equal names and several Set-Cookie lines is kept") {
  ScriptedOrigin origin(answering([](const Message&) {
    return reply("ok", "Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nX-Many: one\r\nX-Many: two\r\n");
  }));
  Balancer balancer(Setup{.backends = {origin.address()}});
  const Message answer = fetch(balancer.port(), "/", "X-Ask: 1\r\nX-Ask: 2\r\nX-Ask: 3\r\n");
  std::string seen;
  for (const Field& field : origin.last().fields) {
    if (same_name(field.name, "X-Ask")) seen += field.value;
  }
  CHECK(seen == "123");
  std::vector<std::string> cookies;
  for (const Field& field : answer.fields) {
    if (same_name(field.name, "Set-Cookie")) cookies.push_back(field.value);
  }
  CHECK(cookies == std::vector<std::string>{"a=1; Path=/", "b=2"});
  CHECK(answer.count("X-Many") == 2);
  CHECK(answer.field("X-Many") == "one");
}

TEST_CASE("every request carries who asked, how, for what host, its id, and Via") {
  ScriptedOrigin origin(ok());
  Balancer balancer(Setup{.backends = {origin.address()}});
  fetch(balancer.port(), "/");
  const Message seen = origin.last();
  CHECK(seen.field("X-Forwarded-For") == "127.0.0.1");
  CHECK(seen.field("X-Forwarded-Proto") == "http");
  CHECK(seen.field("X-Forwarded-Host") == "test.example");
  CHECK(seen.field("X-Request-Id").size() >= 16);
  CHECK(seen.field("Via") == "1.1 stickler");
  CHECK(seen.field("Host") == "test.example");
}

const std::string claims =
    "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n"
    "X-Request-Id: from-outside\r\n";

TEST_CASE("what an untrusted client claims to forward is replaced") {
  ScriptedOrigin origin(ok());
  Balancer balancer(Setup{.backends = {origin.address()}});
  fetch(balancer.port(), "/", claims + "Forwarded: for=203.0.113.9\r\n");
  const Message seen = origin.last();
  CHECK(seen.count("X-Forwarded-For") == 1);
  CHECK(seen.field("X-Forwarded-For") == "127.0.0.1");
  CHECK(seen.field("X-Forwarded-Proto") == "http");
  CHECK(seen.field("X-Forwarded-Host") == "test.example");
  CHECK(seen.field("X-Request-Id") != "from-outside");
  CHECK(seen.field("Forwarded").find("203.0.113.9") == std::string::npos);
}

TEST_CASE("what a trusted proxy forwards is kept and extended") {
  ScriptedOrigin origin(ok());
  Balancer balancer(Setup{.listener = {"trusted_proxies: [127.0.0.0/8]"}, .backends = {origin.address()}});
  fetch(balancer.port(), "/", claims);
  const Message seen = origin.last();
  std::string forwarded_for;
  for (const Field& field : seen.fields) {
    if (same_name(field.name, "X-Forwarded-For")) forwarded_for += (forwarded_for.empty() ? "" : ", ") + field.value;
  }
  CHECK(forwarded_for == "203.0.113.9, 127.0.0.1");
  CHECK(seen.field("X-Forwarded-Proto") == "https");
  CHECK(seen.field("X-Forwarded-Host") == "shop.example");
  CHECK(seen.field("X-Request-Id") == "from-outside");
}

TEST_CASE("Via is extended, not replaced") {
  ScriptedOrigin origin(ok());
  Balancer balancer(Setup{.backends = {origin.address()}});
  fetch(balancer.port(), "/", "Via: 1.0 fred\r\n");
  std::string via;
  for (const Field& field : origin.last().fields) {
    if (same_name(field.name, "Via")) via += (via.empty() ? "" : ", ") + field.value;
  }
  CHECK(via == "1.0 fred, 1.1 stickler");
}

TEST_CASE("two requests never carry the same id") {
  ScriptedOrigin origin(ok());
  Balancer balancer(Setup{.backends = {origin.address()}});
  fetch(balancer.port(), "/");
  fetch(balancer.port(), "/");
  const auto seen = origin.seen();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].field("X-Request-Id") != seen[1].field("X-Request-Id"));
}

TEST_CASE("an absolute target's authority replaces Host, and the backend sees the origin form") {
  ScriptedOrigin origin(ok());
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  CHECK(client.exchange("GET http://other.example:8080/x?y=1 HTTP/1.1\r\nHost: test.example\r\n\r\n").status() == 200);
  CHECK(origin.last().target() == "/x?y=1");
  CHECK(origin.last().count("Host") == 1);
  CHECK(origin.last().field("Host") == "other.example:8080");
}

TEST_CASE("a path is forwarded byte for byte") {
  ScriptedOrigin origin(ok());
  Balancer balancer(Setup{.backends = {origin.address()}});
  for (const std::string target : {"/a/./b/../c", "/%7Euser/%2f?q=%20&r", "/a//b///", "/*;p=1?x=/../y", "/?"}) {
    CAPTURE(target);
    CHECK(fetch(balancer.port(), target).status() == 200);
    CHECK(origin.last().target() == target);
  }
}

TEST_CASE("Date is added where the backend sent none, and kept where it did") {
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
  ScriptedOrigin origin(answering([&date](const Message& request) {
    return reply("ok", request.target() == "/own" ? "Date: " + date + "\r\n" : "");
  }));
  Balancer balancer(Setup{.backends = {origin.address()}});
  const std::string added = fetch(balancer.port(), "/").field("Date");
  CHECK(added.size() == date.size());
  CHECK(added.ends_with(" GMT"));
  const Message kept = fetch(balancer.port(), "/own");
  CHECK(kept.count("Date") == 1);
  CHECK(kept.field("Date") == date);
}

TEST_CASE("OPTIONS with Max-Forwards 0 is answered here, a larger one is decremented") {
  ScriptedOrigin origin(ok());
  Balancer balancer(Setup{.backends = {origin.address()}});
  RawClient client(balancer.port());
  CHECK(client.exchange(request("OPTIONS", "/", "Max-Forwards: 0\r\n")).status() / 100 == 2);
  CHECK(origin.requests() == 0);
  CHECK(client.exchange(request("OPTIONS", "/", "Max-Forwards: 3\r\n")).status() == 200);
  CHECK(origin.last().field("Max-Forwards") == "2");
}

TEST_CASE("header edits apply from the outside in: file, listener, route") {
  ScriptedOrigin origin(answering([](const Message&) { return reply("ok", "Server: origin\r\nX-Leak: 1\r\n"); }));
  Balancer balancer(Setup{
      .top = {"headers:", "  request: {set: {X-Level: file, X-File: \"1\"}, add: {X-Trail: file}}",
              "  response: {set: {X-Level: file}, remove: [X-Leak]}"},
      .listener = {"headers:", "  request: {set: {X-Level: listener}, add: {X-Trail: listener}, remove: [X-Drop]}",
                   "  response: {set: {X-Level: listener}}", "routes:", "  - path: /special/", "    pool: app",
                   "    headers:",
                   "      request: {set: {X-Level: route, X-Who: \"%{client_ip} %{host}\"}, add: {X-Trail: route}}",
                   "      response: {set: {X-Level: route}, add: {X-Id: \"%{request_id}\"}}"},
      .backends = {origin.address()}});
  const Message plain = fetch(balancer.port(), "/", "X-Level: client\r\nX-Drop: 1\r\n");
  CHECK(plain.field("X-Level") == "listener");
  CHECK_FALSE(plain.has("X-Leak"));
  CHECK(origin.last().count("X-Level") == 1);
  CHECK(origin.last().field("X-Level") == "listener");
  CHECK(origin.last().field("X-File") == "1");
  CHECK_FALSE(origin.last().has("X-Drop"));
  CHECK(origin.last().count("X-Trail") == 2);

  const Message special = fetch(balancer.port(), "/special/x");
  CHECK(special.field("X-Level") == "route");
  CHECK(origin.last().field("X-Level") == "route");
  CHECK(origin.last().field("X-Who") == "127.0.0.1 test.example");
  CHECK(origin.last().count("X-Trail") == 3);
  CHECK(special.field("X-Id") == origin.last().field("X-Request-Id"));
}

TEST_CASE("the fields added by default can be configured away") {
  ScriptedOrigin origin(ok());
  Balancer balancer(Setup{
      .top =
          {"headers: {request: {remove: [X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Request-Id, Via]}}"},
      .backends = {origin.address()}});
  fetch(balancer.port(), "/");
  for (const char* name : {"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Request-Id", "Via"}) {
    CAPTURE(name);
    CHECK_FALSE(origin.last().has(name));
  }
}

}  // namespace
}  // namespace stickler::integration
