#include "lb/affinity/session_count.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <thread>

#include "lb/base/random.h"

namespace stickler::affinity {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{100h};
constexpr Duration idle = 8min;  // A slot is a minute.

std::uint64_t total_of(const SessionCount& count, TimePoint now) {
  SessionTally tally;
  tally.add(count, now);
  return tally.total();
}

double error_of(std::uint64_t counted, std::size_t real) {
  return std::abs(static_cast<double>(counted) - static_cast<double>(real)) / static_cast<double>(real);
}

TEST_CASE("few sessions are counted exactly, however often each is seen") {
  SessionCount count(idle);
  CHECK(total_of(count, start) == 0);
  Random random(1);
  std::vector<std::uint64_t> nonces(SessionCount::exact_max);
  for (auto& nonce : nonces) nonce = random.next();
  for (int round = 0; round < 3; ++round) {
    for (const std::uint64_t nonce : nonces) count.see(nonce, start);
  }
  CHECK(total_of(count, start) == SessionCount::exact_max);
}

TEST_CASE("nonces that want the same place are still told apart") {
  SessionCount count(idle);
  for (std::uint64_t i = 0; i < 500; ++i) count.see(i << 32 | 7, start);
  CHECK(total_of(count, start) == 500);
}

TEST_CASE("a session is counted until it has been idle, and one that comes back stays") {
  SessionCount count(idle);
  count.see(1, start);
  count.see(2, start);
  count.see(1, start + 4min);
  CHECK(total_of(count, start + 7min) == 2);
  CHECK(total_of(count, start + 8min) == 1);
  CHECK(total_of(count, start + 12min) == 0);
}

TEST_CASE("sessions that come and go never fill the table") {
  SessionCount count(idle);
  Random random(2);
  for (int minute = 0; minute < 100; ++minute) {
    for (int i = 0; i < 50; ++i) count.see(random.next(), start + minute * 1min);
  }
  CHECK(total_of(count, start + 99min) == 400);  // Exactly: it did not become an estimate.
}

TEST_CASE("many sessions are estimated within two percent, from a thousand to a million") {
  for (const std::size_t real : {1'100U, 5'000U, 20'000U, 40'000U, 60'000U, 100'000U, 1'000'000U}) {
    CAPTURE(real);
    SessionCount count(idle);
    Random random(3);
    for (std::size_t i = 0; i < real; ++i) {
      const std::uint64_t nonce = random.next();
      count.see(nonce, start + (i % 8) * 1min / 8);
      count.see(nonce, start + (i % 8) * 1min / 8);
    }
    CHECK(error_of(total_of(count, start + 1min), real) < 0.02);
  }
}

TEST_CASE("estimated sessions are forgotten in eighths as well") {
  SessionCount count(idle);
  Random random(4);
  std::vector<std::uint64_t> stay(10'000);
  for (auto& nonce : stay) nonce = random.next();
  for (int i = 0; i < 50'000; ++i) count.see(random.next(), start);
  for (const std::uint64_t nonce : stay) count.see(nonce, start);
  CHECK(error_of(total_of(count, start), 60'000) < 0.02);
  for (const std::uint64_t nonce : stay) count.see(nonce, start + 7min);
  CHECK(error_of(total_of(count, start + 8min), 10'000) < 0.02);
  CHECK(total_of(count, start + 1h) == 0);
  count.see(1, start + 2h);
  CHECK(total_of(count, start + 2h) == 1);
}

TEST_CASE("a session that several workers have seen counts once, in whatever form they count") {
  SessionCount few(idle);
  SessionCount many(idle);
  SessionCount more(idle);
  Random random(5);
  for (int i = 0; i < 30'000; ++i) {
    const std::uint64_t nonce = random.next();
    many.see(nonce, start);
    more.see(nonce, start);
    if (i < 500) few.see(nonce, start);
  }
  SessionTally tally;
  for (const SessionCount* count : {&few, &many, &more}) tally.add(*count, start);
  CHECK(error_of(tally.total(), 30'000) < 0.02);

  SessionCount other(idle);
  for (std::uint64_t i = 0; i < 500; ++i) other.see(i, start);
  for (std::uint64_t i = 250; i < 750; ++i) few.see(i, start);
  SessionTally exact;
  exact.add(other, start);
  CHECK(exact.total() == 500);
  exact.add(few, start);
  CHECK(exact.total() == 500 + 500 + 250);
}

// Of sessions that were all seen, these have gone; what is left of them.
std::uint64_t left_of(std::size_t seen, std::size_t gone) {
  SessionCount all(idle);
  SessionCount away(idle);
  Random random(6);
  for (std::size_t i = 0; i < seen; ++i) {
    const std::uint64_t nonce = random.next();
    all.see(nonce, start);
    if (i < gone) {
      all.see(nonce, start + 2min);
      away.see(nonce, start + 2min);
    }
  }
  SessionTally of_all;
  SessionTally of_away;
  of_all.add(all, start + 3min);
  of_away.add(away, start + 3min);
  return of_all.without(of_away);
}

TEST_CASE("what is left without those that have gone is exact for few") {
  for (const std::size_t gone : {0U, 1U, 499U, 999U, 1000U}) CHECK(left_of(1000, gone) == 1000 - gone);
}

TEST_CASE("what is left of many is within two percent of all, and nothing where all have gone") {
  for (const std::size_t seen : {5'000U, 100'000U}) {
    for (const std::size_t percent : {0U, 1U, 10U, 50U, 90U, 99U}) {
      CAPTURE(seen, percent);
      const double error =
          static_cast<double>(left_of(seen, seen * percent / 100)) - static_cast<double>(seen - seen * percent / 100);
      CHECK(std::abs(error) < 0.02 * static_cast<double>(seen));
    }
    const std::size_t few = left_of(seen, seen - 20);
    CHECK(few < 100);
    CHECK(left_of(seen, seen) == 0);
  }
}

TEST_CASE("what another thread tallies meanwhile never looks emptier than it is") {
  SessionCount count(idle);
  for (std::uint64_t i = 0; i < 100; ++i) count.see(i, start + 1h);
  std::atomic<bool> stopping{false};
  std::thread worker([&] {
    // Sessions of long ago make it tidy up again and again.
    for (std::uint64_t i = 1'000; !stopping; ++i) count.see(i, start);
  });
  bool whole = true;
  for (int i = 0; i < 300; ++i) whole = whole && total_of(count, start + 1h) == 100;
  stopping = true;
  worker.join();
  CHECK(whole);
}

TEST_CASE("another count goes on with what was seen, few or many, and both are one together") {
  for (const std::size_t seen : {100U, 20'000U}) {
    CAPTURE(seen);
    SessionCount before(idle);
    SessionCount after(idle);
    Random random(5);
    std::vector<std::uint64_t> nonces(seen);
    for (auto& nonce : nonces) nonce = random.next();
    for (std::size_t i = 0; i < seen; ++i) before.see(nonces[i], start + (i % 2 == 0 ? 0min : 4min));
    after.see(random.next(), start + 4min);
    after.recall(before.memory(start + 4min));
    for (const std::uint64_t nonce : nonces) after.see(nonce, start + 4min);
    SessionTally both;
    both.add(before, start + 4min);
    both.add(after, start + 4min);
    CHECK(error_of(both.total(), seen + 1) < 0.02);
    CHECK(error_of(total_of(after, start + 4min), seen + 1) < 0.02);
    SessionCount alone(idle);
    alone.recall(before.memory(start + 4min));
    CHECK(alone.memory(start + 4min) == before.memory(start + 4min));
    CHECK(total_of(alone, start + 4min) == total_of(before, start + 4min));
    CHECK(error_of(total_of(alone, start + 8min), seen / 2) < 0.02);  // Each is over when it would have been.
    CHECK(total_of(alone, start + 12min) == 0);
  }
}

TEST_CASE("what was counted by another idle time is not gone on with") {
  SessionCount before(idle);
  before.see(1, start);
  SessionCount after(2 * idle);
  after.recall(before.memory(start));
  CHECK(total_of(after, start) == 0);
}

}  // namespace
}  // namespace stickler::affinity
