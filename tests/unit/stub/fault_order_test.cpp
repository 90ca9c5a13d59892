#include "backend_stub/fault_order.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace stickler::stub::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("an order is read key by key") {
  const auto all = parse_fault(R"({"fault": "slow", "for": "5s", "share": 0.1, "delay": "200ms"})");
  REQUIRE(all);
  CHECK(all->fault == Fault::slow);
  CHECK(all->lasts == Duration(5s));
  CHECK(all->share == 0.1);
  CHECK(all->delay == 200ms);
  const auto least = parse_fault(R"({"fault":"error"})");
  REQUIRE(least);
  CHECK_FALSE(least->lasts);
  CHECK(least->share == 1);
  CHECK(least->delay == 0ms);
}

TEST_CASE("every fault has its name, and reads back as it was ordered") {
  struct Row {
    std::string_view json;
    Fault fault;
  };
  const Row rows[] = {
      {R"({"fault":"none"})", Fault::none},
      {R"({"fault":"slow","for":"5s","share":0.5,"delay":"200ms"})", Fault::slow},
      {R"({"fault":"error","share":1.0,"delay":"20ms"})", Fault::error},
      {R"({"fault":"hang","for":"60s","share":1.0})", Fault::hang},
      {R"({"fault":"reset","share":0.25})", Fault::reset},
      {R"({"fault":"close-mid-body","for":"1500ms","share":1.0})", Fault::close_mid_body},
      {R"({"fault":"full","share":1.0})", Fault::full},
  };
  for (const Row& row : rows) {
    INFO(row.json);
    const auto order = parse_fault(row.json);
    REQUIRE(order);
    CHECK(order->fault == row.fault);
    CHECK(to_json(*order).dump() == row.json);
  }
}

TEST_CASE("what is not an order is refused with its reason") {
  struct Row {
    std::string_view json;
    std::string_view reason;
  };
  const Row rows[] = {
      {"", "expected a JSON object"},
      {"null", "expected a JSON object"},
      {R"(["fault"])", "expected a JSON object"},
      {R"({"fault":"error")", "expected a JSON object"},
      {R"({"fault":"error"} x)", "expected a JSON object"},
      {"{}", "fault: missing"},
      {R"({"share":1})", "fault: missing"},
      {R"({"fault":"eror"})", R"(got "eror")"},
      {R"({"fault":1})", "fault: expected slow, error"},
      {R"({"fault":"error","shar":1})", "'shar': unknown key"},
      {R"({"fault":"error","share":0})", "share: expected a number above 0"},
      {R"({"fault":"error","share":1.01})", "share: expected a number above 0"},
      {R"({"fault":"error","share":"1"})", "share: expected a number above 0"},
      {R"({"fault":"error","share":1e999})", "expected a JSON object"},
      {R"({"fault":"error","for":5})", "for: expected a duration"},
      {R"({"fault":"error","for":"5"})", "for: expected a duration"},
      {R"({"fault":"error","for":"0s"})", "for: expected more than nothing"},
      {R"({"fault":"error","delay":"x"})", "delay: expected a duration"},
      {R"({"fault":"slow"})", "delay: missing"},
      {R"({"fault":"hang","delay":"1s"})", "delay: has no effect"},
      {R"({"fault":"none","for":"5s"})", "none takes no other key"},
  };
  for (const Row& row : rows) {
    INFO(row.json);
    const auto order = parse_fault(row.json);
    REQUIRE_FALSE(order);
    INFO(order.error().message);
    CHECK(order.error().message.find(row.reason) != std::string::npos);
  }
}

TEST_CASE("what is not UTF-8 or nested without end does no harm") {
  CHECK_FALSE(parse_fault("{\"fault\":\"\xff\xfe\"}"));
  CHECK_FALSE(parse_fault(R"({"fault":{"a":[1,2,{"b":null}]}})"));
  const auto deep = parse_fault("{\"fault\":" + std::string(10000, '[') + std::string(10000, ']') + "}");
  REQUIRE_FALSE(deep);
  CHECK(deep.error().message.size() < 200);
}

}  // namespace
}  // namespace stickler::stub::test
