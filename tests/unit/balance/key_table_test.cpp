// Shares and changes of the two tables: how evenly keys are spread, and how many move when candidates come and go.
#include <catch2/catch.hpp>

#include "lb/balance/key_table.h"
#include "lb/base/hash.h"

namespace stickler::balance {
namespace {

using Make = KeyTable (*)(const std::vector<Candidate>&);
constexpr Make tables[] = {KeyTable::maglev, KeyTable::ring};
constexpr std::size_t keys = 100'000;

std::vector<Candidate> named(std::size_t count, std::uint32_t weight = 1) {
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < count; ++i) candidates.push_back({.name = "node-" + std::to_string(i), .weight = weight});
  return candidates;
}

const std::string& name_for(const KeyTable& table, const std::vector<Candidate>& candidates, std::uint64_t key) {
  return candidates[table.owner(table.slot_of(mix64(key)))].name;
}

// The share of keys whose owner is another.
double moved(Make make, const std::vector<Candidate>& before, const std::vector<Candidate>& after) {
  const KeyTable from = make(before);
  const KeyTable to = make(after);
  std::size_t count = 0;
  for (std::size_t key = 0; key < keys; ++key) {
    count += name_for(from, before, key) != name_for(to, after, key) ? 1 : 0;
  }
  return static_cast<double>(count) / keys;
}

TEST_CASE("a table of nobody has no slots") {
  for (const Make make : tables) {
    CHECK(make({}).size() == 0);
    CHECK(make(named(3, 0)).size() == 0);
  }
}

TEST_CASE("the owner of a key depends on names and weights, not on the order of the list") {
  std::vector<Candidate> candidates = named(20);
  candidates[3].weight = 7;
  std::vector<Candidate> reversed(candidates.rbegin(), candidates.rend());
  for (const Make make : tables) CHECK(moved(make, candidates, reversed) == 0);
}

TEST_CASE("each candidate owns its weight's share of the keys: within a percent by maglev, a fifth by a ring") {
  struct Row {
    Make make;
    double tolerance;
  };
  std::vector<Candidate> candidates = named(10);
  candidates[2].weight = 5;
  candidates[7].weight = 0;
  for (const Row& row : {Row{KeyTable::maglev, 0.01}, Row{KeyTable::ring, 0.20}}) {
    const KeyTable table = row.make(candidates);
    std::vector<double> owned(candidates.size());
    // Not drawn keys but the whole circle, at even distances.
    constexpr std::uint64_t probes = 1 << 20;
    const std::uint64_t distance = row.make == tables[0] ? 1 : std::uint64_t{1} << 44;
    const std::uint64_t count = row.make == tables[0] ? table.size() : probes;
    for (std::uint64_t i = 0; i < count; ++i) owned[table.owner(table.slot_of(i * distance))] += 1;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const double expected = static_cast<double>(count) * candidates[i].weight / 13;
      CAPTURE(i, owned[i], expected);
      CHECK(owned[i] == Approx(expected).epsilon(row.tolerance));
    }
  }
}

TEST_CASE("when one of N goes or comes, hardly more keys move than were or will be its own") {
  for (const std::size_t count : {3U, 10U, 50U}) {
    const std::vector<Candidate> before = named(count);
    std::vector<Candidate> without = before;
    without.erase(without.begin() + 1);
    std::vector<Candidate> down = before;
    down[1].weight = 0;
    std::vector<Candidate> more = before;
    more.push_back({.name = "another"});
    const double ideal = 1.0 / static_cast<double>(count);
    for (const Make make : tables) {
      CAPTURE(count, make == tables[0] ? "maglev" : "ring");
      CHECK(moved(make, before, without) <= ideal + 0.02);
      CHECK(moved(make, before, down) <= ideal + 0.02);
      CHECK(moved(make, before, more) <= ideal + 0.02);
    }
  }
}

TEST_CASE("no key moves but to or from the one that changed, on a ring") {
  const std::vector<Candidate> before = named(10);
  std::vector<Candidate> heavier = before;
  heavier[4].weight = 2;
  const KeyTable from = KeyTable::ring(before);
  const KeyTable to = KeyTable::ring(heavier);
  for (std::size_t key = 0; key < keys; ++key) {
    if (name_for(from, before, key) != name_for(to, heavier, key)) REQUIRE(name_for(to, heavier, key) == "node-4");
  }
}

TEST_CASE("the owner of a key is the same in every build of the program") {
  const std::vector<Candidate> candidates = named(5);
  std::string maglev;
  std::string ring;
  for (std::uint64_t key = 0; key < 12; ++key) {
    maglev += name_for(KeyTable::maglev(candidates), candidates, key).back();
    ring += name_for(KeyTable::ring(candidates), candidates, key).back();
  }
  CHECK(maglev == "101202234221");
  CHECK(ring == "044434244202");
}

}  // namespace
}  // namespace stickler::balance
