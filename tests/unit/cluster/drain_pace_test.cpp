#include "lb/cluster/drain_pace.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "lb/base/random.h"
#include "tests/unit/allocations.h"

namespace stickler::cluster {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start = TimePoint{} + 100h;

// A pace of 20 a second that has seen its first window, in which nobody spoke.
struct Started {
  explicit Started(double rate = 20) { pace.start(rate, start); }
  DrainPace pace;
  TimePoint now = start + 1s;
};

DrainPace::Visit visit(std::uint64_t session, Duration silent = 0s) {
  return {.session = session, .binding = session, .silent = silent};
}

bool moves(DrainPace& pace, const DrainPace::Visit& visit, TimePoint now) { return !pace.admit(visit, now); }

TEST_CASE("in the first window nobody moves") {
  DrainPace pace;
  pace.start(20, start);
  std::uint64_t session = 0;
  for (TimePoint now = start; now < start + 1s; now += 10ms) CHECK_FALSE(moves(pace, visit(++session, 1h), now));
  CHECK(pace.moved() == 0);
  CHECK(moves(pace, visit(++session, 1h), start + 1s));
}

TEST_CASE("moves are as many as the rate says, however many speak") {
  for (const double rate : {0.5, 1.0, 20.0, 333.0}) {
    CAPTURE(rate);
    DrainPace pace;
    pace.start(rate, start);
    std::uint64_t session = 0;
    for (TimePoint now = start; now < start + 60s; now += 1ms) pace.admit(visit(++session), now);
    const double window = std::max(1.0, 4 / rate);
    CHECK(static_cast<double>(pace.moved()) <= rate * (60 - window) + rate / 10 + 1);
    CHECK(static_cast<double>(pace.moved()) >= rate * (60 - window) - 1);
  }
}

TEST_CASE("what nobody took is not made up for later") {
  Started started;
  const TimePoint later = started.now + 1h;
  std::uint64_t moved = 0;
  for (std::uint64_t session = 1; session <= 100; ++session)
    moved += moves(started.pace, visit(session), later) ? 1 : 0;
  CHECK(moved == 3);  // The one that is due, and those of a tenth of a second.
  CHECK(started.pace.moved() == moved);
}

TEST_CASE("no session moves while a request of it is in flight, whichever worker has that") {
  Started started(1000);
  DrainPace& pace = started.pace;
  started.now += 1s;
  {
    DrainPace::Stay before = pace.enter(7);
    CHECK_FALSE(moves(pace, visit(7, 1h), started.now));
    CHECK(moves(pace, visit(8, 1h), started.now));
    DrainPace::Visit nowhere = visit(9, 1h);
    nowhere.may_leave = false;
    const DrainPace::Stay stays = pace.admit(nowhere, started.now);
    CHECK(stays);
    CHECK_FALSE(moves(pace, visit(9, 1h), started.now));
    CHECK_FALSE(pace.would_move(visit(9, 1h), started.now));
    DrainPace::Stay moved_on = std::move(before);
    CHECK_FALSE(moves(pace, visit(7, 1h), started.now));
  }
  CHECK(pace.would_move(visit(7, 1h), started.now));
  CHECK(moves(pace, visit(7, 1h), started.now));
  CHECK(moves(pace, visit(9, 1h), started.now));
}

TEST_CASE(
    "what a client sends before it has its new cookie follows, out of turn, and what it sends with that does not") {
  Started started(1);
  DrainPace& pace = started.pace;
  started.now = start + 10s;
  REQUIRE(moves(pace, visit(7, 1h), started.now));
  CHECK_FALSE(moves(pace, visit(8, 1h), started.now));  // It is nobody's turn.
  for (int i = 0; i < 3; ++i) {
    CHECK(pace.would_move(visit(7, 1h), started.now));
    CHECK(moves(pace, visit(7, 1h), started.now));
  }
  DrainPace::Visit again = visit(7);
  again.binding = 4711;
  CHECK_FALSE(moves(pace, again, started.now));
  CHECK(pace.moved() == 1);
}

TEST_CASE("a look at what would happen changes nothing") {
  Started started(1);
  DrainPace& pace = started.pace;
  started.now = start + 10s;
  for (int i = 0; i < 10; ++i) CHECK(pace.would_move(visit(7), started.now));
  CHECK(pace.moved() == 0);
  CHECK(moves(pace, visit(8), started.now));
  CHECK_FALSE(pace.would_move(visit(7), started.now));
}

// Users of a node that drains, who speak now and again, some often and some rarely. Simulated time; one seed, one run.
struct Population {
  explicit Population(std::size_t count, std::uint64_t seed) : random(seed) {
    for (std::size_t i = 0; i < count; ++i) {
      users.push_back({.think = Duration(1s) * (1 + random.below(120)), .last = start - 1h});
      next.emplace(start + pause(users.back()), i);
    }
  }

  struct User {
    Duration think;
    TimePoint last;
  };

  Duration pause(const User& user) {
    const double unit = (random.below(1'000'000) + 0.5) / 1e6;
    return std::chrono::duration_cast<Duration>(-std::log(unit) * user.think);
  }

  // All that happens until `end`.
  template <class OnVisit>
  void run(DrainPace& pace, TimePoint end, OnVisit on_visit) {
    while (!next.empty() && next.begin()->first < end) {
      const auto [now, i] = *next.begin();
      next.erase(next.begin());
      User& user = users[i];
      const Duration silent = now - std::exchange(user.last, now);
      const bool has_moved = moves(pace, {.session = i + 1, .binding = i + 1, .silent = silent}, now);
      if (!has_moved) next.emplace(now + pause(user), i);
      on_visit(silent, has_moved, now);
    }
  }

  Random random;
  std::vector<User> users;
  std::set<std::pair<TimePoint, std::size_t>> next;  // Who speaks when, of those who have not moved.
};

TEST_CASE("among many who speak those that were silent longest move, at the rate, until all have") {
  DrainPace pace;
  pace.start(10, start);
  Population population(2000, 3);  // Some 80 a second speak.
  double silent_moved = 0;
  double silent_stayed = 0;
  double stayed = 0;
  double moved = 0;
  population.run(pace, start + 90s, [&](Duration silent, bool has_moved, TimePoint now) {
    if (now < start + 30s) return;  // At first all were silent for an hour.
    (has_moved ? silent_moved : silent_stayed) += std::chrono::duration<double>(silent).count();
    ++(has_moved ? moved : stayed);
  });
  CHECK(pace.moved() <= 10 * 89 + 2);
  CHECK(pace.moved() >= 10 * 89 * 85 / 100);
  CHECK(silent_moved / moved > 2.5 * silent_stayed / stayed);
  population.run(pace, start + 1h, [](Duration, bool, TimePoint) {});
  CHECK(pace.moved() == 2000);
}

TEST_CASE("a session that speaks without a pause does not keep the others from moving") {
  DrainPace pace;
  pace.start(20, start);
  std::uint64_t session = 100;
  std::size_t moved = 0;
  for (TimePoint now = start; now < start + 20s; now += 5ms) {
    for (std::uint64_t busy = 1; busy <= 5; ++busy) {
      DrainPace::Visit often = visit(busy, 10min);  // As its cookie has it, which is not written each time.
      often.may_leave = busy > 1;
      pace.admit(often, now);
    }
    if ((now - start).count() % 25'000'000 == 0) moved += moves(pace, visit(++session, 5s), now) ? 1 : 0;
  }
  CHECK(moved + 4 == pace.moved());
  CHECK(moved >= 20 * 19 * 9 / 10);
}

TEST_CASE("a request asks without allocating") {
  Started started;
  CHECK(test::allocations_of([&] {
          for (std::uint64_t session = 0; session < 100; ++session) {
            started.pace.admit(visit(session), started.now += 10ms);
          }
        }) == 0);
}

TEST_CASE("with several workers at once no more move than may, none twice, and none in flight") {
  constexpr std::uint64_t sessions = 3000;
  DrainPace pace;
  pace.start(2000, start);
  std::vector<std::atomic<int>> at_node(sessions);
  std::vector<std::atomic<bool>> gone(sessions);
  std::atomic<int> broken{0};
  std::vector<std::thread> workers;
  for (std::uint64_t worker = 0; worker < 3; ++worker) {
    workers.emplace_back([&, worker] {
      Random random(worker);
      for (int step = 0; step < 20'000; ++step) {
        const std::uint64_t session = random.below(sessions);
        const TimePoint now = start + 1s + step * 50us;
        const DrainPace::Stay stay = pace.admit(visit(session, 1s), now);
        if (!stay) {
          if (at_node[session] != 0) ++broken;
          gone[session] = true;
          continue;
        }
        if (gone[session]) continue;  // Its mark has been taken by another since: its cookie would be another by now.
        ++at_node[session];
        --at_node[session];
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  CHECK(broken == 0);
  CHECK(pace.moved() <= 2000 * 1 + 200 + 1);
  CHECK(pace.moved() > 1000);
}

}  // namespace
}  // namespace stickler::cluster
