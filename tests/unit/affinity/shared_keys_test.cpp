#include "lb/affinity/shared_keys.h"

#include <catch2/catch.hpp>
#include <set>

#include "lb/affinity/shared_table.h"

namespace stickler::affinity {
namespace {

using namespace std::chrono_literals;

const std::string old_key = "an old key that is at least 32 bytes";
const std::string new_key = "a new key that is at least 32 bytes.";

SharedKeys keys(const std::vector<std::string>& configured = {new_key}, std::string_view pool = "shop") {
  return SharedKeys(configured, pool);
}

TEST_CASE("what one balancer seals another with the same key opens") {
  const std::string name = keys().name_of("8A2F", 0);
  CHECK(name == keys().name_of("8A2F", 0));
  const std::string entry = keys().seal(name, "node-1");
  const SharedKeys others = keys();
  CHECK(others.open(entry, name, 0) == "node-1");
}

TEST_CASE("an entry's name is one for each session, pool and key, and shows the pool only") {
  std::set<std::string> names;
  for (const char* pool : {"shop", "chat"}) {
    for (const std::string& key : {old_key, new_key}) {
      for (const char* session : {"8A2F", "8A2E", ""}) names.insert(keys({key}, pool).name_of(session, 0));
    }
  }
  CHECK(names.size() == 12);
  for (const std::string& name : names) {
    CHECK(name.size() == std::string("stickler:shop:").size() + 32);
    CHECK((name.starts_with("stickler:shop:") || name.starts_with("stickler:chat:")));
    CHECK(name.find("8A2") == std::string::npos);
  }
}

TEST_CASE("the format is the one that other releases read") {
  const std::string name = keys().name_of("8A2F", 0);
  CHECK(name == "stickler:shop:642d3e462a0a0682479ffef87d38c24f");
  CHECK(keys().seal(name, "a") == "1 a 15ddff5f3896b5fc");
}

TEST_CASE("the first key writes, all of them read") {
  const SharedKeys rotated = keys({new_key, old_key});
  REQUIRE(rotated.size() == 2);
  CHECK(rotated.name_of("s", 0) == keys({new_key}).name_of("s", 0));
  CHECK(rotated.name_of("s", 1) == keys({old_key}).name_of("s", 0));
  const SharedKeys before = keys({old_key});
  const std::string name = before.name_of("s", 0);
  CHECK(rotated.open(before.seal(name, "a"), name, 1) == "a");
  CHECK_FALSE(rotated.open(before.seal(name, "a"), name, 0));
  CHECK_FALSE(before.open(rotated.seal(rotated.name_of("s", 0), "a"), rotated.name_of("s", 0), 0));
}

TEST_CASE("an entry that is foreign, broken, of another session, pool or version is none") {
  const SharedKeys ours = keys();
  const std::string name = ours.name_of("s", 0);
  const std::string entry = ours.seal(name, "node.1");
  CHECK(ours.open(entry, name, 0));
  CHECK_FALSE(ours.open(entry, ours.name_of("t", 0), 0));
  CHECK_FALSE(keys({new_key}, "chat").open(entry, name + "x", 0));
  CHECK_FALSE(keys({old_key}).open(entry, name, 0));
  for (const std::string& foreign :
       {std::string(), std::string("1 "), std::string("1 a"), std::string("2") + entry.substr(1), entry + "0",
        " " + entry, std::string(1000, 'x'), std::string("1  0123456789abcdef"), std::string("1 0123456789abcdef"),
        std::string(40, '\0')}) {
    CAPTURE(foreign);
    CHECK_FALSE(ours.open(foreign, name, 0));
  }
  for (std::size_t length = 0; length < entry.size(); ++length)
    CHECK_FALSE(ours.open(entry.substr(0, length), name, 0));
  for (std::size_t at = 0; at < entry.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string broken = entry;
      broken[at] = static_cast<char>(broken[at] ^ (1 << bit));
      CAPTURE(broken);
      CHECK_FALSE(ours.open(broken, name, 0));
    }
  }
}

TEST_CASE("a session in use is looked at each minute, and of a short idle four times") {
  CHECK(shared_period(30min) == 1min);
  CHECK(shared_period(2min) == 30s);
  CHECK(shared_period(4s) == 1s);
  CHECK(shared_period(1s) == 1s);
}

}  // namespace
}  // namespace stickler::affinity
