// What docs/affinity.md says is proved, over seeds of its own: every run simulates the same ones.
//
// A seed that fails is named in the message; `STICKLER_SIM_SEED=17 sim` runs that one alone. `sim [million]` runs
// three seeds with a million sessions between them.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>

#include "tests/sim/simulation.h"

namespace stickler::sim {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t seeds = 8;  // They find other faults, and are ten times slower.
#else
constexpr std::uint64_t seeds = 64;
#endif
constexpr std::size_t sessions_per_seed = 10'000;

Tally simulate(std::uint64_t seed, std::size_t sessions) {
  Simulation simulation(seed, sessions);
  simulation.run();
  INFO("to repeat: STICKLER_SIM_SEED=" << seed << " sim");
  CAPTURE(simulation.violation());
  REQUIRE(simulation.violation().empty());
  return simulation.tally();
}

std::uint64_t count(const Tally& tally, affinity::Verdict verdict) {
  return tally.verdicts[static_cast<std::size_t>(verdict)];
}

// Everything that is judged has come up, and most requests were what a user wants: bound.
void check_that_it_happened(const Tally& tally) {
  using affinity::Verdict;
  for (const Verdict verdict :
       {Verdict::fresh, Verdict::bound, Verdict::expired, Verdict::unknown_node, Verdict::detour, Verdict::failover,
        Verdict::moved, Verdict::drained, Verdict::refused}) {
    CAPTURE(affinity::to_string(verdict));
    CHECK(count(tally, verdict) > 0);
  }
  CHECK(count(tally, Verdict::bound) > tally.requests / 2);
  CHECK(tally.attacks > tally.requests / 100);
  CHECK(tally.chaos > 0);
  CHECK(tally.set_cookies < tally.requests);
}

std::string report(const Tally& tally) {
  std::string text = std::to_string(tally.requests) + " requests:";
  for (std::size_t i = 0; i < tally.verdicts.size(); ++i) {
    if (tally.verdicts[i] == 0) continue;
    text += " " + std::string(affinity::verdict_words[i]) + " " + std::to_string(tally.verdicts[i]);
  }
  return text + "; " + std::to_string(tally.unserved) + " unserved, " + std::to_string(tally.set_cookies) +
         " cookies set, " + std::to_string(tally.attacks) + " forged, " + std::to_string(tally.chaos) + " troubles\n";
}

TEST_CASE("no request of a live session reaches a wrong node while its node is up, whatever else happens") {
  if (const char* wanted = std::getenv("STICKLER_SIM_SEED")) {
    std::cout << report(simulate(std::strtoull(wanted, nullptr, 10), sessions_per_seed));
    return;
  }
  Tally total;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) total.add(simulate(seed, sessions_per_seed));
  CAPTURE(report(total));
  check_that_it_happened(total);
}

TEST_CASE("the same seed tells the same story") {
  const Tally one = simulate(1, 500);
  const Tally other = simulate(1, 500);
  CHECK(one.verdicts == other.verdicts);
  CHECK(one.set_cookies == other.set_cookies);
  CHECK(simulate(2, 500).verdicts != one.verdicts);
}

TEST_CASE("a million sessions", "[.million]") {
  Tally tally;
  for (const std::uint64_t seed : {1, 2, 3}) tally.add(simulate(seed, 1'000'000 / 3 + 1));  // Each rule of backups.
  std::cout << report(tally);
  check_that_it_happened(tally);
}

}  // namespace
}  // namespace stickler::sim
