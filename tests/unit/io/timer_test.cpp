#include "lb/io/timer.h"

#include <catch2/catch.hpp>
#include <csignal>

#include "lb/io/signals.h"
#include "tests/unit/io/run_until.h"

namespace stickler::io {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a timer fires once, or again and again until it is stopped") {
  Loop loop;
  int once = 0;
  int often = 0;
  Timer single(loop, [&] { ++once; });
  Timer repeating(loop, [&] { ++often; });
  single.start(1ms);
  repeating.start(1ms, 1ms);
  run_until(loop, [&] { return often >= 5; });
  CHECK(once == 1);
  repeating.stop();
  bool later = false;
  Timer after(loop, [&] { later = true; });
  after.start(5ms);
  run_until(loop, [&] { return later; });
  CHECK(often == 5);
}

TEST_CASE("a later start replaces an earlier one, and a stopped timer may start again") {
  Loop loop;
  std::string fired;
  Timer postponed(loop, [&] { fired += "postponed"; });
  Timer other(loop, [&] { fired += "other "; });
  postponed.start(1ms);
  postponed.start(20ms);
  other.start(5ms);
  other.stop();
  other.start(5ms);
  run_until(loop, [&] { return fired.ends_with("postponed"); });
  CHECK(fired == "other postponed");
}

TEST_CASE("a timer for a time that is past fires at once, as one for a fraction of a millisecond does") {
  Loop loop;
  int fired = 0;
  Timer past(loop, [&] { ++fired; });
  Timer fraction(loop, [&] { ++fired; });
  past.start(-1h);
  fraction.start(1ns);
  run_until(loop, [&] { return fired == 2; });
}

TEST_CASE("a timer may start and stop itself while it fires") {
  Loop loop;
  int fired = 0;
  Timer timer(loop, [&] {
    if (++fired == 3) return timer.stop();
    timer.start(1ms, 1h);
  });
  timer.start(1ms);
  run_until(loop, [&] { return fired == 3; });
}

TEST_CASE("a timer that is gone does not fire") {
  Loop loop;
  int fired = 0;
  {
    Timer gone(loop, [&] { ++fired; });
    gone.start(0s);
  }
  run_what_is_ready(loop);
  CHECK(fired == 0);
}

TEST_CASE("signals become calls on the loop, each its own") {
  Loop loop;
  Signals signals(loop);
  std::string seen;
  signals.on(SIGUSR1, [&] { seen += "1"; });
  signals.on(SIGHUP, [&] { seen += "H"; });
  std::raise(SIGUSR1);
  CHECK(seen.empty());
  run_until(loop, [&] { return seen == "1"; });
  std::raise(SIGHUP);
  run_until(loop, [&] { return seen == "1H"; });
}

TEST_CASE("a broken pipe is an error and not the end of the process") {
  Signals::ignore_broken_pipes();
  std::raise(SIGPIPE);
  SUCCEED();
}

}  // namespace
}  // namespace stickler::io
