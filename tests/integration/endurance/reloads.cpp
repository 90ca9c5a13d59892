// Two hundred reloads with ever other configurations while clients send requests: not one of them fails, and nothing is
// left behind.
#include <catch2/catch.hpp>
#include <iostream>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/named.h"
#include "tests/integration/operation/websocket.h"

namespace stickler::integration {
namespace {

#ifdef STICKLER_SANITIZED
constexpr int reloads = 40;
#else
constexpr int reloads = 200;
#endif
constexpr int warm_up = 20;
constexpr int clients = 4;
constexpr std::size_t growth_max = std::size_t{8} << 20;

const std::string key = "a key that is at least 32 bytes long";

// The n-th configuration: listeners, routes, pools, backends, policies, weights, headers and keys come and go. What the
// clients ask for is served in all of them.
Setup configuration(int n, const std::vector<std::string>& nodes, const ReservedPort& extra) {
  constexpr const char* policies[] = {"round_robin", "least_connections", "two_choices", "random"};
  const std::string number = std::to_string(n);
  Setup setup{
      .process = "{workers: 2, shutdown_grace: 5s}",
      .listener = {"headers: {response: {set: {X-Generation: \"" + number + "\"}}}"},
      .pool = {std::string("policy: ") + policies[n % 4], "timeouts: {connect: " + std::to_string(n % 5 + 2) + "s}"}};
  if (n % 3 == 0) setup.pool.push_back("affinity: {cookie: {keys: [\"" + key + number + "\", \"" + key + "\"]}}");
  if (n % 5 == 0) setup.pool.push_back("connections: {max_per_backend: 50, queue: 1000}");
  if (n % 2 == 0) setup.pool.push_back("health: {active: {type: tcp, interval: 1s}}");
  if (n % 4 == 1) setup.listeners = "  extra: {listen: \"" + extra.address() + "\", pool: app}\n";
  if (n % 3 == 1) {
    setup.listener.push_back("routes: [{path: /other, pool: other}]");
    setup.pools = "  other: {backends: [" + backend("n", nodes[static_cast<std::size_t>(n) % nodes.size()]) + "]}\n";
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const bool out = nodes.size() > 2 && (i + static_cast<std::size_t>(n)) % nodes.size() == 0;
    if (out) continue;
    setup.backends.push_back(backend("node-" + std::to_string(i), nodes[i],
                                     ", weight: " + std::to_string(1 + (i + static_cast<std::size_t>(n)) % 4)));
  }
  return setup;
}

// Sends requests until told to stop; counts those that were not answered as they should be.
class Client {
 public:
  explicit Client(std::uint16_t port) : port_(port) {}

  void run(const std::atomic<bool>& stop) {
    RawClient wire(port_);
    for (int i = 0; !stop; ++i) {
      const bool posts = i % 3 == 0;
      const std::string body(static_cast<std::size_t>(i % 50) * 100 + 1, 'b');
      const std::string target = i % 5 == 0 ? "/other/" : "/";
      const bool last = i % 40 == 39;
      wire.send(request(posts ? "POST" : "GET", target, last ? "Connection: close\r\n" : "", posts ? body : ""));
      const auto answer = wire.read_response();
      ++sent_;
      if (!answer || answer->status() != 200 || answer->body != (posts ? std::to_string(body.size()) : "0")) {
        ++failed_;
        if (first_failure_.empty()) first_failure_ = answer ? answer->head + answer->body : "no answer";
      }
      if (last || !answer || !answer->complete) wire = RawClient(port_);
    }
  }

  int sent() const { return sent_; }
  int failed() const { return failed_; }
  const std::string& first_failure() const { return first_failure_; }

 private:
  std::uint16_t port_;
  int sent_ = 0;
  int failed_ = 0;
  std::string first_failure_;
};

TEST_CASE("reloads under load: no request fails, and neither descriptors nor memory grow") {
  const auto counts = answering([](const Message& got) { return reply(std::to_string(got.body.size())); });
  std::list<ScriptedOrigin> origins;
  std::vector<std::string> nodes;
  for (int i = 0; i < 4; ++i) nodes.push_back(origins.emplace_back(counts).address());
  ScriptedOrigin chat(tunnels("chat"));
  ReservedPort extra;
  Setup first = configuration(0, nodes, extra);
  first.listener.push_back("routes: [{path: /ws, pool: chat}]");
  first.pools = "  chat: {backends: [" + backend("c", chat) + "]}\n";
  Balancer balancer(first);
  RawClient tunnel = open_tunnel(balancer.port());

  std::atomic<bool> stop{false};
  std::list<Client> crowd;
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    Client& client = crowd.emplace_back(balancer.port());
    threads.emplace_back([&client, &stop] { client.run(stop); });
  }
  std::size_t memory_before = 0;
  int reached = 0;
  try {
    for (int n = 1; n <= reloads; ++n) {
      reload(balancer, configuration(n, nodes, extra));
      if (n == warm_up) memory_before = balancer.process().resident_bytes();
      ++reached;
    }
  } catch (const std::exception& error) {
    FAIL_CHECK("reload " << reached + 1 << ": " << error.what());
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(echoes(tunnel, "still open"));
  tunnel.close();

  int sent = 0;
  for (const Client& client : crowd) {
    INFO(client.first_failure());
    CHECK(client.failed() == 0);
    sent += client.sent();
  }
  CHECK(sent > reloads);
  CHECK(balancer.metric("stickler_config_reloads_total") == reloads);
  CHECK(balancer.metric("stickler_config_reloads_refused_total") == 0);
  CHECK(balancer.metric("stickler_listener_requests_total", "code_class=\"5xx\"") == 0);

  // What is left of the load is what the first configuration of all needs: two workers, its listeners, idle
  // connections.
  reload(balancer, configuration(0, nodes, extra));
  std::size_t now = 0;
  CHECK(eventually([&] {
    now = balancer.process().open_descriptors();
    std::size_t backends_open = 0;
    for (const ScriptedOrigin& origin : origins) backends_open += origin.open_connections();
    return now <= 40 + backends_open;
  }));
  std::cout << "reloads: " << reached << ", with " << sent << " requests, " << now << " descriptors afterwards"
            << std::endl;
#ifndef STICKLER_SANITIZED
  CHECK(balancer.process().resident_bytes() < memory_before + growth_max);
#else
  (void)memory_before;
#endif
}

}  // namespace
}  // namespace stickler::integration
