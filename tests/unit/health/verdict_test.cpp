#include "lb/health/verdict.h"

#include <catch2/catch.hpp>
#include <string>

#include "lb/health/schedule.h"

namespace stickler::health {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a verdict changes after so many probes in a row, and not after so many in all") {
  struct Row {
    VerdictRules rules;
    bool up;
    std::string probes;   // '+' a success, '-' a failure.
    std::string changes;  // 'U' came up, 'D' went down, '.' nothing.
  };
  const std::vector<Row> rows = {
      {{.rise = 2, .fall = 3}, true, "--+--+--", "........"},
      {{.rise = 2, .fall = 3}, true, "---", "..D"},
      {{.rise = 2, .fall = 3}, true, "+---+-++--", "...D...U.."},
      {{.rise = 2, .fall = 3}, true, "-----++", "..D...U"},
      {{.rise = 1, .fall = 1}, true, "-+-+", "DUDU"},
      {{.rise = 3, .fall = 1}, false, "++-+++", ".....U"},
      {{.rise = 1, .fall = 2}, false, "-+--", ".U.D"},
      {{.rise = 2, .fall = 3}, true, "++++++", "......"},
  };
  for (const Row& row : rows) {
    Verdict verdict(row.rules, row.up);
    CHECK(verdict.up() == row.up);
    std::string changes;
    for (const char probe : row.probes) {
      const Change change = verdict.record(probe == '+');
      changes += change == Change::none ? '.' : change == Change::became_up ? 'U' : 'D';
      if (change != Change::none) CHECK(verdict.up() == (change == Change::became_up));
    }
    CAPTURE(row.probes);
    CHECK(changes == row.changes);
  }
}

TEST_CASE("first probes are spread over one interval") {
  Random random(1);
  int in_first_half = 0;
  for (int i = 0; i < 1000; ++i) {
    const Duration delay = first_delay(2s, random);
    REQUIRE(delay >= 0s);
    REQUIRE(delay < 2s);
    in_first_half += delay < 1s ? 1 : 0;
  }
  CHECK(in_first_half == Approx(500).margin(60));
}

TEST_CASE("an interval varies by a twentieth either way, counted from the start of the probe before") {
  Random random(2);
  Duration least = 1h;
  Duration most = 0s;
  for (int i = 0; i < 1000; ++i) {
    const Duration delay = next_delay(2s, 300ms, random);
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  CHECK(least >= 1900ms - 300ms);
  CHECK(least < 1910ms - 300ms);
  CHECK(most <= 2100ms - 300ms);
  CHECK(most > 2090ms - 300ms);
}

TEST_CASE("a probe that took longer than its interval is followed by the next at once") {
  Random random(3);
  CHECK(next_delay(1s, 3s, random) == 0s);
}

}  // namespace
}  // namespace stickler::health
