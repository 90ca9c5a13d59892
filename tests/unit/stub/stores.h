// What the shared tests of the session stores run on: a rig for each strategy of the registry that is available. A new
// strategy adds its rig to rigs().
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend_stub/sessions/registry.h"
#include "tests/unit/stub/nodes.h"

namespace stickler::stub::test {

using namespace std::chrono_literals;

inline constexpr Duration life = 30min;

// A store, and the world around it.
struct Rig {
  std::unique_ptr<SessionStore> store;
  std::function<void(Duration)> pass;          // Lets the time pass that the store goes by.
  std::function<void(const bool&)> run_until;  // Lets the store work until the flag is set.
};

struct RigMaker {
  std::string_view name;
  Rig (*make)(std::size_t sessions_max);
};

inline Rig memory_rig(std::size_t sessions_max) {
  auto clock = std::make_shared<ManualClock>();
  return {.store = find_strategy("memory")->make({.clock = *clock, .life = life, .sessions_max = sessions_max}),
          .pass = [clock](Duration time) { clock->advance(time); },
          .run_until = [](const bool& flag) { REQUIRE(flag); }};
}

// The first node of three, with the two others around it. Its session clock is theirs.
inline Rig replicated_rig(Placement placement, std::size_t sessions_max) {
  struct World {
    explicit World(Nodes::Options options) : nodes(options) { nodes.start_all(); }
    Nodes nodes;
  };
  auto world = std::make_shared<World>(
      Nodes::Options{.placement = placement, .size = 3, .life = life, .sessions_max = sessions_max});
  return {.store = std::make_unique<StoreOfNode>(world->nodes.store("a")),
          .pass = [world](Duration time) { world->nodes.clock.advance(time); },
          .run_until = [world](const bool& flag) { run_until(world->nodes.loop, [&] { return flag; }); }};
}

inline Rig primary_backup_rig(std::size_t sessions_max) {
  return replicated_rig(Placement::primary_backup, sessions_max);
}
inline Rig all_to_all_rig(std::size_t sessions_max) { return replicated_rig(Placement::all_to_all, sessions_max); }

inline std::vector<RigMaker> rigs() {
  return {{"memory", memory_rig}, {"primary-backup", primary_backup_rig}, {"all-to-all", all_to_all_rig}};
}

// The calls of stores.h, on one node of several.
inline Rig at(Nodes& nodes, const std::string& name) {
  return {.store = std::make_unique<StoreOfNode>(nodes.store(name)),
          .pass = [&nodes](Duration time) { nodes.clock.advance(time); },
          .run_until = [&nodes](const bool& flag) { run_until(nodes.loop, [&] { return flag; }); }};
}

inline std::string id_of(int number) { return "id" + std::to_string(number); }

// A StoreAnswer that may be kept.
struct Kept {
  StoreStatus status = StoreStatus::ok;
  std::optional<Session> session;
  std::uint64_t version = 0;
  Duration left{};
  std::string backup;
};

// Makes a call and waits for its answer.
inline Kept ask(const Rig& rig, const std::function<void(SessionStore& store, OnStored done)>& call) {
  Kept kept;
  bool answered = false;
  call(*rig.store, [&](const StoreAnswer& answer) {
    CHECK_FALSE(answered);  // Exactly once.
    answered = true;
    kept = {.status = answer.status,
            .session = answer.session == nullptr ? std::nullopt : std::optional(*answer.session),
            .version = answer.version,
            .left = answer.left,
            .backup = answer.backup};
  });
  rig.run_until(answered);
  return kept;
}

inline Kept create(const Rig& rig, const std::string& id, const Session& session) {
  return ask(rig, [&](SessionStore& store, OnStored done) { store.create(id, session, std::move(done)); });
}
inline Kept load(const Rig& rig, const std::string& id) {
  return ask(rig, [&](SessionStore& store, OnStored done) { store.load(id, std::move(done)); });
}
inline Kept touch(const Rig& rig, const std::string& id) {
  return ask(rig, [&](SessionStore& store, OnStored done) { store.touch(id, std::move(done)); });
}
inline Kept update(const Rig& rig, const std::string& id, const Update& update) {
  return ask(rig, [&](SessionStore& store, OnStored done) { store.update(id, update, std::move(done)); });
}
inline Kept erase(const Rig& rig, const std::string& id) {
  return ask(rig, [&](SessionStore& store, OnStored done) { store.erase(id, std::move(done)); });
}

inline Session session_of(std::string user, std::uint64_t visits = 0, std::string data = {}) {
  return {.user = std::move(user), .visits = visits, .data = std::move(data)};
}

}  // namespace stickler::stub::test
