// The access log: every field, three formats, and that no request can forge a line.
#include <catch2/catch.hpp>
#include <regex>
#include <set>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/named.h"
#include "tests/integration/operation/connect.h"

namespace stickler::integration {
namespace {

TEST_CASE("an entry has every field, with the request's own values") {
  ScriptedOrigin origin(answering(
      [](const Message& got) { return reply("four", "", got.method() == "POST" ? "201 Created" : "200 OK"); }));
  Balancer balancer(Setup{.top = {access_log_to_stdout},
                          .listener = {"routes: [{host: shop.example, path: /cart, pool: app}]"},
                          .backends = {backend("node-1", origin)}});
  RawClient client(balancer.port());
  client.exchange(
      "POST /cart?id=7 HTTP/1.1\r\nHost: shop.example:8080\r\nUser-Agent: test/1\r\nContent-Length: 6\r\n\r\nsixsix");
  const auto entry = balancer.access_entry("/cart?id=7");
  const std::set<std::string> expected = {
      "time",   "request_id", "client",        "listener", "host", "method",    "path",    "protocol",
      "status", "bytes_in",   "bytes_out",     "route",    "pool", "backend",   "verdict", "attempts",
      "reason", "connect_ms", "first_byte_ms", "total_ms", "tls",  "user_agent"};
  std::set<std::string> fields;
  for (const auto& [name, value] : entry.items()) fields.insert(name);
  CHECK(fields == expected);
  CHECK(std::regex_match(entry.at("time").get<std::string>(), std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)")));
  CHECK(entry.at("request_id") == origin.last().field("X-Request-Id"));
  CHECK(entry.at("client") == "127.0.0.1");
  CHECK(entry.at("listener") == "web");
  CHECK(entry.at("host") == "shop.example:8080");
  CHECK(entry.at("method") == "POST");
  CHECK(entry.at("protocol") == "HTTP/1.1");
  CHECK(entry.at("status") == 201);
  CHECK(entry.at("bytes_in") == 6);
  CHECK(entry.at("bytes_out") == 4);
  CHECK(entry.at("route") == "shop.example/cart");
  CHECK(entry.at("pool") == "app");
  CHECK(entry.at("backend") == "node-1");
  CHECK(entry.at("verdict") == "none");
  CHECK(entry.at("attempts") == 1);
  CHECK(entry.at("reason") == "");
  CHECK(entry.at("tls") == "");
  CHECK(entry.at("user_agent") == "test/1");
  CHECK(entry.at("connect_ms") >= 0);
  CHECK(entry.at("first_byte_ms") >= entry.at("connect_ms"));
  CHECK(entry.at("total_ms") >= entry.at("first_byte_ms"));

  client.exchange("GET /plain HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto plain = balancer.access_entry("/plain");
  CHECK(plain.at("protocol") == "HTTP/1.0");
  CHECK(plain.at("route") == "default");
  CHECK(plain.at("host") == "");
  CHECK(plain.at("user_agent") == "");
  CHECK(plain.at("request_id") != entry.at("request_id"));
}

TEST_CASE("an answer of our own is logged as well, with its reason; what did not happen is null") {
  ScriptedOrigin origin(named("a"));
  Balancer balancer(
      Setup{.top = {access_log_to_stdout}, .listener = {"limits: {uri_bytes: 100B}"}, .backends = {origin.address()}});
  fetch(balancer.port(), "/" + std::string(200, 'x'));
  const auto long_uri = nlohmann::json::parse(balancer.process().await_output("uri_too_long"));
  CHECK(long_uri.at("status") == 414);
  CHECK(long_uri.at("backend") == "");
  CHECK(long_uri.at("attempts") == 0);
  CHECK(long_uri.at("connect_ms").is_null());
  CHECK(long_uri.at("first_byte_ms").is_null());
  CHECK(long_uri.at("total_ms") >= 0);
  RawClient(balancer.port()).exchange("GET / HTTP/1.1\r\nHost: x\r\nbad field: 1\r\n\r\n");
  CHECK(nlohmann::json::parse(balancer.process().await_output("bad_field_name")).at("status") == 400);
}

TEST_CASE("a client that leaves is logged with the word for it") {
  ScriptedOrigin origin([](OriginConnection& connection) {
    connection.read_request_head();
    connection.hang();
  });
  Balancer balancer(Setup{.top = {access_log_to_stdout}, .backends = {origin.address()}});
  for (const std::string path : {"/reset", "/last"}) {
    const std::string field = path == "/last" ? "Connection: close\r\n" : "";
    RawClient client(balancer.port());
    client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + field + "\r\n");
    REQUIRE(eventually([&] { return origin.seen_target(path) == 1; }));
    client.reset();
    CHECK(balancer.access_entry(path).at("reason") == "client_reset");
    CHECK(balancer.access_entry(path).at("status") == 0);
  }
  {
    RawClient client(balancer.port());
    client.send("POST /cut HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
    REQUIRE(eventually([&] { return origin.seen_target("/cut") == 1; }));
    client.close();
  }
  CHECK(balancer.access_entry("/cut").at("reason") == "client_cut_body");
  CHECK(balancer.metric("stickler_listener_client_aborts_total") == 3);
  CHECK(balancer.metric("stickler_listener_requests_total", "code_class=\"none\"") == 3);
}

// What a client may send that could break a line or its syntax.
const std::string hostile_agent = "\"quoted\" \\back\\ \t{\"a\":1} \xff\xfe caf\xc3\xa9 \xe2\x80\xa8 \xc3( end";
const std::string hostile_path = "/q\"'\\{}<>|^`?\"\\";

TEST_CASE("every line is valid JSON, whatever the client sent") {
  ScriptedOrigin origin(named("a"));
  Balancer balancer(Setup{.top = {access_log_to_stdout}, .backends = {origin.address()}});
  const Message answer = fetch(balancer.port(), hostile_path, "User-Agent: " + hostile_agent + "\r\n");
  fetch(balancer.port(), "/last");
  balancer.access_entry("/last");
  const std::vector<std::string> lines = balancer.process().output_lines();
  REQUIRE(lines.size() == 2);
  for (const std::string& line : lines) {
    CHECK(nlohmann::json::accept(line));
    CHECK(std::ranges::none_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
  }
  const auto entry = nlohmann::json::parse(lines[0]);
  CHECK(answer.status() == 200);
  CHECK(entry.at("path") == hostile_path);
  CHECK(entry.at("user_agent") ==
        "\"quoted\" \\back\\ \t{\"a\":1} \xc3\xbf\xc3\xbe caf\xc3\xa9 \xe2\x80\xa8 \xc3\x83( end");
}

TEST_CASE("common and combined are written as Apache writes them") {
  struct Row {
    const char* format;
    const char* plain;
    const char* hostile;
  };
  const std::string head = R"(127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] )";
  const std::string plain = head + R"("GET /page\?x=1 HTTP/1\.1" 200 4)";
  const std::string empty = head + R"("GET /empty HTTP/1\.1" 204 -)";
  for (const bool combined : {false, true}) {
    CAPTURE(combined);
    ScriptedOrigin origin(answering([](const Message& got) {
      return got.target() == "/empty" ? std::string("HTTP/1.1 204 No Content\r\n\r\n") : reply("four");
    }));
    Balancer balancer(
        Setup{.top = {std::string("access_log: {file: stdout, format: ") + (combined ? "combined" : "common") + "}"},
              .backends = {origin.address()}});
    const std::string fields = "Referer: http://from.example/\"x\r\nUser-Agent: \"a\\b\xff\r\n";
    fetch(balancer.port(), "/page?x=1", fields);
    fetch(balancer.port(), "/empty");
    RawClient(balancer.port()).exchange("nonsense\r\n\r\n");
    const std::string first = balancer.process().await_output("/page");
    const std::string second = balancer.process().await_output("/empty");
    const std::string third = balancer.process().await_output(" 400 ");
    CAPTURE(first, second, third);
    CHECK(std::regex_match(first,
                           std::regex(plain + (combined ? R"( "http://from\.example/\\"x" "\\"a\\\\b\\xff")" : ""))));
    CHECK(std::regex_match(second, std::regex(empty + (combined ? R"( "-" "-")" : ""))));
    CHECK(std::regex_match(third, std::regex(head + R"("-" 400 .*)")));
  }
}

TEST_CASE("a trusted proxy's X-Request-Id is the one in the log; a stranger's is not") {
  ScriptedOrigin origin(named("a"));
  for (const bool trusted : {true, false}) {
    CAPTURE(trusted);
    Balancer balancer(Setup{.top = {access_log_to_stdout},
                            .listener = {trusted ? "trusted_proxies: [127.0.0.0/8]" : "trusted_proxies: []"},
                            .backends = {origin.address()}});
    fetch(balancer.port(), "/id", "X-Request-Id: from-before\r\n");
    CHECK((balancer.access_entry("/id").at("request_id") == "from-before") == trusted);
    CHECK((origin.last().field("X-Request-Id") == "from-before") == trusted);
  }
}

TEST_CASE("a tunnel is logged when it ends, with the bytes of both directions") {
  ScriptedOrigin origin([](OriginConnection& connection) {
    if (!connection.read_request_head()) return;
    connection.wire.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    connection.wire.read_exactly(5);
    connection.wire.send("seven b");
    connection.close();
  });
  Balancer balancer(Setup{.top = {access_log_to_stdout}, .backends = {origin.address()}});
  RawClient client(balancer.port());
  CHECK(client
            .exchange(get("/ws",
                          "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"))
            .status() == 101);
  CHECK(balancer.process().output_lines().empty());
  client.send("five!");
  CHECK(client.read_exactly(7) == "seven b");
  client.close();
  const auto entry = balancer.access_entry("/ws");
  CHECK(entry.at("status") == 101);
  CHECK(entry.at("bytes_in") == 5);
  CHECK(entry.at("bytes_out") == 7);
}

}  // namespace
}  // namespace stickler::integration
