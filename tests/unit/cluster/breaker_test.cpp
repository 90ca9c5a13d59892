#include "lb/cluster/breaker.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

namespace stickler::cluster {
namespace {

using namespace std::chrono_literals;
using State = Breaker::State;

constexpr TimePoint start = TimePoint{} + 1h;
const OutlierRules rules{.consecutive_failures = 5, .eject = 10s};

TEST_CASE("a breaker is closed until it is opened, then open, half open, and closed after so many good trials") {
  Breaker breaker;
  CHECK(breaker.is_closed());
  CHECK(breaker.until() == std::nullopt);
  breaker.open(Ejected::failures, rules, start);
  CHECK(breaker.state() == State::open);
  CHECK(breaker.until() == start + 10s);
  breaker.half_open(rules, start + 10s);
  CHECK(breaker.state() == State::half_open);
  CHECK(breaker.until() == start + 20s);
  for (std::uint32_t i = 1; i < Breaker::trials_max; ++i) {
    breaker.record_trial(true, rules, start + 11s);
    CHECK(breaker.state() == State::half_open);
  }
  breaker.record_trial(true, rules, start + 11s);
  CHECK(breaker.is_closed());
}

TEST_CASE("one bad trial opens it again, for longer, and the good ones before are forgotten") {
  Breaker breaker;
  breaker.open(Ejected::success_rate, rules, start);
  CHECK(breaker.why() == Ejected::success_rate);
  breaker.half_open(rules, start + 10s);
  breaker.record_trial(true, rules, start + 10s);
  breaker.record_trial(true, rules, start + 10s);
  breaker.record_trial(false, rules, start + 10s);
  CHECK(breaker.state() == State::open);
  CHECK(breaker.why() == Ejected::trial);
  CHECK(breaker.until() == start + 30s);
  breaker.half_open(rules, start + 30s);
  breaker.record_trial(true, rules, start + 30s);
  CHECK(breaker.state() == State::half_open);
}

TEST_CASE("the result of a trial counts only while it is half open") {
  Breaker breaker;
  breaker.record_trial(false, rules, start);
  CHECK(breaker.is_closed());
  breaker.open(Ejected::failures, rules, start);
  for (std::uint32_t i = 0; i < Breaker::trials_max; ++i) breaker.record_trial(true, rules, start);
  CHECK(breaker.state() == State::open);
  breaker.record_trial(false, rules, start + 1s);
  CHECK(breaker.until() == start + 10s);
}

TEST_CASE("each time out lasts one `eject` longer than the one before, up to five, until the backend stays in") {
  Breaker breaker;
  TimePoint now = start;
  for (const int times : {1, 2, 3, 4, 5, 5, 5}) {
    breaker.open(Ejected::failures, rules, now);
    CHECK(*breaker.until() - now == times * 10s);
    now = *breaker.until() + 9s;  // Ill again sooner than it was out last.
    breaker.close();
  }
  now += 41s;  // 50 s after the last end.
  breaker.open(Ejected::failures, rules, now);
  CHECK(*breaker.until() - now == 10s);
}

TEST_CASE("one that was closed early still counts when the next comes soon") {
  Breaker breaker;
  breaker.open(Ejected::failures, rules, start);
  breaker.close();
  breaker.open(Ejected::failures, rules, start + 1s);
  CHECK(breaker.until() == start + 21s);
}

TEST_CASE("a backend that has just come back is let fail twice in a row, and five times once it has stayed") {
  struct Row {
    std::uint32_t consecutive_failures;
    Duration after_end;
    std::uint32_t max;
  };
  for (const Row& row : {Row{5, 0s, 2}, {5, 10s - 1ns, 2}, {5, 10s, 5}, {1, 0s, 1}, {1, 10s, 1}}) {
    CAPTURE(row.consecutive_failures, row.after_end.count());
    const OutlierRules its{.consecutive_failures = row.consecutive_failures, .eject = 10s};
    Breaker breaker;
    CHECK(breaker.failures_max(its, start) == row.consecutive_failures);
    breaker.open(Ejected::failures, its, start);
    breaker.close();
    CHECK(breaker.failures_max(its, start + 10s + row.after_end) == row.max);
  }
}

TEST_CASE("why a backend was ejected is one word") {
  CHECK(to_string(Ejected::failures) == "consecutive_failures");
  CHECK(to_string(Ejected::success_rate) == "success_rate");
  CHECK(to_string(Ejected::trial) == "trial");
}

TEST_CASE("a turn is one's at a time, until it is left") {
  using Stage = TrialTurn::Stage;
  TrialTurn turn;
  CHECK(turn.stage() == Stage::free);
  CHECK(turn.take());
  CHECK_FALSE(turn.take());
  CHECK(turn.stage() == Stage::waiting);
  turn.note_answer();
  CHECK_FALSE(turn.take());
  CHECK(turn.stage() == Stage::answered);
  turn.leave();
  CHECK(turn.take());
}

TEST_CASE("of workers that want the turn in the same moment one gets it") {
  constexpr int workers = 4, rounds = 2'000;
  std::vector<TrialTurn> turns(rounds);
  std::vector<int> taken(workers);
  std::vector<std::thread> threads;
  for (int w = 0; w < workers; ++w) {
    threads.emplace_back([&turns, &count = taken[static_cast<std::size_t>(w)]] {
      for (TrialTurn& turn : turns) count += turn.take() ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(taken[0] + taken[1] + taken[2] + taken[3] == rounds);
}

}  // namespace
}  // namespace stickler::cluster
