#include "lb/cluster/backend_set.h"

#include <catch2/catch.hpp>
#include <set>

#include "lb/balance/registry.h"

namespace stickler::cluster {
namespace {

using balance::Standing;

Member member(const std::string& name, std::uint32_t weight, State state) {
  return {.backend = std::make_shared<Backend>("login", name),
          .address = *Address::parse("127.0.0.1:9001"),
          .weight = weight,
          .state = state};
}

BackendSet some_set(std::string_view policy = "round_robin") {
  return {{member("a", 1, State::up), member("b", 2, State::draining), member("c", 0, State::up),
           member("d", 3, State::ejected), member("e", 1, State::down), member("f", 2, State::up)},
          policy};
}

TEST_CASE("a set keeps the list's order and says what each member may be given") {
  const BackendSet set = some_set();
  CHECK(set.size() == 6);
  CHECK(set.members().size() == 6);
  CHECK(set[1].backend->name == "b");
  CHECK(std::vector<std::string>(set.names().begin(), set.names().end()) ==
        std::vector<std::string>{"a", "b", "c", "d", "e", "f"});
  CHECK(std::vector<Standing>(set.standings().begin(), set.standings().end()) ==
        std::vector<Standing>{Standing::eligible, Standing::bound_only, Standing::bound_only, Standing::down,
                              Standing::down, Standing::eligible});
  CHECK(set.eligible_count() == 2);
}

TEST_CASE("a member is found by its name") {
  const BackendSet set = some_set();
  CHECK(set.find("a") == 0);
  CHECK(set.find("f") == 5);
  CHECK(set.find("g") == std::nullopt);
  CHECK(set.find("") == std::nullopt);
}

TEST_CASE("only eligible members are picked, by whatever policy") {
  for (const balance::PolicyEntry& entry : balance::policies()) {
    const BackendSet set = some_set(entry.name);
    balance::PickState state(1);
    state.remap(set.names());
    std::set<std::size_t> picked;
    for (int i = 0; i < 60; ++i) picked.insert(set.pick({}, state).value());
    CHECK(picked == (entry.name == "first" ? std::set<std::size_t>{0} : std::set<std::size_t>{0, 5}));
    const std::size_t tried[] = {0, 5};
    CHECK(set.pick({.tried = tried}, state) == std::nullopt);
  }
}

TEST_CASE("a request that began with an older set picks from it, whatever came after") {
  for (const balance::PolicyEntry& entry : balance::policies()) {
    const BackendSet older({member("a", 1, State::up), member("b", 1, State::up)}, entry.name);
    const BackendSet newer({member("c", 1, State::up), member("b", 1, State::up), member("a", 1, State::up)},
                           entry.name);
    balance::PickState state(1);
    for (int i = 0; i < 20; ++i) {
      const std::size_t tried[] = {0};
      CHECK(older.pick({.tried = tried}, state) == 1);
      CHECK(newer.pick({}, state).value() < 3);
    }
  }
}

TEST_CASE("a set with nobody eligible picks nobody") {
  const BackendSet set({member("a", 1, State::down), member("b", 0, State::up)}, "least_connections");
  balance::PickState state(1);
  state.remap(set.names());
  CHECK(set.pick({}, state) == std::nullopt);
  CHECK(set.eligible_count() == 0);
}

}  // namespace
}  // namespace stickler::cluster
