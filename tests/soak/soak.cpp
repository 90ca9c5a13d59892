// Mixed traffic for as long as the command line says, while backends are killed and started again and the configuration
// changes: no good request that was not hit by a kill fails, and afterwards the balancer is as it was before.
#include <catch2/catch.hpp>
#include <iostream>
#include <thread>

#include "tests/integration/failure/named.h"
#include "tests/soak/backends.h"
#include "tests/soak/books.h"
#include "tests/soak/client.h"
#include "tests/soak/configurations.h"
#include "tests/soak/options.h"

namespace stickler::soak {
namespace {

using namespace integration;

constexpr int clients = 12;
constexpr std::size_t loops = 3;  // Two workers and control: libuv keeps a descriptor each.
constexpr std::size_t memory_growth_max = std::size_t{64} << 20;  // From warm to the end. A sanitizer's own grows too.

// AddressSanitizer keeps freed memory aside, 256 MiB of it: so much growth would hide any other.
const std::vector<std::string> sanitizer_settings = {"ASAN_OPTIONS=quarantine_size_mb=8"};

struct Traffic {
  Traffic(std::uint16_t port, const Backends& backends, std::uint64_t seed) {
    for (int i = 0; i < clients; ++i) {
      Client& client = crowd.emplace_back(port, i, backends, seed + static_cast<std::uint64_t>(i));
      threads.emplace_back([this, &client] { client.run(stop); });
    }
  }
  ~Traffic() { end(); }

  Tally end() {
    stop = true;
    for (std::thread& thread : threads) thread.join();
    threads.clear();
    Tally all;
    for (const Client& client : crowd) all.add(client.tally());
    return all;
  }

  std::atomic<bool> stop{false};
  std::list<Client> crowd;
  std::vector<std::thread> threads;
};

struct Turmoil {
  std::size_t reloads = 0;
  std::size_t refused_reloads = 0;
};

class Soak {
 public:
  explicit Soak(std::uint64_t seed) : chance_(seed) {}

  void run(std::uint64_t seed, std::chrono::seconds span);

 private:
  void trouble();
  void refuse_a_reload();
  void settle();
  void check_remains(const Tally& tally);

  TemporaryDirectory directory_;
  std::string log_ = directory_.file("access.log");
  ReservedPort extra_;
  Places places_{log_, extra_.address()};
  Chance chance_;
  Backends backends_;
  Balancer balancer_{configuration(0, backends_, places_), {.environment = sanitizer_settings}};
  Turmoil turmoil_;
  std::size_t descriptors_before_ = 0;
  std::size_t memory_warm_ = 0;
};

void Soak::trouble() {
  chance_.pause(300);
  const std::size_t kind = chance_.below(100);
  if (kind < 55) return backends_.trouble(chance_);
  if (kind < 65) return refuse_a_reload();
  reload(balancer_, configuration(++turmoil_.reloads, backends_, places_));
}

void Soak::refuse_a_reload() {
  const double before = balancer_.metric("stickler_config_reloads_refused_total");
  balancer_.rewrite(configuration(0, backends_, places_) + "nonsense: 1\n");
  balancer_.process().signal(SIGHUP);
  CHECK(eventually([&] { return balancer_.metric("stickler_config_reloads_refused_total") == before + 1; }));
  ++turmoil_.refused_reloads;
}

// All as it was, but for the past.
void Soak::settle() {
  backends_.revive_all();
  ++turmoil_.reloads;
  reload(balancer_, configuration(0, backends_, places_));
  for (const char* gauge :
       {"stickler_listener_connections_open", "stickler_backend_in_flight", "stickler_pool_queue_length"}) {
    CAPTURE(gauge);
    CHECK(eventually([&] { return balancer_.metric(gauge) == 0; }));
  }
  std::size_t descriptors = 0;
  const bool back = eventually([&] {
    descriptors = balancer_.process().open_descriptors();
    return descriptors <= descriptors_before_ + loops;
  });
  INFO(descriptors << " descriptors are open, " << descriptors_before_ << " were at the start");
  CHECK(back);
}

void Soak::check_remains(const Tally& tally) {
  for (const std::string& wrong : tally.wrongs) FAIL_CHECK(wrong);
  for (const std::string& flaw : backends_.flaws()) FAIL_CHECK(flaw);
  CHECK(balancer_.metric("stickler_config_reloads_total") == static_cast<double>(turmoil_.reloads));
  CHECK(balancer_.metric("stickler_config_reloads_refused_total") == static_cast<double>(turmoil_.refused_reloads));
  // A line is written within a second.
  const double counted = balancer_.metric("stickler_listener_requests_total");
  LogTotals log;
  eventually([&] {
    log = read_log(log_, tally.unserved);
    return static_cast<double>(log.lines) == counted;
  });
  check_books(balancer_, log, tally);
  check_unserved(log, tally.unserved);
}

void Soak::run(std::uint64_t seed, std::chrono::seconds span) {
  balancer_.metric("stickler_ready");  // Whoever asks first has more to open.
  descriptors_before_ = balancer_.process().open_descriptors();
  const Deadline warm(span / 3);
  const Deadline end(span);
  Traffic traffic(balancer_.port(), backends_, seed);
  while (!end.passed()) {
    trouble();
    if (memory_warm_ == 0 && warm.passed()) memory_warm_ = balancer_.process().resident_bytes();
  }
  const Tally tally = traffic.end();
  settle();
  const std::size_t memory = balancer_.process().resident_bytes();
  CHECK(memory < memory_warm_ + memory_growth_max);
  check_remains(tally);
  std::cout << "soak: " << tally.requests << " requests, " << tally.served << " served, " << tally.unserved.size()
            << " hit by a kill, " << tally.aborts << " aborts, " << tally.refused << " malformed, " << turmoil_.reloads
            << " reloads, " << turmoil_.refused_reloads << " refused, " << backends_.kills() << " kills, "
            << tally.tunnels << " tunnels, " << tally.log_ins << " log-ins, " << (tally.bytes >> 20) << " MiB; memory "
            << (memory_warm_ >> 20) << " MiB warm, " << (memory >> 20) << " MiB at the end" << std::endl;
}

TEST_CASE("mixed traffic, kills and reloads: good requests are served, and the balancer ends as it began") {
  std::cout << "soak: seed " << options().seed << ", " << options().seconds << " s" << std::endl;
  Soak(options().seed).run(options().seed, std::chrono::seconds(options().seconds));
}

}  // namespace
}  // namespace stickler::soak
