// Sessions whose node drains at a rate, as a request finds them.
#include <catch2/catch.hpp>

#include "lb/http/head_scan.h"
#include "tests/unit/proxy/explained.h"

namespace stickler::proxy {
namespace {

using namespace std::chrono_literals;
using affinity::Verdict;

// Backends a, b, c, of which a drains at 20 a second, and the first window is over.
struct Leaving : Explained {
  explicit Leaving(double rate = 20) : Explained("round_robin") {
    configure({1, 1, 1});
    registry.order("login", "a", {.state = cluster::Configured::drain, .since = now, .rate = rate}, now);
    publish();
    now += 1s;
  }

  Session session(const std::string& fields, SessionUse use = SessionUse::counts) const {
    const std::string text = "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
    http::RequestHead head;
    const auto scan = http::scan_request(text, listener.head_limits, head);
    REQUIRE(scan.outcome == http::ScanResult::Outcome::complete);
    return find_session(head, pools[0], {.now = now, .wall = some_time, .use = use});
  }
};

TEST_CASE("a session leaves when its turn has come, and else stays and is known to be in flight") {
  Leaving world;
  const std::string cookie = world.cookie(0, 10min);
  {
    world.now -= 500ms;
    const Session early = world.session(cookie);
    CHECK(early.choice.verdict == Verdict::bound);
    CHECK(early.choice.pinned == 0);
    CHECK(early.stay);
    world.now += 500ms;
    CHECK(world.session(cookie).choice.verdict == Verdict::bound);  // The other is still being answered.
  }
  const Session moved = world.session(cookie);
  CHECK(moved.choice.verdict == Verdict::drained);
  CHECK(moved.choice.pinned == std::nullopt);
  CHECK_FALSE(moved.stay);
  CHECK(world.session(cookie).choice.verdict == Verdict::drained);  // Its client has no other cookie yet.
}

TEST_CASE("sessions of other nodes, and requests of none, are asked nothing") {
  Leaving world;
  CHECK(world.session(world.cookie(1, 10min)).choice.verdict == Verdict::bound);
  CHECK_FALSE(world.session(world.cookie(1, 10min)).stay);
  CHECK(world.session("").choice.verdict == Verdict::fresh);
  CHECK(world.session("Cookie: STICKLER=x\r\n").choice.verdict == Verdict::forged);
  CHECK((*world.pools[0].set)[0].pace->moved() == 0);
}

TEST_CASE("a session stays where nobody else takes it") {
  Leaving world;
  world.set_down("b", true);
  world.set_down("c", true);
  CHECK(world.session(world.cookie(0, 10min)).choice.verdict == Verdict::bound);
  world.set_down("c", false);
  CHECK(world.session(world.cookie(0, 10min)).choice.verdict == Verdict::drained);
}

TEST_CASE("explain says whether a session would leave, and takes no turn") {
  Leaving world;
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n" + world.cookie(0, 10min) + "\r\n";
  for (int i = 0; i < 20; ++i) {
    const Decision decision = world.explain(head);
    CHECK(decision.verdict == Verdict::drained);
    CHECK(decision.backend != "a");
    CHECK(decision.sets_cookie);
  }
  CHECK((*world.pools[0].set)[0].pace->moved() == 0);
  const Session in_flight = [&] {
    world.now -= 500ms;
    return world.session(world.cookie(0, 10min));
  }();
  world.now += 500ms;
  CHECK(world.explain(head).verdict == Verdict::bound);
  CHECK(world.explain(head).backend == "a");
}

TEST_CASE("an undrained node keeps its sessions, whatever has left before") {
  Leaving world;
  CHECK(world.session(world.cookie(0, 10min)).choice.verdict == Verdict::drained);
  world.registry.order("login", "a", {.state = cluster::Configured::up, .since = world.now}, world.now);
  world.publish();
  CHECK(world.session(world.cookie(0, 10min)).choice.verdict == Verdict::bound);
}

TEST_CASE("a learned session that was silent leaves, and is learned anew where it is sent") {
  Leaving world;
  AppSessionSource source{.how = AppSessionSource::How::learned_header, .name = "X-Session"};
  source.table = std::make_shared<affinity::LearnedTable>(100);
  source.idle = 30min;
  world.settings->affinity->app_session = source;
  const auto digest = source.table->digest("s");
  source.table->bind(digest, world.pools[0].nodes->id_of(0), world.now - 5min, source.idle);
  Session session = world.session("X-Session: s\r\n");
  REQUIRE(session.app_key);
  CHECK(session.app_key->silent == 5min);
  CHECK(session.choice.verdict == Verdict::drained);
  metrics::PoolCounters counters;
  world.pools[0].counters = &counters;
  const AppRequest request{.source = source, .pool = world.pools[0], .now = world.now};
  claim(request, *session.app_key, session.choice, 2);
  CHECK(source.table->look_up(digest, world.now, source.idle) == world.pools[0].nodes->id_of(2));
  CHECK(world.session("X-Session: s\r\n").choice.pinned == 2);
}

TEST_CASE("a learned session whose next node did not answer is bound as before") {
  Leaving world;
  AppSessionSource source{.how = AppSessionSource::How::learned_header, .name = "X-Session"};
  source.table = std::make_shared<affinity::LearnedTable>(100);
  source.idle = 30min;
  world.settings->affinity->app_session = source;
  world.settings->affinity->backup = affinity::BackupRule::next;
  const auto digest = source.table->digest("s");
  const affinity::NodeId a = world.pools[0].nodes->id_of(0);
  source.table->bind(digest, a, world.now - 5min, source.idle);
  Session session = world.session("X-Session: s\r\n");
  REQUIRE(session.choice.pinned);
  metrics::PoolCounters counters;
  world.pools[0].counters = &counters;
  const AppRequest request{.source = source, .pool = world.pools[0], .now = world.now};
  claim(request, *session.app_key, session.choice, *session.choice.pinned);
  claim(request, *session.app_key, session.choice, 0);
  const Verdict verdict = affinity::settle(session.choice, affinity::AppExchange{.served = 0});
  CHECK(verdict == Verdict::detour);
  learn(request, *session.app_key, {.verdict = verdict, .news = {}, .node = 0});
  CHECK(source.table->look_up(digest, world.now, source.idle) == a);
}

}  // namespace
}  // namespace stickler::proxy
