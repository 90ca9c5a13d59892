#include "lb/cluster/success_rate.h"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

namespace stickler::cluster {
namespace {

Outcomes of(std::uint64_t good, std::uint64_t bad) { return {.good = good, .bad = bad}; }

TEST_CASE("who is an outlier by its success rate") {
  struct Row {
    const char* what;
    std::vector<Outcomes> pool;
    std::optional<std::size_t> outlier;
  };
  const std::vector<Row> rows = {
      {"nobody in an empty pool", {}, std::nullopt},
      {"nobody alone: there is nothing to compare with", {of(0, 100)}, std::nullopt},
      {"nobody where all are well", {of(100, 0), of(100, 0), of(100, 0)}, std::nullopt},
      {"nobody where all fail alike: then it is not the backend", {of(50, 50), of(52, 48), of(47, 53)}, std::nullopt},
      {"nobody where all fail wholly", {of(0, 100), of(0, 100), of(0, 100)}, std::nullopt},
      {"one of four that fails half", {of(100, 0), of(50, 50), of(100, 0), of(100, 0)}, 1},
      {"one of two", {of(100, 0), of(50, 50)}, 1},
      {"one that fails wholly", {of(0, 30), of(30, 0), of(30, 0)}, 0},
      {"the worst of two", {of(50, 50), of(100, 0), of(100, 0), of(30, 70), of(100, 0), of(100, 0)}, 3},
      {"nobody who fails less than the gap below the others", {of(81, 19), of(100, 0), of(100, 0)}, std::nullopt},
      {"just beyond the gap", {of(79, 21), of(100, 0), of(100, 0)}, 0},
      {"nobody who had too few requests", {of(0, 19), of(100, 0), of(100, 0)}, std::nullopt},
      {"with as many as are needed", {of(0, 20), of(100, 0), of(100, 0)}, 0},
      {"nobody where the others had too few", {of(0, 100), of(19, 0), of(19, 0)}, std::nullopt},
      {"the few of the others do not count", {of(50, 50), of(0, 19), of(100, 0)}, 0},
      {"nobody within what chance does", {of(12, 8), of(80, 20), of(80, 20), of(80, 20)}, std::nullopt},
      {"the same share of many is no chance", {of(500, 500), of(800, 200), of(800, 200), of(800, 200)}, 0},
      {"nobody where the others differ as much", {of(60, 40), of(100, 0), of(60, 40), of(100, 0)}, std::nullopt},
      {"better than the others is no outlier", {of(100, 0), of(50, 50), of(50, 50), of(50, 50)}, std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(find_outlier(row.pool) == row.outlier);
  }
}

TEST_CASE("backends that fail by chance alone are not outliers, whatever the share") {
  std::mt19937_64 random(7);
  for (const double share : {0.001, 0.01, 0.05, 0.2, 0.5}) {
    CAPTURE(share);
    std::bernoulli_distribution fails(share);
    int ejected = 0;
    for (int round = 0; round < 2'000; ++round) {
      std::vector<Outcomes> pool(4);
      for (Outcomes& outcomes : pool) {
        for (int i = 0; i < 40; ++i) ++(fails(random) ? outcomes.bad : outcomes.good);
      }
      ejected += find_outlier(pool) ? 1 : 0;
    }
    CHECK(ejected <= 5);  // One in four hundred looks at backends that fail so often.
  }
}

TEST_CASE("a window is what was added in the last looks") {
  OutcomeWindow window;
  CHECK(window.last(4) == of(0, 0));
  window.look(of(1'000, 10));  // What was before it began does not count.
  CHECK(window.last(4) == of(0, 0));
  window.look(of(1'005, 11));
  CHECK(window.last(4) == of(5, 1));
  window.look(of(1'005, 13));
  CHECK(window.last(1) == of(0, 2));
  CHECK(window.last(2) == of(5, 3));
  CHECK(window.last(100) == of(5, 3));
  window.forget();
  CHECK(window.last(4) == of(0, 0));
  window.look(of(2'000, 20));
  window.look(of(2'001, 20));
  CHECK(window.last(4) == of(1, 0));
}

TEST_CASE("a window forgets what is older than its longest look") {
  OutcomeWindow window;
  for (std::uint64_t i = 0; i <= 3 * OutcomeWindow::looks_long; ++i) {
    window.look(of(i, 0));
    CHECK(window.last(OutcomeWindow::looks_long).good == std::min<std::uint64_t>(i, OutcomeWindow::looks_long));
    CHECK(window.last(OutcomeWindow::looks_short).good == std::min<std::uint64_t>(i, OutcomeWindow::looks_short));
  }
}

}  // namespace
}  // namespace stickler::cluster
