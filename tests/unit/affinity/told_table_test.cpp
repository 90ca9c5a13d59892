// What the table of learned sessions knows for those who tell others of it.
#include <catch2/catch.hpp>
#include <set>

#include "lb/affinity/learned_table.h"
#include "tests/unit/affinity/fixtures.h"

namespace stickler::affinity {
namespace {

constexpr TimePoint start{100'000s};
constexpr SharedTimes times{.idle = 30min, .period = 60s};
using Told = LearnedTable::Told;

SessionDigest of(const LearnedTable& table, int session) { return table.digest("session-" + std::to_string(session)); }

TEST_CASE("a session in steady use is due once in each period, and whose use comes late at once") {
  LearnedTable table(100);
  const SessionDigest session = of(table, 1);
  table.bind(session, 11, start, times.idle);
  int due = 0;
  for (int second = 1; second <= 600; ++second) {
    const LearnedTable::Use use = table.use(session, start + std::chrono::seconds(second), times);
    CHECK(use.node == 11);
    if (use.is_due) ++due;
  }
  CHECK(due == 10);
  CHECK(table.use(session, start + 600s + 61s, times).is_due);
  CHECK_FALSE(table.use(session, start + 600s + 61s, times).is_due);
}

TEST_CASE("sessions are due at moments of their own") {
  LearnedTable table(1000);
  for (int session = 0; session < 600; ++session) table.bind(of(table, session), 11, start, times.idle);
  std::size_t most = 0;
  for (int second = 1; second <= 60; ++second) {
    std::size_t due = 0;
    for (int session = 0; session < 600; ++session) {
      due += table.use(of(table, session), start + std::chrono::seconds(second), times).is_due ? 1 : 0;
    }
    most = std::max(most, due);
  }
  CHECK(most < 40);  // Of 10 on average.
}

TEST_CASE("a session that is not known, or idle for too long, is neither due nor untold") {
  LearnedTable table(100);
  CHECK(table.use(of(table, 1), start, times).node == no_node);
  table.bind(of(table, 1), 11, start, times.idle);
  table.mark(of(table, 1), Told::no);
  const LearnedTable::Use use = table.use(of(table, 1), start + times.idle + 1s, times);
  CHECK(use.node == no_node);
  CHECK_FALSE(use.is_due);
  CHECK_FALSE(use.is_untold);
  table.mark(of(table, 2), Told::no);  // Of nobody.
  CHECK(table.size() == 1);
}

TEST_CASE("what the others were not told of is known until they are, also after the table has got another size") {
  LearnedTable table(2000);
  table.bind(of(table, 1), 11, start, times.idle);
  table.bind(of(table, 2), 22, start, times.idle);
  CHECK_FALSE(table.use(of(table, 1), start, times).is_untold);
  table.mark(of(table, 1), Told::no);
  CHECK(table.use(of(table, 1), start, times).is_untold);
  CHECK_FALSE(table.use(of(table, 2), start, times).is_untold);
  CHECK(table.use(of(table, 1), start, times).node == 11);

  const auto resized = LearnedTable::resized(100, table);
  CHECK(resized->use(of(table, 1), start, times).is_untold);
  table.mark(of(table, 1), Told::yes);  // By an answer that comes after the reload.
  CHECK_FALSE(resized->use(of(table, 1), start, times).is_untold);

  table.mark(of(table, 1), Told::no);
  table.forget(of(table, 1));
  table.bind(of(table, 1), 33, start, times.idle);
  CHECK_FALSE(table.use(of(table, 1), start, times).is_untold);
}

TEST_CASE("a binding says whether it is another than before") {
  LearnedTable table(100);
  const SessionDigest session = of(table, 1);
  CHECK(table.bind(session, 11, start, times.idle).anew);
  CHECK_FALSE(table.bind(session, 11, start, times.idle).anew);
  CHECK(table.bind(session, 22, start, times.idle).anew);
  CHECK(table.rebind(session, {.from = 22, .to = 33}, start, times.idle).anew);
  CHECK(table.bind(session, 33, start + times.idle + 1s, times.idle).anew);
}

}  // namespace
}  // namespace stickler::affinity
