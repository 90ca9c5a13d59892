#include "lb/affinity/hash_choice.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/unit/affinity/fixtures.h"

namespace stickler::affinity {
namespace {

using balance::Standing;

constexpr std::size_t sessions = 20'000;

struct World {
  std::vector<std::string> names = {"a", "b", "c", "d"};
  std::vector<Standing> standings = std::vector<Standing>(4, Standing::eligible);
  std::vector<std::uint32_t> weights = {1, 1, 1, 1};

  std::vector<HashedNodes> both() const {
    const NodeTable nodes(names, keys_of({key_a}));
    std::vector<HashedNodes> all;
    for (std::size_t i = 0; i < sessions; ++i) {
      all.push_back(hashed_nodes(hash_bytes("session-" + std::to_string(i)), nodes, standings,
                                 [&](std::size_t node) { return weights[node]; }));
    }
    return all;
  }

  std::vector<std::optional<std::size_t>> choices() const {
    std::vector<std::optional<std::size_t>> all;
    for (const HashedNodes& found : both()) all.push_back(found.first);
    return all;
  }
};

std::vector<double> shares(const std::vector<std::optional<std::size_t>>& choices, std::size_t nodes) {
  std::vector<double> counts(nodes);
  for (const auto& choice : choices) counts.at(choice.value()) += 1.0 / static_cast<double>(choices.size());
  return counts;
}

TEST_CASE("each node gets its share by weight") {
  World world;
  world.weights = {1, 2, 3, 4};
  const std::vector<double> found = shares(world.choices(), 4);
  for (std::size_t node = 0; node < 4; ++node) CHECK(found[node] == Approx(0.1 * world.weights[node]).margin(0.015));
}

TEST_CASE("when a node may take no sessions, only its own go elsewhere, and they come back to it") {
  World world;
  const auto before = world.choices();
  for (const Standing standing : {Standing::down, Standing::bound_only}) {
    world.standings[1] = standing;
    const auto without = world.choices();
    std::vector<double> gained(4);
    bool only_its_own = true;
    for (std::size_t i = 0; i < sessions; ++i) {
      if (before[i] == std::size_t{1}) {
        gained.at(without[i].value()) += 1;
      } else {
        only_its_own = only_its_own && before[i] == without[i];
      }
    }
    CHECK(only_its_own);
    CHECK(gained[1] == 0);
    for (const std::size_t node : {0, 2, 3}) CHECK(gained[node] == Approx(sessions / 12.0).epsilon(0.1));
  }
}

TEST_CASE("the second of a session is the first where its first may take none") {
  World world;
  world.weights = {1, 2, 3, 4};
  const auto before = world.both();
  for (std::size_t gone = 0; gone < 4; ++gone) {
    World without = world;
    without.standings[gone] = Standing::down;
    const auto after = without.both();
    bool follows = true;
    for (std::size_t i = 0; i < sessions; ++i) {
      if (before[i].first == gone) follows = follows && before[i].second == after[i].first;
      follows = follows && after[i].second != after[i].first && after[i].second != gone;
    }
    CHECK(follows);
  }
  world.standings = {Standing::down, Standing::eligible, Standing::bound_only, Standing::down};
  CHECK(world.both().front().first == std::size_t{1});
  CHECK_FALSE(world.both().front().second);
}

TEST_CASE("the order of the list is of no consequence") {
  World world;
  const auto before = world.choices();
  std::swap(world.names[0], world.names[3]);
  const auto after = world.choices();
  const std::size_t moved_to[] = {3, 1, 2, 0};
  bool same = true;
  for (std::size_t i = 0; i < sessions; ++i) same = same && after[i] == moved_to[before[i].value()];
  CHECK(same);
}

TEST_CASE("where nobody may take a session there is no node") {
  World world;
  world.standings = {Standing::down, Standing::bound_only, Standing::down, Standing::bound_only};
  CHECK_FALSE(world.choices().front());
}

}  // namespace
}  // namespace stickler::affinity
