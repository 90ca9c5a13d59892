// What every session store keeps, whatever it is made of. Each case runs on each rig.
#include <algorithm>

#include "tests/unit/stub/stores.h"

namespace stickler::stub::test {
namespace {

TEST_CASE("every strategy that is available has a rig for these tests") {
  for (const Strategy& strategy : strategies()) {
    INFO(strategy.name);
    const auto all = rigs();
    CHECK((strategy.make != nullptr) ==
          std::ranges::any_of(all, [&](const RigMaker& rig) { return rig.name == strategy.name; }));
    CHECK(find_strategy(strategy.name) == &strategy);
  }
  CHECK(find_strategy("memory ") == nullptr);
}

TEST_CASE("a session that was created can be loaded, again and again, at version 1") {
  for (const RigMaker& maker : rigs()) {
    INFO(maker.name);
    const Rig rig = maker.make(100);
    const Kept created = create(rig, "id", session_of("eve", 3, std::string("da\0ta", 5)));
    CHECK(created.status == StoreStatus::ok);
    CHECK(created.version == 1);
    for (int i = 0; i < 3; ++i) {
      const Kept loaded = load(rig, "id");
      REQUIRE(loaded.status == StoreStatus::ok);
      REQUIRE(loaded.session);
      CHECK(loaded.session->user == "eve");
      CHECK(loaded.session->visits == 3);
      CHECK(loaded.session->data == std::string("da\0ta", 5));
      CHECK(loaded.version == 1);
    }
  }
}

TEST_CASE("a session that nobody created is missing, for every call") {
  for (const RigMaker& maker : rigs()) {
    INFO(maker.name);
    const Rig rig = maker.make(100);
    create(rig, "other", session_of("eve"));
    for (const Kept& kept : {load(rig, "id"), touch(rig, "id"), erase(rig, "id"),
                             update(rig, "id", {.session = session_of("eve"), .from_version = 1})}) {
      CHECK(kept.status == StoreStatus::missing);
      CHECK_FALSE(kept.session);
    }
    CHECK(load(rig, "id").status == StoreStatus::missing);  // Nothing was made on the way.
  }
}

TEST_CASE("an id is not given twice: the session that has it stays") {
  for (const RigMaker& maker : rigs()) {
    INFO(maker.name);
    const Rig rig = maker.make(100);
    create(rig, "id", session_of("eve"));
    CHECK(create(rig, "id", session_of("mallory")).status == StoreStatus::conflict);
    CHECK(load(rig, "id").session->user == "eve");
  }
}

TEST_CASE("an update writes the session, and its version is one more") {
  for (const RigMaker& maker : rigs()) {
    INFO(maker.name);
    const Rig rig = maker.make(100);
    create(rig, "id", session_of("eve"));
    for (std::uint64_t version = 1; version <= 5; ++version) {
      const Kept updated = update(
          rig, "id", {.session = session_of("eve", version, "d" + std::to_string(version)), .from_version = version});
      CHECK(updated.status == StoreStatus::ok);
      CHECK(updated.version == version + 1);
      REQUIRE(updated.session);
      CHECK(updated.session->visits == version);
      CHECK(load(rig, "id").session->data == "d" + std::to_string(version));
      CHECK(load(rig, "id").version == version + 1);
    }
  }
}

TEST_CASE("of two updates from one version the second is refused and changes nothing") {
  for (const RigMaker& maker : rigs()) {
    INFO(maker.name);
    const Rig rig = maker.make(100);
    create(rig, "id", session_of("eve"));
    CHECK(update(rig, "id", {.session = session_of("eve", 1), .from_version = 1}).status == StoreStatus::ok);
    const Kept second = update(rig, "id", {.session = session_of("eve", 7), .from_version = 1});
    CHECK(second.status == StoreStatus::conflict);
    CHECK_FALSE(second.session);
    CHECK(update(rig, "id", {.session = session_of("eve", 7), .from_version = 3}).status == StoreStatus::conflict);
    CHECK(load(rig, "id").session->visits == 1);
    CHECK(load(rig, "id").version == 2);
  }
}

TEST_CASE("updates that run in parallel, each from what it read, lose none that was accepted") {
  for (const RigMaker& maker : rigs()) {
    INFO(maker.name);
    const Rig rig = maker.make(100);
    create(rig, "id", session_of("eve"));
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    for (int round = 0; round < 20; ++round) {
      const Kept first = load(rig, "id");  // Three read the same, then all write.
      for (int writer = 0; writer < 3; ++writer) {
        Session session = *first.session;
        ++session.visits;
        const Kept written = update(rig, "id", {.session = session, .from_version = first.version});
        (written.status == StoreStatus::ok ? accepted : refused) += 1;
      }
    }
    CHECK(accepted == 20);
    CHECK(refused == 40);
    CHECK(load(rig, "id").session->visits == accepted);
  }
}

TEST_CASE("an erased session is gone, and its id is free") {
  for (const RigMaker& maker : rigs()) {
    INFO(maker.name);
    const Rig rig = maker.make(100);
    create(rig, "id", session_of("eve"));
    update(rig, "id", {.session = session_of("eve", 1), .from_version = 1});
    CHECK(erase(rig, "id").status == StoreStatus::ok);
    CHECK(load(rig, "id").status == StoreStatus::missing);
    CHECK(erase(rig, "id").status == StoreStatus::missing);
    CHECK(create(rig, "id", session_of("bob")).version == 1);
    CHECK(load(rig, "id").session->user == "bob");
  }
}

TEST_CASE("a session that nobody touches is over after its life, and not before") {
  for (const RigMaker& maker : rigs()) {
    INFO(maker.name);
    const Rig rig = maker.make(100);
    CHECK(create(rig, "id", session_of("eve")).left == life);
    rig.pass(life - 1s);
    const Kept late = load(rig, "id");
    CHECK(late.status == StoreStatus::ok);
    CHECK(late.left == 1s);
    rig.pass(1s);
    for (const Kept& kept : {load(rig, "id"), touch(rig, "id"), erase(rig, "id"),
                             update(rig, "id", {.session = session_of("eve"), .from_version = 1})}) {
      CHECK(kept.status == StoreStatus::missing);
    }
    CHECK(create(rig, "id", session_of("bob")).status == StoreStatus::ok);
  }
}

TEST_CASE("a touch and an update give a new life, a load does not") {
  for (const RigMaker& maker : rigs()) {
    INFO(maker.name);
    const Rig rig = maker.make(100);
    create(rig, "id", session_of("eve"));
    rig.pass(20min);
    CHECK(load(rig, "id").left == 10min);
    const Kept touched = touch(rig, "id");
    CHECK(touched.left == life);
    CHECK(touched.version == 1);
    CHECK(touched.session->user == "eve");
    rig.pass(20min);
    CHECK(update(rig, "id", {.session = session_of("eve", 1), .from_version = 1}).left == life);
    rig.pass(20min);
    CHECK(load(rig, "id").status == StoreStatus::ok);
    rig.pass(10min);
    CHECK(load(rig, "id").status == StoreStatus::missing);
  }
}

TEST_CASE("sessions do not touch each other") {
  for (const RigMaker& maker : rigs()) {
    INFO(maker.name);
    const Rig rig = maker.make(1000);
    for (int i = 0; i < 300; ++i) create(rig, "id" + std::to_string(i), session_of("u" + std::to_string(i)));
    for (int i = 0; i < 300; i += 3) erase(rig, "id" + std::to_string(i));
    for (int i = 1; i < 300; i += 3) {
      update(rig, "id" + std::to_string(i), {.session = session_of("u" + std::to_string(i), 1), .from_version = 1});
    }
    for (int i = 0; i < 300; ++i) {
      const Kept loaded = load(rig, "id" + std::to_string(i));
      REQUIRE((loaded.status == StoreStatus::missing) == (i % 3 == 0));
      if (!loaded.session) continue;
      CHECK(loaded.session->user == "u" + std::to_string(i));
      CHECK(loaded.session->visits == (i % 3 == 1 ? 1 : 0));
    }
  }
}

}  // namespace
}  // namespace stickler::stub::test
