// Active health: probes, rise and fall, and what follows from their verdict.
#include <catch2/catch.hpp>
#include <deque>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/named.h"

namespace stickler::integration {
namespace {

std::string active(std::string_view rules) {
  return "health: {passive: off, active: {interval: 20ms, timeout: 5s, " + std::string(rules) + "}}";
}

// Answers /healthz from a list of statuses, the last one for ever; everything else with 200.
class Patient {
 public:
  explicit Patient(std::deque<std::string> statuses) : statuses_(std::move(statuses)) {}

  void become(std::string status) {
    const std::lock_guard lock(mutex_);
    statuses_ = {std::move(status)};
    answers_ = 0;
  }
  std::size_t answers() {  // To probes, since it became what it is.
    const std::lock_guard lock(mutex_);
    return answers_;
  }
  std::size_t probes() const { return origin.seen_target("/healthz"); }

 private:
  std::string next() {
    const std::lock_guard lock(mutex_);
    ++answers_;
    std::string status = statuses_.front();
    if (statuses_.size() > 1) statuses_.pop_front();
    return status;
  }

  std::mutex mutex_;
  std::deque<std::string> statuses_;
  std::size_t answers_ = 0;

 public:
  ScriptedOrigin origin{answering([this](const Message& request) {
    return request.target() == "/healthz" ? reply("probed", "", next()) : reply("patient");
  })};
};

TEST_CASE("a backend goes down after `fall` failures in a row and comes up after `rise` successes in a row") {
  Patient patient({"200 OK"});
  ScriptedOrigin other(named("other"));
  Balancer balancer(Setup{.pool = {active("type: http, path: /healthz, rise: 3, fall: 2")},
                          .backends = {backend("patient", patient.origin), backend("other", other)}});
  REQUIRE(eventually([&] { return patient.probes() >= 3; }));
  CHECK(state_of(balancer, "patient") == "up");

  patient.become("500 Internal Server Error");
  balancer.process().await_line("backend app/patient is down: status 500");
  CHECK(patient.answers() >= 2);
  CHECK(comes_to(balancer, "patient", "down"));
  CHECK(balancer.metric("stickler_backend_up", "backend=\"patient\"") == 0);
  CHECK(balancer.admin_json("/api/v1/pools/app/backends/patient").at("health") == "down");
  CHECK(balancer.admin_json("/api/v1/pools/app/backends/patient").at("reason") == "status 500");
  for (int i = 0; i < 6; ++i) CHECK(fetch(balancer.port(), "/").body == "other");

  const std::size_t lines = balancer.process().error_lines().size();
  patient.become("204 No Content");
  balancer.process().await_line("backend app/patient is up", lines);
  CHECK(patient.answers() >= 3);
  CHECK(comes_to(balancer, "patient", "up"));
  std::size_t served = 0;
  for (int i = 0; i < 6; ++i) served += fetch(balancer.port(), "/").body == "patient" ? 1 : 0;
  CHECK(served == 3);
}

TEST_CASE("failures that are not in a row never add up") {
  const std::string ok = "200 OK";
  const std::string bad = "503 Service Unavailable";
  Patient patient({bad, bad, ok, bad, bad, ok, bad, ok, bad, bad, ok});
  Balancer balancer(
      Setup{.pool = {active("path: /healthz, rise: 1, fall: 3")}, .backends = {patient.origin.address()}});
  REQUIRE(eventually([&] { return patient.probes() >= 14; }));
  CHECK(state_of(balancer, "a") == "up");
  for (const std::string& line : balancer.process().error_lines()) CHECK(line.find("is down") == std::string::npos);
}

TEST_CASE("which statuses are well is for `expect` to say") {
  struct Row {
    const char* expect;
    const char* status;
    const char* state;
  };
  const Row rows[] = {
      {"", "200 OK", "up"},
      {"", "399 Whatever", "up"},
      {"", "400 Bad Request", "down"},
      {", expect: 200-299", "302 Found", "down"},
      {", expect: 200", "204 No Content", "down"},
      {", expect: 404", "404 Not Found", "up"},
      {", expect: 401-403", "403 Forbidden", "up"},
      {", expect: 401-403", "200 OK", "down"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.expect, row.status);
    Patient patient({row.status});
    Balancer balancer(Setup{.pool = {active("path: /healthz, rise: 1, fall: 1" + std::string(row.expect))},
                            .backends = {patient.origin.address()}});
    REQUIRE(eventually([&] { return balancer.admin_json("/api/v1/pools/app/backends/a").at("health") == row.state; }));
    CHECK(state_of(balancer, "a") == row.state);
  }
}

TEST_CASE("the probe asks for the configured path, in one complete request") {
  ScriptedOrigin origin(named("a"));
  Balancer balancer(Setup{.pool = {active("path: \"/health/deep?full=1\"")}, .backends = {origin.address()}});
  REQUIRE(eventually([&] { return origin.seen_target("/health/deep?full=1") >= 2; }));
  const Message probe = origin.seen().front();
  CHECK(probe.start_line == "GET /health/deep?full=1 HTTP/1.1");
  CHECK(probe.field("Host") == origin.address());
  CHECK(probe.field("User-Agent").starts_with("stickler"));
  CHECK(same_name(probe.field("Connection"), "close"));
  CHECK(origin.flaws().empty());
}

TEST_CASE("the reason of a verdict says what the probe met") {
  ReservedPort nobody;
  ScriptedOrigin closes([](OriginConnection& connection) {
    connection.read_request();
    connection.close();
  });
  ScriptedOrigin babbles([](OriginConnection& connection) {
    connection.read_request();
    connection.wire.send("nonsense\r\n\r\n");
    connection.close();
  });
  ScriptedOrigin hangs([](OriginConnection& connection) {
    connection.read_request();
    connection.hang();
  });
  struct Row {
    std::string address;
    const char* reason;
  };
  const Row rows[] = {
      {nobody.address(), "connect: connection refused"},
      {closes.address(), "closed without an answer"},
      {babbles.address(), "bad answer"},
      {hangs.address(), "no answer within 250ms"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.reason);
    Balancer balancer(
        Setup{.pool = {"health: {active: {interval: 250ms, timeout: 250ms, fall: 2}}"}, .backends = {row.address}});
    const std::string line = balancer.process().await_line("backend app/a is down");
    CHECK(line.find(row.reason) != std::string::npos);
  }
}

TEST_CASE("a tcp probe is content with a connection") {
  ReservedPort port;
  ScriptedOrigin origin([](OriginConnection& connection) { connection.hang(); }, port.number());
  Balancer balancer(Setup{.pool = {active("type: tcp, rise: 2, fall: 2")}, .backends = {origin.address()}});
  balancer.process().await_line("backend app/a is up: connected");
  CHECK(origin.requests() == 0);
  origin.stop();
  balancer.process().await_line("backend app/a is down: connect:");
  CHECK(comes_to(balancer, "a", "down"));
  CHECK(fetch(balancer.port(), "/").status() == 503);
  const std::size_t lines = balancer.process().error_lines().size();
  origin.start();
  balancer.process().await_line("backend app/a is up", lines);
  CHECK(comes_to(balancer, "a", "up"));
}

TEST_CASE("until its first verdict a backend is up") {
  ScriptedOrigin origin(named("a"));
  Balancer balancer(
      Setup{.pool = {"health: {active: {path: /healthz, interval: 1h, timeout: 1s}}"}, .backends = {origin.address()}});
  CHECK(fetch(balancer.port(), "/").body == "a");
  const auto report = balancer.admin_json("/api/v1/pools/app/backends/a");
  CHECK(report.at("state") == "up");
  CHECK(report.at("health") == "unknown");
  CHECK(origin.seen_target("/healthz") == 0);
}

TEST_CASE("when all are found down a request is refused at once, and served again when one is back") {
  Patient patient({"500 Internal Server Error"});
  Balancer balancer(Setup{.top = {access_log_to_stdout},
                          .pool = {active("path: /healthz, rise: 1, fall: 1"), "timeouts: {queue: 1h}"},
                          .backends = {patient.origin.address()}});
  balancer.process().await_line("backend app/a is down");
  REQUIRE(comes_to(balancer, "a", "down"));
  CHECK(fetch(balancer.port(), "/nobody").status() == 503);
  CHECK(balancer.access_entry("/nobody").at("reason") == "no_backend");
  patient.become("200 OK");
  CHECK(eventually([&] { return fetch(balancer.port(), "/").status() == 200; }));
}

}  // namespace
}  // namespace stickler::integration
