// What the files say of a pool's backends, and what was said at run time over it.
#include "lb/server/members.h"

#include <catch2/catch.hpp>

namespace stickler::server {
namespace {

using config::Backend;
using config::Origin;

Backend backend(const std::string& name, std::uint32_t weight = 1, Origin origin = Origin::config) {
  return {.name = name, .address = *Address::parse("127.0.0.1:9001"), .weight = weight, .origin = origin};
}

config::Pool pool(std::vector<Backend> backends, const std::string& name = "login") {
  config::Pool pool;
  pool.name = name;
  pool.backends = std::move(backends);
  return pool;
}

// "a1 b5": names and weights, in their order.
std::string in_force(const Members& members, std::string_view pool = "login") {
  std::string text;
  for (const Backend& one : members.of(pool)) text += (text.empty() ? "" : " ") + one.name + std::to_string(one.weight);
  return text;
}

Members following(std::vector<Backend> backends) {
  Members members;
  members.follow({pool(std::move(backends))});
  return members;
}

TEST_CASE("what was said at run time stands over the files, in the order of the files") {
  Members members = following({backend("a"), backend("b"), backend("c")});
  members.set("login", "b", backend("b", 5));
  members.set("login", "a", std::nullopt);
  members.set("login", "z", backend("z", 2, Origin::api));
  members.set("login", "y", backend("y", 3, Origin::api));
  CHECK(in_force(members) == "b5 c1 z2 y3");
  CHECK(members.removed_of("login") == std::vector<std::string>{"a"});
  CHECK(members.find("login", "b")->weight == 5);
  CHECK_FALSE(members.find("login", "a"));
  CHECK(members.find("login", "z")->origin == Origin::api);
  CHECK(in_force(members, "other").empty());
}

TEST_CASE("saying what the files say ends what was said before") {
  Members members = following({backend("a"), backend("b")});
  members.set("login", "a", backend("a", 7));
  members.set("login", "a", backend("a", 1));
  members.set("login", "b", std::nullopt);
  members.set("login", "b", backend("b", 1, Origin::api));
  members.set("login", "z", backend("z", 1, Origin::api));
  members.set("login", "z", std::nullopt);
  CHECK(members.overrides().empty());
  CHECK(in_force(members) == "a1 b1");
  CHECK(members.find("login", "b")->origin == Origin::config);
}

TEST_CASE("what was said of a backend stands until the files say something else of that one") {
  struct Row {
    const char* name;
    std::optional<Backend> now;
    std::vector<Backend> reloaded;
    std::string in_force;
  };
  const Backend moved{.name = "a", .address = *Address::parse("127.0.0.1:9009")};
  const Backend drains{.name = "a", .address = backend("a").address, .state = config::BackendState::drain};
  const Row rows[] = {
      {"a", backend("a", 7), {backend("a"), backend("b")}, "a7 b1"},
      {"a", backend("a", 7), {backend("b", 9), backend("a")}, "b9 a7"},
      {"a", backend("a", 7), {backend("a", 2), backend("b")}, "a2 b1"},
      {"a", backend("a", 7), {moved, backend("b")}, "a1 b1"},
      {"a", backend("a", 7), {drains, backend("b")}, "a1 b1"},
      {"a", backend("a", 7), {backend("b")}, "b1"},
      {"a", std::nullopt, {backend("a"), backend("b")}, "b1"},
      {"a", std::nullopt, {backend("a", 2), backend("b")}, "a2 b1"},
      {"a", std::nullopt, {backend("b")}, "b1"},
      {"z", backend("z", 3, Origin::api), {backend("a")}, "a1 z3"},
      {"z", backend("z", 3, Origin::api), {backend("a"), backend("z", 4)}, "a1 z4"},
  };
  for (const Row& row : rows) {
    CAPTURE(&row - rows);
    Members members = following({backend("a"), backend("b")});
    members.set("login", row.name, row.now);
    members.follow({pool(row.reloaded)});
    CHECK(in_force(members) == row.in_force);
  }
}

TEST_CASE("what ended with one reload does not come back with the next") {
  Members members = following({backend("a")});
  members.set("login", "a", backend("a", 7));
  members.set("login", "z", backend("z", 1, Origin::api));
  members.follow({pool({backend("a", 2)}, "login"), pool({backend("a")}, "other")});
  members.follow({pool({backend("a")})});
  CHECK(in_force(members) == "a1 z1");
  members.follow({pool({backend("a")}, "other")});
  members.follow({pool({backend("a")})});
  CHECK(in_force(members) == "a1");
}

TEST_CASE("a list that has changed replaces what it said before, and only that") {
  Members members = following({backend("a"), backend("b", 1, Origin::discover), backend("c", 1, Origin::discover)});
  members.set("login", "a", backend("a", 4));
  members.set("login", "b", backend("b", 5, Origin::discover));
  members.set("login", "c", std::nullopt);
  members.follow_list("login", {backend("c", 1, Origin::discover), backend("b", 1, Origin::discover)});
  CHECK(in_force(members) == "a4 b5");
  members.follow_list("login", {backend("c", 2, Origin::discover), backend("d", 1, Origin::discover)});
  CHECK(in_force(members) == "a4 c2 d1");
  members.follow_list("login", {});
  CHECK(in_force(members) == "a4");
}

TEST_CASE("a process that takes over goes on with what still stands") {
  Members before = following({backend("a"), backend("b"), backend("c")});
  before.set("login", "a", backend("a", 7));
  before.set("login", "b", std::nullopt);
  before.set("login", "z", backend("z", 3, Origin::api));
  Members after = following({backend("a", 2), backend("b"), backend("c")});
  after.resume(before.overrides());
  CHECK(in_force(after) == "a2 c1 z3");
  CHECK(after.overrides().size() == 2);
  Members without_pool;
  without_pool.follow({});
  without_pool.resume(before.overrides());
  CHECK(without_pool.overrides().empty());
}

}  // namespace
}  // namespace stickler::server
