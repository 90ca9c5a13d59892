#include "lb/server/handover.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

namespace stickler::server {
namespace {

using Json = nlohmann::json;

TimePoint at(std::int64_t nanoseconds) { return TimePoint(Duration(nanoseconds)); }

Handover everything() {
  Handover handover;
  handover.listeners = {{"127.0.0.1:80", 7}, {"127.0.0.1:80", 8}, {"web 127.0.0.1:0", 9}, {"unix:/run/web", 10}};
  handover.admin.emplace("127.0.0.1:9900", 11);
  handover.state.cookie_keys = {{"app", std::string("\0\xff a key", 8)}};
  handover.state.learned["app"] = {
      .key = {1, 2, 255}, .sessions = {{.session = {3, ~0ULL}, .node = 5, .last_use = 6, .is_untold = true}, {}}};
  handover.state.counts = {
      {.pool = "app", .backend = "a", .count = {.idle = Duration(7), .seen = {{~0ULL, 8}, {9, 10}}}},
      {.pool = "app",
       .backend = "b",
       .have_left = true,
       .count = {.idle = Duration(7), .ranks = {{11, {0, 51, 255}}, {12, {}}}}}};
  handover.state.backends = {{.pool = "app",
                              .name = "a",
                              .address = *Address::parse("10.0.0.1:80"),
                              .probes = cluster::ProbeVerdict::down,
                              .breaker = {.state = cluster::Breaker::State::half_open,
                                          .why = cluster::Ejected::success_rate,
                                          .until = at(6'000),
                                          .out_until = at(5'000),
                                          .last_length = Duration(77),
                                          .in_a_row = 2},
                              .generation = 4'000'000'000,
                              .answer_time = {.value = Duration(12), .at = at(34)},
                              .came_up = at(35),
                              .configured = cluster::Configured::down,
                              .order = cluster::Order{.state = cluster::Configured::drain,
                                                      .since = at(8),
                                                      .deadline = at(9),
                                                      .rate = 0.5,
                                                      .sessions = 10,
                                                      .moved = 11},
                              .steadiness = {.well_since = at(11), .failures = 3}},
                             {.pool = "app", .name = "b", .address = *Address::parse("unix:/run/b")}};
  handover.state.overrides = {
      {.pool = "app",
       .name = "a",
       .said = config::Backend{.name = "a", .address = *Address::parse("10.0.0.1:80"), .weight = 3},
       .now = config::Backend{.name = "a",
                              .address = *Address::parse("unix:/run/a"),
                              .weight = 0,
                              .state = config::BackendState::drain,
                              .role = config::Role::standby,
                              .origin = config::Origin::api}},
      {.pool = "app",
       .name = "b",
       .said = config::Backend{.name = "b", .address = *Address::parse("10.0.0.2:80")},
       .now = std::nullopt}};
  handover.state.turns = {{{"app", {.names = {"a", "b"}, .credits = {-3, 5}}}}, {}};
  return handover;
}

TEST_CASE("what one process hands over is what the other one gets") {
  const Handover sent = everything();
  const auto got = decode(encode(sent));
  REQUIRE(got);
  CHECK(got->not_taken.empty());
  CHECK(got->listeners == sent.listeners);
  CHECK(got->admin == sent.admin);
  CHECK(got->state.cookie_keys == sent.state.cookie_keys);
  REQUIRE(got->state.learned.size() == 1);
  CHECK(got->state.learned.at("app").key == sent.state.learned.at("app").key);
  CHECK(got->state.learned.at("app").sessions == sent.state.learned.at("app").sessions);
  REQUIRE(got->state.counts.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(got->state.counts[i].pool == sent.state.counts[i].pool);
    CHECK(got->state.counts[i].backend == sent.state.counts[i].backend);
    CHECK(got->state.counts[i].have_left == sent.state.counts[i].have_left);
    CHECK(got->state.counts[i].count == sent.state.counts[i].count);
  }
  REQUIRE(got->state.backends.size() == 2);
  const cluster::BackendMemory& a = got->state.backends[0];
  CHECK(a.pool == "app");
  CHECK(a.name == "a");
  CHECK(a.address == *Address::parse("10.0.0.1:80"));
  CHECK(a.probes == cluster::ProbeVerdict::down);
  CHECK(a.breaker.state == cluster::Breaker::State::half_open);
  CHECK(a.breaker.why == cluster::Ejected::success_rate);
  CHECK(a.breaker.until == at(6'000));
  CHECK(a.breaker.out_until == at(5'000));
  CHECK(a.breaker.last_length == Duration(77));
  CHECK(a.breaker.in_a_row == 2);
  CHECK(a.generation == 4'000'000'000);
  CHECK(a.answer_time.value == Duration(12));
  CHECK(a.answer_time.at == at(34));
  CHECK(a.came_up == at(35));
  CHECK(a.configured == cluster::Configured::down);
  CHECK(a.order == sent.state.backends[0].order);
  CHECK(a.steadiness == sent.state.backends[0].steadiness);
  const cluster::BackendMemory& b = got->state.backends[1];
  CHECK(b.address == *Address::parse("unix:/run/b"));
  CHECK(b.probes == cluster::ProbeVerdict::unknown);
  CHECK(b.breaker.state == cluster::Breaker::State::closed);
  CHECK_FALSE(b.order);
  CHECK_FALSE(b.came_up);
  CHECK(got->state.overrides == sent.state.overrides);
  CHECK(b.steadiness == cluster::Steadiness::History{});
  REQUIRE(got->state.turns.size() == 2);
  CHECK(got->state.turns[0].at("app").names == std::vector<std::string>{"a", "b"});
  CHECK(got->state.turns[0].at("app").credits == std::vector<std::int64_t>{-3, 5});
  CHECK(got->state.turns[1].empty());
}

TEST_CASE("what is told is a line each") {
  CHECK(encode(everything()).find('\n') == encode(everything()).size() - 1);
  const News sent{.pool = "a\nb", .change = {.session = {1, ~0ULL}, .node = 10, .last_use = 3}};
  const std::string line = encode(sent);
  CHECK(line.find('\n') == line.size() - 1);
  const auto got = decode_news(line);
  REQUIRE(got);
  CHECK(got->pool == sent.pool);
  CHECK(got->change == sent.change);
  for (const char* none : {"", "{}", "[]", R"({"pool": 1, "change": ""})", R"({"pool": "a", "change": "AAAA"})",
                           R"({"pool": "a", "change": "!"})", R"({"pool": "a", "change": null})"}) {
    CAPTURE(none);
    CHECK_FALSE(decode_news(none));
  }
}

TEST_CASE("a candidate that had no turn yet has none afterwards") {
  Handover handover;
  handover.state.turns = {{{"app", {.names = {"a", "new"}, .credits = {1, balance::PickState::credit_unset}}}}};
  const auto got = decode(encode(handover));
  REQUIRE(got);
  CHECK(got->state.turns.at(0).at("app").names == std::vector<std::string>{"a"});
}

TEST_CASE("without its sockets a process cannot take over") {
  for (const char* text : {"", "{", "[]", "7", "{}", R"({"listeners": 7})", R"({"listeners": [{"key": "a"}]})",
                           R"({"listeners": [{"key": "a", "fd": "7"}]})", R"({"listeners": [{"key": "a", "fd": -1}]})",
                           R"({"listeners": [], "admin": [{"fd": 3}]})"}) {
    CAPTURE(text);
    const auto got = decode(text);
    REQUIRE_FALSE(got);
    CHECK(got.error().message.find("cannot be understood") != std::string::npos);
  }
}

TEST_CASE("a state of another version is not taken, the sockets are") {
  Json json = Json::parse(encode(everything()));
  json["state"] = {{"version", 3}, {"what", "nobody knows"}};
  const auto got = decode(json.dump());
  REQUIRE(got);
  CHECK(got->not_taken == "its version is 3, not 2");
  CHECK(got->listeners.size() == 4);
  CHECK(got->state.backends.empty());
}

TEST_CASE("what a later release adds is not looked at") {
  Json json = Json::parse(encode(everything()));
  json["weather"] = "fine";
  json["state"]["mood"] = {1, 2};
  json["state"]["backends"][0]["colour"] = "red";
  json["listeners"][0]["colour"] = "red";
  const auto got = decode(json.dump());
  REQUIRE(got);
  CHECK(got->not_taken.empty());
  CHECK(got->state.backends.size() == 2);
}

TEST_CASE("a state that makes no sense is not taken, not even in part") {
  struct Row {
    const char* where;  // A JSON pointer.
    Json what;          // In its place; null: nothing is.
  };
  const Row rows[] = {{"/state", nullptr},
                      {"/state/version", "1"},
                      {"/state/cookie_keys", nullptr},
                      {"/state/cookie_keys/app", "no base64url!"},
                      {"/state/cookie_keys/app", 7},
                      {"/state/learned", 7},
                      {"/state/learned/app/key", "AAAA"},
                      {"/state/learned/app/sessions", "AAAA"},
                      {"/state/counts", Json::object()},
                      {"/state/counts/0/seen", "AAAA"},
                      {"/state/counts/1/ranks/0/registers", nullptr},
                      {"/state/backends", 7},
                      {"/state/backends/1", nullptr},
                      {"/state/backends/1/address", "nowhere"},
                      {"/state/backends/1/probes", 3},
                      {"/state/backends/1/probes", -1},
                      {"/state/backends/1/generation", "x"},
                      {"/state/backends/1/breaker", 3},
                      {"/state/backends/1/breaker_until", "soon"},
                      {"/state/backends/0/order/state", 4},
                      {"/state/backends/0/order/since", "then"},
                      {"/state/backends/0/configured", 9},
                      {"/state/turns", "round"},
                      {"/state/turns/0/app/a", "first"}};
  for (const Row& row : rows) {
    CAPTURE(row.where, row.what.dump());
    Json json = Json::parse(encode(everything()));
    json[Json::json_pointer(row.where)] = row.what;
    const auto got = decode(json.dump());
    REQUIRE(got);
    CHECK_FALSE(got->not_taken.empty());
    CHECK(got->listeners.size() == 4);
    CHECK(got->state.cookie_keys.empty());
    CHECK(got->state.backends.empty());
    CHECK(got->state.turns.empty());
  }
}

TEST_CASE("a credit from outside cannot overflow the rotation's sums") {
  Json json = Json::parse(encode(everything()));
  json["state"]["turns"][0]["app"]["a"] = std::numeric_limits<std::int64_t>::max();
  json["state"]["turns"][0]["app"]["b"] = std::numeric_limits<std::int64_t>::min() + 1;
  const auto got = decode(json.dump());
  REQUIRE(got);
  for (const std::int64_t credit : got->state.turns.at(0).at("app").credits) {
    CHECK(std::abs(credit) <= std::int64_t{1} << 48);
  }
}

}  // namespace
}  // namespace stickler::server
