#include <catch2/catch.hpp>

#include "lb/balance/policy.h"

namespace stickler::balance {
namespace {

using Names = std::vector<std::string>;
constexpr std::int64_t unset = PickState::credit_unset;

TEST_CASE("remap keeps each name's place in the rotation, whatever happens to the list") {
  struct Row {
    const char* what;
    Names after;
    std::vector<std::int64_t> credits;
  };
  const std::vector<Row> rows = {
      {"the same", {"a", "b", "c"}, {10, 20, 30}},
      {"reordered", {"c", "a", "b"}, {30, 10, 20}},
      {"one gone", {"a", "c"}, {10, 30}},
      {"one more", {"a", "x", "b", "c"}, {10, unset, 20, 30}},
      {"renamed", {"a", "y", "c"}, {10, unset, 30}},
      {"longer with a common head", {"a", "b", "c", "d"}, {10, 20, 30, unset}},
      {"none", {}, {}},
  };
  for (const Row& row : rows) {
    PickState state(1);
    state.remap(Names{"a", "b", "c"});
    CHECK(state.credits == std::vector<std::int64_t>{unset, unset, unset});
    state.credits = {10, 20, 30};
    state.remap(row.after);
    CAPTURE(row.what);
    CHECK(state.credits == row.credits);
  }
}

TEST_CASE("a state follows the very list it was remapped to last, and no other of the same names") {
  const Names one{"a", "b"};
  const Names other{"a", "b"};
  PickState state(1);
  CHECK_FALSE(state.follows(one));
  state.remap(one);
  CHECK(state.follows(one));
  CHECK_FALSE(state.follows(other));
  state.remap(other);
  CHECK(state.follows(other));
  CHECK_FALSE(state.follows(std::span(other).first(1)));
}

TEST_CASE("a name that left begins anew when it comes back") {
  PickState state(1);
  state.remap(Names{"a", "b"});
  state.credits = {1, 2};
  state.remap(Names{"a"});
  state.remap(Names{"a", "b"});
  CHECK(state.credits == std::vector<std::int64_t>{1, unset});
}

TEST_CASE("another state goes on where one left off, for the names that both have") {
  PickState before(1);
  before.remap(Names{"a", "b"});
  before.credits = {10, 20};
  PickState after(2);
  after.resume(before.turns());
  after.remap(Names{"b", "new", "a"});
  CHECK(after.credits == std::vector<std::int64_t>{20, unset, 10});

  PickState odd(3);
  odd.resume({.names = {"a", "b"}, .credits = {1}});
  odd.remap(Names{"a", "b"});
  CHECK(odd.credits == std::vector<std::int64_t>{1, unset});
}

}  // namespace
}  // namespace stickler::balance
