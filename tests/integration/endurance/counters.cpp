// Two workers, three hundred connections that are kept, closed, pipelined, cut and reset: afterwards every counter
// agrees with every other, and nothing is in flight.
#include <catch2/catch.hpp>
#include <random>

#include "tests/integration/failure/named.h"

namespace stickler::integration {
namespace {

constexpr int threads = 6;
constexpr int connections_each = 50;

class Crowd {
 public:
  Crowd(std::uint16_t port, std::uint64_t seed) : port_(port), engine_(seed) {}

  void run() {
    for (int i = 0; i < connections_each; ++i) one_connection();
  }
  int answered() const { return answered_; }

 private:
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(engine_); }

  void one_connection() {
    RawClient client(port_);
    const std::size_t before_the_end = below(6);
    for (std::size_t i = 0; i < before_the_end; ++i) exchange(client, "");
    switch (below(6)) {
      case 0:
        return exchange(client, "Connection: close\r\n");
      case 1:  // Leaves while it is served.
        client.send(get("/slow"));
        return client.reset();
      case 2:  // Leaves amid its body.
        client.send("POST /cut HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf");
        return client.close();
      case 3:  // Leaves amid its head.
        client.send("GET /half HTTP/1.1\r\nHos");
        return client.close();
      case 4:  // Several at once.
        client.send(get("/one") + get("/two") + get("/three", "Connection: close\r\n"));
        for (int i = 0; i < 3; ++i) answered_ += client.read_response().has_value() ? 1 : 0;
        return;
      default:  // Is refused.
        client.send("nonsense\r\n\r\n");
        client.read_to_end();
    }
  }

  void exchange(RawClient& client, std::string_view fields) {
    const bool posts = below(2) == 0;
    client.send(request(posts ? "POST" : "GET", "/", fields, posts ? std::string(below(5000) + 1, 'p') : ""));
    answered_ += client.read_response().has_value() ? 1 : 0;
  }

  std::uint16_t port_;
  std::mt19937_64 engine_;
  int answered_ = 0;
};

std::size_t lines_of(const std::string& path) {
  return static_cast<std::size_t>(std::ranges::count(read_file(path), '\n'));
}

TEST_CASE("after a crowd of good and bad clients all counters agree") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  const auto work = answering([](const Message& got) {
    if (got.target() == "/slow") std::this_thread::sleep_for(20ms);
    return reply("done");
  });
  ScriptedOrigin a(work);
  ScriptedOrigin b(work);
  const TemporaryDirectory logs;
  const std::string log = logs.file("access.log");
  Balancer balancer(Setup{.process = "{workers: 2, shutdown_grace: 5s}",
                          .top = {"access_log: {file: " + log + "}"},
                          .pool = {"affinity: {cookie: {keys: [\"a key that is at least 32 bytes long\"]}}"},
                          .backends = {backend("a", a), backend("b", b)}});
  std::vector<Crowd> crowds;
  for (int i = 0; i < threads; ++i) crowds.emplace_back(balancer.port(), seed + static_cast<std::uint64_t>(i));
  std::vector<std::thread> running;
  for (Crowd& crowd : crowds) running.emplace_back([&crowd] { crowd.run(); });
  for (std::thread& thread : running) thread.join();

  const auto metric = [&](const char* name, const char* labels = "") { return balancer.metric(name, labels); };
  CHECK(eventually([&] { return metric("stickler_listener_connections_open") == 0; }));
  CHECK(eventually([&] { return metric("stickler_backend_in_flight") == 0; }));
  CHECK(metric("stickler_pool_queue_length") == 0);
  CHECK(metric("stickler_listener_connections_total") == threads * connections_each);

  const double requests = metric("stickler_listener_requests_total");
  double answered = 0;
  for (const Crowd& crowd : crowds) answered += crowd.answered();
  CHECK(metric("stickler_listener_requests_total", "code_class=\"2xx\"") >= answered);
  CHECK(requests == metric("stickler_listener_request_duration_seconds_count"));
  CHECK(requests == metric("stickler_listener_request_duration_seconds_bucket", "le=\"+Inf\""));
  CHECK(eventually([&] { return static_cast<double>(lines_of(log)) == requests; }));

  const double routed = metric("stickler_pool_requests_total");
  CHECK(requests == routed + metric("stickler_listener_requests_total", "code_class=\"4xx\""));
  CHECK(routed == metric("stickler_pool_verdicts_total"));
  const double attempts = metric("stickler_pool_attempts_total");
  CHECK(attempts == routed + metric("stickler_pool_retries_total"));
  CHECK(attempts == metric("stickler_backend_connects_total") + metric("stickler_backend_reuses_total"));
  CHECK(metric("stickler_listener_client_aborts_total") ==
        metric("stickler_listener_requests_total", "code_class=\"none\""));
  CHECK(metric("stickler_backend_connects_total") == static_cast<double>(a.connections() + b.connections()));
  CHECK(metric("stickler_access_log_dropped_lines_total") == 0);
}

}  // namespace
}  // namespace stickler::integration
