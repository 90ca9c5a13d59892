#include "lb/base/random.h"

#include <array>
#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "lb/base/ids.h"

namespace stickler {
namespace {

TEST_CASE("the generator is splitmix64") {
  Random random(1234567);
  CHECK(random.next() == 6457827717110365317U);
  CHECK(random.next() == 3203168211198807973U);
  CHECK(random.next() == 9817491932198370423U);
}

TEST_CASE("below stays below its bound and reaches every value evenly") {
  Random random(1);
  std::array<int, 7> seen{};
  for (int i = 0; i < 70'000; ++i) ++seen.at(random.below(7));
  for (const int count : seen) CHECK(count == Approx(10'000).margin(500));
  for (int i = 0; i < 100; ++i) CHECK(random.below(1) == 0);
  std::uint32_t largest = 0;
  for (int i = 0; i < 1000; ++i) largest = std::max(largest, random.below(0xffffffff));
  CHECK(largest > 0xff000000);
}

TEST_CASE("unit lies in [0, 1) with its mean in the middle") {
  Random random(2);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.unit();
    REQUIRE(value >= 0);
    REQUIRE(value < 1);
    sum += value;
  }
  CHECK(sum / 10'000 == Approx(0.5).margin(0.02));
}

TEST_CASE("request ids are 32 hex digits and do not repeat") {
  Random random(3);
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    const RequestId id = RequestId::generate(random);
    REQUIRE(id.text().size() == 32);
    REQUIRE(id.text().find_first_not_of("0123456789abcdef") == std::string_view::npos);
    seen.emplace(id.text());
  }
  CHECK(seen.size() == 10'000);
}

TEST_CASE("indexes compare by value") {
  CHECK(PoolIndex{2} == PoolIndex{2});
  CHECK(PoolIndex{1} < PoolIndex{2});
  CHECK(PoolIndex{}.value == 0);
}

}  // namespace
}  // namespace stickler
