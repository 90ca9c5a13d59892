// What is sent again, where, how often, and what is never sent twice.
#include <catch2/catch.hpp>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/named.h"

namespace stickler::integration {
namespace {

const std::string no_ejection = "health: {passive: off}";

// Two backends of which whichever is asked first reads the whole request and hangs up; afterwards both answer with
// what they got.
class FirstFails {
 public:
  std::string address_a() const { return a_.address(); }
  std::vector<std::string> addresses() const { return {a_.address(), b_.address()}; }

  std::vector<Message> seen(std::string_view target) const {
    std::vector<Message> all;
    for (const ScriptedOrigin* origin : {&a_, &b_}) {
      for (Message& message : origin->seen()) {
        if (message.target() == target) all.push_back(std::move(message));
      }
    }
    return all;
  }

 private:
  void run(OriginConnection& connection) {
    while (const auto got = connection.read_request()) {
      if (failures_++ == 0) return connection.close();
      if (!connection.wire.send(reply(got->method() == "HEAD" ? "" : got->method() + " " + got->body))) return;
    }
  }

  std::atomic<int> failures_{0};
  ScriptedOrigin a_{[this](OriginConnection& connection) { run(connection); }};
  ScriptedOrigin b_{[this](OriginConnection& connection) { run(connection); }};
};

TEST_CASE("a request whose backend hangs up without an answer is sent again if its method is idempotent") {
  struct Row {
    const char* method;
    bool again;
  };
  const Row rows[] = {{"GET", true},    {"HEAD", true}, {"OPTIONS", true}, {"TRACE", true},
                      {"DELETE", true}, {"PUT", true},  {"POST", false},   {"PATCH", false}};
  for (const Row& row : rows) {
    CAPTURE(row.method);
    FirstFails backends;
    Balancer balancer(Setup{.top = {access_log_to_stdout}, .pool = {no_ejection}, .backends = backends.addresses()});
    const Message answer =
        RawClient(balancer.port()).exchange(request(row.method, "/once", "Connection: close\r\n"), row.method);
    CHECK(answer.status() == (row.again ? 200 : 502));
    CHECK(backends.seen("/once").size() == (row.again ? 2 : 1));
    const auto entry = balancer.access_entry("/once");
    CHECK(entry.at("attempts") == (row.again ? 2 : 1));
    CHECK(entry.at("reason") == (row.again ? "" : "closed"));
    CHECK(eventually([&] { return balancer.metric("stickler_pool_attempts_total") == (row.again ? 2 : 1); }));
    CHECK(balancer.metric("stickler_pool_retries_total") == (row.again ? 1 : 0));
  }
}

TEST_CASE("what is sent again is the same request") {
  FirstFails backends;
  Balancer balancer(Setup{.pool = {no_ejection}, .backends = backends.addresses()});
  RawClient(balancer.port()).exchange(request("PUT", "/same", "X-Mine: 1\r\n", "the body"));
  const auto seen = backends.seen("/same");
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].head == seen[1].head);  // X-Request-Id included.
  CHECK(seen[0].body == "the body");
  CHECK(seen[1].body == "the body");
}

TEST_CASE("a request of any method is sent elsewhere when the connect failed: nothing of it was sent") {
  ReservedPort nobody;
  SilentAddress silent;
  for (const std::string& address : {nobody.address(), silent.address()}) {
    for (const char* method : {"GET", "POST", "PATCH", "PUT"}) {
      CAPTURE(address, method);
      ScriptedOrigin good(answering([](const Message& got) { return reply(got.body); }));
      Balancer balancer(Setup{.pool = {no_ejection, "timeouts: {connect: 500ms}"},
                              .backends = {backend("bad", address), backend("good", good)}});
      for (int i = 0; i < 4; ++i) {
        CHECK(RawClient(balancer.port()).exchange(request(method, "/", "", "written")).body == "written");
      }
      CHECK(good.requests() == 4);
      CHECK(balancer.metric("stickler_pool_retries_total") == 2);
    }
  }
}

TEST_CASE("no more attempts are made than configured, and none twice at one backend") {
  struct Row {
    int retries;
    int backends;
    int attempts;
  };
  const Row rows[] = {{0, 5, 1}, {1, 5, 2}, {3, 5, 4}, {2, 2, 2}, {6, 3, 3}, {5, 1, 1}};
  for (const Row& row : rows) {
    CAPTURE(row.retries, row.backends);
    ReservedPort nobody;
    Setup setup{.top = {access_log_to_stdout},
                .pool = {no_ejection, "retries: {attempts: " + std::to_string(row.retries) + "}"}};
    for (int i = 0; i < row.backends; ++i) setup.backends.push_back(nobody.address());
    Balancer balancer(setup);
    CHECK(fetch(balancer.port(), "/tried").status() == 502);
    CHECK(balancer.access_entry("/tried").at("attempts") == row.attempts);
    CHECK(eventually([&] { return balancer.metric("stickler_pool_attempts_total") == row.attempts; }));
    CHECK(balancer.metric("stickler_backend_connects_total") == row.attempts);
  }
}

TEST_CASE("once a byte of the answer was seen nothing is sent again") {
  struct Row {
    const char* what;
    const char* answer;
  };
  const Row rows[] = {{"a cut head", "HTTP/1.1 200 OK\r\nConten"}, {"a malformed answer", "?\r\n\r\n"}};
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const Script script = [&row](OriginConnection& connection) {
      if (!connection.read_request()) return;
      connection.wire.send(row.answer);
      connection.close();
    };
    ScriptedOrigin a(script);
    ScriptedOrigin b(script);
    Balancer balancer(Setup{.pool = {no_ejection}, .backends = {a.address(), b.address()}});
    CHECK(fetch(balancer.port(), "/").status() == 502);
    CHECK(a.requests() + b.requests() == 1);
  }
}

TEST_CASE("a request that timed out is not given to a second backend: the first may still be at work on it") {
  const Script hangs = [](OriginConnection& connection) {
    connection.read_request();
    connection.hang();
  };
  ScriptedOrigin a(hangs);
  ScriptedOrigin b(hangs);
  Balancer balancer(
      Setup{.pool = {no_ejection, "timeouts: {response_header: 1s}"}, .backends = {a.address(), b.address()}});
  CHECK(fetch(balancer.port(), "/").status() == 504);
  CHECK(a.requests() + b.requests() == 1);
}

// Within ten seconds: a share of the pool's requests, and at least ten a second.
TEST_CASE("retries stop when the budget is used up") {
  struct Row {
    const char* budget;
    int retries;
  };
  constexpr int requests = 160;
  const Row rows[] = {{"0%", 100}, {"20%", 100}, {"75%", 120}, {"100%", requests}};
  for (const Row& row : rows) {
    CAPTURE(row.budget);
    ReservedPort nobody;
    Balancer balancer(Setup{.pool = {no_ejection, "retries: {attempts: 1, budget: " + std::string(row.budget) + "}"},
                            .backends = {nobody.address(), nobody.address()}});
    RawClient client(balancer.port());
    for (int i = 0; i < requests; ++i) REQUIRE(client.exchange(get("/")).status() == 502);
    CHECK(balancer.metric("stickler_pool_retries_total") == row.retries);
    CHECK(balancer.metric("stickler_pool_retry_budget_exhausted_total") == requests - row.retries);
    CHECK(balancer.metric("stickler_pool_attempts_total") == requests + row.retries);
  }
}

TEST_CASE("a PUT whose body is still held is sent again, whole") {
  struct Row {
    std::size_t size;
    bool chunked;
  };
  for (const Row row : {Row{1, false}, Row{40 * 1024, false}, Row{40 * 1024, true}, Row{256 * 1024, false}}) {
    CAPTURE(row.size, row.chunked);
    FirstFails backends;
    Balancer balancer(Setup{.pool = {no_ejection}, .backends = backends.addresses()});
    std::string body(row.size, '.');
    for (std::size_t i = 0; i < body.size(); i += 7) body[i] = static_cast<char>('a' + i % 26);
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", body.size());
    const std::string bytes =
        row.chunked ? request("PUT", "/held", "Transfer-Encoding: chunked\r\n") + size + body + "\r\n0\r\n\r\n"
                    : request("PUT", "/held", "", body);
    const Message answer = RawClient(balancer.port()).exchange(bytes);
    CHECK(answer.status() == 200);
    CHECK((answer.body == "PUT " + body));
    const auto seen = backends.seen("/held");
    REQUIRE(seen.size() == 2);
    CHECK((seen[0].body == body && seen[1].body == body));
  }
}

TEST_CASE("a PUT of which more was sent than is held is not sent again") {
  const Script breaks_off = [](OriginConnection& connection) {
    if (!connection.read_request_head()) return;
    connection.wire.read_exactly(640 * 1024);
    connection.close();
  };
  ScriptedOrigin a(breaks_off);
  ScriptedOrigin b(breaks_off);
  Balancer balancer(
      Setup{.top = {access_log_to_stdout}, .pool = {no_ejection}, .backends = {a.address(), b.address()}});
  RawClient client(balancer.port());
  client.send(request("PUT", "/too-large", "", std::string(1 << 20, 'x')));
  const auto answer = client.read_response();
  REQUIRE(answer);
  CHECK(answer->status() == 502);
  CHECK(a.requests() + b.requests() == 1);
  CHECK(balancer.access_entry("/too-large").at("attempts") == 1);
}

TEST_CASE("a PUT of 1 MiB of which nothing was sent yet goes to another backend") {
  ReservedPort nobody;
  ScriptedOrigin good(answering([](const Message& got) { return reply(std::to_string(got.body.size())); }));
  Balancer balancer(
      Setup{.pool = {no_ejection}, .backends = {backend("bad", nobody.address()), backend("good", good)}});
  for (int i = 0; i < 4; ++i) {
    const Message answer = RawClient(balancer.port()).exchange(request("PUT", "/", "", std::string(1 << 20, 'x')));
    CHECK(answer.status() == 200);
    CHECK(answer.body == "1048576");
  }
}

// A connection that was kept open and ends as it is used again is nobody's fault.
class HangsUpOnTheSecond {
 public:
  ScriptedOrigin origin{[this](OriginConnection& connection) {
    for (int served = 0; connection.read_request(); ++served) {
      if (served == 1 && hangs_up) return connection.close();
      if (!connection.wire.send(reply("a"))) return;
    }
  }};
  std::atomic<bool> hangs_up{true};
};

TEST_CASE("an idempotent request on a stale connection goes to the same backend again, over a fresh one") {
  HangsUpOnTheSecond a;
  ScriptedOrigin b(named("b"));
  Balancer balancer(Setup{.top = {access_log_to_stdout},
                          .pool = {"affinity: {cookie: {keys: [\"a key that is at least 32 bytes long\"]}}",
                                   "health: {passive: {consecutive_failures: 1, eject: 1h}}", "retries: {attempts: 0}"},
                          .backends = {backend("a", a.origin), backend("b", b)}});
  std::string cookie;
  for (int i = 0; cookie.empty(); ++i) {
    REQUIRE(i < 4);
    const Message first = fetch(balancer.port(), "/log-in");
    if (first.body != "a") continue;
    cookie = first.field("Set-Cookie");
    cookie = "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
  }
  const Message answer = fetch(balancer.port(), "/stale", cookie);
  CHECK(answer.status() == 200);
  CHECK(answer.body == "a");
  CHECK_FALSE(answer.has("Set-Cookie"));
  CHECK(a.origin.seen_target("/stale") == 2);
  CHECK(a.origin.connections() == 2);
  CHECK(b.seen_target("/stale") == 0);
  CHECK(balancer.access_entry("/stale").at("verdict") == "bound");
  CHECK(balancer.access_entry("/stale").at("attempts") == 2);
  CHECK(balancer.metric("stickler_pool_failures_total", "reason=\"stale\"") == 1);
  CHECK(state_of(balancer, "a") == "up");  // Neither its health nor the retries are charged for it.
}

TEST_CASE("a POST on a stale connection is sent once: the client hears that nobody knows what became of it") {
  HangsUpOnTheSecond a;
  Balancer balancer(Setup{.top = {access_log_to_stdout}, .backends = {a.origin.address()}});
  CHECK(fetch(balancer.port(), "/first").body == "a");
  const Message answer = RawClient(balancer.port()).exchange(request("POST", "/stale", "", "once"));
  CHECK(answer.status() == 502);
  CHECK(a.origin.seen_target("/stale") == 1);
  CHECK(balancer.access_entry("/stale").at("reason") == "stale");
  a.hangs_up = false;
  CHECK(RawClient(balancer.port()).exchange(request("POST", "/next", "", "twice")).status() == 200);
}

TEST_CASE("a kept connection that the backend has closed is not used again, not even by a POST") {
  std::atomic<int> let_go{0};
  ScriptedOrigin origin([&](OriginConnection& connection) {
    if (!connection.read_request()) return;
    connection.wire.send(reply("and good-bye"));
    connection.wire.half_close();
    if (connection.wire.closed_by_peer()) ++let_go;
  });
  Balancer balancer(Setup{.backends = {origin.address()}});
  for (int i = 1; i <= 6; ++i) {
    CHECK(RawClient(balancer.port()).exchange(request(i % 2 == 0 ? "POST" : "GET", "/", "", "x")).status() == 200);
    REQUIRE(eventually([&] { return let_go == i; }));  // Until then it may be used.
  }
  CHECK(balancer.metric("stickler_backend_reuses_total") == 0);
}

}  // namespace
}  // namespace stickler::integration
