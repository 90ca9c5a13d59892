// The small pure parts: suggestions, units, quoting, what is secret.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "lb/config/key_list.h"
#include "lb/config/quote.h"
#include "lb/config/secret.h"
#include "lb/config/suggest.h"
#include "lb/config/units.h"

namespace stickler::config {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a mistyped word suggests the word that was meant, and a foreign word none") {
  struct Row {
    std::string_view wrong;
    std::string_view meant;
  };
  const std::vector<std::string_view> words = {"policy",   "affinity", "health",      "timeouts",
                                               "backends", "retries",  "connections", "protocol"};
  for (const Row& row : {Row{"polcy", "policy"}, Row{"ploicy", "policy"}, Row{"Policy", "policy"},
                         Row{"policies", "policy"}, Row{"backend", "backends"}, Row{"timeout", "timeouts"},
                         Row{"conn", "connections"}, Row{"colour", ""}, Row{"x", ""}, Row{"", ""}}) {
    CAPTURE(row.wrong);
    CHECK(closest(row.wrong, words) == row.meant);
  }
}

TEST_CASE("an abbreviation is understood only if it can be one word alone") {
  const std::vector<std::string_view> words = {"least_connections", "least_sessions", "round_robin"};
  CHECK(closest("leastconn", words) == "least_connections");
  CHECK(closest("least", words).empty());
  CHECK(closest("roundrobin", words) == "round_robin");
}

TEST_CASE("words longer than any key are not compared, so that a long file costs no long time") {
  const std::string long_word(10'000, 'a');
  const std::vector<std::string_view> words(100'000, "policy");
  CHECK(closest(long_word, words).empty());
  CHECK(closest("zzzzzzz", words).empty());
}

TEST_CASE("the edit distance counts a swap of neighbours as one, and neither case nor dashes") {
  CHECK(edit_distance("keys", "kyes") == 1);
  CHECK(edit_distance("Access-Log", "access_log") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("words are listed as a sentence has them") {
  CHECK(enumerate(std::vector<std::string_view>{"a"}) == "a");
  CHECK(enumerate(std::vector<std::string_view>{"a", "b"}) == "a or b");
  CHECK(enumerate(std::vector<std::string_view>{"a", "b", "c"}) == "a, b or c");
}

TEST_CASE("durations are a whole number and a unit") {
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("0s") == 0s);
  CHECK(parse_duration("5m") == 5min);
  CHECK(parse_duration("8h") == 8h);
  CHECK(parse_duration("99999999999999999999h") == Duration::max());
  for (const char* text :
       {"", "5", "s", "-5s", "+5s", "5 s", "1.5s", "5S", "5min", "5d", "5us", " 5s", "5s ", "0x5s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("sizes are a whole number and a binary unit") {
  CHECK(parse_size("0B") == 0);
  CHECK(parse_size("16KiB") == 16 * 1024);
  CHECK(parse_size("1MiB") == 1024 * 1024);
  CHECK(parse_size("2TiB") == 2ULL << 40);
  CHECK(parse_size("99999999999TiB") == UINT64_MAX);
  for (const char* text : {"", "16", "KiB", "16K", "16KB", "16kib", "-1B", "1.5MiB", "16 KiB"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text));
  }
}

TEST_CASE("a duration or size is spelled so that it reads back as itself") {
  for (const Duration value : {Duration(0s), Duration(1ms), Duration(1500ms), Duration(59s), Duration(90s),
                               Duration(1min), Duration(90min), Duration(8h), duration_max}) {
    CHECK(parse_duration(spell_duration(value)) == value);
  }
  CHECK(spell_duration(90s) == "90s");
  CHECK(spell_duration(3600s) == "1h");
  for (const std::uint64_t value : {0ULL, 1ULL, 1023ULL, 1024ULL, 1536ULL, 1ULL << 20, 5ULL << 40}) {
    CHECK(parse_size(spell_size(value)) == value);
  }
  CHECK(spell_size(32 * 1024) == "32KiB");
}

TEST_CASE("what was meant by a foreign unit is said in ours") {
  struct Row {
    std::string_view text;
    std::string_view advice;
  };
  for (const Row& row :
       {Row{"30", "write the unit: 30s or 30ms"}, Row{"30sec", "write 30s"}, Row{"30 s", "write 30s"},
        Row{"5min", "write 5m"}, Row{"2H", "write 2h"}, Row{"3hours", "write 3h"}, Row{"100msec", "write 100ms"},
        Row{"2d", "write it in hours: one day is 24h"}, Row{"soon", ""}}) {
    CAPTURE(row.text);
    CHECK(duration_advice(row.text) == row.advice);
  }
  for (const Row& row :
       {Row{"32768", "write the unit: 32768B, or KiB or MiB"}, Row{"32k", "write 32KiB"}, Row{"32 KB", "write 32KiB"},
        Row{"1M", "write 1MiB"}, Row{"2gb", "write 2GiB"}, Row{"big", ""}}) {
    CAPTURE(row.text);
    CHECK(size_advice(row.text) == row.advice);
  }
}

TEST_CASE("text of the file is shown on one line, cut between characters, without what a terminal obeys") {
  CHECK(quoted("plain") == "'plain'");
  CHECK(quoted("a\nb\x1b[31mc") == "'a?b?[31mc'");
  CHECK(printable("a\xc2\x9b"
                  "31mb") == "a?31mb");
  CHECK(printable("a\x7f") == "a?");
  CHECK(printable("\xc3\xa4\xc3\xb6", 3) == "\xc3\xa4...");
  CHECK(printable(std::string(65, 'x')) == std::string(64, 'x') + "...");
  CHECK(printable("\xc2") == "\xc2");
}

TEST_CASE("keys and headers that hold secrets are known by their name, near misses included") {
  for (const char* name :
       {"keys", "key", "Keys", "kyes", "kesy", "password", "db_passwd", "client-secret", "Authorization",
        "Proxy-Authorization", "X-Api-Key", "X-Auth-Token", "credentials", "signing_keys"}) {
    CAPTURE(name);
    CHECK(names_a_secret(name));
  }
  for (const char* name :
       {"token_file", "name", "path", "listen", "level", "monkey_business", "x", "", "hash", "tls"}) {
    CAPTURE(name);
    CHECK_FALSE(names_a_secret(name));
  }
}

TEST_CASE("of the keys of the file only those that hold secrets are hidden") {
  for (const Key& key : key_list()) {
    const std::string_view word = key.path.substr(key.path.find_last_of('.') + 1);
    CAPTURE(key.path);
    CHECK(names_a_secret(word) == (word == "keys" || word == "key"));
  }
}

TEST_CASE("a key is found by its path, its neighbours by their block") {
  REQUIRE(find_key("pools.NAME.backends[].weight") != nullptr);
  CHECK(find_key("pools.NAME.backends[].wait") == nullptr);
  CHECK(find_key("") == nullptr);
  CHECK(keys_below("log") == std::vector<std::string_view>{"level", "file"});
  CHECK(keys_below("pools.NAME.backends[]") ==
        std::vector<std::string_view>{"name", "address", "weight", "role", "state"});
  CHECK(keys_below("lo").empty());
  REQUIRE(only_key_named("workers") != nullptr);
  CHECK(only_key_named("workers")->path == "process.workers");
  CHECK(only_key_named("timeouts") == nullptr);  // There are two.
}

TEST_CASE("no key stands in the list twice, and each after the block it belongs to") {
  std::vector<std::string_view> before;
  for (const Key& key : key_list()) {
    CAPTURE(key.path);
    CHECK(std::find(before.begin(), before.end(), key.path) == before.end());
    std::string_view block = key.path.substr(0, std::min(key.path.find_last_of('.'), key.path.size()));
    if (block.ends_with("[]")) block.remove_suffix(2);
    if (block != key.path) CHECK(std::find(before.begin(), before.end(), block) != before.end());
    before.push_back(key.path);
  }
}

}  // namespace
}  // namespace stickler::config
