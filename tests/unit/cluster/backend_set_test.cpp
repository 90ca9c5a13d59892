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
          .state = state,
          .standing = standing_of(state, weight)};
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

// Members of one weight, of which those of `shares` less than SlowStart::steps start slowly.
BackendSet warming_up(std::string_view policy, const std::vector<std::uint32_t>& shares) {
  std::vector<Member> members;
  for (const std::uint32_t share : shares) {
    members.push_back(member(std::to_string(members.size()), 2, State::up));
    members.back().share = share;
  }
  return {std::move(members), policy, {.weight_unit = SlowStart::steps}};
}

std::vector<std::size_t> count_picks(const BackendSet& set, std::size_t picks, std::uint64_t seed) {
  balance::PickState state(seed);
  state.remap(set.names());
  std::vector<std::size_t> counts(set.size());
  for (std::size_t i = 0; i < picks; ++i) ++counts[set.pick({.key = i * 0x9e3779b97f4a7c15}, state).value()];
  return counts;
}

TEST_CASE("a member that starts slowly gets its steps of its share, by every policy that follows them") {
  for (const balance::PolicyEntry& entry : balance::policies()) {
    const std::string name(entry.name);
    CAPTURE(name);
    for (const std::uint32_t share : {1U, 3U, 9U, SlowStart::steps}) {
      CAPTURE(share);
      const auto counts = count_picks(warming_up(entry.name, {10, share, 10}), 30'000, share);
      const double wanted = 30'000.0 * share / (20 + share);
      if (entry.follows_slow_start) CHECK(static_cast<double>(counts[1]) == Approx(wanted).margin(400));
      if (!entry.follows_slow_start) CHECK(counts == count_picks(warming_up(entry.name, {10, 10, 10}), 30'000, share));
    }
  }
}

TEST_CASE("no step of a slow start moves a key of the policy hash") {
  for (const auto table : {balance::HashTable::maglev, balance::HashTable::ring}) {
    std::vector<Member> members = {member("a", 2, State::up), member("b", 1, State::up), member("c", 2, State::up)};
    const BackendSet before(members, "hash", {.hash_table = table});
    for (std::uint32_t share = 1; share <= SlowStart::steps; ++share) {
      members[1].share = share;
      const BackendSet set(members, "hash", {.hash_table = table, .weight_unit = SlowStart::steps});
      balance::PickState state(1);
      for (std::uint64_t i = 0; i < 2000; ++i) {
        const balance::PickContext context{.key = i * 0x9e3779b97f4a7c15};
        REQUIRE(set.pick(context, state) == before.pick(context, state));
      }
    }
  }
}

TEST_CASE("who comes up slowly is picked from the first step on, and is all there is where it is alone") {
  for (const balance::PolicyEntry& entry : balance::policies()) {
    const BackendSet alone({member("a", 1, State::down),
                            [] {
                              Member b = member("b", 1, State::up);
                              b.share = 1;
                              return b;
                            }()},
                           entry.name, {.weight_unit = SlowStart::steps});
    balance::PickState state(1);
    for (int i = 0; i < 20; ++i) CHECK(alone.pick({}, state) == 1);
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
