#include "backend_stub/peers/rendezvous.h"

#include <catch2/catch.hpp>
#include <map>
#include <vector>

namespace stickler::stub::test {
namespace {

using Names = std::vector<std::string>;

TEST_CASE("the order of a session does not depend on how its nodes are listed, and nobody is first of none") {
  CHECK(first_in_order("id", {}).empty());
  CHECK(first_in_order("id", Names{"a"}) == "a");
  for (int i = 0; i < 100; ++i) {
    const std::string id = "id" + std::to_string(i);
    CHECK(first_in_order(id, Names{"a", "b", "c", "d"}) == first_in_order(id, Names{"c", "a", "d", "b"}));
  }
}

TEST_CASE("sessions are spread over all nodes, and when one leaves only its own move, to all others") {
  std::map<std::string, int> first;
  std::map<std::string, int> instead_of_b;
  for (int i = 0; i < 8000; ++i) {
    const std::string id = "id" + std::to_string(i);
    const std::string before = first_in_order(id, Names{"a", "b", "c", "d"});
    const std::string after = first_in_order(id, Names{"a", "c", "d"});
    ++first[before];
    if (before == "b") {
      ++instead_of_b[after];
    } else {
      CHECK(after == before);
    }
  }
  for (const auto& [node, count] : first) CHECK(std::abs(count - 2000) < 200);
  REQUIRE(instead_of_b.size() == 3);
  for (const auto& [node, count] : instead_of_b) CHECK(std::abs(count - 667) < 120);
}

}  // namespace
}  // namespace stickler::stub::test
