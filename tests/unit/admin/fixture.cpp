#include "tests/unit/admin/fixture.h"

#include <catch2/catch.hpp>

#include "lb/base/bytes.h"
#include "lb/io/socket.h"
#include "lb/io/timer.h"

namespace stickler::admin::test {
namespace {

using namespace std::chrono_literals;

// Sends one request and stops the loop when the connection has ended.
class Client final : public io::TransportEvents {
 public:
  Client(io::Loop& loop, const Address& to, std::string request)
      : loop_(loop), request_(std::move(request)), socket_(io::Socket::connect(loop, to, *this)) {}

  void on_connected() override { socket_->write(request_); }
  void on_data(std::span<const char> bytes) override { received.append(bytes.data(), bytes.size()); }
  void on_eof() override { loop_.stop(); }
  void on_broken(const Error& error) override {
    broken = error.message;
    loop_.stop();
  }

  std::string received;
  std::string broken;

 private:
  io::Loop& loop_;
  std::string request_;
  std::unique_ptr<io::Socket> socket_;
};

}  // namespace

StatusReport some_status() {
  StatusReport report{.version = "1.2.3",
                      .pid = 4242,
                      .workers = 2,
                      .uptime = 3h + 5min + 250ms,
                      .config_file = "conf/demo.yaml",
                      .generation = 3,
                      .draining = false,
                      .listeners = {},
                      .pools = {}};
  ListenerReport web;
  web.name = "web";
  web.addresses = {"127.0.0.1:8080", "[::1]:8080"};
  web.connections = 12;
  web.connections_max = 32736;
  web.connections_total = 345;
  web.limit_pauses = 1;
  web.bytes_in = 1000;
  web.bytes_out = 2000;
  web.requests = {1, 2, 1234567, 40, 5, 6};
  web.duration = {.count = 1234621, .p50 = 1200us, .p90 = 8ms, .p99 = 1100ms};
  report.listeners = {web};
  BackendReport a;
  a.name = "a";
  a.address = "127.0.0.1:9001";
  a.origin = "config";
  a.role = "primary";
  a.state = "up";
  a.health = "up";
  a.reason = "status 200";
  a.in_flight = 7;
  a.sessions = 1234;
  a.drain = DrainReport{
      .since = 90s, .deadline_in = 30min, .rate = 0.5, .sessions_then = 2000, .sessions_moved = 45, .empty_in = 1h};
  a.connects = 9;
  a.reused = 500;
  a.requests = {0, 0, 512, 3, 2, 0};
  BackendReport b = a;
  b.drain.reset();
  b.name = "b";
  b.address = "127.0.0.1:9002";
  b.state = "ejected";
  b.health = "unknown";
  b.reason = "";
  b.ejected = true;
  b.ejected_because = "consecutive_failures";
  b.ejected_for = 7600ms;
  b.failures = 5;
  BackendReport c = b;
  c.name = "c";
  c.address = "10.0.0.1:9003";
  c.weight = 0;
  c.state = "down";
  c.health = "down";
  c.reason = "connect: connection refused";
  c.ejected = false;
  c.ejected_because = "";
  c.ejected_for = 0ms;
  PoolReport login;
  login.name = "login";
  login.policy = "least_connections";
  login.affinity = "cookie";
  login.attempts = 600;
  login.retries = 4;
  login.queued = 2;
  login.requests = {0, 0, 590, 3, 2, 1};
  login.discover = DiscoverReport{.file = "conf/nodes.yaml", .problem = "", .applied = 3, .refused = 1};
  login.backends = {a, b, c};
  PoolReport plain;
  plain.name = "a b";
  plain.policy = "round_robin";
  report.pools = {login, plain};
  return report;
}

DecisionReport some_decision() {
  DecisionReport report;
  report.worker = 1;
  report.config_file = "conf/demo.yaml";
  report.listener = "web";
  report.route = "/login";
  report.pool = "login";
  report.policy = "least_connections";
  report.refusal_status = 504;
  report.refusal = "answer_timeout";
  report.cookie = SessionCookieReport{
      .state = "valid", .primary = "a", .backup = "c", .home = "", .age = 2h + 5min, .unused = 192s};
  report.verdict = "detour";
  report.backend = "c";
  report.chosen_by = "policy";
  report.gives_up = GivingUpReport{.after = 1s, .backend = "", .chosen_by = "", .refusal = "queue_timeout"};
  report.candidates = {
      {.name = "a",
       .address = "127.0.0.1:9001",
       .state = "up",
       .weight = 1,
       .in_flight = 0,
       .why_not = "tried_and_failed"},
      {.name = "b", .address = "127.0.0.1:9002", .state = "up", .weight = 1, .in_flight = 7, .why_not = "higher_load"},
      {.name = "c",
       .address = "10.0.0.1:9003",
       .state = "up",
       .weight = 2,
       .in_flight = 3,
       .chosen = true,
       .why_not = ""},
      {.name = "d", .address = "", .state = "draining", .why_not = "draining"}};
  report.candidates_left_out = 4;
  report.notes = {"It was a dark and stormy night."};
  report.served = ServedReport{.request_id = "0123456789abcdef0123456789abcdef",
                               .at = WallTime{} + 1'700'000'000s + 123ms,
                               .taken = 12'345us,
                               .status = 504,
                               .failure = "answer_timeout",
                               .attempts = {{.backend = "a", .chosen_by = "session", .failure = "connect_error"},
                                            {.backend = "c", .chosen_by = "policy", .failure = "answer_timeout"}}};
  return report;
}

std::string Answered::field(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && equals_ignore_case(line.substr(0, colon), name)) {
      return std::string(trim_blanks(line.substr(colon + 1)));
    }
  }
  return {};
}

Served::Served(std::string_view listen, std::string token) {
  source.later = [this](std::function<void()> task) { loop_.post(std::move(task)); };
  auto started =
      AdminServer::start(loop_, {.listen = Address::parse(listen).value(), .token = std::move(token)}, source);
  if (!started) FAIL(started.error().message);
  server_ = *std::move(started);
}

Answered Served::call(std::string_view method, std::string_view path, std::string_view fields, std::string_view body) {
  std::string request = std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nConnection: close\r\n";
  if (fields.find("Host: ") == std::string_view::npos) request += "Host: localhost\r\n";
  if (method != "GET" && method != "HEAD") request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  request.append(fields).append("\r\n").append(body);

  bool late = false;
  io::Timer limit(loop_, [&] {
    late = true;
    loop_.stop();
  });
  limit.start(20s);
  Client client(loop_, address(), std::move(request));
  loop_.run();
  if (late || !client.broken.empty()) FAIL("no answer to " << method << ' ' << path << ": " << client.broken);
  const std::string& received = client.received;
  const std::size_t end = received.find("\r\n\r\n");
  REQUIRE(received.starts_with("HTTP/1.1 "));
  REQUIRE(end != std::string::npos);
  return {.status = std::stoi(received.substr(9, 3)),
          .head = received.substr(0, end + 2),
          .body = received.substr(end + 4)};
}

}  // namespace stickler::admin::test
