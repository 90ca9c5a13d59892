// Sessions on several nodes: where the copies are, and what is left when nodes die, come back and disagree. What every
// store keeps is in every_store_test.cpp.
#include "backend_stub/sessions/replicated.h"

#include <algorithm>
#include <set>

#include "backend_stub/log_ins.h"
#include "backend_stub/peers/rendezvous.h"
#include "tests/unit/stub/stores.h"

namespace stickler::stub::test {
namespace {

void create_sessions(Nodes& nodes, int count) {
  const auto names = nodes.running();
  for (int i = 0; i < count; ++i) {
    const Rig rig = at(nodes, names[static_cast<std::size_t>(i) % names.size()]);
    REQUIRE(create(rig, id_of(i), session_of("u" + std::to_string(i))).status == StoreStatus::ok);
  }
}

// All of them, at whichever node is asked, as often visited as they were.
void check_sessions(Nodes& nodes, int count, std::uint64_t visits = 0) {
  const auto names = nodes.running();
  for (int i = 0; i < count; ++i) {
    INFO(i);
    const Kept kept = load(at(nodes, names[static_cast<std::size_t>(i / 2) % names.size()]), id_of(i));
    REQUIRE(kept.status == StoreStatus::ok);
    CHECK(kept.session->user == "u" + std::to_string(i));
    CHECK(kept.session->visits == visits);
  }
}

void visit_each_at(Nodes& nodes, const std::string& name, int count, std::uint64_t visits) {
  for (int i = 0; i < count; ++i) {
    const Kept old = load(at(nodes, name), id_of(i));
    REQUIRE(old.status == StoreStatus::ok);
    const Update change{.session = session_of("u" + std::to_string(i), visits), .from_version = old.version};
    REQUIRE(update(at(nodes, name), id_of(i), change).status == StoreStatus::ok);
  }
}

constexpr Placement placements[] = {Placement::primary_backup, Placement::all_to_all};

TEST_CASE("primary-backup: a session is on the node that made it and on the next in its order, which is named") {
  Nodes nodes({.placement = Placement::primary_backup, .size = 5});
  nodes.start_all();
  std::set<std::string> backups;
  for (int i = 0; i < 20; ++i) {
    const Kept created = create(at(nodes, "a"), id_of(i), session_of("eve"));
    CHECK(created.backup == first_in_order(id_of(i), std::vector<std::string>{"b", "c", "d", "e"}));
    CHECK(load(at(nodes, "a"), id_of(i)).backup == created.backup);
    backups.insert(created.backup);
  }
  CHECK(backups.size() == 4);
  CHECK(nodes.copies() == 40);
}

TEST_CASE("all-to-all: a session is on every node, and each answers reads from its own copy") {
  Nodes nodes({.placement = Placement::all_to_all, .size = 4});
  nodes.start_all();
  const Kept created = create(at(nodes, "a"), "id", session_of("eve"));
  CHECK(created.backup == first_in_order("id", std::vector<std::string>{"b", "c", "d"}));
  CHECK(nodes.copies() == 4);
  const auto questions = [&] { return nodes.store("d").stats().messages_out; };
  const std::uint64_t before = questions();
  CHECK(load(at(nodes, "d"), "id").session->user == "eve");
  CHECK(questions() == before);
}

TEST_CASE("a write at any node is seen at every node, with one more version each time") {
  for (const Placement placement : placements) {
    Nodes nodes({.placement = placement});
    nodes.start_all();
    create(at(nodes, "a"), "id", session_of("eve"));
    std::uint64_t version = 1;
    for (const std::string name : {"b", "c", "a", "a", "c", "b"}) {
      const Kept written =
          update(at(nodes, name), "id",
                 {.session = session_of("eve", version, std::string(version * 10, 'd')), .from_version = version});
      REQUIRE(written.status == StoreStatus::ok);
      CHECK(written.version == ++version);
      CHECK(written.backup != name);
      CHECK_FALSE(written.backup.empty());
      for (const std::string& reader : nodes.running()) {
        const Kept loaded = load(at(nodes, reader), "id");
        CHECK(loaded.version == version);
        CHECK(loaded.session->visits == version - 1);
        CHECK(loaded.session->data.size() == (version - 1) * 10);
      }
      nodes.await([&] { return nodes.copies() == (placement == Placement::all_to_all ? 3 : 2); });
    }
  }
}

TEST_CASE("when any one node dies no session is lost, and each goes on at the backup that it named") {
  for (const Placement placement : placements) {
    for (const std::string dead : {"a", "c", "e"}) {
      Nodes nodes({.placement = placement, .size = 5});
      nodes.start_all();
      create_sessions(nodes, 25);
      std::map<int, std::string> backup;
      for (int i = 0; i < 25; ++i) backup[i] = load(at(nodes, nodes.running()[i % 5]), id_of(i)).backup;
      const std::vector<std::string> all = nodes.running();
      nodes.kill(dead);
      for (int i = 0; i < 25; ++i) {
        if (all[i % 5] != dead) continue;
        const Kept kept = load(at(nodes, backup[i]), id_of(i));
        CHECK(kept.status == StoreStatus::ok);
        CHECK(kept.backup != dead);
      }
      check_sessions(nodes, 25);
    }
  }
}

TEST_CASE("the backup that an answer names has the session, though all other nodes die at once") {
  for (const Placement placement : placements) {
    for (int i = 0; i < 6; ++i) {
      Nodes nodes({.placement = placement, .size = 4});
      nodes.start_all();
      create(at(nodes, "a"), id_of(i), session_of("eve"));
      const Update change{.session = session_of("eve", 7), .from_version = 1};
      const std::string backup = update(at(nodes, "a"), id_of(i), change).backup;
      for (const std::string& name : nodes.running()) {
        if (name != backup) nodes.kill_unseen(name);
      }
      const Kept kept = load(at(nodes, backup), id_of(i));
      REQUIRE(kept.status == StoreStatus::ok);
      CHECK(kept.session->visits == 7);
    }
  }
}

TEST_CASE("primary-backup: one death after another takes no session, though nobody asks for any between them") {
  constexpr int count = 60;
  Nodes nodes({.placement = Placement::primary_backup, .size = 5});
  nodes.start_all();
  create_sessions(nodes, count);
  for (const std::string dead : {"b", "e", "a", "d"}) {
    nodes.kill(dead);
    const auto healed = [&] { return nodes.copies() == count * std::min<std::size_t>(2, nodes.running().size()); };
    for (int tick = 0; tick < 2; ++tick) {  // What the dead node owned gets its new owner with the second.
      for (const std::string& name : nodes.running()) nodes.store(name).tidy();
    }
    nodes.await(healed);
  }
  CHECK(nodes.running() == std::vector<std::string>{"c"});
  check_sessions(nodes, count);
  CHECK(load(at(nodes, "c"), id_of(0)).backup.empty());
  CHECK(create(at(nodes, "c"), "alone", session_of("eve")).status == StoreStatus::ok);

  nodes.start("a");
  nodes.await_meeting();
  nodes.await([&] { return nodes.copies() == 2 * (count + 1); });
  CHECK(load(at(nodes, "c"), "alone").backup == "a");
}

TEST_CASE("all-to-all: a node that joins, and one that comes back, fetches all sessions") {
  Nodes nodes({.placement = Placement::all_to_all, .size = 4});
  for (const std::string name : {"a", "b", "c"}) nodes.start(name);
  nodes.await_meeting();
  create_sessions(nodes, 700);  // More than one batch of offers.
  nodes.start("d");
  nodes.await([&] { return nodes.copies() == 4 * 700; });
  nodes.kill("a");
  visit_each_at(nodes, "b", 50, 1);
  nodes.start("a");
  nodes.await([&] { return nodes.copies() == 4 * 700; });
  for (int i = 0; i < 60; ++i) CHECK(load(at(nodes, "a"), id_of(i)).session->visits == (i < 50 ? 1 : 0));
}

TEST_CASE("a node that comes back empty serves every session, and the node that took its place gives it up") {
  for (const Placement placement : placements) {
    Nodes nodes({.placement = placement, .size = 3});
    nodes.start_all();
    create_sessions(nodes, 30);
    nodes.kill("b");
    for (const std::string& name : nodes.running()) visit_each_at(nodes, name, 30, 5);
    nodes.start("b");
    check_sessions(nodes, 30, 5);  // Some of it before anybody has met.
    nodes.await_meeting();
    visit_each_at(nodes, "b", 30, 6);
    check_sessions(nodes, 30, 6);
  }
}

TEST_CASE("a log-out is one on every node, and on one that was away") {
  for (const Placement placement : placements) {
    Nodes nodes({.placement = placement, .size = 3});
    nodes.start_all();
    create_sessions(nodes, 30);
    for (int i = 0; i < 30; ++i) CHECK(erase(at(nodes, nodes.running()[i / 10]), id_of(i)).status == StoreStatus::ok);
    CHECK(nodes.copies() == 0);
    for (const std::string& name : nodes.running()) {
      for (int i = 0; i < 30; ++i) CHECK(load(at(nodes, name), id_of(i)).status == StoreStatus::missing);
    }
    CHECK(erase(at(nodes, "b"), id_of(0)).status == StoreStatus::missing);
  }
}

TEST_CASE("a session that is over is so on every node, and no node brings it back") {
  for (const Placement placement : placements) {
    Nodes nodes({.placement = placement});
    nodes.start_all();
    create_sessions(nodes, 9);
    nodes.clock.advance(20min);
    for (int i = 0; i < 3; ++i) CHECK(touch(at(nodes, "b"), id_of(i)).left == life);
    nodes.clock.advance(10min);
    for (const std::string& name : nodes.running()) {
      for (int i = 0; i < 9; ++i) {
        const Kept kept = load(at(nodes, name), id_of(i));
        CHECK(kept.status == (i < 3 ? StoreStatus::ok : StoreStatus::missing));
        if (i < 3) CHECK(kept.left == 20min);
      }
    }
    nodes.clock.advance(20min);
    for (const std::string& name : nodes.running()) nodes.store(name).tidy();
    CHECK(nodes.copies() == 0);
  }
}

TEST_CASE("requests of one session on all nodes at once: each write that was accepted is there, and no other") {
  for (const Placement placement : placements) {
    Nodes nodes({.placement = placement, .size = 4});
    nodes.start_all();
    create(at(nodes, "a"), "id", session_of("eve"));
    Passwords passwords(nodes.loop, {.cost = *find_password_cost("off"), .users = std::nullopt}, {});
    std::vector<std::unique_ptr<LogIns>> servers;
    for (const std::string& name : nodes.running()) {
      servers.push_back(std::make_unique<LogIns>(nodes.store(name), passwords, 30min));
    }
    std::uint64_t visited = 0;
    int failed = 0;
    int answered = 0;
    constexpr int rounds = 40;
    for (int round = 0; round < rounds; ++round) {
      for (const auto& server : servers) {
        server->visit("id", [&](const LogInResult& result) {
          ++answered;
          visited += result.outcome == Outcome::ok ? 1 : 0;
          failed += result.outcome == Outcome::ok ? 0 : 1;
        });
      }
      if (round % 4 == 3) run_until(nodes.loop, [&] { return answered == 4 * (round + 1); });
    }
    CAPTURE(failed);
    CHECK(visited + failed == 4 * rounds);
    CHECK(visited > rounds);
    for (const std::string& name : nodes.running()) CHECK(load(at(nodes, name), "id").session->visits == visited);
    nodes.await([&] { return nodes.copies() == (placement == Placement::all_to_all ? 4 : 2); });
  }
}

TEST_CASE("async: a change is answered before the replicas have it, and they get it all the same") {
  Nodes nodes({.placement = Placement::primary_backup, .size = 3, .sync = false});
  nodes.start_all();
  bool answered = false;
  std::string backup;
  nodes.store("a").create("id", session_of("eve"), [&](const StoreAnswer& answer) {
    answered = true;
    backup = answer.backup;
  });
  CHECK(answered);
  CHECK(nodes.copies() == 1);
  nodes.await([&] { return nodes.copies() == 2; });
  nodes.kill("a");
  CHECK(load(at(nodes, backup), "id").session->user == "eve");
}

TEST_CASE("a full node takes no replicas: the next in the order does, or nobody, and nothing fails for it") {
  Nodes nodes({.placement = Placement::primary_backup, .size = 3, .sessions_max = 10});
  nodes.start_all();
  for (int i = 0; i < 10; ++i) {
    const Kept created = create(at(nodes, "a"), id_of(i), session_of("eve"));
    CHECK(created.status == StoreStatus::ok);
    CHECK_FALSE(created.backup.empty());
  }
  CHECK(create(at(nodes, "a"), "more", session_of("eve")).status == StoreStatus::full);
  CHECK(nodes.copies() == 20);
  std::map<std::string, int> named;
  for (int i = 0; nodes.store("b").stats().sessions < 10; ++i) {
    ++named[create(at(nodes, "b"), "b" + std::to_string(i), session_of("eve")).backup];
  }
  CHECK(named["c"] > 0);
  for (int i = 0; nodes.store("c").stats().sessions < 10; ++i) {
    ++named[create(at(nodes, "c"), "c" + std::to_string(i), session_of("eve")).backup];
  }
  CHECK(named[""] > 0);
  CHECK(named["a"] + named["b"] == 0);
  CHECK(create(at(nodes, "c"), "more", session_of("eve")).status == StoreStatus::full);
}

TEST_CASE("what has been said between nodes is counted, and what a node alone does is not") {
  Nodes nodes({.placement = Placement::primary_backup, .size = 2});
  nodes.start("a");
  CHECK(create(at(nodes, "a"), "id", session_of("eve")).status == StoreStatus::ok);
  CHECK(nodes.store("a").stats().messages_out == 0);
  CHECK(nodes.store("a").stats().bytes_out == 0);
  nodes.start("b");
  nodes.await_meeting();
  nodes.await([&] { return nodes.copies() == 2; });
  CHECK(touch(at(nodes, "a"), "id").status == StoreStatus::ok);  // What was under way has been answered before it.
  const StoreStats before = nodes.store("a").stats();
  const Update change{.session = session_of("eve", 1, std::string(5000, 'x')), .from_version = 1};
  CHECK(update(at(nodes, "a"), "id", change).status == StoreStatus::ok);
  const StoreStats after = nodes.store("a").stats();
  CHECK(after.messages_out == before.messages_out + 1);
  CHECK(after.messages_in == before.messages_in + 1);
  CHECK(after.bytes_out > before.bytes_out + 5000);
  CHECK(after.bytes_out < before.bytes_out + 5200);
  // A visit does not send the data again.
  const Update visit{.session = session_of("eve", 2, std::string(5000, 'x')), .from_version = 2};
  CHECK(update(at(nodes, "a"), "id", visit).status == StoreStatus::ok);
  CHECK(nodes.store("a").stats().bytes_out < after.bytes_out + 200);
  CHECK(load(at(nodes, "b"), "id").session->data.size() == 5000);
}

}  // namespace
}  // namespace stickler::stub::test
