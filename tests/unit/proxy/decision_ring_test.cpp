#include "lb/proxy/decision_ring.h"

#include <catch2/catch.hpp>

#include "lb/base/hash.h"
#include "tests/unit/allocations.h"
#include "tests/unit/proxy/explained.h"

namespace stickler::proxy {
namespace {

const ManualClock clock;

// An epoch with the listener and pool of these tests, its backends named so.
struct Named {
  explicit Named(const std::vector<std::string>& names, std::string_view policy = "least_connections") : world(policy) {
    std::vector<cluster::BackendSettings> backends;
    for (const std::string& name : names) backends.push_back({.name = name, .address = {}});
    world.configure(backends);
    epoch.pools = world.pools;
    epoch.listeners.push_back({.settings = &world.listener, .counters = nullptr, .sockets = {}});
  }

  Explained world;
  Epoch epoch;
};

DecisionRecord record_of(std::string_view id, std::uint32_t era, std::uint32_t node = 0) {
  DecisionRecord record;
  record.id = hash_bytes(id);
  record.era = era;
  record.route = 1;
  record.pool = 0;
  record.status = 200;
  record.by = ChosenBy::policy;
  record.node = node;
  record.attempts = 1;
  record.tried[0] = static_cast<std::uint16_t>(node);
  record.chosen_by[0] = ChosenBy::policy;
  return record;
}

TEST_CASE("what a stream left behind is told in names, with the reason for every other backend") {
  Named named({"a", "b", "c", "d"});
  DecisionRing ring;
  DecisionRecord record = record_of("one", ring.era_of(named.epoch), 2);
  record.started_ns = (clock.now() - std::chrono::milliseconds(1500)).time_since_epoch().count();
  record.taken_us = 2500;
  record.verdict = affinity::Verdict::detour;
  record.session = SessionFound::State::valid;
  record.primary = 0;
  record.attempts = 2;
  record.tried = {0, 2};
  record.chosen_by = {ChosenBy::session, ChosenBy::policy};
  record.failures = {Failure::connect_error, Failure::none};
  record.exclusions[3] = cluster::Exclusion::draining;
  record.has_loads = true;
  record.loads = {0, 5, 1, 0};
  ring.add(record);

  const auto found = ring.find("one", clock);
  REQUIRE(found);
  CHECK(found->listener == "web");
  CHECK(found->route == "default");
  CHECK(found->pool == "login");
  CHECK(found->policy == "least_connections");
  CHECK(found->verdict == affinity::Verdict::detour);
  REQUIRE(found->cookie);
  CHECK(found->cookie->state == SessionFound::State::valid);
  CHECK(found->cookie->primary == "a");
  CHECK(found->cookie->backup.empty());
  CHECK(found->backend == "c");
  REQUIRE(found->served);
  CHECK(found->served->at == clock.wall() - std::chrono::milliseconds(1500));
  CHECK(found->served->taken == std::chrono::microseconds(2500));
  REQUIRE(found->served->attempts.size() == 2);
  CHECK(found->served->attempts[0].backend == "a");
  CHECK(found->served->attempts[0].by == ChosenBy::session);
  CHECK(found->served->attempts[0].failure == Failure::connect_error);
  CHECK(found->served->attempts[1].backend == "c");
  CHECK(found->served->attempts[1].failure == Failure::none);
  std::vector<std::string_view> why;
  for (const Considered& one : found->members) why.push_back(one.why_not);
  CHECK(why == std::vector<std::string_view>{"tried_and_failed", "higher_load", "", "draining"});
  CHECK(found->members[1].in_flight == 5);
  CHECK_FALSE(ring.find("two", clock));
}

TEST_CASE("a request that went elsewhere because its session's node was full is told with that node") {
  Named named({"a", "b", "c"});
  DecisionRing ring;
  DecisionRecord record = record_of("one", ring.era_of(named.epoch), 1);
  record.verdict = affinity::Verdict::overflow;
  record.by = record.chosen_by[0] = ChosenBy::backup;
  record.waited_at = DecisionRecord::place16(0);
  record.home = DecisionRecord::place16(2);
  ring.add(record);
  const auto decision = ring.find("one", clock);
  REQUIRE(decision);
  CHECK(decision->backend == "b");
  CHECK(decision->waited_at == "a");
  REQUIRE(decision->cookie);
  CHECK(decision->cookie->home == "c");
  CHECK(decision->members[0].why_not == "full");
  CHECK(decision->members[2].why_not == "not_the_sessions_node");
}

TEST_CASE("a request that was answered before it had a pool is known all the same") {
  Named named({"a"});
  DecisionRing ring;
  DecisionRecord record;
  record.id = hash_bytes("early");
  record.era = ring.era_of(named.epoch);
  record.refusal = http::Refusal::misdirected;
  record.status = 421;
  ring.add(record);
  const auto found = ring.find("early", clock);
  REQUIRE(found);
  CHECK(found->pool.empty());
  CHECK(found->refusal == http::Refusal::misdirected);
  CHECK(found->served->status == 421);
  CHECK(found->members.empty());
}

TEST_CASE("of an id that came twice the last request is told") {
  Named named({"a", "b"});
  DecisionRing ring;
  const std::uint32_t era = ring.era_of(named.epoch);
  ring.add(record_of("same", era, 0));
  ring.add(record_of("same", era, 1));
  CHECK(ring.find("same", clock)->backend == "b");
}

TEST_CASE("the ring remembers its last requests, and not one more, without an allocation") {
  Named named({"a", "b"});
  DecisionRing ring;
  const std::uint32_t era = ring.era_of(named.epoch);
  const DecisionRecord filler = record_of("filler", era);
  ring.add(record_of("first", era));
  CHECK(test::allocations_of([&] {
          for (std::size_t i = 1; i < DecisionRing::records_max; ++i) ring.add(filler);
        }) == 0);
  CHECK(ring.find("first", clock));
  CHECK(test::allocations_of([&] { ring.add(record_of("last", era)); }) == 0);
  CHECK_FALSE(ring.find("first", clock));
  CHECK(ring.find("last", clock));
}

TEST_CASE("a decision is told in the names that it was made with, until too many configurations have come since") {
  Named before({"old", "other"});
  DecisionRing ring;
  const std::uint32_t era = ring.era_of(before.epoch);
  ring.add(record_of("one", era));
  CHECK(ring.era_of(before.epoch) == era);  // Another epoch of the same names, as after a change of health.

  Named after({"new"});
  const std::uint32_t next = ring.era_of(after.epoch);
  CHECK(next != era);
  ring.add(record_of("two", next));
  ring.add(record_of("late", era, 1));  // Of a stream that began with the old epoch.
  CHECK(ring.find("one", clock)->backend == "old");
  CHECK(ring.find("two", clock)->backend == "new");
  CHECK(ring.find("late", clock)->backend == "other");

  for (std::size_t i = 1; i < DecisionRing::eras_max; ++i) {
    Named another({"n" + std::to_string(i)});
    ring.era_of(another.epoch);
  }
  CHECK_FALSE(ring.find("one", clock));
  CHECK(ring.find("two", clock)->backend == "new");
}

TEST_CASE("of a large pool the first members are told, and how many there are more") {
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back("n" + std::to_string(i));
  Named named(names, "random");
  DecisionRing ring;
  ring.add(record_of("one", ring.era_of(named.epoch), 39));
  const auto found = ring.find("one", clock);
  CHECK(found->backend == "n39");
  CHECK(found->members.size() == DecisionRecord::members_max);
  CHECK(found->members_left_out == 40 - DecisionRecord::members_max);
  for (const Considered& one : found->members) CHECK(one.why_not == "not_drawn");
}

}  // namespace
}  // namespace stickler::proxy
