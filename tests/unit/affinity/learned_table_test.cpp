#include "lb/affinity/learned_table.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <list>
#include <map>
#include <random>
#include <string>
#include <thread>

#include "tests/unit/affinity/fixtures.h"

namespace stickler::affinity {
namespace {

constexpr TimePoint start{1000s};
constexpr Duration idle = 30min;

NodeId node_of(int session) { return static_cast<NodeId>(session) + 1; }

SessionDigest of(const LearnedTable& table, int session) { return table.digest("session-" + std::to_string(session)); }

TEST_CASE("a session that was bound is found, and no other is") {
  LearnedTable table(100);
  CHECK_FALSE(table.find(of(table, 1), start, idle));
  table.bind(of(table, 1), 11, start, idle);
  table.bind(of(table, 2), 22, start, idle);
  CHECK(table.find(of(table, 1), start, idle) == 11);
  CHECK(table.find(of(table, 2), start, idle) == 22);
  CHECK_FALSE(table.find(of(table, 3), start, idle));
  table.bind(of(table, 1), 33, start, idle);
  CHECK(table.find(of(table, 1), start, idle) == 33);
  CHECK(table.size() == 2);
}

TEST_CASE("a session is found until it was not used for longer than idle, and each look-up is a use") {
  LearnedTable table(100);
  table.bind(of(table, 1), 11, start, idle);
  CHECK(table.find(of(table, 1), start + idle, idle) == 11);
  CHECK(table.find(of(table, 1), start + 2 * idle, idle) == 11);
  CHECK_FALSE(table.find(of(table, 1), start + 3 * idle + 1s, idle));
  CHECK_FALSE(table.find(of(table, 1), start + 3 * idle + 1s, idle));  // A look-up in vain is none.
  table.bind(of(table, 1), 22, start + 3 * idle + 1s, idle);
  CHECK(table.find(of(table, 1), start + 4 * idle, idle) == 22);
}

TEST_CASE("a session that is only looked up is not kept by it") {
  LearnedTable table(2);
  table.bind(of(table, 1), 11, start, idle);
  table.bind(of(table, 2), 22, start, idle);
  CHECK(table.look_up(of(table, 1), start + idle, idle) == 11);
  CHECK(table.look_up(of(table, 3), start, idle) == no_node);
  CHECK(table.look_up(of(table, 1), start + idle + 1s, idle) == no_node);
  table.bind(of(table, 3), 33, start, idle);
  CHECK(table.look_up(of(table, 1), start, idle) == no_node);  // It was still the one used longest ago.
  CHECK(table.look_up(of(table, 2), start, idle) == 22);
}

TEST_CASE("a table knows how long a session was silent, and to ask is no use of it") {
  LearnedTable table(100);
  CHECK(table.silence(of(table, 1), start) == 0s);
  table.bind(of(table, 1), 11, start, idle);
  CHECK(table.silence(of(table, 1), start + 90s) == 90s);
  CHECK(table.silence(of(table, 1), start + 100s) == 100s);
  table.find(of(table, 1), start + 100s, idle);
  CHECK(table.silence(of(table, 1), start + 101s) == 1s);
  CHECK(table.silence(of(table, 1), start + 99s) == 0s);  // By a clock that is behind.
  CHECK(table.silence(of(table, 2), start + 101s) == 0s);
}

TEST_CASE("a clock that is behind another worker's loses no session") {
  LearnedTable table(100);
  table.bind(of(table, 1), 11, start + 2s, idle);
  CHECK(table.find(of(table, 1), start, idle) == 11);
}

TEST_CASE("a table is full at its size, and then who was used longest ago goes") {
  LearnedTable table(3);
  for (int session = 1; session <= 3; ++session) table.bind(of(table, session), 11, start, idle);
  CHECK(table.find(of(table, 1), start, idle));
  table.bind(of(table, 4), 44, start, idle);
  CHECK(table.size() == 3);
  CHECK_FALSE(table.find(of(table, 2), start, idle));
  table.bind(of(table, 3), 33, start, idle);
  table.bind(of(table, 5), 55, start, idle);
  CHECK_FALSE(table.find(of(table, 1), start, idle));
  CHECK(table.find(of(table, 3), start, idle) == 33);
  CHECK(table.find(of(table, 4), start, idle) == 44);
  CHECK(table.find(of(table, 5), start, idle) == 55);
}

TEST_CASE("the sessions of each node are counted exactly, without those that are idle or were forgotten") {
  LearnedTable table(5000);
  CHECK(table.count(start, idle).empty());
  for (int session = 0; session < 3000; ++session) {
    table.bind(of(table, session), session % 3 == 0 ? 11 : 22, start + (session < 600 ? 0s : 60s), idle);
  }
  CHECK(table.count(start + 60s, idle) == LearnedTable::Counts{{11, 1000}, {22, 2000}});
  CHECK(table.count(start + idle + 1s, idle) == LearnedTable::Counts{{11, 800}, {22, 1600}});
  table.forget(of(table, 999));
  table.bind(of(table, 1000), 11, start + 60s, idle);
  table.bind(of(table, 1001), 11, start + 60s, idle);
  CHECK(table.count(start + idle + 1s, idle) == LearnedTable::Counts{{11, 801}, {22, 1598}});
}

TEST_CASE("a full table says when a session in use has to go") {
  LearnedTable table(2);
  const auto evicts = [&](int session, TimePoint now) { return table.bind(of(table, session), 11, now, idle).evicted; };
  CHECK_FALSE(evicts(1, start));
  CHECK_FALSE(evicts(2, start + 60s));
  CHECK_FALSE(evicts(2, start + 60s));
  CHECK(evicts(3, start + idle));              // 1 goes.
  CHECK_FALSE(evicts(4, start + 61s + idle));  // 2 goes, which was idle for too long.
  CHECK(table.rebind(of(table, 5), {.to = 11}, start + 61s + idle, idle).evicted);
  table.forget(of(table, 5));
  CHECK_FALSE(evicts(6, start + 61s + idle));
}

TEST_CASE("a session that is forgotten is bound to nobody, and leaves its place to others") {
  LearnedTable table(3);
  for (int session = 1; session <= 3; ++session) table.bind(of(table, session), 11, start, idle);
  table.forget(of(table, 2));
  table.forget(of(table, 2));
  table.forget(of(table, 9));
  CHECK(table.size() == 2);
  CHECK_FALSE(table.find(of(table, 2), start, idle));
  table.bind(of(table, 4), 44, start, idle);
  CHECK(table.size() == 3);
  for (const int session : {1, 3}) CHECK(table.find(of(table, session), start, idle) == 11);
  CHECK(table.find(of(table, 4), start, idle) == 44);
}

TEST_CASE("a session is rebound by who knows how it is bound, so that of several the first decides") {
  LearnedTable table(10);
  const SessionDigest session = of(table, 1);
  const auto rebind = [&](NodeId from, NodeId to, TimePoint now = start) {
    return table.rebind(session, {.from = from, .to = to}, now, idle).done;
  };
  CHECK_FALSE(rebind(11, 22));
  CHECK_FALSE(table.find(session, start, idle));
  CHECK(rebind(no_node, 11));
  CHECK_FALSE(rebind(no_node, 22));
  CHECK(table.find(session, start, idle) == 11);
  CHECK(rebind(11, 22));
  CHECK_FALSE(rebind(11, 33));
  CHECK(table.find(session, start, idle) == 22);
  CHECK(rebind(22, no_node));
  CHECK_FALSE(table.find(session, start, idle));
  CHECK(rebind(no_node, no_node));
  CHECK(table.size() == 0);

  CHECK(rebind(no_node, 44));
  const TimePoint later = start + idle + 1s;
  CHECK_FALSE(rebind(44, 55, later));  // Idle for too long is not bound.
  CHECK(rebind(no_node, 55, later));
  CHECK(table.find(session, later, idle) == 55);
  CHECK(table.size() == 1);
}

TEST_CASE("a table of one holds the last session") {
  LearnedTable table(1);
  for (int session = 0; session < 50; ++session) {
    table.bind(of(table, session), 7, start, idle);
    CHECK(table.find(of(table, session), start, idle) == 7);
    CHECK_FALSE(table.find(of(table, session - 1), start, idle));
  }
  CHECK(table.size() == 1);
}

// The same by a list and a map, the newest first.
class Model {
 public:
  explicit Model(std::size_t entries) : entries_(entries) {}

  NodeId peek(int session, TimePoint now) const {
    const auto found = places_.find(session);
    return found == places_.end() || now - found->second->last_use > idle ? no_node : found->second->node;
  }
  NodeId find(int session, TimePoint now) {
    const NodeId node = peek(session, now);
    if (node != no_node) bind(session, node, now);
    return node;
  }
  bool rebind(int session, NodeId from, NodeId to, TimePoint now) {
    if (peek(session, now) != from) return false;
    to == no_node ? forget(session) : bind(session, to, now);
    return true;
  }
  void forget(int session) {
    const auto found = places_.find(session);
    if (found == places_.end()) return;
    order_.erase(found->second);
    places_.erase(found);
  }
  void bind(int session, NodeId node, TimePoint now) {
    if (const auto found = places_.find(session); found != places_.end()) {
      order_.erase(found->second);
    } else if (places_.size() == entries_) {
      places_.erase(order_.back().session);
      order_.pop_back();
    }
    order_.push_front({session, node, now});
    places_[session] = order_.begin();
  }
  std::size_t size() const { return places_.size(); }

 private:
  struct Bound {
    int session;
    NodeId node;
    TimePoint last_use;
  };
  std::size_t entries_;
  std::list<Bound> order_;
  std::map<int, std::list<Bound>::iterator> places_;
};

TEST_CASE("any row of changes and look-ups ends as a list of the last used would have it") {
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto entries = static_cast<std::uint32_t>(1 + random() % 200);
    LearnedTable table(entries);
    Model model(entries);
    TimePoint now = start;
    bool same = true;
    for (int step = 0; step < 3000; ++step) {
      now += std::chrono::seconds(random() % 60);
      const int session = static_cast<int>(random() % (2 * entries));
      const SessionDigest digest = of(table, session);
      const NodeId from = random() % 3;
      const NodeId to = random() % 3;
      switch (random() % 8) {
        case 0:
          table.forget(digest);
          model.forget(session);
          break;
        case 1:
        case 2:
          same = same &&
                 table.rebind(digest, {.from = from, .to = to}, now, idle).done == model.rebind(session, from, to, now);
          break;
        case 3:
        case 4:
          table.bind(digest, to + 1, now, idle);
          model.bind(session, to + 1, now);
          break;
        default:
          same = same && table.find(digest, now, idle) == model.find(session, now);
      }
      same = same && table.size() == model.size();
    }
    CHECK(same);
  }
}

TEST_CASE("a large table has room for nearly as many sessions as it says, in all its shards") {
  constexpr int entries = 100'000;
  LearnedTable table(entries);
  for (int session = 0; session < entries; ++session) {
    table.bind(of(table, session), node_of(session), start, idle);
  }
  int found = 0;
  for (int session = 0; session < entries; ++session) {
    found += table.find(of(table, session), start, idle) == node_of(session) ? 1 : 0;
  }
  CHECK(found > entries * 98 / 100);  // Sessions do not spread quite evenly, so that some shard is full before others.
  CHECK(table.size() == static_cast<std::size_t>(found));
}

TEST_CASE("a table of another size takes over the sessions, the newest where there is no room for all") {
  LearnedTable table(3000);
  for (int session = 0; session < 2000; ++session) {
    table.bind(of(table, session), node_of(session), start + std::chrono::seconds(session), idle);
  }
  const auto to_larger = LearnedTable::resized(200'000, table);
  const auto to_smaller = LearnedTable::resized(500, table);
  LearnedTable& larger = *to_larger;
  LearnedTable& smaller = *to_smaller;
  CHECK(larger.entries_max() == 200'000);
  CHECK(larger.size() == table.size());
  CHECK(smaller.size() == 500);
  const TimePoint now = start + 2000s;
  for (int session = 1500; session < 2000; ++session) {
    CHECK(larger.find(of(larger, session), now, 24h) == node_of(session));
    CHECK(smaller.find(of(smaller, session), now, 24h) == node_of(session));
  }
  CHECK_FALSE(smaller.find(of(smaller, 1499), now, 24h));
  CHECK_FALSE(larger.find(of(larger, 1999), now + idle + 1s, idle));  // When it was last used comes along.
}

TEST_CASE("what requests of before a reload learn is known to the table that came with it") {
  LearnedTable table(100);
  table.bind(of(table, 1), 11, start, idle);
  table.bind(of(table, 2), 22, start, idle);
  table.bind(of(table, 3), 33, start, idle);
  const auto refused = LearnedTable::resized(50, table);
  const auto next = LearnedTable::resized(200, table);
  table.bind(of(table, 4), 44, start, idle);
  CHECK(table.rebind(of(table, 1), {.from = 11, .to = 55}, start, idle).done);
  CHECK_FALSE(table.rebind(of(table, 2), {.from = 11, .to = 55}, start, idle).done);
  table.forget(of(table, 3));
  CHECK(next->find(of(*next, 4), start, idle) == 44);
  CHECK(next->find(of(*next, 1), start, idle) == 55);
  CHECK(next->find(of(*next, 2), start, idle) == 22);
  CHECK_FALSE(next->find(of(*next, 3), start, idle));
  next->bind(of(*next, 5), 66, start, idle);
  CHECK_FALSE(table.find(of(table, 5), start, idle));
}

TEST_CASE("sessions that are learned while a table is replaced are in the new one") {
  for (int round = 0; round < 20; ++round) {
    LearnedTable table(8 * 1024);
    std::atomic<bool> started{false};
    std::thread worker([&] {
      for (int session = 0; session < 4000; ++session) {
        table.bind(of(table, session), node_of(session), start, idle);
        if (session == 500) started = true;
      }
    });
    while (!started) std::this_thread::yield();
    const auto next = LearnedTable::resized(16 * 1024, table);
    worker.join();
    int lost = 0;
    for (int session = 0; session < 4000; ++session) {
      lost += next->find(of(*next, session), start, idle) == node_of(session) ? 0 : 1;
    }
    CHECK(lost == 0);
  }
}

TEST_CASE("a table of another's key goes on with what that one knew, the oldest first") {
  LearnedTable before(5000);
  for (int session = 0; session < 3000; ++session) {
    before.bind(of(before, session), node_of(session), start + session * 1s, Duration::max());
  }
  LearnedTable after(5000, before.key());
  for (const auto& memory : before.memories()) after.recall(memory);
  CHECK(after.memories() == before.memories());
  for (int session = 0; session < 3000; ++session) {
    CHECK(after.look_up(of(after, session), start + 3000s, Duration::max()) == node_of(session));
  }
  LearnedTable few(10, before.key());
  for (const auto& memory : before.memories()) few.recall(memory);
  CHECK(few.size() == 10);
  CHECK(few.look_up(of(few, 2999), start + 3000s, Duration::max()) == node_of(2999));
  CHECK(few.look_up(of(few, 2989), start + 3000s, Duration::max()) == no_node);
}

TEST_CASE("a memory gives way to what is as new, a change to nothing") {
  LearnedTable table(10);
  const SessionDigest session = of(table, 1);
  const auto found = [&] { return table.look_up(session, start + 10s, idle); };
  const auto memory = [&](NodeId node, std::uint32_t second) {
    return LearnedTable::Memory{.session = session, .node = node, .last_use = 1000 + second};
  };
  table.bind(session, 11, start + 5s, idle);
  table.recall(memory(22, 5));
  CHECK(found() == 11);
  table.recall(memory(22, 6));
  CHECK(found() == 22);
  table.follow(memory(33, 5));
  CHECK(found() == 33);
  table.follow(memory(no_node, 4));
  CHECK(found() == no_node);
  table.follow(memory(no_node, 7));
  CHECK(table.size() == 0);
}

TEST_CASE("whoever watches a table learns of its changes, and passes on what it follows itself") {
  LearnedTable first(10);
  LearnedTable second(10, first.key());
  LearnedTable third(10, first.key());
  second.watch([&](const LearnedTable::Memory& change) { third.follow(change); });
  first.watch([&](const LearnedTable::Memory& change) { second.follow(change); });
  first.bind(of(first, 1), 11, start, idle);
  first.bind(of(first, 2), 22, start, idle);
  CHECK(first.rebind(of(first, 2), {.from = 22, .to = 33}, start + 1s, idle).done);
  CHECK_FALSE(first.rebind(of(first, 2), {.from = 22, .to = 44}, start + 1s, idle).done);
  first.bind(of(first, 3), 33, start, idle);
  first.forget(of(first, 3));
  CHECK(second.memories() == first.memories());
  CHECK(third.memories() == first.memories());
  first.watch(nullptr);
  first.bind(of(first, 4), 44, start, idle);
  CHECK(second.size() == 2);
}

TEST_CASE("two tables do not know a session by the same digest") {
  const LearnedTable one(10);
  const LearnedTable other(10);
  CHECK(one.digest("8A2F") == one.digest("8A2F"));
  CHECK(one.digest("8A2F") != other.digest("8A2F"));
  CHECK(one.digest("8A2F") != one.digest("8A2E"));
  CHECK(one.digest("") != one.digest("8"));
}

TEST_CASE("workers bind and find at the same time, and each finds what it bound") {
  LearnedTable table(64 * 1024);
  std::vector<std::thread> workers;
  std::array<int, 4> lost{};
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&, worker] {
      for (int session = 0; session < 5000; ++session) {
        const SessionDigest own = table.digest(std::to_string(worker) + "-" + std::to_string(session));
        table.bind(own, node_of(worker), start, idle);
        table.bind(of(table, session), 99, start, idle);  // Shared.
        lost[worker] += table.find(own, start, idle) == node_of(worker) ? 0 : 1;
        lost[worker] += table.find(of(table, session), start, idle) == 99 ? 0 : 1;
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  CHECK(lost == std::array<int, 4>{});
  CHECK(table.size() == 25'000);
}

}  // namespace
}  // namespace stickler::affinity
