#include "lb/affinity/cookie.h"

#include <catch2/catch.hpp>
#include <limits>
#include <map>

#include "tests/unit/affinity/fixtures.h"
#include "tests/unit/allocations.h"

namespace stickler::affinity {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string sealed(const Binding& binding, const CookieKeys& keys, std::string_view pool = "login") {
  return std::string(as_text(seal(binding, keys, pool)));
}

Binding with_home(Binding binding = some_binding()) {
  binding.home = 0xa1a2a3a4a5a6a7a8;
  return binding;
}

TEST_CASE("a cookie opens to what was sealed in it, and only one with a home is longer") {
  const CookieKeys keys = keys_of({key_a});
  std::vector<Binding> rows = {some_binding()};
  rows.push_back({.primary = 1, .issued = unix_seconds(noon), .last_seen = unix_seconds(noon)});
  rows.push_back({.primary = std::numeric_limits<NodeId>::max(),
                  .backup = std::numeric_limits<NodeId>::max(),
                  .generation = std::numeric_limits<std::uint32_t>::max(),
                  .issued = unix_seconds(noon),
                  .last_seen = unix_seconds(noon),
                  .nonce = 1});
  for (std::size_t i = 0; i < 3; ++i) rows.push_back(with_home(rows[i]));
  for (const Binding& binding : rows) {
    const std::string text = sealed(binding, keys);
    CHECK(text.size() == (binding.home == 0 ? cookie_chars : cookie_chars_with_home));
    CHECK(text.find_first_not_of(alphabet) == std::string::npos);
    const Opened opened = open_text(text, keys);
    CHECK(opened.seal == Seal::ok);
    CHECK(opened.binding == binding);
    CHECK(opened.key == 0);
  }
}

// Cookies are in browsers while we are upgraded: these texts must open for as long as there are these versions. They
// were computed apart from this code, from the published BLAKE2b and SipHash.
TEST_CASE("the formats do not change unnoticed") {
  const CookieKeys keys = keys_of({key_a});
  const std::string first = "AfiTAQIDBAUGBwjx8vP09fb3-N6tvu8Aa0nD8ABrSdHE__________9LL_HYIda9qKCCBKWt0pgS";
  CHECK(sealed(some_binding(), keys) == first);
  CHECK(open_text(first, keys).binding == some_binding());
  const std::string second = "AviTAQIDBAUGBwjx8vP09fb3-N6tvu8Aa0nD8ABrSdHE__________-hoqOkpaanqAB5iPQKfVRJKMJv_cV3QLS-";
  CHECK(sealed(with_home(), keys) == second);
  CHECK(open_text(second, keys).binding == with_home());
}

// With tags that fit, computed apart from this code.
TEST_CASE("what we would not have written is forged, though its tag fits") {
  const CookieKeys keys = keys_of({key_a});
  for (const char* text :
       {"AviTAQIDBAUGBwjx8vP09fb3-N6tvu8Aa0nD8ABrSdHE__________8AAAAAAAAAAAB4p_FR8I1cavMnGEgDDnwX",     // No home.
        "AviTAQIDBAUGBwjx8vP09fb3-N6tvu8Aa0nD8ABrSdHE__________-hoqOkpaanqAGScGHu_VsFfXFCTwEeQCNu"}) {  // No zero.
    CHECK(open_text(text, keys).seal == Seal::forged);
  }
}

TEST_CASE("every change of a single character is forged") {
  const CookieKeys keys = keys_of({key_a, key_b});
  const std::string text = sealed(GENERATE(some_binding(), with_home()), keys);
  REQUIRE(open_text(text, keys).seal == Seal::ok);
  std::size_t accepted = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string changed = text;
      changed[at] = static_cast<char>(byte);
      if (changed == text) continue;
      const Opened opened = open_text(changed, keys);
      accepted += opened.seal != Seal::forged || opened.binding != Binding{} ? 1 : 0;
    }
  }
  CHECK(accepted == 0);
}

TEST_CASE("what is no cookie of ours is forged, and nothing of it is believed") {
  const CookieKeys keys = keys_of({key_a});
  const std::string text = sealed(GENERATE(some_binding(), with_home()), keys);
  std::vector<std::string> rows = {"", "x", text + "A", text + text, " " + text, text + "=", "\"" + text + "\""};
  for (std::size_t length = 0; length < text.size(); ++length) {
    rows.push_back(text.substr(0, length));
    rows.push_back(text.substr(text.size() - length));
  }
  for (const std::size_t size : {cookie_chars, cookie_chars_with_home}) {
    for (const char c : {'A', '_', '\0'}) rows.push_back(std::string(size, c));
    std::string resized = text;  // Of one version, in the length of the other.
    resized.resize(size, 'A');
    if (resized != text) rows.push_back(resized);
  }
  rows.push_back(sealed(some_binding(), keys_of({key_b})));
  rows.push_back(sealed(some_binding(), keys, "other"));
  rows.push_back(sealed(some_binding(), keys, "logi"));
  rows.push_back(sealed(some_binding(), keys, "login2"));
  rows.push_back(sealed(some_binding(), keys, ""));
  for (const std::string& row : rows) {
    CAPTURE(row);
    const Opened opened = open_text(row, keys);
    CHECK(opened.seal == Seal::forged);
    CHECK(opened.binding == Binding{});
  }
}

TEST_CASE("a cookie belongs to one pool, however long the names are") {
  const CookieKeys keys = keys_of({key_a});
  std::vector<std::string> pools = {"", "a", "aa", "b"};
  for (const std::size_t length : {40U, 41U, 63U, 64U, 65U, 66U, 300U}) pools.push_back(std::string(length, 'a'));
  pools.push_back(std::string(299, 'a') + "b");
  for (const std::string& from : pools) {
    const std::string text = sealed(some_binding(), keys, from);
    for (const std::string& to : pools) {
      const Opened opened = open(text, keys, rules_of(to), noon);
      CAPTURE(from, to);
      CHECK(opened.seal == (from == to ? Seal::ok : Seal::forged));
    }
  }
}

TEST_CASE("the first key signs, all verify, and each says who it is") {
  const std::string by_a = sealed(some_binding(), keys_of({key_a}));
  const std::string by_b = sealed(some_binding(), keys_of({key_b}));
  const CookieKeys both = keys_of({key_a, key_b});
  CHECK(sealed(some_binding(), both) == by_a);
  CHECK(open_text(by_a, both).key == 0);
  CHECK(open_text(by_b, both).seal == Seal::ok);
  CHECK(open_text(by_b, both).key == 1);
  CHECK(open_text(by_b, keys_of({key_b, key_a})).key == 0);
  CHECK(open_text(by_b, keys_of({key_a})).seal == Seal::forged);
}

TEST_CASE("two keys that share their short id are told apart by the tag") {
  // Ids have 16 bits: among a few hundred keys two are bound to share one.
  std::map<std::uint16_t, std::string> texts;
  for (int i = 0; i < 5000; ++i) {
    const std::string text = "key number " + std::to_string(i);
    const auto [twin, is_first] = texts.emplace(keys_of({text}).signing().id, text);
    if (is_first) continue;
    const CookieKeys keys = keys_of({twin->second, text});
    CHECK(open_text(sealed(some_binding(), keys_of({twin->second})), keys).key == 0);
    CHECK(open_text(sealed(some_binding(), keys_of({text})), keys).key == 1);
    return;
  }
  FAIL("no two of 5000 keys share an id");
}

TEST_CASE("when a cookie of this age is honoured") {
  struct Row {
    const char* what;
    Duration issued_ago, seen_ago;
    Duration ttl, idle;
    Seal seal;
  };
  const Duration h8 = 8h;
  const Duration m30 = 30min;
  const std::vector<Row> rows = {
      {"fresh", 0s, 0s, h8, m30, Seal::ok},
      {"used a moment ago", 7h, 1s, h8, m30, Seal::ok},
      {"idle for all of `idle`, last written idle/4 before, by a clock 5 minutes behind", 2h, 42min + 30s, h8, m30,
       Seal::ok},
      {"idle for longer", 2h, 42min + 31s, h8, m30, Seal::expired},
      {"as old as ttl, by a clock 5 minutes behind", h8 + 5min, 0s, h8, m30, Seal::ok},
      {"older", h8 + 5min + 1s, 0s, h8, m30, Seal::expired},
      {"short limits allow for a quarter of themselves", 125s, 0s, 100s, m30, Seal::ok},
      {"no more", 126s, 0s, 100s, m30, Seal::expired},
      {"short idle: a quarter for the last writing and one for the clocks", 150s, 150s, h8, 100s, Seal::ok},
      {"no more than that", 151s, 151s, h8, 100s, Seal::expired},
      {"from a clock 5 minutes ahead", -5min, -5min, h8, m30, Seal::ok},
      {"seen in the future", 1h, -5min - 1s, h8, m30, Seal::forged},
      {"issued in the future", -5min - 1s, 0s, h8, m30, Seal::forged},
      {"at the beginning of time", noon.time_since_epoch(), 0s, h8, m30, Seal::expired},
      {"at the end of time", -Duration(1'000'000h), 0s, h8, m30, Seal::forged},
      {"the longest limits", 8h, 8h, 87'600h, 87'600h, Seal::ok},
  };
  const CookieKeys keys = keys_of({key_a});
  for (const Row& row : rows) {
    Binding binding = some_binding();
    binding.issued = unix_seconds(noon - row.issued_ago);
    binding.last_seen = unix_seconds(noon - row.seen_ago);
    const Opened opened = open(sealed(binding, keys), keys, {.pool = "login", .ttl = row.ttl, .idle = row.idle}, noon);
    CAPTURE(row.what);
    CHECK(opened.seal == row.seal);
    CHECK(opened.binding == (row.seal == Seal::forged ? Binding{} : binding));
  }
}

TEST_CASE("the last second that the format can hold is in the future, not an overflow") {
  const CookieKeys keys = keys_of({key_a});
  Binding binding = some_binding();
  binding.issued = (std::int64_t{1} << 40) - 1;
  CHECK(open_text(sealed(binding, keys), keys).seal == Seal::forged);
}

TEST_CASE("the time last seen is rewritten once it is older than idle/4") {
  struct Row {
    Duration seen_ago;
    bool refresh;
  };
  for (const Row& row : {Row{0s, false}, {7min + 30s, false}, {7min + 31s, true}, {1h, true}, {-5min, false}}) {
    Binding binding = some_binding();
    binding.last_seen = unix_seconds(noon - row.seen_ago);
    CHECK(needs_refresh(binding, rules_of(), noon) == row.refresh);
  }
}

TEST_CASE("a silence is told once half of idle has passed since the time last seen") {
  struct Row {
    Duration seen_ago;
    bool silent;
  };
  for (const Row& row : {Row{0s, false}, {15min, false}, {15min + 1s, true}, {1h, true}, {-5min, false}}) {
    Binding binding = some_binding();
    binding.last_seen = unix_seconds(noon - row.seen_ago);
    CHECK(was_silent(binding, rules_of().idle, noon) == row.silent);
  }
}

TEST_CASE("seconds are rounded up, so that no cookie looks older than it is") {
  CHECK(unix_seconds(WallTime{5s}) == 5);
  CHECK(unix_seconds(WallTime{5s + 1ns}) == 6);
  CHECK(unix_seconds(WallTime{5s - 1ns}) == 5);
}

TEST_CASE("opening and sealing allocate nothing") {
  const CookieKeys keys = keys_of({key_a, key_b});
  const std::string by_b = sealed(some_binding(), keys_of({key_b}));
  const std::string forged = std::string(cookie_chars, 'Q');
  const std::string long_pool(200, 'p');
  CHECK(test::allocations_of([&] {
          open(by_b, keys, rules_of(), noon);
          open(forged, keys, rules_of(), noon);
          open(by_b, keys, rules_of(long_pool), noon);
          seal(some_binding(), keys, "login");
          seal(with_home(), keys, "login");
          seal(some_binding(), keys, long_pool);
        }) == 0);
}

}  // namespace
}  // namespace stickler::affinity
