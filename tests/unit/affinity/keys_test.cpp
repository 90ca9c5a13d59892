#include "lb/affinity/keys.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "lb/affinity/node_table.h"
#include "tests/unit/affinity/fixtures.h"

namespace stickler::affinity {
namespace {

using Names = std::vector<std::string>;

TEST_CASE("a key is the same in every process that is given the same text") {
  const CookieKey key = keys_of({key_a}).signing();
  CHECK(key.id == 63635);
  CHECK(key.node_id("a") == 0x8a3e91fe11103686);
  CHECK(key.tag != key.node);
}

TEST_CASE("keys of different texts have nothing in common") {
  const CookieKeys keys = keys_of({key_a, key_b});
  const CookieKey& a = keys.all()[0];
  const CookieKey& b = keys.all()[1];
  CHECK(a.id != b.id);
  CHECK(a.tag != b.tag);
  CHECK(a.node != b.node);
  CHECK(a.node_id("a") != b.node_id("a"));
}

TEST_CASE("without a configured key each process has one of its own") {
  const CookieKeys one = keys_of({});
  const CookieKeys other = keys_of({});
  CHECK(one.all().size() == 1);
  CHECK(one.signing().tag != other.signing().tag);
  CHECK(CookieKeys::random_key().size() == 32);
  CHECK(CookieKeys::random_key() != CookieKeys::random_key());
}

TEST_CASE("a random key that is kept makes the same keys again") {
  const std::string text = CookieKeys::random_key();
  CHECK(keys_of({text}).signing().tag == keys_of({text}).signing().tag);
}

TEST_CASE("node ids are never 0, which means none, and differ by name") {
  const CookieKey key = keys_of({key_a}).signing();
  std::set<NodeId> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(key.node_id("backend-" + std::to_string(i)));
  CHECK(ids.size() == 10'000);
  CHECK(ids.count(0) == 0);
  CHECK(key.node_id("") != 0);
}

TEST_CASE("nonces do not repeat") {
  std::set<std::uint64_t> nonces;
  for (int i = 0; i < 10'000; ++i) nonces.insert(CookieKeys::nonce());
  CHECK(nonces.size() == 10'000);
}

TEST_CASE("a node is found by its id under any key, at its place in the list as it stands now") {
  const CookieKeys keys = keys_of({key_a, key_b});
  for (const Names& names : {Names{"a", "b", "c"}, Names{"c", "b", "a"}, Names{"b", "x"}, Names{"a"}}) {
    const NodeTable table(names, keys);
    for (std::size_t key = 0; key < 2; ++key) {
      for (const char* name : {"a", "b", "c"}) {
        const auto place = std::find(names.begin(), names.end(), name);
        const auto expected = place == names.end() ? std::optional<std::size_t>() : place - names.begin();
        CHECK(table.find(key, keys.all()[key].node_id(name)) == expected);
      }
      CHECK(table.find(key, 0) == std::nullopt);
      CHECK(table.find(1 - key, keys.all()[key].node_id("a")) == std::nullopt);
    }
    for (std::size_t i = 0; i < names.size(); ++i) CHECK(table.id_of(i) == keys.signing().node_id(names[i]));
  }
}

TEST_CASE("every one of 10,000 nodes is found") {
  Names names;
  for (int i = 0; i < 10'000; ++i) names.push_back("node" + std::to_string(i));
  const NodeTable table(names, keys_of({key_a}));
  std::size_t found = 0;
  for (std::size_t i = 0; i < names.size(); ++i) found += table.find(0, table.id_of(i)) == i ? 1 : 0;
  CHECK(found == names.size());
}

TEST_CASE("a pool without nodes knows none") {
  const NodeTable table(Names{}, keys_of({key_a}));
  CHECK(table.find(0, 1) == std::nullopt);
}

}  // namespace
}  // namespace stickler::affinity
