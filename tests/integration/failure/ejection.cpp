// Passive health: a backend whose traffic fails is taken out for a while, never the last one.
#include <catch2/catch.hpp>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/named.h"

namespace stickler::integration {
namespace {

std::string passive(std::string_view rules) { return "health: {passive: {" + std::string(rules) + "}}"; }
const std::string no_retries = "retries: {attempts: 0}";

Script status_of(std::string status) {
  return answering([status = std::move(status)](const Message&) { return reply("", "", status); });
}

Script sends_and_closes(std::string bytes) {
  return [bytes = std::move(bytes)](OriginConnection& connection) {
    if (!connection.read_request()) return;
    connection.wire.send(bytes);
    connection.close();
  };
}

// Whatever comes of it.
Message ask(Balancer& balancer) { return fetch(balancer.port(), "/", "Connection: close\r\n"); }

TEST_CASE("each kind of failure counts, and so many of them in a row eject the backend") {
  struct Row {
    const char* what;
    Script script;
  };
  const Row rows[] = {
      {"closed", sends_and_closes("")},
      {"reset",
       [](OriginConnection& connection) {
         if (connection.read_request()) connection.reset();
       }},
      {"timeout",
       [](OriginConnection& connection) {
         if (connection.read_request()) connection.hang();
       }},
      {"malformed", sends_and_closes("nonsense\r\n\r\n")},
      {"cut body", sends_and_closes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")},
      {"502", status_of("502 Bad Gateway")},
      {"503", status_of("503 Service Unavailable")},
      {"504", status_of("504 Gateway Timeout")},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    ScriptedOrigin bad(row.script);
    ScriptedOrigin good(named("good"));
    const bool hangs = std::string_view(row.what) == "timeout";
    Balancer balancer(Setup{.pool = {passive("consecutive_failures: 3, eject: 1h"), no_retries,
                                     hangs ? "timeouts: {response_header: 1s}" : "timeouts: {response_header: 30s}"},
                            .backends = {backend("bad", bad), backend("good", good)}});
    for (int i = 0; bad.requests() < 3; ++i) {
      REQUIRE(i < 7);
      CHECK(balancer.metric("stickler_backend_up", "backend=\"bad\"") == 1);
      ask(balancer);
    }
    REQUIRE(comes_to(balancer, "bad", "ejected"));
    for (int i = 0; i < 6; ++i) CHECK(ask(balancer).body == "good");
    CHECK(bad.requests() == 3);
    balancer.process().await_line("backend app/bad is ejected");
    CHECK(balancer.metric("stickler_backend_up", "backend=\"bad\"") == 0);
    CHECK(balancer.metric("stickler_backend_up", "backend=\"good\"") == 1);
    const auto report = balancer.admin_json("/api/v1/pools/app/backends/bad");
    CHECK(report.at("ejected") == true);
    CHECK(report.at("ejected_for_seconds").get<double>() > 3000);
  }
}

TEST_CASE("failed connects count, while the requests are served elsewhere") {
  ReservedPort nobody;
  SilentAddress silent;
  for (const std::string& address : {nobody.address(), silent.address()}) {
    CAPTURE(address);
    ScriptedOrigin good(named("good"));
    Balancer balancer(Setup{.pool = {passive("consecutive_failures: 3, eject: 1h"), "timeouts: {connect: 500ms}"},
                            .backends = {backend("bad", address), backend("good", good)}});
    for (int i = 0; i < 6; ++i) CHECK(ask(balancer).body == "good");
    CHECK(comes_to(balancer, "bad", "ejected"));
    CHECK(balancer.metric("stickler_backend_failures_total", "backend=\"bad\"") == 3);
  }
}

TEST_CASE("other answers are no failures, and one good answer ends a streak") {
  std::atomic<int> turn{0};
  constexpr const char* statuses[] = {
      "503 Service Unavailable", "502 Bad Gateway", "500 Internal Server Error", "504 Gateway Timeout",
      "503 Service Unavailable", "404 Not Found",   "501 Not Implemented",       "502 Bad Gateway",
      "502 Bad Gateway",         "200 OK"};
  ScriptedOrigin mixed(answering([&](const Message&) { return reply("", "", statuses[turn++ % 10]); }));
  ScriptedOrigin good(named("good"));
  Balancer balancer(Setup{.pool = {passive("consecutive_failures: 3, eject: 1h"), no_retries},
                          .backends = {backend("mixed", mixed), backend("good", good)}});
  for (int i = 0; i < 38; ++i) ask(balancer);
  CHECK(mixed.requests() == 19);  // Too few for its success rate to be judged.
  CHECK(state_of(balancer, "mixed") == "up");
}

TEST_CASE("no more than max_ejected are out at a time, and never the last one") {
  struct Row {
    const char* max_ejected;
    std::size_t backends;
    std::size_t ejected;
  };
  const Row rows[] = {
      {"50%", 1, 0}, {"50%", 2, 1}, {"50%", 3, 1}, {"50%", 4, 2}, {"0%", 3, 0}, {"100%", 1, 0}, {"100%", 3, 2},
  };
  for (const Row& row : rows) {
    CAPTURE(row.max_ejected, row.backends);
    ReservedPort nobody;
    Setup setup{.pool = {passive("consecutive_failures: 1, eject: 1h, max_ejected: " + std::string(row.max_ejected)),
                         no_retries}};
    for (std::size_t i = 0; i < row.backends; ++i) {
      setup.backends.push_back(backend(std::string(1, static_cast<char>('a' + i)), nobody.address()));
    }
    Balancer balancer(setup);
    for (int i = 0; i < 20; ++i) CHECK(ask(balancer).status() == 502);
    const auto out = [&] {
      return static_cast<double>(row.backends) - balancer.metric("stickler_backend_up", "pool=\"app\"");
    };
    CHECK(eventually([&] { return out() == static_cast<double>(row.ejected); }));
    for (int i = 0; i < 20; ++i) CHECK(ask(balancer).status() == 502);
    CHECK(out() == static_cast<double>(row.ejected));
  }
}

TEST_CASE("with passive health off nobody is ejected") {
  ReservedPort nobody;
  ScriptedOrigin good(named("good"));
  Balancer balancer(
      Setup{.pool = {"health: {passive: off}"}, .backends = {backend("bad", nobody.address()), backend("good", good)}});
  for (int i = 0; i < 40; ++i) CHECK(ask(balancer).body == "good");
  CHECK(state_of(balancer, "bad") == "up");
  CHECK(balancer.metric("stickler_backend_failures_total", "backend=\"bad\"") == 20);
}

TEST_CASE("failures that two workers see add up to one streak") {
  ReservedPort nobody;
  ScriptedOrigin good(named("good"));
  Balancer balancer(Setup{.process = "{workers: 2, shutdown_grace: 500ms}",
                          .pool = {passive("consecutive_failures: 10, eject: 1h")},
                          .backends = {backend("bad", nobody.address()), backend("good", good)}});
  for (int i = 0; i < 40; ++i) CHECK(ask(balancer).body == "good");
  CHECK(comes_to(balancer, "bad", "ejected"));
}

}  // namespace
}  // namespace stickler::integration
